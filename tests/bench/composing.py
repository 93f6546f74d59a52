"""Measure the writing of notifications: beside email.mime, and with 100 MB returned."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import time
import tracemalloc
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.library import TemplateLibrary
from dsnlib.compose.returned import ReturnRules
from dsnlib.compose.template import load_templates
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.plan import DsnPlan
from dsnlib.policy.reporter import Reporter
from tests.bench.figure import Figure, repeated, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable

# The bounds: what dsnlib claims.
PLAIN_TIMES = 20.0
LOCALIZED_TIMES = 8.0
STREAMED_TO_COPIED = 1.5
STREAMED_MEGABYTES = 16.0

ORIGINAL_OCTETS = 2048
STREAMED_OCTETS = 100_000_000
STREAMED_ROUNDS = 9
TIMES = 100
NOW = dt.datetime(2026, 11, 22, 10, 8, tzinfo=dt.timezone(dt.timedelta(hours=1)))
TOKEN = "0123456789abcdef"
HEADER = (
    b"Received: from client.example.org by mail.example.org with ESMTP id 4F;\r\n"
    b"\tSun, 22 Nov 2026 10:04:00 +0100\r\n"
    b"From: Ann <ann@example.org>\r\nTo: bob@example.com\r\nSubject: Minutes of Tuesday\r\n"
    b"Date: Sun, 22 Nov 2026 10:04:00 +0100\r\nMessage-ID: <1@example.org>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
)
LINE = b"It was decided to meet again on the first Tuesday of the month.\r\n"
ORIGINAL = (HEADER + LINE * 40)[:ORIGINAL_OCTETS]
# A template of Postfix's kind: no language, no advice, nothing but the text.
PLAIN = b"""failure_template = <<EOF
From: Mail delivery <MAILER-DAEMON>
Subject: Your message was not delivered

This is the mail server at $myhostname.

Your message could not be delivered to everybody it was sent to.
The addresses are listed below, each with what the other server said.
Your message is attached.

If you need help, please write to the postmaster of $mydomain.
EOF
"""
REPORT = DeliveryReport(
    message=MessageFields(reporting_mta=MtaName("dns", "mail.example.org"), arrival_date=NOW),
    recipients=(
        RecipientFields(
            original_recipient=TypedAddress("rfc822", "bob@example.com"),
            final_recipient=TypedAddress("rfc822", "bob@example.com"),
            action=Action.FAILED,
            status=EnhancedStatusCode.parse("5.1.1"),
            remote_mta=MtaName("dns", "mx.example.com"),
            diagnostic_code=DiagnosticCode("smtp", "550 5.1.1 No such user here"),
        ),
    ),
)
PLAN = DsnPlan(
    report=REPORT, envelope=Envelope(sender="", recipients=(Recipient("ann@example.org"),))
)
REPORTER = Reporter.parse("mail.example.org")


def compose_with(composer: BounceComposer, language: str) -> Callable[[], bytes]:
    """Return a call that writes one notification."""
    return lambda: composer.compose(
        PLAN, ORIGINAL, now=NOW, token=TOKEN, language=language
    ).as_bytes()


def build_like(message: bytes) -> Callable[[], bytes]:
    """Return a call that makes the same message with email.mime and policy.SMTP.

    All the texts are ready: nothing is looked up, and no date is written.
    """
    parsed = message_from_bytes(message, policy=policy.SMTP)
    human, status, _ = parsed.iter_parts()
    assert isinstance(human, EmailMessage)
    words = human.get_content()
    fields = [
        (name, str(value))
        for name, value in parsed.items()
        if not name.startswith(("Content-", "MIME-"))
    ]
    groups = [[(name, str(text)) for name, text in group.items()] for group in status.iter_parts()]
    boundary = parsed.get_boundary()

    def build() -> bytes:
        built = MIMEMultipart("report", boundary, report_type="delivery-status")
        for name, value in fields:
            built[name] = value
        built.attach(MIMEText(words))
        payload: list[Message[str, str] | str] = []
        for group in groups:
            part: Message[str, str] = Message()
            for name, value in group:
                part[name] = value
            payload.append(part)
        report = MIMEBase("message", "delivery-status")
        report.set_payload(payload)
        built.attach(report)
        built.attach(MIMEMessage(message_from_bytes(ORIGINAL)))
        return built.as_bytes(policy=policy.SMTP)

    return build


def measure_composing(rounds: int) -> list[Figure]:
    """One recipient, 2 kB of original: plain, and localized with advice."""
    library = TemplateLibrary(plain=load_templates(PLAIN, origin="plain.cf"))
    parameters = {"myhostname": "mail.example.org", "mydomain": "example.org"}
    plain = BounceComposer(reporter=REPORTER, library=library, parameters=parameters)
    figures = []
    for name, composer, language, bound in (
        ("notification beside email.mime", plain, "en", PLAIN_TIMES),
        ("with advice, in English", BounceComposer(reporter=REPORTER), "en", LOCALIZED_TIMES),
        ("in German and English", BounceComposer(reporter=REPORTER), "de", LOCALIZED_TIMES),
    ):
        write = compose_with(composer, language)
        build = build_like(write())
        turns = take_turns([repeated(write, TIMES), repeated(build, TIMES)], rounds)
        write_seconds, build_seconds = (seconds / TIMES for seconds in turns)
        figures.append(
            Figure(
                name=name,
                ours=f"{write_seconds * 1e6:.0f} us",
                theirs=f"{build_seconds * 1e6:.0f} us",
                value=build_seconds / write_seconds,
                bound=bound,
                at_least=True,
            )
        )
    return figures


def measure_streaming() -> list[Figure]:
    """An original of 100 MB: the time beside copying the file, and the memory."""
    composer = BounceComposer(reporter=REPORTER, returns=ReturnRules(message_octets=None))
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "original.eml"), Path(folder, "notification.eml")
        with source.open("wb") as file:
            file.write(HEADER)
            for _ in range(STREAMED_OCTETS // (len(LINE) * 1000)):
                file.write(LINE * 1000)

        def copy() -> None:
            with source.open("rb") as read, target.open("wb") as write:
                shutil.copyfileobj(read, write)

        def compose(*, is_crlf: bool = True) -> None:
            with source.open("rb") as read, target.open("wb") as write:
                for chunk in composer.compose(PLAN, read, now=NOW, token=TOKEN, is_crlf=is_crlf):
                    write.write(chunk)

        calls = [compose, lambda: compose(is_crlf=False), copy]
        least = [float("inf")] * len(calls)
        for _ in range(STREAMED_ROUNDS):
            for index, call in enumerate(calls):
                # To empty a file of 100 MB takes as long as to write it.
                target.unlink(missing_ok=True)
                begin = time.perf_counter()
                call()
                least[index] = min(least[index], time.perf_counter() - begin)
        compose_seconds, look_seconds, copy_seconds = least
        tracemalloc.start()
        compose()
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    return [
        Figure(
            name="100 MB returned, beside copying it",
            ours=f"{compose_seconds * 1e3:.0f} ms",
            theirs=f"{copy_seconds * 1e3:.0f} ms",
            value=compose_seconds / copy_seconds,
            bound=STREAMED_TO_COPIED,
            note=f"from a queue of CRLF; {look_seconds / copy_seconds:.2f} if that is looked at",
        ),
        Figure(
            name="memory for it",
            ours=f"{peak:.2f} MB",
            theirs="",
            value=peak,
            bound=STREAMED_MEGABYTES,
        ),
    ]
