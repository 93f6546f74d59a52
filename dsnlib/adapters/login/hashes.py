r"""Hashes of passwords: `{SCHEME}` and what the scheme makes of a password.

    {ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$salt$hash     RFC 9106; as Dovecot has it
    {SCRYPT}$scrypt$ln=14,r=8,p=5$salt$hash                RFC 7914, N = 2**ln
    {PLAIN}password                                        where it is allowed

Salt and hash are base64 without padding.

>>> parse_hash(make_hash("swordfish", scheme="SCRYPT")).verify("swordfish")
True

Rules.
- What is asked for in a hash is bounded, so a slip in a file cannot take the
  memory or the time of the server.
- No message and no `repr` shows a hash or a password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import attrs

from dsnlib.adapters.login.credentials import read_password
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["SCHEMES", "PasswordHash", "make_hash", "parse_hash"]

# RFC 9106 s4 has 2 GiB and 64 MiB; a server that many log in to at once takes what
# OWASP's cheat sheet on the storage of passwords has as equally strong for less memory.
_ARGON2_KIB, _ARGON2_PASSES, _ARGON2_LANES = 19_456, 2, 1
_SCRYPT_LN, _SCRYPT_R, _SCRYPT_P = 14, 8, 5
_SALT_OCTETS = 16
_HASH_OCTETS = 32
# A hash that wants more is refused: 256 MiB, and about two seconds of one processor.
_MOST_MEMORY_OCTETS = 1 << 28
_MOST_WORK_OCTETS = 1 << 31
_MOST_LANES = 16

# {SCHEME}rest; Dovecot takes the scheme in any case
_WRITTEN = re.compile(r"\{([A-Za-z0-9-]{1,20}(?:\.[A-Za-z0-9]{1,6})?)\}(.*)", re.DOTALL)
_ARGON2 = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,8}),t=([1-9][0-9]{0,4}),p=([1-9][0-9]{0,3})"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})"
)
_SCRYPT = re.compile(
    r"\$scrypt\$ln=([1-9][0-9]?),r=([1-9][0-9]{0,3}),p=([1-9][0-9]{0,3})"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})"
)


class PasswordHash(Protocol):
    """What is kept of a password."""

    def verify(self, password: str) -> bool:
        """Tell whether this is the password.  Takes its time: not for an event loop.

        Raises:
            MemoryError: There is not as much memory as it takes.
        """

    def decoy(self) -> PasswordHash:
        """Return a hash of no password at all that takes as long to verify."""

    @property
    def cost(self) -> tuple[str, int, int, int]:
        """The scheme and its numbers, by which hashes take as long as each other."""


@attrs.frozen
class _Argon2:
    text: str = attrs.field(repr=False)
    kib: int
    passes: int
    lanes: int

    @classmethod
    def parse(cls, text: str) -> _Argon2:
        found = _ARGON2.fullmatch(text)
        if found is None:
            raise _malformed("ARGON2ID")
        kib, passes, lanes = (int(number) for number in found.groups()[:3])
        _check_cost("ARGON2ID", kib * 1024, passes, lanes)
        if kib < 8 * lanes:  # RFC 9106 s3.1
            raise _malformed("ARGON2ID")
        _decode("ARGON2ID", found[4])
        _decode("ARGON2ID", found[5])
        # The library is needed later; who reads the file is to know now.
        _argon2()
        return cls(text, kib, passes, lanes)

    @classmethod
    def make(cls, password: str) -> str:
        argon2 = _argon2()
        hasher = argon2.PasswordHasher(
            time_cost=_ARGON2_PASSES,
            memory_cost=_ARGON2_KIB,
            parallelism=_ARGON2_LANES,
            hash_len=_HASH_OCTETS,
            salt_len=_SALT_OCTETS,
        )
        made: str = hasher.hash(password)
        return made

    @property
    def cost(self) -> tuple[str, int, int, int]:
        return "ARGON2ID", self.kib, self.passes, self.lanes

    def verify(self, password: str) -> bool:
        argon2 = _argon2()
        try:
            argon2.low_level.verify_secret(
                self.text.encode(), password.encode(), argon2.low_level.Type.ID
            )
        except argon2.exceptions.VerifyMismatchError:
            return False
        except argon2.exceptions.VerificationError as error:
            # The text is well formed, so memory and threads are what is left.
            raise MemoryError(str(error)) from error
        return True

    def decoy(self) -> _Argon2:
        start = self.text.rsplit("$", 2)[0]
        return attrs.evolve(self, text=f"{start}${_random(_SALT_OCTETS)}${_random(_HASH_OCTETS)}")


@attrs.frozen
class _Scrypt:
    ln: int
    r: int
    p: int
    salt: bytes = attrs.field(repr=False)
    hash: bytes = attrs.field(repr=False)

    @classmethod
    def parse(cls, text: str) -> _Scrypt:
        found = _SCRYPT.fullmatch(text)
        if found is None:
            raise _malformed("SCRYPT")
        ln, r, p = (int(number) for number in found.groups()[:3])
        _check_cost("SCRYPT", 128 * r << ln, p, p)
        return cls(ln, r, p, _decode("SCRYPT", found[4]), _decode("SCRYPT", found[5]))

    @classmethod
    def make(cls, password: str) -> str:
        made = cls(
            _SCRYPT_LN, _SCRYPT_R, _SCRYPT_P, secrets.token_bytes(_SALT_OCTETS), b"0" * _HASH_OCTETS
        )
        return (
            f"$scrypt$ln={made.ln},r={made.r},p={made.p}"
            f"${_encode(made.salt)}${_encode(made.derive(password))}"
        )

    @property
    def cost(self) -> tuple[str, int, int, int]:
        return "SCRYPT", self.ln, self.r, self.p

    def derive(self, password: str) -> bytes:
        return hashlib.scrypt(
            password.encode(),
            salt=self.salt,
            n=1 << self.ln,
            r=self.r,
            p=self.p,
            # OpenSSL counts a little more than the table itself.
            maxmem=(128 * self.r << self.ln) + 128 * self.r * (self.p + 2) + 4096,
            dklen=len(self.hash),
        )

    def verify(self, password: str) -> bool:
        return hmac.compare_digest(self.hash, self.derive(password))

    def decoy(self) -> _Scrypt:
        return attrs.evolve(
            self, salt=secrets.token_bytes(_SALT_OCTETS), hash=secrets.token_bytes(_HASH_OCTETS)
        )


@attrs.frozen
class _Plain:
    password: str = attrs.field(repr=False)

    @property
    def cost(self) -> tuple[str, int, int, int]:
        return "PLAIN", 0, 0, 0

    def verify(self, password: str) -> bool:
        # Digests are of one length, whatever that of the passwords.
        return hmac.compare_digest(_digest(self.password), _digest(password))

    def decoy(self) -> _Plain:
        return _Plain(secrets.token_urlsafe(_HASH_OCTETS))


@attrs.frozen
class _Scheme:
    parse: Callable[[str], _Argon2 | _Scrypt]
    make: Callable[[str], str]


_SCHEMES = {
    "ARGON2ID": _Scheme(_Argon2.parse, _Argon2.make),
    "SCRYPT": _Scheme(_Scrypt.parse, _Scrypt.make),
}
SCHEMES = tuple(_SCHEMES)


def parse_hash(text: str, *, allow_plain: bool = False) -> PasswordHash:
    """Return the hash that a text is.

    Args:
        text: `{SCHEME}` and what the scheme has.
        allow_plain: Whether `{PLAIN}` and the password itself will do.

    Raises:
        InvalidValue: There is no scheme, or it is not known here; the hash is not
            as its scheme has it, or would take too much memory or time; a library
            is missing.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise InvalidValue("there is no {SCHEME} in front of the password's hash")
    name = found[1].upper()
    if name == "PLAIN":
        if not allow_plain:
            raise InvalidValue("{PLAIN} is the password itself, and that is not allowed here")
        return _Plain(read_password(found[2].encode()))
    scheme = _SCHEMES.get(name)
    if scheme is None:
        raise InvalidValue(f"{{{name}}} is none of the schemes {', '.join(SCHEMES)}")
    return scheme.parse(found[2])


def make_hash(password: str, *, scheme: str = "ARGON2ID") -> str:
    """Return what is to be kept of a password.  Takes its time.

    Args:
        password: From `read_password`.
        scheme: One of `SCHEMES`.

    Raises:
        InvalidValue: There is no such scheme, or its library is missing.
    """
    if scheme not in _SCHEMES:
        message = f"{scheme[:40]!r} is none of the schemes {', '.join(SCHEMES)}"
        raise InvalidValue(message, value=scheme)
    return f"{{{scheme}}}{_SCHEMES[scheme].make(password)}"


def _argon2() -> ModuleType:
    try:
        import argon2
        import argon2.low_level
    except ImportError as error:
        message = "{ARGON2ID} needs the library argon2-cffi: pip install 'dsnlib[smtp]'"
        raise InvalidValue(message) from error
    return argon2


def _check_cost(scheme: str, memory_octets: int, passes: int, lanes: int) -> None:
    if memory_octets > _MOST_MEMORY_OCTETS:
        raise InvalidValue(f"{{{scheme}}} wants more than {_MOST_MEMORY_OCTETS >> 20} MiB")
    if memory_octets * passes > _MOST_WORK_OCTETS or lanes > _MOST_LANES:
        raise InvalidValue(f"{{{scheme}}} wants more work than a server can do for one log-in")


def _malformed(scheme: str) -> InvalidValue:
    return InvalidValue(f"what follows {{{scheme}}} is not a hash of that scheme")


def _decode(scheme: str, text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise _malformed(scheme) from None


def _encode(octets: bytes) -> str:
    return base64.b64encode(octets).decode().rstrip("=")


def _random(octets: int) -> str:
    return _encode(secrets.token_bytes(octets))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
