"""Every SQL statement of the product. One file per noun; functions take `tx` and run inside one transaction.

Statements keep to the subset that SQLite and PostgreSQL share: `?` parameters, `ON CONFLICT`, `RETURNING`,
partial indexes, no engine's own functions.
"""
