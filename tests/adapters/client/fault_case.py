"""One message to a server with a fault: what became of it, and whether that is right.

Rules.
- Each recipient has one result.
- Who is told of a success was acknowledged, who was refused hears that very reply, and
  who was acknowledged in a reply that could be heard is a success.
- No message is whole twice for a recipient unless nothing was said of the first.
- It takes no longer than the patience of one step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from dsnlib.adapters.client.dialogue import Answer
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.client.tls.policy import ClientTlsLevel
from dsnlib.adapters.content import Content
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import StatusClass
from tests.adapters.client.fault_expected import RECIPIENTS, REPLIES, TAKEN, expected, right_of
from tests.adapters.client.faults import GARBLED, LOST, Kind
from tests.adapters.client.faulty_peer import KEYWORDS, Fault, FaultyPeer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MODES", "Case", "Mode", "Sender", "Sent", "message", "run_cases"]

_PATIENCE_SECONDS = 0.3
_LONG_SECONDS = 20.0
# How much longer a client waits that gave up before the fault had its turn.
_SECOND_CHANCE = 10
_NOT_REACHED = "the step was not reached"
# What a busy machine may add.
_MARGIN_SECONDS = 4.0
_LATE_SECONDS = 0.03
_AT_A_TIME = 80


@attrs.frozen(kw_only=True)
class Mode:
    """How the two speak.

    Args:
        is_lmtp: Whether it is LMTP.
        pipelines: Whether PIPELINING is announced.
        chunks: Whether CHUNKING is.
    """

    is_lmtp: bool
    pipelines: bool
    chunks: bool

    @property
    def keywords(self) -> tuple[str, ...]:
        """What is announced."""
        added = [("PIPELINING", self.pipelines), ("CHUNKING", self.chunks)]
        return (*KEYWORDS, *(each for each, has in added if has))

    def __str__(self) -> str:
        words = ["LMTP" if self.is_lmtp else "SMTP"]
        return " ".join(words + list(self.keywords[len(KEYWORDS) :]))


MODES = tuple(
    Mode(is_lmtp=is_lmtp, pipelines=pipelines, chunks=chunks)
    for is_lmtp in (False, True)
    for pipelines in (True, False)
    for chunks in (True, False)
)


@attrs.frozen
class Sent:
    """What a client says of one recipient."""

    outcome: DeliveryOutcome
    answer: Answer | None

    @property
    def kind(self) -> str:
        """What decided: `TAKEN`, the code of a reply, `GARBLED` or `LOST`."""
        if self.outcome.disposition not in (Disposition.FAILED, Disposition.DELAYED):
            return TAKEN
        if isinstance(self.answer, SmtpReply):
            return str(self.answer.code)
        return LOST if self.answer is None else GARBLED


class Sender(Protocol):
    """A way to send to a port of loopback, one message after the other."""

    def __init__(self, port: int, settings: ClientSettings, level: ClientTlsLevel) -> None: ...

    async def send(self, envelope: Envelope, content: Content) -> list[Sent] | None:
        """Send one; `None` if there is nothing left of the session to send it in."""

    async def close(self) -> None:
        """End it all."""


def message(token: str, *, octets: int = 0) -> tuple[Envelope, Content]:
    """Return a message to all, which a peer knows by its token."""
    envelope = Envelope(
        sender="ann@here.example",
        recipients=[Recipient(each) for each in RECIPIENTS],
        body=Body.EIGHT_BIT,
    )
    line = b"y" * 76 + b"\r\n"
    body = b"Subject: token " + token.encode() + b"\r\n\r\n.\r\n..dots\r\n" + line * (octets // 78)
    return envelope, Content(body=body)


@attrs.frozen(kw_only=True)
class Case:
    """One server, one fault.

    Args:
        name: What the fault is.
        kind: The same in detail; `None` if it is not at one step.
        step: Where it is.
        mode: How the two speak.
        peer: What else is special about the server, as its arguments.
        outcomes: What may decide of each recipient; what follows from the fault if
            not given.
        octets: How long the message is.
        level: Of TLS.
        waits: Whether the client has to wait until its patience is over.
    """

    name: str
    kind: Kind | None = None
    step: str = ""
    mode: Mode
    peer: Mapping[str, Any] = attrs.field(factory=dict)
    outcomes: Mapping[str, frozenset[str]] | None = None
    octets: int = 0
    level: ClientTlsLevel = ClientTlsLevel.MAY
    waits: bool = False

    def __str__(self) -> str:
        return f"{self.name} at {self.step or 'all steps'}, {self.mode}"

    def make_peer(self) -> FaultyPeer:
        """Return the server."""
        arguments = {
            "is_lmtp": self.mode.is_lmtp, "keywords": self.mode.keywords, "replies": REPLIES,
            **self.peer,
        }  # fmt: skip
        fault = None if self.kind is None else Fault(self.step, self.kind.act)
        return FaultyPeer(fault, **arguments)

    @property
    def expected(self) -> Mapping[str, frozenset[str]]:
        """What may decide of each recipient."""
        if self.outcomes is not None:
            return self.outcomes
        if self.kind is not None:
            return expected(self.kind, self.step, is_lmtp=self.mode.is_lmtp)
        return {each: frozenset({right_of(each, is_lmtp=self.mode.is_lmtp)}) for each in RECIPIENTS}

    @property
    def patience_seconds(self) -> float:
        """How long the client waits at each step."""
        waits = self.waits or (self.kind is not None and self.kind.waits)
        return _PATIENCE_SECONDS if waits else _LONG_SECONDS

    @property
    def _has_no_sync(self) -> bool:
        """Whether no client can tell a reply too many, or too few, from those that are due.

        354 is what no other command has, but BDAT has no such reply, and no reply after
        the message to LMTP says for whom it is.
        """
        if self.name == "no reply, and on":
            is_end = self.mode.is_lmtp and self.step.startswith("end")
            return is_end or (self.mode.pipelines and self.mode.chunks)
        return self.step == "message" and self.mode.chunks

    @property
    def is_reached(self) -> bool:
        """Whether the session comes to the step, and it can be told what is right there."""
        if self.kind is not None and self.kind.shifts and self._has_no_sync:
            return False
        if self.step == "DATA":
            return not self.mode.chunks
        return self.mode.is_lmtp or not self.step.startswith("end") or self.step == "end 0"


async def run_cases(cases: Iterable[Case], sender: type[Sender]) -> list[str]:
    """Run cases at once, and return what is not right."""
    turns = asyncio.Semaphore(_AT_A_TIME)

    async def one(case: Case) -> list[str]:
        async with turns:
            wrong = await _run(case, sender, case.patience_seconds)
            if wrong == [_NOT_REACHED]:  # on a slow machine
                wrong = await _run(case, sender, _SECOND_CHANCE * case.patience_seconds)
            return [f"{case}: {each}" for each in wrong]

    found = await asyncio.gather(*(one(case) for case in cases))
    return [each for several in found for each in several]


async def _run(case: Case, make: type[Sender], patience_seconds: float) -> list[str]:
    names = [field.name for field in attrs.fields(Timeouts)]
    settings = ClientSettings(
        hello="client.example",
        is_lmtp=case.mode.is_lmtp,
        timeouts=Timeouts(**dict.fromkeys(names, patience_seconds)),
    )
    peer = case.make_peer()
    loop = asyncio.get_running_loop()
    first, second = message("first", octets=case.octets), message("again")
    wrong: list[str] = []
    async with peer.serve():
        sender = make(peer.port, settings, case.level)
        try:
            begin = loop.time()
            sent = await sender.send(*first)
            seconds = loop.time() - begin
            assert sent is not None
            wrong += _wrong(sent, case.expected, peer, "first")
            if seconds > 2 * patience_seconds + _MARGIN_SECONDS:
                wrong.append(f"took {seconds:.1f} s")
            # What comes late comes now.
            await asyncio.sleep(_LATE_SECONDS)
            # On a slow machine the client may have lost patience before the fault had its turn.
            is_met = peer.fault is None
            again = await sender.send(*second)
            if again is not None and case.kind is not None:
                rights = {
                    each: frozenset({right_of(each, is_lmtp=case.mode.is_lmtp), LOST})
                    for each in RECIPIENTS
                }
                if "replies" in case.peer:
                    rights = dict.fromkeys(RECIPIENTS, frozenset({TAKEN, LOST}))
                if not is_met:
                    rights = {each: may | case.expected[each] for each, may in rights.items()}
                wrong += _wrong(again, rights, peer, "again")
        finally:
            await sender.close()
    if peer.fault is not None:
        wrong.append(_NOT_REACHED)
    # An empty one is what a server gets that goes on after its refusals (RFC 2920 s3.1).
    if not {first[1].read(), second[1].read(), b""}.issuperset(peer.contents):
        wrong.append("a message has changed")
    return wrong


def _wrong(
    sent: list[Sent], allowed: Mapping[str, frozenset[str]], peer: FaultyPeer, token: str
) -> list[str]:
    """Return what is not right with one message."""
    wrong = []
    addresses = sorted(each.outcome.recipient.address for each in sent)
    if addresses != sorted(RECIPIENTS):
        wrong.append(f"results for {addresses}")
    for each in sent:
        address = each.outcome.recipient.address
        disposition, status = each.outcome.disposition, each.outcome.status
        may, key = allowed[address], (token, address)
        if each.kind not in may:
            wrong.append(f"{token}: {address} is {each.kind}, not {sorted(may)}: {each.outcome}")
        if each.kind == TAKEN and not peer.acknowledged[key]:
            wrong.append(f"{token}: {address} is a success that was not acknowledged")
        if each.kind == LOST or each.kind.startswith("4"):
            if (disposition, status.class_) != (Disposition.DELAYED, StatusClass.TRANSIENT):
                wrong.append(f"{token}: {address} is {disposition} {status} for {each.kind}")
        elif each.kind.startswith("5") and disposition is not Disposition.FAILED:
            wrong.append(f"{token}: {address} is {disposition} for {each.kind}")
        if peer.completed[key] > 1:
            wrong.append(f"{token}: {address} was sent it {peer.completed[key]} times")
        if TAKEN in may and peer.acknowledged[key] and len(may) == 1 and each.kind != TAKEN:
            wrong.append(f"{token}: {address} was acknowledged, and is {each.kind}")
    return wrong
