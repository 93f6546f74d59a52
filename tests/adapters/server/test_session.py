"""Sessions: commands in their order, what lists and tables do, errors that add up."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.milter import Milter
from dsnlib.adapters.server.listener import ServerLimits
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.capabilities import Capabilities
from dsnlib.replies.discard import DiscardRules, parse_discards
from dsnlib.replies.footer import ReplyFooter
from dsnlib.replies.judge import AccessPolicy
from dsnlib.replies.restrictions import parse_restrictions
from dsnlib.replies.rewrite import RewriteRules
from dsnlib.replies.site import Site
from dsnlib.replies.table import Table
from dsnlib.replies.tables import parse_table
from tests.adapters.server.talk import MAIL, RCPT, KeepingIntake, codes, dialogue
from tests.replies.fake_site import FakeService

if TYPE_CHECKING:
    from collections.abc import Mapping

# what is said, command by command, and the codes of the last reply
DIALOGUES: dict[str, tuple[list[bytes | str], str]] = {
    "nothing": ([""], "500 5.5.2"),
    "unknown": (["FOO bar"], "500 5.5.2"),
    "nul": ([b"NOOP \0\r\n"], "500 5.5.2"),
    "bare-cr": ([b"NOOP x\ry\r\n"], "500 5.5.2"),
    "bare-lf": ([b"NOOP\n"], "500 5.5.2"),
    "not-utf8": ([b"MAIL FROM:<\xff@example.org>\r\n"], "500 5.5.2"),
    "too-long": (["NOOP " + "x" * 3000], "500 5.5.2"),
    "far-too-long": (["NOOP " + "x" * 200_000], "500 5.5.2"),
    "noop": (["NOOP x y"], "250 2.0.0"),
    "rcpt-without-domain": ([MAIL, "RCPT TO:<bob@>"], "501 5.1.3"),
    "rcpt-without-last-domain": ([MAIL, "RCPT TO:<bob@example.org@>"], "501 5.1.3"),
    "rcpt-route-without-domain": ([MAIL, "RCPT TO:<@example.net:bob@>"], "501 5.1.3"),
    "mail-without-domain": (["MAIL FROM:<ann@>"], "501 5.1.7"),
    "help": (["HELP"], "214 2.0.0"),
    "vrfy": (["VRFY ann"], "252 2.0.0"),
    "vrfy-nobody": (["VRFY"], "501 5.5.4"),
    "expn": (["EXPN list"], "500 5.5.2"),
    "etrn": (["ETRN example.org"], "459"),
    "etrn-nothing": (["ETRN"], "500"),
    "helo": (["HELO client.example"], "250"),
    "helo-nothing": (["HELO"], "501"),
    "helo-control": (["HELO a\x01b"], "501"),
    "starttls": (["STARTTLS"], "502 5.5.1"),
    "auth": (["AUTH PLAIN"], "503 5.5.1"),
    "rset": (["RSET"], "250 2.0.0"),
    "rset-x": (["RSET x"], "501 5.5.4"),
    "quit": (["QUIT"], "221 2.0.0"),
    "mail": ([MAIL], "250 2.1.0"),
    "mail-null": (["MAIL FROM:<>"], "250 2.1.0"),
    "mail-lower": (["mail from:<a@b.example>"], "250 2.1.0"),
    "mail-twice": ([MAIL, MAIL], "503 5.5.1"),
    "mail-null-twice": (["MAIL FROM:<>", MAIL], "503 5.5.1"),
    "mail-rset-mail": ([MAIL, "RSET", MAIL], "250 2.1.0"),
    "mail-ehlo-mail": ([MAIL, "EHLO again", MAIL], "250 2.1.0"),
    "mail-no-path": (["MAIL"], "501 5.5.4"),
    "mail-bad-path": (["MAIL FROM:<a b>"], "501 5.1.7"),
    "mail-option": (["MAIL FROM:<a@b.example> FOO=1"], "555 5.5.4"),
    "mail-large": (["MAIL FROM:<a@b.example> SIZE=99999999"], "552 5.3.4"),
    "mail-binary": (["MAIL FROM:<a@b.example> BODY=BINARYMIME"], "504 5.5.4"),
    "mail-no-body": (["MAIL FROM:<a@b.example> BODY=9BIT"], "501 5.5.4"),
    "mail-body": (["MAIL FROM:<a@b.example> BODY=8BITMIME"], "250 2.1.0"),
    "rcpt": ([MAIL, RCPT], "250 2.1.5"),
    "rcpt-first": ([RCPT], "503 5.5.1"),
    "rcpt-null": ([MAIL, "RCPT TO:<>"], "501 5.1.3"),
    "rcpt-after-null": (["MAIL FROM:<>", RCPT], "250 2.1.5"),
    "rcpt-notify": ([MAIL, "RCPT TO:<a@b.example> NOTIFY=NEVER"], "250 2.1.5"),
    "rcpt-notify-bad": ([MAIL, "RCPT TO:<a@b.example> NOTIFY=NEVER,DELAY"], "501 5.5.4"),
    "data": ([MAIL, RCPT, "DATA"], "354"),
    "data-first": (["DATA"], "503 5.5.1"),
    "data-no-rcpt": ([MAIL, "DATA"], "554 5.5.1"),
    "data-x": ([MAIL, RCPT, "DATA x"], "501 5.5.4"),
    "data-empty": ([MAIL, RCPT, "DATA", b".\r\n"], "250 2.0.0"),
    "data-then-data": ([MAIL, RCPT, "DATA", b".\r\n", "DATA"], "503 5.5.1"),
    "bdat": ([MAIL, RCPT, b"BDAT 3 LAST\r\na\r\n"], "250 2.0.0"),
    "bdat-bad": ([MAIL, RCPT, "BDAT x"], "521 5.5.4"),
    "bdat-first": ([b"BDAT 5\r\nNOOP\n"], "503 5.5.1"),
}


@pytest.mark.parametrize("name", DIALOGUES)
def test_dialogue(name: str) -> None:
    """Each command has its reply, by what came before."""
    commands, expected = DIALOGUES[name]

    async def talk() -> str:
        async with dialogue() as (client, _):
            return await client.say(*commands)

    assert expected == asyncio.run(talk())


def test_the_value_that_is_not_offered_is_named() -> None:
    """BODY itself is offered, so the reply says which of its values is not (RFC 3030 s3)."""

    async def talk() -> str:
        async with dialogue() as (client, _):
            return await client.full("MAIL FROM:<a@b.example> body=binarymime")

    assert "504 5.5.4 BODY=BINARYMIME is not offered here" == asyncio.run(talk()).strip()


@pytest.mark.requirement("3461-5-01")
def test_refused_command_changes_nothing() -> None:
    """After a refusal the transaction is as it was, and its recipients are those accepted."""

    async def talk() -> None:
        async with dialogue(intake) as (client, _):
            await client.say("MAIL FROM:<ann@example.org> RET=HDRS ENVID=QQ+2B1", MAIL)
            await client.say("RCPT TO:<bob@example.com> NOTIFY=SUCCESS ORCPT=rfc822;Bob@x")
            await client.say("RCPT TO:<no one>", "RCPT TO:<eve@example.com> FOO")
            await client.say("RCPT TO:<carol@example.com>", "NOOP", "DATA")
            assert "250 2.0.0" == await client.say(b"Subject: x\r\n\r\n.\r\n")

    intake = KeepingIntake()
    asyncio.run(talk())

    (message,) = intake.messages
    assert "ann@example.org" == message.envelope.sender
    assert "RET=HDRS ENVID=QQ+2B1" == " ".join(message.envelope.mail.as_received)
    assert [
        ("bob@example.com", "NOTIFY=SUCCESS ORCPT=rfc822;Bob@x"),
        ("carol@example.com", ""),
    ] == [(each.address, " ".join(each.params.as_received)) for each in message.envelope.recipients]
    assert message.envelope.received_from is not None
    assert "client.example" == message.envelope.received_from.name
    assert message.envelope.arrival is not None


def test_hello_first() -> None:
    """MAIL before EHLO is 503, unless the site does not mind."""

    async def talk(*, needs_helo: bool) -> str:
        async with dialogue(greeted=False, needs_helo=needs_helo) as (client, _):
            await client.read()
            return await client.say(MAIL)

    assert "503 5.5.1" == asyncio.run(talk(needs_helo=True))
    assert "250 2.1.0" == asyncio.run(talk(needs_helo=False))


def test_discarded_keywords() -> None:
    """What is kept from a client is neither announced nor, where that is so, done."""
    discards = DiscardRules(parse_discards("dsn, size"))

    async def talk() -> tuple[str, str, str]:
        async with dialogue(discards=discards) as (client, _):
            announced = await client.full("EHLO client.example")
            return (
                announced,
                await client.say("MAIL FROM:<a@b.example> RET=FULL"),
                await client.say("MAIL FROM:<a@b.example> SIZE=10"),
            )

    announced, ret, size = asyncio.run(talk())
    assert "DSN" not in announced
    assert "SIZE" not in announced
    assert "PIPELINING" in announced
    assert ("501 5.7.1", "250 2.1.0") == (ret, size)


def policy(**lists: str) -> AccessPolicy:
    """Return a policy of lists as settings have them."""

    def open_table(spec: str) -> Table:
        kind, _, rest = spec.partition(":")
        return parse_table(kind, rest, origin=spec)

    delays = lists.pop("delays", "yes") == "yes"
    parsed: dict[str, Any] = {
        name: parse_restrictions(text, open_table=open_table, origin=name)
        for name, text in lists.items()
    }
    return AccessPolicy(**parsed, delays_refusals=delays)


@pytest.mark.parametrize(
    ("lists", "commands", "expected"),
    [
        ({"sender": "reject"}, [MAIL], "250 2.1.0"),
        ({"sender": "reject"}, [MAIL, RCPT], "554 5.7.1"),
        ({"sender": "reject", "delays": "no"}, [MAIL], "554 5.7.1"),
        ({"helo": "reject", "delays": "no"}, [], "554 5.7.1"),
        ({"data": "reject"}, [MAIL, RCPT, "DATA"], "554 5.7.1"),
        ({"end_of_data": "reject"}, [MAIL, RCPT, "DATA", b".\r\n"], "554 5.7.1"),
        ({"etrn": "reject"}, ["ETRN example.org"], "554 5.7.1"),
        ({"recipient": "defer_if_permit"}, [MAIL, RCPT], "450 4.7.0"),
        (
            {"recipient": "check_recipient_access inline:{ {bob@example.com=521 5.2.1 gone} }"},
            [MAIL, RCPT],
            "521 5.2.1",
        ),
    ],
)
def test_lists(lists: dict[str, str], commands: list[bytes | str], expected: str) -> None:
    """Each list is asked with the command that it is about."""

    async def talk() -> str:
        async with dialogue(greeted=False, policy=policy(**lists)) as (client, _):
            await client.read()
            return await client.say("EHLO client.example", *commands)

    assert expected == asyncio.run(talk())


def test_refused_at_the_connection() -> None:
    """A client that is not wanted hears so, and may only quit (RFC 5321 s3.1)."""

    async def talk() -> list[str]:
        async with dialogue(greeted=False, policy=policy(client="reject", delays="no")) as both:
            client = both[0]
            greeting = codes(await client.read())
            return [greeting, await client.say("EHLO x"), await client.say("QUIT")]

    assert ["554 5.7.1", "503 5.7.0", "221 2.0.0"] == asyncio.run(talk())


def test_closing_reply() -> None:
    """After 521 the connection is closed; with soft_bounce it is 421, and closed."""
    lists = {"recipient": "check_recipient_access inline:{ {bob@example.com=521 5.2.1 gone} }"}

    async def talk(rules: RewriteRules) -> tuple[str, str]:
        async with dialogue(policy=policy(**lists), rules=rules) as (client, _):
            await client.say(MAIL)
            client.send(RCPT + b"NOOP\r\nNOOP\r\n")
            return codes(await client.read()), codes(await client.read())

    assert ("521 5.2.1", "closed") == asyncio.run(talk(RewriteRules()))
    assert ("421 4.2.1", "closed") == asyncio.run(talk(RewriteRules(soft_bounce=True)))


@pytest.mark.parametrize(
    ("action", "field", "expected"),
    [
        ("HOLD", "is_held", True),
        ("BCC copy@example.org", "copies", ("copy@example.org",)),
        ("FILTER smtp:[filter.example]", "destination", "smtp:[filter.example]"),
    ],
)
def test_actions(action: str, field: str, expected: object) -> None:
    """What a table wants done reaches the intake, for this message and no other."""
    table = f"check_recipient_access inline:{{ {{bob@example.com={action}}} }}"

    async def talk() -> None:
        async with dialogue(intake, policy=policy(recipient=table)) as (client, _):
            assert "250 2.0.0" == await client.deliver()
            await client.say(MAIL, "RCPT TO:<eve@example.com>", "DATA", b".\r\n")

    intake = KeepingIntake()
    asyncio.run(talk())

    first, second = intake.messages
    assert expected == getattr(first, field)
    assert getattr(second, field) in (False, (), None)


def test_discard_redirect_prepend() -> None:
    """DISCARD takes and drops; REDIRECT changes who gets it; PREPEND adds a field."""

    async def talk(action: str) -> KeepingIntake:
        table = f"check_recipient_access inline:{{ {{bob@example.com={action}}} }}"
        intake = KeepingIntake()
        async with dialogue(intake, policy=policy(recipient=table)) as (client, _):
            assert "250 2.0.0" == await client.deliver()
        return intake

    assert [] == asyncio.run(talk("DISCARD")).messages
    (redirected,) = asyncio.run(talk("REDIRECT eve@example.net")).messages
    assert ["eve@example.net"] == [each.address for each in redirected.envelope.recipients]
    (octets,) = asyncio.run(talk("PREPEND X-Mark: yes")).octets
    assert octets.startswith(b"X-Mark: yes\r\nReceived: from client.example ")


def test_errors_add_up() -> None:
    """Refusals are slowed down, and end the session with 421; a message forgives them."""
    limits = ServerLimits(soft_errors=2, hard_errors=4, tarpit_seconds=0.05)

    async def talk() -> tuple[list[str], float]:
        async with dialogue(limits=limits) as (client, _):
            await client.say("FOO", "FOO")
            await client.deliver()
            begin = asyncio.get_running_loop().time()
            replies = [await client.say("FOO") for _ in range(4)]
            return [
                *replies,
                codes(await client.read()),
                codes(await client.read()),
            ], asyncio.get_running_loop().time() - begin

    replies, seconds = asyncio.run(talk())
    assert ["500 5.5.2"] * 4 + ["421 4.7.0", "closed"] == replies
    assert seconds >= 0.1


def test_junk_adds_up() -> None:
    """Commands that lead to nothing are errors from some number on."""
    limits = ServerLimits(junk_commands=3, hard_errors=2, tarpit_seconds=0)

    async def talk() -> list[str]:
        async with dialogue(limits=limits) as (client, _):
            replies = [await client.say("NOOP") for _ in range(3)]
            return [*replies, await client.say("FOO"), codes(await client.read())]

    assert ["250 2.0.0"] * 3 + ["500 5.5.2", "421 4.7.0"] == asyncio.run(talk())


@pytest.mark.requirement("5321-4.5.3.1.10-01")
def test_recipient_limit() -> None:
    """Recipients beyond the limit are 452 4.5.3, and those before it are served."""
    intake = KeepingIntake()

    async def talk() -> str:
        async with dialogue(intake, limits=ServerLimits(recipients=2)) as (client, _):
            await client.say(MAIL, RCPT, RCPT)
            reply = await client.say(RCPT)
            await client.say("DATA", b".\r\n")
            return reply

    assert "452 4.5.3" == asyncio.run(talk())
    assert 2 == len(intake.messages[0].envelope.recipients)


def test_many_beyond_the_limit() -> None:
    """Who sends all recipients at once has the first ones served, up to a thousand too many."""
    intake = KeepingIntake()
    limits = ServerLimits(recipients=2, soft_errors=1, hard_errors=3, tarpit_seconds=0)

    async def talk() -> list[str]:
        async with dialogue(intake, limits=limits) as (client, _):
            await client.say(MAIL, RCPT, RCPT)
            await client.say(*[RCPT] * 1000)
            replies = [await client.say("DATA", b".\r\n"), await client.say(MAIL, RCPT, RCPT)]
            await client.say(*[RCPT] * 1003)
            return [*replies, codes(await client.read())]

    assert ["250 2.0.0", "250 2.1.5", "421 4.7.0"] == asyncio.run(talk())
    assert 2 == len(intake.messages[0].envelope.recipients)


def test_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """What raises is logged and answered 451 4.3.0, and the session goes on."""

    class _Broken:
        async def accept(self, message: object) -> SmtpReply:  # noqa: ARG002  the protocol
            raise RuntimeError("no")

    async def talk() -> tuple[str, str]:
        async with dialogue(_Broken()) as (client, _):
            return await client.deliver(), await client.say("NOOP")

    assert ("451 4.3.0", "250 2.0.0") == asyncio.run(talk())
    assert "RuntimeError: no" in caplog.text


def test_refusals_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A refusal is one line with who, what and why, and an object of the same."""
    caplog.set_level(logging.INFO, "dsnlib.server")

    async def talk() -> None:
        async with dialogue() as (client, _):
            await client.say(MAIL, "RCPT TO:<a b>")

    asyncio.run(talk())

    records = [each for each in caplog.records if each.name == "dsnlib.server"]
    assert ["connected", "refused", "disconnected"] == [
        each.__dict__["event"]["event"] for each in records
    ]
    record = records[1]
    assert record.getMessage().startswith("refused: RCPT from unknown[127.0.0.1]: 501 5.1.3 ")
    assert record.getMessage().endswith(
        "; from=<ann@example.org> proto=ESMTP helo=<client.example>"
    )
    event = record.__dict__["event"]
    assert ("RCPT", 501, "5.1.3", "TO:<a b>") == (
        event["verb"], event["code"], event["status"], event["argument"],
    )  # fmt: skip


def test_verp_and_other_extensions() -> None:
    """XVERP is taken where it is offered, with delimiters that can be used."""
    capabilities = Capabilities(verp=True)

    async def talk() -> list[str]:
        async with dialogue(capabilities=capabilities) as (client, _):
            words = ("<a@b> XVERP", "<a@b> XVERP=+=", "<a@b> XVERP=xx", "<> XVERP", "<a@b> FOO")
            return [
                (await client.say(f"MAIL FROM:{each}"), await client.say("RSET"))[0]
                for each in words
            ]

    expected = ["250 2.1.0", "250 2.1.0", "501 5.5.4", "503 5.5.4", "555 5.5.4"]
    assert expected == asyncio.run(talk())


def test_proxy() -> None:
    """XCLIENT is for networks that are trusted, and begins the session anew."""
    capabilities = Capabilities(xclient=("NAME", "ADDR", "HELO", "LOGIN"))
    trusted = parse_table("cidr", "127.0.0.0/8 OK", origin="trusted")
    intake = KeepingIntake()

    async def talk() -> list[str]:
        async with dialogue(intake, capabilities=capabilities, xclient=trusted) as (client, _):
            assert "XCLIENT NAME ADDR HELO LOGIN" in await client.full("EHLO x")
            replies = [
                await client.say("XCLIENT FOO=1"),
                await client.say("XCLIENT ADDR=example"),
                await client.say("XCLIENT NAME=mx.example ADDR=192.0.2.1 LOGIN=ann"),
                await client.say("EHLO mx.example"),
            ]
            await client.deliver()
            return replies

    assert ["501 5.5.4", "501 5.5.4", "220", "250"] == asyncio.run(talk())
    (message,) = intake.messages
    assert ("mx.example[192.0.2.1]", "ann") == (str(message.client), message.login)

    async def refused() -> str:
        async with dialogue(capabilities=capabilities) as (client, _):
            return await client.say("XCLIENT ADDR=192.0.2.1")

    assert "502 5.5.1" == asyncio.run(refused())


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        ("reject", "554 5.7.1"),
        ("defer", "421 4.3.2"),
        ("reject_unknown_client_hostname", "421 4.7.25"),
    ],
)
def test_refusal_in_place_of_the_greeting(restriction: str, expected: str) -> None:
    """Only 421 and 554 may stand there (RFC 5321 s4.3.2)."""

    async def talk() -> str:
        policy = AccessPolicy(client=parse_restrictions(restriction), delays_refusals=False)
        async with dialogue(greeted=False, policy=policy) as (client, _):
            return codes(await client.read())

    assert expected == asyncio.run(talk())


def test_filter_that_is_away_at_the_greeting() -> None:
    """It is not asked for now, so the client is to come again."""

    async def talk() -> list[str]:
        milters = [Milter(where="unix:/nowhere")]
        async with dialogue(greeted=False, milters=milters) as (client, _):
            return [codes(await client.read()), codes(await client.read())]

    assert ["421 4.7.1", "closed"] == asyncio.run(talk())


def test_recipient_behind_a_chunk() -> None:
    """A message that has begun has its recipients: lists were asked about these."""
    intake = KeepingIntake()

    async def talk() -> list[str]:
        async with dialogue(intake) as (client, _):
            await client.say("MAIL FROM:<>", RCPT)
            chunk = await client.say(b"BDAT 3\r\na\r\n")
            late = await client.say("RCPT TO:<eve@example.com>")
            return [chunk, late, await client.say(b"BDAT 0 LAST\r\n")]

    assert ["250 2.0.0", "503 5.5.1", "250 2.0.0"] == asyncio.run(talk())
    assert 1 == len(intake.messages[0].envelope.recipients)


def test_footer() -> None:
    """It stands behind refusals and nothing else, and not in the log."""
    footer = ReplyFooter(r"\c; ask postmaster@$server_name, ${client_address}")

    async def talk() -> list[str]:
        async with dialogue(footer=footer) as (client, _):
            return [await client.full(each) for each in ("NOOP", "FOO")]

    fine, refused = asyncio.run(talk())

    assert "ask" not in fine
    assert refused.endswith("; ask postmaster@mx.example.org, 127.0.0.1")


@pytest.mark.parametrize(
    ("by", "expected"),
    [("60;R", "250 2.1.0"), ("59;R", "555 5.4.7"), ("59;N", "250 2.1.0"), ("0;R", "501 5.5.4")],
)
def test_shortest_time(by: str, expected: str) -> None:
    """Who wants it back sooner than is promised is told at once (RFC 2852 s4.1)."""

    async def talk() -> str:
        capabilities = Capabilities(deliver_by=60)
        async with dialogue(capabilities=capabilities) as (client, _):
            return await client.say(f"MAIL FROM:<ann@example.org> BY={by}")

    assert expected == asyncio.run(talk())


def test_what_a_policy_service_is_told() -> None:
    """Greylisting asks by `instance`: it is one for a message, and another for the next."""
    service = FakeService("DUNNO")
    told: list[Mapping[str, str]] = []

    async def talk() -> None:
        site = Site(policies={"grey": service})
        lists = parse_restrictions("check_policy_service grey", services=site.policies)
        policy = AccessPolicy(site=site, recipient=lists, data=lists)
        async with dialogue(policy=policy) as (client, server):
            for _ in range(2):
                await client.say(MAIL)
                for command in (RCPT, RCPT, "DATA"):
                    await client.say(command)
                    told.append(service.told)
                await client.say(b".\r\n")
            assert {str(server.port)} == {each["server_port"] for each in told}

    asyncio.run(talk())

    instances = [each["instance"] for each in told]
    assert [1, 1] == [len(set(instances[start : start + 3])) for start in (0, 3)]
    assert 2 == len(set(instances))
    assert ["0", "0", "2"] * 2 == [each["recipient_count"] for each in told]
    assert {("ESMTP", "", "127.0.0.1")} == {
        (each["protocol_name"], each["encryption_protocol"], each["server_address"])
        for each in told
    }
