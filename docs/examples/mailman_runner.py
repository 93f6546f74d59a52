"""Mailman 3's bounce runner, reading bounces with dsnlib and keeping a history of them.

In mailman.cfg:

    [runner.bounces]
    class: mailman_runner.DsnlibBounceRunner

`DSNLIB_HISTORY` in the environment names the store, a file or `postgresql://...`; without it
Mailman's own counting is all there is.
"""

# ruff: noqa: INP001  an example is no package
import os
from email.message import Message
from typing import Any

from mailman.runners import bounce  # type: ignore[import-not-found]  # it has an environment of its own

from dsnlib import EventKind, Issuer, read_bounces
from dsnlib.adapters.feeds.intake import Intake
from dsnlib.adapters.feeds.mail_reading import MailReader
from dsnlib.adapters.store import open_store
from dsnlib.bounces.compat.flufl import Recipients
from dsnlib.bounces.score_policy import ScorePolicy

HISTORY = os.environ.get("DSNLIB_HISTORY", "")
POLICY = ScorePolicy()


def all_failures(message: Message) -> tuple[Recipients, Recipients]:
    """Return the addresses that Mailman is to pass over, and those that it is to count.

    It counts any failure as one.  So what the recipient has not to answer for, and what is
    of the other half of a weight, is passed over here, as Mailman does with delays.
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
    """The runner; a bounce is in the history before Mailman counts it.

    Where the history is away, Mailman shunts the bounce and says so in its log;
    `mailman unshunt` brings it back.
    """

    def _dispose(self, mlist: Any, msg: Message, msgdata: dict[str, Any]) -> bool:  # noqa: ANN401  Mailman's types are not to be had
        if HISTORY:
            reader = MailReader(issuer=Issuer(senders=[mlist.bounces_address]))
            with open_store(HISTORY) as store:
                Intake(store, source=mlist.list_id, reader=reader).take(msg.as_bytes())
        return bool(super()._dispose(mlist, msg, msgdata))
