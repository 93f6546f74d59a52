"""What a restriction is asked, and what it has to say.

Rules.
- A restriction that has nothing to say, or nothing to look at yet, says `None`.
- A refusal is made by `Inquiry.refuse`, so that all have one form.
"""

from __future__ import annotations

import enum

import attrs

from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.replies.access import AccessAction
from dsnlib.replies.refusal import refuse
from dsnlib.replies.session import SmtpSession
from dsnlib.replies.site import Site
from dsnlib.replies.stage import Stage
from dsnlib.replies.table import Table

__all__ = ["Finding", "Inquiry", "Ruling"]


class Ruling(enum.Enum):
    """What follows from a finding."""

    PERMIT = "permit"
    """This list is done; the next one is asked."""
    REFUSE = "refuse"
    DEFER_IF_PERMIT = "defer-if-permit"
    """Refuse for now, unless another restriction refuses anyway."""
    DEFER_IF_REJECT = "defer-if-reject"
    """Refuse for now if another restriction of this list would for good."""
    ACT = "act"
    """Do what the action says, and go on."""
    APPLY = "apply"
    """Ask the restrictions that a table named."""


@attrs.frozen(kw_only=True)
class Finding:
    """What one restriction says.

    Args:
        ruling: What follows.
        stage: What it is about.
        reply: What to answer, if it refuses.
        action: What a table said.
        applied: The restrictions to apply, as the table spelt them.
        source: The table or list that said so, and what it was asked, or `""`.
        restriction: Which restriction it was, as its list has it.
    """

    ruling: Ruling
    stage: Stage
    reply: SmtpReply | None = None
    action: AccessAction | None = None
    applied: str = ""
    source: str = ""
    restriction: str = ""

    def __str__(self) -> str:
        parts = [self.ruling.value, "" if self.reply is None else str(self.reply)]
        if self.reply is None and self.action is not None:
            parts.append(str(self.action))
        if self.source:
            parts.append(f"({self.source})")
        return f"{self.restriction}: {' '.join(part for part in parts if part)}"


@attrs.frozen(kw_only=True)
class Inquiry:
    """What a restriction is asked with.

    Args:
        session: Who says what.
        site: What we know.
        stage: What it is about: that of the list, or of what a table was asked.
        command: Which command is being answered; `RECIPIENT` is RCPT.
        table: The table in the list behind its name, where it takes one.
        argument: The word behind its name, where it takes one.
    """

    session: SmtpSession
    site: Site
    stage: Stage
    command: Stage
    table: Table | None = None
    argument: str = ""

    def permit(self, *, source: str = "") -> Finding:
        """Return that the mail may pass this list.  Never raises."""
        return Finding(ruling=Ruling.PERMIT, stage=self.stage, source=source)

    def refuse(
        self,
        code: int,
        status: str,
        text: str,
        *,
        stage: Stage | None = None,
        name: str | None = None,
        ruling: Ruling = Ruling.REFUSE,
        source: str = "",
    ) -> Finding:
        """Return that what a stage is about is refused.

        Args:
            code: The reply code.
            status: The status, whose class follows the code.
            text: Why.
            stage: What is refused; that of the list if not given.
            name: How the refusal shows it; as the session has it if not given.
            ruling: Whether it is refused, or only under a condition.
            source: Who said so.

        Raises:
            InvalidStatusCode: The status is none, or the code is of another class.
        """
        stage = self.stage if stage is None else stage
        reply = refuse(
            code,
            EnhancedStatusCode.parse(status),
            stage=stage,
            name=self.session.name_of(stage) if name is None else name,
            text=text,
        )
        return Finding(ruling=ruling, stage=stage, reply=reply, source=source)
