"""The type of diagnostics in our own words, checked where a policy takes it (RFC 3464 s2.3.6).

    Diagnostic-Code: X-DSN; the connection was lost

A policy is made once, and used for years: what no report could be written with is
refused when it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.errors import InvalidValue
from dsnlib.model.text import is_atom

if TYPE_CHECKING:
    import attrs

__all__ = ["check_diagnostic_type"]


def check_diagnostic_type(
    _instance: object, attribute: attrs.Attribute[str], value: object
) -> None:
    """Refuse what is not an atom; a validator of attrs.

    Raises:
        InvalidValue: It is none.
    """
    if not isinstance(value, str) or not is_atom(value):
        message = f"policy: {attribute.name} {value!r} is not an atom"
        raise InvalidValue(message, value=value, requirement="3464-2.3.6-01")
