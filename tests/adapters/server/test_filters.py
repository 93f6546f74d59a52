"""Mail filters: each command is shown to them, and what they say is what happens."""

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar

import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.milter import Milter, MilterAction, MilterEdits, MilterVerdict
from dsnlib.adapters.server import session as session_module
from dsnlib.adapters.server.listener import TlsLevel
from dsnlib.model.envelope import Recipient
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.rewrite import RewriteRules
from tests.adapters.server.talk import (
    MAIL,
    RCPT,
    KeepingIntake,
    client_context,
    codes,
    dialogue,
    server_context,
)

GO_ON = MilterVerdict()


class _Chain:
    """A chain of filters that is scripted: the verdict by step."""

    script: ClassVar[dict[str, MilterVerdict]] = {}
    steps: ClassVar[list[str]] = []

    def __init__(self, milters: Iterable[Milter], **_: object) -> None:  # noqa: ARG002  a double
        self.macros: dict[str, str] = {}

    def take(self, step: str, *facts: object) -> MilterVerdict:
        self.steps.append(" ".join([step, *map(str, facts)]))
        return self.script.get(step, GO_ON)

    async def connect(self, client: object, *, port: int) -> MilterVerdict:  # noqa: ARG002  the same
        return self.take("connect", client)

    async def helo(self, name: str) -> MilterVerdict:
        return self.take("helo", name)

    async def mail(self, sender: str, params: Iterable[str]) -> MilterVerdict:
        return self.take("mail", sender, *params)

    async def rcpt(
        self,
        recipient: str,
        params: Iterable[str],
        *,
        rejected: SmtpReply | None = None,  # noqa: ARG002  the same
    ) -> MilterVerdict:
        return self.take("rcpt", recipient, *params)

    async def data(self) -> MilterVerdict:
        return self.take("data")

    async def unknown(self, command: str) -> MilterVerdict:
        return self.take("unknown", command)

    async def content(self, content: Content) -> MilterVerdict:
        verdict = self.take("content", content.octets, bool(self.macros["i"]))
        if verdict is GO_ON:
            return MilterVerdict(edits=MilterEdits(content=content))
        return verdict

    async def abort(self) -> None:
        self.take("abort")

    async def quit(self) -> None:
        self.take("quit")


@pytest.fixture(autouse=True)
def chain(monkeypatch: pytest.MonkeyPatch) -> type[_Chain]:
    """Put the scripted chain in the place of the real one."""
    monkeypatch.setattr(session_module, "MilterChain", _Chain)
    monkeypatch.setattr(_Chain, "script", {})
    monkeypatch.setattr(_Chain, "steps", [])
    return _Chain


SETTINGS: dict[str, Any] = {"milters": [Milter(where="unix:/nowhere")]}


def refusal(text: str) -> MilterVerdict:
    """Return a verdict that refuses."""
    return MilterVerdict(action=MilterAction.REJECT, reply=SmtpReply.parse(text), milter="m")


def test_steps(chain: type[_Chain]) -> None:
    """Filters see the session from its beginning to its end."""

    async def talk() -> None:
        settings = {**SETTINGS, "tls": server_context(), "tls_level": TlsLevel.MAY}
        async with dialogue(**settings) as (client, _):
            await client.say("FOO x", "MAIL FROM:<ann@example.org> RET=FULL", "RSET", MAIL)
            await client.say("RCPT TO:<bob@example.com> NOTIFY=NEVER", "DATA", b"x\r\n.\r\n")
            await client.say("STARTTLS")
            await client.encrypt(client_context())
            await client.say("EHLO again", "QUIT")

    asyncio.run(talk())
    assert [
        "connect unknown[127.0.0.1]", "abort", "helo client.example", "unknown FOO x",
        "mail ann@example.org RET=FULL", "abort", "mail ann@example.org",
        "rcpt bob@example.com NOTIFY=NEVER", "data", "content 3 True",
        "abort", "abort", "helo again", "quit",
    ] == chain.steps  # fmt: skip


@pytest.mark.parametrize("step", ["helo", "mail", "rcpt", "data", "content", "unknown"])
def test_refusal(chain: type[_Chain], step: str) -> None:
    """A refusal is the reply as the filter has it, its status never fitted, softened if so."""
    chain.script = {step: refusal("550 5.1.1 no")}
    sent: dict[str, list[bytes | str]] = {
        "helo": [], "unknown": ["FOO"], "mail": [MAIL], "rcpt": [MAIL, RCPT],
        "data": [MAIL, RCPT, "DATA"], "content": [MAIL, RCPT, "DATA", b".\r\n"],
    }  # fmt: skip

    async def talk(rules: RewriteRules) -> str:
        async with dialogue(greeted=False, rules=rules, **SETTINGS) as (client, _):
            await client.read()
            return await client.say("EHLO x", *sent[step])

    assert "550 5.1.1" == asyncio.run(talk(RewriteRules()))
    assert "450 4.1.1" == asyncio.run(talk(RewriteRules(soft_bounce=True)))


def test_refused_at_the_connection(chain: type[_Chain]) -> None:
    """A filter may turn a client away before it has said anything."""
    chain.script = {"connect": refusal("421 4.7.0 no")}

    async def talk() -> list[str]:
        async with dialogue(greeted=False, **SETTINGS) as (client, _):
            return [codes(await client.read()), codes(await client.read())]

    assert ["421 4.7.0", "closed"] == asyncio.run(talk())


@pytest.mark.parametrize("step", ["mail", "rcpt", "content"])
def test_discard(chain: type[_Chain], step: str) -> None:
    """What a filter discards is answered 250, and goes nowhere."""
    chain.script = {step: MilterVerdict(action=MilterAction.DISCARD)}
    intake = KeepingIntake()

    async def talk() -> str:
        async with dialogue(intake, **SETTINGS) as (client, _):
            return await client.deliver()

    assert "250 2.0.0" == asyncio.run(talk())
    assert [] == intake.messages


def test_edits(chain: type[_Chain]) -> None:
    """What filters change is what the intake gets; with nobody left it goes nowhere."""
    content = Content(body=b"changed\r\n", prefix=b"Received: x\r\n")
    intake = KeepingIntake()

    async def talk(**edits: Any) -> str:  # noqa: ANN401  fields of MilterEdits
        chain.script = {"content": MilterVerdict(edits=MilterEdits(content=content, **edits))}
        async with dialogue(intake, **SETTINGS) as (client, _):
            return await client.deliver()

    added = [Recipient("eve@example.net")]
    assert "250 2.0.0" == asyncio.run(talk(added=added, quarantine="why"))
    (message,) = intake.messages
    assert b"Received: x\r\nchanged\r\n" == intake.octets[0]
    assert message.is_held
    assert ["bob@example.com", "eve@example.net"] == [
        each.address for each in message.envelope.recipients
    ]
    assert "250 2.0.0" == asyncio.run(talk(deleted=["bob@example.com"]))
    assert 1 == len(intake.messages)


def test_no_room_for_edits(chain: type[_Chain], monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that cannot be written anew is for later, 452 4.3.1."""

    async def content(*_: object) -> MilterVerdict:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(chain, "content", content)
    intake = KeepingIntake()

    async def talk() -> list[str]:
        async with dialogue(intake, **SETTINGS) as (client, _):
            return [await client.deliver(), await client.say("NOOP")]

    assert ["452 4.3.1", "250 2.0.0"] == asyncio.run(talk())
    assert [] == intake.messages
