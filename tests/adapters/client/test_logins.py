"""Tests of dsnlib.adapters.client.logins."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.logins import Logins, parse_login
from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.replies.tables import parse_table

TABLE = """\
ann@example.org           Ann:AnnSecret
@example.edu              Edu:x
mx.example.net            Host:h
[mail.example.net]:587    Hop:p
example.com               Domain:d
empty.example             Alone
colons.example            c:a:b:c
nobody.example            :secret-1
"""


def find(host: str, nexthop: str = "", *, sender: str = "", **fields: Any) -> Login | None:  # noqa: ANN401  any fields
    """Return the login by the table above."""
    is_lmtp = fields.pop("is_lmtp", False)
    table = parse_table("texthash", TABLE, origin="passwords")
    logins = Logins(**({"tables": (table,), "delimiter": "+"} | fields))
    return asyncio.run(logins.find(sender=sender, host=host, nexthop=nexthop, is_lmtp=is_lmtp))


@pytest.mark.parametrize(
    ("host", "nexthop", "user"),
    [
        ("mx.example.net", "[mail.example.net]:587", "Host"),
        ("MX.example.NET", "", "Host"),
        ("mx2.example.net", "[mail.example.net]:587", "Hop"),
        ("mx2.example.net", "[MAIL.example.net]:587", "Hop"),
        ("mx2.example.net", "[mail.example.net]", None),
        ("mx2.example.net", "example.com", "Domain"),
        ("mx2.example.net", "example.com:587", "Domain"),
        ("mx2.example.net", "[example.com]:587", "Domain"),
        ("mx2.example.net", "sub.example.com", None),
        ("localhost", "unix:/run/lmtp", None),
    ],
)
def test_servers(host: str, nexthop: str, user: str | None) -> None:
    """The host, the next hop as it is written, its name; case is kept in values alone."""
    found = find(host, nexthop)

    assert user == (None if found is None else found.user)


@pytest.mark.parametrize(
    ("sender", "user"),
    [
        ("ann@example.org", "Ann"),
        ("Ann+news@Example.org", "Ann"),
        ("bob@example.org", "Host"),
        ("bob@example.edu", "Edu"),
        ("bob@sub.example.edu", "Host"),
        ("", "Host"),
    ],
)
def test_senders(sender: str, user: str) -> None:
    """The address, without its extension, its domain; then the server."""
    found = find("mx.example.net", sender=sender, is_by_sender=True)

    assert found is not None
    assert user == found.user


def test_senders_have_no_say() -> None:
    """Unless it is wanted, and with LMTP never."""
    host, sender = "mx.example.net", "ann@example.org"
    unasked = find(host, sender=sender)
    lmtp = find(host, sender=sender, is_by_sender=True, is_lmtp=True)

    assert Login(user="Host", password="h") == unasked == lmtp


@pytest.mark.parametrize(
    ("value", "login"),
    [
        ("Ann:Secret", Login(user="Ann", password="Secret")),
        ("c:a:b:c", Login(user="c", password="a:b:c")),
        ("Alone", Login(user="Alone", password="")),
        ("ann@example.org:", Login(user="ann@example.org", password="")),
        ("\u00fc:\u00df ", Login(user="\u00fc", password="\u00df ")),
    ],
)
def test_values(value: str, login: Login) -> None:
    """The first colon parts the name from the password."""
    assert login == parse_login(value)


@pytest.mark.parametrize("value", ["", ":secret-1", "a:secret-1\0", "a:secret-1\r\nQUIT"])
def test_values_that_are_none(value: str) -> None:
    """The error does not show what is secret."""
    with pytest.raises(InvalidValue, match=r"^login: ") as caught:
        parse_login(value)

    assert "secret-1" not in f"{caught.value!r} {caught.value.value!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_value_that_is_no_login() -> None:
    """Mail waits; the error names table and key."""
    with pytest.raises(LookupFailed) as caught:
        find("nobody.example")

    assert "texthash:passwords: 'nobody.example': login: there is no name" in str(caught.value)
    assert "secret-1" not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    """In no value that a log may have."""
    assert "AnnSecret" not in repr(parse_login("Ann:AnnSecret"))


def test_tokens() -> None:
    """A table of access tokens says so."""
    assert Login(user="Host", password="h", is_token=True) == find("mx.example.net", is_token=True)


class _Broken:
    name = "sql:broken"
    has_fixed_keys = True

    def lookup(self, _key: str) -> str | None:
        """Fail."""
        message = "no connection"
        raise OSError(message)


def test_a_table_that_cannot_tell() -> None:
    """That is not "not found": who would go on would do so as a stranger."""
    with pytest.raises(LookupFailed, match="sql:broken"):
        find("mx.example.net", tables=(_Broken(),))


def test_no_table() -> None:
    """Nobody is asked."""
    assert None is find("mx.example.net", tables=())
