r"""`dsnlib send`: send one message, show the dialogue, tell what became of each recipient.

    dsnlib send letter.eml --from ann@example.org --to bob@example.net --notify SUCCESS \
        --server '[mail.example.org]:587' --user ann --password-file secret

Rules.
- What was asked for is checked before a connection is opened.
- Parameters behind an address are for it alone, as in a RCPT command, and go before
  those of `--notify` and `--orcpt`: `--to 'bob@example.net NOTIFY=NEVER'`.
- Exit codes are those of `sysexits.h`: 0 all is taken, 69 somebody is refused, 75 somebody
  has to wait, 64 usage, 65 no message, 66 no file.
- Standard output is the dialogue, with `->` for what we say and `<-` for what we hear,
  and a line for each recipient; `--quiet` leaves the dialogue out, `--json` both.
- A password is never an argument: those are seen by everybody on the machine.
"""

from __future__ import annotations

import asyncio
import functools
import os
import re
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from dsnlib.adapters.mailboxes.inputs import MESSAGE_OCTETS
from dsnlib.adapters.submission.account import own_account
from dsnlib.adapters.submission.addresses import InvalidAddresses, read_addresses
from dsnlib.adapters.submission.compose import complete
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.cli import output
from dsnlib.cli.text import printable
from dsnlib.errors import DsnError
from dsnlib.model.address import TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import MailParameters, Notify, RcptParameters, Ret, parse_rcpt_parameters

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dsnlib.adapters.client.login import Login
    from dsnlib.adapters.client.result import SendResult
    from dsnlib.adapters.client.tls.policy import TlsPolicy
    from dsnlib.adapters.smtp_client import SmtpClient

__all__ = ["add_arguments", "run"]

_STDIN = "-"
_LEVELS = ("none", "may", "encrypt", "verify", "secure")
# What stands behind an address: words such as NOTIFY=SUCCESS.
_TO = re.compile(r"(.*?)((?:\s+[A-Za-z][A-Za-z0-9-]*=\S*)*)\s*", re.DOTALL)
_PASSWORD_OCTETS = 4096
_TEXT = "This is a test of delivery by dsnlib send.\n"
_ARROWS = {"C": "->", "S": "<-"}
# disposition -> what it is called
_WORDS = {
    "delivered": "delivered",
    "relayed": "taken, by a server without DSN",
    "handed-on": "taken",
    "delayed": "deferred",
    "failed": "refused",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "message", nargs="?", metavar="MESSAGE", help="the message; - for standard input;"
        " without one, a short test message",
    )  # fmt: skip
    envelope = parser.add_argument_group("envelope")
    envelope.add_argument(
        "-f", "--from", dest="sender", metavar="ADDRESS", help="the return path; <> for none"
    )
    envelope.add_argument(
        "-t", "--to", action="append", required=True, metavar="'ADDRESS [PARAMETER...]'",
        help="a recipient, or several with commas, and what is asked for them:"
        " 'bob@example.org NOTIFY=SUCCESS,FAILURE'; may be repeated",
    )  # fmt: skip
    envelope.add_argument(
        "-N", "--notify", metavar="WHEN",
        help="NEVER, or of SUCCESS,FAILURE,DELAY, for recipients without it",
    )  # fmt: skip
    envelope.add_argument(
        "-R", "--ret", type=str.upper, choices=("FULL", "HDRS"), help="how much reports return"
    )
    envelope.add_argument("-V", "--envid", metavar="ID", help="the envelope identifier, plain")
    envelope.add_argument(
        "--orcpt", metavar="ADDRESS", help="the original recipient, for one recipient without it"
    )
    server = parser.add_argument_group("server")
    server.add_argument(
        "-s", "--server", metavar="NEXTHOP",
        help="[host]:port, a domain, or unix:/path; without it the domain of each recipient",
    )  # fmt: skip
    server.add_argument("--lmtp", action="store_true", help="speak LMTP")
    server.add_argument("--hello", metavar="NAME", help="what we call ourselves")
    server.add_argument(
        "--tls", choices=_LEVELS, help="how the session is encrypted (may; secure with --user)"
    )
    server.add_argument(
        "--tls-on-connect", action="store_true", help="TLS begins with the connection"
    )
    server.add_argument("--ca-file", metavar="FILE", help="who vouches for servers, in PEM form")
    server.add_argument("-u", "--user", metavar="NAME", help="who we are there")
    server.add_argument(
        "--password-file", metavar="FILE", help="its first line; else the terminal is asked"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("-q", "--quiet", action="store_true", help="leave the dialogue out")
    shown.add_argument("--json", action="store_true", help="one JSON array, an object a recipient")
    # The codes that mail programs know.
    parser.error = functools.partial(_refuse, parser)  # type: ignore[method-assign]  # of this one


def _refuse(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    parser.print_usage(sys.stderr)
    parser.exit(os.EX_USAGE, f"{parser.prog}: error: {message}\n")


def run(args: argparse.Namespace) -> int:
    """Send the message, return the exit code."""
    try:
        envelope = _envelope(args)
        message = _message(args, envelope)
        client = _client(args)
        if args.json:
            output.use_utf8()
        results = asyncio.run(_send(client, envelope, message))
    except (DsnError, InvalidAddresses) as error:
        args.usage_error(str(error))
        return os.EX_USAGE
    except SubmissionFault as error:
        output.write(f"dsnlib: {printable(str(error))}\n", sys.stderr)
        return error.code
    _tell(results, is_json=args.json)
    return _exit_code(results)


async def _send(client: SmtpClient, envelope: Envelope, message: bytes) -> tuple[SendResult, ...]:
    async with client:
        return await client.send(envelope, message)


def _envelope(args: argparse.Namespace) -> Envelope:
    recipients = [each for text in args.to for each in _recipients(text)]
    if not recipients:
        args.usage_error("argument -t/--to: it names nobody")
    if args.orcpt is not None:
        if len(recipients) > 1:
            args.usage_error("argument --orcpt: of several recipients, each has its own in --to")
        is_typed = ";" in args.orcpt
        make = TypedAddress.parse if is_typed else TypedAddress.from_address
        recipients = [_with(each, orcpt=make(args.orcpt)) for each in recipients]
    if args.notify is not None:
        notify = Notify.parse(args.notify)
        recipients = [_with(each, notify=notify) for each in recipients]
    mail = MailParameters(ret=None if args.ret is None else Ret(args.ret), envid=args.envid)
    return Envelope(sender=_sender(args), mail=mail, recipients=tuple(recipients))


def _recipients(text: str) -> list[Recipient]:
    """Return the recipients of one argument, with what stands behind them."""
    found = _TO.fullmatch(text)
    addresses, words = (text, "") if found is None else (found[1], found[2])
    parameters = parse_rcpt_parameters(words.split(), smtputf8=True, known=())
    return [Recipient(each, parameters) for each in read_addresses(addresses)]


def _with(
    recipient: Recipient, *, notify: Notify | None = None, orcpt: TypedAddress | None = None
) -> Recipient:
    """Return a recipient with what it does not have yet."""
    params = recipient.params
    whole = RcptParameters(
        notify=notify if params.notify is None else params.notify,
        orcpt=orcpt if params.orcpt is None else params.orcpt,
    )
    return Recipient(recipient.address, whole)


def _sender(args: argparse.Namespace) -> str:
    if args.sender is None:
        return f"{own_account().login}@{os.uname().nodename}"
    found = read_addresses(args.sender)
    if len(found) > 1:
        args.usage_error("argument -f/--from: it names more than one sender")
    return found[0] if found else ""


def _message(args: argparse.Namespace, envelope: Envelope) -> bytes:
    """Return the message that is to be sent.

    Raises:
        SubmissionFault: It cannot be read, or there is none.
    """
    if args.message is None:
        return _test_message(envelope)
    octets = _read(args.message, MESSAGE_OCTETS)
    if not octets.strip():
        raise SubmissionFault(os.EX_DATAERR, f"{args.message}: there is no message in it")
    if len(octets) > MESSAGE_OCTETS:
        text = f"{args.message}: the message is longer than {MESSAGE_OCTETS >> 20} MB"
        raise SubmissionFault(os.EX_DATAERR, text)
    return octets


def _read(file: str, most: int) -> bytes:
    """Return a file, and one octet more than `most` if it has more.

    Raises:
        SubmissionFault: It cannot be read.
    """
    try:
        if file == _STDIN:
            return b"" if sys.stdin is None else sys.stdin.buffer.read(most + 1)
        with open(file, "rb") as stream:  # noqa: PTH123  pathlib is slow to load
            return stream.read(most + 1)
    except OSError as error:
        raise SubmissionFault(os.EX_NOINPUT, f"{file}: {error.strerror or error}") from error


def _test_message(envelope: Envelope) -> bytes:
    now = time.time()
    name = os.uname().nodename
    shown = ",\n ".join(each.address for each in envelope.recipients)
    fields = complete(
        [
            (b"to", f"To: {shown}\n".encode()),
            (b"subject", b"Subject: A test of delivery\n"),
        ],
        sender=envelope.sender or f"MAILER-DAEMON@{name}",
        full_name="",
        hostname=name,
        now=now,
    )
    return b"".join([octets for _, octets in fields]) + f"\n{_TEXT}".encode()


def _client(args: argparse.Namespace) -> SmtpClient:
    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.smtp_client import SmtpClient

    for option, value in (("--user", args.user), ("--lmtp", args.lmtp)):
        if value and args.server is None:
            args.usage_error(f"argument {option}: only with --server")
    login = _login(args)
    policy = _policy(args, has_login=login is not None)
    observe = None if args.quiet or args.json else _observe
    if args.server is not None:
        return SmtpClient.to(
            args.server,
            login=login,
            tls=policy,
            hello=args.hello,
            is_lmtp=args.lmtp,
            observe=observe,
        )
    settings = None if args.hello is None else ClientSettings(hello=args.hello, takes_mail=False)
    return SmtpClient(settings, tls=_Everywhere(policy), observe=observe)


class _Everywhere:
    """The same TLS for every server."""

    def __init__(self, policy: TlsPolicy) -> None:
        self._policy = policy

    async def find(self, nexthop: str, host: str = "") -> TlsPolicy:  # noqa: ARG002  as `PolicySource` has it
        return self._policy


def _policy(args: argparse.Namespace, *, has_login: bool) -> TlsPolicy:
    from pathlib import Path

    from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy

    level = args.tls
    if level is None:
        # The name of the host may come from the DNS, and a password is not for anybody.
        level = "secure" if has_login else "encrypt" if args.tls_on_connect else "may"
    if args.ca_file is not None and not os.access(args.ca_file, os.R_OK):
        raise SubmissionFault(os.EX_NOINPUT, f"{args.ca_file}: it cannot be read")
    return TlsPolicy(
        level=ClientTlsLevel(level),
        ca_file=None if args.ca_file is None else Path(args.ca_file),
        is_implicit=args.tls_on_connect,
    )


def _login(args: argparse.Namespace) -> Login | None:
    if args.user is None:
        if args.password_file is not None:
            args.usage_error("argument --password-file: only with --user")
        return None
    from dsnlib.adapters.client.login import Login

    return Login(user=args.user, password=_password(args.password_file))


def _password(file: str | None) -> str:
    if file is not None:
        line = _read(file, _PASSWORD_OCTETS).partition(b"\n")[0].removesuffix(b"\r")
    else:
        import getpass

        try:
            line = getpass.getpass("Password: ").encode()
        except EOFError:
            line = b""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(line) > _PASSWORD_OCTETS:
        raise SubmissionFault(os.EX_DATAERR, f"{file or 'terminal'}: there is no password")
    return text


def _observe(who: str, line: str) -> None:
    output.write(f"{_ARROWS[who]} {printable(line)}\n")
    sys.stdout.flush()


def _tell(results: Sequence[SendResult], *, is_json: bool) -> None:
    if is_json:
        sink = output.JsonArray()
        for each in results:
            sink.add(_record(each))
        sink.close()
        return
    for each in results:
        attempted = each.attempted()
        word = _WORDS[each.outcome.disposition.value]
        place = "" if attempted.relay == "none" else f" by {attempted.relay}"
        output.write(
            printable(f"<{each.recipient}>: {word}{place}: {each.status} ({each.command})")
            + f" {printable(attempted.text if each.answer is None else str(each.answer))}\n"
        )


def _record(result: SendResult) -> output.Record:
    diagnostic = result.outcome.diagnostic
    return {
        "recipient": result.recipient,
        "is_success": result.is_success,
        "disposition": result.outcome.disposition.value,
        "status": str(result.status),
        "command": result.command,
        "code": result.code,
        "lines": list(result.lines),
        "diagnostic": None if diagnostic is None else diagnostic.text,
        "server": None if result.place is None else str(result.place),
        "has_dsn": result.has_dsn,
        "tls": result.tls,
        "is_verified": result.is_verified,
        "setup_seconds": round(result.setup_seconds, 6),
        "sending_seconds": round(result.sending_seconds, 6),
    }


def _exit_code(results: Sequence[SendResult]) -> int:
    """Return what tells most: what lasts before what may pass."""
    words = {each.outcome.disposition.value for each in results if not each.is_success}
    if "failed" in words:
        return os.EX_UNAVAILABLE
    return os.EX_TEMPFAIL if words else os.EX_OK
