"""The JSON schemas of what dsnlib prints and stores as JSON, one file for each record.

A file is named for the record and its version, `event-v1`.  Within a version keys are only
added; `docs/reference/json.md` says what makes the next one.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

__all__ = ["read_schema", "schema_names"]


def schema_names() -> tuple[str, ...]:
    """Return the names of the shipped schemas in alphabetical order.  Never raises."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(name[:-5] for file in files if (name := file.name).endswith(".json")))


def read_schema(name: str) -> dict[str, Any]:
    """Return a shipped schema (JSON Schema, draft 2020-12).

    Args:
        name: One of `schema_names`: `event-v1`.

    Raises:
        KeyError: None has this name.
    """
    if name not in schema_names():
        raise KeyError(name)
    octets = (resources.files(__name__) / f"{name}.json").read_bytes()
    schema: dict[str, Any] = json.loads(octets)
    return schema
