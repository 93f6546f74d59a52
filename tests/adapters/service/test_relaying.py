"""The settings of SMTP and LMTP become clients, transports and limits."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trustme

from dsnlib.adapters.agents.limits import TransportLimits
from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.routes.hosts import HostLookup
from dsnlib.adapters.client.routes.route_settings import AddressPreference
from dsnlib.adapters.client.tls.policy import ClientTlsLevel
from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.config.settings import InvalidSettings
from dsnlib.adapters.service import relaying
from dsnlib.adapters.service.build import build
from dsnlib.adapters.service.filtering import FilteredTransport
from dsnlib.adapters.service.relaying import Relays, build_relays
from dsnlib.adapters.service.tables import Tables
from dsnlib.policy.relay import RelayPolicy

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.adapters.client.tls.policy import TlsPolicy

LISTEN = "[[listen]]\naddress = '192.0.2.1'\nport = 2525\nsmtpd_peername_lookup = false\n"
HOST = "myhostname = 'mx.example.org'\n"


class Made:
    """What stands for a client or a way: it keeps what it was made of."""

    def __init__(self, *values: Any, **named: Any) -> None:  # noqa: ANN401  whatever is given
        self.values = values
        self.named = named

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever was given
        return self.named[name]


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[Made]:
    """Return the clients that are made, as they are: SMTP, then LMTP."""
    made: list[Made] = []

    def make(*values: object, **named: object) -> Made:
        made.append(Made(*values, **named))
        return made[-1]

    monkeypatch.setattr(relaying, "SmtpClient", make)
    monkeypatch.setattr(relaying, "MxRouter", Made)
    monkeypatch.setattr(relaying, "SmtpTransport", Made)
    return made


def relays_of(text: str) -> Relays:
    """Return what takes mail out by the settings of a text."""
    settings = read_settings(f"{HOST}{text}\n{LISTEN}", origin="x")
    tables = Tables(settings)
    relays = build_relays(settings, RelayPolicy(), tables)
    assert not tables.errors
    return relays


def errors_of(text: str) -> list[str]:
    """Return what is wrong with a text."""
    with pytest.raises(InvalidSettings) as caught:
        build(read_settings(f"{text}\n{LISTEN}", origin="x"))
    return [str(each) for each in caught.value.errors]


def test_defaults(clients: list[Made]) -> None:
    """By default there is SMTP with MX and TLS where it is offered, and LMTP at port 24."""
    relays = relays_of("")
    smtp, lmtp = clients
    route, inner = (each.router.values[0] for each in clients)

    assert {"smtp", "relay", "lmtp"} == set(relays.transports)
    assert relays.transports["smtp"] is relays.transports["relay"]
    assert ("mx.example.org", False, False) == _voice(smtp)
    assert ("mx.example.org", True, True) == _voice(lmtp)
    assert (25, True, 24, False) == (route.port, route.has_mx, inner.port, inner.has_mx)
    assert frozenset({("192.0.2.1", 2525)}) == route.own_endpoints
    assert frozenset() == inner.own_endpoints
    assert (frozenset({"mx.example.org"}), frozenset({"192.0.2.1"})) == (
        route.own_names,
        route.own_addresses,
    )
    assert ClientTlsLevel.MAY is smtp.tls.default().level
    assert 600.0 == relays.report_seconds
    assert TransportLimits() == relays.limits["lmtp"]


def _voice(client: Made) -> tuple[str, bool, bool]:
    settings = client.values[0]
    return settings.hello, settings.is_lmtp, settings.is_final


def test_what_is_said(clients: list[Made]) -> None:
    """Names, times and logins are those of the protocol."""
    relays_of(
        "smtp_helo_name = 'out.$mydomain'\nlmtp_lhlo_name = 'in.$mydomain'\n"
        "smtp_connect_timeout = 7\nsmtp_helo_timeout = 8\nsmtp_starttls_timeout = 9\n"
        "smtp_mail_timeout = 10\nsmtp_rcpt_timeout = 11\nsmtp_data_init_timeout = 12\n"
        "smtp_data_xfer_timeout = 13\nsmtp_data_done_timeout = 14\nsmtp_rset_timeout = 15\n"
        "smtp_quit_timeout = 16\nlmtp_command_timeout = 20\nsmtp_bind_address = '192.0.2.7'\n"
        "smtp_bind_address6 = '2001:db8::7'\nlmtp_mx_session_limit = 0\n"
        "smtp_sasl_mechanism_filter = '!login, static:all'\nsmtp_sasl_auth_soft_bounce = false\n"
        "smtp_sasl_security_options = 'noanonymous'\n"
        "smtp_sasl_tls_security_options = 'noplaintext'\n"
        "smtp_discard_ehlo_keywords = 'chunking'\n"
        "smtp_discard_ehlo_keyword_address_maps = 'inline:{ 192.0.2.9=dsn }'\n"
    )
    smtp, lmtp = (each.values[0] for each in clients)

    assert ("out.example.org", "in.example.org") == (smtp.hello, lmtp.hello)
    # The greeting has the time of EHLO.
    assert (7, 8, 8, 9, 10, 11, 12, 13, 14, 15, 16) == attrs.astuple(smtp.timeouts)
    # A limit for all replies is none for the connection.
    assert (30, 20, 20, 20, 20, 20, 20, 20, 20, 20, 2) == attrs.astuple(lmtp.timeouts)
    assert ("192.0.2.7", "2001:db8::7") == (smtp.bind_address, smtp.bind_address6)
    assert (2, 0) == (smtp.most_sessions, lmtp.most_sessions)
    assert not smtp.sasl.is_soft
    assert smtp.sasl.allows("PLAIN", is_tls=False)
    assert not smtp.sasl.allows("LOGIN", is_tls=False)
    assert not smtp.sasl.allows("PLAIN", is_tls=True)
    discards = clients[0].discards
    assert ["chunking", "dsn"] == [
        str(discards.discards_for_sync(each)) for each in ("192.0.2.8", "192.0.2.9")
    ]


def test_the_way(clients: list[Made]) -> None:
    """How hosts are looked up, and what comes last."""
    relays_of(
        "smtp_tcp_port = 2526\nsmtp_host_lookup = 'dns, native'\nsmtp_mx_address_limit = 3\n"
        "smtp_address_preference = 'ipv6'\nfallback_relay = '[a.example]:587, b.example'\n"
        "inet_protocols = 'ipv6'\nproxy_interfaces = '198.51.100.1'\n"
    )
    route = clients[0].router.values[0]

    assert (2526, 3) == (route.port, route.most_addresses)
    assert (HostLookup.DNS, HostLookup.NATIVE) == route.lookups
    assert AddressPreference.IPV6 is route.preference
    assert (6,) == route.versions
    assert ("[a.example]:587", "b.example") == route.fallback_relays
    assert {"192.0.2.1", "198.51.100.1"} == route.own_addresses


def test_tls(clients: list[Made]) -> None:
    """The level of a next hop is that of the table, and what it leaves out that of the keys."""
    relays_of(
        "lmtp_tls_security_level = 'none'\nsmtp_tls_security_level = 'secure'\n"
        "smtp_tls_secure_cert_match = 'nexthop, .example.net'\nsmtp_tls_exclude_ciphers = 'RC4'\n"
        "smtp_tls_mandatory_protocols = '>=TLSv1.3'\nsmtp_tls_mandatory_ciphers = 'high'\n"
        "smtp_tls_verify_cert_match = 'nexthop'\nsmtp_tls_note_starttls_offer = true\n"
        "smtp_tls_policy_maps = 'inline:{ { a.example = verify ciphers=medium } }'\n"
    )
    smtp, lmtp = (each.tls for each in clients)
    default, other = smtp.default(), asyncio.run(smtp.find("a.example"))

    assert ClientTlsLevel.NONE is lmtp.default().level
    assert (ClientTlsLevel.SECURE, ("nexthop", ".example.net")) == (default.level, default.names)
    assert ("high", ("TLSv1.3",), ("RC4",)) == (
        default.ciphers,
        default.versions,
        default.excluded_ciphers,
    )
    assert (ClientTlsLevel.VERIFY, ("nexthop",)) == (other.level, other.names)
    assert "medium" == other.ciphers
    assert other.notes_offer


def test_logins(clients: list[Made]) -> None:
    """A table is enough to log in, unless it is said that nobody does; senders come first."""
    passwords = "'inline:{ ann@example.org=Ann:x:y mx.example.net=us:pass }'"
    relays_of(
        f"smtp_sasl_password_maps = {passwords}\nlmtp_sasl_password_maps = {passwords}\n"
        "smtp_sender_dependent_authentication = true\nlmtp_sasl_auth_enable = false\n"
    )
    smtp, lmtp = (each.logins for each in clients)

    async def find(sender: str) -> Login | None:
        found: Login | None = await smtp.find(sender=sender, host="mx.example.net", nexthop="")
        return found

    assert Login(user="Ann", password="x:y") == asyncio.run(find("ann@example.org"))
    assert Login(user="us", password="pass") == asyncio.run(find("bob@example.org"))
    assert lmtp is None


def test_limits() -> None:
    """What a transport has of its own goes before what all have."""
    relays = relays_of(
        "default_destination_recipient_limit = 9\nlmtp_destination_recipient_limit = 1\n"
        "smtp_destination_concurrency_limit = 3\nlmtp_destination_concurrency_limit = ''\n"
    )

    assert TransportLimits(most_per_destination=3, recipients_per_job=9) == relays.limits["smtp"]
    assert TransportLimits(most_per_destination=20, recipients_per_job=1) == relays.limits["lmtp"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("", [True, False]), ("smtp_connection_cache_on_demand = false", [False, False]),
     ("smtp_connection_cache_destinations = 'There.example'", [True, True])],
    ids=["demand", "never", "listed"],
)  # fmt: skip
def test_cache(text: str, kept: list[bool]) -> None:
    """Connections are kept where more mail waits, or for the next hops that are named."""
    cache = relays_of(text).caches["smtp"]

    assert kept == [cache.keeps("there.example", is_busy=each) for each in (True, False)]


def test_filters_of_their_own() -> None:
    """A protocol may have status filters that the others have not."""
    text = (
        "default_delivery_status_filter = 'inline:{ a=b }'\n"
        "lmtp_delivery_status_filter = ''\nsmtp_delivery_status_filter = []\n"
    )
    transports = build(read_settings(f"{HOST}{text}{LISTEN}")).ways.transports
    filtered = {name for name, each in transports.items() if isinstance(each, FilteredTransport)}

    assert {"discard", "error", "lmtp", "local", "retry", "virtual"} == filtered


def test_reply_filter(clients: list[Made]) -> None:
    """What servers of a protocol answer can be changed by tables."""
    relays_of("smtp_reply_filter = 'inline:{ a=b }'\n")
    smtp, lmtp = (each.values[0] for each in clients)

    assert ["b"] == [each.lookup("a") for each in smtp.reply_filters]
    assert () == lmtp.reply_filters


def test_senders_have_ways() -> None:
    """Mail of a sender may have a relay of its own, and a transport."""
    text = (
        "sender_dependent_relayhost_maps = 'inline:{ { ann@example.org = [Hub.example]:587 } }'\n"
        "sender_dependent_default_transport_maps = 'inline:{ { @example.com = lmtp:x.example } }'\n"
    )
    router = build(read_settings(f"{HOST}{text}{LISTEN}")).ways.router

    async def routes() -> list[str]:
        senders = ("ann@example.org", "bob@example.com", "")
        return [str(await router.route("eve@example.net", each)) for each in senders]

    assert ["smtp:[Hub.example]:587", "lmtp:x.example", "smtp:example.net"] == asyncio.run(routes())


def test_errors(tmp_path: Path) -> None:
    """Files and tables that cannot be used are told of with their keys; no secret is shown."""
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate\n", "utf-8")
    passwords = tmp_path / "passwords"
    passwords.write_text("mx.example.net :sesame\n", "utf-8")
    found = errors_of(
        f"smtp_tls_CAfile = '{bad}'\n"
        f"lmtp_tls_cert_file = '{tmp_path}/none.pem'\n"
        f"smtp_tls_policy_maps = 'inline:{{ {{ a.example = encrpt }} }}'\n"
        f"smtp_sasl_password_maps = 'hash:{passwords}'\n"
        f"smtp_tls_CApath = '{tmp_path}/none'\n"
        "sender_dependent_relayhost_maps = 'hash:/no/such/file'\n"
    )
    names = [each.split(": ")[1] for each in found]

    assert [
        "smtp_tls_CAfile", "lmtp_tls_cert_file", "smtp_tls_policy_maps",
        "smtp_sasl_password_maps", "smtp_tls_CApath", "sender_dependent_relayhost_maps",
    ] == names  # fmt: skip
    assert "sesame" not in "".join(found)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """What is wrong with a table of passwords is told without what is in it."""
    for number, line in enumerate(["mx.example.net:ann:sesame", "sesame"]):
        file = tmp_path / str(number)
        file.write_text(f"{line}\n", "utf-8")
        for kind in ("hash", "regexp"):
            [error] = errors_of(f"smtp_sasl_password_maps = '{kind}:{file}'\n")
            assert f"smtp_sasl_password_maps: {file}:1: " in error
            assert "sesame" not in error
            assert "..." in error
    for spec in ("static::sesame", "inline:{ { a = :sesame } }", "inline:{ a sesame }"):
        for field in ("smtp", "lmtp"):
            [error] = errors_of(f"{field}_sasl_password_maps = '{spec}'\n")
            assert f"{field}_sasl_password_maps: {spec.partition(':')[0]}:... is not" in error


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("smtp_tls_security_level = 'verify'", 1),
        ("lmtp_tls_policy_maps = 'inline:{ x=verify }'", 2),
        (
            "smtp_tls_wrappermode = true\nsmtp_tls_security_level = 'encrypt'\n"  # noqa: ISC004  one text
            "smtp_tls_policy_maps = 'inline:{ x=verify }'",
            2,
        ),
        ("", 0),
    ],
)
def test_tls_is_ready_at_the_start(monkeypatch: pytest.MonkeyPatch, text: str, times: int) -> None:
    """The first session does not wait until the list of authorities is read."""
    made: list[TlsPolicy] = []
    monkeypatch.setattr(relaying, "context_of", made.append)
    relays_of(text)

    assert times == len([each for each in made if each.level.is_verified])
    assert len(made) > times


def test_ciphers_that_leave_none() -> None:
    """It is told at the start, and not by the first message."""
    [error] = errors_of("smtp_tls_exclude_ciphers = ['HIGH', 'MEDIUM']\n")

    assert "smtp_tls_exclude_ciphers: OpenSSL has no cipher of grade medium" in error


def test_certificates(tmp_path: Path) -> None:
    """Certificates that are in order are no errors."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    own = authority.issue_cert("mx.example.org")
    own.private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    text = f"smtp_tls_CAfile = '{tmp_path}/ca.pem'\nsmtp_tls_cert_file = '{tmp_path}/own.pem'\n"

    assert {"smtp", "lmtp"} == set(build(read_settings(f"{HOST}{text}{LISTEN}")).ways.relays.caches)


def test_the_log_hears_of_connections(caplog: pytest.LogCaptureFixture) -> None:
    """From time to time, and at the end; of nothing there is nothing to say."""
    caplog.set_level(logging.INFO, "dsnlib.client")

    async def life() -> list[str]:
        relays = attrs.evolve(relays_of(""), report_seconds=0.01)
        relays.tell()
        assert not caplog.records
        assert relays.caches["smtp"].take_by_destination("nowhere") is None
        reporting = asyncio.ensure_future(relays.report())
        await asyncio.sleep(0.05)
        reporting.cancel()
        relays.caches["lmtp"].take_by_place("nowhere")
        await relays.close()
        await asyncio.gather(reporting, return_exceptions=True)
        return [each.getMessage() for each in caplog.records]

    told = asyncio.run(life())

    assert any(each.startswith("smtp ") and "hits=0 misses=1" in each for each in told)
    assert any(each.startswith("lmtp ") and "hits=0 misses=1" in each for each in told)
    events: list[dict[str, object]] = [vars(each)["event"] for each in caplog.records]
    assert {"connection-cache"} == {each["event"] for each in events}
    assert ["smtp", "lmtp"] == list(dict.fromkeys(each["protocol"] for each in events))
