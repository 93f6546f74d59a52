"""Our client and servers of others: every parameter arrives, every refusal comes back.

What a server was told is seen in what it tells the next one, and in its log.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest

from dsnlib import parse_mail_parameters, parse_rcpt_parameters
from tests.interop.client_network import (
    FULL,
    MAILBOXES,
    Asked,
    Servers,
    client_network_running,
    send,
    subject_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTIFY = (
    None, "NEVER", "SUCCESS", "FAILURE", "DELAY", "SUCCESS,FAILURE", "SUCCESS,DELAY",
    "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY",
)  # fmt: skip
RELAYS = ("postfix", "exim", "opensmtpd")
MAIL = (
    (),
    ("RET=FULL",),
    ("RET=HDRS", "ENVID=QQ314159"),
    ("ENVID=a+2Bb+3Dc+20d@e",),
)
# What each announces, as our own reading of its manual and its greeting.
EXTENSIONS = {
    "postfix": {"PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "STARTTLS"},
    "exim": {"PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "STARTTLS"},
    "opensmtpd": {"SIZE", "8BITMIME", "DSN", "STARTTLS"},
    "plain": {"SIZE", "8BITMIME"},
    "lmtp": {"PIPELINING", "CHUNKING", "8BITMIME", "STARTTLS"},
}
_SUBJECTS = (f"letter-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """All servers at once: what takes time is to start them."""
    with client_network_running() as found:
        yield found


def asked_of(name: str, *, mail: tuple[str, ...], each_alone: bool) -> list[Asked]:
    """Return messages with a recipient for each NOTIFY, half of them with ORCPT."""
    recipients = {}
    for number, notify in enumerate(NOTIFY):
        words = [] if notify is None else [f"NOTIFY={notify}"]
        if number % 2:
            words.append(f"ORCPT=rfc822;first+2B{number}@{name}.example")
        recipients[f"to-{number}@{name}.example"] = tuple(words)
    if each_alone:
        return [Asked(mail=mail, recipients={to: words}) for to, words in recipients.items()]
    return [Asked(mail=mail, recipients=recipients)]


def assert_arrived(servers: Servers, asked: Asked, subject: str) -> None:
    """Assert that the hop behind a server was told what was asked."""
    onward = servers.onward(subject, len(asked.recipients))

    assert asked.recipients.keys() == onward.keys()
    for address, words in asked.recipients.items():
        mail_text, rcpt_text = onward[address]
        mail = parse_mail_parameters(mail_text, known={"SIZE", "BODY"})
        rcpt = parse_rcpt_parameters(rcpt_text)
        wanted = parse_rcpt_parameters(words)
        # A relay may make up what is missing (RFC 3461 s5.2.1 (d)); Postfix does.
        made_up = parse_rcpt_parameters(f"ORCPT=rfc822;{address}").orcpt
        assert parse_mail_parameters(asked.mail).ret == mail.ret
        assert parse_mail_parameters(asked.mail).envid == mail.envid
        assert wanted.notify == rcpt.notify
        assert rcpt.orcpt in ([None, made_up] if wanted.orcpt is None else [wanted.orcpt])


@pytest.mark.parametrize("mail", MAIL, ids=" ".join)
@pytest.mark.parametrize("name", RELAYS)
def test_what_was_asked_arrives(name: str, mail: tuple[str, ...], servers: Servers) -> None:
    """RET, ENVID, each NOTIFY and ORCPT, on the recipient that it was asked for."""
    # OpenSMTPD 6.8 adds the NOTIFY of a recipient to that of all before it; see below.
    messages = {
        next(_SUBJECTS): asked
        for asked in asked_of(name, mail=mail, each_alone=name == "opensmtpd")
    }
    for subject, asked in messages.items():
        sending = send(servers.port(name), asked, subject=subject)

        assert {"handed-on"} == {disposition for disposition, _, _ in sending.told().values()}
        assert {True} == {each.has_dsn for each in sending.results}
    for subject, asked in messages.items():
        assert_arrived(servers, asked, subject)


def test_one_message_each_where_parameters_run_on(servers: Servers) -> None:
    """OpenSMTPD 6.8 forgets no NOTIFY within a transaction: what we say is right nonetheless.

    It refuses NEVER then, and that comes back on the recipient; what it told the next hop
    of others is its own doing.
    """
    recipients = {
        "one@opensmtpd.example": ("NOTIFY=SUCCESS",),
        "two@opensmtpd.example": ("NOTIFY=NEVER",),
        "three@opensmtpd.example": (),
    }

    sending = send(servers.opensmtpd.port, Asked(recipients=recipients))

    assert [
        "RCPT TO:<one@opensmtpd.example> NOTIFY=SUCCESS",
        "RCPT TO:<two@opensmtpd.example> NOTIFY=NEVER",
        "RCPT TO:<three@opensmtpd.example>",
    ] == sending.commands("RCPT")
    assert all(each.is_success or each.code == 553 for each in sending.results)
    assert [True, True] == [each.is_success for each in sending.results[::2]]


@pytest.mark.parametrize("local", ["to", "jörg"])
@pytest.mark.parametrize("name", ["postfix", "exim"])
def test_an_original_recipient_in_utf_8(name: str, local: str, servers: Servers) -> None:
    """Goes as it was given, beside SMTPUTF8 where the message needs that (RFC 6533 s3)."""
    address = f"{local}@{name}.example"
    asked = Asked(
        recipients={address: ("NOTIFY=FAILURE", r"ORCPT=utf-8;j\x{F6}rg@first.example")},
        smtputf8=True,
    )
    subject = next(_SUBJECTS)

    sending = send(servers.port(name), asked, subject=subject)

    assert {"handed-on"} == {disposition for disposition, _, _ in sending.told().values()}
    (mail,) = sending.commands("MAIL")
    assert (local != "to") == ("SMTPUTF8" in mail.split())
    _, rcpt_text = servers.onward(subject, 1)[address]
    orcpt = parse_rcpt_parameters(rcpt_text).orcpt
    assert orcpt is not None
    assert "utf-8;jörg@first.example" == f"{orcpt.type.lower()};{orcpt.address}"


def test_an_address_type_that_is_not_taken(servers: Servers) -> None:
    """OpenSMTPD knows no ORCPT of type utf-8: that recipient alone is refused."""
    sending = send(
        servers.opensmtpd.port,
        Asked(
            recipients={
                "one@opensmtpd.example": (r"ORCPT=utf-8;j\x{F6}rg@first.example",),
                "two@opensmtpd.example": (),
            }
        ),
    )

    assert [("failed", 553), ("handed-on", 250)] == [
        (disposition, code) for disposition, _, code in sending.told().values()
    ]


@pytest.mark.parametrize(("name", "is_lmtp"), [("plain", False), ("lmtp", True)])
def test_without_dsn_nothing_is_asked(name: str, is_lmtp: bool, servers: Servers) -> None:  # noqa: FBT001  a table
    """Parameters that were not announced are refused, so they are left out, and that is told."""
    recipients = {each: ("NOTIFY=SUCCESS", f"ORCPT=rfc822;{each}") for each in MAILBOXES}
    asked = Asked(mail=("RET=HDRS", "ENVID=QQ314159"), recipients=recipients)

    sending = send(servers.port(name), asked, is_lmtp=is_lmtp)

    assert [f"RCPT TO:<{each}>" for each in MAILBOXES] == sending.commands("RCPT")
    (mail,) = sending.commands("MAIL")
    assert set() == {"RET", "ENVID"} & {word.partition("=")[0] for word in mail.split()}
    assert {False} == {each.has_dsn for each in sending.results}
    assert {"relayed"} == {disposition for disposition, _, _ in sending.told().values()}


@pytest.mark.parametrize("name", ["postfix", "exim", "opensmtpd"])
def test_who_is_refused(name: str, servers: Servers) -> None:
    """A refusal is on its recipient, whatever stands around it, and the others have the mail."""
    gone = f"gone@{name}.example"
    taken = [f"{each}@{name}.example" for each in ("one", "two", "three")]
    recipients = dict.fromkeys([taken[0], gone, *taken[1:]], ("NOTIFY=FAILURE",))
    subject = next(_SUBJECTS)

    sending = send(servers.port(name), Asked(recipients=recipients), subject=subject)

    assert list(recipients) == [each.recipient for each in sending.results]
    for each in sending.results:
        assert (each.recipient != gone) == each.is_success
        assert (550 if each.recipient == gone else 250) == each.code
        assert ("RCPT" if each.recipient == gone else "end of data") == each.command
    assert set(taken) == servers.onward(subject, len(taken)).keys()


def test_who_is_refused_by_a_mail_store(servers: Servers) -> None:
    """One is not known at RCPT, another's mailbox is full after the message (RFC 2033 s4.2)."""
    recipients = [MAILBOXES[0], FULL, "gone@lmtp.example", *MAILBOXES[1:]]
    subject = next(_SUBJECTS)

    sending = send(
        servers.lmtp.port, Asked(recipients=dict.fromkeys(recipients, ())),
        subject=subject, is_lmtp=True,
    )  # fmt: skip

    assert [
        (MAILBOXES[0], "relayed", "2.0.0", 250, "end of data"),
        (FULL, "failed", "5.2.2", 552, "end of data"),
        ("gone@lmtp.example", "failed", "5.1.1", 550, "RCPT"),
        (MAILBOXES[1], "relayed", "2.0.0", 250, "end of data"),
        (MAILBOXES[2], "relayed", "2.0.0", 250, "end of data"),
    ] == [
        (each.recipient, each.outcome.disposition.value, str(each.status), each.code, each.command)
        for each in sending.results
    ]
    for each in (*MAILBOXES, FULL):
        copies = [data for data in servers.lmtp.mailbox(each) if subject_of(data) == subject]
        assert (each != FULL) == len(copies)


@pytest.mark.parametrize("name", EXTENSIONS)
def test_what_is_announced_is_used(name: str, servers: Servers) -> None:
    """And nothing else: of two servers that differ, each is spoken to in its own way."""
    has = EXTENSIONS[name]
    is_lmtp = name == "lmtp"
    recipients = MAILBOXES[:2] if is_lmtp else ("one@y.example", "two@y.example")

    sending = send(
        servers.port(name), Asked(recipients=dict.fromkeys(recipients, ())),
        body="größer\r\n.\r\n..", is_lmtp=is_lmtp,
    )  # fmt: skip

    assert {True} == {each.is_success for each in sending.results}
    announced = {text[4:].split()[0].upper() for side, text in sending.said if side == "S"}
    assert has == announced & EXTENSIONS["postfix"]
    (mail,) = sending.commands("MAIL")
    assert ("SIZE" in has) == ("SIZE=" in mail)
    assert "BODY=8BITMIME" in mail
    assert ("CHUNKING" in has) == bool(sending.commands("BDAT"))
    assert ("CHUNKING" not in has) == bool(sending.commands("DATA"))
    sides = "".join(side for side, _ in sending.said[sending.said.index(("C", mail)) :])
    # MAIL and both RCPT before the first answer.
    assert ("PIPELINING" in has) == sides.startswith("CCC")


def test_what_servers_say_of_it(servers: Servers) -> None:
    """Postfix counts the commands, and Exim marks CHUNKING and PIPELINING."""
    for name in ("postfix", "exim"):
        subject = next(_SUBJECTS)
        send(servers.port(name), Asked(recipients={"one@y.example": ()}), subject=subject)
        servers.onward(subject, 1)

    postfix = (servers.postfix.root / "log").read_text("utf-8")
    assert re.search(r"disconnect from .* ehlo=1 mail=1 rcpt=1 bdat=1 quit=1", postfix)
    assert re.search(
        r"<= ann@here\.example H=\(client\.example\) .* P=esmtp L.* K ", servers.exim.log()
    )


def test_octets_arrive(servers: Servers) -> None:
    """Lines with dots, without end and beyond ASCII are the same behind DATA and BDAT."""
    body = ".\r\n..\r\n.x\r\nä \r\n\r\n" + "y" * 900
    for name in RELAYS:
        subject = next(_SUBJECTS)
        send(
            servers.port(name), Asked(recipients={"one@y.example": ()}), subject=subject, body=body
        )
        servers.onward(subject, 1)
        (content,) = [
            each.content for each in servers.hop.taken if subject_of(each.content) == subject
        ]

        assert f"{body}\r\n".encode() == content.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("name", ["postfix", "exim", "opensmtpd", "lmtp"])
def test_one_connection_for_several(name: str, servers: Servers) -> None:
    """What is sent next goes over the connection that is there."""
    is_lmtp = name == "lmtp"
    recipient = MAILBOXES[0] if is_lmtp else "one@y.example"
    sending = send(servers.port(name), Asked(recipients={recipient: ()}), is_lmtp=is_lmtp, times=3)

    assert [(True, 1), (True, 2), (True, 3)] == [
        (each.is_success, each.connection_uses) for each in sending.results
    ]
    assert 1 == len([text for side, text in sending.said if side == "S" and text[:3] == "220"])
