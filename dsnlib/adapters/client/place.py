"""Where a server is: one address of one host, and what the log calls it."""

from __future__ import annotations

import attrs

__all__ = ["ServerPlace"]


@attrs.frozen(kw_only=True)
class ServerPlace:
    """One address of a server.

    >>> str(ServerPlace(host="mx.example.com", address="192.0.2.1", port=25))
    'mx.example.com[192.0.2.1]:25'

    Args:
        host: Its name; what a certificate has to be for.
        address: An IP address, or the path of a UNIX socket.
        port: The port; `None` for a path.
        domain: The next hop as it was asked for, before its MX was looked up.
        relay: The fallback relay that it belongs to, as it is written; `""` where the
            mail has not missed its next hop.
    """

    host: str
    address: str
    port: int | None
    domain: str = ""
    relay: str = ""

    def __str__(self) -> str:
        """What logs and reports call it: `name[address]:port`."""
        return f"{self.host}[{self.address}]" + ("" if self.port is None else f":{self.port}")
