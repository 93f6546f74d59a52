"""A server from its start to its end: `run` returns when it has stopped cleanly.

    bind -> drop rights -> log -> queue -> listeners, queue runner -> ready
    stop: no new connections -> sessions end with 421 -> attempts end -> queue closed

Rules.
- Nothing is listened to before the queue is open, so nothing is taken that cannot be
  kept.
- SIGTERM and SIGINT stop; SIGHUP reads certificates and tables again and opens the log
  anew.
- What cannot go on ends the whole: a server that takes mail and delivers none helps
  nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import os
import signal
import time
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.delivery import Deliverer
from dsnlib.adapters.intake_queue import QueueIntake
from dsnlib.adapters.pickup import Pickup
from dsnlib.adapters.server.server import Server, serve
from dsnlib.adapters.service.counting import Observer, Reception, RefusalCounter
from dsnlib.adapters.service.exposition import MetricsPage
from dsnlib.adapters.service.notify import ServiceManager
from dsnlib.adapters.service.queue_size import QueueSize
from dsnlib.adapters.service.sockets import place_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from pathlib import Path

    from dsnlib.adapters.notifier import Notifier
    from dsnlib.adapters.queue import Queue
    from dsnlib.adapters.service.build import BuiltServer
    from dsnlib.adapters.service.log import LogWriter

__all__ = ["Service"]

_LOG = logging.getLogger("dsnlib.service")
_REFRESH_SECONDS = 5.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Service:
    """One server.

    Args:
        built: What it is made of.
        sockets: One for each listener, in order; they listen already.
        metrics_socket: That of the metrics, or `None`.
        log: What writes the log; opened anew at SIGHUP.
        manager: Whom to tell of being ready.
        ready_file: Written when it is ready: where it listens, as JSON.
    """

    def __init__(
        self,
        built: BuiltServer,
        sockets: Sequence[socket.socket],
        *,
        metrics_socket: socket.socket | None = None,
        log: LogWriter | None = None,
        manager: ServiceManager | None = None,
        ready_file: Path | None = None,
    ) -> None:
        self._built = built
        self._sockets = tuple(sockets)
        self._metrics_socket = metrics_socket
        self._log = log
        self._manager = ServiceManager() if manager is None else manager
        self._ready_file = ready_file
        self._stopping: asyncio.Event | None = None
        self._servers: list[Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._helpers: list[asyncio.Task[None]] = []
        self._delivering: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None

    def stop(self) -> None:
        """Begin to stop; `run` returns when that is done."""
        if self._stopping is not None:
            self._stopping.set()

    async def run(self) -> None:
        """Serve until `stop` or a signal.

        Raises:
            QueueUnavailable: The queue cannot be opened.
            Exception: What a part of the server could not go on for.
        """
        self._stopping = asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            queue, folder = await self._open_queue(stack)
            self._count_refusals(stack)
            # One for all: it remembers what budgets have spent.
            notifier = self._built.notifier(queue.spending)
            intake = QueueIntake(queue, notifier, most_hops=self._most_hops)
            deliverer = self._deliverer(queue, notifier, intake)
            self._delivering = self._start(deliverer.run(grace_seconds=self._grace_seconds))
            stack.push_async_callback(self._finish, deliverer)
            await self._listen(stack, intake, folder)
            helping = (*self._looking(queue), *self._picking_up(intake, folder), self._watch())
            self._helpers = [self._start(each) for each in helping]
            self._heed_signals(stack)
            self._tell_ready()
            await self._stopping.wait()
            self._manager.tell("STOPPING=1")
            _LOG.info("stopping", extra={"event": {"event": "stopping"}})
        _LOG.info("stopped", extra={"event": {"event": "stopped"}})
        if self._failure is not None:
            raise self._failure

    @property
    def _grace_seconds(self) -> float:
        return self._built.settings.system.shutdown_timeout.total_seconds()

    async def _open_queue(self, stack: contextlib.AsyncExitStack) -> tuple[Queue, Path | None]:
        system = self._built.settings.system
        if system.queue_type == "memory" or system.queue_directory is None:
            from dsnlib.adapters.memory_queue import MemoryQueue

            return MemoryQueue(), None
        from dsnlib.adapters.spool.spool import Spool

        spool = Spool.open(system.queue_directory, reserve_octets=system.queue_minfree)
        stack.push_async_callback(spool.close)
        return spool, spool.incoming

    @property
    def _most_hops(self) -> int:
        return self._built.settings.delivery.hopcount_limit

    def _deliverer(self, queue: Queue, notifier: Notifier, intake: QueueIntake) -> Deliverer:
        built = self._built
        settings = built.settings
        return Deliverer(
            queue,
            routes=built.ways.router,
            transports=built.ways.transports,
            notifier=notifier,
            limits=built.ways.limits,
            rules=built.ways.rules,
            observe=Observer(
                built.meter,
                is_json=settings.system.log_format == "json",
                decimals=settings.delivery.delay_logging_resolution_limit,
            ),
            received=intake.received,
        )

    async def _listen(
        self, stack: contextlib.AsyncExitStack, intake: QueueIntake, folder: Path | None
    ) -> None:
        built = self._built
        for reception in built.receptions:
            reception.intake = intake
        for authenticator in built.authenticators:
            stack.push_async_callback(authenticator.close)
        for service in built.services:
            stack.push_async_callback(service.close)
        stack.push_async_callback(self._stop_listening)
        for each, sock in zip(built.listeners, self._sockets, strict=True):
            listener = attrs.evolve(each.listener, folder=folder, free_octets=_free(folder))
            self._servers.append(await serve(listener, sock))
        if self._metrics_socket is not None and built.meter is not None:
            page = MetricsPage(built.meter, self._metrics_socket)
            await page.start()
            stack.push_async_callback(page.stop)
            if self._log is not None:
                log = self._log
                built.meter.follow("log_lines_lost", lambda: log.lost)

    def _count_refusals(self, stack: contextlib.AsyncExitStack) -> None:
        meter = self._built.meter
        if meter is None:
            return
        counter = RefusalCounter(meter)
        logger = logging.getLogger("dsnlib.server")
        logger.addHandler(counter)
        stack.callback(logger.removeHandler, counter)
        if not logger.isEnabledFor(logging.INFO):
            # The handlers that write have levels of their own.
            before = logger.level
            logger.setLevel(logging.INFO)
            stack.callback(logger.setLevel, before)

    async def _stop_listening(self) -> None:
        stops = (each.stop(grace_seconds=self._grace_seconds) for each in self._servers)
        await asyncio.gather(*stops)

    async def _finish(self, deliverer: Deliverer) -> None:
        for task in self._helpers:
            task.cancel()
        deliverer.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._built.ways.relays.close()

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            return
        self._failure = task.exception()
        _LOG.error("a part of the server has failed", exc_info=self._failure)
        self.stop()

    def _looking(self, queue: Queue) -> Iterator[Coroutine[object, object, None]]:
        """Yield what looks at files, connections and the queue from time to time."""
        yield self._refresh()
        yield self._built.ways.relays.report()
        if self._built.meter is not None:
            yield QueueSize(queue, self._built.meter).run()

    def _picking_up(
        self, intake: QueueIntake, folder: Path | None
    ) -> Iterator[Coroutine[object, object, None]]:
        """Yield what takes the letters that commands leave in the queue's directory."""
        settings = self._built.settings
        if folder is None or settings.system.queue_directory is None:
            return
        reception = Reception("pickup", settings.server.content_filter, self._built.meter)
        reception.intake = intake
        pickup = Pickup(
            settings.system.queue_directory,
            reception,
            hostname=settings.system.myhostname,
            folder=folder,
            most_octets=settings.server.message_size_limit,
        )
        yield pickup.run()

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            await asyncio.to_thread(self._built.tables.refresh)

    async def _watch(self) -> None:
        seconds = self._manager.watch_seconds
        while seconds:
            self._manager.tell("WATCHDOG=1")
            await asyncio.sleep(seconds)

    def _heed_signals(self, stack: contextlib.AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        reactions: list[tuple[signal.Signals, Callable[[], None]]] = [
            *((number, self.stop) for number in _SIGNALS),
            (signal.SIGHUP, self._reload),
        ]
        for number, reaction in reactions:
            try:
                loop.add_signal_handler(number, reaction)
            except (RuntimeError, ValueError):  # not the main thread: whoever has it decides
                return
            stack.callback(loop.remove_signal_handler, number)

    def _reload(self) -> None:
        micros = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._manager.tell("RELOADING=1", f"MONOTONIC_USEC={micros}")
        _LOG.info("reading certificates and tables again", extra={"event": {"event": "reload"}})
        if self._log is not None:
            self._log.reopen()
        for each in self._built.listeners:
            if each.certificate is not None:
                each.certificate.reload()
        refreshing = asyncio.get_running_loop().run_in_executor(None, self._built.tables.refresh)
        refreshing.add_done_callback(lambda _: self._manager.tell("READY=1"))

    def _tell_ready(self) -> None:
        for note in self._built.settings.notes:
            _LOG.warning("%s", note, extra={"event": {"event": "note"}})
        places = [
            {"profile": each.listen.profile, "address": sock.getsockname()[0],
             "port": sock.getsockname()[1]}
            for each, sock in zip(self._built.listeners, self._sockets, strict=True)
        ]  # fmt: skip
        ready: dict[str, object] = {"process": os.getpid(), "listeners": places}
        if self._metrics_socket is not None:
            ready["metrics"] = place_of(self._metrics_socket)
        shown = ", ".join(place_of(sock) for sock in self._sockets)
        _LOG.info("ready on %s", shown, extra={"event": {"event": "ready", **ready}})
        if self._ready_file is not None:
            # Whoever waits for the file is to find it whole.
            new = self._ready_file.with_name(f"{self._ready_file.name}.new")
            new.write_text(json.dumps(ready) + "\n", "utf-8")
            new.replace(self._ready_file)
        self._manager.tell("READY=1", f"MAINPID={os.getpid()}", f"STATUS=on {shown}")


def _free(folder: Path | None) -> Callable[[], int] | None:
    """Return what tells how much room there is where the queue is."""
    if folder is None:
        return None
    from dsnlib.adapters.spool.faults import free_octets

    return functools.partial(free_octets, folder)
