r"""A few words behind every refusal: whom to ask, and with which data.

    \c. See https://mail.example.org/help?from=${client_address}
    If this seems wrong, call +49 30 901820\nand name $sender

Rules.
- `\n` begins another line, and `\c` in front goes on in the last line of the
  reply, as in Postfix's `smtpd_reject_footer`.
- Names of what is not known are an error when the footer is made; a name whose
  value is not known yet is empty.
- A footer is put on once: a reply that ends with it has it.  One that would not
  leave a reply is left out.
- It stands behind `rewrite`, because it alone adds lines.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import ConfigurationError, InvalidReply
from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import cut_octets, replace_controls
from dsnlib.replies.refusal import LINE_OCTETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsnlib.replies.session import SmtpSession

__all__ = ["NAMES", "ReplyFooter", "add_footer", "footer_values"]

NAMES = frozenset(
    {"client_address", "client_name", "helo_name", "recipient", "sender", "server_name"}
)
"""What a footer can name."""

_REFUSALS = (4, 5)
_SAME_LINE = "\\c"


@attrs.frozen
class ReplyFooter:
    r"""The words.

    Args:
        text: The footer, with `\n`, `\c` and `$name` or `${name}` in it; `$$` is one `$`.

    Raises:
        ConfigurationError: A name that there is not, or a `$` without one.
    """

    text: str

    def __attrs_post_init__(self) -> None:
        template = string.Template(self.text)
        if not template.is_valid():
            message = f"footer: a '$' in {self.text!r} has no name; write '$$'"
            raise ConfigurationError(message)
        unknown = sorted(set(template.get_identifiers()) - NAMES)
        if unknown:
            message = f"footer: {unknown[0]!r} is none of {', '.join(sorted(NAMES))}"
            raise ConfigurationError(message)


def footer_values(session: SmtpSession, hostname: str) -> dict[str, str]:
    """Return what the names of a footer stand for in a session.  Never raises."""
    return {
        "client_address": session.client.address,
        "client_name": session.client.hostname or "unknown",
        "helo_name": session.helo or "",
        "recipient": session.recipient or "",
        "sender": session.sender or "",
        "server_name": hostname,
    }


def add_footer(reply: SmtpReply, footer: ReplyFooter, values: Mapping[str, str]) -> SmtpReply:
    r"""Return a refusal with a footer; other replies come back as they are.

    >>> footer = ReplyFooter(r"\c; ask postmaster@$server_name")
    >>> reply = SmtpReply.parse("550 5.1.1 no such user")
    >>> str(add_footer(reply, footer, {"server_name": "example.org"}))
    '550 5.1.1 no such user; ask postmaster@example.org'

    What a stranger said, an address or a name, cannot end a line; lines are cut
    at 510 octets.  Never raises.

    Args:
        reply: What is to be answered.
        footer: The words.
        values: What their names stand for: see `footer_values`.
    """
    if reply.code // 100 not in _REFUSALS:
        return reply
    text = footer.text.removeprefix(_SAME_LINE)
    clean = {name: replace_controls(values.get(name, "")) for name in NAMES}
    # Lines are parted first, so that no value can part them.
    first, *rest = [
        replace_controls(string.Template(line).substitute(clean)).rstrip(" \t")
        for line in text.split("\\n")
    ]
    # White space may stand in front only where words of the reply do.
    rest = [line.lstrip(" \t") for line in rest]
    bare = first.lstrip(" \t")
    place = len(reply.lines) - 1 - len(rest)
    last = reply.lines[place] if place >= 0 else None
    if text == footer.text:  # on a line of its own
        is_there = last == bare
        lines = (*reply.lines, bare, *rest)
    else:
        is_there = last is not None and (last == bare or last.endswith(first))
        joined = reply.lines[-1] + first if reply.lines[-1] else bare
        lines = (*reply.lines[:-1], joined, *rest)
    if is_there and reply.lines[place + 1 :] == tuple(rest):
        return reply
    room = LINE_OCTETS - len(f"{reply.code} {reply.status or ''} ")
    cut = [cut_octets(line, room) for line in lines]
    try:
        return SmtpReply(reply.code, reply.status, tuple(cut))
    except InvalidReply:  # a bare reply, and a footer that begins with a status
        return reply
