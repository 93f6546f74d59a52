"""One transaction between two systems: commands go out, replies and a truth come back.

The server is written as the library's users would write one: it announces what
it can do, reads parameters with `parse_mail_parameters` and
`parse_rcpt_parameters`, and answers what these refuse with the reply of the
error.  What goes wrong is said by the network.

Rules.
- The truth is what a person with both logs would say became of a recipient at
  the client: taken, refused, or neither yet.  `settle_relay` must find the same.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import attrs

from dsnlib import (
    EnhancedStatusCode,
    InvalidParameter,
    MailParameters,
    RcptParameters,
    SmtpReply,
    TransactionReplies,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from tests.simulation.network import Fault, Flaw, Stage

if TYPE_CHECKING:
    from dsnlib import Transaction
    from tests.simulation.door import Door

__all__ = ["Conversation", "Fate", "converse"]


class Fate(enum.Enum):
    """What became of a recipient in a transaction."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"


@attrs.frozen(kw_only=True)
class Conversation:
    """What came of a transaction.

    Args:
        replies: What the client saw.
        fates: What is true for the client, for each recipient.
        mail: What the server read of MAIL, if it took the message.
        taken: The recipients that the server has answered for since, with what
            it read of RCPT.
        is_unnoticed: Whether the client does not know of those.
        surprise: A parameter that the server had to refuse.
    """

    replies: TransactionReplies
    fates: Sequence[Fate]
    mail: MailParameters | None = None
    taken: Sequence[tuple[int, RcptParameters]] = ()
    is_unnoticed: bool = False
    surprise: str | None = None


_TEXTS = {
    221: ("2.0.0", "Bye"),
    250: ("2.0.0", "Ok"),
    354: (None, "Go on"),
    421: ("4.3.2", "Busy"),
    450: ("4.2.0", "Greylisted"),
    451: ("4.3.0", "Try again"),
    452: ("4.2.2", "Mailbox full"),
    550: ("5.1.1", "No such user"),
    551: (None, "User has moved"),
    552: (None, "Too many recipients"),
    554: ("5.4.6", "Too many hops"),
}
# A reply, what is none, or nothing.
Answer: TypeAlias = SmtpReply | str | None
_KNOWN = frozenset({"BY", "SMTPUTF8"})
_ODD = "*** gateway timeout ***"
_NOTHING = TransactionReplies()


@functools.lru_cache(maxsize=4096)
def _reply(code: int, address: str = "") -> SmtpReply:
    status, text = _TEXTS[code]
    parsed = None if status is None else EnhancedStatusCode.parse(status)
    lines = (f"{text} <{address}>", "and nothing else") if address else (text,)
    return SmtpReply(code, parsed, lines)


def _bad_reply(flaw: Flaw, address: str = "", good: int = 354) -> Answer:
    """Return what a client sees in place of the reply it waits for."""
    if flaw is Flaw.LOST:
        return None
    if flaw is Flaw.ODD:
        return _ODD
    if flaw is Flaw.WRONG:
        return _reply(good)
    codes = {Flaw.LATER: 451, Flaw.REFUSED: 551, Flaw.TOO_MANY: 552}
    return _reply(codes.get(flaw, 451), address)


_FATES = {
    Flaw.LATER: Fate.LATER,
    Flaw.LOST: Fate.LATER,
    # The client cannot know whether it was taken.
    Flaw.TAKEN: Fate.LATER,
    Flaw.REFUSED: Fate.REFUSED,
    # A reply that is none, or to another question, is an error of the server.
    Flaw.ODD: Fate.REFUSED,
    Flaw.WRONG: Fate.REFUSED,
    Flaw.TOO_MANY: Fate.REFUSED,
}


def converse(transaction: Transaction, server: Door, fault: Fault | None) -> Conversation:
    """Return how a transaction goes."""
    count = len(transaction.recipients)
    stage = None if fault is None else fault.stage
    if fault is not None and stage is Stage.SESSION:
        answer = _reply(554 if fault.flaw is Flaw.REFUSED else 421)
        replies = _NOTHING if fault.flaw is Flaw.LOST else TransactionReplies(session=answer)
        fate = Fate.REFUSED if fault.flaw is Flaw.REFUSED else Fate.LATER
        return Conversation(replies=replies, fates=[fate] * count)
    if fault is not None and stage is Stage.MAIL:
        replies = TransactionReplies(mail=_bad_reply(fault.flaw))
        return Conversation(replies=replies, fates=[_FATES[fault.flaw]] * count)
    try:
        mail = parse_mail_parameters(
            transaction.options,
            smtputf8=server.hop.smtputf8,
            known=_KNOWN,
        )
    except InvalidParameter as error:
        replies = TransactionReplies(mail=error.reply)
        return Conversation(
            replies=replies, fates=[Fate.REFUSED] * count, surprise=f"MAIL: {error}"
        )
    return _Recipients(transaction, server, fault, mail).go_on()


class _Recipients:
    """A transaction from the first RCPT on."""

    def __init__(
        self, transaction: Transaction, server: Door, fault: Fault | None, mail: MailParameters
    ) -> None:
        self._transaction = transaction
        self._server = server
        self._fault = fault
        self._stage = None if fault is None else fault.stage
        self._mail = mail
        self._answers: list[Answer] = []
        self._fates: list[Fate] = []
        self._taken: list[tuple[int, RcptParameters]] = []
        self._surprise: str | None = None

    def go_on(self) -> Conversation:
        """Send the recipients, and the data if one of them is taken."""
        is_lost = False
        for index, each in enumerate(self._transaction.recipients):
            if is_lost:
                self._fates.append(Fate.LATER)
                continue
            fate, answer = self._send(index, each.address, each.options)
            is_lost = answer is None
            if not is_lost:
                self._answers.append(answer)
            self._fates.append(fate)
        if is_lost:
            # What was taken before is lost with the session.
            for index, _ in self._taken:
                self._fates[index] = Fate.LATER
            return self._end(self._replies())
        if not self._taken:
            return self._end(self._replies())
        return self._data()

    def _send(self, index: int, address: str, options: Sequence[str]) -> tuple[Fate, Answer]:
        fault = self._fault
        if fault is not None and self._stage is Stage.RCPT and fault.concerns(index):
            fate = _FATES[fault.flaw]
            if fault.flaw is Flaw.TOO_MANY and self._taken:
                fate = Fate.LATER
            return fate, _bad_reply(fault.flaw, address)
        try:
            params = parse_rcpt_parameters(
                options, smtputf8=self._server.hop.smtputf8, known=frozenset()
            )
        except InvalidParameter as error:
            self._surprise = f"RCPT TO:<{address}>: {error}"
            return Fate.REFUSED, error.reply
        code = self._server.answer_rcpt(address)
        if code == 250:
            self._taken.append((index, params))
            return Fate.TAKEN, _reply(250)
        return _fate_of(code), _reply(code, address)

    def _data(self) -> Conversation:
        fault = self._fault
        if fault is not None and self._stage is Stage.DATA:
            for index, _ in self._taken:
                self._fates[index] = _FATES[fault.flaw]
            return self._end(self._replies(data=_bad_reply(fault.flaw, good=250)))
        addresses = [self._transaction.recipients[index].address for index, _ in self._taken]
        if fault is not None and self._stage is Stage.END and not self._server.hop.is_lmtp:
            return self._spoilt_end(fault.flaw, addresses)
        codes = self._server.answer_end(addresses)
        if not self._server.hop.is_lmtp:
            codes = [*codes] * len(self._taken)
        return self._ends(addresses, codes)

    def _spoilt_end(self, flaw: Flaw, addresses: Sequence[str]) -> Conversation:
        """Spoil the one reply after the data."""
        is_taken = flaw is Flaw.TAKEN and self._server.answer_end(addresses)[0] == 250
        for index, _ in self._taken:
            self._fates[index] = _FATES[flaw]
        answer = None if flaw is Flaw.TAKEN else _bad_reply(flaw)
        return self._end(
            self._replies(end=[answer]), taken=self._taken if is_taken else (), is_unnoticed=True
        )

    def _ends(self, addresses: Sequence[str], codes: Sequence[int]) -> Conversation:
        """Answer for each recipient after the data, or for all at once."""
        ends: list[Answer] = []
        taken = []
        is_lost = False
        for place, ((index, params), code) in enumerate(zip(self._taken, codes, strict=True)):
            flaw = self._flaw_of(place)
            is_lost = is_lost or flaw in (Flaw.LOST, Flaw.TAKEN)
            if is_lost:
                self._fates[index] = Fate.LATER
            elif flaw is not None:
                self._fates[index] = _FATES[flaw]
                ends.append(_bad_reply(flaw))
            else:
                self._fates[index] = _fate_of(code)
                # A reply for all names nobody.
                is_named = self._server.hop.is_lmtp and code != 250
                ends.append(_reply(code, addresses[place] if is_named else ""))
                if code == 250:
                    taken.append((index, params))
        if not self._server.hop.is_lmtp:
            ends = ends[:1]
        return self._end(self._replies(end=ends), taken=taken)

    def _flaw_of(self, place: int) -> Flaw | None:
        fault = self._fault
        if fault is None or self._stage is not Stage.END or not fault.concerns(place):
            return None
        return fault.flaw

    def _replies(
        self, *, data: Answer = None, end: Sequence[Answer] | None = None
    ) -> TransactionReplies:
        return TransactionReplies(
            mail=_reply(250),
            recipients=self._answers,
            data=data if end is None else _reply(354),
            end=() if end is None else end,
        )

    def _end(
        self,
        replies: TransactionReplies,
        *,
        taken: Sequence[tuple[int, RcptParameters]] = (),
        is_unnoticed: bool = False,
    ) -> Conversation:
        return Conversation(
            replies=replies,
            fates=self._fates,
            mail=self._mail,
            taken=taken,
            is_unnoticed=is_unnoticed,
            surprise=self._surprise,
        )


def _fate_of(code: int) -> Fate:
    return {2: Fate.TAKEN, 4: Fate.LATER, 5: Fate.REFUSED}[code // 100]
