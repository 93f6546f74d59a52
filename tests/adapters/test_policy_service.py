"""Policy services: what is asked, what may be answered, and a service that is away."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.policy_service import PolicyClient, format_request, read_answer
from dsnlib.errors import InvalidValue, LookupFailed, ParseError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from pathlib import Path

ASKED = {"request": "smtpd_access_policy", "sender": "ann@example.net"}
QUESTION = b"request=smtpd_access_policy\nsender=ann@example.net\npolicy_context=\n\n"
SECONDS = 10.0


class Service:
    """A service that answers in turn what it was given, `None` by closing the connection."""

    def __init__(self, answers: Sequence[bytes | None]) -> None:
        self.answers = list(answers)
        self.heard: list[bytes] = []
        self.connections = 0
        self.tasks: list[Any] = []
        self.port = 0
        self.is_asked = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one connection."""
        self.connections += 1
        self.tasks.append(asyncio.current_task())
        # The end of the connection is the end of the test.
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self.heard.append(await reader.readuntil(b"\n\n"))
                self.is_asked.set()
                answer = self.answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        writer.close()


def run(
    test: Callable[[Service, PolicyClient], Coroutine[Any, Any, None]],
    answers: Sequence[bytes | None],
    **settings: Any,  # noqa: ANN401  those of the client
) -> None:
    """Run a test with a service, and one who asks it."""

    async def main() -> None:
        service = Service(answers)
        server = await asyncio.start_server(service, "127.0.0.1", 0)
        service.port = server.sockets[0].getsockname()[1]
        client = PolicyClient(f"inet:127.0.0.1:{service.port}", **settings)
        await test(service, client)
        await client.close()
        await asyncio.gather(*service.tasks)
        server.close()
        await server.wait_closed()

    asyncio.run(asyncio.wait_for(main(), SECONDS))


def test_questions_and_answers() -> None:
    """Questions go over one connection, as lines of attributes and an empty one."""

    async def test(service: Service, client: PolicyClient) -> None:
        assert "DUNNO" == await client.decide(ASKED)
        assert "450 4.7.1 later" == await client.decide(ASKED)
        assert [QUESTION, QUESTION] == service.heard
        assert 1 == service.connections

    run(test, [b"action=DUNNO\n\n", b"x=1\naction= 450 4.7.1 later\n\n"])


def test_context() -> None:
    """What the site has set up is told."""

    async def test(service: Service, client: PolicyClient) -> None:
        await client.decide({})
        assert [b"policy_context=inside\n\n"] == service.heard

    run(test, [b"action=OK\n\n"], context="inside")


def test_at_once() -> None:
    """Sessions that ask at once do not wait for each other, up to a number."""

    async def test(service: Service, client: PolicyClient) -> None:
        said = await asyncio.gather(*(client.decide(ASKED) for _ in range(9)))
        assert ["OK"] * 9 == said
        assert 1 < service.connections <= 3

    run(test, [b"action=OK\n\n"] * 9, most_connections=3)


def test_connection_that_was_closed() -> None:
    """A service that has started anew in between is asked again, on another connection."""

    async def test(service: Service, client: PolicyClient) -> None:
        assert "OK" == await client.decide(ASKED)
        assert "DUNNO" == await client.decide(ASKED)
        assert (2, 3) == (service.connections, len(service.heard))

    run(test, [b"action=OK\n\n", None, b"action=DUNNO\n\n"])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "the connection was closed"),
        (b"action=OK\n\naction=OK\n\n", "more came than one answer"),
        (b"\n", "the answer is empty"),
        (b"nonsense\n\n", "is no attribute"),
        (b"x=y\n\n", "there is no action"),
        (b"action=\n\n", "there is no action"),
        (b"action=OK\naction=DUNNO\n\n", "there are two actions"),
        (b"action=\xff\n\n", "is not UTF-8"),
        (b"action=DUNNO\r\n\n", "has a control character"),
        (b"x" * 10_000, "the answer is too long"),
    ],
)
def test_nonsense(answer: bytes | None, why: str) -> None:
    """A service that closes or talks nonsense is a failed look-up; the next question is fine."""

    async def test(service: Service, client: PolicyClient) -> None:
        with pytest.raises(LookupFailed, match=why) as caught:
            await client.decide(ASKED)
        assert f"inet:127.0.0.1:{service.port}" == caught.value.source
        service.answers = [b"action=OK\n\n"]
        assert "OK" == await client.decide(ASKED)

    run(test, [answer])


def test_unasked() -> None:
    """What comes unasked ends the connection: it is no answer to the next question."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\n\n")
        writer.write(b"action=DUNNO\n\n")
        await writer.drain()
        await told.wait()
        writer.write(b"action=OK\n\n")
        # It is closed by the other side.
        with contextlib.suppress(ConnectionError):
            await reader.read()
        ended.set()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        client = PolicyClient(f"inet:127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert "DUNNO" == await client.decide(ASKED)
        told.set()
        await ended.wait()
        await client.close()
        server.close()
        await server.wait_closed()

    told, ended = asyncio.Event(), asyncio.Event()
    asyncio.run(asyncio.wait_for(main(), SECONDS))


def test_slow() -> None:
    """A service that takes too long is given up."""

    async def test(service: Service, client: PolicyClient) -> None:
        with pytest.raises(LookupFailed, match="no answer in time"):
            await client.decide(ASKED)
        assert 1 == service.connections

    run(test, [b"action="], timeout_seconds=0.05)


def test_idle() -> None:
    """A connection that is not used is closed."""

    async def test(service: Service, client: PolicyClient) -> None:
        assert "OK" == await client.decide(ASKED)
        await asyncio.sleep(0.05)
        assert "OK" == await client.decide(ASKED)
        assert 2 == service.connections

    run(test, [b"action=OK\n\n"] * 2, idle_seconds=0.01)


def test_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While a service is away the default action holds, and the log says so."""

    async def main() -> None:
        path = f"unix:{tmp_path}/none"
        with pytest.raises(LookupFailed, match="No such file or directory"):
            await PolicyClient(path).decide(ASKED)
        with pytest.raises(LookupFailed, match="label"):
            await PolicyClient("inet:no..name:25").decide(ASKED)
        client = PolicyClient(path, default_action="DUNNO")
        assert "DUNNO" == await client.decide(ASKED)
        await client.close()

    asyncio.run(main())
    assert "No such file or directory; the default action holds" in caplog.text


def test_unix(tmp_path: Path) -> None:
    """A service may be at a path; one that was left is not asked again."""

    async def main() -> None:
        service = Service([b"action=OK\n\n"])
        server = await asyncio.start_unix_server(service, tmp_path / "s")
        client = PolicyClient(f"unix:{tmp_path}/s")
        assert "OK" == await client.decide(ASKED)
        await client.close()
        with pytest.raises(LookupFailed, match="the server stops"):
            await client.decide(ASKED)
        server.close()
        await server.wait_closed()

    asyncio.run(asyncio.wait_for(main(), SECONDS))


def test_given_up() -> None:
    """A session that ends while it waits leaves no connection behind, and no answer."""

    async def test(service: Service, client: PolicyClient) -> None:
        task = asyncio.create_task(client.decide(ASKED))
        await service.is_asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        service.answers = [b"action=OK\n\n"]
        assert "OK" == await client.decide(ASKED)
        assert 2 == service.connections

    run(test, [b"action="])


def test_bad_settings() -> None:
    """An address that is none, and an action that is none, are told at once."""
    with pytest.raises(InvalidValue, match="neither inet:host:port nor unix:path"):
        PolicyClient("inet:x")
    with pytest.raises(InvalidValue, match="is not an action"):
        PolicyClient("inet:h:1", default_action="LATER")


@given(st.dictionaries(st.sampled_from(["helo_name", "sender", "size"]), st.text(max_size=30)))
def test_one_line_each(attributes: dict[str, str]) -> None:
    """Whatever a stranger says, there is one line for each attribute and one empty one."""
    lines = format_request(attributes).split(b"\n")

    assert [b"", b""] == lines[-2:]
    assert [name.encode() for name in attributes] == [each.split(b"=")[0] for each in lines[:-2]]


@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda each: b"action=%b\n" % each))
def test_any_answer(octets: bytes) -> None:
    """Any answer is an action of one line, or a ParseError."""
    action = "OK"
    # Most octets are none.
    with contextlib.suppress(ParseError):
        action = read_answer(octets)

    assert action
    assert not set(action) & set("\r\n\0")
