"""The queue runner: every case of RFC 3461, from the intake to what the sender reads."""

import asyncio
import datetime as dt
import logging
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnlib.adapters.agents.error import ErrorTransport
from dsnlib.adapters.agents.limits import DeliveryLimits
from dsnlib.adapters.content import Content
from dsnlib.adapters.delivery import _log_record
from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.notifier import Following
from dsnlib.adapters.queue import NewMessage, QueueUnavailable, Settlement, new_queue_id
from dsnlib.adapters.transport import Attempted, Job
from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.model.address import MtaName
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.report import Kind
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.parse.report import parse_report
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.profile import DEFAULT, MX
from dsnlib.policy.schedule import RetryPolicy
from dsnlib.replies.rewrite import RewriteRules
from tests.adapters.mail_site import BODY, Site, open_site

T = TypeVar("T")
OK = "2.0.0"
NO_USER = "5.1.1"
FULL = "4.2.2"


def run(test: Coroutine[object, object, T]) -> T:
    """Run what a test awaits."""
    return asyncio.run(test)


def sent(site: Site, *recipients: str, **known: Any) -> Site:  # noqa: ANN401  see `Site.submit`
    """Hand in one message, deliver what is due, and return the site."""

    async def send() -> None:
        reply = await site.submit(*recipients, **known)
        assert 250 == reply.code
        await site.deliverer.deliver_due()

    run(send())
    return site


def later(site: Site, **time: float) -> Site:
    """Let time pass, deliver what is due, and return the site."""
    site.clock.pass_(**time)
    run(site.deliverer.deliver_due())
    return site


@pytest.mark.parametrize(
    ("recipient", "told"),
    [
        # delivered here
        ("bob@example.org", []),
        ("bob@example.org NOTIFY=SUCCESS", [("delivered", "bob@example.org", OK)]),
        ("bob@example.org NOTIFY=FAILURE,DELAY", []),
        ("bob@example.org NOTIFY=NEVER", []),
        # relayed to a system without DSN
        ("bob@example.net", []),
        ("bob@example.net NOTIFY=SUCCESS,FAILURE", [("relayed", "bob@example.net", OK)]),
        ("bob@example.net NOTIFY=NEVER", []),
        # handed on to one with DSN, which answers for it
        ("bob-dsn@example.net NOTIFY=SUCCESS,FAILURE,DELAY", []),
        # failed
        ("x-5.1.1@example.net", [("failed", "x-5.1.1@example.net", NO_USER)]),
        ("x-5.1.1@example.net NOTIFY=FAILURE", [("failed", "x-5.1.1@example.net", NO_USER)]),
        ("x-5.1.1@example.net NOTIFY=SUCCESS", []),
        ("x-5.1.1@example.net NOTIFY=DELAY", []),
        ("x-5.1.1@example.net NOTIFY=NEVER", []),
    ],
)
def test_notify_after_the_first_attempt(
    tmp_path: Path, recipient: str, told: list[tuple[str, str, str]]
) -> None:
    """Who is told of what, by outcome and NOTIFY (RFC 3461 s5.2)."""
    site = sent(open_site(tmp_path), recipient)

    assert told == site.told()


@pytest.mark.parametrize(
    ("notify", "actions"),
    [
        ("", ["delayed", "failed"]),
        ("NOTIFY=DELAY", ["delayed"]),
        ("NOTIFY=FAILURE", ["failed"]),
        ("NOTIFY=SUCCESS", []),
        ("NOTIFY=NEVER", []),
    ],
)
def test_delay_and_expiry(tmp_path: Path, notify: str, actions: list[str]) -> None:
    """A sender is warned once, and told when the time is over (RFC 3461 s5.2.5, s5.2.6)."""
    site = sent(open_site(tmp_path), f"x-4.2.2@example.net {notify}")
    assert [] == site.told()

    later(site, hours=5)
    later(site, hours=5)
    later(site, days=5)

    address = "x-4.2.2@example.net"
    assert [(action, address, FULL) for action in actions] == site.told()
    assert () == site.queue.messages  # type: ignore[attr-defined]  # it is one in memory


def test_what_was_asked_for_is_in_the_notification(tmp_path: Path) -> None:
    """ENVID and ORCPT come back, RET=HDRS returns the header alone (RFC 3461 s6.2, s6.3)."""
    recipient = "x-5.1.1@example.net NOTIFY=FAILURE ORCPT=rfc822;Other@example.com"
    site = sent(open_site(tmp_path), recipient, mail="RET=HDRS ENVID=QQ314159")

    (report,) = site.reports()
    (told,) = report.recipients
    (octets,) = site.mail("ann")
    assert "QQ314159" == report.message.original_envelope_id
    assert "rfc822;Other@example.com" == str(told.original_recipient)
    assert b"text/rfc822-headers" in octets
    assert b"Here they are." not in octets


def test_the_envelope_of_a_notification(tmp_path: Path) -> None:
    """The null return path, no RET, NOTIFY=NEVER for its one recipient (RFC 3461 s6.1)."""
    site = open_site(tmp_path)
    sent(site, "x-5.1.1@example.net", sender="carl@example.com")

    notification = site.script.jobs[-1].envelope
    assert "" == notification.sender
    assert "" == str(notification.mail)
    assert [("carl@example.com", "NOTIFY=NEVER")] == [
        (each.address, str(each.params)) for each in notification.recipients
    ]


def test_one_notification_for_all_that_failed(tmp_path: Path) -> None:
    """Recipients of one attempt with the same news are told of together (RFC 3461 s6)."""
    site = sent(open_site(tmp_path), "a-5.1.1@example.net", "b-5.2.1@example.com")

    assert 1 == len(site.reports())
    assert ["a-5.1.1@example.net", "b-5.2.1@example.com"] == [each[1] for each in site.told()]


def test_no_notification_tells_of_who_said_never(tmp_path: Path) -> None:
    """One that is sent for others does not name them (RFC 3461 s5.2.8)."""
    site = sent(open_site(tmp_path), "a-5.1.1@example.net", "b-5.1.1@example.net NOTIFY=NEVER")

    assert ["a-5.1.1@example.net"] == [each[1] for each in site.told()]


def test_an_alias_of_several(tmp_path: Path) -> None:
    """SUCCESS is answered with expanded; the rest goes on with the copies (s5.2.7.3)."""
    site = open_site(tmp_path, aliases="team: bob, x-5.1.1@example.net, dora-dsn@example.net")
    sent(site, "team@example.org NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Team@example.org")

    assert [("expanded", "team@example.org", OK), ("failed", "team@example.org", NO_USER)] == (
        site.told()
    )
    handed_on = site.script.jobs[0].recipients[1]
    assert "NOTIFY=FAILURE" == str(handed_on.params).partition(" ")[0]
    assert "rfc822;Team@example.org" == str(handed_on.params.orcpt)
    assert 1 == len(site.mail("bob"))


def test_an_alias_of_one(tmp_path: Path) -> None:
    """It keeps all, and is not reported as expanded (RFC 3461 s5.2.7.2)."""
    site = sent(open_site(tmp_path, aliases="info: bob"), "info@example.org NOTIFY=SUCCESS")

    assert [("delivered", "info@example.org", OK)] == site.told()


def test_a_list(tmp_path: Path) -> None:
    """A post is delivered when the list has it; its owner hears of members (s5.2.7.1)."""
    aliases = "news: bob, x-5.1.1@example.net\nowner-news: olga\n"
    site = sent(open_site(tmp_path, aliases=aliases), "news@example.org NOTIFY=SUCCESS,FAILURE")

    assert [("delivered", "news@example.org", OK)] == site.told("ann")
    assert [("failed", "x-5.1.1@example.net", NO_USER)] == site.told("olga")
    assert b"Return-Path: <owner-news@example.org>\n" in site.mail("bob")[0]


def test_a_confidential_forward(tmp_path: Path) -> None:
    """The sender hears of the delivery, and nothing of where it leads (s5.2.7.4)."""
    table = "spy@example.org x-5.1.1@secret.example"
    site = sent(open_site(tmp_path, confidential=table), "spy@example.org NOTIFY=SUCCESS,FAILURE")

    assert [("delivered", "spy@example.org", OK)] == site.told()
    assert b"secret.example" not in b"".join(site.mail("ann"))


def test_a_blind_copy(tmp_path: Path) -> None:
    """Nobody is told of a blind copy, even one that fails."""
    site = sent(open_site(tmp_path), "bob@example.org", copies=["x-5.1.1@example.net"])

    assert [] == site.told()
    assert 1 == len(site.script.jobs)


def test_the_null_return_path(tmp_path: Path) -> None:
    """Nobody is told but the postmaster, of what failed (RFC 3461 s5.2, RFC 5321 s6.1)."""
    site = sent(open_site(tmp_path), "x-5.1.1@example.net NOTIFY=SUCCESS,FAILURE", sender="")

    assert [("failed", "x-5.1.1@example.net", NO_USER)] == site.told("postmaster")
    assert b"Return-Path: <>\n" in site.mail("postmaster")[0]


def test_nobody_is_told_of_a_postmaster_s_notice(tmp_path: Path) -> None:
    """A notice for the postmaster that fails itself is the end of it."""
    site = open_site(tmp_path, aliases="postmaster: x-5.1.1@example.net")
    sent(site, "x-5.1.1@example.net", sender="")

    # The message, and the notice about it that failed.
    assert 2 == len(site.script.jobs)
    assert () == site.queue.messages  # type: ignore[attr-defined]  # it is one in memory


def test_an_alias_of_the_sender_is_followed(tmp_path: Path) -> None:
    """A notification is mail like any other: it goes where its recipient's alias leads."""
    site = sent(open_site(tmp_path, aliases="ann: anna"), "x-5.1.1@example.net")

    assert [("failed", "x-5.1.1@example.net", NO_USER)] == site.told("anna")


def test_an_alias_that_leads_to_itself(tmp_path: Path) -> None:
    """It fails with 5.4.6, the sender is told at once, and nothing is left."""
    site = sent(open_site(tmp_path, aliases="a: b\nb: a\n"), "a@example.org")

    assert [("failed", "a@example.org", "5.4.6")] == site.told()


def test_the_words_are_the_sender_s(tmp_path: Path) -> None:
    """A notification is in the language that the message's header asks for."""
    content = Content(body=b"Accept-Language: de-AT, en;q=0.5\r\n" + BODY)
    site = sent(open_site(tmp_path), "x-5.1.1@example.net", content=content)

    assert b"Content-Language: de" in site.mail("ann")[0]


def test_a_header_in_utf8_goes_to_an_ascii_sender_encoded(tmp_path: Path) -> None:
    """Any server takes what goes to an address in US-ASCII (RFC 6531 s3.2)."""
    content = Content(body="Subject: Grüße\r\n\r\nhier\r\n".encode())
    site = open_site(tmp_path)
    sent(site, "x-5.1.1@example.net", sender="carl@example.com", content=content, smtputf8=True)

    notification = site.script.jobs[-1]
    assert not notification.envelope.smtputf8
    assert notification.content.read().isascii()


def test_a_sender_in_utf8(tmp_path: Path) -> None:
    """A notification for an address beyond US-ASCII says that it needs SMTPUTF8."""
    site = open_site(tmp_path)
    sent(site, "x-5.1.1@example.net", sender="jürgen@example.com", smtputf8=True)

    assert site.script.jobs[-1].envelope.smtputf8


def test_soft_bounce(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With soft bounce what fails waits, and is returned when its time is over."""
    caplog.set_level("INFO", "dsnlib.delivery")
    site = open_site(tmp_path, rules=RewriteRules(soft_bounce=True))
    sent(site, "x-5.1.1@example.net")
    assert [] == site.told()
    assert "outcome rewritten by soft-bounce: '5.1.1 " in caplog.text
    assert ("SOFTBOUNCE", "4.1.1") == (site.records[0].word, str(site.records[0].status))

    later(site, days=6)

    assert [("failed", "x-5.1.1@example.net", "4.1.1")] == site.told()


def test_a_deadline_that_returns(tmp_path: Path) -> None:
    """BY with R: what is late is returned with 5.4.7, and not delivered (RFC 2852 s4.1.3)."""
    site = open_site(tmp_path)
    run(site.submit("bob@example.org", mail="BY=120;R"))
    later(site, minutes=3)

    assert [("failed", "bob@example.org", "5.4.7")] == site.told()
    assert [] == site.mail("bob")


def test_a_deadline_that_notifies(tmp_path: Path) -> None:
    """BY with N: the sender hears that it is late, once, and it goes on."""
    site = sent(open_site(tmp_path), "x-4.2.2@example.net", mail="BY=600;N")
    later(site, minutes=11)
    later(site, minutes=30)

    assert [("delayed", "x-4.2.2@example.net", "4.4.7")] == site.told()


def test_the_schedule(tmp_path: Path) -> None:
    """A message is tried again when the policy says so, and not before."""
    retry = RetryPolicy(first_wait=dt.timedelta(minutes=10))
    site = open_site(tmp_path, profile=attrs.evolve(DEFAULT, retry=retry))
    sent(site, "x-4.2.2@example.net")

    later(site, minutes=9)
    assert 1 == len(site.script.jobs)
    later(site, minutes=1)
    assert 2 == len(site.script.jobs)
    later(site, minutes=19)
    assert 2 == len(site.script.jobs)


def test_a_budget(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What one sender is told has a bound, kept by the queue; the log tells of what is left out."""
    caplog.set_level("INFO", "dsnlib.delivery")
    assert MX.dsn.budget is not None
    dsn = attrs.evolve(DEFAULT.dsn, budget=attrs.evolve(MX.dsn.budget, per_sender=2))
    site = open_site(tmp_path, profile=attrs.evolve(DEFAULT, dsn=dsn))
    for _ in range(4):
        sent(site, "x-5.1.1@example.net")

    assert 2 == len(site.reports())
    why = "budget: stopped, that of sender:ann@example.org is spent"
    assert 2 == caplog.text.count(f": the sender is not told of <x-5.1.1@example.net>: {why}\n")
    spent = run(site.queue.spending(["sender:ann@example.org"]))
    assert 2 == spent["sender:ann@example.org"].used


def test_a_destination_for_all(tmp_path: Path) -> None:
    """What FILTER says goes before where the addresses lead."""
    site = open_site(tmp_path)
    sent(site, "bob@example.org", destination="smtp:[192.0.2.9]:10025")

    assert ["smtp:[192.0.2.9]:10025"] == [str(each.destination) for each in site.script.jobs]


def test_mail_on_hold(tmp_path: Path) -> None:
    """It waits for a person."""
    site = sent(open_site(tmp_path), "bob@example.org", is_held=True)

    assert [] == site.mail("bob")


def test_a_transport_that_raises(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is a defect, told in the log, and the mail waits."""
    site = open_site(tmp_path)
    site.script.fault = RuntimeError("a defect")
    with caplog.at_level(logging.ERROR, "dsnlib.delivery"):
        sent(site, "bob@example.net")

    assert ["4.3.0"] == [str(each.status) for each in site.records]
    assert "a defect" in caplog.text

    site.script.fault = None
    later(site, minutes=10)
    assert 1 == len(site.script.jobs)


class Forgetful:
    """A transport that says nothing of anybody."""

    async def deliver(self, _job: Job) -> list[Attempted]:
        """Say nothing."""
        return []


@pytest.mark.parametrize("transport", [{"smtp": Forgetful()}, {}])
def test_an_outcome_that_is_missing(tmp_path: Path, transport: dict[str, Any]) -> None:
    """Who was not spoken of, or has no transport, is tried again."""
    site = open_site(tmp_path, transports=transport)
    way = "smtp:example.net" if transport else "nothing:example.net"
    sent(site, "bob@example.net", destination=way)

    assert [("deferred", 4)] == [(each.word, each.status.class_) for each in site.records]


def test_a_destination_that_cannot_be_reached_is_left_alone(tmp_path: Path) -> None:
    """The second message hears what the first one heard, and no connection is made."""
    site = open_site(tmp_path)
    said = site.script.say
    site.script.say = lambda job, each: attrs.evolve(said(job, each), relay="none")
    sent(site, "a-4.4.1@example.net")
    sent(site, "b-4.4.1@example.net")

    assert 1 == len(site.script.jobs)
    assert ["4.4.1", "4.4.1"] == [str(each.status) for each in site.records]
    assert site.records[1].text.startswith("not tried again yet")


def test_recipients_are_sent_on_in_portions(tmp_path: Path) -> None:
    """A job has no more addresses than the limit."""
    site = open_site(tmp_path, limits=DeliveryLimits(recipients_per_job=2))
    sent(site, *(f"u{number}@example.net" for number in range(5)))

    assert [2, 2, 1] == sorted((len(each.recipients) for each in site.script.jobs), reverse=True)


def test_equal_recipients_have_an_outcome_each(tmp_path: Path) -> None:
    """What a queue gives back may hold one recipient twice: both are settled."""
    site = open_site(tmp_path)
    twice = [Recipient("x-5.1.1@example.net"), Recipient("x-5.1.1@example.net")]
    envelope = Envelope(sender="ann@example.org", recipients=twice, arrival=site.clock())
    message = NewMessage(
        queue_id=new_queue_id(site.clock()), envelope=envelope, content=Content(body=BODY)
    )
    run(site.queue.add([message]))
    later(site)

    assert 2 == len(site.told())


def test_limits_are_checked() -> None:
    """A limit of nothing would deliver nothing."""
    with pytest.raises(InvalidValue, match="most_jobs: 0 is not"):
        DeliveryLimits(most_jobs=0)


class Unreliable(MemoryQueue):
    """A queue whose disk does not take a settlement at first, and that loses contents."""

    refusals = 0
    is_unreadable = False

    async def settle(self, settlement: Settlement) -> None:
        """Settle, once it has been tried often enough."""
        if self.refusals:
            self.refusals -= 1
            raise QueueUnavailable("the disk is full")
        await super().settle(settlement)

    async def content(self, queue_id: str) -> Content:
        """Return the octets, or not."""
        if self.is_unreadable:
            raise QueueUnavailable("the file is gone")
        return await super().content(queue_id)


def test_a_settlement_is_tried_until_the_disk_takes_it(tmp_path: Path) -> None:
    """What follows from an attempt is settled once, however long it takes."""
    queue = Unreliable()
    queue.refusals = 3
    site = open_site(tmp_path, queue=queue, limits=DeliveryLimits(again_seconds=0.01))
    sent(site, "x-5.1.1@example.net")

    assert 1 == len(site.told())
    assert 1 == len(site.script.jobs)


def test_content_that_cannot_be_read(tmp_path: Path) -> None:
    """The mail waits; when its time is over its sender is told, without the message."""
    queue = Unreliable()
    queue.is_unreadable = True
    site = open_site(tmp_path, queue=queue)
    sent(site, "bob@example.org")
    assert [] == site.mail("bob")

    site.clock.pass_(days=6)

    async def expire() -> None:
        for message in await queue.claim(site.clock(), most=9):
            await site.deliverer._work(message)

    run(expire())
    queue.is_unreadable = False
    later(site)

    assert [("failed", "bob@example.org", "4.3.0")] == site.told()


async def _until(condition: Callable[[], object]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError


def test_run_delivers_what_comes(tmp_path: Path) -> None:
    """It wakes for what is added, and `stop` ends it."""
    site = open_site(tmp_path)

    async def serve() -> None:
        running = asyncio.ensure_future(site.deliverer.run())
        await asyncio.sleep(0)
        await site.submit("bob@example.org")
        await _until(lambda: site.mail("bob"))
        await site.submit("bob@example.org")
        await _until(lambda: len(site.mail("bob")) == 2)
        site.deliverer.stop()
        await asyncio.wait_for(running, 5)

    run(serve())
    assert () == site.queue.messages  # type: ignore[attr-defined]  # it is one in memory


def test_stop_waits_for_what_is_in_work(tmp_path: Path) -> None:
    """What is being delivered is delivered and settled."""
    site = open_site(tmp_path)
    gate = asyncio.Event()

    class Slow:
        async def deliver(self, job: Job) -> list[Attempted]:
            site.script.jobs.append(job)
            await gate.wait()
            return [site.script.say(job, each) for each in job.recipients]

    site.deliverer._dispatcher._transports["smtp"] = Slow()  # type: ignore[index]  # for this test

    async def serve() -> None:
        running = asyncio.ensure_future(site.deliverer.run())
        await site.submit("bob@example.net NOTIFY=SUCCESS")
        await _until(lambda: site.script.jobs)
        site.deliverer.stop()
        gate.set()
        await asyncio.wait_for(running, 5)

    run(serve())
    (notification,) = site.queue.messages  # type: ignore[attr-defined]  # it is one in memory
    assert "ann@example.org" == notification.envelope.recipients[0].address


def test_what_does_not_end_in_time_goes_back(tmp_path: Path) -> None:
    """It is in the queue as if it had not been tried."""
    site = open_site(tmp_path)
    begun = []

    class Stuck:
        async def deliver(self, job: Job) -> list[Attempted]:
            begun.append(job)
            await asyncio.Event().wait()
            return []

    site.deliverer._dispatcher._transports["smtp"] = Stuck()  # type: ignore[index]  # for this test

    async def serve() -> list[Any]:
        running = asyncio.ensure_future(site.deliverer.run(grace_seconds=0.01))
        await site.submit("bob@example.net")
        await _until(lambda: begun)
        site.deliverer.stop()
        await asyncio.wait_for(running, 5)
        return list(await site.queue.claim(site.clock(), most=9))

    (message,) = run(serve())
    assert 0 == message.history.attempts


def test_the_reason_is_kept(tmp_path: Path) -> None:
    """The queue says why a message is still there."""
    site = sent(open_site(tmp_path), "x-4.2.2@example.net")

    (message,) = site.queue.messages  # type: ignore[attr-defined]  # it is one in memory
    assert "as the script says" == message.reason
    assert 1 == message.history.attempts


def test_the_kind_of_each_notification(tmp_path: Path) -> None:
    """Delivered and relayed are told of together, failed apart."""
    site = open_site(tmp_path)
    both = ("bob@example.org NOTIFY=SUCCESS", "eve@example.net NOTIFY=SUCCESS")
    sent(site, *both, "x-5.1.1@example.net")

    assert {Kind.FAILURE, Kind.RELAYED} == {report.kind for report in site.reports()}


def test_the_error_and_retry_transports(tmp_path: Path) -> None:
    """`error:` fails and `retry:` waits, with the status of the next hop."""
    transports = {"error": ErrorTransport(), "retry": ErrorTransport(is_temporary=True)}
    site = open_site(tmp_path, transports=transports)
    sent(site, "a@example.net", destination="error:5.1.6 has moved away")
    sent(site, "b@example.net", destination="retry:closed this week")

    assert [("bounced", "5.1.6", "has moved away"), ("deferred", "4.0.0", "closed this week")] == [
        (each.word, str(each.status), each.text)
        for each in site.records
        if each.recipient.endswith("@example.net")
    ]


def test_the_last_thing_that_a_server_said(tmp_path: Path) -> None:
    """What is given up is reported with what a server said, not that nobody answered."""
    site = open_site(tmp_path)
    said = site.script.say
    first = EnhancedStatusCode.parse("4.2.2")

    def busy(job: Job, each: Recipient) -> Attempted:
        attempted = said(job, each)
        outcome = attrs.evolve(
            attempted.outcome, remote_mta=MtaName("dns", "mx.example.net"), status=first
        )
        return attrs.evolve(attempted, outcome=outcome)

    site.script.say = busy
    sent(site, "x-4.4.1@example.net")
    site.script.say = said
    later(site, days=6)

    (report,) = site.reports()
    assert ("4.2.2", "mx.example.net") == (
        str(report.recipients[0].status),
        report.recipients[0].remote_mta.name,  # type: ignore[union-attr]  # it is given
    )


def test_nothing_is_remembered_of_who_is_done_with(tmp_path: Path) -> None:
    """What servers said, and what the sender was told, is kept of those who wait alone."""
    site = open_site(tmp_path)
    said = site.script.say
    done: list[str] = []

    def say(job: Job, each: Recipient) -> Attempted:
        attempted = said(job, each)
        if each.address in done:
            return said(job, attrs.evolve(each, address="ok@example.net"))
        outcome = attrs.evolve(attempted.outcome, remote_mta=MtaName("dns", "mx.example.net"))
        return attrs.evolve(attempted, outcome=outcome)

    def evolved(job: Job, each: Recipient) -> Attempted:
        attempted = say(job, each)
        return attrs.evolve(attempted, outcome=attrs.evolve(attempted.outcome, recipient=each))

    site.script.say = evolved
    sent(site, "a-4.2.2@example.net", "b-4.2.2@example.net")
    later(site, hours=5)
    (message,) = site.queue.messages  # type: ignore[attr-defined]  # it is one in memory
    assert (2, 2) == (len(message.history.replies), len(message.history.told))
    done.append("a-4.2.2@example.net")
    later(site, hours=5)

    (message,) = site.queue.messages  # type: ignore[attr-defined]  # it is one in memory
    waits = list(message.envelope.recipients)
    assert (waits, waits) == (list(message.history.replies), list(message.history.told))


def test_a_destination_that_is_none(tmp_path: Path) -> None:
    """What FILTER says wrongly is ours to put right: the mail waits."""
    site = sent(open_site(tmp_path), "bob@example.org", destination="nonsense")

    assert [("deferred", "4.3.5")] == [(each.word, str(each.status)) for each in site.records]


def test_the_log_has_objects(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without an observer the log has the line, and the same as an object."""
    site = open_site(tmp_path)
    site.deliverer._observe = _log_record
    with caplog.at_level(logging.INFO, "dsnlib.delivery"):
        sent(site, "bob@example.org")

    (record,) = (each for each in caplog.records if "status=" in each.getMessage())
    event = vars(record)["event"]
    assert ("delivery", "bob@example.org", "sent") == (event["event"], event["to"], event["status"])
    assert "to=<bob@example.org>, relay=local, " in record.getMessage()


def test_an_observer_that_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Who looks on changes nothing."""
    site = open_site(tmp_path)

    def fail(_record: object) -> None:
        raise RuntimeError("an observer")

    site.deliverer._observe = fail
    with caplog.at_level(logging.ERROR, "dsnlib.delivery"):
        sent(site, "bob@example.org")

    assert 1 == len(site.mail("bob"))
    assert "an observer" in caplog.text


def test_a_defect_in_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who has got it is done with; who has not waits for a person, and nobody gets it twice."""
    site = open_site(tmp_path)

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(site.notifier, "notify", fail)
    with caplog.at_level(logging.ERROR, "dsnlib.delivery"):
        sent(site, "bob@example.org", "x-5.1.1@example.net", "late-4.2.2@example.net")
        sent(site, "bob@example.org")

    (message,) = site.queue.messages  # type: ignore[attr-defined]  # it is one in memory
    assert message.is_held
    assert ["x-5.1.1@example.net", "late-4.2.2@example.net"] == [
        each.address for each in message.envelope.recipients
    ]
    assert "a defect" in caplog.text


def test_a_defect_before_the_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The message goes back, after a while, as if it had not been tried."""
    site = open_site(tmp_path, limits=DeliveryLimits(again_seconds=0.01))

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    async def once() -> list[Any]:
        await site.submit("bob@example.org")
        for message in await site.queue.claim(site.clock(), most=9):
            await site.deliverer._work(message)
        return list(await site.queue.claim(site.clock(), most=9))

    monkeypatch.setattr(site.deliverer._dispatcher, "attempt", fail)
    with caplog.at_level(logging.ERROR, "dsnlib.delivery"):
        (message,) = run(once())

    assert 0 == message.history.attempts
    assert "a defect" in caplog.text


def test_aliases_that_cannot_be_looked_up(tmp_path: Path) -> None:
    """The notification waits for them, the mail is not sent again, and no budget is spent."""
    assert MX.dsn.budget is not None
    dsn = attrs.evolve(DEFAULT.dsn, budget=attrs.evolve(MX.dsn.budget, per_sender=1))
    profile = attrs.evolve(DEFAULT, dsn=dsn)
    site = open_site(tmp_path, profile=profile, limits=DeliveryLimits(again_seconds=0.01))
    look_up = site.notifier._look_up
    refusals = iter([True] * 3)

    def fail(address: str) -> Any:  # noqa: ANN401  as `look_up` has it
        if address == "ann@example.org" and next(refusals, False):
            raise LookupFailed("away")
        return look_up(address)

    site.notifier._look_up = fail
    sent(site, "x-5.1.1@example.net")

    assert [("failed", "x-5.1.1@example.net", NO_USER)] == site.told()
    assert 1 == len(site.script.jobs)


def test_a_disk_that_takes_nothing_while_it_stops(tmp_path: Path) -> None:
    """It stops all the same, and the message is in the queue."""
    queue = Unreliable()
    queue.refusals = 10_000
    site = open_site(tmp_path, queue=queue)

    async def serve() -> None:
        running = asyncio.ensure_future(site.deliverer.run())
        await site.submit("bob@example.net")
        await _until(lambda: site.records)
        site.deliverer.stop()
        await asyncio.wait_for(running, 5)

    run(serve())
    assert 1 == len(queue.messages)


def test_a_queue_that_cannot_be_read(tmp_path: Path) -> None:
    """The runner goes on, and delivers when it can."""
    failures, defects = iter([True] * 6), iter([True])

    class Away(MemoryQueue):
        async def claim(self, now: dt.datetime, *, most: int) -> Any:  # noqa: ANN401  as the queue's
            if next(failures, False):
                raise QueueUnavailable("away")
            return await super().claim(now, most=most)

        async def next_due(self) -> dt.datetime | None:
            if next(failures, False):
                raise QueueUnavailable("away")
            if next(defects, False):
                raise RuntimeError("a defect")
            return await super().next_due()

    limits = DeliveryLimits(again_seconds=0.01, poll_seconds=0.01)
    site = open_site(tmp_path, queue=Away(), limits=limits)

    async def serve() -> None:
        running = asyncio.ensure_future(site.deliverer.run())
        await site.submit("bob@example.org")
        await _until(lambda: site.mail("bob"))
        site.deliverer.stop()
        await asyncio.wait_for(running, 5)

    run(serve())


def test_no_more_messages_than_there_is_room_for(tmp_path: Path) -> None:
    """What is beyond the limit waits in the queue."""
    site = open_site(tmp_path, limits=DeliveryLimits(most_messages=2))
    gate = asyncio.Event()
    begun: list[Job] = []

    class Slow:
        async def deliver(self, job: Job) -> list[Attempted]:
            begun.append(job)
            await gate.wait()
            return [site.script.say(job, each) for each in job.recipients]

    site.deliverer._dispatcher._transports["smtp"] = Slow()  # type: ignore[index]  # for this test

    async def serve() -> None:
        for _ in range(5):
            await site.submit("bob@example.net")
        running = asyncio.ensure_future(site.deliverer.run())
        await _until(lambda: len(begun) == 2)
        for _ in range(20):
            await asyncio.sleep(0)
        assert 2 == len(begun)
        gate.set()
        await _until(lambda: not site.queue.messages)  # type: ignore[attr-defined]  # it is one in memory
        site.deliverer.stop()
        await asyncio.wait_for(running, 5)

    run(serve())


def test_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A line for each recipient, each notification, and the end of a message."""
    queue = MemoryQueue()
    site = open_site(tmp_path, queue=queue)
    site.deliverer._observe = _log_record
    with caplog.at_level(logging.INFO, "dsnlib.delivery"):
        sent(site, "x-4.2.2@example.net")
        (message,) = queue.messages
        later(site, days=6)

    lines = [each for each in caplog.messages if each.startswith(message.queue_id)]
    start = f"{message.queue_id}: "
    said = "dsn=4.2.2, status=deferred (as the script says)"
    assert [
        f"to=<x-4.2.2@example.net>, relay=script, delay=0, delays=0/0/0/0, {said}",
        f"to=<x-4.2.2@example.net>, relay=script, delay=518400, delays=518400/0/0/0, {said}",
        "from=<ann@example.org>, status=expired",
    ] == [each.removeprefix(start) for each in lines[:3]]
    assert lines[3].startswith(f"{start}notification ")
    assert f"{start}done with" == lines[4]


def test_content_that_goes_while_it_is_returned(tmp_path: Path) -> None:
    """A file that is gone when the notification is written: the sender is told without it."""
    content = Content(path=tmp_path / "gone", octets=2_000_000)
    site = open_site(tmp_path)
    envelope = Envelope(
        sender="ann@example.org", recipients=[Recipient("bob@example.net")], arrival=site.clock()
    )
    outcome = DeliveryOutcome(
        recipient=envelope.recipients[0],
        disposition=Disposition.FAILED,
        status=EnhancedStatusCode.parse("5.1.1"),
    )

    async def notify() -> Following:
        return await site.notifier.notify(
            envelope, [outcome], facts=MessageFacts(), content=content,
            is_delay_due=False, about="4F", now=site.clock(),
        )  # fmt: skip

    (notification,) = run(notify()).messages
    report = parse_report(notification.content.read())
    assert "5.1.1" == str(report.recipients[0].status)
    assert "4F" == notification.about


# What a recipient's name makes of it -> what the sender hears of it, by the word of
# NOTIFY that asks for it; without NOTIFY he hears of FAILURE and DELAY.
FATES = {
    "{}@example.org": {"SUCCESS": "delivered"},
    "{}@example.net": {"SUCCESS": "relayed"},
    "{}-dsn@example.net": {},
    "{}-5.1.1@example.net": {"FAILURE": "failed"},
    "{}-4.2.2@example.net": {"DELAY": "delayed", "FAILURE": "failed"},
}
NOTIFIES = ["", "NEVER", "SUCCESS", "FAILURE", "DELAY", "SUCCESS,FAILURE", "SUCCESS,FAILURE,DELAY"]


@given(st.lists(st.tuples(st.sampled_from(sorted(FATES)), st.sampled_from(NOTIFIES)), min_size=1))
@settings(max_examples=40)
def test_the_sender_hears_what_he_asked_for(fates: list[tuple[str, str]]) -> None:
    """Of each recipient, each thing once, and of no other (RFC 3461 s4.1, s5.2)."""
    recipients, expected = [], []
    for number, (pattern, notify) in enumerate(fates):
        address = pattern.format(f"u{number}")
        recipients.append(f"{address} NOTIFY={notify}" if notify else address)
        asked = notify.split(",") if notify else ["FAILURE", "DELAY"]
        expected += [(action, address) for word, action in FATES[pattern].items() if word in asked]
    with tempfile.TemporaryDirectory() as home:
        site = sent(open_site(Path(home)), *recipients)
        later(site, hours=5)
        later(site, days=6)
        told = [each[:2] for each in site.told()]

        assert sorted(expected) == told
        assert () == site.queue.messages  # type: ignore[attr-defined]  # it is one in memory


@pytest.mark.requirement("5321-3.9-02")
def test_the_header_of_a_list_s_copies_is_left_alone(tmp_path: Path) -> None:
    """What aliases and lists pass on is the message as it came (RFC 5321 s3.9)."""
    site = open_site(tmp_path, aliases="news: bob, eve@example.net\nowner-news: olga\n")
    sent(site, "news@example.org", "team@example.net")

    assert [BODY, BODY] == [each.content.read() for each in site.script.jobs]
    assert site.mail("bob")[0].endswith(BODY.replace(b"\r\n", b"\n"))
