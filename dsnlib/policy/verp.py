"""A return path for each recipient, so that a bounce names whom it is about (XVERP).

    MAIL FROM:<list@example.org> XVERP          RCPT TO:<bob@example.net>
    becomes the return path                     list+bob=example.net@example.org

No RFC has the parameter; it is Postfix's, as is the form of the address.

Rules.
- The recipient in it is the one that the sender wrote: that is what a list
  looks for, whatever an alias of this system has made of it.
- One message becomes as many as it has recipients.  All that follows, relaying
  and notifying alike, goes by the new return path.
- A client may give the delimiters, `XVERP=-+`; a `=` cannot be among them, as no
  value has one (RFC 5321 s4.1.2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.local_part import bare_local_part, quote_local_part, split_address
from dsnlib.model.parameter import find_parameter

if TYPE_CHECKING:
    from dsnlib.model.envelope import Envelope, Recipient

__all__ = ["split_for_verp"]

_KEYWORD = "XVERP"
# What stands before the recipient, and what for its "@".
_DELIMITERS = re.compile(r"[-+=]{2}")


def split_for_verp(envelope: Envelope, *, delimiters: str = "+=") -> tuple[Envelope, ...]:
    """Return an envelope for each recipient if MAIL had XVERP, else the one given.

    A null return path, and one without a domain, are left alone, and so is what
    has delimiters that are none.  Never raises.

    Args:
        envelope: The message's.
        delimiters: Two of `+`, `-` and `=`, where the client gives none.
    """
    others = envelope.mail.other
    given = find_parameter(others, _KEYWORD)
    local_part, at, domain = split_address(envelope.sender)
    marks = (given and given.value) or delimiters
    if given is None or not at or _DELIMITERS.fullmatch(marks) is None:
        return (envelope,)
    mail = attrs.evolve(envelope.mail, other=[each for each in others if each is not given])
    return tuple(
        attrs.evolve(
            envelope,
            sender=f"{_local_part(local_part, each, marks)}@{domain}",
            mail=mail,
            recipients=(each,),
        )
        for each in envelope.recipients
    )


def _local_part(sender: str, recipient: Recipient, delimiters: str) -> str:
    user, at, domain = split_address(recipient.accepted)
    name = bare_local_part(user)
    if at:
        name = f"{name}{delimiters[1]}{domain}"
    return quote_local_part(f"{bare_local_part(sender)}{delimiters[0]}{name}")
