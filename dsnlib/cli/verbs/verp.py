"""`dsnlib verp`: put recipients into return paths, and read them out again.

Rules.
- One address: what becomes of it.  Several, or those of standard input: address,
  TAB, result; what has none goes to standard error, and the exit code is 1.
- With a key file the address is put in signed, so that nobody else can make such a
  return path.  Each line of the file is a key: the first one signs, all are tried
  when reading.
- Reading undoes BATV and SRS on the way to the recipient.
- An address may be a stranger's text: what would act on a terminal becomes U+FFFD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.mailboxes.inputs import STDIN
from dsnlib.bounces.links.return_path import undo_return_path
from dsnlib.bounces.links.signed_token import LEAST_KEY_OCTETS
from dsnlib.bounces.links.verp import (
    DELIMITERS,
    decode_verp,
    encode_keyed_verp,
    encode_verp,
    has_keyed_form,
    read_keyed_verp,
)
from dsnlib.cli import output
from dsnlib.cli.asked import read_asked
from dsnlib.cli.exits import Exit
from dsnlib.cli.key_file import read_keys
from dsnlib.cli.text import printable
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["Verdict", "add_arguments", "run"]


class Verdict(NamedTuple):
    """What became of an address.

    Args:
        address: As it was given.
        result: The return path, or the recipient or token in it; `None` if
            there is none.
        form: `verp`, `verp-keyed`, `batv` or `srs`; `None` if it has none.
        verified: Whether it is signed by one of the keys; `None` if it is not
            signed, or not by us.
        problem: Why there is no result.
    """

    address: str
    result: str | None = None
    form: str | None = None
    verified: bool | None = None
    problem: str | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    encode = verbs.add_parser("encode", help="put recipients into the return path of a sender")
    encode.add_argument(
        "--delimiter",
        choices=tuple(DELIMITERS),
        default="+",
        help="what stands before the recipient (+); decode takes any of them",
    )
    encode.set_defaults(task=_encode)
    decode = verbs.add_parser("decode", help="read recipients out of what bounces came to")
    decode.set_defaults(task=_decode)
    for each in (encode, decode):
        each.add_argument(
            "addresses",
            nargs="*",
            default=[STDIN],
            metavar="ADDRESS",
            help="the addresses; - or none for lines of standard input",
        )
        each.add_argument(
            "--sender",
            metavar="ADDRESS",
            required=each is encode,
            help="the return path without a recipient: list-bounces@lists.example",
        )
        each.add_argument(
            "--key-file", metavar="FILE", help="keys, one a line; the first one signs"
        )
        each.add_argument(
            "--json", action="store_true", help="one JSON array, an object an address"
        )


def run(args: argparse.Namespace) -> int:
    """Encode or decode every address, return the exit code."""
    if args.sender is None and args.key_file is not None:
        args.usage_error("argument --sender: needed with --key-file")
    try:
        keys = () if args.key_file is None else read_keys(args.key_file)
    except OSError as error:
        output.complain(args.key_file, None, error.strerror or str(error), "no-input")
        return Exit.NO_INPUT
    if args.key_file is not None and not (keys and min(map(len, keys)) >= LEAST_KEY_OCTETS):
        reason = f"each line must be a key of at least {LEAST_KEY_OCTETS} octets"
        output.complain(args.key_file, None, reason, "key")
        return Exit.BAD_DATA
    sink = None
    if args.json:
        output.use_utf8()
        sink = output.JsonArray()
    names_addresses = len(args.addresses) > 1 or STDIN in args.addresses
    end = Exit.FINE
    for address in read_asked(args.addresses):
        verdict: Verdict = args.task(address, args, keys)
        if verdict.result is None:
            end = Exit.PROBLEMS
        if sink is not None:
            sink.add(verdict._asdict())
        elif verdict.result is None:
            output.complain(address, None, str(verdict.problem), "verp")
        else:
            columns = [address, verdict.result] if names_addresses else [verdict.result]
            output.write("\t".join(map(printable, columns)) + "\n")
    if sink is not None:
        sink.close()
    return end


def _encode(address: str, args: argparse.Namespace, keys: Sequence[bytes]) -> Verdict:
    try:
        if keys:
            path = encode_keyed_verp(args.sender, address, key=keys[0], delimiter=args.delimiter)
            return Verdict(address, path, "verp-keyed", verified=True)
        return Verdict(address, encode_verp(args.sender, address, delimiter=args.delimiter), "verp")
    except InvalidValue as error:
        return Verdict(address, problem=str(error))


def _decode(address: str, args: argparse.Namespace, keys: Sequence[bytes]) -> Verdict:
    layers = undo_return_path(address)
    inner = layers[-1].address if layers else address
    sender = args.sender
    if keys:
        token = read_keyed_verp(inner, sender=sender, keys=keys)
        if token is not None:
            text = token if isinstance(token, str) else token.hex()
            return Verdict(address, text, "verp-keyed", verified=True)
        if has_keyed_form(inner, sender=sender):
            problem = "the signature is not of one of the keys"
            return Verdict(address, form="verp-keyed", verified=False, problem=problem)
    recipient = decode_verp(inner, sender=sender)
    if recipient is not None:
        return Verdict(address, recipient, "verp")
    if layers:
        return Verdict(address, inner, layers[0].scheme.value.rstrip("01"))
    return Verdict(address, problem="there is no recipient in it")
