"""SCRAM-SHA-256, the client's side (RFC 5802, RFC 7677), by the library scramp.

The password is not shown to the server, and a server that does not know it cannot
pretend to.

Rules.
- The server's proof is looked at; without it nobody is logged in (RFC 5802 s3).
- The server says how much work a guess of the password is, and the client has to do as
  much: more than `MOST_ITERATIONS` is refused, as it would keep a process busy.
- There is no channel binding: TLS 1.3 has none that the library knows.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.client.sasl.mechanisms import Unanswerable

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.adapters.client.login import Login

__all__ = ["MOST_ITERATIONS", "ScramSha256"]

# Chosen by us: some 25 ms, in which no other session goes on; Dovecot, Cyrus and
# PostgreSQL have 4,096, MongoDB 15,000.
MOST_ITERATIONS = 100_000
"""How much work a server may ask for."""


class ScramSha256:
    """One exchange of SCRAM-SHA-256."""

    name = "SCRAM-SHA-256"

    def __init__(self, login: Login) -> None:
        self._login = login
        # The library has no types.
        self._client: Any = None
        self._steps: list[Callable[[str], str]] = [self._prove, self._check]
        self.is_over = False

    def first(self) -> bytes:
        """Return the name and a nonce.

        Raises:
            Unanswerable: The name or the password has what SASLprep forbids (RFC 4013).
        """
        # It takes 70 ms to load, and few servers ask for it.
        from scramp import ScramClient, ScramException

        try:
            self._client = ScramClient([self.name], self._login.user, self._login.password)
        except (ScramException, UnicodeError) as error:
            message = "the name or the password has a character that SCRAM forbids"
            raise Unanswerable(message) from error
        return base64.b64encode(str(self._client.get_client_first()).encode())

    def next(self, challenge: bytes) -> bytes:
        """Return the proof that we know the password, then nothing to the server's.

        Raises:
            Unanswerable: The challenge is none of SCRAM, or the server's proof is wrong.
        """
        from scramp import ScramException

        if not self._steps:
            raise Unanswerable("the server asks for more than the mechanism has")
        step = self._steps.pop(0)
        try:
            text = base64.b64decode(challenge, validate=True).decode()
            return base64.b64encode(step(text).encode())
        except ValueError as error:
            raise Unanswerable("a challenge of the server is not one of SCRAM") from error
        except ScramException as error:
            raise Unanswerable(f"the server is not believed: {error}") from error

    def _prove(self, challenge: str) -> str:
        self._client.set_server_first(challenge)
        iterations = int(self._client.iterations)
        if iterations > MOST_ITERATIONS:
            raise Unanswerable(f"the server asks for {iterations} iterations of SCRAM")
        return str(self._client.get_client_final())

    def _check(self, challenge: str) -> str:
        self._client.set_server_final(challenge)
        self.is_over = True
        return ""
