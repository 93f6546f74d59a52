"""One of two servers does wrong: the other gets those who are left, and nobody gets it twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.smtp_client import SmtpClient
from tests.adapters.client.fault_case import MODES, Mode, Sent, message
from tests.adapters.client.fault_expected import RECIPIENTS, REPLIES, TAKEN
from tests.adapters.client.faults import FAULTS, LOST
from tests.adapters.client.faulty_peer import Fault, FaultyPeer

if TYPE_CHECKING:
    from collections.abc import Sequence

# Faults behind which the server takes nothing any more.
_FAULTS = ("close", "reset", "stall", "half a reply, closed", "421, closed", "450", "10 MB line")
_STEPS = ("greeting", "EHLO", "MAIL", "RCPT 0", "RCPT 4", "DATA", "end 0", "end 2")
_PATIENCE_SECONDS = 0.3


class Places:
    """A router that knows two servers."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._places = tuple(
            [
                ServerPlace(host=f"mx{port}.example", address="127.0.0.1", port=port)
                for port in ports
            ]
        )

    async def places(self, nexthop: str, *, is_configured: bool = True) -> tuple[ServerPlace, ...]:
        """Return both."""
        del nexthop, is_configured
        return self._places

    async def fallback_places(self, nexthop: str) -> tuple[ServerPlace, ...]:
        """Return none."""
        del nexthop
        return ()


async def _run(name: str, step: str, mode: Mode) -> list[str]:
    """Return what is not right."""
    kind = FAULTS[name]
    first = FaultyPeer(
        Fault(step, kind.act), is_lmtp=mode.is_lmtp, keywords=mode.keywords, replies=REPLIES
    )
    second = FaultyPeer(is_lmtp=mode.is_lmtp, keywords=mode.keywords)
    names = [field.name for field in attrs.fields(Timeouts)]
    seconds = _PATIENCE_SECONDS if kind.waits else 20.0
    settings = ClientSettings(
        hello="client.example", is_lmtp=mode.is_lmtp,
        timeouts=Timeouts(**dict.fromkeys(names, seconds)),
    )  # fmt: skip
    async with first.serve(), second.serve():
        router = Places((first.port, second.port))
        async with SmtpClient(settings, router=router) as client:
            envelope, content = message("first")
            results = await client.send(envelope, content, nexthop="there.example")
            # What was said last is written down now.
            await asyncio.sleep(0)
    kinds = {each.recipient: Sent(each.outcome, each.answer).kind for each in results}
    if [each.recipient for each in results] != list(RECIPIENTS):
        return [f"{name} at {step}, {mode}: results for {[each.recipient for each in results]}"]
    # A message that goes out with its envelope may have arrived, whatever was heard.
    may_have_arrived = mode.pipelines and mode.chunks and step not in ("greeting", "EHLO")
    wrong = []
    for address, found in kinds.items():
        key = ("first", address)
        whole = first.completed[key] + second.completed[key]
        acknowledged = first.acknowledged[key] + second.acknowledged[key]
        if whole > 1:
            wrong.append(f"{address} was sent it {whole} times")
        if (found == TAKEN) != bool(acknowledged):
            wrong.append(f"{address} is {found}, and acknowledged {acknowledged} times")
        if found == LOST and not first.completed[key] and not may_have_arrived:
            wrong.append(f"{address} is put off, and was not offered to the second server")
    return [f"{name} at {step}, {mode}: {each}" for each in wrong]


@pytest.mark.parametrize("name", _FAULTS)
def test_two_places(name: str) -> None:
    """Who was not answered for is sent to the next server, unless the first may have it."""

    async def all_of_them() -> list[str]:
        found = await asyncio.gather(
            *(
                _run(name, step, mode)
                for step in _STEPS
                for mode in MODES
                if not (step == "DATA" and mode.chunks)
                and not (step == "end 2" and not mode.is_lmtp)
            )
        )
        return [each for several in found for each in several]

    wrong = asyncio.run(all_of_them())

    assert not wrong, "\n".join(wrong)
