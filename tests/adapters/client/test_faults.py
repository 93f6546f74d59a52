"""A server does wrong: every recipient gets a right outcome, once, and in time."""

from __future__ import annotations

import asyncio
import datetime as dt
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.client.peer_session import PeerSession
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.plan import plan_message
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import RelayPlan, RelayPolicy, RelayRecipient, Transaction
from dsnlib.policy.settle import settle_recipients
from dsnlib.replies.discard import Discards
from tests.adapters.client.fault_case import MODES, Case, Mode, Sender, Sent, run_cases
from tests.adapters.client.faults import FAULTS, GARBLED
from tests.adapters.client.lies import LIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.content import Content
    from dsnlib.model.envelope import Envelope

_FINE = EnhancedStatusCode.parse("2.0.0")
_MOST_OCTETS = 3_000_000
_LARGE_OCTETS = 4_000_000
NOW = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC)


class SessionSender:
    """Sends in one session, as long as it can be used."""

    def __init__(self, port: int, settings: ClientSettings, level: ClientTlsLevel) -> None:
        self._place = ServerPlace(host="peer.example", address="127.0.0.1", port=port)
        self._settings = settings
        self._policy = TlsPolicy(level=level)
        self._session: PeerSession | None = None

    async def send(self, envelope: Envelope, content: Content) -> list[Sent] | None:
        """Send one."""
        session = self._session
        if session is None:
            try:
                session = await PeerSession.open(
                    self._place,
                    self._settings,
                    policy=self._policy,
                    login=None,
                    discards=Discards(),
                )
            except Trouble as trouble:
                return self._trouble(trouble, envelope)
            self._session = session
        elif not session.is_reusable or not await session.probe():
            return None
        plan = plan_message(
            session.features, session.hop, envelope, envelope.recipients, content,
            RelayPolicy(), NOW,
        )  # fmt: skip
        replies = [
            await session.transact(each, content, body=envelope.body) for each in plan.transactions
        ]
        settled = settle_recipients(plan, replies, now=NOW)
        return [Sent(each.outcome, each.answer) for each in settled]

    def _trouble(self, trouble: Trouble, envelope: Envelope) -> list[Sent]:
        members = tuple([RelayRecipient(each) for each in envelope.recipients])
        plan = RelayPlan(
            hop=NextHop.from_ehlo("peer.example", "", is_lmtp=self._settings.is_lmtp),
            transactions=(Transaction(sender=envelope.sender, recipients=members),),
        )
        settled = settle_recipients(plan, [trouble.replies], now=NOW)
        return [Sent(each.outcome, each.answer) for each in settled]

    async def close(self) -> None:
        """End it."""
        if self._session is not None:
            self._session.close()


class ClientSender:
    """Sends by the client, which keeps its session for the next message."""

    def __init__(self, port: int, settings: ClientSettings, level: ClientTlsLevel) -> None:
        self._nexthop = f"[127.0.0.1]:{port}"
        self._client = SmtpClient(settings, tls=OnePolicy(TlsPolicy(level=level)))

    async def send(self, envelope: Envelope, content: Content) -> list[Sent]:
        """Send one."""
        results = await self._client.send(envelope, content, nexthop=self._nexthop, now=NOW)
        return [Sent(each.outcome, each.answer) for each in results]

    async def close(self) -> None:
        """End it."""
        await self._client.close()


class OnePolicy:
    """The same TLS for everybody."""

    def __init__(self, policy: TlsPolicy) -> None:
        self._policy = policy

    async def find(self, nexthop: str, host: str = "") -> TlsPolicy:
        """Return it."""
        del nexthop, host
        return self._policy


class BoastfulSender:
    """Says that all have it, and sends to nobody."""

    def __init__(self, port: int, settings: ClientSettings, level: ClientTlsLevel) -> None:
        del port, settings, level

    async def send(self, envelope: Envelope, content: Content) -> list[Sent]:
        """Send nothing."""
        del content
        outcomes = [
            DeliveryOutcome(recipient=each, disposition=Disposition.RELAYED, status=_FINE)
            for each in envelope.recipients
        ]
        return [Sent(each, None) for each in outcomes]

    async def close(self) -> None:
        """Do nothing."""


class RepeatingSender(SessionSender):
    """Sends everything twice, and tells of once."""

    async def send(self, envelope: Envelope, content: Content) -> list[Sent] | None:
        """Send it twice."""
        await super().send(envelope, content)
        return await super().send(envelope, content)


# Half of them, for what does not depend on how the two speak.
_SOME_MODES = tuple([mode for mode in MODES if mode.pipelines == mode.chunks])
# One of the texts that are no reply stands for all where it is not about reading them.
_TELLING = tuple(
    [name for name, kind in FAULTS.items() if GARBLED not in kind.heard or name == "words"]
)

_PLAIN = {*FAULTS}.difference(_TELLING) | {"octet by octet", "bare LF", "a code alone", "two lines"}


def _cases(name: str, modes: Iterable[Mode] = MODES) -> list[Case]:
    kind = FAULTS[name]
    octets = _LARGE_OCTETS if kind.steps == ("message",) else 0
    cases = [
        Case(name=name, kind=kind, step=step, mode=mode, octets=octets)
        for step in kind.steps
        for mode in modes
    ]
    return [case for case in cases if case.is_reached]


def _check(cases: Iterable[Case], sender: type[Sender]) -> None:
    wrong = asyncio.run(run_cases(cases, sender))

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", FAULTS)
def test_session(name: str) -> None:
    """A fault at each step, in SMTP and LMTP, with PIPELINING and CHUNKING and without."""
    _check(_cases(name, _SOME_MODES if name in _PLAIN else MODES), SessionSender)


@pytest.mark.parametrize("name", _TELLING)
def test_client(name: str) -> None:
    """The same with all of the client, which may try again where nothing has been said."""
    _check(_cases(name, _SOME_MODES), ClientSender)


@pytest.mark.parametrize("sender", [SessionSender, ClientSender])
@pytest.mark.parametrize("name", LIES)
def test_lies(name: str, sender: type[Sender]) -> None:
    """A server announces what it does not do, or goes on after it has refused."""
    _check(LIES[name], sender)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("10 MB line", "greeting"),
        ("10 MB of lines", "EHLO"),
        ("10 MB of replies", "RCPT 0"),
        ("10 MB of replies", "end 0"),
        ("deaf to the message, and loud", "message"),
    ],
)
def test_memory_is_bounded(name: str, step: str) -> None:
    """Whatever a server sends, little of it is kept."""
    case = Case(
        name=name, kind=FAULTS[name], step=step, mode=MODES[1],
        octets=_LARGE_OCTETS if step == "message" else 0,
    )  # fmt: skip
    tracemalloc.start()
    try:
        _check([case], SessionSender)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # What the server holds back itself is in it too, and some copies of the message.
    assert most < _MOST_OCTETS + 4 * case.octets


@pytest.mark.parametrize(
    ("sender", "expected"),
    [(BoastfulSender, "was not acknowledged"), (RepeatingSender, "was sent it 2 times")],
)
def test_the_laws_bite(sender: type[Sender], expected: str) -> None:
    """A client that lies, and one that sends twice, are found out."""
    wrong = asyncio.run(run_cases([Case(name="none", mode=MODES[0])], sender))

    assert any(expected in each for each in wrong), wrong
