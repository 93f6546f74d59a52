"""Headers and groups of fields with the names in them replaced.

What a field may hold is known by its name, so what names somebody in it is told
better than in prose: a display name, a subject, an identifier of a queue.

Rules.
- Names of fields, folds and line ends stay.
- In the header of a returned message a field that is not known is replaced word by
  word: it is the sender's, and nothing is told by it.
- Encoded words are decoded, treated and encoded again (RFC 2047).
"""

from __future__ import annotations

import binascii
import enum
import re
from typing import TYPE_CHECKING

from dsnlib.model.charset import find_codec
from dsnlib.model.text import decode_base64

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.bounces.scrub.scrubber import Scrubber

__all__ = ["HeaderScrubber", "decode_ascii_superset"]


class _Care(enum.Enum):
    """How the value of a field is treated."""

    KEPT = enum.auto()
    TEXT = enum.auto()
    TITLE = enum.auto()
    """Words of people: a subject."""
    NAMES = enum.auto()
    """Addresses with the names of people."""
    TOKEN = enum.auto()
    """An identifier."""
    HOST = enum.auto()
    """`type; name`, where the name may have no domain."""
    RECIPIENT = enum.auto()
    """`type; address`, where the address may have no domain."""


_CARES = {
    _Care.KEPT: """
        date resent-date delivery-date mime-version content-transfer-encoding auto-submitted
        precedence importance priority x-priority action status arrival-date last-attempt-date
        will-retry-until received-date feedback-type version disposition auth-failure incidents
        content-length lines
    """,
    _Care.TEXT: """
        received return-path message-id in-reply-to references x-mailer user-agent content-type
        content-disposition errors-to delivered-to x-original-to envelope-to list-post
        list-help list-subscribe list-unsubscribe list-archive list-owner x-failed-recipients
        diagnostic-code reporting-ua original-rcpt-to original-mail-from original-message-id
        source-ip reported-domain x-hmxmroriginalrecipient authentication-results received-spf
        x-originating-ip x-loop x-beenthere x-auto-response-suppress
    """,
    _Care.TITLE: """
        subject thread-topic x-subject comments keywords organization list-id
        x-display-name
    """,
    _Care.NAMES: """
        from to cc bcc sender reply-to resent-from resent-to resent-cc resent-sender
        disposition-notification-to return-receipt-to apparently-to x-sender x-from x-to mail-from
    """,
    _Care.TOKEN: """
        original-envelope-id final-log-id x-postfix-queue-id x-sendmail-queue-id thread-index
        content-id feedback-id x-ymailisg x-msg-ref
    """,
    _Care.HOST: "reporting-mta remote-mta received-from-mta dsn-gateway x-supplementary-info",
    _Care.RECIPIENT: "final-recipient original-recipient x-actual-recipient",
}
_BY_NAME = {name: care for care, names in _CARES.items() for name in names.split()}

# A field with its folds                                        RFC 5322 s2.2
_FIELD = re.compile(
    r"(?m)^(?P<quote>(?:> ?)?)(?P<name>[A-Za-z][A-Za-z0-9-]{0,75}+)(?P<colon>[ \t]*+:)"
    r"(?P<value>[^\n]*+(?>(?:\n(?P=quote)[ \t]+(?=[^ \t\r\n])[^\n]*+)*))"
)
# encoded-word                                                  RFC 2047 s2
_ENCODED_WORD = re.compile(
    r"=\?([A-Za-z0-9_.:-]{1,40})((?:\*[^? \n]{1,40})?\?)([bBqQ])\?([^? \n]{0,1000})\?="
)
# A name that stands before an address, or behind it in parentheses.
_NAMES = re.compile(r"(?:^|,)\s{0,9}+\"?([^\"<>,@()\n]{2,100})\"?\s{0,9}+<|\(([^()@\n]{2,100})\)")
# What the header of an original has, and what a summary of it has not.
_ORIGINAL = frozenset(
    {"received", "return-path", "message-id", "date", "from", "to", "subject", "mime-version"}
)
_NOT_IN_SUMMARY = frozenset({"received", "mime-version", "content-type", "return-path"})
_ENOUGH = 3
_BLANK = re.compile(r"[ \t>]*\r?\Z")


class HeaderScrubber:
    """Replaces names in headers and groups of fields of one mail.

    Args:
        scrubber: What treats texts, and remembers what names there are.
    """

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber

    def header(
        self, header: bytes, boundary: bytes, renamed: bytes, *, is_returned: bool = False
    ) -> bytes:
        """Return a header with names replaced, and its boundary as it is called now.

        Never raises.
        """
        text, codec = decode_ascii_superset(header)
        made = self.fields(
            text,
            is_returned=is_returned,
            boundary=boundary.decode(codec, "replace"),
            renamed=renamed.decode(codec, "replace"),
        )
        return made.encode(codec, "replace")

    def lines(self, text: str) -> str:
        """Return a text with names replaced; lines that are fields are treated as such.

        Never raises.
        """
        self._scrubber.learn(text)
        return self.fields(text)

    def fields(
        self, text: str, *, is_returned: bool = False, boundary: str = "", renamed: str = ""
    ) -> str:
        """Return fields with names replaced, and what stands between them as text.

        Never raises.
        """
        self._scrubber.learn(text)
        made = []
        position = 0
        for found in _FIELD.finditer(text):
            between = text[position : found.start()]
            made += [self._scrubber.text(between), found["quote"], found["name"], found["colon"]]
            name = found["name"].lower()
            value = found["value"]
            if name == "content-type" and boundary and boundary in value:
                before, _, behind = value.partition(boundary)
                made += [self._scrubber.text(before), renamed, self._scrubber.text(behind)]
            else:
                made.append(self._value(name, value, is_returned=is_returned))
            position = found.end()
        made.append(self._scrubber.text(text[position:]))
        return "".join(made)

    def _value(self, name: str, value: str, *, is_returned: bool) -> str:
        care = _BY_NAME.get(name)
        if care is None:
            is_words = is_returned and not name.startswith("content-")
            care = _Care.TITLE if is_words else _Care.TEXT
        if care is _Care.KEPT and "@" not in value and "." not in value:
            return value
        if care is _Care.NAMES:
            self._learn_names(value)
        elif name == "subject" and is_returned:
            self._scrubber.learn_phrase(_ENCODED_WORD.sub(_decoded, value))
        treat = {
            _Care.KEPT: self._scrubber.text,
            _Care.TEXT: self._scrubber.text,
            _Care.TITLE: self._scrubber.title,
            _Care.NAMES: self._scrubber.title,
            _Care.TOKEN: self._scrubber.substitutes.token,
            _Care.HOST: self._host,
            _Care.RECIPIENT: self._recipient,
        }[care]
        return _with_encoded_words(value, treat)

    def _learn_names(self, value: str) -> None:
        for found in _NAMES.finditer(_ENCODED_WORD.sub(_decoded, value)):
            self._scrubber.learn_name((found[1] or found[2]).strip())

    def _host(self, value: str) -> str:
        type_, semicolon, name = value.rpartition(";")
        return type_ + semicolon + self._scrubber.host(name)

    def _recipient(self, value: str) -> str:
        if "@" in value:
            return self._scrubber.text(value)
        type_, semicolon, address = value.rpartition(";")
        return type_ + semicolon + self._scrubber.substitutes.token(address)

    def find_original(self, text: str) -> tuple[int, int]:
        """Return where in a text the header of the original begins and ends; -1 if it has none.

        Never raises.

        The header is some fields in a row, with one that no summary has, and with
        an empty line or the end of the text behind them.
        """
        start, names, position = -1, set[str](), 0
        for line in text.splitlines(keepends=True):
            found = _FIELD.match(line)
            if found is not None:
                start = position if start < 0 else start
                names.add(found["name"].lower())
            elif start >= 0 and not (
                line[:1] in " \t>" and not _BLANK.fullmatch(line.rstrip("\n"))
            ):
                if _is_original(names) and _BLANK.fullmatch(line.rstrip("\n")):
                    return start, position + len(line)
                start, names = -1, set()
            position += len(line)
        return (start, position) if start >= 0 and _is_original(names) else (-1, -1)


def decode_ascii_superset(octets: bytes) -> tuple[str, str]:
    """Return octets as text, and the codec that gives them back: UTF-8, or else Latin-1.

    Never raises.
    """
    try:
        return octets.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return octets.decode("latin-1"), "latin-1"


def _is_original(names: set[str]) -> bool:
    return len(names & _ORIGINAL) >= _ENOUGH and bool(names & _NOT_IN_SUMMARY)


def _decode(charset: str, encoding: str, encoded: str) -> str | None:
    octets = encoded.encode("latin-1", "replace")
    plain = decode_base64(octets) if encoding in "bB" else binascii.a2b_qp(octets, header=True)
    codec = find_codec(charset)
    try:
        return None if codec is None else plain.decode(codec)
    except UnicodeError:
        return None


def _decoded(found: re.Match[str]) -> str:
    return _decode(found[1], found[3], found[4]) or ""


def _with_encoded_words(value: str, treat: Callable[[str], str]) -> str:
    """Treat a value, and the text of its encoded words."""
    made = []
    position = 0
    for found in _ENCODED_WORD.finditer(value):
        made += [treat(value[position : found.start()]), _encoded_word(found, treat)]
        position = found.end()
    made.append(treat(value[position:]))
    return "".join(made)


def _encoded_word(found: re.Match[str], treat: Callable[[str], str]) -> str:
    charset, mark, encoding, encoded = found.groups()
    text = _decode(charset, encoding, encoded)
    if text is None:
        # Half of a character, or an unknown charset: nothing of it stays.
        return f"=?us-ascii{mark}q?removed?="
    made = treat(text)
    if made == text:
        return found[0]
    octets = made.encode(charset, "replace")
    if encoding in "bB":
        return (
            f"=?{charset}{mark}{encoding}?{binascii.b2a_base64(octets, newline=False).decode()}?="
        )
    quoted = binascii.b2a_qp(octets, quotetabs=True, istext=False, header=True).decode("ascii")
    quoted = quoted.replace("=\n", "").replace("?", "=3F")
    return f"=?{charset}{mark}{encoding}?{quoted}?="
