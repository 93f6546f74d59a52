"""AUTH: the lines of a log-in between a client and an authenticator (RFC 4954 s4).

Rules.
- After EHLO, once in a session, not within a transaction.
- What a mechanism shows and what the client responds is base64; `=` behind AUTH is
  the empty response, `*` gives up.
- A mechanism that is there only where the session is encrypted is answered 538
  5.7.11, one that is nowhere 504 5.5.4.
- The exchange is closed however it ends.
- Filters are told of the account, as `auth_type` and `auth_authen`: one that signs mail
  has to know whose it is.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from dsnlib.adapters.login.authenticator import Accepted, Challenge, LoginPeer, Refused
from dsnlib.adapters.server.answers import (
    ALREADY_LOGGED_IN,
    BAD_BASE64,
    LOGGED_IN,
    LOGIN_CANCELLED,
    LOGIN_IN_MAIL,
    LOGIN_NEEDS_TLS,
    LOGIN_TOO_LONG,
    TOO_MANY_LOGINS,
    UNKNOWN_MECHANISM,
    standard,
)
from dsnlib.adapters.server.input import LineTooLong
from dsnlib.adapters.server.rates import Event
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from dsnlib.adapters.login.authenticator import Authenticator, Exchange
    from dsnlib.adapters.server.session import ServerSession
    from dsnlib.model.reply import SmtpReply

__all__ = ["auth", "note_login"]


async def auth(  # noqa: PLR0911  one for each fault
    session: ServerSession, argument: str
) -> SmtpReply:
    """Let the client log in."""
    authenticator = session.listener.authenticator
    if authenticator is None or "auth" in session.offered.offer.discards.words:
        return standard(StandardReply.AUTH_NOT_OFFERED)
    refused = _not_now(session)
    if refused is not None:
        return refused
    words = argument.split()
    if not 1 <= len(words) <= 2:
        return standard(StandardReply.BAD_ARGUMENT)
    mechanism = words[0].upper()
    refused = _refuse_mechanism(session, authenticator, mechanism)
    if refused is not None:
        return refused
    if session.is_beyond(Event.LOGIN):
        return TOO_MANY_LOGINS
    try:
        response = _first_response(words)
    except ValueError:
        return BAD_BASE64
    exchange = authenticator.start(mechanism, peer=_peer(session))
    try:
        reply = await _exchange(session, exchange, response)
        note_login(session, mechanism)
        return reply
    finally:
        exchange.close()


def note_login(session: ServerSession, mechanism: str = "") -> None:
    """Let filters and policy services know how the client has logged in, or that it has not.

    Args:
        session: The session, with its account.
        mechanism: How the client has logged in.
    """
    session.login_method = "" if session.login is None else mechanism
    if not session.milters:
        return
    known = {} if session.login is None else {"auth_type": mechanism, "auth_authen": session.login}
    for name in ("auth_type", "auth_authen"):
        session.milters.macros[name] = known.get(name, "")


def _not_now(session: ServerSession) -> SmtpReply | None:
    if not session.is_extended:
        return standard(StandardReply.HELLO_NEEDED)
    if session.login is not None:
        return ALREADY_LOGGED_IN
    if session.transaction is not None:
        return LOGIN_IN_MAIL
    return None


def _refuse_mechanism(
    session: ServerSession, authenticator: Authenticator, mechanism: str
) -> SmtpReply | None:
    is_tls = session.tls is not None
    if mechanism in authenticator.mechanisms(is_tls=is_tls):
        return None
    if not is_tls and mechanism in authenticator.mechanisms(is_tls=True):
        return LOGIN_NEEDS_TLS
    return UNKNOWN_MECHANISM


def _first_response(words: list[str]) -> bytes | None:
    if len(words) == 1:
        return None
    return b"" if words[1] == "=" else _decode(words[1].encode("ascii"))


async def _exchange(
    session: ServerSession, exchange: Exchange, response: bytes | None
) -> SmtpReply:
    while True:
        step = await exchange.step(response)
        if isinstance(step, Accepted):
            session.login = step.login
            session.journal.tell("logged in", step.login)
            return LOGGED_IN
        if isinstance(step, Refused):
            return step.reply
        try:
            line = await _ask(session, step)
        except LineTooLong:
            return LOGIN_TOO_LONG
        if line == b"*":
            return LOGIN_CANCELLED
        try:
            response = _decode(line)
        except ValueError:
            return BAD_BASE64


async def _ask(session: ServerSession, challenge: Challenge) -> bytes:
    # The blank stands there even if nothing follows              RFC 4954 s4, s8
    session.hold(b"334 " + base64.b64encode(challenge.octets) + b"\r\n")
    line = await session.read_line(session.limits.login_octets)
    return line.rstrip(b"\r\n")


def _decode(octets: bytes) -> bytes:
    try:
        return base64.b64decode(octets, validate=True)
    except binascii.Error as error:
        raise ValueError from error


def _peer(session: ServerSession) -> LoginPeer:
    transport, peer = session.transport, session.peer
    ours = None if transport is None else transport.get_extra_info("sockname")
    return LoginPeer(
        client_address=session.client.address,
        local_address=str(ours[0]) if isinstance(ours, tuple) else "127.0.0.1",
        is_tls=session.tls is not None,
        client_port=peer[1] if isinstance(peer, tuple) else None,
        local_port=ours[1] if isinstance(ours, tuple) else None,
        hostname=session.client.hostname,
        certificate_name=None if session.tls is None else session.tls.name,
    )
