"""No model: what there is in PostgreSQL is a table on every primary, made by the first migration.

The module is here because Django tells only apps with one that migrations are done.
"""
