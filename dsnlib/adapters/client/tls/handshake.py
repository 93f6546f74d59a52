"""TLS with one server: whom it is told we want, and whether that is who answered.

Rules.
- The names of a policy are filled in for the place: `hostname`, `nexthop`, `dot-nexthop`.
- A next hop is compared without its brackets and its port.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.tls.context import context_of
from dsnlib.adapters.client.tls.server_names import ascii_name, bare_nexthop, has_name
from dsnlib.adapters.client.trouble import make_trouble
from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from dsnlib.adapters.client.tls.policy import TlsPolicy

__all__ = ["Handshake", "explain", "plan_handshake"]

# What the name of a server can be at all: OpenSSL and the codec of Python refuse others.
_LONGEST_NAME, _LONGEST_LABEL = 253, 63
_COMMAND = "STARTTLS"


@attrs.frozen(kw_only=True)
class Handshake:
    """How TLS with one server begins and ends.

    Args:
        context: What ssl and asyncio are given.
        server_name: Their `server_hostname`; `None` where the server is told no name.
        wanted: Names of which the certificate has to have one; none if it is not looked at.
        place: The server.
    """

    context: ssl.SSLContext
    server_name: str | None
    wanted: tuple[str, ...]
    place: ServerPlace

    @property
    def is_verified(self) -> bool:
        """Whether the server is the right one, once `check` has returned."""
        return bool(self.wanted)

    def check(self, connection: ssl.SSLObject | ssl.SSLSocket) -> None:
        """Look at the certificate that the server has shown.

        Args:
            connection: After the handshake.

        Raises:
            Trouble: 4.7.5, it has none of the names.
        """
        if not self.wanted:
            return
        certificate = connection.getpeercert() or {}
        alternatives = certificate.get("subjectAltName", ())
        if not has_name(self.wanted, [(str(each[0]), str(each[1])) for each in alternatives]):
            wanted = " or ".join(self.wanted)
            text = f"the certificate of {self.place} is not for {wanted}"
            raise make_trouble("4.7.5", text, command=_COMMAND, place=self.place)


def plan_handshake(policy: TlsPolicy, place: ServerPlace) -> Handshake:
    """Return how TLS with a server is begun.

    Args:
        policy: What is asked of it.
        place: The server.

    Raises:
        Trouble: 4.7.5, a file or a setting of the policy cannot be used, or no certificate
            can be for this server.
    """
    try:
        context = context_of(policy)
    except ConfigurationError as error:
        text = f"TLS with {place} cannot be set up: {error}"
        raise make_trouble("4.7.5", text, command=_COMMAND, place=place) from error
    wanted: tuple[str, ...] = ()
    if policy.level.is_verified:
        wanted = tuple(dict.fromkeys(_fill(name, place) for name in policy.names))
        wanted = tuple([name for name in wanted if name.strip(".")])
        if not wanted:
            text = f"there is no name that the certificate of {place} could be for"
            raise make_trouble("4.7.5", text, command=_COMMAND, place=place)
    name = _fill(policy.server_name, place)
    if not _can_be_told(name):
        if context.check_hostname:
            text = f"no certificate can be for {name[:80]!r}"
            raise make_trouble("4.7.5", text, command=_COMMAND, place=place)
        name = ""
    return Handshake(context=context, server_name=name or None, wanted=wanted, place=place)


def explain(error: OSError) -> str:
    """Return why a handshake has failed, in words for a report.  Never raises."""
    verify = getattr(error, "verify_message", "")
    if verify:
        return f"the certificate is not in order: {verify}"
    reason = getattr(error, "reason", None)
    if isinstance(reason, str) and reason:
        return reason.replace("_", " ").lower()
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return error.strerror or type(error).__name__


def _fill(name: str, place: ServerPlace) -> str:
    match name:
        case "hostname":
            return ascii_name(place.host.strip("[]"))
        case "nexthop":
            return ascii_name(bare_nexthop(place.domain or place.host))
        case "dot-nexthop":
            return f".{_fill('nexthop', place)}"
        case _:
            return ascii_name(name)


def _can_be_told(name: str) -> bool:
    if not name or not name.isascii() or len(name) > _LONGEST_NAME:
        return False
    return all(0 < len(label) <= _LONGEST_LABEL for label in name.split("."))
