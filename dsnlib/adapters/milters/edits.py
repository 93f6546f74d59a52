"""What filters have made of a message: content, sender, recipients, quarantine.

Rules.
- Changes count when the filter's last word is to go on; otherwise none does.
- A sender that is changed keeps the parameters of the one before, but for those
  that the filter gives.
- Of the parameters that a filter gives, those of RFC 3461 s4 are taken, each for
  itself; one that cannot be read is told of and left out.
- A recipient that is added twice is there once; a deleted one may come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.content import Content
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import MailParameters
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ChangedSender", "MilterEdits"]


def _recipients(values: Iterable[Recipient]) -> tuple[Recipient, ...]:
    return tuple(values)


@attrs.frozen
class ChangedSender:
    """The return path that a filter wants.

    Args:
        address: Without brackets; `""` is the null path.
        params: What the filter gave with it.
    """

    address: str
    params: MailParameters = attrs.field(factory=MailParameters)


@attrs.frozen(kw_only=True)
class MilterEdits:
    """What became of a message.

    Args:
        content: Its octets now; the very object that was given if nothing changed.
            Another one may have a file of its own; that of the old is not removed.
        sender: The new return path, or `None` if it stays.
        deleted: The recipients that are not to get it, as the filter wrote them,
            without brackets.
        added: Those that are to get it besides.
        quarantine: Why it is to wait for a person, or `None`.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    content: Content
    sender: ChangedSender | None = None
    deleted: tuple[str, ...] = attrs.field(default=(), converter=texts)
    added: tuple[Recipient, ...] = attrs.field(default=(), converter=_recipients)
    quarantine: str | None = None

    def apply(self, envelope: Envelope) -> Envelope | None:
        """Return the envelope with these changes, or `None` if nobody is left to get it."""
        recipients = self._recipients(envelope.recipients)
        if not recipients:
            return None
        changed = attrs.evolve(envelope, recipients=recipients)
        if self.sender is None:
            return changed
        params = self.sender.params
        mail = attrs.evolve(
            envelope.mail,
            ret=envelope.mail.ret if params.ret is None else params.ret,
            envid=envelope.mail.envid if params.envid is None else params.envid,
        )
        return attrs.evolve(changed, sender=self.sender.address, mail=mail)

    def _recipients(self, before: Iterable[Recipient]) -> list[Recipient]:
        deleted = {address.casefold() for address in self.deleted}
        left = [each for each in before if each.address.casefold() not in deleted]
        known = {each.address.casefold() for each in left}
        for each in self.added:
            if each.address.casefold() not in known:
                known.add(each.address.casefold())
                left.append(each)
        return left
