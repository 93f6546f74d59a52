"""`dsnlib password`: hash a password for the file of accounts, or try one.

Rules.
- A password is never an argument: those are seen by everybody on the machine.
- On a terminal it is asked for twice, and not shown; with `--stdin` it is the
  first line of standard input.
- Standard output is the line for the file and nothing else.
- With `--check`: 0 if the password is right, 1 if it is not.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dsnlib.adapters.login.credentials import (
    LONGEST_PASSWORD_OCTETS,
    read_name,
    read_password,
)
from dsnlib.adapters.login.hashes import SCHEMES, make_hash
from dsnlib.cli.exits import Exit
from dsnlib.cli.output import complain, write
from dsnlib.errors import InvalidValue
from dsnlib.model.text import encode_wire

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_ARGUMENT = "NAME"
_STDIN = "<stdin>"
_TERMINAL = "<terminal>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("name", metavar=_ARGUMENT, help="the account, such as ann or ann@host")
    parser.add_argument(
        "--stdin", action="store_true", help="the password is the first line of standard input"
    )
    parser.add_argument(
        "--scheme", choices=SCHEMES, default=SCHEMES[0], help="how to hash (default: %(default)s)"
    )
    parser.add_argument(
        "--check", metavar="FILE", help="tell whether it is the password that the file has"
    )
    parser.add_argument(
        "--allow-plain", action="store_true", help="with --check: the file may have {PLAIN}"
    )


def run(args: argparse.Namespace) -> int:
    """Read a password, write its line or try it, return the exit code."""
    if args.allow_plain and args.check is None:
        args.usage_error("argument --allow-plain: only with --check")
    place = _ARGUMENT
    try:
        name = _read_name(args.name)
        place = _STDIN if args.stdin else _TERMINAL
        octets = _read_stdin() if args.stdin else _ask(is_new=args.check is None)
        password = read_password(octets)
        if args.check is not None:
            return _check(args.check, name, password, allow_plain=args.allow_plain)
        place = f"--scheme {args.scheme}"
        line = f"{name}:{make_hash(password, scheme=args.scheme)}\n"
    except UnicodeDecodeError:
        return _complain(place, "is not UTF-8")
    except InvalidValue as error:
        return _complain(place, str(error))
    write(line)
    return Exit.FINE


def _read_name(text: str) -> str:
    name = read_name(encode_wire(text))
    if ":" in name or name.startswith("#"):
        raise InvalidValue("name: the file cannot have one with ':', or that begins with '#'")
    return name


def _check(path: str, name: str, password: str, *, allow_plain: bool) -> int:
    from dsnlib.adapters.login.password_file import PasswordFile, PasswordFileError

    try:
        is_right = PasswordFile(path, allow_plain=allow_plain).verify(name, password)
    except PasswordFileError as error:
        place = f"{error.origin}:{error.line}" if error.line else error.origin
        complain(place, None, str(error.args[0]), "accounts")
        return Exit.BAD_DATA if error.line else Exit.NO_INPUT
    if not is_right:
        complain(path, None, f"this is not the password of {name}", "password")
        return Exit.PROBLEMS
    return Exit.FINE


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise InvalidValue("password: there is no standard input")
    # Whoever sends more has sent too much, and needs no memory for it.
    line = sys.stdin.buffer.readline(LONGEST_PASSWORD_OCTETS + 3)
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _ask(*, is_new: bool) -> bytes:
    import getpass
    import warnings

    with warnings.catch_warnings():
        # It would read standard input instead, and show what is typed.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            password = getpass.getpass("Password: ")
            if is_new and password != getpass.getpass("The same again: "):
                raise InvalidValue("password: the two are not the same")
        except EOFError:
            raise InvalidValue("password: none was given") from None
        except getpass.GetPassWarning:
            raise InvalidValue("password: there is no terminal to ask at; use --stdin") from None
    return encode_wire(password)


def _complain(place: str, reason: str) -> int:
    complain(place, None, reason, "password")
    return Exit.BAD_DATA
