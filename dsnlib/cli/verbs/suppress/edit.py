"""`dsnlib suppress add` and `release`: what people decide about addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.score_policy import parse_days
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.cli import output
from dsnlib.cli.address_lines import read_addresses
from dsnlib.cli.exits import Exit
from dsnlib.cli.json_object import read_time
from dsnlib.cli.text import printable
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    import argparse
    import datetime as dt

    from dsnlib.adapters.store import Store

__all__ = ["run_add", "run_release"]


def run_add(store: Store, args: argparse.Namespace) -> Exit:
    """Suppress addresses, return the exit code."""
    expires = None if args.expires is None else _expires(args.expires, args.now)
    source = SuppressionSource(args.source)
    end = Exit.FINE
    count = 0
    for lines in read_addresses(args.addresses):
        entries = []
        for address, place in lines:
            problem = _problem(address, takes_any=args.any)
            if problem is not None:
                output.complain(place, None, problem, "address")
                end = Exit.PROBLEMS
                continue
            entries.append(
                Suppression(
                    address=address,
                    source=source,
                    created=args.now,
                    reason=args.reason,
                    expires=expires,
                    note=args.note,
                )
            )
        if entries:
            count += store.suppress(entries)
    output.write(f"{count} {'address' if count == 1 else 'addresses'} suppressed\n")
    return end


def _expires(text: str, now: dt.datetime) -> dt.datetime:
    try:
        return now + parse_days(text)
    except InvalidValue:
        when = read_time(text, "--expires")
    except OverflowError as error:
        message = f"--expires: {text!r} is beyond the calendar"
        raise InvalidValue(message, value=text) from error
    if when <= now:
        message = f"--expires: {text!r} is not after {now.isoformat(' ', 'seconds')}"
        raise InvalidValue(message, value=text)
    return when


def _problem(address: str, *, takes_any: bool) -> str | None:
    """Tell what is wrong with an address that a person has typed, if something is."""
    if not address_key(address):
        return "it is empty"
    if takes_any:
        return None if address.isprintable() else "it has a control character"
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(
            address, check_deliverability=False, allow_smtputf8=True, globally_deliverable=False
        )
    except EmailNotValidError as error:
        return f"{address!r} is not a mail address: {error}; --any takes it"
    return None


def run_release(store: Store, args: argparse.Namespace) -> Exit:
    """Let addresses go, return the exit code."""
    end = Exit.FINE
    for lines in read_addresses(args.addresses):
        for address, place in lines:
            entry = store.release(address, now=args.now)
            if entry is None:
                output.complain(place, None, f"{address!r} is not suppressed", "not-suppressed")
                end = Exit.PROBLEMS
                continue
            if args.note:
                note = f"{entry.note}; {args.note}" if entry.note else args.note
                store.suppress([attrs.evolve(entry, released=args.now, note=note)])
            output.write(f"{printable(address)}\treleased\n")
    return end
