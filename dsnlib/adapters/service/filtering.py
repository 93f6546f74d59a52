"""A transport whose outcomes are changed by tables of its own: `smtp_delivery_status_filter`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.delivery_log import log_rewriting
from dsnlib.replies.rewrite import RewriteRules, rewrite_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.adapters.transport import Attempted, Job, Transport
    from dsnlib.replies.table import Table

__all__ = ["FilteredTransport"]

_LOG = logging.getLogger("dsnlib.delivery")


class FilteredTransport:
    """A transport, and tables that are asked about each of its outcomes.

    Args:
        transport: The transport.
        tables: At least one.
    """

    def __init__(self, transport: Transport, tables: Iterable[Table]) -> None:
        self.transport = transport
        self._rules = RewriteRules(status_filters=tables, may_harden=True)

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Try, and return what became of each recipient, as the tables have it."""
        tried = await self.transport.deliver(job)
        return [self._filter(each, job.queue_id) for each in tried]

    def _filter(self, attempted: Attempted, queue_id: str) -> Attempted:
        done = rewrite_outcome(attempted.outcome, text=attempted.text, rules=self._rules)
        log_rewriting(_LOG, queue_id, attempted.text, done)
        return attrs.evolve(attempted, outcome=done.outcome, text=done.text)
