"""What one filter wants changed at the end of a message, collected until its last word.

Rules.
- A change that was not negotiated, or cannot be made sense of, is the filter's
  fault, and none of its changes is made.
- Addresses may come in brackets or without.
- Of parameters those of RFC 3461 s4 are taken, each for itself; another that is at
  fault, or unknown, is told of in the log and left out.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kilter.protocol import messages
from kilter.protocol.messages import ActionFlags

from dsnlib.adapters.milters.body import ReplacedBody
from dsnlib.adapters.milters.edits import ChangedSender
from dsnlib.adapters.milters.header import is_name
from dsnlib.adapters.milters.packets import MilterFault
from dsnlib.errors import InvalidAddress, InvalidParameter
from dsnlib.model.address import check_path
from dsnlib.model.envelope import Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from dsnlib.model.parameter import split_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from dsnlib.adapters.milters.header import HeaderBlock
    from dsnlib.adapters.milters.negotiation import Agreement

__all__ = ["Revision"]

_LOGGER = logging.getLogger("dsnlib.milter")

# Chosen by us: ten thousand changes of ordinary fields are well below it.
_MOST_OCTETS = 8_388_608
# What a change takes besides its text, roughly.
_OVERHEAD_OCTETS = 128
_LONGEST_REASON = 240
# What a filter gives back as it came, and is none of its business.
_CARRIED = frozenset({"AUTH", "BODY", "SIZE", "SMTPUTF8"})


class Revision:
    """The changes of one filter.

    Attributes:
        sender: The return path that it wants, if it wants another.
        recipients: In order: those that it adds, and the addresses of those that it
            deletes.
        body: The body that it wants, if it wants another.
        quarantine: Why the message is to wait for a person, if it is to.

    Args:
        agreement: What it may do.
        body_octets: How large a new body may be.
        directory: Where a large one goes.
        milter: The name of the filter, for the log.
    """

    def __init__(
        self,
        agreement: Agreement,
        *,
        body_octets: int,
        directory: Path | None = None,
        milter: str = "",
    ) -> None:
        self._agreement = agreement
        self._body_octets = body_octets
        self._directory = directory
        self._milter = milter
        self._octets = 0
        self._has_told = False
        self._fields: list[messages.AddHeader | messages.ChangeHeader] = []
        self.sender: ChangedSender | None = None
        self.recipients: list[Recipient | str] = []
        self.body: ReplacedBody | None = None
        self.quarantine: str | None = None

    def take(self, edit: messages.Message, octets: int) -> bool:
        """Note a change; tell whether it was one.

        Args:
            edit: The packet.
            octets: Its size.

        Raises:
            MilterFault: It was not negotiated, makes no sense, or is one too many.
            OSError: A new body cannot be written.
        """
        action = _ACTIONS.get(type(edit))
        if action is None:
            return False
        if action not in self._agreement.actions:
            message = f"it has not negotiated {action.name}"
            raise MilterFault(message)
        if isinstance(edit, messages.ReplaceBody):
            self._take_body(bytes(edit.content))
            return True
        self._octets += octets + _OVERHEAD_OCTETS
        if self._octets > _MOST_OCTETS:
            message = f"its changes take more than {_MOST_OCTETS} octets"
            raise MilterFault(message)
        self._take_small(edit)
        return True

    def apply(self, header: HeaderBlock) -> bool:
        """Make the changes of the header; tell whether there were any.  Never raises."""
        for edit in self._fields:
            name = edit.name.encode()
            value = bytes(edit.value)
            if not self._agreement.keeps_space:
                value = b" " + value
            if isinstance(edit, messages.AddHeader):
                header.add(name, value)
            elif isinstance(edit, messages.InsertHeader):
                header.insert(edit.index, name, value)
            else:
                header.change(name, edit.index, value if edit.value else b"")
        return bool(self._fields)

    def close(self) -> None:
        """Throw a new body away.  Never raises."""
        if self.body is not None:
            self.body.close()
            self.body = None

    def _take_small(self, edit: messages.Message) -> None:
        match edit:
            case messages.AddHeader() | messages.ChangeHeader():
                if not is_name(edit.name.encode()):
                    message = f"{edit.name!r} is no name of a field"
                    raise MilterFault(message)
                self._fields.append(edit)
            case messages.ChangeSender():
                address = _path(edit.address, is_sender=True)
                words = self._words(edit.args, parse_mail_parameters, ("RET", "ENVID"))
                params = parse_mail_parameters(words, smtputf8=True)
                self.sender = ChangedSender(address, params)
            case messages.AddRecipient():
                self.recipients.append(Recipient(_path(edit.address)))
            case messages.AddRecipientPar():
                words = self._words(edit.args, parse_rcpt_parameters, ("NOTIFY", "ORCPT"))
                params_ = parse_rcpt_parameters(words, smtputf8=True)
                self.recipients.append(Recipient(_path(edit.address), params_))
            case messages.RemoveRecipient():
                self.recipients.append(_path(edit.address))
            case messages.Quarantine():
                self.quarantine = edit.reason[:_LONGEST_REASON]

    def _take_body(self, data: bytes) -> None:
        if self.body is None:
            self.body = ReplacedBody(directory=self._directory)
        self.body.write(data)
        if self.body.octets > self._body_octets:
            message = f"its new body has more than {self._body_octets} octets"
            raise MilterFault(message)

    def _words(
        self, args: str | None, parse: Callable[..., object], ours: tuple[str, ...]
    ) -> Iterable[str]:
        """Return those parameters that can be taken, each keyword once."""
        taken: dict[str, str] = {}
        for word in split_words(args or ""):
            keyword = word.partition("=")[0].upper()
            if keyword in _CARRIED:
                continue
            fault = "it has no place there" if keyword not in ours else _fault(word, parse)
            if fault:
                self._tell(f"parameter {word!r} left out: {fault}")
            else:
                taken.setdefault(keyword, word)
        return taken.values()

    def _tell(self, what: str) -> None:
        """Write to the log; a filter that is at fault all the time fills it with one line."""
        if not self._has_told:
            self._has_told = True
            _LOGGER.warning("milter %s: %s", self._milter, what[:_LONGEST_REASON])


_ACTIONS: Mapping[type[messages.Message], ActionFlags] = {
    messages.AddHeader: ActionFlags.ADD_HEADERS,
    messages.InsertHeader: ActionFlags.ADD_HEADERS,
    messages.ChangeHeader: ActionFlags.CHANGE_HEADERS,
    messages.ChangeSender: ActionFlags.CHANGE_FROM,
    messages.AddRecipient: ActionFlags.ADD_RECIPIENT,
    messages.AddRecipientPar: ActionFlags.ADD_RECIPIENT_PAR,
    messages.RemoveRecipient: ActionFlags.DELETE_RECIPIENT,
    messages.ReplaceBody: ActionFlags.CHANGE_BODY,
    messages.Quarantine: ActionFlags.QUARANTINE,
}


def _fault(word: str, parse: Callable[..., object]) -> str:
    try:
        parse([word], smtputf8=True)
    except InvalidParameter as error:
        return str(error)
    return ""


def _path(text: str, *, is_sender: bool = False) -> str:
    """Return an address without its brackets.

    Raises:
        MilterFault: It can stand in no command.
    """
    text = text.strip(" ")
    address = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if is_sender and not address:
        return address
    try:
        check_path(address, "address")
    except InvalidAddress as error:
        raise MilterFault(str(error)) from error
    return address
