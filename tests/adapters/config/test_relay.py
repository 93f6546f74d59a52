"""What mail is sent with has the same keys for SMTP and for LMTP."""

from __future__ import annotations

import datetime as dt

import attrs
import pytest

from dsnlib.adapters.config.key import keys_of
from dsnlib.adapters.config.keys import KEYS
from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.config.relay import LmtpKeys, RelayKeys, SmtpKeys
from dsnlib.adapters.config.settings import InvalidSettings

LISTEN = "[[listen]]\nport = 2525\nsmtpd_peername_lookup = false\n"
# What differs but for the prefix: Postfix's names, LHLO for EHLO.
LHLO = {
    "helo_name": "lmtp_lhlo_name",
    "helo_timeout": "lmtp_lhlo_timeout",
    "discard_ehlo_keywords": "lmtp_discard_lhlo_keywords",
    "discard_ehlo_keyword_address_maps": "lmtp_discard_lhlo_keyword_address_maps",
}


def errors_of(text: str) -> list[str]:
    """Return what is wrong with a text."""
    with pytest.raises(InvalidSettings) as caught:
        read_settings(f"{text}\n{LISTEN}", origin="x")
    return [str(each) for each in caught.value.errors]


def test_twins() -> None:
    """Each key is there twice, of one kind and with one default but for the port."""
    smtp, lmtp = ({key.field: key for key in keys_of(each)} for each in (SmtpKeys, LmtpKeys))
    both = [field.name for field in attrs.fields(RelayKeys)]

    assert {"sender_dependent_authentication"} == set(smtp) - set(lmtp)
    assert set(both) == set(lmtp)
    for name in both:
        one, other = smtp[name], lmtp[name]
        assert one.kind is other.kind
        assert name == "tcp_port" or one.default == other.default
        if name not in LHLO:
            assert one.name.removeprefix("smtp_") == other.name.removeprefix("lmtp_")
        else:
            assert LHLO[name] == other.name
        assert (SmtpKeys, LmtpKeys) == (KEYS[one.name].part, KEYS[other.name].part)
    assert (25, 24) == (smtp["tcp_port"].default, lmtp["tcp_port"].default)


def test_each_for_itself() -> None:
    """What is said of the one says nothing of the other."""
    settings = read_settings(
        'smtp_connect_timeout = "7s"\nlmtp_lhlo_name = "inner.$mydomain"\n'
        'myhostname = "mx.example.org"\nlmtp_tls_security_level = "none"\n'
        f'smtp_tls_CAfile = "/etc/ssl/ca.pem"\n{LISTEN}'
    )

    assert dt.timedelta(seconds=7) == settings.smtp.connect_timeout
    assert dt.timedelta(seconds=30) == settings.lmtp.connect_timeout
    assert "mx.example.org" == settings.smtp.helo_name
    assert "inner.example.org" == settings.lmtp.helo_name
    assert ("may", "none") == (settings.smtp.tls_security_level, settings.lmtp.tls_security_level)
    assert "/etc/ssl/ca.pem" == str(settings.smtp.tls_cafile)
    assert settings.lmtp.tls_cafile is None


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("fallback_relay = '[a.example]:587'", "smtp_fallback_relay", ("[a.example]:587",)),
        ("lmtp_cache_connection = false", "lmtp_connection_cache_on_demand", False),
        ("lmtp_use_tls = true", "lmtp_tls_security_level", "may"),
        ("smtp_enforce_tls = true", "smtp_tls_security_level", "encrypt"),
    ],
    ids=["fallback", "cache", "use-tls", "enforce-tls"],
)
def test_old_names(old: str, new: str, value: object) -> None:
    """A name of old is understood, and told of."""
    settings = read_settings(f"{old}\n{LISTEN}", origin="x")

    assert value == settings[KEYS[new]]
    name = old.partition(" ")[0]
    assert (f"x:1: {name} is called {new} now",) == settings.notes


def test_bad_values() -> None:
    """Every value that cannot be used is told of, at its line."""
    found = errors_of(
        """\
smtp_fallback_relay = "a.example, [b.example"
lmtp_bind_address = "2001:db8::1"
smtp_bind_address6 = "192.0.2.1"
smtp_tls_protocols = ">=TLSv9"
lmtp_tls_mandatory_protocols = "!TLSv1.2, !TLSv1.3"
smtp_sasl_mechanism_filter = "plain, cram md5!"
smtp_tls_secure_cert_match = "nexthop, ..x"
lmtp_host_lookup = "dns, hosts"
lmtp_connection_cache_destinations = "unix:/run/lmtp, [x"
proxy_interfaces = "192.0.2.1, nat"
inet_protocols = "ipv5"
lmtp_connect_timeout = 0
smtp_tls_ciphers = "strong"
delay_logging_resolution_limit = 7
sender_dependent_relayhost_maps = "/etc/relayhosts"
lmtp_sender_dependent_authentication = true
sendmail_relay = "unix:run/mail"
smtp_tls_exclude_ciphers = "RC4, a;b"
lmtp_tls_servername = "mx 1"
"""
    )

    told = [each.removeprefix("x:").partition(": ") for each in found]
    assert [str(line) for line in range(1, 20)] == [line for line, _, _ in told]
    wanted = [
        "'[b.example' is not a next hop such as",
        "'2001:db8::1' is not an address such as 192.0.2.1",
        "'192.0.2.1' is not an address such as 2001:db8::1",
        "smtp_tls_protocols: '>=TLSv9' is no version of TLS",
        "allows neither TLSv1.2 nor TLSv1.3",
        "'md5!' is not a mechanism such as",
        "'..x' is not hostname, nexthop, dot-nexthop or a name",
        "'hosts' is not one of dns, native",
        "'[x' is not a next hop such as",
        "'nat' is not an IP address",
        "'ipv5' is not one of all, ipv4, ipv6",
        "a time of 1s or more",
        "'strong' is not one of high, medium",
        "7 is not a number from 0 to 6",
        "is not a table",
        "there is no such key",
        "'unix:run/mail' is not a next hop such as",
        "'a;b' is no name of a cipher",
        "'mx 1' is not hostname, nexthop or a name",
    ]
    for expected, (_, _, message) in zip(wanted, told, strict=True):
        assert expected in message


@pytest.mark.parametrize("prefix", ["smtp", "lmtp"])
def test_what_has_to_go_together(prefix: str) -> None:
    """TLS from the beginning cannot be optional; a key is that of a certificate."""
    level = f'{prefix}_tls_security_level has to be "encrypt" or more'
    assert [
        f"x:1: {prefix}_tls_wrappermode: TLS is not up to the server then: {level}",
        f"x:2: {prefix}_tls_key_file: {prefix}_tls_cert_file is not there",
    ] == errors_of(f'{prefix}_tls_wrappermode = true\n{prefix}_tls_key_file = "/k.pem"')

    settings = read_settings(
        f'{prefix}_tls_wrappermode = true\n{prefix}_tls_security_level = "encrypt"\n{LISTEN}'
    )
    assert () == settings.notes


@pytest.mark.parametrize("level", ["verify", "secure"])
def test_requiretls(level: str) -> None:
    """What is promised to senders is kept at both levels that look who is there."""
    text = 'smtpd_tls_cert_file = "/c.pem"\nsmtpd_tls_security_level = "may"\n'
    text += "requiretls_enable = true\nsmtp_tls_security_level = "
    read_settings(f'{text}"{level}"\n{LISTEN}')

    assert "smtp_tls_security_level has to be" in errors_of(f'{text}"encrypt"')[0]
