"""The names in a server's certificate, compared with those that it has to have (RFC 9525 s6).

OpenSSL compares with one name; a policy may have several, and names below a domain.

Rules.
- `*.example.org` is for one label in front of `example.org`, and for no more; a star
  anywhere else, or before a single label, is for nothing (RFC 9525 s6.3).
- A wanted `.example.org` is every name below `example.org`, `*.example.org` among them.
- An IP address is compared as one, with the addresses of the certificate alone.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["a_labels", "ascii_name", "bare_nexthop", "has_name"]


def has_name(wanted: Iterable[str], alternatives: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a certificate has one of some names.  Never raises.

    >>> has_name(["example.org", ".example.org"], [("DNS", "*.example.org")])
    True

    Args:
        wanted: Domain names, `.domain` for those below it, or IP addresses.
        alternatives: The subjectAltName, as `ssl` gives it.
    """
    names: list[str] = []
    addresses: set[object] = set()
    for kind, value in alternatives:
        if kind == "DNS":
            names.append(value.lower().removesuffix("."))
        elif kind == "IP Address":
            addresses.add(_address(value.strip()))
    addresses.discard(None)
    return any(_is_there(ascii_name(each), names, addresses) for each in wanted)


def ascii_name(name: str) -> str:
    """Return a domain name as certificates have it: in lower case, in A-labels.

    Never raises: what is no domain name comes back as it is.
    """
    name = name.lower().removesuffix(".")
    dot = "." if name[:1] == "." else ""
    found = a_labels(name.removeprefix(dot))
    return name if found is None else dot + found


def a_labels(name: str) -> str | None:
    """Return a domain name as name servers and certificates have it (RFC 5891).

    Never raises: it is `None` if the name cannot be written so.  The German sharp s is a
    letter of its own here, as in what name servers are asked; in IDNA 2003 it was none.
    """
    name = name.removesuffix(".")
    if name.isascii():
        return name or None
    import dns.exception
    import dns.name

    try:
        found = dns.name.from_unicode(name, idna_codec=dns.name.IDNA_2008_UTS_46)
    except (dns.exception.DNSException, UnicodeError):
        return None
    return found.to_text(omit_final_dot=True)


def bare_nexthop(nexthop: str) -> str:
    """Return the name in a next hop, without brackets and port; `""` for a path.

    >>> bare_nexthop("[mail.example.org]:587"), bare_nexthop("example.org:25")
    ('mail.example.org', 'example.org')
    """
    if nexthop.startswith("unix:"):
        return ""
    text = nexthop.removeprefix("inet:")
    if text[:1] == "[":
        inside = text[1:].partition("]")[0]
        return inside[5:] if inside[:5].lower() == "ipv6:" else inside
    name, colon, _ = text.rpartition(":")
    # More than one colon is an IPv6 address without brackets.
    return name if colon and ":" not in name else text


def _is_there(wanted: str, names: list[str], addresses: set[object]) -> bool:
    address = _address(wanted)
    if address is not None:
        return address in addresses
    if wanted.startswith("."):
        return any(_is_below(name, wanted) for name in names)
    parent = wanted.partition(".")[2]
    return wanted in names or ("." in parent and f"*.{parent}" in names)


def _is_below(name: str, domain: str) -> bool:
    # A star is a label for itself, and the first.
    return name.endswith(domain) and len(name) > len(domain) and "*" not in name.removeprefix("*.")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
