"""Kubernetes from the same tables as everything else: what can be derived of `deploy/k8s` is written by this package.

`python -m deploy.kubernetes write` writes it, `… check` checks what comes of it, `… secrets` makes an installation's
keys. Derived files say so in their first line; all others are written by hand.
"""
