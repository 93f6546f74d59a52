"""What an address can lead to: an alias, a confidential forward, a list (RFC 3461 s5.2.7)."""

from __future__ import annotations

import enum

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.address import check_path
from dsnlib.model.esmtp import MailParameters, Notify
from dsnlib.model.number import require_whole
from dsnlib.model.texts import texts
from dsnlib.policy.own_words import check_diagnostic_type

__all__ = ["ExpandPolicy", "Expansion", "ExpansionKind", "SeveralOption"]


class SeveralOption(enum.Enum):
    """What an alias with several targets keeps: the options of RFC 3461 s5.2.7.3."""

    DROP = "a"
    ONE = "b"
    SPLIT = "c"


class ExpansionKind(enum.Enum):
    """What an address is, that leads to others."""

    ALIAS = "alias"
    CONFIDENTIAL = "confidential"
    LIST = "list"


@attrs.frozen(kw_only=True)
class Expansion:
    """What an address leads to; made by `alias`, `confidential` and `list_`.

    Args:
        kind: What it is.
        targets: Where it leads; at least one.
        owner: The return path of the copies, for all but an alias; `""` so
            that nobody is told of a confidential forward that fails.
        mail: RET and ENVID of a list's copies, as its owner sets them.
        notify: NOTIFY of a list's copies, as its owner sets it.
        names_members: Whether a list's copies have ORCPT with the address as
            the list stores it.

    Raises:
        InvalidValue: No target, or an alias with a return path of its own.
        InvalidAddress: An address cannot stand in a command.
    """

    kind: ExpansionKind
    targets: tuple[str, ...] = attrs.field(converter=texts)
    owner: str | None = None
    mail: MailParameters = attrs.field(factory=MailParameters)
    notify: Notify | None = None
    names_members: bool = True

    def __attrs_post_init__(self) -> None:
        if not self.targets:
            message = f"expansion: the {self.kind.value} leads nowhere"
            raise InvalidValue(message, value=self.targets)
        if (self.owner is None) is not (self.kind is ExpansionKind.ALIAS):
            message = f"expansion: kind {self.kind.value} with owner {self.owner!r}"
            raise InvalidValue(message, value=self.owner, requirement="3461-5.2.7-01")
        for target in self.targets:
            check_path(target, "expansion")
        if self.owner:
            check_path(self.owner, "expansion: owner")

    @classmethod
    def alias(cls, *targets: str) -> Expansion:
        """Return an alias of one address or several.

        Raises:
            InvalidValue: No target.
            InvalidAddress: A target cannot stand in a command.
        """
        return cls(kind=ExpansionKind.ALIAS, targets=targets)

    @classmethod
    def confidential(cls, *targets: str, owner: str = "") -> Expansion:
        """Return a forward that the sender must not learn of (RFC 3461 s5.2.7.4).

        Args:
            targets: Where it leads.
            owner: Who hears of failures; by default nobody.

        Raises:
            InvalidValue: No target.
            InvalidAddress: An address cannot stand in a command.
        """
        notify = None if owner else Notify.NEVER
        kind = ExpansionKind.CONFIDENTIAL
        return cls(kind=kind, targets=targets, owner=owner, notify=notify, names_members=False)

    @classmethod
    def list_(
        cls,
        *targets: str,
        owner: str,
        mail: MailParameters | None = None,
        notify: Notify | None = None,
        names_members: bool = True,
    ) -> Expansion:
        """Return a mailing list (RFC 3461 s5.2.7.1).

        Args:
            targets: Its subscribers.
            owner: Who hears of failures; never the sender of a post.
            mail: RET and ENVID of the copies.
            notify: NOTIFY of the copies.
            names_members: Whether the copies have ORCPT.

        Raises:
            InvalidValue: No subscriber, or no owner.
            InvalidAddress: An address cannot stand in a command.
        """
        if not owner:
            message = "expansion: a list has no owner to hear of failures"
            raise InvalidValue(message, value=owner, requirement="3461-5.2.7.1-04")
        return cls(
            kind=ExpansionKind.LIST,
            targets=targets,
            owner=owner,
            mail=MailParameters() if mail is None else mail,
            notify=notify,
            names_members=names_members,
        )


@attrs.frozen(kw_only=True)
class ExpandPolicy:
    """What RFC 3461 s5.2.7 leaves to a system.

    Args:
        several: What an alias with several targets keeps.
        tells_of_single: Whether an alias to one address is treated as one to
            several, as Postfix does; RFC 3461 s5.2.7.2 says it should not.
        most_recipients: The most addresses that one message may end at.
        most_steps: The longest chain of aliases.
        diagnostic_type: The type of diagnostics in our own words; see
            `Reporter.diagnostic_type`.

    Raises:
        InvalidValue: A bound is not a whole number, 1 or more, or the type is no atom.
    """

    several: SeveralOption = SeveralOption.SPLIT
    tells_of_single: bool = False
    most_recipients: int = 100_000
    most_steps: int = 100
    diagnostic_type: str = attrs.field(default="X-DSN", validator=check_diagnostic_type)

    def __attrs_post_init__(self) -> None:
        for name in ("most_recipients", "most_steps"):
            require_whole(getattr(self, name), f"policy: {name}", least=1)
