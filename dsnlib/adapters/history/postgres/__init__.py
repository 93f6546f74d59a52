"""A history in PostgreSQL."""
