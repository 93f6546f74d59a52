"""Mail that the scanner declines, read by mail-parser and the standard library.

The only module of the reading side that imports either.  They are slower by a
factor of fifty and raise on odd mail, so they see only what looks like a report
and was not found by its octets, only within a size, and none of their
exceptions gets out.
"""

from __future__ import annotations

import email.generator
import email.policy
import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

__all__ = ["message_octets", "status_texts"]

# The standard library compares each line with every open boundary, so its time
# grows with lines times levels; within these bounds it stays under a second.
_LARGEST = 1 << 18
_MOST_BOUNDARIES = 20

_FIRST_FIELD = re.compile(
    r"^(?:reporting-mta|original-recipient|final-recipient)[ \t]*:", re.IGNORECASE | re.MULTILINE
)


def message_octets(message: Message | Any) -> bytes:
    """Return the octets of a message of the standard library, as sent.

    Raises:
        TypeError: `message` cannot be written as octets.
    """
    try:
        octets = message.as_bytes()
    except Exception:  # noqa: BLE001  headers that the library reads it cannot always write
        written = io.BytesIO()
        try:
            email.generator.BytesGenerator(
                written, mangle_from_=False, policy=email.policy.compat32
            ).flatten(message)
        except Exception as error:
            text = f"message: {type(error).__name__} while writing it as octets: {error}"
            raise TypeError(text) from error
        octets = written.getvalue()
    if not isinstance(octets, bytes):
        text = f"message: as_bytes() gave {type(octets).__name__}"
        raise TypeError(text)
    return octets


def status_texts(octets: bytes) -> Iterator[bytes]:
    """Yield the texts of parts that hold the fields of a report, from the first field on."""
    if len(octets) > _LARGEST or octets.lower().count(b"boundary") > _MOST_BOUNDARIES:
        return
    import mailparser  # noqa: PLC0415  46 ms that few messages need

    try:
        parsed: Any = mailparser.parse_from_bytes(octets)
        texts = [*parsed.text_plain, *parsed.text_not_managed]
    except Exception:  # noqa: BLE001  whatever odd mail makes it raise
        return
    for text in texts:
        found = _FIRST_FIELD.search(text)
        if found:
            yield text[found.start() :].encode("utf-8", "surrogateescape")
