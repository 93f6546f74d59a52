"""Log-ins through Dovecot's socket, against a server that says what a test wants."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.login.authenticator import (
    Accepted,
    Challenge,
    LoginPeer,
    LoginReply,
    Refused,
)
from dsnlib.adapters.login.dovecot import DovecotAuthenticator
from dsnlib.errors import InvalidValue, LookupFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from dsnlib.adapters.login.authenticator import Step

PEER = LoginPeer(client_address="192.0.2.1", local_address="192.0.2.2", is_tls=True)
WRONG = LoginReply.CREDENTIALS.value
AWAY = LoginReply.TEMPORARY.value
TEMPORARY = LoginReply.TEMPORARY.refused()
GREETING = b"""\
VERSION\t1\t2
MECH\tPLAIN\tplaintext
MECH\tLOGIN\tplaintext
MECH\tCRAM-MD5\tdictionary\tactive
MECH\tANONYMOUS\tanonymous
MECH\tAPOP\tprivate\tdictionary
MECH\tEXTERNAL
SPID\t12
CUID\t34
COOKIE\t00112233445566778899aabbccddeeff
DONE
"""

Answer = Callable[[list[str]], bytes | None]
Test = Callable[[DovecotAuthenticator], Awaitable[None]]


class Script:
    """A server: greets, answers each command, and remembers.

    Args:
        answer: The words of a command to what is sent; `None` closes the connection.
        greeting: What it begins with.
    """

    def __init__(self, answer: Answer, greeting: bytes = GREETING) -> None:
        self.answer = answer
        self.greeting = greeting
        self.heard: list[str] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client."""
        self.connections += 1
        writer.write(self.greeting)
        # The client may be gone already, which is its right.
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                self.heard.append(line.decode().removesuffix("\n"))
                words = self.heard[-1].split("\t")
                if words[0] in ("VERSION", "CPID"):
                    continue
                said = self.answer(words)
                if said is None:
                    break
                writer.write(said)
        writer.close()


@contextlib.asynccontextmanager
async def talking(
    path: Path, script: Script, **settings: object
) -> AsyncIterator[DovecotAuthenticator]:
    """Serve, and log in there."""
    server = await asyncio.start_unix_server(script.serve, path)
    authenticator = DovecotAuthenticator(str(path), **settings)  # type: ignore[arg-type]  # settings of a test
    try:
        yield authenticator
    finally:
        await authenticator.close()
        server.close()
        await server.wait_closed()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the socket is."""
    return tmp_path / "auth"


def run(
    path: Path,
    script: Script,
    test: Test,
    **settings: object,
) -> None:
    """Run a test while a script is served."""

    async def body() -> None:
        async with asyncio.timeout(10), talking(path, script, **settings) as authenticator:
            await test(authenticator)

    asyncio.run(body())


def ask_for_more(words: list[str]) -> bytes:
    """Answer AUTH with an empty challenge, and nothing else at all."""
    return b"CONT\t%s\t\n" % words[1].encode() if words[0] == "AUTH" else b""


def log_in(
    path: Path, said: bytes | None, *, mechanism: str = "PLAIN", **settings: object
) -> tuple[Step, Script]:
    """Return what a log-in ends with when the server answers AUTH so, and the server."""
    script = Script(lambda words: None if said is None else said.replace(b"%", words[1].encode()))
    found: list[Step] = []

    async def test(authenticator: DovecotAuthenticator) -> None:
        await authenticator.open()
        exchange = authenticator.start(mechanism, peer=PEER)
        found.append(await exchange.step(b"\0ann\0secret"))
        exchange.close()

    run(path, script, test, **settings)
    return found[0], script


def test_who_is_let_in(path: Path) -> None:
    """OK names the account; the command was as the protocol has it."""
    step, script = log_in(path, b"OK\t%\tuser=ann@example.org\tx=y\n")

    assert Accepted("ann@example.org") == step
    assert script.heard[0] == "VERSION\t1\t2"
    assert script.heard[1].startswith("CPID\t")
    assert [
        "AUTH", "1", "PLAIN", "service=smtp", "nologin", "lip=192.0.2.2", "rip=192.0.2.1",
        "secured", "resp=AGFubgBzZWNyZXQ=",
    ] == script.heard[2].split("\t")  # fmt: skip


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (b"FAIL\t%\n", WRONG),
        (b"FAIL\t%\tuser=ann\tauthz\n", WRONG),
        (b"FAIL\t%\tuser=ann\ttemp\n", AWAY),
        (b"FAIL\t%\tcode=temp_fail\treason=Soon\x01nback\n", "454 4.7.0 Soon\ufffdback"),
        (b"FAIL\t%\tuser_disabled\n", "525 5.7.13 This account is disabled"),
        (b"FAIL\t%\tcode=pass_expired\treason=Renew\n", "535 5.7.8 Renew"),
        (b"FAIL\t%\tcode=invalid_base64\treason=no\n", "501 5.5.2 no"),
        (b"FAIL\t%\tcode=something_new\n", WRONG),
        (b"OK\t%\tuser=ann\tnologin\treason=Closed\n", "525 5.7.13 Closed"),
        (
            b"OK\t%\tuser=ann\tproxy\thost=192.0.2.9\n",
            WRONG,
        ),
        (b"OK\t%\n", AWAY),
        (b"OK\t%\tuser=a\x01nb\n", AWAY),
        (
            b"OK\t%\tuser=" + b"a" * 300 + b"\n",
            AWAY,
        ),
    ],
)
def test_who_is_not(path: Path, said: bytes, reply: str) -> None:
    """What the server says becomes a reply, with its reason if it has one."""
    step, _ = log_in(path, said)

    assert isinstance(step, Refused)
    assert reply == str(step.reply)


def test_accounts_of_another_server_may_be_trusted(path: Path) -> None:
    """Where the administrator says that their passwords are looked at."""
    step, _ = log_in(path, b"OK\t%\tuser=ann\tproxy\n", accept_proxied=True)

    assert Accepted("ann") == step


@pytest.mark.parametrize(
    "said",
    [
        None,  # closes
        b"OK\tx\tuser=ann\n",
        b"CONT\t%\t!!\n",
        b"OK\t%\tuser=ann",  # without an end
        b"OK\t%\tuser=" + b"a" * 20_000 + b"\n",
        b"\xff" * 70_000,
    ],
)
def test_nonsense_is_no_answer(path: Path, said: bytes | None) -> None:
    """A server that talks nonsense is left; the log-in is refused for now."""
    step, script = log_in(path, said, answer_seconds=0.2)

    assert TEMPORARY == step
    assert 2 >= script.connections


def test_an_answer_to_another_is_none(path: Path) -> None:
    """Each exchange has its number; late ones and made-up ones are passed over."""
    step, _ = log_in(
        path, b"OK\t77\tuser=eve\nDONE\nCONT\t78\t\nHELLO\nOK\t%\tuser=ann\nOK\t%\tuser=eve\n"
    )

    assert Accepted("ann") == step


def test_many_exchanges_on_one_connection(path: Path) -> None:
    """They run side by side, each with its own answer, whatever the order."""
    waiting: list[bytes] = []

    def answer(words: list[str]) -> bytes:
        name = base64.b64decode(words[-1].removeprefix("resp=")).split(b"\0")[1]
        waiting.insert(0, b"OK\t%s\tuser=%s\n" % (words[1].encode(), name))
        return b"".join(waiting) if len(waiting) == 100 else b""

    script = Script(answer)

    async def test(authenticator: DovecotAuthenticator) -> None:
        async def one(number: int) -> None:
            exchange = authenticator.start("PLAIN", peer=PEER)
            name = f"ann{number}"
            assert Accepted(name) == await exchange.step(b"\0%s\0x" % name.encode())
            exchange.close()

        await asyncio.gather(*map(one, range(100)))

    run(path, script, test)

    assert 1 == script.connections


def test_challenges_go_to_and_fro(path: Path) -> None:
    """Octets of any mechanism are passed on as they are."""
    said = {"AUTH": b"CONT\t1\t/wA=\n", "CONT": b"OK\t1\tuser=ann\n"}
    script = Script(lambda words: said[words[0]])

    async def test(authenticator: DovecotAuthenticator) -> None:
        await authenticator.open()
        exchange = authenticator.start("CRAM-MD5", peer=PEER)
        assert Challenge(b"\xff\0") == await exchange.step(None)
        assert Accepted("ann") == await exchange.step(b"\xfe\t\n")
        exchange.close()
        exchange.close()

    run(path, script, test)

    assert "resp=" not in script.heard[2]
    assert ["CONT\t1\t/gkK"] == script.heard[3:]


def test_a_client_that_gives_up_is_told_to_the_server(path: Path) -> None:
    """So that it need not wait, and its late answer is nobody's."""
    script = Script(ask_for_more)

    async def test(authenticator: DovecotAuthenticator) -> None:
        for _ in range(2):
            exchange = authenticator.start("PLAIN", peer=PEER)
            assert Challenge(b"") == await exchange.step(None)
            exchange.close()
        while len(script.heard) < 6:  # noqa: ASYNC110  the script has no event for what it hears
            await asyncio.sleep(0.001)

    run(path, script, test)

    assert ["AUTH", "CANCEL"] * 2 == [line.split("\t")[0] for line in script.heard[2:]]


def test_an_exchange_that_the_server_has_ended_is_over(path: Path) -> None:
    """A FAIL that nobody asked for comes when the server is tired of waiting."""
    script = Script(lambda words: b"CONT\t1\t\nFAIL\t1\n" if words[0] == "AUTH" else b"")

    async def test(authenticator: DovecotAuthenticator) -> None:
        exchange = authenticator.start("LOGIN", peer=PEER)
        await exchange.step(None)
        await asyncio.sleep(0.01)
        assert TEMPORARY == await exchange.step(b"ann")
        exchange.close()

    run(path, script, test)


def test_mechanisms_are_those_of_the_server(path: Path) -> None:
    """Without those that let anybody in, that are private, or of certificates."""
    seen: list[tuple[str, ...]] = []

    async def test(authenticator: DovecotAuthenticator) -> None:
        for _ in range(2):
            seen.extend(authenticator.mechanisms(is_tls=is_tls) for is_tls in (True, False))
            await authenticator.open()

    run(path, Script(lambda _: b""), test)

    assert [("PLAIN", "LOGIN"), (), ("PLAIN", "LOGIN", "CRAM-MD5"), ("CRAM-MD5",)] == seen


def test_passwords_without_tls_are_a_choice(path: Path) -> None:
    """Then every mechanism is offered."""

    async def test(authenticator: DovecotAuthenticator) -> None:
        await authenticator.open()
        assert ("PLAIN", "LOGIN", "CRAM-MD5") == authenticator.mechanisms(is_tls=False)

    run(path, Script(lambda _: b""), test, allow_plaintext=True)


def test_what_is_not_offered_is_not_started(path: Path) -> None:
    """That is a mistake of the caller."""
    with pytest.raises(InvalidValue, match="'EXTERNAL' is not offered"):
        DovecotAuthenticator(str(path)).start("EXTERNAL", peer=PEER)


def test_a_mechanism_that_is_gone_is_not_asked_for(path: Path) -> None:
    """Dovecot would close the connection of everybody."""
    script = Script(lambda _: None, greeting=b"VERSION\t1\t1\nMECH\tLOGIN\tplaintext\nDONE\n")

    async def test(authenticator: DovecotAuthenticator) -> None:
        assert TEMPORARY == await authenticator.start("PLAIN", peer=PEER).step(b"x")
        assert ("LOGIN",) == authenticator.mechanisms(is_tls=True)

    run(path, script, test)

    assert 2 == len(script.heard)


def test_a_long_response_is_refused_here(path: Path) -> None:
    """Dovecot would close the connection of everybody."""
    script = Script(lambda words: b"OK\t%s\tuser=ann\n" % words[1].encode())

    async def test(authenticator: DovecotAuthenticator) -> None:
        exchange = authenticator.start("PLAIN", peer=PEER)
        assert LoginReply.TOO_LONG.refused() == await exchange.step(b"a" * 13_000)
        exchange.close()
        # RFC 4954 s4.2: 12288 octets of base64 are not too many.
        assert Accepted("ann") == await authenticator.start("PLAIN", peer=PEER).step(b"a" * 9_216)

    run(path, script, test)


def test_the_server_starts_anew(path: Path) -> None:
    """A connection that was lost while it was idle is made again, and the log-in goes on."""
    answers = iter([b"OK\t1\tuser=ann\n", None, b"OK\t1\tuser=bob\n"])
    script = Script(lambda _: next(answers))

    async def test(authenticator: DovecotAuthenticator) -> None:
        for name in ("ann", "bob"):
            exchange = authenticator.start("PLAIN", peer=PEER)
            assert Accepted(name) == await exchange.step(b"x")
            exchange.close()

    run(path, script, test)

    assert 2 == script.connections


def test_a_server_that_is_lost_in_between(path: Path) -> None:
    """What was begun there is refused for now."""
    script = Script(lambda words: b"CONT\t1\t\n" if words[0] == "AUTH" else None)

    async def test(authenticator: DovecotAuthenticator) -> None:
        exchange = authenticator.start("LOGIN", peer=PEER)
        await exchange.step(None)
        assert TEMPORARY == await exchange.step(b"ann")
        exchange.close()

    run(path, script, test)


def test_a_server_that_says_nothing(path: Path) -> None:
    """It is not waited for without end, and the next log-in uses another connection."""
    silent = [True]
    script = Script(lambda words: b"" if silent[0] else b"OK\t%s\tuser=ann\n" % words[1].encode())

    async def test(authenticator: DovecotAuthenticator) -> None:
        first = authenticator.start("PLAIN", peer=PEER)
        assert TEMPORARY == await first.step(b"x")
        first.close()
        silent[0] = False
        second = authenticator.start("PLAIN", peer=PEER)
        assert Accepted("ann") == await second.step(b"x")
        second.close()

    run(path, script, test, answer_seconds=0.05)

    assert 2 == script.connections


def test_a_retired_connection_lives_as_long_as_its_exchanges(path: Path) -> None:
    """One exchange that gets no answer does not end another one."""

    def answer(words: list[str]) -> bytes:
        if words[0] == "AUTH":
            return b"CONT\t%s\t\n" % words[1].encode() if words[2] == "LOGIN" else b""
        return b"OK\t%s\tuser=ann\n" % words[1].encode()

    script = Script(answer)

    async def test(authenticator: DovecotAuthenticator) -> None:
        old = authenticator.start("LOGIN", peer=PEER)
        await old.step(None)
        stuck = authenticator.start("PLAIN", peer=PEER)
        assert TEMPORARY == await stuck.step(b"x")
        stuck.close()
        await authenticator.open()
        assert 2 == script.connections
        assert Accepted("ann") == await old.step(b"ann")
        old.close()

    run(path, script, test, answer_seconds=0.05)


@pytest.mark.parametrize(
    ("greeting", "why"),
    [
        (b"", "did not greet us in time"),
        (b"VERSION\t2\t0\nDONE\n", "another version"),
        (b"DONE\n", "another version"),
        (b"VERSION\tx\n", "malformed"),
        (b"MECH\tPLAIN\n" * 300, "does not end"),
        (b"220 mail.example.org ESMTP\r\n" * 2_000, "does not end"),
        (b"x" * 40_000, "too long"),
    ],
)
def test_what_is_no_dovecot(path: Path, greeting: bytes, why: str) -> None:
    """The reason is told once it is known; nobody waits for it again at once."""
    script = Script(lambda _: b"", greeting=greeting)

    async def test(authenticator: DovecotAuthenticator) -> None:
        for _ in range(2):
            with pytest.raises(LookupFailed, match=why) as caught:
                await authenticator.open()
            assert str(path) == caught.value.source
        assert TEMPORARY == await authenticator.start("PLAIN", peer=PEER).step(b"x")

    run(path, script, test, connect_seconds=0.1)

    assert 1 == script.connections


def test_nobody_is_there(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says where and why, the client that it is to come again."""

    async def test() -> None:
        authenticator = DovecotAuthenticator(f"unix:{path}")
        with caplog.at_level(logging.WARNING, "dsnlib.login"):
            assert TEMPORARY == await authenticator.start("PLAIN", peer=PEER).step(b"x")
        await authenticator.close()

    asyncio.run(test())

    assert f"unix:{path}: No such file or directory" in caplog.text


def test_over_tcp() -> None:
    """Where Dovecot is on another machine."""
    script = Script(lambda _: b"OK\t1\tuser=ann\n")

    async def test() -> None:
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        authenticator = DovecotAuthenticator(f"inet:127.0.0.1:{port}")
        exchange = authenticator.start("PLAIN", peer=PEER)
        assert Accepted("ann") == await exchange.step(b"x")
        await authenticator.close()
        server.close()
        await server.wait_closed()

    asyncio.run(test())


def test_too_many_at_once(path: Path) -> None:
    """Who is beyond the bound is refused for now; a place that is free again is taken."""
    script = Script(ask_for_more)

    async def test(authenticator: DovecotAuthenticator) -> None:
        held = [authenticator.start("LOGIN", peer=PEER) for _ in range(3)]
        steps = [await exchange.step(None) for exchange in held]
        assert [Challenge(b""), Challenge(b""), TEMPORARY] == steps
        held[0].close()
        assert Challenge(b"") == await authenticator.start("LOGIN", peer=PEER).step(None)

    run(path, script, test, most_exchanges=2)


def test_closing_refuses_who_waits(path: Path) -> None:
    """At once, and whoever comes later."""

    async def test(authenticator: DovecotAuthenticator) -> None:
        waiting = asyncio.create_task(authenticator.start("PLAIN", peer=PEER).step(b"x"))
        await asyncio.sleep(0.02)
        await authenticator.close()
        assert TEMPORARY == await waiting
        assert TEMPORARY == await authenticator.start("PLAIN", peer=PEER).step(b"x")

    run(path, Script(lambda _: b""), test)


def test_a_step_can_be_cancelled(path: Path) -> None:
    """The server is told, and others are not touched."""
    script = Script(lambda words: b"OK\t2\tuser=ann\n" if words[1] == "2" else b"")

    async def test(authenticator: DovecotAuthenticator) -> None:
        exchange = authenticator.start("PLAIN", peer=PEER)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await exchange.step(b"x")
        exchange.close()
        other = authenticator.start("PLAIN", peer=PEER)
        assert Accepted("ann") == await other.step(b"x")

    run(path, script, test)

    assert "CANCEL\t1" in script.heard


@pytest.mark.parametrize(
    "address", ["", "unix:", "inet:", "inet:12345", "inet:a:b", "inet:a:0", "inet::1", "a\0b"]
)
def test_what_is_no_address(address: str) -> None:
    """A slip in the settings is told when they are read."""
    with pytest.raises(InvalidValue, match="address"):
        DovecotAuthenticator(address)
