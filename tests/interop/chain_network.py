"""Servers in a row, each with DSN but the last: where mail ends, and who tells of it.

    client -> ours (here.example) -> Postfix -> ours (last.example) -> a hop without DSN
                      ^                 |              |
                      +--- notifications to ann -------+

    recipient                  what becomes of it             who tells the sender
    taken-N@far.example        the last hop takes it          last.example: relayed
    late-N@far.example         the last hop puts it off,      last.example: delayed,
                               then takes it                  then relayed
    gone-N@far.example         the last hop refuses it        last.example: failed
    barred-N@far.example       Postfix refuses it             here.example: failed
    lost-N@lost.example        goes from Postfix to the       postfix.example: failed
                               last hop, which refuses it

Each is there for each value of NOTIFY (RFC 3461 s4.1), with ORCPT and without.
"""

from __future__ import annotations

import contextlib
import smtplib
import threading
from typing import TYPE_CHECKING

import attrs

from dsnlib import Notify
from tests.interop.peers.hop import Hop, hop_running
from tests.interop.peers.ours import Ours, ours_running
from tests.interop.peers.postfix import Postfix, postfix_running
from tests.interop.peers.running import HOST, free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "BODY",
    "RECIPIENTS",
    "Chain",
    "Sent",
    "Told",
    "chain_running",
    "expected",
    "run_messages",
    "told",
]

BODY = "what the message says"
SENDER = "ann@here.example"
_NOTIFY = (
    None, "NEVER", "SUCCESS", "FAILURE", "DELAY", "SUCCESS,FAILURE", "SUCCESS,DELAY",
    "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY",
)  # fmt: skip
_HOME, _POSTFIX, _LAST = "here.example", "postfix.example", "last.example"
# kind -> (who tells, what, what has to be asked for, whether it is told unasked)
_TOLD = {
    "taken": [(_LAST, "relayed", Notify.SUCCESS, False)],
    "late": [
        (_LAST, "delayed", Notify.DELAY, True),
        (_LAST, "relayed", Notify.SUCCESS, False),
    ],
    "gone": [(_LAST, "failed", Notify.FAILURE, True)],
    "barred": [(_HOME, "failed", Notify.FAILURE, True)],
    "lost": [(_POSTFIX, "failed", Notify.FAILURE, True)],
}
_WARNING_SECONDS = 20.0
_FINE = 250


@attrs.frozen(order=True)
class Told:
    """What a notification says of one recipient.

    Args:
        who: Who reports.
        action: What.
        recipient: The final recipient.
        original: The original recipient; `""` without.
        envid: The envelope's name; `""` without.
    """

    who: str
    action: str
    recipient: str
    original: str
    envid: str


@attrs.frozen(kw_only=True)
class Sent:
    """A recipient as the client asked for it.

    Args:
        address: The address.
        kind: The first word of it.
        notify: The value of NOTIFY; `None` without.
        orcpt: The value of ORCPT; `None` without.
        original: What that says, as a notification has it.
    """

    address: str
    kind: str
    notify: str | None
    orcpt: str | None
    original: str

    @property
    def options(self) -> list[str]:
        """The parameters of RCPT."""
        words = {"NOTIFY": self.notify, "ORCPT": self.orcpt}
        return [f"{name}={value}" for name, value in words.items() if value is not None]


def _recipients() -> Iterator[Sent]:
    for kind in _TOLD:
        for number, notify in enumerate(_NOTIFY):
            domain = "lost.example" if kind == "lost" else "far.example"
            address = f"{kind}-{number}@{domain}"
            has_orcpt = number % 2 == 0
            # Postfix makes up one for who has none (RFC 3461 s5.2.1 (d)); we do not.
            made_up = "" if kind == "barred" else f"rfc822;{address}"
            yield Sent(
                address=address,
                kind=kind,
                notify=notify,
                orcpt=f"rfc822;{kind}+2B{number}@first.example" if has_orcpt else None,
                original=f"rfc822;{kind}+{number}@first.example" if has_orcpt else made_up,
            )


RECIPIENTS = tuple(_recipients())


@attrs.frozen(kw_only=True)
class Chain:
    """All that runs.

    Args:
        first: Our server that the client talks to; the sender's mailbox is there.
        postfix: Its next hop.
        last: Our server behind that.
        sink: The hop at the end, without DSN.
        gate: What makes it take those whom it puts off.
    """

    first: Ours
    postfix: Postfix
    last: Ours
    sink: Hop
    gate: threading.Event


@contextlib.contextmanager
def chain_running() -> Iterator[Chain]:
    """Run the servers until the block ends; skips the test if Postfix cannot be."""
    gate = threading.Event()

    def answer(address: str) -> str:
        kind = address.partition("-")[0]
        if kind in {"gone", "lost"}:
            return "550 5.1.1 nobody of that name"
        if kind == "late" and not gate.is_set():
            return "451 4.3.2 come later"
        return "250 2.1.5 fine"

    home = free_port()
    barred = " ".join(f"{{ {each.address} = 550 5.1.1 nobody of that name }}"
                      for each in RECIPIENTS if each.kind == "barred")  # fmt: skip
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(
            hop_running(Hop(keywords=("PIPELINING", "8BITMIME"), answer=answer))
        )
        last = stack.enter_context(
            ours_running(
                domain=_LAST,
                ways={
                    "far.example": f"smtp:[{HOST}]:{sink.port}",
                    _HOME: f"smtp:[{HOST}]:{home}",
                },
            )
        )
        postfix = stack.enter_context(
            postfix_running(
                {
                    "relayhost": f"[{HOST}]:{last.port}",
                    "transport_maps": f"inline:{{ {{ {_HOME} = smtp:[{HOST}]:{home} }}"
                    f" {{ lost.example = smtp:[{HOST}]:{sink.port} }} }}",
                    "smtpd_recipient_restrictions": "check_recipient_access"
                    f" inline:{{ {barred} }}, permit",
                }
            )
        )
        onward = f"smtp:[{HOST}]:{postfix.port}"
        first = stack.enter_context(
            ours_running(port=home, ways={"far.example": onward, "lost.example": onward})
        )
        yield Chain(first=first, postfix=postfix, last=last, sink=sink, gate=gate)


def run_messages(chain: Chain, messages: Mapping[str, Sequence[str]]) -> None:
    """Send messages to all recipients, and return when all is told that will be.

    Args:
        chain: The servers.
        messages: The parameters of MAIL, by what the subject says.

    Raises:
        smtplib.SMTPResponseException: A command was refused.
    """
    for subject, options in messages.items():
        _send(chain, subject, options)
    warned = len(messages) * sum(each.action == "delayed" for each in expected(""))

    def are_there() -> bool:
        return sum(each.action == "delayed" for each in told(chain)) >= warned

    # Who is not warned in time is a finding, as anything else is.
    with contextlib.suppress(TimeoutError):
        wait_for(are_there, what="warnings", seconds=_WARNING_SECONDS)
    chain.gate.set()
    for each in (chain.first, chain.postfix, chain.last, chain.postfix, chain.first):
        each.wait_empty(30.0)


def expected(envid: str) -> list[Told]:
    """Return what the sender is to be told of one message, sorted.

    Args:
        envid: What its ENVID says; `""` without.
    """
    found = []
    for each in RECIPIENTS:
        asked = None if each.notify is None else Notify.parse(each.notify)
        for who, action, condition, is_unasked in _TOLD[each.kind]:
            if is_unasked if asked is None else condition in asked:
                found.append(Told(who, action, each.address, each.original, envid))
    return sorted(found)


def told(chain: Chain) -> list[Told]:
    """Return what the sender was told, sorted: once for each time."""
    return sorted(
        Told(
            who="" if report.message.reporting_mta is None else report.message.reporting_mta.name,
            action="" if each.action is None else each.action.value,
            recipient="" if each.final_recipient is None else each.final_recipient.address,
            original="" if each.original_recipient is None else str(each.original_recipient),
            envid=report.message.original_envelope_id or "",
        )
        for report in chain.first.reports()
        for each in report.recipients
    )


def _send(chain: Chain, subject: str, options: Sequence[str]) -> None:
    with smtplib.SMTP(HOST, chain.first.port) as client:
        client.ehlo("client.example")
        replies = [client.mail(SENDER, options)]
        replies += [client.rcpt(each.address, each.options) for each in RECIPIENTS]
        replies.append(client.data(f"From: <{SENDER}>\r\nSubject: {subject}\r\n\r\n{BODY}\r\n"))
    for code, text in replies:
        if code != _FINE:
            raise smtplib.SMTPResponseException(code, text)
