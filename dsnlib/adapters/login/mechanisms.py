"""PLAIN and LOGIN, for accounts of which only hashes of passwords are known.

PLAIN is RFC 4616.  LOGIN was never more than a draft and asks for the name and then
for the password; clients that know nothing else are still in use.

Others need what a hash does not give: CRAM-MD5 and its like the password itself,
SCRAM (RFC 5802) keys of its own.

Rules.
- Both show the password to whoever reads the line, so they are for TLS.
- An authorization identity is the account itself, or nothing (RFC 4616 s2).
- A wrong name, a wrong password and a name that may not act for the other one
  are answered alike, and only after the password was looked at.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from dsnlib.adapters.login.authenticator import (
    LONGEST_NAME_OCTETS,
    Accepted,
    Challenge,
    LoginReply,
    refuse_unoffered,
)
from dsnlib.adapters.login.credentials import (
    LONGEST_PASSWORD_OCTETS,
    read_name,
    read_password,
)
from dsnlib.errors import InvalidValue, LookupFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.adapters.login.authenticator import Exchange, LoginPeer, Step

__all__ = ["PasswordAuthenticator", "PasswordStore"]

_LOG = logging.getLogger("dsnlib.login")
# Two names, a password, and what stands between them.
_LONGEST_PLAIN_OCTETS = 2 * LONGEST_NAME_OCTETS + LONGEST_PASSWORD_OCTETS + 2


class PasswordStore(Protocol):
    """Whoever can tell whether a password is right."""

    async def check(self, name: str, password: str) -> bool:
        """Tell whether this is the password of the account.

        Takes as long for an account that there is not.

        Args:
            name: From `read_name`.
            password: From `read_password`.

        Raises:
            LookupFailed: It cannot be told now.
        """

    async def close(self) -> None:
        """Let go of what it holds.  Never raises."""


class PasswordAuthenticator:
    """Log-ins by name and password.

    Args:
        store: Who knows the passwords.
        allow_plaintext: Whether they may come over a connection that is not encrypted.
    """

    def __init__(self, store: PasswordStore, *, allow_plaintext: bool = False) -> None:
        self._store = store
        self._allow_plaintext = allow_plaintext

    def mechanisms(self, *, is_tls: bool) -> tuple[str, ...]:
        """Return the names of what a client may use.  Never raises."""
        return tuple(_MECHANISMS) if is_tls or self._allow_plaintext else ()

    def start(self, mechanism: str, *, peer: LoginPeer) -> Exchange:
        """Return a new exchange.

        Raises:
            InvalidValue: The mechanism is none of those for this peer.
        """
        refuse_unoffered(mechanism, self.mechanisms(is_tls=peer.is_tls), peer=peer)
        return _MECHANISMS[mechanism](self._store)

    async def close(self) -> None:
        """Close the store.  Never raises."""
        await self._store.close()


class _Plain:
    """One exchange of RFC 4616: everything is in one response."""

    def __init__(self, store: PasswordStore) -> None:
        self._store = store

    async def step(self, response: bytes | None) -> Step:
        """Take `[authzid] NUL authcid NUL passwd`."""
        if response is None:
            return Challenge(b"")
        if len(response) > _LONGEST_PLAIN_OCTETS:
            return LoginReply.TOO_LONG.refused()
        # message = [authzid] UTF8NUL authcid UTF8NUL passwd          RFC 4616 s2
        parts = response.split(b"\0")
        if len(parts) != len(("authzid", "authcid", "passwd")):
            return LoginReply.MALFORMED.refused()
        actor, name, password = parts
        return await _check(self._store, name, password, actor=actor)

    def close(self) -> None:
        """Do nothing: a check that goes on ends with its step."""


class _Login:
    """One exchange of LOGIN: the name, then the password."""

    def __init__(self, store: PasswordStore) -> None:
        self._store = store
        self._name: bytes | None = None

    async def step(self, response: bytes | None) -> Step:
        """Take what was asked for last; with AUTH, that is the name."""
        if response is None:
            # There are clients that look at these words.
            return Challenge(b"Username:")
        if self._name is None:
            if len(response) > LONGEST_NAME_OCTETS:
                return LoginReply.TOO_LONG.refused()
            self._name = response
            return Challenge(b"Password:")
        if len(response) > LONGEST_PASSWORD_OCTETS:
            return LoginReply.TOO_LONG.refused()
        return await _check(self._store, self._name, response)

    def close(self) -> None:
        """Do nothing: a check that goes on ends with its step."""


# In the order in which clients are told: many take the first that they know.
_MECHANISMS: dict[str, Callable[[PasswordStore], Exchange]] = {"PLAIN": _Plain, "LOGIN": _Login}


async def _check(store: PasswordStore, name: bytes, password: bytes, *, actor: bytes = b"") -> Step:
    if not name or not password:  # "1*SAFE" each: RFC 4616 s2
        return LoginReply.MALFORMED.refused()
    try:
        login = read_name(name)
        secret = read_password(password)
        is_other = bool(actor) and read_name(actor) != login
        is_right = await store.check(login, secret)
    except UnicodeDecodeError:
        return LoginReply.MALFORMED.refused()
    except InvalidValue:
        # "If the preparation fails ..., verification SHALL fail"      RFC 4616 s2
        return LoginReply.CREDENTIALS.refused()
    except LookupFailed as error:
        _LOG.warning("%s", error)
        return LoginReply.TEMPORARY.refused()
    return Accepted(login) if is_right and not is_other else LoginReply.CREDENTIALS.refused()
