"""Servers by chance: whatever they say, each recipient has one result."""

import asyncio
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.smtp_client import SmtpClient
from tests.adapters.agents.scripted_peer import CLOSE, Peer
from tests.adapters.client.places import Places, place_of, serving
from tests.adapters.client.sending import MESSAGE, envelope, run

STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "RCPT TO:<u1@", "DATA", "end")
SAYINGS = (
    CLOSE, "250 2.0.0 Fine", "354 Go on", "421 4.3.2 Bye", "452 4.5.3 Too many", "451 4.7.1 Later",
    "500 5.5.1 What", "550 5.1.1 No", "garbage", "250 2.0.0 One\r\n250 2.0.0 Two",
    "250-\r\n", "",
)  # fmt: skip


class Ledger(Peer):
    """A server that knows whose mail it has taken: `sender recipient` as often as it has."""

    def __init__(self, *args: Any, **known: Any) -> None:  # noqa: ANN401  as Peer
        super().__init__(*args, **known)
        self.taken: Counter[str] = Counter()
        self._sender = ""
        self._open: list[str] = []

    def __repr__(self) -> str:
        return f"Ledger({self.replies!r}, ehlo={self.ehlo!r}, closes_after={self.closes_after!r})"

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        count = len(self.messages)
        found = [key for key in self.replies if line.startswith(key)]
        is_taken = not found or self.replies[max(found, key=len)].startswith("250 ")
        if line.startswith("MAIL"):
            self._sender, self._open = line if is_taken else "", []
        elif line.startswith("RCPT") and is_taken and self._sender:
            self._open.append(line)
        goes_on = await super()._answer(line, reader, writer)
        has_come = len(self.messages) > count and b"Hello" in self.messages[-1]
        if has_come and self.replies["end"].startswith("2"):
            self.taken.update(f"{self._sender} {each}" for each in self._open)
        return goes_on


@st.composite
def ledgers(draw: st.DrawFn) -> list[Ledger]:
    """Return some servers with scripts of their own."""
    scripts = draw(
        st.lists(
            st.tuples(
                st.dictionaries(st.sampled_from(STEPS), st.sampled_from(SAYINGS), max_size=3),
                st.sets(st.sampled_from(["PIPELINING", "8BITMIME", "CHUNKING", "DSN"])),
                st.sampled_from([None, 1, 2]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    return [
        Ledger(replies, ehlo=("mx", *sorted(keywords)), closes_after=closes_after)
        for replies, keywords, closes_after in scripts
    ]


STEP_TIMES = ("greeting", "helo", "mail", "rcpt", "data_init", "data_done", "rset", "quit")


@settings(max_examples=60, deadline=None)
@given(
    peers=ledgers(),
    count=st.integers(1, 4),
    is_lmtp=st.booleans(),
    most=st.sampled_from([None, 1, 2]),
)
def test_one_result_each(
    peers: list[Ledger],
    count: int,
    is_lmtp: bool,  # noqa: FBT001  drawn
    most: int | None,
) -> None:
    """Whatever servers say: each recipient has one result, and no message is taken twice."""
    addresses = [f"u{number}@example.net" for number in range(count)]
    known = ClientSettings(
        hello="mail.example.org",
        is_lmtp=is_lmtp,
        most_recipients=most,
        timeouts=Timeouts(**dict.fromkeys(STEP_TIMES, 0.1)),
    )

    async def test() -> list[tuple[SendResult, ...]]:
        async with serving(*peers):
            router = Places([place_of(peer) for peer in peers])
            async with SmtpClient(known, router=router) as client:
                return [
                    await client.send(
                        envelope(*addresses, sender=f"m{number}@example.org"),
                        MESSAGE,
                        nexthop="example.net",
                    )
                    for number in range(2)
                ]

    for results in run(test()):
        assert addresses == [each.recipient for each in results]
    taken = sum((peer.taken for peer in peers), Counter[str]())
    assert set(taken.values()) <= {1}
