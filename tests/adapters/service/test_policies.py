"""Restrictions of a listener: their tables, and what this server does not have."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.config.settings import InvalidSettings
from dsnlib.adapters.service.build import build
from dsnlib.adapters.service.tables import FirstOf, Networks, NoTable, Tables
from dsnlib.replies.judge import Verdict, judge
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.stage import Stage
from dsnlib.replies.table import ask

if TYPE_CHECKING:
    from pathlib import Path

LISTEN = "[[listen]]\nsmtpd_peername_lookup = false\n"


def verdict(text: str, *, login: str | None = None, recipient: str = "x@far.example") -> Verdict:
    """Return what is said to a stranger who wants to reach a recipient."""
    policy = build(read_settings(f"{text}\n{LISTEN}")).listeners[0].listener.policy
    session = SmtpSession(
        client=Client(address="192.0.2.1"),
        helo="far.example",
        sender="ann@example.net",
        recipient=recipient,
        login=login,
    )
    return asyncio.run(judge(policy, session, Stage.RECIPIENT))


def errors_of(text: str) -> list[str]:
    """Return what is wrong with a text."""
    with pytest.raises(InvalidSettings) as caught:
        build(read_settings(f"{text}\n{LISTEN}", origin="x"))
    return [str(each).removeprefix("x:") for each in caught.value.errors]


def test_relay() -> None:
    """A stranger does not relay; an account does; mail for our domains is taken."""
    said = verdict("")
    assert said.reply is not None
    assert 454 == said.reply.code
    assert verdict("", login="ann").is_permitted

    ours = "mydestination = 'far.example'"
    assert verdict(ours).is_permitted


def test_unknown_mailbox() -> None:
    """A mailbox that is not there is refused at RCPT, unless that is switched off."""
    text = "mydestination = 'far.example'\nlocal_recipient_maps = 'inline:{ ann=x }'\n"
    said = verdict(text)
    assert said.reply is not None
    assert "550 5.1.1" == str(said.reply)[:9]
    assert verdict(f"{text}smtpd_reject_unlisted_recipient = 'no'").is_permitted


def test_classes(tmp_path: Path) -> None:
    """A table may name a class of the site's own."""
    table = tmp_path / "access"
    table.write_text("far.example strict\n", "utf-8")
    said = verdict(
        "smtpd_restriction_classes = { strict = 'reject' }\n"
        f"smtpd_recipient_restrictions = 'check_recipient_access hash:{table}'\n",
        login="ann",
    )

    assert said.reply is not None
    assert 554 == said.reply.code


def test_login_owners() -> None:
    """Several tables of owners are asked in turn."""
    said = verdict(
        "smtpd_sender_login_maps = 'inline:{ x=y }, inline:{ ann@example.net=ann }'\n"
        "smtpd_sender_restrictions = 'reject_sender_login_mismatch'\n",
        login="bob",
    )

    assert said.reply is not None
    assert "553 5.7.1" == str(said.reply)[:9]


@pytest.mark.parametrize(
    ("restriction", "lacking"),
    [
        ("reject_unverified_sender", "somebody who asks other systems for addresses"),
        ("reject_maps_rbl", "lists of its own: write reject_rbl_client"),
        ("permit_tls_clientcerts", "relay_clientcerts"),
        ("reject_sender_login_mismatch", "smtpd_sender_login_maps"),
    ],
)
def test_lacking(restriction: str, lacking: str) -> None:
    """What a restriction needs and the site has not is told with its key and line."""
    (found,) = errors_of(f"\nsmtpd_sender_restrictions = '{restriction}'")

    assert found.startswith(f"2: smtpd_sender_restrictions: {restriction} needs {lacking}")


def test_bad_class_table() -> None:
    """A table of a class that cannot be opened is an error of the classes."""
    (found, *_) = errors_of("smtpd_restriction_classes = { a = 'hash:/no/such' }")

    assert found.startswith("1: smtpd_restriction_classes: /no/such: cannot be read")


def test_policy_service() -> None:
    """This server has no policy services."""
    (found, *_) = errors_of("smtpd_data_restrictions = 'check_policy_service unix:x'")

    assert "1: smtpd_data_restrictions: 'unix:x' is not a policy service of this site" == found


def test_tables_are_shared(tmp_path: Path) -> None:
    """A table that stands twice is opened once, and follows its file when it is looked at."""
    path = tmp_path / "table"
    path.write_text("a 1\n", "utf-8")
    tables = Tables(read_settings(LISTEN))
    first = tables.open("transport_maps", f"hash:{path}")
    second = tables.open("relay_recipient_maps", f"hash:{path}")
    assert first is second

    path.write_text("a two\n", "utf-8")
    assert "1" == first.lookup("a")
    tables.refresh()
    assert "two" == first.lookup("a")


def test_first_of() -> None:
    """Of several tables the first that has a key counts."""
    tables = Tables(read_settings(LISTEN))
    specs = ["inline:{ a=1 }", "inline:{ a=2, b=3 }", "cidr:/no/such"]
    both = FirstOf(tables.open_all("transport_maps", specs))

    assert ["1", "3", None] == [asyncio.run(ask(both, each)) for each in "abc"]
    assert both.has_fixed_keys
    assert 1 == len(tables.errors)
    assert asyncio.run(ask(NoTable("x"), "a")) is None


def test_networks() -> None:
    """An address is in a network, and a name is in none."""
    networks = Networks(read_settings(LISTEN).system.mynetworks, name="mynetworks")
    asked = ("127.0.0.9", "::1", "192.0.2.1", "localhost", "")

    assert ["127.0.0.0/8", "::1/128", None, None, None] == [networks.lookup(each) for each in asked]
