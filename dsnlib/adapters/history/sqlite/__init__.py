"""A history in one file, by SQLite."""
