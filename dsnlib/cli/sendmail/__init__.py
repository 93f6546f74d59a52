"""`dsnlib sendmail`: the command that programs send mail with, on a system that runs dsnlib.

    dsnlib sendmail -i -f ann@example.org -N success,delay -- bob@example.net < letter

It leaves the letter in the queue's directory where it may, and gives it to a server on
this host otherwise.  A link of the name `sendmail` behaves so, too; of the name `mailq`
it lists the queue, and of `newaliases` it does nothing, as aliases need no database here.

Rules.
- Exit codes are those of `sysexits.h`: 0 all is taken; 64 usage; 65 the letter or an
  address; 66 no configuration there; 67 recipients that are unknown; 69 others that are
  refused; 71 no login name; 74 the letter cannot be read; 75 not now; 78 configuration.
- Who is refused by a server is told of on standard error, a line for each; the others
  have the letter then.
- Nothing is written to standard output but what was asked for.
- To start fast nothing is imported that a letter does not need: see `adapters.submission`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING

from dsnlib.adapters.submission.addresses import InvalidAddresses, qualify, read_addresses
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.site import DEFAULT_RELAY, find_site
from dsnlib.cli.sendmail.options import Options, read_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dsnlib.adapters.submission.letter import Letter
    from dsnlib.adapters.submission.relay import Fate
    from dsnlib.adapters.submission.request import Request
    from dsnlib.adapters.submission.site import Site

__all__ = ["NAMES", "main"]

NAMES = {"sendmail": "", "send-mail": "", "mailq": "mailq", "newaliases": "newaliases"}
"""The names that the command may have, and the mode that they stand for."""

_PROGRAM = "sendmail"
_HELP = """\
usage: dsnlib sendmail [OPTION...] [--] [RECIPIENT...] < message

  -f ADDRESS     the return path; '' or <> for none        -F NAME   the name in From
  -t             recipients are in the header too          -i, -oi   a lone dot is text
  -N WHEN        never, or of success,failure,delay        -V ID     envelope identifier
  -R full|hdrs   how much reports return                   -B TYPE   7BIT or 8BITMIME
  -O NAME=VALUE  requiretls=yes; others are passed over    -G        leave the header as it is
  -C FILE        the configuration                         -v        show the dialogue
  -bm send (default)   -bs SMTP on standard input   -bv only ask   -bp, mailq list the queue
  -bd serve            -bi, newaliases nothing      -q try what waits now

exit codes are those of sysexits.h
"""
_RECIPIENT_FIELDS = (b"to", b"cc", b"bcc")
_RESENT_FIELDS = (b"resent-to", b"resent-cc", b"resent-bcc")
_NOBODY = "MAILER-DAEMON"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit code.

    Args:
        argv: The words behind the name of the command; `None` for those of the process,
            whose name may say what to do.
    """
    mode = "" if argv is not None else NAMES.get(os.path.basename(sys.argv[0]), "")  # noqa: PTH119  pathlib is slow to load
    words = sys.argv[1:] if argv is None else argv
    if words == ["--help"]:
        print(_HELP, end="")
        return os.EX_OK
    try:
        return _run(words, mode)
    except SubmissionFault as error:
        code, text = error.code, str(error)
    except InvalidAddresses as error:
        code, text = os.EX_DATAERR, str(error)
    except KeyboardInterrupt:
        code, text = 130, "interrupted"  # 128 + SIGINT
    except OSError as error:  # what concerns the letter is told by whoever reads or sends it
        code, text = os.EX_IOERR, f"cannot write: {error.strerror or error}"
    except Exception:  # noqa: BLE001  programs know what the code means
        import traceback

        traceback.print_exc()
        code, text = os.EX_SOFTWARE, "this is a fault of dsnlib; please report it"
    _tell(text)
    return code


def _run(words: Sequence[str], mode: str) -> int:
    options = read_options(words)
    if mode:
        options.mode = mode
    for note in options.notes:
        _tell(f"warning: {note}")
    return _MODES[options.mode](options)


def _submit(options: Options) -> int:
    # Each mode loads what it needs.
    from dsnlib.adapters.submission.letter import read_letter

    site = find_site(options.config)
    sender, full_name = _sender(options, site)
    recipients = _recipients(options.recipients, site)
    if not recipients and not options.reads_recipients:
        raise SubmissionFault(os.EX_USAGE, "there are no recipients")
    try:
        letter = read_letter(0, ends_at_dot=not options.ignores_dots, most_octets=site.most_octets)
    except OSError as error:
        text = f"the message cannot be read: {error.strerror or error}"
        raise SubmissionFault(os.EX_IOERR, text) from error
    try:
        return _send(letter, options, site, (sender, full_name), recipients)
    finally:
        letter.close()


def _send(
    letter: Letter, options: Options, site: Site, who: tuple[str, str], given: Sequence[str]
) -> int:
    from dsnlib.adapters.submission.compose import complete

    sender, full_name = who
    recipients = list(given)
    if options.reads_recipients:
        recipients += _recipients(_named(letter), site)
    if not recipients:
        raise SubmissionFault(os.EX_USAGE, "the message names no recipients")
    if not options.is_gateway:
        author = sender or qualify(_NOBODY, site.origin)
        letter.fields = complete(
            letter.fields,
            sender=author,
            full_name=full_name,
            hostname=site.hostname,
            now=time.time(),
        )
    return _hand_over(_request(options, letter, sender, recipients), letter, options, site)


def _sender(options: Options, site: Site) -> tuple[str, str]:
    """Return the reverse-path, and the name of who sends."""
    full_name = options.full_name or ""
    if options.sender is not None:
        found = read_addresses(options.sender)
        if len(found) > 1:
            raise SubmissionFault(os.EX_USAGE, "-f names more than one sender")
        return (qualify(found[0], site.origin) if found else ""), full_name
    from dsnlib.adapters.submission.account import own_account

    account = own_account()
    return qualify(account.login, site.origin), full_name or account.full_name


def _recipients(lists: Iterable[str], site: Site) -> list[str]:
    return [qualify(each, site.origin) for text in lists for each in read_addresses(text)]


def _named(letter: Letter) -> list[str]:
    """Return the fields that name recipients; those of who sends it again, if there are any."""
    return list(letter.values(*_RESENT_FIELDS)) or list(letter.values(*_RECIPIENT_FIELDS))


def _request(options: Options, letter: Letter, sender: str, recipients: Iterable[str]) -> Request:
    from dsnlib.adapters.submission.request import Request

    header = b"".join([octets for _, octets in letter.fields])
    request = Request(
        sender=sender,
        # Nobody gets it twice.
        recipients=tuple(dict.fromkeys(recipients)),
        notify=options.notify,
        envid=options.envid,
        ret=options.ret,
        is_8bit=options.is_8bit or letter.is_8bit,
        requiretls=options.requiretls,
        octets=len(letter),
    )
    is_utf8 = request.needs_utf8 or (not header.isascii() and _is_utf8(header))
    return request._replace(smtputf8=is_utf8)


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _hand_over(request: Request, letter: Letter, options: Options, site: Site) -> int:
    if not site.relay:
        from dsnlib.adapters.submission.drop import can_leave, leave

        if can_leave(site.queue):
            chunks = letter.chunks(stuffs_dots=False)
            name = leave(site.queue, request.commands(), chunks, most_octets=site.most_octets)
            if options.is_verbose:
                _tell(f"left for the queue as {name}")
            return os.EX_OK
    from dsnlib.adapters.submission.relay import hand_over

    fates, has_dsn = hand_over(
        site.relay or DEFAULT_RELAY,
        request,
        letter,
        hello=site.hostname,
        show=_show if options.is_verbose else None,
    )
    wants_dsn = request.notify or request.envid or request.ret
    if wants_dsn and not has_dsn and any(not each.code for each in fates):
        _tell("note: the server passes on no requests for notifications")
    failed = [each for each in fates if each.code]
    for each in failed:
        _tell(f"<{each.recipient}>: {each.text}")
    if failed and site.queue and not site.relay:
        _tell(f"note: letters cannot be left in the queue {site.queue}")
    return _exit_code(failed)


def _exit_code(failed: Sequence[Fate]) -> int:
    """Return what tells most: what lasts before what may pass, the unusual before the usual."""
    codes = {each.code for each in failed}
    order = (os.EX_UNAVAILABLE, os.EX_NOUSER, os.EX_TEMPFAIL)
    return next((each for each in order if each in codes), os.EX_OK)


def _verify(options: Options) -> int:
    site = find_site(options.config)
    recipients = _recipients(options.recipients, site)
    if not recipients:
        raise SubmissionFault(os.EX_USAGE, "there are no recipients")
    from dsnlib.adapters.submission.relay import verify
    from dsnlib.adapters.submission.request import Request

    if site.config and not site.relay:
        from dsnlib.cli.sendmail.verify import verify_here

        fates = verify_here(site.config, recipients)
    else:
        sender, _ = _sender(options, site)
        request = Request(sender=sender, recipients=tuple(dict.fromkeys(recipients)))
        show = _show if options.is_verbose else None
        fates, _ = verify(site.relay or DEFAULT_RELAY, request, hello=site.hostname, show=show)
    for each in fates:
        word = "deferred" if each.code == os.EX_TEMPFAIL else "undeliverable"
        text = f": {each.text}" if each.text else ""
        # To a standard output that is closed it is silent.
        print(
            _safe(f"<{each.recipient}>: {word if each.code else 'deliverable'}{text}"), flush=True
        )
    return _exit_code([each for each in fates if each.code])


def _session(options: Options) -> int:
    from dsnlib.cli.sendmail.session import hold_session

    return hold_session(find_site(options.config))


def _daemon(options: Options) -> int:
    site = find_site(options.config)
    if not site.config:
        text = "-bd runs the server of a configuration: name it by -C or DSNLIB_CONFIG"
        raise SubmissionFault(os.EX_USAGE, text)
    sys.stdout.flush()
    command = [sys.executable, "-m", "dsnlib", "serve", "--config", site.config]
    os.execv(sys.executable, command)  # noqa: S606  our own program, and no shell


def _queue(*words: str) -> Callable[[Options], int]:
    def look(options: Options) -> int:
        from dsnlib import cli

        site = find_site(options.config)
        place = ("--config", site.config) if site.config else ()
        return cli.main(["queue", *words, *place])

    return look


_MODES: dict[str, Callable[[Options], int]] = {
    "submit": _submit,
    "verify": _verify,
    "session": _session,
    "daemon": _daemon,
    "mailq": _queue("list"),
    "flush": _queue("flush", "--all"),
    # Tables of aliases are read as they are, whenever they change.
    "newaliases": lambda _: os.EX_OK,
}


def _show(who: str, line: str) -> None:
    _complain(f"{who}: {line}")


def _tell(text: str) -> None:
    _complain(f"{_PROGRAM}: {text}")


def _complain(text: str) -> None:
    # The letter is worth more than what is said of it.
    with contextlib.suppress(OSError):
        print(_safe(text), file=sys.stderr)


def _safe(text: str) -> str:
    """Return one line for a terminal of any encoding: what acts becomes `?`."""
    shown = "".join([each if each.isprintable() else "?" for each in text])
    encoding = getattr(sys.stderr, "encoding", None) or "ascii"
    return shown.encode(encoding, "replace").decode(encoding)
