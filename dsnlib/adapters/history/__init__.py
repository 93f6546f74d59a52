"""Histories: where events and suppressions are kept, in SQLite and in PostgreSQL.

`adapters.store` says what a store does, and opens one.  What both have in common stands in
`rows`: how an event becomes a row.  `exchange` writes and reads files.
"""
