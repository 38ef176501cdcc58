"""The whole product as containers on one machine: the local stack's own settings, with a host for each service."""
