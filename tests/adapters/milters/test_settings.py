"""The settings of a mail filter."""

import pytest

from dsnlib.adapters.milters.settings import DefaultAction, Milter
from dsnlib.errors import InvalidValue


@pytest.mark.parametrize(
    ("where", "endpoint"),
    [
        ("inet:127.0.0.1:8891", ("127.0.0.1", 8891)),
        ("inet:filter.example:65535", ("filter.example", 65535)),
        ("inet:[::1]:8891", ("::1", 8891)),
        ("unix:/run/dkim.sock", "/run/dkim.sock"),
        ("unix:run/a b:c", "run/a b:c"),
    ],
)
def test_where_it_is(where: str, endpoint: object) -> None:
    """A filter is at a host and a port, or at a path."""
    milter = Milter(where=where)

    assert endpoint == milter.endpoint
    assert where == str(milter)


@pytest.mark.parametrize(
    "where",
    ["", "inet:", "inet:a", "inet:a:0", "inet:a:65536", "inet::1", "inet:a:1:2", "inet:a b:1",
     "inet:[g]:1", "inet6:[::1]:1", "unix:", "unix:/a\n", "/run/x", "local:/x", "INET:a:1"],
)  # fmt: skip
def test_what_is_no_place(where: str) -> None:
    """Anything else is refused with the forms that there are."""
    with pytest.raises(InvalidValue, match="neither inet:HOST:PORT nor unix:PATH"):
        Milter(where=where)


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("connect_seconds", 0, "connect_seconds: 0 is not a finite number above 0"),
        ("command_seconds", -1, "command_seconds: -1 is not"),
        ("content_seconds", float("nan"), "content_seconds: nan is not"),
        ("message_seconds", 0, "message_seconds"),
        ("protocol", 1, "not one of 2 to 6"),
        ("protocol", 7, "not one of 2 to 6"),
        ("data_octets", 1000, "data_octets 1000 is not one of"),
        ("body_octets", -1, "body_octets: -1 is not a whole number"),
    ],
)
def test_values_out_of_range(name: str, value: float, match: str) -> None:
    """A setting out of range is refused by its name."""
    with pytest.raises(InvalidValue, match=match):
        Milter(where="unix:/x", **{name: value})  # type: ignore[arg-type]  # a table


def test_defaults_are_those_of_postfix() -> None:
    """Time-outs and default action are those that administrators know."""
    milter = Milter(where="unix:/x")

    assert (30, 30, 300) == (
        milter.connect_seconds,
        milter.command_seconds,
        milter.content_seconds,
    )
    assert (6, DefaultAction.TEMPFAIL) == (milter.protocol, milter.default_action)
