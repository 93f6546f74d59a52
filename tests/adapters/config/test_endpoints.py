"""Filters, policy services and places: where they are, and settings of their own."""

from __future__ import annotations

import contextlib
import datetime as dt
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.config.endpoints import (
    FILTERS,
    MACROS,
    PLACE,
    find_services,
    read_service,
)
from dsnlib.errors import InvalidValue


def test_filters() -> None:
    """A filter may have settings of its own, in braces."""
    found = FILTERS.read(
        "inet:127.0.0.1:8891, { unix:/run/a.sock, command_timeout = 5s default_action=accept }"
    )
    own = {"command_timeout": dt.timedelta(seconds=5), "default_action": "accept"}

    assert ["inet:127.0.0.1:8891", "unix:/run/a.sock"] == [each.where for each in found]
    assert [{}, own] == [dict(each.own) for each in found]
    again = tomllib.loads(f"value = {FILTERS.write(found)}")["value"]
    assert found == FILTERS.read(again)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tcp:x", "'tcp:x' is not a filter such as inet:127.0.0.1:8891"),
        ("inet:x:0", "'inet:x:0' is not a filter"),
        ("unix:relative", "'unix:relative' is not a filter"),
        ("{ }", "'' is not a filter"),
        ("{ inet:h:1, x=1 }", "'x=1' is no setting of a filter; there are default_action,"),
        ("{ inet:h:1, protocol }", "'protocol' is no setting of a filter"),
        ("{ inet:h:1, protocol=7 }", "protocol: 7 is not a number from 2 to 6"),
        ("{ inet:h:1, default_action=drop }", "default_action: 'drop' is not one of accept,"),
    ],
)
def test_bad_filter(text: str, message: str) -> None:
    """What is no filter is refused, with what there is."""
    with pytest.raises(InvalidValue, match=r".") as caught:
        FILTERS.read(text)

    assert message in str(caught.value)


def test_service() -> None:
    """A policy service may have an action that holds while it is away, with blanks in it."""
    found = read_service("{ inet:[::1]:10023, default_action=450 4.7.1 later, timeout=3s }")

    assert "inet:[::1]:10023" == found.where
    assert {"default_action": "450 4.7.1 later", "timeout": dt.timedelta(seconds=3)} == found.own
    with pytest.raises(InvalidValue, match=r"default_action: action: 'LATER' is not an action"):
        read_service("{ inet:h:1, default_action=LATER }")


def test_find_services() -> None:
    """Services are found in every list; one that cannot be read has none."""
    lists = [
        "permit_mynetworks, check_policy_service { inet:h:1, timeout=1s }, reject",
        "CHECK_policy_service unix:/x, check_policy_service",
        "check_policy_service {",
        "reject",
    ]

    assert ["{ inet:h:1, timeout=1s }", "unix:/x"] == list(find_services(lists))


def test_macros() -> None:
    """Macros are names, with braces or without."""
    assert ("j", "{client_addr}") == MACROS.read("j {client_addr}")
    for text in ("{a b}", "a-b", "{"):
        with pytest.raises(InvalidValue, match=r"macro|brace"):
            MACROS.read(text)


def test_place() -> None:
    """A place is an address and a port; an empty one is nowhere."""
    assert [("::1", 9154), None] == [PLACE.read("[::1]:9154"), PLACE.read("")]
    assert ['"[::1]:9154"', '""'] == [PLACE.write(("::1", 9154)), PLACE.write(None)]
    for text in ("127.0.0.1", "x:99999", "::1:25", ":25"):
        with pytest.raises(InvalidValue, match="is not an address and a port"):
            PLACE.read(text)


@given(st.text(alphabet="{}=, :inetux/1h_dfaul", max_size=60))
def test_any_text(text: str) -> None:
    """Whatever is written, it is an endpoint or an InvalidValue."""
    for read in (FILTERS.read, read_service, MACROS.read):
        # Most texts are none.
        with contextlib.suppress(InvalidValue):
            assert read(text) == read(text)
