"""The server as a process: its ports first, then its rights, its log and its loop."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import resource
from typing import TYPE_CHECKING

from dsnlib.adapters.config.keys import KEYS
from dsnlib.adapters.service.log import LogWriter
from dsnlib.adapters.service.privileges import drop_privileges, find_owner, give_to
from dsnlib.adapters.service.serve import Service
from dsnlib.adapters.service.sockets import bind_all, handed_over
from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from dsnlib.adapters.config.settings import Settings
    from dsnlib.adapters.service.build import BuiltServer
    from dsnlib.adapters.service.privileges import Owner

__all__ = ["Process"]

# Chosen by us: more connections than one process can serve.
_MOST_FILES = 65_536

# What every server comes to need, and no command that only checks.
_LOADED_LATER = (
    "aiosmtplib.auth",
    "concurrent.futures.thread",
    "dns.asyncresolver",
    "dsnlib.adapters.client.peer_session",
    "dsnlib.adapters.client.plan",
    "dsnlib.adapters.client.sasl.auth",
    "dsnlib.adapters.client.tls.context",
    "dsnlib.adapters.dns",
    "dsnlib.adapters.memory_queue",
    "dsnlib.adapters.spool.control",
    "dsnlib.adapters.spool.spool",
    "encodings.idna",
)


class Process:
    """A process that serves.

    Args:
        settings: The settings.
        built: The server that was made of them.
        may_be_root: Whether it may stay root.
        ready_file: Where to write where it listens, or `None`.
    """

    def __init__(
        self,
        settings: Settings,
        built: BuiltServer,
        *,
        may_be_root: bool = False,
        ready_file: Path | None = None,
    ) -> None:
        self._settings = settings
        self._built = built
        self._may_be_root = may_be_root
        self._ready_file = ready_file

    def run(self) -> None:
        """Serve until a signal.

        Raises:
            PortTaken: A port cannot be had.
            ConfigurationError: There is no such user, or a file cannot be written.
            QueueUnavailable: The queue cannot be opened.
        """
        try:
            self._run()
        except ConfigurationError as error:
            if error.origin not in KEYS:
                raise
            # The place in the file is of more use than the key alone.
            raise self._settings.error(error.origin, str(error.args[0])) from error

    def _run(self) -> None:
        system = self._settings.system
        owner = find_owner(system.mail_owner, may_be_root=self._may_be_root)
        with contextlib.ExitStack() as stack:
            _allow_files()
            sockets = self._bind(stack)
            self._make_places(owner)
            log = LogWriter(
                path=system.maillog_file,
                format_=system.log_format,
                level=system.log_level,
                hostname=system.myhostname,
                owner=owner,
            )
            if owner is not None:
                self._load_all()
                drop_privileges(owner)
            # What is made from here on is for the owner alone.
            os.umask(0o077)
            log.start()
            stack.callback(log.stop)
            metrics = sockets[-1] if system.metrics_address is not None else None
            service = Service(
                self._built,
                sockets[: len(self._settings.listeners)],
                metrics_socket=metrics,
                log=log,
                ready_file=self._ready_file,
            )
            asyncio.run(service.run())

    def _bind(self, stack: contextlib.ExitStack) -> tuple[socket.socket, ...]:
        settings = self._settings
        places = [
            (f"{settings.origin}:{each.line}: listen", each.address, each.port)
            for each in settings.listeners
        ]
        if settings.system.metrics_address is not None:
            line = settings.lines.get("metrics_address", 0)
            name = f"{settings.origin}:{line}: metrics_address"
            places.append((name, *settings.system.metrics_address))
        sockets = bind_all(places, handed_over())
        for sock in sockets:
            stack.callback(sock.close)
        return sockets

    def _load_all(self) -> None:
        """Load what is loaded on first use, while files of the program can be read for sure."""
        for name in _LOADED_LATER:
            importlib.import_module(name)

    def _make_places(self, owner: Owner | None) -> None:
        system, delivery = self._settings.system, self._settings.delivery
        places = []
        if system.queue_type == "disk":
            places.append(("queue_directory", system.queue_directory))
        if system.mydestination or system.virtual_mailbox_domains:
            places.append(("mail_spool_directory", delivery.mail_spool_directory))
            places.append(("virtual_mailbox_base", delivery.virtual_mailbox_base))
        for key, place in places:
            if place is not None:
                give_to(owner, place, key=key)


def _allow_files() -> None:
    """Have as many open files as the system lets us: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
