"""Dialects of other packages are found, and their mistakes are kept apart."""

import importlib.metadata
import logging
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from dsnlib.adapters.dialects import GROUP, installed_dialects
from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.dialects.shipped import dialect_index
from dsnlib.bounces.read import read_bounces

ONE = Dialect(name="one", needles=["one says no to"], recipients=["one says no to {address}"])
TWO = Dialect(name="two", needles=["two says no to"])
BOTH = (ONE, TWO)
LIST = [TWO]
NONE = ("two",)
NUMBER = 5


def install(monkeypatch: pytest.MonkeyPatch, **entries: str) -> None:
    """Let these entry points be all that are installed."""
    points = EntryPoints(
        EntryPoint(name=name, value=value, group=GROUP) for name, value in entries.items()
    )

    def entry_points(*, group: str) -> EntryPoints:
        return points.select(group=group)

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Make this module one that an entry point can name, and return its name."""
    name = "dsnlib_dialects_of_a_test"
    monkeypatch.setitem(__import__("sys").modules, name, request.module)
    return name


def test_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without entry points there are no dialects of others."""
    install(monkeypatch)

    assert () == installed_dialects()


def test_the_real_ones_are_read() -> None:
    """Whatever is installed here, it is read without an error."""
    assert isinstance(installed_dialects(), tuple)


def test_one_and_some(monkeypatch: pytest.MonkeyPatch, here: str) -> None:
    """An entry point is a dialect, or some; they come in the order of the names."""
    install(monkeypatch, zebra=f"{here}:ONE", acme=f"{here}:LIST", more=f"{here}:BOTH")

    assert (TWO, ONE, TWO, ONE) == installed_dialects()


@pytest.mark.parametrize("value", ["no_such_module:X", "{}:MISSING", "{}:NONE", "{}:NUMBER"])
def test_a_mistake_costs_its_own(
    monkeypatch: pytest.MonkeyPatch, here: str, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    """What cannot be loaded is logged with its name, and the others are there."""
    install(monkeypatch, bad=value.format(here), good=f"{here}:ONE")

    with caplog.at_level(logging.WARNING, logger="dsnlib.dialects"):
        assert (ONE,) == installed_dialects()

    (record,) = caplog.records
    assert ("dsnlib.dialects", "WARNING") == (record.name, record.levelname)
    assert "entry point bad is left out" in record.getMessage()


def test_they_are_asked(monkeypatch: pytest.MonkeyPatch, here: str) -> None:
    """A dialect of another package reads its bounces beside ours."""
    install(monkeypatch, acme=f"{here}:BOTH")
    mail = (
        b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nSubject: Undelivered mail\n\n"
        b"One says no to bob@example.org, 550 5.1.1, ask carol@example.net.\n"
    )

    (event,) = read_bounces(mail, dialects=dialect_index(installed_dialects()))

    assert ("bob@example.org", "one") == (event.recipient, event.dialect)
