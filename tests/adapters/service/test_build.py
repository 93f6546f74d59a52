"""From settings to a server: what each of them becomes, and everything that is wrong."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import trustme

from dsnlib.adapters.config.example import EXAMPLES, write_example
from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.config.settings import InvalidSettings
from dsnlib.adapters.milters.macros import DEFAULT_MACROS, MacroStage
from dsnlib.adapters.server.data import BareNewlines
from dsnlib.adapters.server.listener import TlsLevel
from dsnlib.adapters.service.build import BuiltServer, build
from dsnlib.adapters.service.certificates import Certificate
from dsnlib.adapters.spool.spool import RESERVE_OCTETS
from dsnlib.adapters.transport import Destination
from dsnlib.errors import ConfigurationError
from dsnlib.policy.dsn_policy import PostmasterClass
from dsnlib.policy.profile import PROFILES

if TYPE_CHECKING:
    from pathlib import Path

LISTEN = "[[listen]]\nport = 2525\nsmtpd_peername_lookup = false\n"


def built(text: str = "", listen: str = LISTEN) -> BuiltServer:
    """Return the server of a text."""
    return build(read_settings(f'myhostname = "mx.example.org"\n{text}\n{listen}'))


def errors_of(text: str, listen: str = LISTEN) -> list[str]:
    """Return what is wrong with a text; its first line is 1."""
    with pytest.raises(InvalidSettings) as caught:
        build(read_settings(f"{text}\n{listen}", origin="x"))
    return [str(each).removeprefix("x:") for each in caught.value.errors]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a certificate with its key."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    trustme.CA().issue_cert("mx.example.org").private_key_and_cert_chain_pem.write_to_path(path)
    return path


def test_listener() -> None:
    """What a listener's table says is what its sessions are held by."""
    server = built(
        "message_size_limit = '1M'\ndisable_vrfy_command = true\nsmtputf8_enable = false\n"
        "smtpd_banner = '$myhostname ESMTP hello'\nsmtpd_recipient_limit = 7\nsoft_bounce = true\n"
        "smtpd_forbid_bare_newline = 'normalize'\nsmtpd_client_connection_rate_limit = 9\n"
        "smtpd_discard_ehlo_keywords = 'etrn'\nsmtpd_error_sleep_time = 3\n"
        "anvil_rate_time_unit = '1h'\nstrict_rfc821_envelopes = 'yes'\n"
        "smtpd_milters = 'inet:127.0.0.1:8891'\nmilter_default_action = 'accept'\n"
    ).listeners[0]
    listener = server.listener
    rates = listener.rates
    assert rates is not None

    assert ("mx.example.org", "ESMTP hello") == (listener.hostname, listener.greeting)
    assert 1 << 20 == listener.capabilities.size
    assert not listener.capabilities.vrfy
    assert not listener.capabilities.smtputf8
    assert listener.capabilities.dsn
    assert 7 == listener.limits.recipients
    assert 3.0 == listener.limits.tarpit_seconds
    assert listener.rules.soft_bounce
    assert BareNewlines.NORMALIZE is listener.bare_newlines
    assert (9, 3600) == (rates.limits.connection_rate, rates.limits.unit_seconds)
    assert "etrn" in listener.discards.general.words
    assert listener.is_strict
    assert ["accept"] == [each.default_action.value for each in listener.milters]
    assert (None, None) == (listener.tls, listener.resolver)


def test_lists(tmp_path: Path) -> None:
    """Restrictions, their tables and the directory of the site are in the policy."""
    table = tmp_path / "clients"
    table.write_text("192.0.2.1 REJECT\n", "utf-8")
    text = f"smtpd_client_restrictions = 'permit_mynetworks, hash:{table}'\n"
    policy = built(text).listeners[0].listener.policy

    assert ["permit_mynetworks", f"hash:{table}"] == [str(each) for each in policy.client]
    assert policy.site.directory is not None
    assert policy.refuses_unlisted
    networks = policy.site.networks
    assert networks is not None
    assert ["127.0.0.0/8", None] == [networks.lookup(each) for each in ("127.0.0.1", "192.0.2.1")]


def test_profiles() -> None:
    """An MX has the rules of an MX; what the file says of times and copies goes before."""
    mx = '[[listen]]\nprofile = "mx"\nsmtpd_peername_lookup = false\n'
    assert PROFILES["submission"].dsn.guards == built().profile.dsn.guards
    profile = built(
        "delay_warning_time = 0\nmaximal_queue_lifetime = 2\nminimal_backoff_time = '3h'\n"
        "notify_classes = 'bounce, 2bounce'\n2bounce_notice_recipient = 'eve'\n"
        "internal_domains = 'lan.example.org'\nbounce_queue_lifetime = 0",
        mx,
    ).profile

    assert PROFILES["mx"].dsn.guards == profile.dsn.guards
    assert profile.retry.warn_after is None
    assert not profile.dsn.reports_delays
    assert dt.timedelta(days=2) == profile.retry.lifetime
    assert dt.timedelta(0) == profile.retry.null_lifetime
    assert dt.timedelta(hours=3) == profile.retry.longest_wait
    assert PostmasterClass.BOUNCE | PostmasterClass.DOUBLE_BOUNCE == profile.dsn.postmaster_classes
    assert {PostmasterClass.DOUBLE_BOUNCE: "eve@mx.example.org"} == profile.dsn.postmasters
    assert "postmaster@mx.example.org" == profile.dsn.postmaster
    assert frozenset({"double-bounce@mx.example.org"}) == profile.dsn.double_bounce_senders
    assert ("lan.example.org",) == profile.dsn.privacy.internal_domains


def test_ways(tmp_path: Path) -> None:
    """Aliases, routes and mailboxes are those of the settings."""
    aliases = tmp_path / "aliases"
    aliases.write_text("team: ann, bob\n", "utf-8")
    ways = built(
        f"alias_maps = 'hash:{aliases}'\nmydestination = 'example.org'\n"
        f"mail_spool_directory = '{tmp_path}'\nrelayhost = '[hub.example.org]:2525'\n"
        "transport_maps = 'inline:{ { gone.example = error:5.1.2 gone } }'\n"
        "default_destination_concurrency_limit = 3\n"
        "default_delivery_status_filter = 'inline:{ x = y }'\n"
    ).ways

    async def routes() -> list[Destination]:
        names = ("ann@example.org", "a@gone.example", "a@other.example")
        return [await ways.router.route(each) for each in names]

    assert [
        Destination("local", "example.org"),
        Destination("error", "5.1.2 gone"),
        Destination("smtp", "[hub.example.org]:2525"),
    ] == asyncio.run(routes())
    expansion = ways.expansions.look_up("team@example.org")
    assert expansion is not None
    assert ("ann@mx.example.org", "bob@mx.example.org") == tuple(map(str, expansion.targets))
    assert 3 == ways.limits.most_per_destination
    assert 1 == len(ways.rules.status_filters)
    names = {"discard", "error", "lmtp", "local", "relay", "retry", "smtp", "virtual"}
    assert names == set(ways.transports)


@pytest.mark.parametrize("kind", ["inline:{ a=b }", "pcre:/etc/aliases", "static:ann"])
def test_aliases_are_files_of_keys(kind: str) -> None:
    """A table of another kind is told as such, and not as a file that is not there."""
    (error,) = errors_of(f"myhostname = 'mx.example.org'\nalias_maps = '{kind}'\n")

    said = f"aliases cannot be of the kind {kind.partition(':')[0]!r}; a file is, of btree, cdb, "
    assert error.startswith(f"2: alias_maps: {said}")


def test_all_errors_at_once(tmp_path: Path) -> None:
    """What cannot be opened is told with its keys, all of it."""
    bad = tmp_path / "bad"
    bad.write_text("x NOSUCH\n", "utf-8")
    text = (
        f"header_checks = 'regexp:{tmp_path}/none'\n"
        f"smtpd_sender_restrictions = 'check_sender_access hash:{bad}'\n"
        f"alias_maps = 'hash:{tmp_path}/none'\n"
        f"smtpd_tls_cert_file = '{tmp_path}/none.pem'\n"
        f"bounce_template_file = '{tmp_path}/none.cf'\n"
        f"smtpd_banner = 'other.example ESMTP'\n"
        "smtpd_sasl_auth_enable = true\nsmtpd_tls_auth_only = false\n"
        f"smtpd_sasl_path = '{tmp_path}/none.passwd'\nmail_spool_directory = ''\n"
        "bounce_language = 'tlh'\nmail_owner = 'no-such-user'\n"
    )
    expected = {
        1: "header_checks: ",
        2: "smtpd_sender_restrictions: ",
        3: "alias_maps: ",
        4: "smtpd_tls_cert_file: ",
        5: "bounce_template_file: ",
        6: "smtpd_banner: 'other.example' is not myhostname, ",
        9: "smtpd_sasl_path: ",
        10: "mail_spool_directory: there are local domains, and no place for their mail",
        11: "bounce_language: there are no texts in 'tlh'; ",
        12: "mail_owner: there is no user 'no-such-user'",
    }
    found = errors_of(text)

    assert len(expected) == len(found), found
    for (line, message), each in zip(expected.items(), found, strict=True):
        assert each.startswith(f"{line}: {message}"), each


def test_error_of_listener() -> None:
    """What only a listener's table says is an error of that table; once for two of them."""
    listen = LISTEN + "header_checks = 'hash:/no/such/file'\n"
    assert errors_of("", listen)[0].startswith("2: header_checks: ")

    two = f"{LISTEN}[[listen]]\nport = 2526\nsmtpd_peername_lookup = false\n"
    assert 1 == len(errors_of("header_checks = 'hash:/no/such/file'", two))


def test_tls(certificate: Path) -> None:
    """A certificate makes TLS possible; whether it has to be used is another key."""
    text = f"smtpd_tls_cert_file = '{certificate}'\nsmtpd_tls_security_level = 'encrypt'\n"
    listener = built(text).listeners[0].listener
    implicit = built(text, LISTEN + "tls = 'implicit'\n").listeners[0].listener

    assert (TlsLevel.ENCRYPT, False) == (listener.tls_level, listener.is_tls_implicit)
    assert implicit.is_tls_implicit
    assert listener.tls is not None
    assert ssl.TLSVersion.TLSv1_2 == listener.tls.minimum_version


def test_certificate_reload(certificate: Path, tmp_path: Path) -> None:
    """A certificate that has become bad changes nothing; a good one is taken."""
    path = tmp_path / "cert.pem"
    path.write_bytes(certificate.read_bytes())
    found = Certificate(path, authorities=certificate, asks_client=True)
    context = found.context

    path.write_text("nonsense", "utf-8")
    found.reload()
    path.write_bytes(certificate.read_bytes())
    found.reload()

    assert context is found.context
    assert ssl.CERT_OPTIONAL == context.verify_mode


@pytest.mark.parametrize(
    ("name", "octets", "message"),
    [
        ("none.pem", None, "No such file or directory"),
        ("bad.pem", b"nonsense", "there is no certificate with its key in PEM form"),
    ],
)
def test_bad_certificate(tmp_path: Path, name: str, octets: bytes | None, message: str) -> None:
    """A file that is missing, and one that is no certificate, are told as what they are."""
    path = tmp_path / name
    if octets is not None:
        path.write_bytes(octets)

    with pytest.raises(ConfigurationError, match=message) as caught:
        Certificate(path)
    assert str(path) in str(caught.value)


def test_bad_authorities(certificate: Path, tmp_path: Path) -> None:
    """So are the authorities of clients."""
    with pytest.raises(ConfigurationError, match=r"none\.pem: No such file"):
        Certificate(certificate, authorities=tmp_path / "none.pem")


def test_sink_example() -> None:
    """The sink needs no file, and drops what it takes."""
    server = build(read_settings(write_example("sink")))

    assert 1 == len(server.listeners)
    assert "sink" in EXAMPLES


def test_lmtp() -> None:
    """A listener may speak LMTP, with the greeting that says so, and not on port 25."""
    place = "[[listen]]\nprofile = 'lmtp'\nport = "
    listener = built(listen=f"{place}2424").listeners[0].listener
    assert (True, "LMTP") == (listener.is_lmtp, listener.greeting)
    assert ["2: port: port 25 is for SMTP, and never for LMTP (RFC 2033 s5)"] == errors_of(
        "", f"{place}25"
    )


def test_filters() -> None:
    """A filter has its own settings, or those for all; what it is told stands in the keys."""
    server = built(
        "smtpd_milters = 'inet:[::1]:1, { unix:/x, default_action=accept, content_timeout=7 }'\n"
        "milter_default_action = 'reject'\nmilter_content_timeout = '9s'\n"
        "milter_mail_macros = 'i, {mail_addr}'\n"
    ).listeners[0]
    first, second = server.listener.milters

    assert ("inet:[::1]:1", "reject", 9) == (
        first.where, first.default_action.value, first.content_seconds,
    )  # fmt: skip
    assert ("unix:/x", "accept", 7) == (
        second.where, second.default_action.value, second.content_seconds,
    )  # fmt: skip
    assert ("i", "{mail_addr}") == first.macros[MacroStage.MAIL]
    assert DEFAULT_MACROS[MacroStage.CONNECT] == first.macros[MacroStage.CONNECT]


def test_extensions(certificate: Path) -> None:
    """DELIVERBY, REQUIRETLS and XCLIENT are announced where the settings say so."""
    plain = built().listeners[0].listener
    listener = (
        built(
            f"smtpd_tls_cert_file = '{certificate}'\nsmtpd_tls_security_level = 'may'\n"
            "requiretls_enable = true\nsmtp_tls_security_level = 'verify'\n"
            "smtpd_deliverby_minimum = '4m'\nsmtpd_authorized_xclient_hosts = '192.0.2.0/28'\n"
        )
        .listeners[0]
        .listener
    )

    assert (True, 240) == (listener.capabilities.requiretls, listener.capabilities.deliver_by)
    assert "ADDR" in listener.capabilities.xclient
    assert listener.xclient is not None
    assert "192.0.2.0/28" == listener.xclient.lookup("192.0.2.9")
    assert (False, None, (), None) == (
        plain.capabilities.requiretls, plain.capabilities.deliver_by, plain.capabilities.xclient,
        plain.xclient,
    )  # fmt: skip


def test_upstream_proxy(certificate: Path) -> None:
    """A proxy in front has so long to say where its client is; without one nobody is asked."""
    text = "smtpd_upstream_proxy_protocol = 'haproxy'\nsmtpd_upstream_proxy_timeout = '7s'\n"

    assert [7.0, None] == [built(each).listeners[0].listener.proxy_seconds for each in (text, "")]

    (error,) = errors_of(
        f"smtpd_tls_cert_file = '{certificate}'\n{text}", f"{LISTEN}tls = 'implicit'\n"
    )
    assert error.endswith(
        "smtpd_upstream_proxy_protocol: the proxy has to do TLS that begins at once"
    )


def test_requiretls_is_kept(certificate: Path) -> None:
    """REQUIRETLS is not announced by who would not look whom the mail goes to."""
    text = f"smtpd_tls_cert_file = '{certificate}'\nsmtpd_tls_security_level = 'may'\n"
    (found,) = errors_of(f"requiretls_enable = true\n{text}")
    assert found.startswith("1: requiretls_enable: to keep it, smtp_tls_security_level has to be")

    (found,) = errors_of("requiretls_enable = true\nsmtp_tls_security_level = 'verify'\n")
    assert "1: requiretls_enable: it is announced under TLS, and this listener has none" == found


def test_languages() -> None:
    """A domain may have a language, if there are texts in it."""
    server = built("bounce_languages = { 'example.de' = 'de', '.fr' = 'fr-CA' }\n")
    told = server.settings.notification.bounce_languages
    assert {"example.de": "de", ".fr": "fr-CA"} == told

    (found,) = errors_of("bounce_languages = { 'example.de' = 'tlh' }")
    assert found.startswith("1: bounce_languages: there are no texts in 'tlh'; ")


def test_owner_of_another_host() -> None:
    """A server can be made where its user is not, if it is only to be looked at."""
    settings = read_settings(f"mail_owner = 'no-such-user'\n{LISTEN}")
    assert "no-such-user" == build(settings, has_owner=False).settings.system.mail_owner


def test_templates(tmp_path: Path) -> None:
    """Templates of the site are what notifications are written with."""
    file = tmp_path / "bounce.cf"
    file.write_text("failure_template = <<EOF\nSubject: No luck\n\nSorry.\nEOF\n", "utf-8")
    plain = built(f"bounce_template_file = '{file}'").composer.library.plain
    directory = built(f"bounce_template_directory = '{tmp_path}'").composer.library

    assert plain is not None
    assert directory.plain is not None
    assert ["1: bounce_template_directory: "] == [
        each[:30] for each in errors_of(f"bounce_template_directory = '{tmp_path}/none'")
    ]


def test_accounts(tmp_path: Path) -> None:
    """Listeners with the same password file have the same accounts; Dovecot is another source."""
    path = tmp_path / "passwords"
    path.write_text("", "utf-8")
    path.chmod(0o600)
    text = (
        f"smtpd_sasl_auth_enable = true\nsmtpd_tls_auth_only = false\nsmtpd_sasl_path = '{path}'\n"
    )
    three = LISTEN + "".join(
        f"[[listen]]\nport = {port}\nsmtpd_peername_lookup = false\n{more}"
        for port, more in (
            (1, ""),
            (2, f"smtpd_sasl_type = 'dovecot'\nsmtpd_sasl_path = '{tmp_path}/auth'\n"),
        )
    )
    server = built(text, three)
    first, second, third = (each.listener for each in server.listeners)

    assert first.authenticator is second.authenticator
    assert (first.authenticator, third.authenticator) == server.authenticators
    assert first.authenticator is not None
    assert "PLAIN" in first.authenticator.mechanisms(is_tls=False)


def test_nothing_heavy() -> None:
    """Who wants no numbers, names, filters and logins does not load what they need."""
    program = (
        "import sys\n"
        "from dsnlib.adapters.config.read import read_settings\n"
        "from dsnlib.adapters.service.build import build\n"
        f"build(read_settings({LISTEN!r}))\n"
        "heavy = {'prometheus_client', 'dns', 'argon2', 'kilter', 'rich', 'radix', 're2'}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )

    assert "\n" == done.stdout


def test_reserve() -> None:
    """What has to stay free by default is what the queue itself would keep."""
    assert RESERVE_OCTETS == built().settings.system.queue_minfree


def test_tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenTelemetry is told of every way that mail goes, if that is wanted and installed."""
    pytest.importorskip("opentelemetry", reason="the extra `otel` is not installed")
    from dsnlib.adapters.telemetry.traced_transport import TracedTransport

    plain, traced = built().ways.transports, built("opentelemetry = true").ways.transports
    for name in [each for each in sys.modules if each.partition(".")[0] == "opentelemetry"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    assert plain.keys() == traced.keys()
    assert not any(isinstance(each, TracedTransport) for each in plain.values())
    assert all(isinstance(each, TracedTransport) for each in traced.values())
    assert errors_of("opentelemetry = true") == [
        "1: opentelemetry: it needs opentelemetry: install dsnlib[otel]"
    ]
