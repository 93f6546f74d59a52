"""A process that delivers to a fast and a slow destination, to be killed in between.

    python tests/adapters/slow_life.py DIRECTORY

The first life takes a message and never ends: one destination does not answer.  Each
address is written into the file `tried` before its next hop has it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.adapters.spool import Spool
from tests.adapters.mail_site import Site, open_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.transport import Attempted, Job

__all__ = ["FAST", "SLOW", "live"]

FAST = ("a@fast.example NOTIFY=SUCCESS", "b-5.1.1@fast.example", "c@fast.example")
SLOW = ("d@slow.example NOTIFY=SUCCESS", "e-5.1.1@slow.example")


class Written:
    """A transport that writes down whom it has, and answers for one destination or all."""

    def __init__(self, site: Site, path: Path, *, is_slow: bool) -> None:
        self._site = site
        self._path = path
        self._is_slow = is_slow

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Deliver, or never answer."""
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{each.address}\n" for each in job.recipients)
        if self._is_slow and job.destination.nexthop == "slow.example":
            await asyncio.Event().wait()
        return [self._site.script.say(job, each) for each in job.recipients]


async def live(directory: Path, *, is_first: bool) -> Site:
    """Deliver all that is due in a queue, after taking a message in the first life."""
    async with Spool.open(directory / "queue", reserve_octets=0) as queue:
        site = open_site(directory, queue=queue)
        transport = Written(site, directory / "tried", is_slow=is_first)
        site.deliverer._dispatcher._transports["smtp"] = transport  # type: ignore[index]  # it needs the site
        if is_first:
            await site.submit(*FAST, *SLOW)
        await site.deliverer.deliver_due()
    return site


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), is_first=True))
