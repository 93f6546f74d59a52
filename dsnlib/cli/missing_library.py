"""A library that a verb needs and that is not installed: which extra has it.

The verbs import what they need where they need it; that an import failed is told once, at
the end of the command.
"""

from __future__ import annotations

from dsnlib.cli import output
from dsnlib.cli.exits import Exit

__all__ = ["EXTRAS", "refuse_without"]

# Library -> the extra of dsnlib that brings it.
EXTRAS = {
    "aiosmtpd": "smtp",
    "aiosmtplib": "smtp",
    "argon2": "smtp",
    "dns": "smtp",
    "jinja2": "report",
    "kilter": "milter",
    "matplotlib": "report",
    "opentelemetry": "otel",
    "prometheus_client": "metrics",
    "psycopg": "postgres",
    "pyarrow": "arrow",
    "radix": "tables",
    "ray": "ray",
    "re2": "tables",
    "rich": "cli",
    "scramp": "smtp",
    "shtab": "cli",
    "urllib3": "webhook",
}


def refuse_without(error: ImportError) -> Exit:
    """Say which extra has the library that could not be imported, return the exit code.

    Raises:
        ImportError: It is the one given: no extra has this library, or it is there and broken.
    """
    library = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(library)
    if extra is None or not isinstance(error, ModuleNotFoundError):
        raise error
    output.complain(library, None, f"it is missing: install dsnlib[{extra}]", "library")
    return Exit.UNAVAILABLE
