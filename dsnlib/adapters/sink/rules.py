"""What a fake server does with a recipient, told by the local part of the address.

    bounce-5.2.2@anything     RCPT is answered 552 5.2.2
    bounce-5.2.2+a@anything   the same; what stands behind + tells recipients apart

`DEEDS` has them all.  A local part that is none of them is a mailbox that takes
everything and says nothing.
"""

from __future__ import annotations

import enum
import re

import attrs

from dsnlib.model.registry import describe, look_up
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import replace_controls

__all__ = ["DEEDS", "Argument", "Deed", "DeedRow", "read_deed", "reply_with"]

# Chosen by us: longer than any client waits for the reply to RCPT (RFC 5321 s4.5.3.2).
_MOST_SECONDS = 3600


class Argument(enum.Enum):
    """What may stand behind the word and a hyphen."""

    NONE = ""
    STATUS = "5.2.2"
    SECONDS = "30"


@attrs.frozen
class DeedRow:
    """One thing that a server can be made to do.

    Args:
        word: How the local part begins.
        argument: What stands behind it.
        default: What it is if it is left out; `""` if it means something else then.
        effect: What the client sees.
    """

    word: str
    argument: Argument
    default: str
    effect: str

    @property
    def example(self) -> str:
        """A local part that has it done."""
        return "-".join([each for each in (self.word, self.argument.value) if each])


DEEDS = (
    DeedRow("bounce", Argument.STATUS, "5.1.1", "RCPT is refused with this status"),
    DeedRow("data", Argument.STATUS, "5.7.1", "the message is refused with this status"),
    DeedRow(
        "greylist", Argument.NONE, "", "the first RCPT is refused with 4.7.1, later ones are taken"
    ),
    DeedRow(
        "delay", Argument.SECONDS, "", "RCPT is refused with 4.4.1 for so many seconds, or for ever"
    ),
    DeedRow("slow", Argument.SECONDS, "1", "RCPT is taken, so many seconds late"),
    DeedRow("drop", Argument.NONE, "", "RCPT is not answered: the connection is closed"),
    DeedRow(
        "lose",
        Argument.NONE,
        "",
        "the message is taken, and the connection closed instead of a reply",
    ),
    DeedRow(
        "report",
        Argument.STATUS,
        "5.1.1",
        "the message is taken, and a notification with this status follows",
    ),
    DeedRow(
        "success",
        Argument.NONE,
        "",
        "the message is taken, and a notification follows if NOTIFY asks for it",
    ),
)
"""Every deed, in the order in which a page or a help text shows them."""

_BY_WORD = {row.word: row for row in DEEDS}
# Codes as RFC 3463 s2 has them; of class 2 only reports can be.
_LOCAL_PART = re.compile(r"([a-z]+)(?:-([0-9.]+))?(?:\+.*)?", re.IGNORECASE | re.DOTALL)
_SECONDS = re.compile(r"[0-9]{1,4}")
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
# Reply codes that a mailbox can be answered with, those first that say the least.
_CODES = (250, 450, 451, 452, 550, 552, 553, 554, 556)
_SUCCESS = "2"
_MAY_SUCCEED = "report"


@attrs.frozen
class Deed:
    """What is done with a recipient.

    Args:
        word: Which of `DEEDS`.
        status: The status it is done with, or `None`.
        seconds: How long, or `None`.
    """

    word: str
    status: EnhancedStatusCode | None = None
    seconds: int | None = None


def read_deed(address: str) -> Deed | None:
    """Return what is done with a recipient, `None` if it is a mailbox.  Never raises.

    >>> read_deed("delay-30@example.org")
    Deed(word='delay', status=None, seconds=30)
    >>> read_deed("bob@example.org") is None
    True
    """
    found = _LOCAL_PART.fullmatch(address.rpartition("@")[0] or address)
    row = None if found is None else _BY_WORD.get(found[1].lower())
    if found is None or row is None:
        return None
    text = found[2] or row.default
    if row.argument is Argument.STATUS and _STATUS.fullmatch(text):
        if text.startswith(_SUCCESS) and row.word != _MAY_SUCCEED:
            return None
        numbers = [int(number) for number in text.split(".")]
        return Deed(row.word, status=EnhancedStatusCode(*numbers))
    if row.argument is Argument.SECONDS and _SECONDS.fullmatch(text):
        return Deed(row.word, seconds=min(int(text), _MOST_SECONDS))
    return None if text else Deed(row.word)


def reply_with(status: EnhancedStatusCode, address: str) -> SmtpReply:
    """Return a reply that has a status, and a code that it usually goes with.

    >>> print(reply_with(EnhancedStatusCode.parse("5.2.2"), "bob@example.org"))
    552 5.2.2 <bob@example.org>: Mailbox full

    Never raises.
    """
    entry = look_up(status)
    usual = () if entry is None else entry.replies
    fitting = [each for each in _CODES if each // 100 == status.class_]
    code = next((each for each in fitting if each in usual), fitting[0])
    return SmtpReply(code, status, (f"<{replace_controls(address)}>: {describe(status).title}",))
