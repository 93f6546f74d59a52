"""XCLIENT: a proxy that is trusted says who the client is behind it (Postfix's extension).

    XCLIENT NAME=mx.example ADDR=192.0.2.1 HELO=mx.example LOGIN=ann
    XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1

Rules.
- Only from networks of `Listener.xclient`, not within a transaction, and only the
  attributes that are announced; a wrong value is 501 5.5.4.
- The session begins anew with its greeting, as if that client had connected.
- A certificate that was shown before is the proxy's, and says nothing of another client.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.server.answers import standard
from dsnlib.adapters.server.logins import note_login
from dsnlib.errors import InvalidXtext
from dsnlib.model.text import replace_controls
from dsnlib.model.xtext import decode_xtext
from dsnlib.replies.defaults import GREETING
from dsnlib.replies.session import Client
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from dsnlib.adapters.server.session import ServerSession
    from dsnlib.model.reply import SmtpReply

__all__ = ["xclient"]

_FAILED = "[TEMPUNAVAIL]"
_NONE = frozenset({"[UNAVAILABLE]", _FAILED})
_LONGEST = 255


async def xclient(session: ServerSession, argument: str) -> SmtpReply | None:
    """Take another client for the one that is connected."""
    if session.transaction is not None:
        return standard(StandardReply.NESTED_MAIL)
    names = session.offered.offer.capabilities.xclient
    values: dict[str, str | None] = {}
    has_failed = False
    for word in argument.split():
        name, _, text = word.partition("=")
        value = _value(text)
        if name.upper() not in names or value == "":
            return standard(StandardReply.BAD_ARGUMENT)
        values[name.upper()] = value
        # A name that could not be looked up is no name that there is not: 450, not 550.
        has_failed |= name.upper() == "NAME" and text.upper() == _FAILED
    if not values:
        return standard(StandardReply.BAD_ARGUMENT)
    client = session.client
    if "ADDR" in values:
        address = _address(values["ADDR"] or "")
        if address is None:
            return standard(StandardReply.BAD_ARGUMENT)
        client = Client(address=address)
    if "NAME" in values:
        client = attrs.evolve(
            client,
            hostname=values["NAME"],
            reverse_hostname=values["NAME"],
            is_hostname_failed=has_failed,
            is_reverse_failed=has_failed,
        )
    await session.abandon()
    session.start_again()
    session.client = client
    session.helo = values.get("HELO")
    session.login = values.get("LOGIN")
    note_login(session, "XCLIENT")
    session.verb = GREETING
    await session.greet()
    return None


def _value(text: str) -> str | None:
    """Return a value, `None` if it is not known, `""` if it cannot be one."""
    if text.upper() in _NONE:
        return None
    try:
        value = decode_xtext(text)
    except InvalidXtext:
        return ""
    is_bad = len(value) > _LONGEST or replace_controls(value) != value
    return "" if is_bad else value


def _address(text: str) -> str | None:
    bare = text[5:] if text.upper().startswith("IPV6:") else text
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None
