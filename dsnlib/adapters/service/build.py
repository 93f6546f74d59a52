"""From settings to a server that only has to be started.

    settings -> tables, profile, composer -> ways of mail -> listeners

Files are opened and read, sockets and queues are not touched: so a configuration can be
checked on a machine where the server runs.

Rules.
- All that is wrong is told at once, in `InvalidSettings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.config.settings import InvalidSettings, Settings
from dsnlib.adapters.login.authenticator import Authenticator
from dsnlib.adapters.policy_service import PolicyClient
from dsnlib.adapters.service.counting import CountingNotifier, Reception
from dsnlib.adapters.service.delivering import Ways, build_ways
from dsnlib.adapters.service.listeners import AccountSource, BuiltListener, build_listener
from dsnlib.adapters.service.metrics import PrometheusMeter
from dsnlib.adapters.service.privileges import find_owner
from dsnlib.adapters.service.tables import Tables
from dsnlib.adapters.service.telling import build_composer, build_profile
from dsnlib.compose.bounce import BounceComposer
from dsnlib.errors import ConfigurationError, InvalidValue
from dsnlib.policy.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from dsnlib.adapters.service.policies import AskedService
    from dsnlib.policy.budget import Spending

__all__ = ["BuiltServer", "build"]


@attrs.frozen(kw_only=True, eq=False)
class BuiltServer:
    """A server that has not been started.

    Args:
        settings: What it is made of.
        tables: All tables of it.
        profile: What it does where RFC 3461 leaves it open.
        composer: Who writes notifications.
        ways: Where mail goes.
        listeners: Where clients come in.
        authenticators: Who knows accounts; listeners may share one.
        services: The policy services; listeners may share one.
        receptions: Their intakes, which get theirs when the queue is open.
        meter: Who counts, or `None`.
    """

    settings: Settings
    tables: Tables
    profile: Profile
    composer: BounceComposer
    ways: Ways
    listeners: tuple[BuiltListener, ...]
    authenticators: tuple[Authenticator, ...]
    services: tuple[PolicyClient, ...]
    receptions: tuple[Reception, ...]
    meter: PrometheusMeter | None

    def notifier(
        self, spending: Callable[[Iterable[str]], Awaitable[Mapping[str, Spending]]]
    ) -> CountingNotifier:
        """Return who makes notifications.

        Args:
            spending: Asks what budgets have spent: `Queue.spending`.
        """
        notifier = CountingNotifier(
            self.composer,
            profile=self.profile,
            look_up=self.ways.expansions.look_up,
            spending=spending,
            language=self.settings.notification.bounce_language,
            domain_languages=self.settings.notification.bounce_languages,
        )
        notifier.meter = self.meter
        return notifier


def build(settings: Settings, *, has_owner: bool = True) -> BuiltServer:
    """Return the server of a configuration.

    Args:
        settings: What `read_file` gives.
        has_owner: Whether `mail_owner` has to be a user of this host.

    Raises:
        InvalidSettings: Something cannot be used: a table, a certificate, a template.
    """
    tables = Tables(settings)
    meter = _meter(settings, tables)
    profile, composer = _telling(settings, tables)
    ways = _traced(build_ways(settings, profile, composer.reporter, tables), settings, tables)
    receptions = tuple(
        [Reception(each.profile, each.server.content_filter, meter) for each in settings.listeners]
    )
    shared: dict[AccountSource, Authenticator] = {}
    services: dict[AskedService, PolicyClient] = {}
    listeners = tuple(
        [
            build_listener(
                settings,
                each,
                tables,
                directory=ways.directory,
                intake=reception,
                authenticators=shared,
                services=services,
                meter=meter,
            )
            for each, reception in zip(settings.listeners, receptions, strict=True)
        ]
    )
    if has_owner and settings.system.mail_owner:
        try:
            find_owner(settings.system.mail_owner)
        except ConfigurationError as error:
            tables.fail("mail_owner", str(error.args[0]))
    if tables.errors:
        raise InvalidSettings(tables.errors)
    return BuiltServer(
        settings=settings,
        tables=tables,
        profile=profile,
        composer=composer,
        ways=ways,
        listeners=listeners,
        authenticators=tuple(shared.values()),
        services=tuple(services.values()),
        receptions=receptions,
        meter=meter,
    )


def _telling(settings: Settings, tables: Tables) -> tuple[Profile, BounceComposer]:
    try:
        profile = build_profile(settings)
        return profile, build_composer(settings, profile, tables)
    except InvalidValue as error:
        raise InvalidSettings([*tables.errors, settings.error("postmaster", str(error))]) from error


def _traced(ways: Ways, settings: Settings, tables: Tables) -> Ways:
    if not settings.system.opentelemetry:
        return ways
    from dsnlib.adapters.telemetry.traced_transport import TracedTransport
    from dsnlib.adapters.telemetry.tracing import OpenTelemetryTracing

    try:
        tracing = OpenTelemetryTracing()
    except ImportError:
        tables.fail("opentelemetry", "it needs opentelemetry: install dsnlib[otel]")
        return ways
    transports = {name: TracedTransport(each, tracing) for name, each in ways.transports.items()}
    return attrs.evolve(ways, transports=transports)


def _meter(settings: Settings, tables: Tables) -> PrometheusMeter | None:
    if settings.system.metrics_address is None:
        return None
    try:
        return PrometheusMeter()
    except ImportError:
        tables.fail("metrics_address", "it needs prometheus_client: install dsnlib[metrics]")
        return None
