"""A notification as octets, ours or Postfix's -> what is compared of it.

Read with nothing of dsnlib, so that what is compared does not rest on it.

Rules.  Folds become a space, the blanks round a field's value go, and so do the
values of dates: only that they are there counts.
"""

from __future__ import annotations

import re

import attrs

__all__ = ["Group", "Notice", "read_notice"]

# Those of a transaction that are between two neighbours: RFC 1870, RFC 6152.
_NEIGHBOURS = ("SIZE=", "BODY=", "AUTH=")
_ENVELOPE = re.compile(r"(MAIL FROM|RCPT TO):<((?:\"(?:[^\"\\]|\\.)*\"|[^\"<>])*)>(.*)")
_FOLD = re.compile(rb"\n[ \t]+")
_BOUNDARY = re.compile(
    rb'^content-type: *multipart/report;.*?boundary="([^"]+)"', re.IGNORECASE | re.MULTILINE
)
_TYPED = re.compile(r"\s*([^;\s]+)\s*;\s*(.*)", re.DOTALL)
# EmbeddedUnicodeChar                                               RFC 6533 s3
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_DATES = frozenset({"arrival-date", "will-retry-until", "last-attempt-date"})
_TYPED_FIELDS = frozenset(
    {
        "reporting-mta", "remote-mta", "received-from-mta", "diagnostic-code",
        "final-recipient", "original-recipient",
    }
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Group:
    """What a report says of one recipient.

    Args:
        recipient: The final recipient's address.
        action: What was done.
        status: The code.
        fields: All fields by name in lower case, dates as `present`.
    """

    recipient: str
    action: str
    status: str
    fields: dict[str, str]

    @property
    def key(self) -> tuple[str, str, str]:
        """What two reports have to agree in."""
        return self.recipient, self.action, self.status


@attrs.frozen(kw_only=True)
class Notice:
    """One message to the sender or the postmaster.

    Args:
        sender: The reverse-path it went out from.
        recipient: Whom it went to.
        mail_options: The parameters of MAIL, sorted, without those between
            neighbours.
        rcpt_options: The parameters of RCPT, sorted.
        auto_submitted: The field of that name.
        report_type: The media type of the second part, `None` if it is no report.
        returned_type: That of the third, `None` if there is none.
        message: The fields that concern the message.
        groups: One for each recipient.
    """

    sender: str
    recipient: str
    mail_options: tuple[str, ...] = ()
    rcpt_options: tuple[str, ...] = ()
    auto_submitted: str = ""
    report_type: str | None = None
    returned_type: str | None = None
    message: dict[str, str] = attrs.field(factory=dict)
    groups: tuple[Group, ...] = ()

    @property
    def actions(self) -> frozenset[str]:
        """What was done, to any of the recipients."""
        return frozenset(group.action for group in self.groups)


def read_notice(octets: bytes, envelope: str) -> Notice:
    """Return what a message and its envelope say.

    Args:
        octets: The message.
        envelope: The MAIL and RCPT lines.
    """
    commands = {found[1]: found for found in _ENVELOPE.finditer(envelope)}
    sender, recipient = commands.get("MAIL FROM"), commands.get("RCPT TO")
    header, _, body = octets.replace(b"\r\n", b"\n").partition(b"\n\n")
    header = _FOLD.sub(b" ", header)
    boundary = _BOUNDARY.search(header)
    parts = [] if boundary is None else _parts(body, boundary[1])
    blocks = [] if len(parts) < 2 else [_fields(each) for each in _blocks(parts[1][1])]
    return Notice(
        sender="" if sender is None else sender[2],
        recipient="" if recipient is None else recipient[2],
        mail_options=() if sender is None else _options(sender[3]),
        rcpt_options=() if recipient is None else _options(recipient[3]),
        auto_submitted=_fields(header).get("auto-submitted", ""),
        report_type=None if len(parts) < 2 else parts[1][0],
        returned_type=None if len(parts) < 3 else parts[2][0],
        message=blocks[0] if blocks else {},
        groups=tuple(_group(each) for each in blocks[1:]),
    )


def _options(text: str) -> tuple[str, ...]:
    return tuple(sorted(word for word in text.split() if not word.startswith(_NEIGHBOURS)))


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, bytes]]:
    """Return media type and octets of each part."""
    pieces = re.split(rb"(?:^|\n)--%b(?:--)?[ \t]*(?=\n|$)" % re.escape(boundary), body)
    parts = []
    for piece in pieces[1:]:
        header, empty_line, octets = piece.removeprefix(b"\n").partition(b"\n\n")
        if empty_line or header.strip():
            fields = _fields(_FOLD.sub(b" ", header))
            parts.append((fields.get("content-type", "").partition(";")[0].lower(), octets))
    return parts


def _blocks(octets: bytes) -> list[bytes]:
    unfolded = _FOLD.sub(b" ", octets)
    return [block for block in re.split(rb"\n{2,}", unfolded) if block.strip()]


def _fields(block: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in block.decode("utf-8", "surrogateescape").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), _value(name.strip().lower(), value))
    return found


def _value(name: str, value: str) -> str:
    value = " ".join(value.split())
    if name in _DATES:
        return "present"
    typed = _TYPED.fullmatch(value)
    if name in _TYPED_FIELDS and typed is not None:
        return f"{typed[1].lower()}; {typed[2]}"
    return value


def _group(fields: dict[str, str]) -> Group:
    return Group(
        recipient=_address(fields.get("final-recipient", "")),
        action=fields.get("action", ""),
        status=fields.get("status", ""),
        fields=fields,
    )


def _address(field: str) -> str:
    """Return the address of a field; of type utf-8 with what is escaped undone."""
    type_, _, address = field.partition("; ")
    if type_ == "utf-8":
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), address)
    return address
