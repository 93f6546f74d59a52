"""Mailman 3's bounce runner, reading bounces with dsnlib; and one that keeps a history of them.

In mailman.cfg one of

    [runner.bounces]
    class: mailman_runner.DsnlibBounceRunner
    class: mailman_runner.HistoryBounceRunner
"""

# ruff: noqa: INP001  an example is no package
from email.message import Message
from pathlib import Path
from typing import Any

from mailman.config import config
from mailman.runners import bounce

from dsnlib import EventKind, Issuer, ScorePolicy, read_bounces
from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.mail_reading import MailReader
from dsnlib.adapters.store import open_store
from dsnlib.bounces.compat.flufl import Recipients

POLICY = ScorePolicy()


def all_failures(message: Message) -> tuple[Recipients, Recipients]:
    """Return the addresses that Mailman is to pass over, and those that it is to count.

    It counts any failure as one.  What the recipient has not to answer for, such as a spam
    filter, is passed over, as Mailman itself does with delays.
    """
    passed: set[bytes] = set()
    counted: set[bytes] = set()
    for event in read_bounces(message):
        if event.kind in (EventKind.FAILURE, EventKind.DELAY):
            address = event.original_recipient or event.recipient
            found = counted if POLICY.weigh(event) > 0 else passed
            found.add(address.encode("utf-8", "ignore"))
    return frozenset(passed - counted), frozenset(counted)


# Mailman's runner calls the function by this name.  Each runner is a process of its own.
bounce.all_failures = all_failures


class DsnlibBounceRunner(bounce.BounceRunner):  # type: ignore[misc]  # without Mailman it is anything
    """Mailman's runner, with another reader."""


class HistoryBounceRunner(DsnlibBounceRunner):
    """The same; a bounce is in the history before Mailman counts it.

    Where the history cannot take it, Mailman shunts the bounce and says so in its log;
    `mailman unshunt` brings it back.
    """

    @staticmethod
    def history() -> str:
        """Return the place of the store; it may be `postgresql://...` as well."""
        return str(Path(config.DATA_DIR, "bounces.db"))

    def _dispose(self, mlist: Any, msg: Message, msgdata: dict[str, Any]) -> bool:  # noqa: ANN401  Mailman's types are not to be had
        reader = MailReader(issuer=Issuer(senders=[mlist.bounces_address]))
        with open_store(self.history()) as store:
            BounceIntake(store, source=mlist.list_id, reader=reader).take(msg.as_bytes())
        return bool(super()._dispose(mlist, msg, msgdata))
