"""One case of Postfix's vectors: what was submitted, what happened, what was sent.

    session.txt    the submission by SMTP, or the command line of sendmail
    input.eml      the message
    hop.txt        what went to the next hop
    log.txt        the log
    settings.txt   settings on top of the site's
    dsn*.eml, .env the notifications, in any order, and their envelopes

Rules.
- The name of a case is for people: nothing depends on it.
- A parameter that we would refuse and Postfix took is left out and noted.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
import re
import shlex
from typing import TYPE_CHECKING, TypeVar

import attrs

from dsnlib.errors import DsnError, InvalidParameter
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import (
    MailParameters,
    Notify,
    RcptParameters,
    Ret,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from dsnlib.model.text import decode_wire
from tests.interop.postfix_hop import Command, Transaction, read_path, read_transactions
from tests.interop.postfix_log import Log, read_log
from tests.interop.postfix_notice import Notice, read_notice
from tests.interop.postfix_site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


__all__ = [
    "Case",
    "Submission",
    "greeting_host",
    "read_case",
    "read_command_line",
    "read_session",
]

_Parameters = TypeVar("_Parameters", MailParameters, RcptParameters)
_Value = TypeVar("_Value")

_QUEUED = re.compile(r"250[ -].*queued as ([0-9A-Za-z]{6,})")
_BANNER = re.compile(r"S: 220[ -](\S+)")
# By pickup(8), of what sendmail(1) left.
_PICKED_UP = re.compile(r": ([0-9A-Za-z]{6,}): uid=\d+ ")
_LONGEST_ENVID = 100


@attrs.frozen(kw_only=True)
class Submission:
    """A message as it was handed over.

    Args:
        envelope: Its envelope.
        queue: The queue id it got.
        refused: The parameters that we would refuse.
        switches: Of sendmail(1): `-bv` and `-v`.
    """

    envelope: Envelope
    queue: str
    refused: tuple[str, ...] = ()
    switches: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Case:
    """One folder.

    Args:
        name: Of the folder.
        site: The site with the case's settings.
        submissions: What was accepted.
        message: What was sent.
        log: The log.
        transactions: What went to next hops.
        notices: What Postfix sent.
    """

    name: str
    site: Site
    submissions: tuple[Submission, ...]
    message: bytes
    log: Log
    transactions: tuple[Transaction, ...]
    notices: tuple[Notice, ...]


def read_case(folder: Path, site: Site) -> Case:
    """Return what is in a folder.

    Args:
        folder: The folder.
        site: The site without the settings of the case.
    """

    def text(name: str) -> str:
        path = folder / name
        return decode_wire(path.read_bytes()) if path.is_file() else ""

    message = folder / "input.eml"
    octets = message.read_bytes() if message.is_file() else b""
    log, session = text("log.txt"), text("session.txt")
    submissions: tuple[Submission, ...] = ()
    if session.startswith("$ "):
        picked_up = _PICKED_UP.search(log)
        found = read_command_line(session, octets, "" if picked_up is None else picked_up[1])
        submissions = () if found is None else (found,)
    else:
        submissions = tuple(read_session(session))
    host = greeting_host(session)
    if host is not None and site.folder is None:
        site = site.with_settings(f"myhostname = {host}")
    return Case(
        name=folder.name,
        site=site.with_settings(text("settings.txt")),
        submissions=submissions,
        message=octets,
        log=read_log(log),
        transactions=read_transactions(text("hop.txt")),
        notices=tuple(
            read_notice(path.read_bytes(), text(f"{path.stem}.env"))
            for path in sorted(folder.glob("dsn*.eml"))
        ),
    )


def greeting_host(session: str) -> str | None:
    """Return the name that the server gave itself in a session, `None` if there is none."""
    banner = _BANNER.match(session)
    return None if banner is None else banner[1]


def read_session(text: str) -> Iterator[Submission]:
    """Yield the messages that a session of SMTP handed over."""
    mail: Command | None = None
    recipients: list[Command] = []
    for command, reply in _answered(text):
        read = read_path(command)
        if read is not None and reply[:1] == "2":
            if command[:4].upper() == "MAIL":
                mail, recipients = read, []
            else:
                recipients.append(read)
        queued = _QUEUED.match(reply)
        if queued is not None and mail is not None and recipients:
            yield _submission(mail, recipients, queued[1])
            mail, recipients = None, []


def _answered(text: str) -> Iterator[tuple[str, str]]:
    """Yield the commands with the last lines of their replies."""
    waiting: list[str] = []
    for line in text.splitlines():
        side, _, rest = line.partition(": ")
        if side == "C" and not rest.startswith("<"):
            waiting.append(rest)
        elif side == "S" and rest[3:4] != "-" and waiting:
            yield waiting.pop(0), rest


def _submission(mail: Command, recipients: Sequence[Command], queue: str) -> Submission:
    refused: list[str] = []
    parameters = _read_options(mail, parse_mail_parameters, refused)
    return Submission(
        envelope=Envelope(
            sender=mail.path,
            mail=parameters,
            recipients=[
                Recipient(each.path, _read_options(each, parse_rcpt_parameters, refused))
                for each in recipients
            ],
            smtputf8=any(each.keyword.upper() == "SMTPUTF8" for each in parameters.other),
        ),
        queue=queue,
        refused=tuple(refused),
    )


def _read_options(
    command: Command, parse: Callable[..., _Parameters], refused: list[str]
) -> _Parameters:
    """Read the parameters one by one where all together are refused."""
    try:
        return parse(command.options, smtputf8=True, lenient=True)
    except InvalidParameter:
        good = []
        for option in command.options:
            try:
                parse([option], smtputf8=True, lenient=True)
            except InvalidParameter:
                refused.append(option)
            else:
                good.append(option)
        return parse(good, smtputf8=True, lenient=True)


def read_command_line(text: str, message: bytes, queue: str) -> Submission | None:
    """Return what a call of sendmail(1) handed over; `None` if it left nothing.

    Args:
        text: The command line behind `$ `, and what the program said.
        message: What it read, for `-t`.
        queue: The queue id.
    """
    words = _words(text.splitlines()[0].removeprefix("$ "))
    if "<" in words:
        words = words[: words.index("<")]
    options, addresses = _switches(words[1:])
    if "-t" in options:
        header = email.message_from_bytes(message, policy=email.policy.compat32)
        fields = [str(value) for name in ("To", "Cc", "Bcc") for value in header.get_all(name, [])]
        addresses += [address for _, address in email.utils.getaddresses(fields) if address]
    if not queue or not addresses:
        return None
    notify = _tolerated(Notify.parse, options.get("-N"))
    envid = options.get("-V")
    if envid is not None and len(envid) > _LONGEST_ENVID:
        envid = None
    mail = MailParameters(
        ret=_tolerated(Ret.parse, options.get("-R")),
        envid=None if _tolerated(_envid, envid) is None else envid,
    )
    params = RcptParameters(notify=notify)
    return Submission(
        envelope=Envelope(
            sender=options.get("-f", options.get("-r", "")).strip("<>"),
            mail=mail,
            recipients=[Recipient(address, params) for address in addresses],
        ),
        queue=queue,
        switches=frozenset({"-bv", "-v"} & options.keys()),
    )


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        # It is a record of arguments rather than something for a shell.
        return line.split()


def _envid(text: str) -> MailParameters:
    return MailParameters(envid=text)


def _tolerated(parse: Callable[[str], _Value], text: str | None) -> _Value | None:
    """Return nothing of what is wrong, as sendmail(1) only warns of it."""
    if text is None:
        return None
    try:
        return parse(text)
    except DsnError:
        return None


def _switches(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Take a command line apart: the options with their values, the addresses."""
    options: dict[str, str] = {}
    addresses: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            addresses += waiting
            break
        if not word.startswith("-"):
            addresses.append(word)
        elif word[:2] in {"-f", "-r", "-N", "-V", "-R", "-B", "-F"}:
            options[word[:2]] = word[2:] or (waiting.pop(0) if waiting else "")
        else:
            options[word] = ""
    return options, addresses
