"""What a value of a look-up table means, for `dsnlib access --explain`.

A value of an access table is an action or names restrictions; one of a table of
header checks is an action.  What it would answer is what a server would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.cli.answering import UNKNOWN, describe_defect, reply_record, split_client
from dsnlib.errors import InvalidValue
from dsnlib.model.text import replace_controls
from dsnlib.replies.access import ActionKind, parse_action
from dsnlib.replies.check_tables import ContentChecks, check_value, read_value
from dsnlib.replies.checks import check_content_sync
from dsnlib.replies.finding import Inquiry
from dsnlib.replies.restrictions import check_access_value
from dsnlib.replies.rules.tables import apply_value
from dsnlib.replies.search import NULL_SENDER
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.site import Site
from dsnlib.replies.stage import Stage
from dsnlib.replies.tables import StaticTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dsnlib.cli import output
    from dsnlib.errors import Defect
    from dsnlib.model.reply import SmtpReply
    from dsnlib.replies.access import AccessAction

__all__ = ["CHECKS", "Meaning", "explain_access", "explain_content"]

CHECKS: dict[str, Callable[[str], None]] = {
    "actions": check_access_value,
    "content": check_value,
}
"""What refuses a value, by what the table is said to hold."""

# A message of one field, for what a value of a content table does to it.
_FIELD = b"Subject: x\r\n\r\n"

_MEANINGS = {
    ActionKind.OK: "It may pass: the rest of this list is not asked.",
    ActionKind.DUNNO: "Nothing is said: what comes next in the list is asked.",
    ActionKind.REJECT: "It is refused.",
    ActionKind.DEFER: "It is refused for now.",
    ActionKind.DEFER_IF_PERMIT: "It is refused for now, unless something else refuses it.",
    ActionKind.DEFER_IF_REJECT: "What this list would refuse for good is refused for now.",
    ActionKind.WARN: "A warning is logged.",
    ActionKind.INFO: "A note is logged.",
    ActionKind.HOLD: "The message is kept back until somebody lets it go.",
    ActionKind.DISCARD: "The message is taken and dropped, and nobody is told.",
    ActionKind.REDIRECT: "The message goes to that address instead of its recipients.",
    ActionKind.BCC: "The message goes to that address too.",
    ActionKind.PREPEND: "The field is put in front.",
    ActionKind.FILTER: "The message goes through that filter first.",
    ActionKind.IGNORE: "The field or line is taken away.",
    ActionKind.STRIP: "The field or line is taken away, and that is logged.",
    ActionKind.PASS: "The rest of the message is not looked at.",
    ActionKind.REPLACE: "The field or line is replaced.",
}


class Meaning(NamedTuple):
    """What a value means.

    Args:
        action: The action, if it is one.
        restrictions: The names of restrictions, if it is those.
        reply: What is answered, if it refuses.
        defects: What whoever wrote it should know.
        problem: Why it means nothing; then the others are empty.
    """

    action: AccessAction | None = None
    restrictions: str = ""
    reply: SmtpReply | None = None
    defects: tuple[Defect, ...] = ()
    problem: str | None = None

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield the labelled lines that tell it."""
        if self.action is not None:
            yield "Action", str(self.action)
            yield "Means", _MEANINGS[self.action.kind]
        if self.restrictions:
            yield "Means", f"These restrictions are asked: {self.restrictions}"
        if self.reply is not None:
            yield "Reply", str(self.reply)
        for defect in self.defects:
            yield "But", describe_defect(defect)
        if self.problem is not None:
            yield "But", self.problem

    def record(self) -> output.Record:
        """Return it for JSON."""
        action, restrictions, reply, defects, problem = self
        return {
            "action": None if action is None else _action_record(action),
            "restrictions": restrictions or None,
            "reply": None if reply is None else reply_record(reply),
            "defects": [attrs.asdict(defect) for defect in defects],
            "error": problem,
        }


def explain_access(asked: str, value: str, stage: Stage) -> Meaning:
    """Return what a value of an access table means.  Never raises.

    Args:
        asked: Whom it is about, as `--as` takes it.
        value: The value.
        stage: What would be refused.
    """
    name = "" if asked == NULL_SENDER else replace_controls(asked)
    hostname, address = split_client(name)
    client = Client(address=address or UNKNOWN, hostname=hostname, certificates=(name,))
    session = SmtpSession(
        client=client, helo=name, sender=name, recipient=name, login=name, etrn=name
    )
    inquiry = Inquiry(session=session, site=Site(), stage=stage, command=Stage.RECIPIENT)
    try:
        check_access_value(value)
    except InvalidValue as error:
        return Meaning(problem=str(error))
    try:
        action = parse_action(value)
    except InvalidValue:
        return Meaning(restrictions=value)
    finding = apply_value(inquiry, value, stage=stage, source="")
    reply = None if finding is None else finding.reply
    return Meaning(action=action, reply=reply, defects=action.defects)


def explain_content(value: str) -> Meaning:
    """Return what a value of a table of header checks means.  Never raises."""
    try:
        action = read_value(value, is_body=False)
    except InvalidValue as error:
        return Meaning(problem=str(error))
    table = StaticTable(name="the table", value=value)
    verdict = check_content_sync(_FIELD, ContentChecks(headers=(table,)))
    return Meaning(action=action, reply=verdict.reply, defects=verdict.defects)


def _action_record(action: AccessAction) -> output.Record:
    return {
        "kind": action.kind.value,
        "code": action.code,
        "status": None if action.status is None else str(action.status),
        "text": action.text,
    }
