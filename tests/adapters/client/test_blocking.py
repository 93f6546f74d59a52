"""Sessions over a socket that blocks: as good as those over asyncio, and quick to load."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import trustme

from dsnlib.adapters.client.blocking import BlockingSession
from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.place import Place
from dsnlib.adapters.client.plan import plan_message
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.client.tls import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.adapters.content import Content
from dsnlib.model.envelope import Recipient
from dsnlib.model.reply import SmtpReply
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import RelayPlan, RelayRecipient, Transaction
from dsnlib.policy.settle import settle_recipients
from tests.adapters.agents.scripted_peer import CLOSE, EHLO, HANG, Peer
from tests.adapters.client.fault_case import MODES, Case, Sent, run_cases
from tests.adapters.client.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dsnlib.model.envelope import Envelope

T = TypeVar("T")
NOW = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC)
MESSAGE = Content(body=b"Subject: x\r\n\r\n.dot\r\n")
TAKEN = (SmtpReply.parse("250 2.0.0 Taken"),)
WITH_TLS = (*EHLO, "STARTTLS")
# One of each kind; `test_faults` has all of them.
KINDS = (
    "reset", "half a reply, closed", "octets for ever", "octet by octet", "10 MB line",
    "421, closed", "554", "no reply, and on", "deaf to the message", "552 in the message, closed",
    "words",
)  # fmt: skip


def transaction(*recipients: str) -> Transaction:
    """Return a transaction to some recipients."""
    members = [RelayRecipient(Recipient(each)) for each in recipients or ("bob@example.net",)]
    return Transaction(sender="ann@example.org", recipients=tuple(members))


def held(
    peer: Peer,
    test: Callable[[BlockingSession], T],
    **known: Any,  # noqa: ANN401  what the session and its settings take
) -> T:
    """Run a test in a session, in a thread."""
    opens = {name: known.pop(name) for name in ("policy", "login", "observe") if name in known}
    host = known.pop("host", "localhost")
    settings = ClientSettings(hello="mail.example.org", **known)

    def hold() -> T:
        place = Place(host=host, address="127.0.0.1", port=peer.port)
        with BlockingSession.open(place, settings, **opens) as session:
            return test(session)

    async def serve() -> T:
        async with peer.serve():
            return await asyncio.to_thread(hold)

    return asyncio.run(serve())


def test_a_session() -> None:
    """It is used again and again, and says QUIT at its end."""
    peer = Peer()
    said: list[tuple[str, str]] = []

    def test(session: BlockingSession) -> None:
        assert TAKEN == session.transact(transaction(), MESSAGE).end
        assert session.is_reusable
        assert session.probe()
        assert TAKEN == session.transact(transaction(), MESSAGE).end
        assert (2, True, "", False) == (
            session.uses, session.has_sent, session.tls, session.is_verified
        )  # fmt: skip
        assert session.features.has("PIPELINING")

    held(peer, test, observe=lambda side, line: said.append((side, line)))
    assert "QUIT" == peer.commands[-1]
    assert ("S", "221 Bye") == said[-1]


@pytest.mark.parametrize("answer", [CLOSE, "500 5.5.1 What", "what?", HANG])
def test_a_probe_that_fails(answer: str) -> None:
    """Only a reply of class 2 is a good one."""
    assert not held(
        Peer({"RSET": answer}), lambda session: session.probe(), timeouts=Timeouts(rset=0.05)
    )


def test_thousands_of_recipients() -> None:
    """Neither side waits for the other to read."""
    names = [f"{'r' * 200}{number}@example.net" for number in range(3000)]

    def test(session: BlockingSession) -> None:
        replies = session.transact(transaction(*names), MESSAGE)
        assert (3000, TAKEN) == (len(replies.recipients), replies.end)

    held(Peer(), test)


def test_nobody_listens(tmp_path: Path) -> None:
    """A connection that is refused, or a path that is not there, is 4.4.1."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    for address, number, why in (
        ("127.0.0.1", port, "Connection refused"),
        (str(tmp_path / "nothing"), None, "No such file or directory"),
    ):
        place = Place(host="localhost", address=address, port=number)
        with pytest.raises(Trouble, match=why) as caught:
            BlockingSession.open(place, ClientSettings(hello="mail.example.org"))
        assert "4.4.1" == str(caught.value.replies.lost_status)


def test_a_command_that_is_two() -> None:
    """Nothing is said then, and the session ends."""
    bad = Transaction(sender="", options=("RET=HDRS\r\nRSET",), recipients=transaction().recipients)
    peer = Peer()

    def test(session: BlockingSession) -> None:
        with pytest.raises(ValueError, match="more than one line"):
            session.transact(bad, MESSAGE)
        assert not session.is_reusable

    held(peer, test)
    assert 1 == len(peer.commands)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who vouches for servers."""
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> ssl.SSLContext:
    """The context of `localhost`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def test_tls_and_a_login(tmp_path: Path, authority: trustme.CA, server: ssl.SSLContext) -> None:
    """The certificate is for the name, and the password goes out under TLS."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    policy = TlsPolicy(level=ClientTlsLevel.VERIFY, ca_file=path)
    peer = Peer({"AUTH": "235 2.7.0 Fine"}, ehlo=(*WITH_TLS, "AUTH PLAIN"), context=server)
    login = Login(user="ann", password="secret")
    body = b"Subject: x\r\n\r\n" + (b"x" * 70 + b"\r\n") * 20_000

    def test(session: BlockingSession) -> None:
        assert ("TLSv1.3", True, "PLAIN") == (
            session.tls, session.is_verified, session.mechanism
        )  # fmt: skip
        assert TAKEN == session.transact(transaction(), Content(body=body)).end

    held(peer, test, policy=policy, login=login)
    assert [body + b".\r\n"] == peer.messages
    with pytest.raises(Trouble, match="certificate") as caught:
        held(peer, test, policy=policy, login=login, host="mx.example.net")
    assert "4.7.5" == str(caught.value.replies.lost_status)


@pytest.mark.parametrize("level", [ClientTlsLevel.MAY, ClientTlsLevel.ENCRYPT])
@pytest.mark.parametrize("answer", ["220 Go on\r\n220 more", "220 Go on", CLOSE, "454 4.7.0 No"])
def test_tls_that_fails(level: ClientTlsLevel, answer: str) -> None:
    """The mail goes in clear, unless somebody insists."""
    peer = Peer({"STARTTLS": answer}, ehlo=WITH_TLS)
    known: dict[str, Any] = {
        "policy": TlsPolicy(level=level), "timeouts": Timeouts(starttls=0.2)
    }  # fmt: skip

    def test(session: BlockingSession) -> None:
        assert TAKEN == session.transact(transaction(), MESSAGE).end

    if level is ClientTlsLevel.MAY:
        held(peer, test, **known)
    else:
        with pytest.raises(Trouble) as caught:
            held(peer, test, **known)
        assert "STARTTLS" == caught.value.command
        assert [] == peer.messages


@pytest.mark.parametrize("has_tls", [True, False])
def test_tls_from_the_first_octet(*, has_tls: bool, server: ssl.SSLContext) -> None:
    """As at port 465; a server without it has no session."""
    peer = Peer()
    policy = TlsPolicy(level=ClientTlsLevel.ENCRYPT, is_implicit=True)

    def hold() -> object:
        place = Place(host="localhost", address="127.0.0.1", port=peer.port)
        settings = ClientSettings(hello="mail.example.org")
        with BlockingSession.open(place, settings, policy=policy) as session:
            return session.transact(transaction(), MESSAGE).end

    async def serve() -> object:
        context = server if has_tls else None
        listener = await asyncio.start_server(peer._session, "127.0.0.1", 0, ssl=context)
        peer.port = listener.sockets[0].getsockname()[1]
        try:
            return await asyncio.to_thread(hold)
        finally:
            listener.close()

    if has_tls:
        assert TAKEN == asyncio.run(serve())
    else:
        with pytest.raises(Trouble, match="TLS with localhost"):
            asyncio.run(serve())


class BlockingSender:
    """Sends in one session, in a thread, as long as it can be used."""

    threads: ThreadPoolExecutor

    def __init__(self, port: int, settings: ClientSettings, level: ClientTlsLevel) -> None:
        self._place = Place(host="peer.example", address="127.0.0.1", port=port)
        self._settings = settings
        self._policy = TlsPolicy(level=level)
        self._session: BlockingSession | None = None

    async def send(self, envelope: Envelope, content: Content) -> list[Sent] | None:
        """Send one."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, self._send, envelope, content)

    def _send(self, envelope: Envelope, content: Content) -> list[Sent] | None:
        session = self._session
        if session is None:
            try:
                session = BlockingSession.open(self._place, self._settings, policy=self._policy)
            except Trouble as trouble:
                return self._trouble(trouble, envelope)
            self._session = session
        elif not session.probe():
            return None
        plan = plan_message(
            session.features, session.hop, envelope, envelope.recipients, content, now=NOW
        )
        replies = [
            session.transact(each, content, body=envelope.body) for each in plan.transactions
        ]
        return [
            Sent(each.outcome, each.answer) for each in settle_recipients(plan, replies, now=NOW)
        ]

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


@pytest.fixture(scope="module")
def threads() -> Iterator[None]:
    """Have as many threads as there are cases at a time."""
    with contextlib.closing(_Pool()) as pool:
        BlockingSender.threads = pool
        yield


class _Pool(ThreadPoolExecutor):
    def __init__(self) -> None:
        super().__init__(40)

    def close(self) -> None:
        """End it."""
        self.shutdown()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.usefixtures("threads")
def test_faults(name: str) -> None:
    """A fault at each step, in SMTP and LMTP, with PIPELINING and CHUNKING and without.

    A missing reply is found out for certain where 354 has to come between: BDAT has no
    reply of its own kind.
    """
    kind = FAULTS[name]
    cases = [
        Case(name=name, kind=kind, step=step, mode=mode,
             octets=2_000_000 if kind.steps == ("message",) else 0)
        for step in kind.steps
        for mode in MODES
        if not (kind.shifts and mode.chunks)
    ]  # fmt: skip

    reached = [case for case in cases if case.is_reached]
    assert [] == asyncio.run(run_cases(reached, BlockingSender))


def test_what_is_loaded() -> None:
    """No asyncio and no ssl, which take longer to load than the command may."""
    heavy = ("asyncio", "ssl", "email", "aiosmtplib", "scramp", "dns", "logging")
    code = (
        "import sys, dsnlib.adapters.client.blocking, dsnlib.adapters.client.plan;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert b"[]" == found.stdout.strip()
