"""Our server among others: programs that send to it, and next hops that it sends to.

    swaks, smtp-source, Postfix, Exim  ->  ours  ->  Postfix, Exim, OpenSMTPD  ->  a hop that
                                                 ->  Dovecot, by LMTP              writes down
                                                 ->  smtp-sink, which has no DSN

Everything is on loopback and in directories of its own.
"""

from __future__ import annotations

import contextlib
import os
import re
import smtplib
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib import DeliveryReport, read_reports
from tests.interop.dsn_case import RECIPIENTS, Case
from tests.interop.peers.dovecot_lmtp import dovecot_lmtp_running
from tests.interop.peers.exim import Exim, exim_running
from tests.interop.peers.hop import Hop, Transaction, hop_running
from tests.interop.peers.opensmtpd import OpenSmtpd, opensmtpd_running
from tests.interop.peers.ours import Ours, ours_running
from tests.interop.peers.peer import needed
from tests.interop.peers.postfix import Postfix, postfix_running
from tests.interop.peers.running import HOST, free_port, listens, running, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Network", "Seen", "network_running", "run_cases", "send"]

BODY = "what the message says"
_TOKEN = re.compile(rb"^Subject: (\S+)", re.MULTILINE)
_IS_WARNING = b"\nAction: delayed"
_WARNING_SECONDS = 15.0
_REFUSING = {
    "smtpd_recipient_restrictions": "check_recipient_access inline:{"
    " { gone@postfix.example = 550 5.1.1 nobody of that name } }, permit",
}
_EXIM_REFUSING = "acl_smtp_rcpt = without_gone"


@attrs.frozen(kw_only=True)
class Network:
    """All that runs.

    Args:
        ours: Our server.
        by_postfix: A Postfix that sends all to us.
        by_exim: An Exim that sends all to us.
        next_postfix: A Postfix that we send to.
        next_exim: An Exim that we send to.
        next_opensmtpd: An OpenSMTPD that we send to.
        hop: Where the next hops send all to.
        later: A hop that puts off all it is sent.
        gate: What makes it stop that.
        sink: Where smtp-sink writes what it gets.
    """

    ours: Ours
    by_postfix: Postfix
    by_exim: Exim
    next_postfix: Postfix
    next_exim: Exim
    next_opensmtpd: OpenSmtpd
    hop: Hop
    later: Hop
    gate: _Gate
    sink: Path


@attrs.frozen(kw_only=True)
class Seen:
    """What has come of a case.

    Args:
        reports: The notifications to its sender.
        originals: The same as octets.
        onward: What next hops were told, by recipient: parameters of MAIL, of RCPT.
        plain: What smtp-sink was told: the arguments of MAIL and RCPT.
        copies: How many copies are in the Maildir.
        is_null: Whether every notification that went on had the null return path.
    """

    reports: tuple[DeliveryReport, ...]
    originals: tuple[bytes, ...] = attrs.field(repr=False)
    onward: dict[str, tuple[str, str]]
    plain: tuple[str, ...]
    copies: int
    is_null: bool

    def told(self) -> list[tuple[str, str]]:
        """Return each recipient that was reported, with its action, sorted."""
        return sorted(
            (
                "" if each.final_recipient is None else each.final_recipient.address,
                "" if each.action is None else each.action.value,
            )
            for report in self.reports
            for each in report.recipients
        )


@contextlib.contextmanager
def network_running() -> Iterator[Network]:
    """Run the network until the block ends; skips the test if a program is not there."""
    for name in ("postfix", "exim", "opensmtpd", "dovecot", "swaks"):
        needed(name)
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dsnlib-sink-")))
        hop = stack.enter_context(hop_running(Hop()))
        gate = _Gate()
        later = stack.enter_context(hop_running(Hop(answer=gate.answer)))
        sink = free_port()
        stack.enter_context(_smtp_sink(sink, directory))
        next_postfix = stack.enter_context(
            postfix_running({"relayhost": f"[{HOST}]:{hop.port}", **_REFUSING})
        )
        next_exim = stack.enter_context(
            exim_running(next_port=hop.port, refused="gone", name="next.exim.example")
        )
        next_opensmtpd = stack.enter_context(
            opensmtpd_running(next_port=hop.port, refused=["gone@open.example"])
        )
        store = stack.enter_context(
            dovecot_lmtp_running(["kept@store.example"], full=["full@store.example"])
        )
        ours = stack.enter_context(
            ours_running(
                ways={
                    "open.example": f"smtp:[{HOST}]:{next_opensmtpd.port}",
                    "store.example": f"lmtp:[{HOST}]:{store.port}",
                    "postfix.example": f"smtp:[{HOST}]:{next_postfix.port}",
                    "exim.example": f"smtp:[{HOST}]:{next_exim.port}",
                    "plain.example": f"smtp:[{HOST}]:{sink}",
                    "later.example": f"smtp:[{HOST}]:{later.port}",
                }
            )
        )
        by_postfix = stack.enter_context(
            postfix_running({"relayhost": f"[{HOST}]:{ours.port}", "myhostname": "by.example"})
        )
        by_exim = stack.enter_context(exim_running(next_port=ours.port, name="by.exim.example"))
        yield Network(
            ours=ours,
            by_postfix=by_postfix,
            by_exim=by_exim,
            next_postfix=next_postfix,
            next_exim=next_exim,
            next_opensmtpd=next_opensmtpd,
            hop=hop,
            later=later,
            gate=gate,
            sink=directory,
        )


@contextlib.contextmanager
def _smtp_sink(port: int, directory: Path) -> Iterator[None]:
    postfix = needed("postfix")
    # "-d": a file for each message, with the arguments of its commands in front.
    # "-f": it announces DSN, but not to whom it refuses EHLO.
    directory.chmod(0o777)
    owner = ["-u", "nobody"] if os.geteuid() == 0 else []
    command: list[str | Path] = [
        postfix.program("smtp-sink"), *owner, "-d", "%H%M%S.", "-f", "EHLO",
        f"inet:{HOST}:{port}", "100",
    ]  # fmt: skip
    with running(
        command,
        is_up=listens(port),
        log=directory / "console",
        environment=postfix.environment,
        directory=directory,
    ):
        yield


def run_cases(network: Network, cases: Sequence[Case]) -> dict[str, Seen]:
    """Send all messages, wait until nothing is left anywhere, and return what came of each."""
    for case in cases:
        send(network, case)
    warned = sum(("late@later.example", "delayed") in case.told() for case in cases)
    # Who is not warned in time is a finding, as anything else is.
    with contextlib.suppress(TimeoutError):
        wait_for(lambda: _warnings(network) >= warned, what="warnings", seconds=_WARNING_SECONDS)
    network.gate.open()
    servers = (network.by_postfix, network.by_exim, network.ours)
    onward = (network.next_postfix, network.next_exim, network.next_opensmtpd)
    # What we send on may come back as a notification: ours is waited for twice.
    for each in (*servers, *onward, network.ours, *onward):
        each.wait_empty(60.0)
    return {case.token: _see(network, case) for case in cases}


def send(network: Network, case: Case, recipients: Sequence[str] = RECIPIENTS) -> None:
    """Send a message by the program of its case.

    Raises:
        subprocess.CalledProcessError: The program fails.
        OSError: The server does not take it.
    """
    _SEND[case.client](network, case, recipients)


def _warnings(network: Network) -> int:
    found = (*network.ours.mailbox("ann"), *(each.content for each in network.hop.taken))
    return sum(_IS_WARNING in data for data in found)


def _message(case: Case) -> bytes:
    return f"From: <{case.sender}>\r\nSubject: {case.token}\r\n\r\n{BODY}\r\n".encode()


def _send_by_postfix(network: Network, case: Case, recipients: Sequence[str]) -> None:
    options = ["-f", case.sender]
    options += ["-N", case.notify.lower()] if case.notify else []
    options += ["-R", case.ret.lower()] if case.ret else []
    # Postfix takes the text itself, and writes it in xtext.
    options += ["-V", _from_xtext(case.envid)] if case.envid else []
    network.by_postfix.send(_message(case).replace(b"\r\n", b"\n"), *options, *recipients)


def _send_by_exim(network: Network, case: Case, recipients: Sequence[str]) -> None:
    with smtplib.SMTP(HOST, network.by_exim.port) as client:
        client.ehlo("client.example")
        _expect(client.mail(case.sender, case.mail_options))
        for address in recipients:
            _expect(client.rcpt(address, case.rcpt_options(address)))
        _expect(client.data(_message(case)))


def _send_by_swaks(network: Network, case: Case, recipients: Sequence[str]) -> None:
    swaks = needed("swaks")
    # It puts what it is given between brackets, parameters included: the last one ends in `>`.
    mail = " ".join((f"{case.sender}>", *case.mail_options)).removesuffix(">")
    to = ",".join(
        " ".join((f"{address}>", *case.rcpt_options(address))).removesuffix(">")
        for address in recipients
    )
    command = [
        str(swaks.program("swaks")), "--server", HOST, "--port", str(network.ours.port),
        "--ehlo", "swaks.example", "--from", mail, "--to", to,
        "--data", _message(case).decode(), "--suppress-data", "--hide-all",
    ]  # fmt: skip
    subprocess.run(command, env=swaks.environment, check=True, capture_output=True, timeout=60)


def _send_by_smtp_source(network: Network, case: Case, recipients: Sequence[str]) -> None:
    postfix = needed("postfix")
    for address in recipients:
        command = [
            str(postfix.program("smtp-source")), "-f", case.sender, "-t", address,
            "-S", case.token, "-M", "source.example", f"inet:{HOST}:{network.ours.port}",
        ]  # fmt: skip
        subprocess.run(
            command, env=postfix.environment, check=True, capture_output=True, timeout=60
        )


_SEND: dict[str, Callable[[Network, Case, Sequence[str]], None]] = {
    "postfix": _send_by_postfix,
    "exim": _send_by_exim,
    "swaks": _send_by_swaks,
    "smtp-source": _send_by_smtp_source,
}


def _expect(reply: tuple[int, bytes]) -> None:
    code, text = reply
    if code != 250:
        raise smtplib.SMTPResponseException(code, text)


def _from_xtext(text: str) -> str:
    return re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text)


def _see(network: Network, case: Case) -> Seen:
    token = case.token.encode()
    own = [data for data in network.ours.mailbox("ann") if _is_about(data, token)]
    away = [
        each
        for each in network.hop.taken
        if each.recipients[0].startswith(f"<{case.sender}>") and _is_about(each.content, token)
    ]
    originals = (*own, *(each.content for each in away))
    copies = network.ours.mailbox("box-0")
    return Seen(
        reports=tuple(report for data in originals for report in read_reports(data)),
        originals=originals,
        onward=dict(_onward((*network.hop.taken, *network.later.taken), token)),
        plain=tuple(_plain(network.sink, token)),
        copies=sum(_subject(data) == token for data in copies),
        is_null=all(each.mail.startswith("<>") for each in away),
    )


def _subject(data: bytes) -> bytes:
    found = _TOKEN.search(data)
    return found[1] if found else b""


def _is_about(data: bytes, token: bytes) -> bool:
    """Tell whether a notification returns the header of a message."""
    return any(found[1] == token for found in _TOKEN.finditer(data))


def _onward(
    transactions: Sequence[Transaction], token: bytes
) -> Iterator[tuple[str, tuple[str, str]]]:
    for each in transactions:
        if _subject(each.content) == token:
            for recipient in each.recipients:
                address, _, options = recipient.partition(">")
                yield address.lstrip("<"), (each.mail.partition(">")[2].strip(), options.strip())


def _plain(directory: Path, token: bytes) -> Iterator[str]:
    for path in sorted(directory.iterdir()):
        data = path.read_bytes()
        if _subject(data) == token:
            for line in data.decode().splitlines():
                if line.startswith(("X-Mail-Args:", "X-Rcpt-Args:")):
                    yield line.partition(": ")[2]


class _Gate:
    """The answers of a hop that puts off everybody until it is opened."""

    def __init__(self) -> None:
        self._is_open = threading.Event()

    def open(self) -> None:
        self._is_open.set()

    def answer(self, address: str) -> str:
        if self._is_open.is_set():
            return f"250 2.1.5 {address} is fine"
        return "451 4.3.2 Come later"
