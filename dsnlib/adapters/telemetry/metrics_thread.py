"""The page that Prometheus reads, in a thread of its own beside work that is not asyncio."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from dsnlib.adapters.service.exposition import MetricsPage
from dsnlib.adapters.service.sockets import bind_all, place_of

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from dsnlib.adapters.service.metrics import PrometheusMeter

__all__ = ["MetricsThread"]


class MetricsThread:
    """Shows the numbers of a meter at `http://HOST:PORT/metrics`.

    Args:
        meter: Where they are from.
        host: The IP address to listen on; there is no password, so one of the inside.
        port: The port; 0 for any that is free.

    Attributes:
        place: Where it listens, as people write it.

    Raises:
        PortTaken: It cannot listen there.
    """

    def __init__(self, meter: PrometheusMeter, host: str, port: int) -> None:
        (self._socket,) = bind_all([("metrics", host, port)])
        self.place = place_of(self._socket)
        self._page = MetricsPage(meter, self._socket)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="dsnlib-metrics", daemon=True)

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Answer no more."""
        asyncio.run_coroutine_threadsafe(self._page.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self._page.start())
        self._loop.run_forever()
