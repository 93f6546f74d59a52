"""What a log shows of aliases -> the look-up that `expand` asks, and who is whose.

    local alias, .forward     to=<alias>, ... status=sent (forwarded as QUEUEID)
    virtual alias             to=<target>, orig_to=<alias>
    rewriting, REDIRECT       the same, but no table of virtual aliases has it
    blind copy                to=<address> that nobody wrote to
    alias to file or command  to=<alias>, ... status=sent (delivered to file: ...)

Rules.
- What the log shows comes first; the tables of the site say of what the log
  shows which it is.
- A local alias whose queue file has another return path is a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.policy.expansion import Expansion
from tests.interop.postfix_log import canonical

if TYPE_CHECKING:
    from tests.interop.postfix_log import Attempt, Log, QueueFile
    from tests.interop.postfix_site import Site

__all__ = ["Aliases", "read_aliases"]

_ALIAS_DELIVERIES = ("delivered to file: ", "delivered to command: ")


@attrs.frozen
class Aliases:
    """What became of the addresses of a message.

    Args:
        envelope: The envelope with the addresses as the queue has them.
        copies: Those that nobody wrote to.
        expansions: What an address leads to, by its canonical form.
    """

    envelope: Envelope
    copies: tuple[str, ...] = ()
    expansions: dict[str, Expansion] = attrs.field(factory=dict)

    def look_up(self, address: str) -> Expansion | None:
        """Return what an address leads to, `None` for a plain one."""
        return self.expansions.get(canonical(address))


def read_aliases(envelope: Envelope, queue: str, log: Log, site: Site) -> Aliases:
    """Return what the log of a message shows of aliases.

    Args:
        envelope: The message's.
        queue: Its queue id.
        log: The log.
        site: The tables, as far as they are known.
    """
    expansions: dict[str, Expansion] = {}
    tree = log.tree(queue)
    for file in tree:
        expansions |= _local(file, log, site)
    recipients, copies = [_qualified(each, site) for each in envelope.recipients], []
    attempts = tree[0].attempts if tree else []
    for children in _children(recipients, attempts, site):
        if children.parent is None:
            copies += children.targets
        elif children.is_alias(site):
            expansions[canonical(children.parent)] = Expansion.alias(*children.targets)
        else:
            recipients = [_rewritten(each, children) for each in recipients]
    recipients = [_as_queued(each, attempts) for each in recipients]
    return Aliases(attrs.evolve(envelope, recipients=recipients), tuple(copies), expansions)


@attrs.define
class _Children:
    """Addresses of the queue that one of the envelope became; `None` if none did."""

    parent: str | None
    targets: list[str]

    def is_alias(self, site: Site) -> bool:
        """Tell whether an alias made them; without tables they count as such."""
        if len(self.targets) > 1 or not site.virtual or self.parent is None:
            return True
        return bool(site.virtual_of(self.parent) or site.alias_of(self.parent))


def _children(recipients: list[Recipient], attempts: list[Attempt], site: Site) -> list[_Children]:
    """Return the addresses of the queue that are not the envelope's, by what they come from."""
    known = {canonical(each.accepted): each.address for each in recipients}
    known |= {canonical(each.address): each.address for each in recipients}
    tried = {canonical(each.to) for each in attempts}
    found: dict[str | None, _Children] = {}
    for attempt in attempts:
        to = canonical(attempt.to)
        if to in known:
            continue
        parent = known.get(canonical(attempt.original or ""))
        if parent is None:
            # Without enable_original_recipient the log does not say.
            named = [known[key] for key in known if to in _targets(known[key], site)]
            lost = [known[key] for key in known if key not in tried]
            parent = next(iter(named), lost[0] if len(lost) == 1 else None)
        group = found.setdefault(parent, _Children(parent, []))
        if attempt.to not in group.targets:
            group.targets.append(attempt.to)
    for group in found.values():
        # An address that is among its own targets keeps a copy.
        if group.parent is not None and canonical(group.parent) in tried:
            group.targets.append(group.parent)
    return [*found.values()]


def _targets(address: str, site: Site) -> set[str]:
    return {canonical(each) for each in site.virtual_of(address)}


def _qualified(recipient: Recipient, site: Site) -> Recipient:
    """Return the recipient with the domain that Postfix gives to one without."""
    address = recipient.address
    if "@" in address or site.folder is None:
        return recipient
    return Recipient(site.qualified(address), recipient.params, expanded_from=address)


def _rewritten(recipient: Recipient, children: _Children) -> Recipient:
    if recipient.address != children.parent:
        return recipient
    return Recipient(children.targets[0], recipient.params, expanded_from=recipient.accepted)


def _as_queued(recipient: Recipient, attempts: list[Attempt]) -> Recipient:
    """Return the recipient with the quotes that the queue has."""
    same = [each.to for each in attempts if canonical(each.to) == canonical(recipient.address)]
    if not same or recipient.address in same:
        return recipient
    return Recipient(same[0], recipient.params, expanded_from=recipient.accepted)


def _local(file: QueueFile, log: Log, site: Site) -> dict[str, Expansion]:
    """Return the local aliases among the addresses of a queue file."""
    found: dict[str, Expansion] = {}
    for attempt in file.attempts:
        name = canonical(attempt.to)
        made = log.queue_files.get(attempt.forwarded_as or "")
        if made is not None:
            own = [
                each.to
                for each in file.attempts
                if canonical(each.to) == name and each.forwarded_as is None
            ]
            targets = dict.fromkeys([*(each.to for each in made.attempts), *own])
            if not targets:
                continue
            if made.sender == file.sender:
                found[name] = Expansion.alias(*targets)
            else:
                found[name] = Expansion.list_(*targets, owner=made.sender)
        elif attempt.text.startswith(_ALIAS_DELIVERIES) and name not in found:
            is_known = bool(site.alias_of(attempt.to)) or not site.aliases
            # Else it is the user's own way of delivery, or a .forward of theirs.
            if is_known or site.get("mailbox_command", "") == "":
                found[name] = Expansion.alias(attempt.to)
    return found
