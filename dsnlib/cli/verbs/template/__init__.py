"""`dsnlib template`: check bounce template files, and print them as Postfix would.

`check` tells what is wrong, a line each, as compilers do; `dump` prints what
`postconf -t` prints, `expand` what `postconf -b` does; `preview` shows a whole
notification.

Rules.
- `check` ends with 1 for what a bounce leaves in spite of, and with 65 for what
  Postfix would stop at.
- `dump` and `expand` end with 0 whatever they had to leave out, as Postfix does,
  and tell it on standard error.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.site import add_template_option
from dsnlib.cli.text import printable
from dsnlib.compose.block import TemplateClass
from dsnlib.compose.heredoc import LARGEST_OCTETS
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.template import load_templates, load_templates_or_builtin
from dsnlib.errors import TemplateError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from dsnlib.compose.template import TemplateSet
    from dsnlib.errors import Defect

__all__ = ["add_arguments", "run"]

_STDIN = "-"
# The defects that stand for a `TemplateError`.
_ERRORS = ("template-file", "template-name")


class _UnreadableError(Exception):
    """A file cannot be had; with the exit code that says so."""

    def __init__(self, message: str, code: str, exit_: Exit) -> None:
        super().__init__(message)
        self.code = code
        self.exit = exit_


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    check = verbs.add_parser("check", help="tell what is wrong with template files")
    check.add_argument("files", nargs="+", metavar="FILE", help="a template file; - for stdin")
    check.set_defaults(act=_check)
    dump = verbs.add_parser("dump", help="print the templates, as postconf -t does")
    dump.set_defaults(act=_dump)
    expand = verbs.add_parser("expand", help="print the texts with values, as postconf -b does")
    expand.set_defaults(act=_expand)
    for each in (dump, expand):
        each.add_argument(
            "file",
            nargs="?",
            default="",
            metavar="FILE",
            help="a template file, - for standard input; the built-in templates if not given",
        )
    show = verbs.add_parser("preview", help="show the whole notification that they make")
    _add_preview_arguments(show)
    show.set_defaults(act=_preview)
    for each in (check, dump, expand, show):
        each.add_argument("--main-cf", metavar="FILE", help="where parameters of Postfix are set")
        each.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a parameter; counts before --main-cf",
        )
    for each in (check, dump, expand):
        each.add_argument("--postfix", action="store_true", help="allow only what Postfix has")


def _add_preview_arguments(parser: argparse.ArgumentParser) -> None:
    add_template_option(parser)
    parser.add_argument(
        "--lang", default="en", metavar="TAGS", help="languages, separated by commas (%(default)s)"
    )
    parser.add_argument(
        "--kind",
        choices=[each.value for each in TemplateClass],
        default=TemplateClass.FAILURE.value,
        help="which notification (%(default)s)",
    )
    parser.add_argument("--several", action="store_true", help="with three recipients")
    parser.add_argument("--no-english", action="store_true", help="do not add the English text")
    parser.add_argument("--html", metavar="FILE", help="write the HTML form there")


def run(args: argparse.Namespace) -> int:
    """Do what the verb asks, return the exit code."""
    settings = {}
    for setting in args.set:
        name, equals, value = setting.partition("=")
        if not equals or not name.strip():
            args.usage_error(f"argument --set: not NAME=VALUE: {printable(setting)!r}")
        settings[name.strip()] = value.strip()
    try:
        return int(args.act(args, _parameters(args.main_cf, settings)))
    except _UnreadableError as error:
        return error.exit
    except TemplateError as error:
        _complain(str(error))
        return Exit.BAD_DATA


def _parameters(main_cf: str | None, settings: dict[str, str]) -> Parameters:
    parameters = Parameters()
    if main_cf is not None:
        parameters = Parameters.parse(_read(main_cf), origin=main_cf)
    if not any(name == "myhostname" for name, _ in parameters.settings):
        settings = {"myhostname": _host_name(), **settings}
    return parameters.override(settings)


def _host_name() -> str:
    """Return the name of this host as Postfix takes it, asking no DNS."""
    import socket

    name = socket.gethostname()
    return name if "." in name else f"{name}.localdomain"


def _preview(args: argparse.Namespace, parameters: Parameters) -> Exit:
    from dsnlib.cli.verbs.template.preview import preview  # it loads the whole of composing

    return preview(args, parameters)


def _check(args: argparse.Namespace, parameters: Parameters) -> Exit:
    worst = Exit.FINE
    for file in args.files:
        try:
            data = _read(file)
        except _UnreadableError as error:
            worst = max(worst, error.exit)
            continue
        templates = load_templates_or_builtin(
            data, origin=file, parameters=parameters, postfix=args.postfix
        )
        # What is odd about the built-in ones is not for the file to put right.
        odd = templates.expand(parameters).defects
        own = [each for each in odd if each.message.startswith(f"{file}:")]
        defects = [*templates.defects, *own]
        output.write("".join(f"{printable(each.message)}\n" for each in defects))
        sys.stdout.flush()
        if any(each.code in _ERRORS for each in defects):
            worst = max(worst, Exit.BAD_DATA)
        elif defects:
            worst = max(worst, Exit.PROBLEMS)
    return worst


def _dump(args: argparse.Namespace, parameters: Parameters) -> Exit:
    templates = _load(args, parameters, check_names=False)
    _tell(templates.defects)
    _write(templates.dump())
    return Exit.FINE


def _expand(args: argparse.Namespace, parameters: Parameters) -> Exit:
    templates = _load(args, parameters, check_names=True)
    expansion = templates.expand(parameters)
    _tell([*templates.defects, *expansion.defects])
    _write(expansion.octets)
    return Exit.FINE


def _load(args: argparse.Namespace, parameters: Parameters, *, check_names: bool) -> TemplateSet:
    data = _read(args.file) if args.file else b""
    return load_templates(
        data,
        origin=args.file or "[built-in]",
        parameters=parameters,
        postfix=args.postfix,
        check_names=check_names,
    )


def _read(file: str) -> bytes:
    """Return the octets of a file, or one more than a template may have."""
    try:
        if file == _STDIN:
            return sys.stdin.buffer.read(LARGEST_OCTETS + 1)
        with open(file, "rb") as stream:  # noqa: PTH123  - the name is shown as it was given
            return stream.read(LARGEST_OCTETS + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        fault = _UnreadableError(error.strerror or "not found", "missing", Exit.NO_INPUT)
    except (PermissionError, IsADirectoryError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        fault = _UnreadableError(reason, "unreadable", Exit.NO_INPUT)
    except OSError as error:
        fault = _UnreadableError(error.strerror or str(error), "unreadable", Exit.IO_ERROR)
    output.complain(file, None, str(fault), fault.code)
    raise fault


def _tell(defects: Iterable[Defect]) -> None:
    for defect in defects:
        _complain(defect.message)


def _complain(message: str) -> None:
    output.write(f"dsnlib: {printable(message)}\n", sys.stderr)


def _write(octets: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(octets)
    sys.stdout.buffer.flush()
