"""What settings have to be together: no value is wrong alone, and something is all the same.

Nothing is looked up here: no file, no network.  What only the system can tell is found
when the service is built.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.config.endpoints import find_services, read_service
from dsnlib.adapters.config.near import meant
from dsnlib.errors import ConfigurationError, InvalidValue, RestrictionError
from dsnlib.replies.restriction_names import OLD_NAMES, RESTRICTIONS
from dsnlib.replies.restrictions import parse_classes, parse_restrictions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dsnlib.adapters.config.listen import Listen
    from dsnlib.adapters.config.server import Server
    from dsnlib.adapters.config.settings import Settings
    from dsnlib.replies.restrictions import Restriction

__all__ = ["RESTRICTION_LISTS", "check_settings", "restriction_texts"]

# field of `Server` -> field of `AccessPolicy`
RESTRICTION_LISTS = {
    "smtpd_client_restrictions": "client",
    "smtpd_helo_restrictions": "helo",
    "smtpd_sender_restrictions": "sender",
    "smtpd_relay_restrictions": "relay",
    "smtpd_recipient_restrictions": "recipient",
    "smtpd_data_restrictions": "data",
    "smtpd_end_of_data_restrictions": "end_of_data",
    "smtpd_etrn_restrictions": "etrn",
}
# One of these keeps a server from relaying for everybody, as Postfix has it.
_CLOSING = frozenset(
    {
        "check_relay_domains", "defer", "defer_if_permit", "defer_unauth_destination", "reject",
        "reject_unauth_destination",
    }
)  # fmt: skip
# The levels of TLS that look who is there, and those that do without.
_LOOKING = frozenset({"secure", "verify"})
_OPTIONAL = frozenset({"may", "none"})
_QUOTED = re.compile(r"'([^']*)' is not a restriction")


class _NoTable(NamedTuple):
    """A table that is not opened: only its place in a list matters."""

    name: str
    has_fixed_keys: bool = True

    def lookup(self, key: str) -> None:
        """Return nothing."""


def check_settings(
    settings: Settings, failed: Collection[str] = ()
) -> Iterator[ConfigurationError]:
    """Yield what is wrong with settings that are right each by itself.

    Args:
        settings: The settings.
        failed: Keys whose values could not be read, so that nothing follows from them.
    """
    if not settings.listeners and "listen" not in failed:
        message = "there is no [[listen]] table, so nobody could send anything"
        yield ConfigurationError(message, origin=settings.origin)
    yield from _check_times(settings)
    yield from _check_places(settings)
    yield from _check_promises(settings)
    yield from _check_relays(settings, failed)
    told: set[str] = set()
    for listen in settings.listeners:
        for name, message in _check_server(listen, listen.server, failed):
            # What the top of the file says is wrong once, not for each listener.
            is_own = getattr(settings.server, name, None) != getattr(listen.server, name, None)
            line = listen.line if is_own or name not in settings.lines else settings.lines[name]
            where = f"{line}:{name}:{message}"
            if where not in told:
                told.add(where)
                yield settings.error(name, message, line=line)


def _check_times(settings: Settings) -> Iterator[ConfigurationError]:
    delivery = settings.delivery
    first, longest = delivery.minimal_backoff_time, delivery.maximal_backoff_time
    if first is not None and longest is not None and first > longest:
        name = "minimal_backoff_time"
        yield settings.error(name, f"{first} is longer than maximal_backoff_time, {longest}")


def _check_promises(settings: Settings) -> Iterator[ConfigurationError]:
    """Yield what is announced and would not be kept."""
    if settings.smtp.tls_security_level in _LOOKING:
        return
    # RFC 8689 s4.2.1: the next server's certificate has to be verified.
    lines = {
        settings.lines.get("requiretls_enable", each.line)
        for each in settings.listeners
        if each.server.requiretls_enable
    }
    for line in sorted(lines):
        message = (
            'to keep it, smtp_tls_security_level has to be "verify" or "secure" (RFC 8689 s4.2.1)'
        )
        yield settings.error("requiretls_enable", message, line=line)


def _check_relays(settings: Settings, failed: Collection[str]) -> Iterator[ConfigurationError]:
    for relay in (settings.smtp, settings.lmtp):
        level = relay.spell("tls_security_level")
        if relay.tls_wrappermode and relay.tls_security_level in _OPTIONAL and level not in failed:
            name = relay.spell("tls_wrappermode")
            message = f'TLS is not up to the server then: {level} has to be "encrypt" or more'
            yield settings.error(name, message)
        certificate = relay.spell("tls_cert_file")
        if relay.tls_key_file and not relay.tls_cert_file and certificate not in failed:
            yield settings.error(relay.spell("tls_key_file"), f"{certificate} is not there")


def _check_places(settings: Settings) -> Iterator[ConfigurationError]:
    if settings.system.queue_directory is None and settings.system.queue_type == "disk":
        yield settings.error(
            "queue_directory", 'mail cannot wait nowhere; or queue_type = "memory"'
        )
    taken: dict[tuple[str, int], int] = {}
    for listen in settings.listeners:
        try:
            ipaddress.ip_address(listen.address)
        except ValueError:
            message = f"{listen.address!r} is not an IP address"
            yield settings.error("address", message, line=listen.line)
        place = listen.address, listen.port
        if listen.port and place in taken:
            message = f"{listen.port} of {listen.address} is that of line {taken[place]} too"
            yield settings.error("port", message, line=listen.line)
        taken[place] = listen.line


def _check_server(
    listen: Listen, server: Server, failed: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the key and what is wrong with it."""
    wants_tls = server.smtpd_tls_security_level != "none" or listen.tls == "implicit"
    if wants_tls and server.smtpd_tls_cert_file is None and "smtpd_tls_cert_file" not in failed:
        yield "smtpd_tls_cert_file", "TLS needs a certificate"
    if server.smtpd_sasl_auth_enable:
        if not server.smtpd_sasl_path and "smtpd_sasl_path" not in failed:
            yield "smtpd_sasl_path", "who logs in has to be known: a password file, or a socket"
        if not wants_tls and server.smtpd_tls_auth_only:
            yield "smtpd_tls_auth_only", "AUTH needs TLS, and this listener has none"
    if server.smtpd_soft_error_limit > server.smtpd_hard_error_limit:
        limit = server.smtpd_hard_error_limit
        yield "smtpd_soft_error_limit", f"it is above smtpd_hard_error_limit, {limit}"
    if server.smtpd_upstream_proxy_protocol and listen.tls == "implicit":
        yield "smtpd_upstream_proxy_protocol", "the proxy has to do TLS that begins at once"
    if server.requiretls_enable and not wants_tls:
        yield "requiretls_enable", "it is announced under TLS, and this listener has none"
    yield from _check_lists(server, failed)


def _check_lists(server: Server, failed: Collection[str]) -> Iterator[tuple[str, str]]:
    yield from _check_services(server)
    services = frozenset(find_services(restriction_texts(server)))
    classes: dict[str, tuple[Restriction, ...]] = {}
    try:
        classes = parse_classes(
            server.smtpd_restriction_classes, open_table=_NoTable, services=services
        )
    except RestrictionError as error:
        yield "smtpd_restriction_classes", _explain(error)
        return
    lists: dict[str, tuple[Restriction, ...]] = {}
    for name in RESTRICTION_LISTS:
        try:
            lists[name] = parse_restrictions(
                getattr(server, name), open_table=_NoTable, classes=classes, services=services
            )
        except RestrictionError as error:
            yield name, _explain(error)
    deciding = ("smtpd_relay_restrictions", "smtpd_recipient_restrictions")
    if server.content_filter or not all(name in lists for name in deciding):
        return
    if not failed and not any(_closes(each) for name in deciding for each in lists[name]):
        names = ", ".join(sorted(_CLOSING))
        yield "smtpd_relay_restrictions", f"anybody could relay; there has to be one of {names}"


def restriction_texts(server: Server) -> tuple[str, ...]:
    """Return all lists of restrictions of a listener, those of classes too."""
    lists = (getattr(server, name) for name in RESTRICTION_LISTS)
    return (*lists, *server.smtpd_restriction_classes.values())


def _check_services(server: Server) -> Iterator[tuple[str, str]]:
    lists: dict[str, tuple[str, ...]] = {
        "smtpd_restriction_classes": tuple(server.smtpd_restriction_classes.values())
    }
    lists |= {name: (getattr(server, name),) for name in RESTRICTION_LISTS}
    for name, texts in lists.items():
        for text in find_services(texts):
            try:
                read_service(text)
            except InvalidValue as error:
                yield name, f"check_policy_service: {error}"


def _closes(restriction: Restriction) -> bool:
    if restriction.warns:
        return False
    name = OLD_NAMES.get(restriction.name, restriction.name)
    return name in _CLOSING or any(_closes(each) for each in restriction.applied)


def _explain(error: RestrictionError) -> str:
    message = str(error.args[0]).removeprefix("restrictions: ")
    if error.origin:  # the name of a class
        message = f"{error.origin}: {message}"
    found = _QUOTED.search(message)
    return message if found is None else message + meant(found[1], RESTRICTIONS)
