"""The logs that a real Postfix and a real Exim write, read by us.

A message goes to recipients whom the next hop takes, refuses and puts off, and to addresses
that look like lines of a log about somebody else.
"""

from __future__ import annotations

import datetime as dt
import smtplib
from typing import TYPE_CHECKING

import pytest

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.logs.exim import EximLog
from dsnlib.bounces.logs.postfix import PostfixLog
from dsnlib.bounces.taxonomy import Permanence, Reason
from tests.interop.peers.exim import exim_running
from tests.interop.peers.hop import Hop, hop_running
from tests.interop.peers.postfix import postfix_running
from tests.interop.peers.running import HOST, free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIE = "no), to=<al@example.org>, relay=none, delay=0, dsn=2.0.0, status=sent (250 yes"
REPLIES = {
    "gone": f"550-5.1.1 Nobody of\r\n550 5.1.1 that name; {LIE}",
    "later": "451 4.7.1 greylisted, come back later",
    "full": "452 4.2.2 the mailbox is over quota",
    "plain": "550 we will not",
}
# What is in quotes is written as if it were a line about al@example.org.
FORGED = (
    '"a, b> c"@example.org',
    '"al@example.org>, relay=none, delay=0, dsn=5.1.1, status=bounced (no) "@example.org',
    '"al@example.org R=a: 550 5.1.1 no"@example.org',
    r'"al@example.org <\"z\"@z> R=a"@example.org',
)
WANTED = {
    "bob@example.org": (EventKind.RELAYED, None, 250),
    "gone@example.org": (EventKind.FAILURE, Reason.UNKNOWN_USER, 550),
    "later@example.org": (EventKind.DELAY, Reason.GREYLISTED, 451),
    "full@example.org": (EventKind.DELAY, Reason.MAILBOX_FULL, 452),
    "plain@example.org": (EventKind.FAILURE, Reason.UNDEFINED, 550),
    **dict.fromkeys(FORGED, (EventKind.RELAYED, None, 250)),
}


@pytest.fixture(scope="module")
def hop() -> Iterator[Hop]:
    """The next hop of both."""

    def answer(address: str) -> str:
        return REPLIES.get(address.partition("@")[0], "250 2.1.5 Fine")

    with hop_running(Hop(answer=answer)) as found:
        yield found


def send(port: int) -> list[str]:
    """Give the message to a server; return the recipients that it has refused itself."""
    refused = []
    with smtplib.SMTP(HOST, port) as client:
        client.ehlo("client.example")
        client.mail("ann@example.net")
        for address in WANTED:
            code, _ = client.docmd(f"RCPT TO:<{address}>")
            if code != 250:
                refused.append(address)
        client.data(b"From: ann@example.net\r\nMessage-ID: <one@example.net>\r\n\r\nhello\r\n")
    return refused


def first_of(events: list[BounceEvent]) -> dict[str, BounceEvent]:
    """Return what was told first of each recipient of our message."""
    return {
        event.recipient: event
        for event in reversed(events)
        if event.message_id == "one@example.net"
    }


def assert_told(events: list[BounceEvent], refused: list[str]) -> None:
    """Assert that each recipient is told of, as it went, and nobody else."""
    found = first_of(events)
    now = dt.datetime.now(dt.UTC)

    assert {to: wanted for to, wanted in WANTED.items() if to not in refused} == {
        to: (event.kind, event.reason, event.reply_code) for to, event in found.items()
    }
    assert "al@example.org" not in {event.recipient for event in events}
    assert {HOST} == {event.remote_mta for event in found.values()}
    for event in events:
        assert event.occurred is not None
        assert abs(now - event.occurred) < dt.timedelta(minutes=2)


def lines_of(log: Callable[[], str]) -> list[str]:
    """Return a log once it tells of every recipient that the hop has seen."""
    wait_for(
        lambda: all(name in log() for name in ("gone@", "later@", "full@", "plain@", "bob@")),
        what="a log of the message",
    )
    return log().splitlines()


@pytest.mark.parametrize("long_ids", ["no", "yes"])
def test_postfix(hop: Hop, long_ids: str) -> None:
    """Every recipient is read from Postfix's log, and who expires at once has failed."""
    settings = {
        "relayhost": f"[{HOST}]:{hop.port}",
        "enable_long_queue_ids": long_ids,
        "maximal_queue_lifetime": "0",
        "bounce_queue_lifetime": "0",
    }
    with postfix_running(settings) as postfix:
        refused = send(postfix.port)
        path = postfix.root / "log"
        wait_for(
            lambda: "status=expired" in path.read_text("utf-8", "replace"), what="what expires"
        )
        log = PostfixLog(zone=dt.datetime.now().astimezone().tzinfo or dt.UTC)
        now = dt.datetime.now(dt.UTC)
        lines = lines_of(lambda: path.read_text("utf-8", "replace"))
        events = [event for line in lines for event in log.feed(line, now=now)]

    assert_told(events, refused)
    assert {"postfix"} == {event.reporting_mta for event in events}
    expired = {
        event.recipient: (event.reason, event.permanence)
        for event in events
        if event.evidence[0].rule == "postfix-log/expired"
    }
    assert {
        "later@example.org": (Reason.GREYLISTED, Permanence.SOFT),
        "full@example.org": (Reason.MAILBOX_FULL, Permanence.SOFT),
    } == expired


AGENTS = {
    "bob@lmtp.example": (EventKind.SUCCESS, "250"),
    "gone@lmtp.example": (EventKind.FAILURE, "550"),
    "bob@error.example": (EventKind.FAILURE, "5.1.6"),
    "bob@retry.example": (EventKind.DELAY, "4.3.2"),
    "bob@nowhere.example": (EventKind.DELAY, "4.4.1"),
    "bob@local.example": (EventKind.EXPANDED, "2.0.0"),
    "al@smtp.example": (EventKind.RELAYED, "250"),
}


def test_agents_of_postfix(hop: Hop) -> None:
    """Each of Postfix's agents is read, and what it throws away or only tries is no event."""
    routes = (
        f"lmtp.example=lmtp:[{HOST}]:{hop.port}",
        "{error.example=error:5.1.6 the mailbox has moved}",
        "{retry.example=retry:4.3.2 not today}",
        "discard.example=discard:",
        f"nowhere.example=smtp:[{HOST}]:{free_port()}",
    )
    settings = {
        "relayhost": f"[{HOST}]:{hop.port}",
        "mydestination": "local.example",
        "alias_maps": "inline:{{bob=al@smtp.example}}",
        "transport_maps": f"inline:{{{', '.join(routes)}}}",
    }
    with postfix_running(settings) as postfix:
        mail = b"From: ann@example.net\nMessage-ID: <one@example.net>\n\nhello\n"
        addresses = [*AGENTS, "bob@discard.example"]
        postfix.send(
            mail, "-f", "ann@example.net", *[each for each in addresses if "al@" not in each]
        )
        postfix.run("sendmail", "-bv", "-f", "ann@example.net", "gone@x.example", "bob@x.example")
        path = postfix.root / "log"
        seen = [*(f"to=<{each}>" for each in addresses), "gone@x.example", "bob@x.example"]
        wait_for(
            lambda: all(each in path.read_text("utf-8", "replace") for each in seen), what="a log"
        )
        lines = path.read_text("utf-8", "replace").splitlines()
    log = PostfixLog(zone=dt.datetime.now().astimezone().tzinfo or dt.UTC)
    now = dt.datetime.now(dt.UTC)
    events = [event for line in lines for event in log.feed(line, now=now)]
    told = {event.recipient: event for event in reversed(events)}

    assert {to: kind for to, (kind, _) in AGENTS.items()} == {
        to: event.kind for to, event in told.items() if to in AGENTS
    }
    for to, (_, code) in AGENTS.items():
        assert code in (str(told[to].reply_code), str(told[to].status))
    assert "bob@discard.example" not in told
    # Addresses that were tried without a message
    assert EventKind.FAILURE is told["gone@x.example"].kind
    assert "bob@x.example" not in told


@pytest.mark.parametrize("selector", ["+all", "", "+all_parents +millisec +pid +smtp_confirmation"])
def test_exim(hop: Hop, selector: str) -> None:
    """Every recipient is read from Exim's log, whatever it is told to write."""
    with exim_running(next_port=hop.port, selector=selector) as exim:
        refused = send(exim.port)
        lines = lines_of(exim.log)
    log = EximLog(host="exim.example", zone=dt.datetime.now().astimezone().tzinfo or dt.UTC)
    events = [event for line in lines for event in log.feed(line, now=dt.datetime.now(dt.UTC))]

    assert_told(events, refused)
    assert {"exim.example"} == {event.reporting_mta for event in events}
