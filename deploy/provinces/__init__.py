"""The provinces that can be run: one folder each, named by its code, and the only package that reads them.

`province.toml` is the province's entry in the registry but for its addresses and keys, which a deployment has;
`people.toml` and `samples.toml` are sample people and sample holdings of a local stack. `national.toml` is everybody's.
"""
