"""From the settings of SMTP and LMTP to what takes mail out of the system.

    smtp, relay    one client, by the keys with `smtp_`
    lmtp           one client, by the keys with `lmtp_`

Both keep connections for all messages of the process, and the log hears from time to
time how well that went.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.adapters.agents.limits import TransportLimits
from dsnlib.adapters.agents.relay import SmtpTransport
from dsnlib.adapters.client.cache import ConnectionCache
from dsnlib.adapters.client.logins import Logins, parse_login, shown_table
from dsnlib.adapters.client.routes.hosts import HostLookup
from dsnlib.adapters.client.routes.route import MxRouter
from dsnlib.adapters.client.routes.route_settings import AddressPreference, RouteSettings
from dsnlib.adapters.client.sasl.policy import SaslPolicy
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.client.tls.context import context_of
from dsnlib.adapters.client.tls.policies import TlsPolicies, TlsPolicyEntry
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy, parse_versions
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.errors import ConfigurationError, InvalidValue
from dsnlib.replies.discard import DiscardRules, parse_discards

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.adapters.config.relay import LmtpKeys, SmtpKeys
    from dsnlib.adapters.config.settings import Settings
    from dsnlib.adapters.service.tables import Tables
    from dsnlib.policy.relay import RelayPolicy
    from dsnlib.replies.table import Table

    Keys = SmtpKeys | LmtpKeys

__all__ = ["Relays", "build_relays"]

_LOG = logging.getLogger("dsnlib.client")
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, not listened at
_VERSIONS = {"all": (4, 6), "ipv4": (4,), "ipv6": (6,)}


@attrs.frozen(kw_only=True, eq=False)
class Relays:
    """What takes mail out of the system.

    Args:
        transports: By name.
        caches: The connections that wait, by protocol.
        limits: How much each transport does at a time.
        report_seconds: How often the log hears of the connections.
    """

    transports: Mapping[str, SmtpTransport]
    caches: Mapping[str, ConnectionCache[Any]]
    limits: Mapping[str, TransportLimits]
    report_seconds: float

    async def report(self) -> None:
        """Tell the log how well connections are kept, again and again."""
        while True:
            await asyncio.sleep(self.report_seconds)
            self.tell()

    def tell(self) -> None:
        """Tell the log how well connections were kept since the last time."""
        for name, cache in self.caches.items():
            counted = cache.restart_statistics()
            lines = counted.lines()
            fields = attrs.asdict(counted) if lines else {}
            for line in lines:
                event = {"event": "connection-cache", "protocol": name, **fields}
                _LOG.info("%s %s", name, line, extra={"event": event})

    async def close(self) -> None:
        """End all connections, in bounded time.  Never raises."""
        self.tell()
        await asyncio.gather(*[cache.close() for cache in self.caches.values()])


def build_relays(settings: Settings, policy: RelayPolicy, tables: Tables) -> Relays:
    """Return what takes mail out; what is wrong with settings is kept by `tables`.

    Args:
        settings: All settings.
        policy: What a relay does where the RFCs leave it open.
        tables: Opens tables.
    """
    smtp = _Builder(settings, settings.smtp, policy, tables)
    lmtp = _Builder(settings, settings.lmtp, policy, tables, is_lmtp=True)
    smtp_cache, lmtp_cache = smtp.cache(), lmtp.cache()
    by_smtp = SmtpTransport(smtp.client(smtp_cache))
    return Relays(
        transports={
            "smtp": by_smtp,
            "relay": by_smtp,
            "lmtp": SmtpTransport(lmtp.client(lmtp_cache)),
        },
        caches={"smtp": smtp_cache, "lmtp": lmtp_cache},
        limits={"smtp": smtp.limits(), "relay": smtp.limits(), "lmtp": lmtp.limits()},
        report_seconds=settings.delivery.connection_cache_status_update_time.total_seconds(),
    )


class _Builder:
    """Makes the parts of one client."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        policy: RelayPolicy,
        tables: Tables,
        *,
        is_lmtp: bool = False,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._policy = policy
        self._tables = tables
        self._is_lmtp = is_lmtp

    def client(self, cache: ConnectionCache[Any]) -> SmtpClient:
        """Return the client."""
        keys = self._keys
        return SmtpClient(
            ClientSettings(
                hello=keys.helo_name or self._settings.system.myhostname,
                is_lmtp=self._is_lmtp,
                # What speaks LMTP is the mail store, or hands it to that at once.
                is_final=self._is_lmtp,
                timeouts=self._timeouts(),
                sasl=SaslPolicy(
                    options=keys.sasl_security_options,
                    tls_options=keys.sasl_tls_security_options,
                    mechanisms=keys.sasl_mechanism_filter,
                    is_soft=keys.sasl_auth_soft_bounce,
                ),
                bind_address=keys.bind_address,
                bind_address6=keys.bind_address6,
                most_sessions=keys.mx_session_limit,
                reply_filters=self._open("reply_filter"),
            ),
            router=MxRouter(self._route()),
            tls=self._tls(),
            logins=self._logins(),
            discards=self._discards(),
            cache=cache,
            policy=self._policy,
        )

    def cache(self) -> ConnectionCache[Any]:
        """Return where its connections wait."""
        keys = self._keys
        longest = self._settings.delivery.connection_cache_ttl_limit
        return ConnectionCache(
            on_demand=keys.connection_cache_on_demand,
            destinations=keys.connection_cache_destinations,
            time_limit_seconds=min(keys.connection_cache_time_limit, longest).total_seconds(),
            reuse_seconds=keys.connection_reuse_time_limit.total_seconds(),
            reuse_count=keys.connection_reuse_count_limit,
        )

    def limits(self) -> TransportLimits:
        """Return how much is done at a time."""
        keys, delivery = self._keys, self._settings.delivery
        return TransportLimits(
            most_per_destination=keys.destination_concurrency_limit
            or delivery.default_destination_concurrency_limit,
            recipients_per_job=keys.destination_recipient_limit
            or delivery.default_destination_recipient_limit,
        )

    def _timeouts(self) -> Timeouts:
        keys = self._keys
        waits = {
            "connect": keys.connect_timeout,
            "greeting": keys.helo_timeout,
            "helo": keys.helo_timeout,
            "starttls": keys.starttls_timeout,
            "mail": keys.mail_timeout,
            "rcpt": keys.rcpt_timeout,
            "data_init": keys.data_init_timeout,
            "data_xfer": keys.data_xfer_timeout,
            "data_done": keys.data_done_timeout,
            "rset": keys.rset_timeout,
            "quit": keys.quit_timeout,
        }
        longest = keys.command_timeout
        seconds = {
            # To connect is no reply.
            name: (wait if longest is None or name == "connect" else min(wait, longest))
            for name, wait in waits.items()
        }
        return Timeouts(**{name: wait.total_seconds() for name, wait in seconds.items()})

    def _route(self) -> RouteSettings:
        keys, system = self._keys, self._settings.system
        delivery, listeners = self._settings.delivery, self._settings.listeners
        versions = {version for name in delivery.inet_protocols for version in _VERSIONS[name]}
        own = {each.address for each in listeners} - _EVERYWHERE
        return RouteSettings(
            port=keys.tcp_port,
            has_mx=not self._is_lmtp,
            lookups=[HostLookup(word) for word in keys.host_lookup] or [HostLookup.DNS],
            versions=sorted(versions) or _VERSIONS["all"],
            preference=AddressPreference(keys.address_preference),
            most_addresses=keys.mx_address_limit,
            own_names=[system.myhostname],
            own_addresses=own.union(delivery.proxy_interfaces),
            # What hands mail to a store has not been sent round.
            own_endpoints=(
                () if self._is_lmtp else [(each.address, each.port) for each in listeners]
            ),
            fallback_relays=keys.fallback_relay,
        )

    def _tls(self) -> TlsPolicies:
        keys = self._keys
        is_fine = self._check_files()
        policies = TlsPolicies(
            level=ClientTlsLevel(keys.tls_security_level),
            tables=self._open("tls_policy_maps", check=TlsPolicyEntry.parse),
            verify_names=keys.tls_verify_cert_match,
            secure_names=keys.tls_secure_cert_match,
            versions=parse_versions(keys.tls_protocols),
            mandatory_versions=parse_versions(keys.tls_mandatory_protocols),
            ciphers=keys.tls_ciphers,
            mandatory_ciphers=keys.tls_mandatory_ciphers,
            excluded_ciphers=keys.tls_exclude_ciphers,
            mandatory_excluded_ciphers=keys.tls_mandatory_exclude_ciphers,
            ca_file=keys.tls_cafile,
            ca_path=keys.tls_capath,
            cert_file=keys.tls_cert_file,
            key_file=keys.tls_key_file,
            server_name=keys.tls_servername,
            is_implicit=keys.tls_wrappermode,
            notes_offer=keys.tls_note_starttls_offer,
        )
        if is_fine:
            self._prepare(policies)
        return policies

    def _prepare(self, policies: TlsPolicies) -> None:
        """Load what sessions will need.

        The first of them is not to wait for it; and root, who may read a key, has gone then.
        """
        levels = [policies.level]
        if policies.tables:
            levels = [
                each for each in ClientTlsLevel if each.is_required or not policies.is_implicit
            ]
        try:
            for level in levels:
                context_of(attrs.evolve(policies, level=level).default())
        except ConfigurationError as error:
            self._tables.fail(self._keys.spell("tls_exclude_ciphers"), str(error))

    def _check_files(self) -> bool:
        """Tell of each file about TLS that cannot be used, and whether all can be."""
        keys = self._keys
        is_fine = True
        found: dict[str, dict[str, Any]] = {
            "tls_CAfile": {"ca_file": keys.tls_cafile},
            "tls_CApath": {"ca_path": keys.tls_capath},
            "tls_cert_file": {"cert_file": keys.tls_cert_file, "key_file": keys.tls_key_file},
        }
        for name, files in found.items():
            if not any(files.values()):
                continue
            try:
                # It is looked at by the levels that look.
                context_of(TlsPolicy(level=ClientTlsLevel.VERIFY, **files))
            except (ConfigurationError, InvalidValue) as error:
                self._tables.fail(keys.spell(name), str(error))
                is_fine = False
        return is_fine

    def _logins(self) -> Logins | None:
        keys = self._keys
        if keys.sasl_auth_enable is False:
            return None
        name = keys.spell("sasl_password_maps")
        return Logins(
            tables=[
                self._tables.open(name, spec, check=parse_login, shown=shown_table(spec))
                for spec in keys.sasl_password_maps
            ],
            is_by_sender=getattr(keys, "sender_dependent_authentication", False),
            delimiter=self._settings.system.recipient_delimiter,
        )

    def _discards(self) -> DiscardRules:
        return DiscardRules(
            parse_discards(" ".join(self._keys.discard_ehlo_keywords)),
            self._open("discard_ehlo_keyword_address_maps"),
        )

    def _open(
        self, field: str, *, check: Callable[[str], object] | None = None
    ) -> tuple[Table, ...]:
        specs = getattr(self._keys, field)
        return self._tables.open_all(self._keys.spell(field), specs, check=check)
