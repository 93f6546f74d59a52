"""The kinds of values that next hops have: places, addresses of ours, ways to look up, TLS."""

from __future__ import annotations

import ipaddress
import re

from dsnlib.adapters.client.tls.policy import check_cipher, parse_versions
from dsnlib.adapters.config.key import Kind
from dsnlib.adapters.config.kinds import NEXTHOP, TEXT, choices, list_of
from dsnlib.errors import InvalidValue

__all__ = [
    "ADDRESSES", "ADDRESS_OF", "CIPHERS", "HOP", "HOST_LOOKUPS", "MATCHES", "MECHANISMS",
    "NEXTHOPS", "PLACES", "PROTOCOLS", "SERVER_NAME",
]  # fmt: skip

# A mechanism of SASL: RFC 4422 s3.1; with "!" it is one that is not to be used.
_MECHANISM = re.compile(r"!?[A-Z0-9_-]{1,20}")
# What stands at the end of a list of those that are not to be used.
_ALL = frozenset({"static:all", "static:rest"})
_MATCH = re.compile(r"\.?[^\s.]+(?:\.[^\s.]+)*")
_UNIX = re.compile(r"unix:/[^\s,]+")


def _next_hop(text: str) -> str:
    return NEXTHOP.read(text)


def _place(text: str) -> str:
    return text if _UNIX.fullmatch(text) is not None else NEXTHOP.read(text)


def _read_place(value: object) -> str:
    text = TEXT.read(value)
    return _place(text) if text else text


def _mechanism(text: str) -> str:
    name = text.lower() if text.lower() in _ALL else text.upper()
    if name not in _ALL and _MECHANISM.fullmatch(name) is None:
        message = f"{text[:80]!r} is not a mechanism such as PLAIN or SCRAM-SHA-256"
        raise InvalidValue(message, value=text)
    return name


def _match(text: str) -> str:
    """Read what a certificate may be for: a word, a name, or `.example.org`."""
    if _MATCH.fullmatch(text) is None:
        message = f"{text[:80]!r} is not hostname, nexthop, dot-nexthop or a name"
        raise InvalidValue(message, value=text)
    return text.lower()


def _cipher(text: str) -> str:
    try:
        return check_cipher(text)
    except InvalidValue as error:
        raise InvalidValue(str(error).removeprefix("TLS: "), value=text) from error


def _read_server_name(value: object) -> str:
    text = TEXT.read(value)
    if text and (text.startswith(".") or _MATCH.fullmatch(text) is None):
        message = f"{text[:80]!r} is not hostname, nexthop or a name"
        raise InvalidValue(message, value=value)
    return text


def _read_protocols(value: object) -> str:
    text = TEXT.read(value)
    try:
        parse_versions(text)
    except InvalidValue as error:
        raise InvalidValue(str(error).removeprefix("protocols: "), value=value) from error
    return text


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        message = f"{text[:80]!r} is not an IP address"
        raise InvalidValue(message, value=text) from error


def _address_of(version: int) -> Kind[str]:
    """Return the kind of the addresses of one version of IP; none is an empty text."""
    example = {4: "192.0.2.1", 6: "2001:db8::1"}[version]

    def read(value: object) -> str:
        text = TEXT.read(value)
        try:
            is_right = not text or ipaddress.ip_address(text).version == version
        except ValueError:
            is_right = False
        if not is_right:
            raise InvalidValue(f"{text[:80]!r} is not an address such as {example}", value=value)
        return text

    return Kind(name="address", form=f'"{example}"', read=read, write=TEXT.write)


ADDRESS_OF = {version: _address_of(version) for version in (4, 6)}
"""The kinds of addresses of ours, by the version of IP."""
PROTOCOLS = Kind(name="versions", form='">=TLSv1.2"', read=_read_protocols, write=TEXT.write)
ADDRESSES = list_of(_address, "an IP address", name="addresses", form='["192.0.2.1"]')
CIPHERS = list_of(_cipher, "a cipher", name="ciphers", form='["aNULL", "RC4"]')
SERVER_NAME = Kind(
    name="server name", form='"mail.example.org"', read=_read_server_name, write=TEXT.write
)
HOST_LOOKUPS = choices("dns", "native")
NEXTHOPS = list_of(_next_hop, "a next hop", name="next hops", form='["[mail.example.org]:587"]')
HOP = Kind(name="next hop", form='"unix:/run/mail"', read=_read_place, write=TEXT.write)
PLACES = list_of(_place, "a next hop", name="next hops", form='["example.org", "unix:/run/lmtp"]')
MECHANISMS = list_of(_mechanism, "a mechanism", name="mechanisms", form='["PLAIN", "!CRAM-MD5"]')
MATCHES = list_of(_match, "a name", name="names", form='["nexthop", ".example.org"]')
