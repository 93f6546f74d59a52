"""How the client speaks: what settings cannot be."""

from typing import Any

import pytest

from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.errors import InvalidValue


@pytest.mark.parametrize(
    ("known", "match"),
    [
        ({"hello": ""}, "no name that EHLO can have"),
        ({"hello": "a b"}, "no name that EHLO can have"),
        ({"hello": "a\r\nMAIL"}, "the name in EHLO"),
        ({"bind_address": "localhost"}, "'localhost'"),
        ({"bind_address": "::1"}, "'::1'"),
        ({"bind_address6": "127.0.0.1"}, "'127.0.0.1'"),
        ({"most_recipients": 0}, "most_recipients: 0 is not a whole number"),
        ({"most_sessions": -1}, "most_sessions: -1 is not a whole number"),
        ({"session_seconds": -1.0}, "session_seconds: -1.0 is not a finite number"),
    ],
)
def test_bad_settings(known: dict[str, Any], match: str) -> None:
    """They are refused when they are made, and not in the middle of a session."""
    with pytest.raises(InvalidValue, match=match):
        ClientSettings(**{"hello": "mail.example.org", **known})


def test_bad_times() -> None:
    """No step can have no time."""
    with pytest.raises(InvalidValue, match=r"greeting: 0\.0 is not a finite number above 0"):
        Timeouts(greeting=0.0)


def test_where_connections_come_from() -> None:
    """Each version of IP has an address of its own; any will do without."""
    settings = ClientSettings(hello="a", bind_address="192.0.2.1", bind_address6="2001:db8::1")

    assert ("192.0.2.1", 0) == settings.local_address("198.51.100.1")
    assert ("2001:db8::1", 0) == settings.local_address("2001:db8::2")
    assert None is ClientSettings(hello="a").local_address("198.51.100.1")
