"""Mail that waits follows aliases that have changed."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import attrs
import pytest

from dsnlib.adapters.agents.limits import DeliveryLimits
from dsnlib.adapters.content import Content
from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.queue import QueuedMessage, QueueUnavailable
from dsnlib.adapters.spool import Spool
from dsnlib.adapters.spool.control import QueueControl
from dsnlib.errors import InvalidAddress, LookupFailed
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.expansion import ExpandPolicy, SeveralOption
from dsnlib.policy.profile import DEFAULT
from tests.adapters.mail_site import BODY, Clock, Site, open_site

LATE = "x-4.2.2@example.net"


class Operated(MemoryQueue):
    """A queue in memory that an operator works on."""

    is_unreadable = False

    def requeue(self, *, noted: tuple[DeliveryOutcome, ...] = ()) -> None:
        """Mark all as `dsnlib queue requeue` does."""
        for message in self.messages:
            self._messages[message.queue_id] = attrs.evolve(
                message,
                due=message.history.arrival,
                history=attrs.evolve(message.history, attempts=0),
                is_requeued=True,
                noted=noted,
            )

    async def content(self, queue_id: str) -> Content:
        """Return the octets, or not."""
        if self.is_unreadable:
            raise QueueUnavailable("the file is gone")
        return await super().content(queue_id)


def requeued(
    home: Path,
    before: str,
    after: str,
    *recipients: str,
    several: SeveralOption = SeveralOption.SPLIT,
    **known: Any,  # noqa: ANN401  as `Site.submit` has it
) -> Site:
    """Hand in a message, try it, change the aliases, requeue it, and try it again."""
    profile = attrs.evolve(DEFAULT, expand=ExpandPolicy(several=several))
    queue, clock = Operated(), Clock()

    async def run(site: Site) -> None:
        if not site.queue.messages:  # type: ignore[attr-defined]  # it is one in memory
            await site.submit(*recipients, **known)
        await site.deliverer.deliver_due()

    asyncio.run(run(open_site(home, queue=queue, aliases=before, clock=clock, profile=profile)))
    queue.requeue()
    site = open_site(home, queue=queue, aliases=after, clock=clock, profile=profile)
    asyncio.run(run(site))
    return site


def waiting(site: Site) -> list[QueuedMessage]:
    """Return what is in the queue."""
    return list(site.queue.messages)  # type: ignore[attr-defined]  # it is one in memory


def tried(site: Site) -> list[str]:
    """Return the addresses that the next hop was given since the change."""
    return [each.address for job in site.script.jobs for each in job.recipients]


def test_an_alias_of_one(tmp_path: Path) -> None:
    """What was asked for goes with the mail: NOTIFY, ORCPT, and the address of the sender."""
    asked = "info@example.org NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Info@example.org"
    site = requeued(tmp_path, f"info: {LATE}", "info: bob", asked, mail="ENVID=QQ314159")

    assert [] == tried(site)
    assert [] == waiting(site)
    assert 1 == len(site.mail("bob"))
    assert [("delivered", "info@example.org", "2.0.0")] == site.told()
    (report,) = site.reports()
    assert "rfc822;Info@example.org" == str(report.recipients[0].original_recipient)
    assert "QQ314159" == report.message.original_envelope_id


def test_an_address_that_was_none(tmp_path: Path) -> None:
    """A plain address that is an alias by now is followed as well."""
    queue, clock = Operated(), Clock()
    submit(open_site(tmp_path, queue=queue, clock=clock), LATE, "x-4.4.1@example.com")
    queue.requeue()
    site = open_site(tmp_path, queue=queue, virtual=f"{LATE} bob@example.org", clock=clock)
    asyncio.run(site.deliverer.deliver_due())

    assert (1, ["x-4.4.1@example.com"]) == (len(site.mail("bob")), tried(site))


def test_nothing_comes_or_is_told_twice(tmp_path: Path) -> None:
    """Of an alias of several, who is done with is done with; the expansion was told of."""
    before, after = (
        f"team: bob, {LATE}, y-5.1.1@example.net",
        "team: bob, dora, y-5.1.1@example.net",
    )
    site = requeued(tmp_path, before, after, "team@example.org NOTIFY=SUCCESS,FAILURE")

    assert [] == tried(site)
    assert {"bob": 1, "dora": 1} == {user: len(site.mail(user)) for user in ("bob", "dora")}
    assert [("expanded", "team@example.org", "2.0.0"), ("failed", "team@example.org", "5.1.1")] == (
        site.told()
    )
    assert [] == waiting(site)


def test_all_have_it(tmp_path: Path) -> None:
    """Where nobody is left whom the address leads to, the mail has arrived."""
    site = requeued(tmp_path, f"team: bob, {LATE}", "team: bob", "team@example.org")

    assert ([], [], [], 1) == (tried(site), waiting(site), site.told(), len(site.mail("bob")))


def test_nothing_has_changed(tmp_path: Path) -> None:
    """It is tried at once, and goes on as it was."""
    aliases = f"team: bob, {LATE}\ninfo: {LATE}\n"
    site = requeued(tmp_path, aliases, aliases, "team@example.org", "info@example.org", LATE)

    assert [LATE] * 3 == tried(site)
    (message,) = waiting(site)
    assert (False, 1) == (message.is_requeued, message.history.attempts)
    assert [("bob@example.org", "team@example.org")] == [
        (each.address, each.expanded_from) for each in message.passed
    ]
    assert 1 == len(site.mail("bob"))


def test_where_it_led_is_forgotten_with_the_last(tmp_path: Path) -> None:
    """Who is done with is remembered only while others of the same alias wait."""
    site = requeued(tmp_path, f"team: bob, {LATE}", "team: dora", "team@example.org", LATE)

    (message,) = waiting(site)
    assert ([LATE], ()) == ([each.address for each in message.envelope.recipients], message.passed)


def test_a_loop_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An alias that leads nowhere now is not told of: who waits goes on waiting."""
    with caplog.at_level(logging.WARNING, "dsnlib.delivery"):
        site = requeued(tmp_path, f"info: {LATE}", "info: again\nagain: info\n", "info@example.org")

    assert ([LATE], []) == (tried(site), site.told())
    assert "<info@example.org> cannot be followed anew" in caplog.text


def test_a_loop_beside_others(tmp_path: Path) -> None:
    """The sender was told of it when the mail came, and not again."""
    before = f"team: {LATE}, again\nagain: team\n"
    site = requeued(tmp_path, before, before.replace(LATE, "bob"), "team@example.org")

    assert ([], 1) == (tried(site), len(site.mail("bob")))
    assert [("failed", "team@example.org", "5.4.6")] == site.told()


def test_a_list_by_now(tmp_path: Path) -> None:
    """An address that has become a list is answered for with the delivery to it."""
    after = "info: bob, y-5.1.1@example.net\nowner-info: olga\n"
    site = requeued(tmp_path, f"info: {LATE}", after, "info@example.org NOTIFY=SUCCESS", LATE)

    assert [("delivered", "info@example.org", "2.0.0")] == site.told()
    assert [("failed", "y-5.1.1@example.net", "5.1.1")] == site.told("olga")
    assert b"Return-Path: <owner-info@example.org>\n" in site.mail("bob")[0]
    assert [[LATE]] == [[each.address for each in m.envelope.recipients] for m in waiting(site)]


def test_a_list_of_those_who_have_it(tmp_path: Path) -> None:
    """Who has the mail by the alias does not get it by the list that the alias has become."""
    after = "team: bob\nowner-team: olga\n"
    site = requeued(tmp_path, f"team: bob, {LATE}", after, "team@example.org")

    assert (1, [], []) == (len(site.mail("bob")), waiting(site), site.told())


def test_the_copies_of_a_list(tmp_path: Path) -> None:
    """They stay with the members of that time; where a member leads is looked up."""
    before = f"news: eve, {LATE}\nowner-news: olga\neve: x-4.4.1@example.com\n"
    after = "news: dora\nowner-news: olga\neve: bob\n"
    site = requeued(tmp_path, before, after, "news@example.org NOTIFY=SUCCESS")

    assert [LATE] == tried(site)
    assert {"bob": 1, "dora": 0} == {user: len(site.mail(user)) for user in ("bob", "dora")}
    assert b"Return-Path: <owner-news@example.org>\n" in site.mail("bob")[0]
    assert [("delivered", "news@example.org", "2.0.0")] == site.told()


def test_option_b(tmp_path: Path) -> None:
    """The first of the new targets has what the first of the old ones had."""
    site = requeued(
        tmp_path, f"team: {LATE}, x-4.4.1@example.com", "team: a@example.net, b@example.net",
        "team@example.org NOTIFY=SUCCESS,FAILURE", several=SeveralOption.ONE,
    )  # fmt: skip

    assert ["a@example.net", "b@example.net"] == tried(site)
    assert [("relayed", "team@example.org", "2.0.0")] == site.told()


def test_option_a(tmp_path: Path) -> None:
    """What goes on without what was asked for does so again, and is told of once."""
    site = requeued(
        tmp_path, f"team: {LATE}, x-4.4.1@example.com", "team: bob, dora",
        "team@example.org NOTIFY=SUCCESS,FAILURE", several=SeveralOption.DROP,
    )  # fmt: skip

    assert {"bob": 1, "dora": 1} == {user: len(site.mail(user)) for user in ("bob", "dora")}
    assert [("relayed", "team@example.org", "2.0.0")] == site.told()
    assert [] == waiting(site)


def submit(site: Site, *recipients: str, **known: Any) -> None:  # noqa: ANN401  as `Site.submit` has it
    """Hand in a message and try it."""

    async def run() -> None:
        await site.submit(*recipients, **known)
        await site.deliverer.deliver_due()

    asyncio.run(run())


def test_aliases_that_cannot_be_looked_up(tmp_path: Path) -> None:
    """They are asked again until they answer; nobody is tried where they led before."""
    queue, clock = Operated(), Clock()
    submit(
        open_site(tmp_path, queue=queue, aliases=f"info: {LATE}", clock=clock), "info@example.org"
    )
    queue.requeue()
    limits = DeliveryLimits(again_seconds=0.01)
    site = open_site(tmp_path, queue=queue, aliases="info: bob", clock=clock, limits=limits)
    look_up, refusals = site.notifier._look_up, iter([True] * 3)

    def fail(address: str) -> Any:  # noqa: ANN401  as `look_up` has it
        if next(refusals, False):
            raise LookupFailed("away")
        return look_up(address)

    site.notifier._look_up = fail
    asyncio.run(site.deliverer.deliver_due())

    assert ([], 1) == (tried(site), len(site.mail("bob")))


def test_a_defect_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The message is tried where it was, and the log says why."""
    queue, clock = Operated(), Clock()
    submit(open_site(tmp_path, queue=queue, clock=clock), LATE)
    queue.requeue()
    site = open_site(tmp_path, queue=queue, clock=clock)

    def fail(_address: str) -> Any:  # noqa: ANN401  as `look_up` has it
        raise InvalidAddress("an alias: a defect", value="a b")

    site.notifier._look_up = fail
    with caplog.at_level(logging.ERROR, "dsnlib.delivery"):
        asyncio.run(site.deliverer.deliver_due())

    assert [LATE] == tried(site)
    assert "an alias: a defect" in caplog.text
    assert not queue.messages[0].is_requeued


def test_what_is_noted_is_settled_first(tmp_path: Path) -> None:
    """Who was delivered to before a crash is told of, and not followed; the others are."""
    queue, clock = Operated(), Clock()
    site = open_site(tmp_path, queue=queue, aliases=f"info: {LATE}", clock=clock)
    submit(site, "info@example.org", "y-4.4.1@example.com NOTIFY=SUCCESS", LATE)
    (message,) = queue.messages
    outcome = DeliveryOutcome(
        recipient=message.envelope.recipients[1],
        disposition=Disposition.RELAYED,
        status=EnhancedStatusCode.parse("2.0.0"),
    )
    queue.requeue(noted=(outcome,))
    site = open_site(tmp_path, queue=queue, aliases="info: bob", clock=clock)
    asyncio.run(site.deliverer.deliver_due())

    assert ([LATE], 1) == (tried(site), len(site.mail("bob")))
    assert [("relayed", "y-4.4.1@example.com", "2.0.0")] == site.told()
    (message,) = queue.messages
    assert 1 == message.history.attempts


def test_all_is_noted(tmp_path: Path) -> None:
    """Where nobody waits any more there is nothing to follow."""
    queue = Operated()
    site = open_site(tmp_path, queue=queue)
    submit(site, LATE)
    (message,) = queue.messages
    outcome = DeliveryOutcome(
        recipient=message.envelope.recipients[0],
        disposition=Disposition.RELAYED,
        status=EnhancedStatusCode.parse("2.0.0"),
    )
    queue.requeue(noted=(outcome,))
    asyncio.run(site.deliverer.deliver_due())

    assert ([LATE], ()) == (tried(site), queue.messages)


def test_a_message_that_cannot_be_read(tmp_path: Path) -> None:
    """What was asked for is not forgotten: it is done when it can be read."""
    queue, clock = Operated(), Clock()
    submit(
        open_site(tmp_path, queue=queue, aliases=f"info: {LATE}", clock=clock), "info@example.org"
    )
    queue.requeue()
    queue.is_unreadable = True
    aliases = "info: bob\nowner-info: olga\n"
    site = open_site(tmp_path, queue=queue, aliases=aliases, clock=clock)
    asyncio.run(site.deliverer.deliver_due())
    queue.is_unreadable = False
    clock.pass_(hours=1)
    asyncio.run(site.deliverer.deliver_due())

    assert ([], 1) == (tried(site), len(site.mail("bob")))


@pytest.mark.parametrize("octets", [100, 20_000, 200_000])
def test_on_the_disk(tmp_path: Path, octets: int) -> None:
    """An operator requeues beside the server; all that the message becomes has its octets."""
    body = BODY + b"x" * octets
    after = "info: bob, dora\nowner-info: olga\nteam: eve\n"

    async def run() -> None:
        clock = Clock()
        async with Spool.open(tmp_path / "queue", reserve_octets=0) as queue:
            before = f"info: {LATE}\nteam: {LATE}\n"
            site = open_site(tmp_path, queue=queue, aliases=before, clock=clock)
            path = queue.incoming / "x"
            path.write_bytes(body)
            content = Content(path=path, octets=len(body), body=body[:1000], prefix=b"P: 1\r\n")
            await site.submit("info@example.org", "team@example.org", content=content)
            await site.deliverer.deliver_due()
            with QueueControl.open(tmp_path / "queue") as control:
                assert 1 == len(control.requeue(control.identifiers(), now=clock()))
            site = open_site(tmp_path, queue=queue, aliases=after, clock=clock)
            await site.deliverer.deliver_due()
            assert 0 == (await queue.status()).messages
            for user in ("bob", "dora", "eve"):
                (mail,) = site.mail(user)
                assert mail.endswith(b"P: 1\n" + body.replace(b"\r\n", b"\n") + b"\n")
        assert [] == list((tmp_path / "queue").glob("messages/*/*"))

    asyncio.run(run())


@pytest.mark.parametrize("during", [True, False])
def test_requeued_while_it_is_tried(tmp_path: Path, during: bool) -> None:  # noqa: FBT001  a parameter of the table
    """What is asked for in the middle of an attempt is done before the next one."""

    async def run() -> None:
        async with Spool.open(tmp_path / "queue", reserve_octets=0) as queue:
            clock = Clock()
            site = open_site(tmp_path, queue=queue, aliases=f"info: {LATE}", clock=clock)
            await site.submit("info@example.org")
            say = site.script.say
            with QueueControl.open(tmp_path / "queue") as control:

                def saying(*args: Any) -> Any:  # noqa: ANN401  as the script has it
                    if during:
                        control.requeue(control.identifiers(), now=clock())
                    return say(*args)

                site.script.say = saying
                await site.deliverer.deliver_due()
            clock.pass_(hours=1)
            site = open_site(tmp_path, queue=queue, aliases="info: bob", clock=clock)
            await site.deliverer.deliver_due()
            assert int(during) == len(site.mail("bob"))

    asyncio.run(run())
