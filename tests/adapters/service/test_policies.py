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
        ("reject_maps_rbl", "maps_rbl_domains"),
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


def test_bad_policy_service() -> None:
    """A policy service that is none is told with the list that names it."""
    (found,) = errors_of("smtpd_data_restrictions = 'check_policy_service unix:x'")
    expected = "1: smtpd_data_restrictions: check_policy_service: 'unix:x' is not a policy service"
    assert found.startswith(expected)

    (found,) = errors_of("smtpd_data_restrictions = 'check_policy_service'")
    assert "1: smtpd_data_restrictions: check_policy_service needs a service behind it" == found
    (found,) = errors_of("smtpd_restriction_classes = { a = 'check_policy_service x' }")
    assert found.startswith("1: smtpd_restriction_classes: check_policy_service: 'x' is not a")


def test_policy_services_are_shared() -> None:
    """Lists and listeners that name the same service ask it over the same connections."""
    text = (
        "smtpd_policy_service_timeout = '7s'\n"
        "smtpd_recipient_restrictions = 'check_policy_service inet:127.0.0.1:1'\n"
        "smtpd_data_restrictions = 'check_policy_service { inet:127.0.0.1:1, timeout=7s }'\n"
        "smtpd_restriction_classes = { a = 'check_policy_service { inet:127.0.0.1:1,"
        " timeout=8s }' }\n"
    )
    server = build(read_settings(f"{text}{LISTEN}{LISTEN}port = 26\n"))

    assert 2 == len(server.services)
    first, second = (each.listener.policy.site.policies for each in server.listeners)
    assert dict(first) == dict(second)
    assert 3 == len(first)


def test_policy_service_is_away() -> None:
    """A service that is away puts mail off, unless the site has said what holds then."""
    name = "check_policy_service inet:127.0.0.1:1"
    said = verdict(f"smtpd_recipient_restrictions = '{name}'", login="ann")
    assert said.reply is not None
    assert "451 4.3.0" == str(said.reply)[:9]

    text = "smtpd_policy_service_default_action = '450 4.7.1 later'\n"
    said = verdict(f"{text}smtpd_recipient_restrictions = '{name}'", login="ann")
    assert said.reply is not None
    assert "450 4.7.1" == str(said.reply)[:9]
    assert verdict(
        "smtpd_recipient_restrictions = 'check_policy_service { inet:127.0.0.1:1,"
        " default_action=DUNNO }'",
        login="ann",
    ).is_permitted


def test_table_names_a_policy_service(tmp_path: Path) -> None:
    """A table may lead to a service that a list names, by a class, and to no other."""
    table = tmp_path / "access"
    table.write_text("far.example asked\n", "utf-8")
    text = (
        "smtpd_restriction_classes = { asked = 'check_policy_service { inet:127.0.0.1:1,"
        " default_action=REJECT }' }\n"
        f"smtpd_recipient_restrictions = 'check_recipient_access hash:{table}'\n"
    )
    said = verdict(text, login="ann")
    assert said.reply is not None
    assert 554 == said.reply.code

    table.write_text("far.example check_policy_service inet:127.0.0.1:2\n", "utf-8")
    (found,) = errors_of(text)
    assert "'inet:127.0.0.1:2' is not a policy service of this site" in found


def test_reply_codes() -> None:
    """The codes of refusals are the site's own."""
    said = verdict(
        "reject_code = 521\nsmtpd_sender_restrictions = 'reject'\n",
    )
    assert said.reply is not None
    assert 521 == said.reply.code

    text = "mydestination = 'far.example'\nlocal_recipient_maps = 'inline:{ ann=x }'\n"
    said = verdict(f"{text}unknown_local_recipient_reject_code = 450")
    assert said.reply is not None
    assert "450 4.1.1" == str(said.reply)[:9]
    (found,) = errors_of("reject_code = 250")
    assert "1: reject_code: 250 is not a number from 400 to 599" == found


def test_site() -> None:
    """Block lists and the networks of other MX are what the restrictions ask."""
    text = "maps_rbl_domains = 'list.example'\npermit_mx_backup_networks = '192.0.2.0/24'\n"
    site = build(read_settings(text + LISTEN)).listeners[0].listener.policy.site

    assert ("list.example",) == site.block_lists
    assert site.backup_networks is not None
    assert "192.0.2.0/24" == site.backup_networks.lookup("192.0.2.7")


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
