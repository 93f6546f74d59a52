"""Chains over filters of a script, and what comes of a message that goes through them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from dsnlib.adapters.content import Content
from dsnlib.adapters.milter import MilterChain, MilterVerdict
from dsnlib.replies.session import Client
from tests.adapters.milters.scripted_filter import ScriptedFilter, negotiation

CLIENT = Client(address="192.0.2.1", hostname="client.example.net")
BODY = b"Subject: x\r\nX-A: 1\r\n 2\r\n\r\nHello\r\nWorld\r\n"
MESSAGE = Content(body=BODY, prefix=b"Received: by mx\r\n")
MACROS = {"j": "mx.example.org", "i": "QID", "{auth_type}": "PLAIN", "{client_addr}": "address"}
# Flags of the negotiation, as mfapi.h has them.
NO_ALL = 0x37F
NR_ALL = 0xFF080
SKIP, RCPT_REJ, LEADSPC, MDS_1M = 0x400, 0x800, 0x100000, 0x20000000


@contextlib.asynccontextmanager
async def chain_of(*filters: ScriptedFilter, **settings: object) -> AsyncIterator[MilterChain]:
    """A chain over filters that run; besides their settings it may have a directory."""
    directory = settings.pop("directory", None)
    assert directory is None or isinstance(directory, Path)
    async with contextlib.AsyncExitStack() as stack:
        for each in filters:
            await stack.enter_async_context(each.running())
        chain = MilterChain(
            [each.milter(**settings) for each in filters], macros=MACROS, directory=directory
        )
        stack.push_async_callback(chain.quit)
        yield chain


async def begin(chain: MilterChain) -> None:
    """Take all steps before the message; none is refused."""
    for verdict in (
        await chain.connect(CLIENT, port=1234),
        await chain.helo("client.example.net"),
        await chain.mail("ann@example.net", ["RET=FULL", "SIZE=1000"]),
        await chain.rcpt("bob@example.org", ["NOTIFY=FAILURE"]),
        await chain.data(),
    ):
        assert not verdict.is_refused


async def filtered(
    *filters: ScriptedFilter, content: Content = MESSAGE, **settings: object
) -> MilterVerdict:
    """Return what filters say of a message."""
    async with chain_of(*filters, **settings) as chain:
        await begin(chain)
        return await chain.content(content)


def at_end(
    *packets: bytes | tuple[bytes] | float | None, answer: bytes = negotiation()
) -> ScriptedFilter:
    """Return a filter that says something at the end of a message."""
    return ScriptedFilter({"E": [packets]}, negotiation=answer)


def edited(*packets: bytes, content: Content = MESSAGE) -> Content:
    """Return what becomes of a message by edits, of a filter that then goes on."""
    verdict = asyncio.run(filtered(at_end(*packets, b"c"), content=content))
    assert verdict.edits is not None
    return verdict.edits.content


async def walk(chain: MilterChain) -> dict[str, MilterVerdict]:
    """Take all steps, whatever is said, and return the verdicts by letter."""
    return {
        "C": await chain.connect(CLIENT),
        "H": await chain.helo("a"),
        "M": await chain.mail("ann@example.net"),
        "R": await chain.rcpt("bob@example.org"),
        "T": await chain.data(),
        "U": await chain.unknown("FOO"),
        "E": await chain.content(MESSAGE),
    }


def verdicts(*filters: ScriptedFilter, **settings: object) -> dict[str, MilterVerdict]:
    """Return what filters say to each step of a session."""

    async def run() -> dict[str, MilterVerdict]:
        async with chain_of(*filters, **settings) as chain:
            return await walk(chain)

    return asyncio.run(run())
