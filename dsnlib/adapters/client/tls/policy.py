"""How a session is encrypted, and whom it has to be with: the levels that Postfix has.

    none      never
    may       where it is offered, with whoever is there
    encrypt   always, with whoever is there
    verify    always, with a server whose certificate is in order and has a name of `names`
    secure    the same; the names are those that nobody on the way could have chosen

`verify` and `secure` differ in the names that they are given by default: the host's, which
may come from the domain name system, or the next hop's, as the site has written it down.

Rules.
- TLS 1.2 is the least, whatever a setting allows (RFC 8996 s4, s5).
- Below `verify` nobody's certificate is looked at: a session with whoever is there is
  better than one that everybody can read (RFC 7435 s3).
- Names in certificates are those of the subjectAltName alone (RFC 9525 s2).
- DANE (RFC 7672) and MTA-STS (RFC 8461) are not known here.
"""

from __future__ import annotations

import enum
import re
from pathlib import Path

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.text import refuse_controls
from dsnlib.model.texts import texts

__all__ = [
    "GRADES",
    "VERSIONS",
    "ClientTlsLevel",
    "TlsAtAnyLevel",
    "TlsPolicy",
    "check_cipher",
    "parse_versions",
]

VERSIONS = ("TLSv1.2", "TLSv1.3")
"""The versions that there are, the oldest first."""
GRADES = ("high", "medium", "low", "export", "null")
"""What ciphers up to TLS 1.2 are good for, in the words of Postfix."""

# Those that settings may name still; what they allow is not used.
_ALL_VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", *VERSIONS)
_PLACES = {name.lower(): number for number, name in enumerate(_ALL_VERSIONS)}
_VERSION = re.compile(r"(>=|<=|!)?([A-Za-z0-9.]{1,16})")
_SEPARATORS = re.compile(r"[\s,:]+")
# A word of the cipher lists of OpenSSL: no sign that would end it, or begin a command.
_CIPHER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}")


class ClientTlsLevel(enum.Enum):
    """How a session is encrypted; the words are Postfix's."""

    NONE = "none"
    MAY = "may"
    """Where it is offered, with whoever is there."""
    ENCRYPT = "encrypt"
    """Always, with whoever is there."""
    VERIFY = "verify"
    """Always, with a server of the right name."""
    SECURE = "secure"
    """Always, with a server of a name that nobody on the way could have chosen."""

    @property
    def is_required(self) -> bool:
        """Whether there is no mail without TLS."""
        return self not in (ClientTlsLevel.NONE, ClientTlsLevel.MAY)

    @property
    def is_verified(self) -> bool:
        """Whether there is no mail without a certificate of the right name."""
        return self in (ClientTlsLevel.VERIFY, ClientTlsLevel.SECURE)


def parse_versions(text: str) -> tuple[str, ...]:
    """Return the versions that a setting allows, those of `VERSIONS` alone.

    >>> parse_versions(">=TLSv1")
    ('TLSv1.2', 'TLSv1.3')
    >>> parse_versions("!SSLv2, !SSLv3, !TLSv1.3")
    ('TLSv1.2',)

    Args:
        text: As in `smtp_tls_protocols`: `>=TLSv1.2`, `<=TLSv1.3`, a list of those that
            are allowed, or of those that are not, with `!` before them.

    Raises:
        InvalidValue: A word is no version, or no version is left that can be used.
    """
    named: set[int] = set()
    allowed = set(range(len(_ALL_VERSIONS)))
    for word in _SEPARATORS.split(text.strip()):
        if not word:
            continue
        found = _VERSION.fullmatch(word)
        place = None if found is None else _PLACES.get(found[2].lower())
        if found is None or place is None:
            known = ", ".join(_ALL_VERSIONS)
            message = f"protocols: {word[:80]!r} is no version of TLS; there are {known}"
            raise InvalidValue(message, value=text)
        if found[1] == ">=":
            allowed -= set(range(place))
        elif found[1] == "<=":
            allowed -= set(range(place + 1, len(_ALL_VERSIONS)))
        elif found[1] == "!":
            allowed.discard(place)
        else:
            named.add(place)
    if named:
        allowed &= named
    versions = tuple([name for name in VERSIONS if _PLACES[name.lower()] in allowed])
    if not versions:
        message = f"protocols: {text[:80]!r} allows neither {' nor '.join(VERSIONS)}"
        raise InvalidValue(message, value=text)
    return versions


def check_cipher(word: str) -> str:
    """Return the name of a cipher, or of a property of ciphers, as OpenSSL may have it.

    Raises:
        InvalidValue: It is none.
    """
    if _CIPHER.fullmatch(word) is None:
        message = f"TLS: {word[:80]!r} is no name of a cipher"
        raise InvalidValue(message, value=word)
    return word


@attrs.frozen(kw_only=True)
class TlsAtAnyLevel:
    """What is asked of TLS whatever the level: who is trusted, who we are, whom we want.

    Args:
        ca_file: The certificates of those who vouch for servers, in PEM form.
        ca_path: A directory of such, with their hashes as names.
            With neither, those that the system trusts.
        cert_file: Our own certificate with its chain, for servers that ask for one.
        key_file: Its key; `None` if it is in the same file.
        server_name: What the server is told of whom we want (SNI): `hostname`,
            `nexthop`, a name, or `""` for nothing.
        is_implicit: Whether TLS begins with the connection, as at port 465 (RFC 8314 s3).
        notes_offer: Whether the log tells of servers that offer TLS which is not used.
    """

    ca_file: Path | None = None
    ca_path: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    server_name: str = "hostname"
    is_implicit: bool = False
    notes_offer: bool = False


@attrs.frozen(kw_only=True)
class TlsPolicy(TlsAtAnyLevel):
    """What is asked of one session; sessions are shared only between those with the same.

    Args:
        ca_file: As `TlsAtAnyLevel` has it, and so are those up to `notes_offer`.
        ca_path: A directory.
        cert_file: Our own certificate.
        key_file: Its key.
        server_name: What the server is told of whom we want.
        is_implicit: Whether TLS begins with the connection.
        notes_offer: Whether the log tells of TLS that is offered and not used.
        level: How it is encrypted.
        names: One of which the certificate has to have, with the levels that look:
            `hostname`, the server's; `nexthop`, that of the next hop; `dot-nexthop`,
            any below it; else a name, or `.domain` for any below it.  If not given,
            those of the next hop at level `secure`, and else that of the server.
        versions: Those of `VERSIONS` that may be used.
        ciphers: The grade of the ciphers up to TLS 1.2: `high`, `medium`; `low`
            and `export` are `medium` today, `null` is for tests.
        excluded_ciphers: Names or properties of OpenSSL's ciphers that may not be used.

    Raises:
        InvalidValue: There are no names where one is needed, a word is none, a key is
            without a certificate, or TLS begins with the connection and is not required.
    """

    level: ClientTlsLevel = ClientTlsLevel.MAY
    names: tuple[str, ...] = attrs.field(converter=texts)
    versions: tuple[str, ...] = attrs.field(default=VERSIONS, converter=texts)
    ciphers: str = "medium"
    excluded_ciphers: tuple[str, ...] = attrs.field(default=(), converter=texts)

    @names.default
    def _names_of_level(self) -> tuple[str, ...]:
        # The name of a server may come from anybody who answers for the DNS.
        if self.level is ClientTlsLevel.SECURE:
            return ("nexthop", "dot-nexthop")
        return ("hostname",)

    def __attrs_post_init__(self) -> None:
        for name in (*self.names, self.server_name):
            refuse_controls(name, "TLS: the name")
        if not all(name.strip(".") for name in self.names):
            raise InvalidValue("TLS: a name to match is empty", value=self.names)
        if self.level.is_verified and not self.names:
            message = f"TLS: level {self.level.value} needs a name that the certificate has"
            raise InvalidValue(message, value=self.names)
        if not self.versions or not set(self.versions) <= set(VERSIONS):
            message = f"TLS: the versions {self.versions!r} are not of {', '.join(VERSIONS)}"
            raise InvalidValue(message, value=self.versions)
        if self.ciphers not in GRADES:
            message = f"TLS: the grade of ciphers {self.ciphers!r} is not of {', '.join(GRADES)}"
            raise InvalidValue(message, value=self.ciphers)
        for word in self.excluded_ciphers:
            check_cipher(word)
        if self.key_file is not None and self.cert_file is None:
            message = f"TLS: {self.key_file} is the key of no certificate"
            raise InvalidValue(message, value=self.key_file)
        if self.is_implicit and not self.level.is_required:
            message = (
                "TLS: it begins with the connection, so the level is encrypt or more,"
                f" not {self.level.value}"
            )
            raise InvalidValue(message, value=self.level)
