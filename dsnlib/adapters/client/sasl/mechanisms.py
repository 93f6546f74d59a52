"""PLAIN, LOGIN, CRAM-MD5 and XOAUTH2, the client's side, by the functions of aiosmtplib.

    PLAIN      RFC 4616: one response with the name and the password
    LOGIN      never more than a draft: the name, then the password
    CRAM-MD5   RFC 2195: a digest of the server's challenge with the password
    XOAUTH2    Google's and Microsoft's: an access token in place of the password

Challenges and responses are in base64, as they go over the wire.

Rules.
- What a server asks for more often than the mechanism has is not answered, so no exchange
  is without end.
- Names and passwords are the octets that the table has, in UTF-8 if it is.
- None has a control character: it could end its part of a response and begin another.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Protocol

from dsnlib.model.text import encode_wire

if TYPE_CHECKING:
    from dsnlib.adapters.client.login import Login

__all__ = ["CramMd5", "LoginMechanism", "Mechanism", "Plain", "Unanswerable", "Xoauth2"]

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_TOO_MUCH = "the server asks for more than the mechanism has"


class Unanswerable(Exception):
    """There is no right response.  Says why, without secrets."""


class Mechanism(Protocol):
    """One exchange, from AUTH to the server's last word."""

    @property
    def name(self) -> str:
        """What AUTH calls it, in upper case."""

    @property
    def is_over(self) -> bool:
        """Whether a success is to be believed now."""

    def first(self) -> bytes | None:
        """Return what goes with AUTH, `None` if the server has to begin.

        Raises:
            Unanswerable: The name or the password cannot be sent.
        """

    def next(self, challenge: bytes) -> bytes:
        """Return the response to a challenge.

        Raises:
            Unanswerable: There is none.
        """


class Plain:
    """One exchange of PLAIN."""

    name = "PLAIN"

    def __init__(self, login: Login) -> None:
        self._login = login
        self.is_over = False

    def first(self) -> bytes:
        """Return the name and the password."""
        from aiosmtplib.auth import auth_plain_encode

        self.is_over = True
        return auth_plain_encode(*_octets(self._login))

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002  nothing is expected
        """Raise: there is one response."""
        raise Unanswerable(_TOO_MUCH)


class LoginMechanism:
    """One exchange of LOGIN.

    The words of the challenges are not looked at: servers have many.
    """

    name = "LOGIN"

    def __init__(self, login: Login) -> None:
        self._login = login
        self._responses: list[bytes] = []
        self.is_over = False

    def first(self) -> None:
        """Prepare both responses; the server asks for the first too."""
        from aiosmtplib.auth import auth_login_encode

        self._responses = [*auth_login_encode(*_octets(self._login))]

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002  the words are not looked at
        """Return the name, then the password."""
        if not self._responses:
            raise Unanswerable(_TOO_MUCH)
        response = self._responses.pop(0)
        self.is_over = not self._responses
        return response


class CramMd5:
    """One exchange of CRAM-MD5."""

    name = "CRAM-MD5"

    def __init__(self, login: Login) -> None:
        self._login = login
        self.is_over = False

    def first(self) -> None:
        """Check the name and the password; the server begins."""
        _octets(self._login)

    def next(self, challenge: bytes) -> bytes:
        """Return the digest of the challenge."""
        from aiosmtplib.auth import auth_crammd5_verify

        if self.is_over:
            raise Unanswerable(_TOO_MUCH)
        try:
            # The library passes over what is no base64.
            base64.b64decode(challenge, validate=True)
            response = auth_crammd5_verify(*_octets(self._login), challenge)
        except ValueError as error:
            # Of base64, or of an OpenSSL that is to do without MD5.
            raise Unanswerable(f"there is no CRAM-MD5 of the challenge: {error}") from error
        self.is_over = True
        return response


class Xoauth2:
    """One exchange of XOAUTH2."""

    name = "XOAUTH2"

    def __init__(self, login: Login) -> None:
        self._login = login
        self._is_refused = False
        self.is_over = False

    def first(self) -> bytes:
        """Return the name and the token."""
        from aiosmtplib.auth import auth_xoauth2_encode

        self.is_over = True
        return auth_xoauth2_encode(*_octets(self._login))

    def next(self, challenge: bytes) -> bytes:  # noqa: ARG002  JSON, and the reply says as much
        """Return nothing: the challenge is an error, and the reply comes after an empty line."""
        if self._is_refused:
            raise Unanswerable(_TOO_MUCH)
        self._is_refused = True
        self.is_over = False
        return b""


def _octets(login: Login) -> tuple[bytes, bytes]:
    try:
        found = encode_wire(login.user), encode_wire(login.password)
    except UnicodeEncodeError:
        found = b"\0", b""
    if any(_CONTROL.search(each) for each in found):
        raise Unanswerable("the name or the password has a control character")
    return found
