"""A next hop in text -> where to connect.

    mail.example.org   [mail.example.org]:587   192.0.2.1:25   [2001:db8::1]   unix:/run/lmtp

Rules.
- A name in brackets is that of a host; one without is a domain, with an MX perhaps.
- `inet:` in front changes nothing; `unix:` is a path.
"""

from __future__ import annotations

import re
from typing import Self

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.number import require_whole
from dsnlib.replies.cidr_table import read_address

__all__ = ["HopAddress"]

# nexthop = [ "inet:" ] ( "[" host "]" / host ) [ ":" port ] / "unix:" path
#   A name may be in UTF-8, and may have an underline; no other sign can be in one.
_NAME = r"[^\x00-,/:-@\[-^`{-\x7f]{1,255}"
_PATTERN = re.compile(
    rf"(?:inet:)?(?:\[((?i:ipv6:)?[0-9a-fA-F:.]{{2,45}}|{_NAME})\]|({_NAME}))(?::([0-9]{{1,5}}))?"
)
_PATH = re.compile(r"unix:[^\x00-\x1f\x7f]+")
_LARGEST_PORT = 65_535
# IPv6-address-literal = "IPv6:" IPv6-addr                      RFC 5321 s4.1.3
_TAG = "ipv6:"


@attrs.frozen(kw_only=True)
class HopAddress:
    """Where to connect.

    Args:
        host: A name or an IP address without brackets; the path, for a socket in the
            file system.
        port: The port; `None` for a path.
        is_domain: Whether it is a domain, whose hosts are those of its MX records.

    Raises:
        InvalidValue: The port is not a whole number from 1 to 65535.
    """

    host: str
    port: int | None
    is_domain: bool = False

    def __attrs_post_init__(self) -> None:
        if self.port is not None:
            require_whole(self.port, "next hop: port", least=1, most=_LARGEST_PORT)

    @classmethod
    def parse(cls, text: str, *, port: int) -> Self:
        """Return what a next hop says.

        >>> HopAddress.parse("[2001:db8::1]:587", port=25)
        HopAddress(host='2001:db8::1', port=587, is_domain=False)

        Args:
            text: As transports are given it.
            port: The usual one.

        Raises:
            InvalidValue: It is none.
        """
        if _PATH.fullmatch(text) is not None:
            return cls(host=text.removeprefix("unix:"), port=None)
        found = _PATTERN.fullmatch(text)
        number = port if found is None or found[3] is None else int(found[3])
        if found is None or not 0 < number <= _LARGEST_PORT:
            message = f"next hop: {text[:80]!r} is not such as mail.example.org or [192.0.2.1]:25"
            raise InvalidValue(message, value=text)
        host = found[1] or found[2]
        if host[:5].lower() == _TAG:
            host = host[5:]
        is_domain = found[1] is None and read_address(host) is None
        return cls(host=host, port=number, is_domain=is_domain)
