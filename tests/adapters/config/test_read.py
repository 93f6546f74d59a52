"""A configuration is read, or everything that is wrong with it is told at once."""

from __future__ import annotations

import datetime as dt
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.config.keys import KEYS, LISTENER_KEYS
from dsnlib.adapters.config.read import read_file, read_settings
from dsnlib.adapters.config.settings import InvalidSettings
from tests.growth import BOUND, growth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LISTEN = "[[listen]]\nport = 2525\n"


def errors_of(text: str) -> list[str]:
    """Return what is wrong with a text, without the name of the file."""
    with pytest.raises(InvalidSettings) as caught:
        read_settings(text, origin="x")
    return [str(each).removeprefix("x:") for each in caught.value.errors]


def test_defaults() -> None:
    """A listener is all that is needed."""
    settings = read_settings(LISTEN, hostname="mail.example.org")

    assert "mail.example.org" == settings.system.myhostname
    assert "example.org" == settings.system.mydomain
    assert ("mail.example.org", "localhost") == settings.system.mydestination
    assert "mail.example.org ESMTP" == settings.listeners[0].server.smtpd_banner
    assert () == settings.notes


def test_names_in_values() -> None:
    """`$myhostname`, `$mydomain` and `$myorigin` are put in, also in braces."""
    settings = read_settings(
        'myhostname = "mx.example.org"\nmyorigin = "$mydomain"\n'
        'mydestination = ["${mydomain}", "$myorigin", "lists.$mydomain"]\n' + LISTEN
    )

    assert "example.org" == settings.system.myorigin
    expected = ("example.org", "example.org", "lists.example.org")
    assert expected == settings.system.mydestination


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mydestination", '["/$myhostname"]'),
        ("mydomain", '"/$myhostname"'),
        ("myorigin", '"-$mydomain"'),
        ("relay_domains", '["$mydomain..$mydomain"]'),
    ],
)
def test_what_names_make_of_a_value_is_read_too(name: str, value: str) -> None:
    """A value is one with the names put in, or an error with its line."""
    with pytest.raises(InvalidSettings) as caught:
        read_settings(f'myhostname = "mail.example.org"\n{name} = {value}\n[[listen]]\nport = 25\n')

    assert [(2, name)] == [(each.line, str(each).split(": ")[1]) for each in caught.value.errors]


def test_names_in_a_value_in_capitals() -> None:
    """What stands beside a name is in lower case, as a domain without one is."""
    text = (
        'myhostname = "mail.example.org"\nmydestination = ["X.$mydomain"]\n[[listen]]\nport = 25\n'
    )

    assert ("x.example.org",) == read_settings(text).system.mydestination


def test_listener_before_top_before_profile() -> None:
    """What a listener's table says goes before the top, and that before its profile."""
    text = 'smtpd_recipient_limit = 7\nsmtpd_helo_required = false\n[[listen]]\nprofile = "mx"\n'
    text += 'port = 1\n[[listen]]\nprofile = "mx"\nport = 2\nsmtpd_recipient_limit = 9\n'
    first, second = (each.server for each in read_settings(text).listeners)

    assert (7, 9) == (first.smtpd_recipient_limit, second.smtpd_recipient_limit)
    assert not first.smtpd_helo_required
    assert "permit_mynetworks, reject_unauth_destination" == first.smtpd_relay_restrictions


def test_all_errors_at_once() -> None:
    """Every error is told, in the order of the file, with line, values and near misses."""
    text = """\
myhostnam = "x"
maximal_queue_lifetime = "5x"
smtpd_tls_security_level = "must"
mynetworks = "10.0.0.1/8"
smtpd_relay_restrictions = ["permit_mynetworks",
   "reject_unauth_destinatio"]
notify_classes = "bounce, 2bounced"
[[listen]]
prt = 3
relayhost = ""
[[listen]]
address = "localhost"
smtpd_soft_error_limit = 30
"""
    assert [
        "1: myhostnam: there is no such key; did you mean myhostname?",
        (
            "2: maximal_queue_lifetime: '5x' is not a time such as 30s, 5m, 2h, 1d or 1w; "
            "a number alone is days"
        ),
        "3: smtpd_tls_security_level: 'must' is not one of none, may, encrypt",
        (
            "4: mynetworks: '10.0.0.1/8' is not a network such as 192.0.2.0/24 or 2001:db8::/32; "
            "did you mean 10.0.0.0/8?"
        ),
        (
            "5: smtpd_relay_restrictions: 'reject_unauth_destinatio' is not a restriction; did you "
            "mean reject_unauth_destination or defer_unauth_destination?"
        ),
        "7: notify_classes: '2bounced' is not one of bounce, delay, 2bounce, unreported",
        "9: prt: there is no such key of [[listen]]; did you mean port?",
        "10: relayhost: it stands at the top of the file, not in [[listen]]",
        "11: address: 'localhost' is not an IP address",
        "11: smtpd_soft_error_limit: it is above smtpd_hard_error_limit, 20",
    ] == errors_of(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = \n", "1: no TOML: Invalid value, column 5"),
        ("a = 1\na = 2\n", "2: no TOML: Cannot overwrite a value, column 6"),
        ("a = [\n", "2: no TOML: "),
        ("a = " + "[" * 5000, " values are nested too deeply"),
        ("a = " + "1" * 5000, " a number has too many digits"),
        ("\n" + "a." * 100_000 + "a = 1", "2: a key has more than 100 parts"),
        ("", " there is no [[listen]] table, so nobody could send anything"),
        ("listen = 5\n", "1: listen: a listener is a table of its own, [[listen]]"),
        ("[listen]\nport = 5\n", "1: listen: a listener is a table of its own, [[listen]]"),
        ("port = 5\n" + LISTEN, "1: port: it stands in [[listen]], not at the top of the file"),
        ("[queue]\nx = 5\n" + LISTEN, "1: queue: there is no such key"),
        ("virtual_maps = ''\nvirtual_alias_maps = ''\n" + LISTEN, "2: virtual_alias_maps: "),
        (
            "minimal_backoff_time = '2h'\nmaximal_backoff_time = '1h'\n" + LISTEN,
            "1: minimal_backoff_time: 2:00:00 is longer than maximal_backoff_time, 1:00:00",
        ),
        ("queue_directory = ''\n" + LISTEN, "1: queue_directory: mail cannot wait nowhere"),
        (LISTEN + LISTEN, "3: port: 2525 of 127.0.0.1 is that of line 1 too"),
        ("smtpd_tls_security_level = 'may'\n" + LISTEN, "2: smtpd_tls_cert_file: TLS needs"),
        ("[[listen]]\ntls = 'implicit'\n", "1: smtpd_tls_cert_file: TLS needs a certificate"),
        ("smtpd_sasl_auth_enable = true\n" + LISTEN, "2: smtpd_sasl_path: who logs in has to"),
        (
            "smtpd_relay_restrictions = 'permit_mynetworks'\n" + LISTEN,
            "1: smtpd_relay_restrictions: anybody could relay; there has to be one of",
        ),
        (
            "smtpd_relay_restrictions = 'warn_if_reject reject'\n" + LISTEN,
            "1: smtpd_relay_restrictions: anybody could relay",
        ),
        (
            "smtpd_restriction_classes = { a = 'rejct' }\n" + LISTEN,
            "1: smtpd_restriction_classes: [a]: 'rejct' is not a restriction; did you mean",
        ),
    ],
)
def test_error(text: str, expected: str) -> None:
    """One mistake, one error with its place."""
    assert errors_of(text)[0].startswith(expected)


def test_restriction_class_closes() -> None:
    """A class that rejects keeps a server from relaying, as its list would."""
    text = "smtpd_restriction_classes = { ours = 'reject_unauth_destination' }\n"
    text += "smtpd_relay_restrictions = 'permit_mynetworks, ours'\n"

    assert read_settings(text + LISTEN).listeners


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("virtual_maps = 'hash:/a'", "virtual_alias_maps", ("hash:/a",)),
        ("smtp_use_tls = 'yes'", "smtp_tls_security_level", "may"),
        ("smtp_enforce_tls = true", "smtp_tls_security_level", "encrypt"),
        ("smtp_use_tls = 'no'", "smtp_tls_security_level", "none"),
    ],
)
def test_old_names(text: str, name: str, value: object) -> None:
    """What a key was called once is understood, and told of."""
    settings = read_settings(f"{text}\n{LISTEN}")
    old = text.partition(" ")[0]

    assert value == settings[KEYS[name]]
    assert (f"dsnlib.toml:1: {old} is called {name} now",) == settings.notes


def test_two_bounces() -> None:
    """A name that begins with a digit is a key like any other."""
    settings = read_settings("2bounce_notice_recipient = 'ann'\n" + LISTEN)

    assert "ann" == settings.notification.double_bounce_notice_recipient


def test_no_delay_warning() -> None:
    """0 is a value: never; an empty text is none: as the profile has it."""
    zero = read_settings("delay_warning_time = 0\n" + LISTEN).notification
    none = read_settings("delay_warning_time = ''\n" + LISTEN).notification

    assert (dt.timedelta(0), None) == (zero.delay_warning_time, none.delay_warning_time)


def test_file(tmp_path: Path) -> None:
    """A file is UTF-8, has CR LF if it likes, and is of a size."""
    path = tmp_path / "dsnlib.toml"
    path.write_bytes(("\ufeff" + LISTEN).replace("\n", "\r\n").encode())
    assert read_file(path).listeners

    path.write_bytes(LISTEN.encode() + b"# \xff\n")
    with pytest.raises(InvalidSettings, match="toml:3: an octet that is no UTF-8"):
        read_file(path)
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(InvalidSettings, match="is larger than 1048576 octets"):
        read_file(path)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none")


def test_errors_pickle() -> None:
    """The errors can cross a process boundary, as all errors of the library."""
    with pytest.raises(InvalidSettings) as caught:
        read_settings("x = 1\ny = 2\n" + LISTEN)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  our own octets

    assert [str(each) for each in caught.value.errors] == [str(each) for each in again.errors]


@given(st.dictionaries(st.sampled_from([*KEYS, *LISTENER_KEYS, "x"]), st.text(max_size=8)))
def test_any_values(values: dict[str, str]) -> None:
    """Whatever is written for keys, there are settings or errors with their lines."""
    rows = [f"{name} = '''\n{value.replace(chr(39), '')}'''" for name, value in values.items()]
    text = "\n".join(rows).replace("\x7f", "").replace("\r", "") + "\n" + LISTEN
    lines = [1]
    try:
        read_settings(text)
    except InvalidSettings as error:
        lines = [each.line for each in error.errors]

    assert all(lines)


def test_time_is_linear() -> None:
    """Twice as many keys that nobody knows are all refused in less than three times the time."""

    def prepare(count: int) -> Callable[[], object]:
        text = "".join(f"k{number} = 1\n" for number in range(count)) + LISTEN
        return lambda: read_settings(text)

    assert 2_000 == len(errors_of("".join(f"k{number} = 1\n" for number in range(2_000)) + LISTEN))
    assert BOUND > growth(prepare, 1 << 10, 1 << 6)
