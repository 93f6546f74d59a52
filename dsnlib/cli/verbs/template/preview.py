"""`dsnlib template preview`: show what a template makes of a notification.

The notification is a made-up one, always the same: a subject, a date, one
recipient or three.  So a change of a template shows, and nothing else.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.site import load_library
from dsnlib.cli.text import printable
from dsnlib.compose.block import TemplateClass
from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.human import HumanForm
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.plan import DsnPlan
from dsnlib.policy.reporter import Reporter

if TYPE_CHECKING:
    import argparse

    from dsnlib.compose.message import ComposedMessage
    from dsnlib.compose.postfix.parameters import Parameters

__all__ = ["preview"]

_NOW = dt.datetime(2026, 11, 22, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
_TOKEN = "preview.0000"  # noqa: S105  it shows in the message, and is the same each time
_SENDER = "ann@example.org"
_ORIGINAL = (
    b"From: Ann <ann@example.org>\r\nTo: Bob <bob@example.com>\r\n"
    b"Subject: Minutes of Tuesday\r\nDate: Sun, 22 Nov 2026 10:04:00 +0100\r\n"
    b"Message-ID: <minutes@example.org>\r\n\r\nHere are the minutes.\r\n"
)
# address, what the other server said
_FAILED = (
    ("bob@example.com", "550 5.1.1 No such user here"),
    ("eve@example.net", "552 5.2.2 Mailbox full"),
    ("sam@example.edu", "550 5.7.1 Message refused by policy"),
)
_DELAYED = (
    ("bob@example.com", "421 4.4.1 Try again later"),
    ("eve@example.net", "452 4.2.2 Mailbox full"),
    ("sam@example.edu", "451 4.3.0 Temporary failure"),
)
_DONE = (
    ("bob@example.com", "250 2.1.5 Ok"),
    ("eve@example.net", "250 2.0.0 Ok"),
    ("team@example.org", ""),
)
# kind -> recipients, and the action for each
_KINDS = {
    TemplateClass.FAILURE: (_FAILED, (Action.FAILED,) * 3),
    TemplateClass.DELAY: (_DELAYED, (Action.DELAYED,) * 3),
    TemplateClass.SUCCESS: (_DONE, (Action.DELIVERED, Action.RELAYED, Action.EXPANDED)),
    TemplateClass.VERIFY: (_DONE, (Action.DELIVERED, Action.RELAYED, Action.EXPANDED)),
}


def preview(args: argparse.Namespace, parameters: Parameters) -> Exit:
    """Write the notification, return the exit code."""
    try:
        library, problems = load_library(args.templates, parameters)
    except OSError as error:
        output.complain(args.templates, None, error.strerror or str(error), "unreadable")
        return Exit.NO_INPUT
    host = parameters.get("myhostname") or "mail.example.org"
    composer = BounceComposer(
        reporter=Reporter.parse(host),
        library=library,
        parameters=parameters,
        form=HumanForm(is_html=args.html is not None),
        is_english_added=not args.no_english,
    )
    kind = TemplateClass(args.kind)
    message = composer.compose(
        _plan(kind, host, several=args.several),
        _ORIGINAL,
        now=_NOW,
        token=_TOKEN,
        language=[each.strip() for each in args.lang.split(",") if each.strip()],
        template=kind,
    )
    if args.html is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(message.as_bytes().replace(b"\r\n", b"\n"))
        sys.stdout.buffer.flush()
    elif not _write_html(message, args.html):
        return Exit.IO_ERROR
    for problem in dict.fromkeys([*problems, *message.defects]):
        output.write(f"dsnlib: {printable(problem.message)}\n", sys.stderr)
    return Exit.PROBLEMS if problems else Exit.FINE


def _plan(kind: TemplateClass, host: str, *, several: bool) -> DsnPlan:
    recipients, actions = _KINDS[kind]
    count = 3 if several else 1
    report = DeliveryReport(
        message=MessageFields(
            reporting_mta=Reporter.parse(host).mta, arrival_date=_NOW - dt.timedelta(hours=4)
        ),
        recipients=[
            _recipient(address, reply, action)
            for (address, reply), action in zip(recipients[:count], actions, strict=False)
        ],
    )
    return DsnPlan(report=report, envelope=Envelope(sender="", recipients=[Recipient(_SENDER)]))


def _recipient(address: str, reply: str, action: Action) -> RecipientFields:
    code = reply.split(" ")[1] if reply else "2.1.5"
    mailbox = TypedAddress.from_address(address)
    host = f"mx.{address.partition('@')[2]}"
    return RecipientFields(
        original_recipient=mailbox,
        final_recipient=mailbox,
        action=action,
        status=EnhancedStatusCode.parse(code),
        remote_mta=MtaName("dns", host) if reply else None,
        diagnostic_code=DiagnosticCode("smtp", reply) if reply else None,
        will_retry_until=_NOW + dt.timedelta(days=4) if action is Action.DELAYED else None,
    )


def _write_html(message: ComposedMessage, name: str) -> bool:
    body = message.as_email_message().get_body(("html",))
    try:
        # A template of Postfix's kind in an odd character set has no HTML form.
        octets = b"" if body is None else body.get_content().encode("utf-8")
        Path(name).write_bytes(octets)
    except OSError as error:
        output.complain(name, None, error.strerror or str(error), "unwritable")
        return False
    return True
