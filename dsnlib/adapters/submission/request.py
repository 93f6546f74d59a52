r"""What is asked for a letter, as MAIL and RCPT say it (RFC 5321 s4.1.1, RFC 3461 s4).

>>> request = Request(sender="ann@example.org", recipients=("bob@example.net",), notify="NEVER")
>>> request.mail_command({"DSN"})
'MAIL FROM:<ann@example.org>'
>>> request.rcpt_command("bob@example.net", {"DSN"})
'RCPT TO:<bob@example.net> NOTIFY=NEVER ORCPT=rfc822;bob@example.net'

Rules.
- A parameter goes out only where it is announced.
- Who asks for notifications has them name the address that he wrote (ORCPT); an
  address beyond US-ASCII has no plain form there, and goes without.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["Request", "encode_xtext"]

# What the directory of a queue takes.
_ALL_KEYWORDS = frozenset({"8BITMIME", "DSN", "REQUIRETLS", "SIZE", "SMTPUTF8"})

# xchar = %x21-2A / %x2C-3C / %x3E-7E                            RFC 3461 s4
_NOT_XCHAR = re.compile(r"[^!-*,-<>-~]")
# RFC 3461 s5.4
_ORCPT_LIMIT = 500


def encode_xtext(text: str) -> str:
    """Return printable US-ASCII as a value of a parameter has it."""
    return _NOT_XCHAR.sub(lambda found: f"+{ord(found[0]):02X}", text)


class Request(NamedTuple):
    """An envelope.

    Args:
        sender: The reverse-path; `""` is the null one.
        recipients: The forward-paths.
        notify: The value of NOTIFY for each of them, or `None`.
        envid: The envelope identifier, decoded; or `None`.
        ret: FULL or HDRS, or `None`.
        is_8bit: Whether an octet of the letter has its eighth bit set.
        smtputf8: Whether an address or the header is in UTF-8.
        requiretls: Whether all the way has to be encrypted (RFC 8689).
        octets: How large the letter is.
    """

    sender: str
    recipients: tuple[str, ...]
    notify: str | None = None
    envid: str | None = None
    ret: str | None = None
    is_8bit: bool = False
    smtputf8: bool = False
    requiretls: bool = False
    octets: int = 0

    @property
    def needs_utf8(self) -> bool:
        """Whether an address cannot be written without SMTPUTF8."""
        return not (self.sender.isascii() and all(each.isascii() for each in self.recipients))

    def mail_command(self, keywords: Container[str]) -> str:
        """Return the command that begins the transaction, without its line end.

        Args:
            keywords: What the server has announced.
        """
        words = [f"MAIL FROM:<{self.sender}>"]
        if "SIZE" in keywords and self.octets:
            words.append(f"SIZE={self.octets}")
        if "8BITMIME" in keywords and self.is_8bit:
            words.append("BODY=8BITMIME")
        if "DSN" in keywords:
            if self.ret is not None:
                words.append(f"RET={self.ret}")
            if self.envid is not None:
                words.append(f"ENVID={encode_xtext(self.envid)}")
        if "SMTPUTF8" in keywords and self.smtputf8:
            words.append("SMTPUTF8")
        if "REQUIRETLS" in keywords and self.requiretls:
            words.append("REQUIRETLS")
        return " ".join(words)

    def rcpt_command(self, recipient: str, keywords: Container[str]) -> str:
        """Return the command for a recipient, without its line end.

        Args:
            recipient: One of them.
            keywords: What the server has announced.
        """
        words = [f"RCPT TO:<{recipient}>"]
        if "DSN" in keywords and self.notify is not None:
            words.append(f"NOTIFY={self.notify}")
            orcpt = f"rfc822;{encode_xtext(recipient)}" if recipient.isascii() else ""
            if 0 < len(orcpt) <= _ORCPT_LIMIT:
                words.append(f"ORCPT={orcpt}")
        return " ".join(words)

    def commands(self) -> list[str]:
        """Return all commands, for one who takes all parameters."""
        return [
            self.mail_command(_ALL_KEYWORDS),
            *(self.rcpt_command(each, _ALL_KEYWORDS) for each in self.recipients),
        ]
