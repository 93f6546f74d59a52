"""The keys that stand for an address, a host or a network, and the first that is found.

    ann+news@a.example.org   ann@a.example.org   a.example.org   example.org   org
    ann+news@   ann@

The order is that of Postfix's access tables: from what is said of one to what is
said of many.

Rules.
- Keys are in lower case.
- A table of patterns or networks is asked once, with the whole.
- The null sender is asked for as `<>`.
- A local part in quotes is asked for without them: `"ann lee"@example.org` is the key
  `ann lee@example.org`, in a table's text too.
- What is longer than a domain name can be has no parents, so a stranger's name
  cannot have thousands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.replies.cidr_table import read_address
from dsnlib.replies.table import ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsnlib.replies.table import Table

__all__ = ["NULL_SENDER", "Found", "address_keys", "find", "host_keys", "network_keys"]

NULL_SENDER = "<>"
"""The key of the null return path."""

# "255 octets or less"                                           RFC 1035 s2.3.4
_LONGEST_NAME = 255
_PAIR = re.compile(r"\\(.)", re.DOTALL)
# Names with a delimiter in them that begins no extension.
_WHOLE = frozenset({"mailer-daemon", "double-bounce"})


@attrs.frozen(kw_only=True)
class Found:
    """What a table says.

    Args:
        value: Its value.
        key: The key that it has the value for.
        table: The name of the table.
    """

    value: str
    key: str
    table: str


async def find(table: Table, keys: Iterable[str]) -> Found | None:
    """Return the value of the first key that a table has.

    Args:
        table: Whom to ask.
        keys: In order; a table whose keys are not fixed is asked for the first alone.

    Raises:
        LookupFailed: The table cannot tell.
    """
    for key in keys:
        value = await ask(table, key)
        if value is not None:
            return Found(value=value, key=key, table=table.name)
        if not table.has_fixed_keys:
            break
    return None


def address_keys(address: str, *, delimiter: str = "", parents: bool = True) -> Iterator[str]:
    """Yield the keys that stand for an address.  Never raises.

    >>> list(address_keys("Ann+x@a.org", delimiter="+"))
    ['ann+x@a.org', 'ann@a.org', 'a.org', 'org', 'ann+x@', 'ann@']

    Args:
        address: As in the envelope, `""` for the null return path.
        delimiter: The characters that can begin an extension of the local part.
        parents: Whether a domain stands for those below it; if not, `.domain` does.
    """
    if not address:
        yield NULL_SENDER
        return
    local_part, at, domain = address.lower().rpartition("@")
    if not at:
        local_part, domain = domain, ""
    if local_part[:1] == '"' == local_part[-1:] and len(local_part) > 1:
        local_part = _PAIR.sub(r"\1", local_part[1:-1])
    names = [local_part]
    name = _without_extension(local_part, delimiter)
    if name != local_part:
        names.append(name)
    for name in names:
        yield f"{name}{at}{domain}"
    if domain:
        yield from host_keys(domain, parents=parents)
    for name in names if local_part else ():
        yield f"{name}@"


def host_keys(name: str, *, parents: bool = True) -> Iterator[str]:
    """Yield the keys that stand for a host: its name and those above it.  Never raises.

    >>> list(host_keys("a.example.org", parents=False))
    ['a.example.org', '.example.org', '.org']

    Args:
        name: A domain name, with or without a dot at its end, or a literal, which has
            nothing above it.
        parents: Whether a domain stands for those below it; if not, `.domain` does.
    """
    name = name.removesuffix(".").lower()
    yield name
    if name[:1] == "[" or len(name) > _LONGEST_NAME:
        return
    place = name.find(".")
    while place >= 0:
        # A name of dots alone has no parents.
        if place + 1 < len(name):
            yield name[place + 1 :] if parents else name[place:]
        place = name.find(".", place + 1)


def network_keys(address: str) -> Iterator[str]:
    """Yield the keys that stand for an IP address: it, and the networks it is in.  Never raises.

    >>> list(network_keys("192.0.2.1"))
    ['192.0.2.1', '192.0.2', '192.0', '192']

    An IPv6 address is asked for in its short form, cut at each colon; in `2001:db8::1`
    the first cut leaves one colon at the end, as it does in Postfix.

    Args:
        address: An IP address; anything else has no networks.
    """
    found = read_address(address)
    if found is None:
        yield address.lower()
        return
    key = str(found)
    separator = "." if found.version == 4 else ":"
    while key.strip(separator):
        yield key
        key = key.rpartition(separator)[0]


def _without_extension(local_part: str, delimiter: str) -> str:
    """Return the local part without what follows the first delimiter."""
    if local_part in _WHOLE:
        return local_part
    # Lists of old have owner-list and list-request as addresses of their own.
    if delimiter == "-" and (local_part[:6] == "owner-" or local_part[-8:] == "-request"):
        return local_part
    # A delimiter in front would leave nobody.
    places = [place for each in delimiter if (place := local_part.find(each)) > 0]
    return local_part[: min(places)] if places else local_part
