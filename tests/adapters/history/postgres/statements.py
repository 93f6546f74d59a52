"""Statements that somebody else gives to the server of a history."""

from __future__ import annotations

__all__ = ["execute"]


def execute(place: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements as somebody else does, and return the rows of the last."""
    import psycopg

    with psycopg.connect(place, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
