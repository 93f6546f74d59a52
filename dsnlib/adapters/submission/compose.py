"""The header of a letter, completed: what a program may leave to whoever sends for it.

    Date, From, Message-ID                 RFC 5322 s3.6, RFC 6409 s8.1, s8.2, s8.3
    To: undisclosed-recipients:;           where nobody is named
    Resent-...                             instead, where a letter is sent again

Rules.
- What is there stays as it is, octet for octet, but for what only an envelope may know
  (Bcc) and what only the last system may say (Return-Path, Content-Length).
- A name that is no phrase is quoted, or made encoded words (RFC 2047 s5 (3)).
"""

from __future__ import annotations

import binascii
import os
import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsnlib.adapters.submission.letter import Field

__all__ = ["complete", "phrase"]

_DROPPED = frozenset({b"bcc", b"resent-bcc", b"return-path", b"content-length"})
_VISIBLE = frozenset({b"to", b"cc", b"resent-to", b"resent-cc"})
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
# phrase = 1*word, without quotes; atext                           RFC 5322 s3.2.3, s3.2.5
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_QUOTED = re.compile(r'(["\\])')
# "an encoded-word may not be more than 75 characters long": 45 octets in base64.
#                                                                  RFC 2047 s2
_WORD_OCTETS = 45


def complete(
    fields: Iterable[Field], *, sender: str, full_name: str, hostname: str, now: float
) -> list[Field]:
    """Return the header with all that it has to have.

    Args:
        fields: As they came.
        sender: The address of the author, where no field says it.
        full_name: The name that belongs to it, or `""`.
        hostname: For the message identifier.
        now: Seconds since 1970.
    """
    kept = [each for each in fields if each[0] not in _DROPPED]
    names = {name for name, _ in kept}
    again = "Resent-" if any(name.startswith(b"resent-") for name in names) else ""
    made = {
        "Date": lambda: _date(now),
        "From": lambda: _author(sender, full_name),
        "Message-ID": lambda: _message_id(now, hostname),
    }
    missing = [name for name in made if f"{again}{name}".lower().encode() not in names]
    added = [_field(again + name, made[name]()) for name in missing]
    if not names & _VISIBLE:
        added.append(_field("To", "undisclosed-recipients:;"))
    return [*added, *kept]


def _field(name: str, value: str) -> Field:
    return name.lower().encode(), f"{name}: {value}\n".encode("utf-8", "surrogateescape")


def _author(sender: str, full_name: str) -> str:
    return f"{phrase(full_name)} <{sender}>" if full_name else sender


def phrase(text: str) -> str:
    r"""Return a name as it stands before an address, folded where it is long.

    >>> phrase("Ann Other"), phrase('A. "B" Other')
    ('Ann Other', '"A. \\"B\\" Other"')

    Args:
        text: Anything; controls become blanks.
    """
    text = "".join([each if each.isprintable() else " " for each in text]).strip()
    if _ATOMS.fullmatch(text) is not None and "=?" not in text:
        return text
    if text.isascii():
        return '"' + _QUOTED.sub(r"\\\1", text) + '"'
    return "\n ".join([_encoded_word(each) for each in _parts(text)])


def _parts(text: str) -> Iterator[str]:
    """Yield pieces that fit into an encoded word, no character divided (RFC 2047 s5)."""
    start, octets = 0, 0
    for index, each in enumerate(text):
        size = len(each.encode())
        if octets + size > _WORD_OCTETS:
            yield text[start:index]
            start, octets = index, 0
        octets += size
    yield text[start:]


def _encoded_word(text: str) -> str:
    return f"=?utf-8?b?{binascii.b2a_base64(text.encode(), newline=False).decode()}?="


def _date(now: float) -> str:
    """Return a date-time (RFC 5322 s3.3), whatever the locale."""
    local = time.localtime(now)
    offset = local.tm_gmtoff // 60
    hours, minutes = divmod(abs(offset), 60)
    day = f"{_DAYS[local.tm_wday]}, {local.tm_mday:02} {_MONTHS[local.tm_mon - 1]} {local.tm_year}"
    clock = f"{local.tm_hour:02}:{local.tm_min:02}:{local.tm_sec:02}"
    return f"{day} {clock} {'-' if offset < 0 else '+'}{hours:02}{minutes:02}"


def _message_id(now: float, hostname: str) -> str:
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(now))
    return f"<{stamp}.{os.getpid()}.{os.urandom(6).hex()}@{hostname}>"
