"""What is known of a message besides its envelope, as far as rules ask (RFC 3834 s2, RFC 7208).

Rules.
- The header is a stranger's: what it says can stop a notification that nobody
  asked for, and never start one.
- Only the fields that a rule asks for are read, each up to a bound.
"""

from __future__ import annotations

import enum
import re
from typing import Any, Self

import attrs

from dsnlib.model.text import decode_wire
from dsnlib.model.texts import text_set

__all__ = ["MessageFacts", "SpfResult"]

# Chosen by us: a value longer than this says nothing that a rule looks for.
_VALUE_OCTETS = 998
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(
    rb"^(auto-submitted|content-type|list-[a-z]+|precedence|received|to|x-auto-response-suppress)"
    rb"[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
# auto-submitted-field = "Auto-Submitted:" [CFWS] auto-submitted [CFWS] CRLF
# auto-submitted = ( "no" / "auto-generated" / "auto-replied" / extension )
#                  opt-parameter-list                                RFC 3834 s5
_BRACKET = re.compile(r"([()])")
_KEYWORD = re.compile(r"\s*([^\s;]+)")
# report-type = the subtype of the second part                        RFC 6522 s3
_REPORT = re.compile(
    r"multipart/report\b.*\breport-type\s*=\s*\"?(?:delivery-status|disposition-notification)\b"
    r"|message/(?:global-)?(?:delivery-status|disposition-notification)\b",
    re.IGNORECASE | re.DOTALL,
)
# "postmaster" alone or as the local part of an address         RFC 5321 s4.5.1
# An address, or the local part alone; no name beside another's address.
_POSTMASTER = re.compile(
    r"<postmaster[@>]|(?:^|[,\s])postmaster@|(?:^|,)\s*postmaster\s*(?=[,(]|$)", re.IGNORECASE
)
_BULK = frozenset({"bulk", "list", "junk"})


class SpfResult(enum.Enum):
    """What a check of the sender's domain said (RFC 7208 s2.6)."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105  a result, no password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@attrs.frozen(kw_only=True)
class MessageFacts:
    """What is known of a message besides its envelope.

    Args:
        queue_id: What the log calls it.
        is_authenticated: Whether its client has proved who it is.
        source: The client, as budgets count it: an IP address or an account.
        is_spam: What a filter said; `None` if none was asked.
        spf: What SPF says of the return path; `None` if nobody asked.
        auto_submitted: The keyword of Auto-Submitted, in lower case.
        is_bulk: Whether a list or a bulk mailer says that it sent it.
        suppressed: The words of X-Auto-Response-Suppress, in lower case.
        is_report: Whether it is a delivery or disposition notification itself.
        is_notice: Whether it is one that a postmaster got, here or elsewhere.
        hops: How many systems it has passed, by its Received fields.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    queue_id: str | None = None
    is_authenticated: bool = False
    source: str | None = None
    is_spam: bool | None = None
    spf: SpfResult | None = None
    auto_submitted: str | None = None
    is_bulk: bool = False
    suppressed: frozenset[str] = attrs.field(default=frozenset(), converter=text_set)
    is_report: bool = False
    is_notice: bool = False
    hops: int = 0

    @classmethod
    def from_header(cls, message: bytes, **known: Any) -> Self:  # noqa: ANN401  the fields above
        r"""Return what the header of a message tells; never raises for what it says.

        >>> MessageFacts.from_header(b"Auto-Submitted: auto-replied (away); x=y\n").auto_submitted
        'auto-replied'

        Args:
            message: The message, or its beginning with the whole header.
            known: Other fields of this class.
        """
        end = _EMPTY_LINE.search(message)
        header = message if end is None else message[: end.start()]
        found: dict[str, list[str]] = {}
        for match in _FIELD.finditer(header):
            value = decode_wire(match[2][:_VALUE_OCTETS])
            found.setdefault(match[1].decode("ascii").lower(), []).append(value)
        words = ",".join(found.get("x-auto-response-suppress", []))
        types = found.get("content-type", [])
        is_report = any(_REPORT.match(value.strip()) for value in types)
        return cls(
            auto_submitted=_auto_submitted(found.get("auto-submitted", [])),
            is_bulk=_is_bulk(found),
            suppressed=frozenset(word.strip().lower() for word in words.split(",")) - {""},
            is_report=is_report,
            is_notice=is_report and any(map(_POSTMASTER.search, found.get("to", []))),
            hops=len(found.get("received", [])),
            **known,
        )


def _auto_submitted(values: list[str]) -> str | None:
    """Return the keyword; of several, which RFC 3834 s5 forbids, one that is not `no`."""
    keywords = []
    for value in values:
        keyword = _KEYWORD.match(_without_comments(value))
        if keyword is not None:
            keywords.append(keyword[1].lower())
    return next((each for each in keywords if each != "no"), "no" if keywords else None)


def _without_comments(value: str) -> str:
    """Return the text with a space for each comment; one that does not end is none."""
    kept: list[str] = []
    begun: list[int] = []
    for piece in _BRACKET.split(value):
        if piece == ")" and begun:
            kept[begun.pop() :] = " "
            continue
        if piece == "(":
            begun.append(len(kept))
        kept.append(piece)
    return "".join(kept)


def _is_bulk(found: dict[str, list[str]]) -> bool:
    if any(name.startswith("list-") for name in found):
        return True
    return any(value.strip().lower() in _BULK for value in found.get("precedence", []))
