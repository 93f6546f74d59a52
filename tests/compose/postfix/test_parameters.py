"""Parameters have the values that Postfix's bounce daemon has for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.postfix.defaults import DEFAULTS
from dsnlib.compose.postfix.parameters import LONGEST_VALUE, Parameters
from dsnlib.errors import TemplateError


def value(main_cf: bytes | str, name: str) -> str | None:
    """Return the value of a parameter of a main.cf file."""
    return Parameters.parse(main_cf).get(name)


@pytest.mark.parametrize(
    ("main_cf", "expected"),
    [
        ("a = b", "b"),
        ("a=b", "b"),
        ("  \n# c\na =\tb \t", "b"),
        ("a = b\r\n", "b"),
        ("a =", ""),
        ("a = 1\na = 2\n", "2"),
        ("a = b = c", "b = c"),
        ("\ufeffa = b", "b"),
        # A line that begins with a blank goes on with the one before
        ("a = b\n  c\n\td", "b  c_d"),
        ("a = b\n\n# x\n   # x\n  c", "b  c"),
        # Names in values
        ("a = $b\nb = $c\nc = x", "x"),
        ("a = $nosuch x", " x"),
        ("a = ${nosuch?x}${nosuch:y}${b?{p}:{q}}\nb = 1", "yp"),
        ("a = 5$$ and $$b", "5$ and $b"),
        ("a = $b\nb = 5$$ $$x", "5$ $x"),
        # The units are the template's, not main.cf's
        ("a = ${delay_warning_time_hours}.$delay_warning_time_hours", "."),
        # What is no character
        ("a = x\ty", "x_y"),
        (b"a = x\x7fy\x01\x1b", "x_y__"),
        (b"a = \xff\xc3(", "__("),
        ("a = grüß", "grüß"),
        ("a = grüß\nsmtputf8_enable = no", "gr____"),
        ("a = grüß\nsmtputf8_enable = NO", "gr____"),
    ],
)
def test_main_cf(main_cf: bytes | str, expected: str) -> None:
    """Settings are read and expanded as Postfix does."""
    assert expected == value(main_cf, "a")


@pytest.mark.parametrize(("main_cf", "line"), [("x", 1), ("a = b\n\n= c", 3), ("a b = c", 1)])
def test_no_setting(main_cf: str, line: int) -> None:
    """A line that sets nothing is an error with its place."""
    with pytest.raises(TemplateError) as caught:
        Parameters.parse(main_cf, origin="main.cf")

    assert ("main.cf", line) == (caught.value.origin, caught.value.line)


@pytest.mark.parametrize(
    ("time", "name", "expected"),
    [
        ("119m", "delay_warning_time_hours", "1"),
        ("119m", "delay_warning_time_minutes", "119"),
        ("13d", "delay_warning_time_weeks", "1"),
        ("1w", "delay_warning_time_days", "7"),
        ("90s", "delay_warning_time_minutes", "1"),
        ("0", "delay_warning_time_seconds", "0"),
        ("90", "delay_warning_time_hours", "90"),
        ("10", "maximal_queue_lifetime_days", "10"),
        ("$other", "delay_warning_time_hours", "7"),
        ("16m", "delay_warning_time", "16m"),
    ],
)
def test_time(time: str, name: str, expected: str) -> None:
    """Times are asked for in a unit, rounded down; a bare number has the parameter's own."""
    parameters = Parameters(
        {"delay_warning_time": time, "maximal_queue_lifetime": time, "other": "7h"}
    )

    assert expected == parameters[name]
    assert parameters.warning(name) is None


@pytest.mark.parametrize(
    ("time", "unit", "warned"),
    [
        ("999s", "seconds", None),
        ("1000s", "seconds", "longer unit"),
        ("1000m", "minutes", "longer unit"),
        ("1000h", "hours", "longer unit"),
        ("1000d", "days", None),
        ("1000w", "weeks", None),
        ("1s", "seconds", None),
        ("59s", "minutes", "shorter unit"),
        ("16m", "hours", "shorter unit"),
        ("6d", "weeks", "shorter unit"),
        ("0", "weeks", None),
    ],
)
def test_odd_times(time: str, unit: str, warned: str | None) -> None:
    """Numbers above 999 and zeros that are none are told, as bounce(5) says."""
    name = f"delay_warning_time_{unit}"
    warning = Parameters({"delay_warning_time": time}).warning(name)

    assert warning is None if warned is None else warned in str(warning)


@pytest.mark.parametrize("unit", ["years", "Days", "day", ""])
@pytest.mark.parametrize("parameter", ["delay_warning_time", "maximal_queue_lifetime"])
def test_unknown_unit(parameter: str, unit: str) -> None:
    """There are five units, in lower case and plural."""
    with pytest.raises(TemplateError, match="no unit of time"):
        Parameters().get(f"{parameter}_{unit}")


@pytest.mark.parametrize("time", ["4H", "2 h", "-1h", "", "$", "99999999999999h", "24855d9", "x"])
def test_bad_time(time: str) -> None:
    """A setting that is no time is an error when it is asked for."""
    with pytest.raises(TemplateError):
        Parameters({"delay_warning_time": time}).get("delay_warning_time_hours")


def test_hosts() -> None:
    """With SMTPUTF8 names of hosts are shown decoded, if they can be."""
    parameters = Parameters({"myhostname": "mail.xn--mller-kva.test", "mydomain": "xn--a.test"})

    assert "mail.müller.test" == parameters["myhostname"]
    assert parameters.warning("myhostname") is None
    assert "xn--a.test" == parameters["mydomain"]
    assert "xn--a.test" in str(parameters.warning("mydomain"))
    off = parameters.override({"smtputf8_enable": "no"})
    assert "mail.xn--mller-kva.test" == off["myhostname"]
    assert off.warning("mydomain") is None


@pytest.mark.parametrize(
    ("host", "domain"), [("a.b.example", "b.example"), ("single", "localdomain")]
)
def test_domain(host: str, domain: str) -> None:
    """The domain is the host without its first label."""
    assert domain == Parameters({"myhostname": host})["mydomain"]
    assert "set.example" == Parameters({"myhostname": host, "mydomain": "set.example"})["mydomain"]


def test_defaults() -> None:
    """What the daemon knows is known; other parameters of Postfix are not until they are set."""
    parameters = Parameters({"myhostname": "a.example"})

    assert "postmaster" == parameters["bounce_notice_recipient"]
    assert "a.example, localhost.example, localhost" == parameters["mydestination"]
    assert "" == parameters["relayhost"]
    assert "smtpd_recipient_limit" not in parameters
    assert "smtpd_recipient_limit" in parameters.override({"smtpd_recipient_limit": "5"})
    assert "bounce_queue_lifetime_days" not in parameters


def test_it_is_a_mapping() -> None:
    """Every name that it lists has a value; equal settings are equal parameters."""
    parameters = Parameters({"a": "1"})

    assert len(parameters) == len(dict(parameters)) == len(DEFAULTS) + 2
    assert {"a", "mydomain"} <= set(parameters)
    assert parameters == Parameters.parse("a = 1\n")
    assert hash(parameters) == hash(Parameters.parse("a = 1\n"))
    assert parameters != Parameters()
    assert parameters != "a = 1"
    assert 1 not in parameters  # type: ignore[comparison-overlap]  # asked on purpose
    assert parameters.warning("nosuch") is None
    with pytest.raises(KeyError):
        parameters["nosuch"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"a": "$a"}, "names itself"),
        ({"a": "$b", "b": "$c", "c": "${x:$b}"}, "names itself"),
        ({"a": "$"}, "value of a: no name"),
        ({"a": "$b", "b": "${x-y}"}, "value of b"),
        ({"a": "é", "smtputf8_enable": "maybe"}, "neither yes nor no"),
        ({"a": "${x?" * 30 + "}" * 30}, "deeper"),
    ],
)
def test_bad_values(settings: dict[str, str], message: str) -> None:
    """A value that cannot be expanded is an error when it is asked for."""
    with pytest.raises(TemplateError, match=message):
        Parameters(settings).get("a")


def test_no_value_explodes() -> None:
    """Values that double each other are stopped; a long chain of names is not."""
    doubling = {f"a{number}": f"$a{number + 1}" * 2 for number in range(100)}
    chain = {f"a{number}": f"$a{number + 1}" for number in range(10_000)}

    with pytest.raises(TemplateError, match=str(LONGEST_VALUE)):
        Parameters(doubling | {"a100": "xx"}).get("a0")
    assert "x" == Parameters(chain | {"a10000": "x"})["a0"]


@given(st.text("$ {}?:ab\n=#\r\t\x00é\udcff", max_size=60))
def test_any_main_cf(main_cf: str) -> None:
    """Any text gives parameters with printable values, or the documented error."""
    try:
        parameters = Parameters.parse(main_cf)
        values = [parameters[name] for name, _ in parameters.settings]
    except TemplateError:
        return

    assert all("\n" not in each and "\0" not in each for each in values)
