"""The one image of all services: how it is built, what is in it, and whether it runs."""
