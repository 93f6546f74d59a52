"""What all sessions of one listener share, made once of its settings.

Rules.
- What a client is offered depends on the list of what is kept from it, and on
  whether the session is encrypted; there are few such pairs, so each is worked out
  once.
- A list that nothing stands in is not asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from dsnlib.adapters.server.listener import TlsLevel
from dsnlib.adapters.smtp_reply import ReplyWriter
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.ehlo import Offer
from dsnlib.replies.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from dsnlib.adapters.server.connection import Connection
    from dsnlib.adapters.server.listener import Listener
    from dsnlib.replies.discard import Discards
    from dsnlib.replies.judge import AccessPolicy

__all__ = ["Offered", "ServerState"]

# Commands of extensions, which may not be offered.
_OPTIONAL_VERBS = ("VRFY", "ETRN", "STARTTLS", "AUTH", "XCLIENT", "XFORWARD", "BDAT")
_OFFERS_REMEMBERED = 64

_T = TypeVar("_T")


@attrs.frozen
class Offered:
    """What a client is offered, and what a command is answered that it is not.

    Args:
        offer: What it is offered.
        refusals: The replies by verb.
    """

    offer: Offer
    refusals: dict[str, SmtpReply]


class ServerState:
    """What all sessions of one listener share.

    Args:
        listener: The settings.

    Attributes:
        sessions: Those that have a connection.
        tasks: What goes on without its session: messages that are handed over.
        is_stopping: Whether sessions are to end.
    """

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.replies = ReplyWriter(listener.rules)
        self.sessions: set[Connection] = set()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.is_stopping = False
        self._has_changed = asyncio.Event()
        self.asked = _asked_stages(listener.policy)
        self.has_checks = any(listener.checks.by_kind().values())
        self.checks_at_once = asyncio.Semaphore(listener.limits.checked_at_once)
        self._remembered = functools.lru_cache(_OFFERS_REMEMBERED)(self._offered)

    def leave(self, session: Connection) -> None:
        """Take note that a connection has ended."""
        self.sessions.discard(session)
        self._has_changed.set()

    async def wait_change(self, seconds: float) -> None:
        """Return when a connection has ended, or after some time."""
        self._has_changed.clear()
        with contextlib.suppress(TimeoutError):  # then nothing has changed
            await asyncio.wait_for(self._has_changed.wait(), seconds)

    def keep(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Do something that goes on when the session that wants it has ended."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def offered(self, discards: Discards, *, is_tls: bool, is_trusted: bool) -> Offered:
        """Return what a client is offered.

        Args:
            discards: What is kept from it.
            is_tls: Whether the session is encrypted.
            is_trusted: Whether its XCLIENT is believed.
        """
        listener = self.listener
        mechanisms: tuple[str, ...] = ()
        if listener.authenticator is not None:
            # Asked each time: they may come from another server that is there by and by.
            mechanisms = listener.authenticator.mechanisms(is_tls=is_tls)
        return self._remembered(discards, mechanisms, is_tls=is_tls, is_trusted=is_trusted)

    def _offered(
        self, discards: Discards, mechanisms: tuple[str, ...], *, is_tls: bool, is_trusted: bool
    ) -> Offered:
        listener = self.listener
        capabilities = attrs.evolve(
            listener.capabilities,
            starttls=listener.tls_level is not TlsLevel.NONE and not listener.is_tls_implicit,
            auth=mechanisms,
            xclient=listener.capabilities.xclient if is_trusted else (),
        )
        offer = Offer(capabilities=capabilities, discards=discards, is_tls=is_tls)
        refusals = {verb: offer.refuse_command(verb) for verb in _OPTIONAL_VERBS}
        return Offered(
            offer, {verb: reply for verb, reply in refusals.items() if reply is not None}
        )


def _asked_stages(policy: AccessPolicy) -> frozenset[Stage]:
    """Return the stages at which some list has to be asked."""
    lists = {
        Stage.CLIENT: policy.client,
        Stage.HELO: policy.helo,
        Stage.SENDER: policy.sender,
        Stage.DATA: policy.data,
        Stage.END_OF_DATA: policy.end_of_data,
        Stage.ETRN: policy.etrn,
        Stage.RECIPIENT: (*policy.relay, *policy.recipient),
    }
    asked = {stage for stage, each in lists.items() if each}
    early = asked & {Stage.CLIENT, Stage.HELO, Stage.SENDER}
    if policy.delays_refusals and early:
        asked |= {Stage.RECIPIENT, Stage.ETRN}
    if policy.site.directory is not None or policy.refuses_unlisted:
        asked.add(Stage.RECIPIENT)
    return frozenset(asked)
