"""Mail that the scanner declines, read by mail-parser and the standard library (RFC 2045, 5322).

The only module of the reading side that imports either.  They are slower by a
factor of fifty and raise on odd mail, so they see only what looks like a report
and was not found by its octets, only within a size, and none of their
exceptions gets out.
"""

from __future__ import annotations

import email.generator
import email.message
import email.policy
import io
import re
from typing import TYPE_CHECKING, Any, Protocol, cast

from dsnlib.parse.labels import HEADER_END

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

__all__ = ["message_octets", "status_texts"]

# The libraries compare each line with every open boundary, each parameter with
# every other, and each encoded word with the rest of its field.  Within these
# bounds that stays under a tenth of a second.
_LARGEST = 1 << 16
_MOST = ((b"boundary", 20), (b"=?", 100), (b";", 1000))
# The fields that say how the body is built: RFC 2045 s9.  No other is handed on,
# because what the libraries do with a subject is not needed here.
_MIME_FIELD = re.compile(
    rb"\n(?:content-[^\n:]*|mime-version[ \t]*):[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE
)
_FIRST_FIELD = re.compile(
    r"^(?:reporting-mta|original-recipient|final-recipient)[ \t]*:", re.IGNORECASE | re.MULTILINE
)


class _AsRead(email.policy.EmailPolicy):
    """Writes a field that was read as it stood.

    From Python 3.13 on the policies of the library write raw octets in a field as the
    encoded words of an unknown charset, which nothing can be read out of.
    """

    # A field is written as it came: what its peer broke is for the readers to see.
    verify_generated_headers = False

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return the octets of a field: its source, or what the library makes of a new value."""
        # Whoever sets a field gets a value that knows its name; the source is a plain text.
        if hasattr(value, "name"):
            return super().fold_binary(name, value)
        lines = value.replace("\r\n", "\n").split("\n")
        field = f"{name}: {self.linesep.join(lines)}{self.linesep}"
        return field.encode("utf-8", "surrogateescape")


class _Writable(Protocol):
    """What all messages of the standard library can do."""

    def as_bytes(self) -> object:
        """Write the message as octets."""


def message_octets(message: _Writable) -> bytes:
    """Return the octets of a message of the standard library, as sent.

    Args:
        message: A `Message` or an `EmailMessage`, or what behaves like one.

    Raises:
        TypeError: `message` cannot be written as octets.
    """
    try:
        policy = getattr(message, "policy", None)
        if isinstance(message, email.message.Message) and isinstance(
            policy, email.policy.EmailPolicy
        ):
            as_read = _AsRead(linesep=policy.linesep, utf8=policy.utf8)
            octets: object = message.as_bytes(policy=as_read)
        else:
            octets = message.as_bytes()
    except Exception:  # noqa: BLE001  headers that the library reads it cannot always write
        written = io.BytesIO()
        generator = email.generator.BytesGenerator(
            written, mangle_from_=False, policy=email.policy.compat32
        )
        try:
            generator.flatten(cast("Message", message))
            octets = written.getvalue()
        except Exception:  # noqa: BLE001  nor that way
            octets = _as_text(message).encode("utf-8", "surrogateescape")
    if not isinstance(octets, bytes):
        text = f"message: as_bytes() gave {type(octets).__name__}"
        raise TypeError(text)
    return octets


def _as_text(message: _Writable) -> str:
    written = io.StringIO()
    try:
        email.generator.Generator(
            written, mangle_from_=False, policy=email.policy.compat32
        ).flatten(cast("Message", message))
    except Exception as error:
        text = f"message: {type(error).__name__} while writing it as octets: {error}"
        raise TypeError(text) from error
    return written.getvalue()


def status_texts(octets: bytes) -> Iterator[bytes]:
    """Yield the texts of parts that hold the fields of a report, from the first field on."""
    if len(octets) > _LARGEST:
        return
    lowered = octets.lower()
    end = HEADER_END.search(octets)
    if end is None or any(lowered.count(mark) > most for mark, most in _MOST):
        return
    fields = _MIME_FIELD.findall(b"\n" + octets[: end.start()])
    octets = b"".join(fields).lstrip(b"\n") + b"\n\n" + octets[end.end() :]
    import mailparser

    try:
        parsed: Any = mailparser.parse_from_bytes(octets)
        texts = [*parsed.text_plain, *parsed.text_not_managed]
    except Exception:  # noqa: BLE001  whatever odd mail makes it raise
        return
    for text in texts:
        found = _FIRST_FIELD.search(text)
        if found:
            yield text[found.start() :].encode("utf-8", "surrogateescape")
