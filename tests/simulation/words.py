"""The parameters of commands as they went over the wire, beside what was asked for.

Compared as text: what the library writes is not read by the library here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsnlib import DsnPlan
    from tests.simulation.ledger import Arrival, Asked, By, Strand

__all__ = ["as_it_arrives", "compare_commands", "compare_report"]

_OURS = frozenset({"RET", "ENVID", "NOTIFY", "ORCPT"})
# hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
#                                                                RFC 3461 s4
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")


def as_it_arrives(asked: Asked, words: Iterable[str]) -> Asked:
    """Return what a server knows that was sent these words: ORCPT may be in US-ASCII now."""
    if asked.orcpt_word is None or asked.orcpt_word.isascii():
        return asked
    escaped = _escaped(asked.orcpt_word)
    return attrs.evolve(asked, orcpt_word=escaped) if escaped in words else asked


def compare_commands(arrival: Arrival) -> Iterator[str | None]:
    """Yield what is wrong in each command of a transaction, `None` where nothing is."""
    strands = [pair for _, _, group in arrival.recipients for pair in group]
    for strand, asked in strands[:1]:
        yield _in(arrival, "MAIL", _mail_problem(arrival, strand, asked))
    for address, words, group in arrival.recipients:
        for _, asked in group:
            is_alone = len(group) == 1
            problem = _rcpt_problem(words, asked, is_alone=is_alone)
            yield _in(arrival, f"RCPT TO:<{address}>", problem)


def _in(arrival: Arrival, command: str, problem: str | None) -> str | None:
    if problem is None:
        return None
    return f"{arrival.client.name} to {arrival.hop.name.name}: {command}: {problem}"


def _mail_problem(arrival: Arrival, strand: Strand, asked: Asked) -> str | None:
    if arrival.sender != strand.sender:
        never = all(
            each.asked.notify == frozenset()
            for _, _, group in arrival.recipients
            for each, _ in group
        )
        is_apart = arrival.client.habit.relay.separates_never and not arrival.hop.dsn and never
        if arrival.sender or not is_apart:
            return f"the reverse-path is {arrival.sender!r}, not {strand.sender!r}"
    expected = set(asked.mail_words)
    if asked.by is not None:
        expected.add(f"BY={_by(asked.by, arrival)}")
    words = set(arrival.mail_words) - ({"SMTPUTF8"} if arrival.hop.smtputf8 else set())
    return None if words == expected else f"{sorted(words)}, not {sorted(expected)}"


def _by(by: By, arrival: Arrival) -> str:
    seconds = int((by.deadline - arrival.at).total_seconds())
    return f"{seconds};{by.mode}{'T' if by.is_traced else ''}"


def _rcpt_problem(words: Iterable[str], asked: Asked, *, is_alone: bool) -> str | None:
    seen = {word.partition("=")[0].upper(): word for word in words}
    if set(seen) - {"NOTIFY", "ORCPT"}:
        return f"{sorted(seen.values())} has strange words"
    notify = seen.get("NOTIFY")
    if is_alone and asked.notify_word is not None:
        is_right = notify == asked.notify_word
    else:
        # What was changed on the way may be spelt anew, and of two recipients
        # that became one, either spelling will do.
        is_right = asked.notify == (None if notify is None else _conditions(notify))
    if not is_right:
        conditions = None if asked.notify is None else sorted(asked.notify)
        return f"{notify} for {asked.notify_word or conditions}"
    orcpt = seen.get("ORCPT")
    if orcpt is None or asked.orcpt_word is None:
        is_right = orcpt is asked.orcpt_word
    else:
        expected = {asked.orcpt_word, _escaped(asked.orcpt_word)}
        is_right = orcpt in expected or (not is_alone and _value(orcpt) in map(_value, expected))
    return None if is_right else f"{orcpt} for {asked.orcpt_word}"


def _conditions(word: str) -> frozenset[str]:
    return frozenset(_value(word).upper().split(",")) - {"NEVER"}


def _value(word: str) -> str:
    return word.partition("=")[2]


def _escaped(word: str) -> str:
    r"""Return the word with `\x{..}` for what is not US-ASCII (RFC 6533 s3)."""
    return "".join(each if each.isascii() else rf"\x{{{ord(each):X}}}" for each in word)


def compare_report(plan: DsnPlan, asked: Asked) -> str | None:
    """Return what is wrong in what a notification repeats of MAIL, `None` if nothing is."""
    words = {word.partition("=")[0].upper(): word.partition("=")[2] for word in asked.mail_words}
    envid = words.get("ENVID")
    plain = None if envid is None else _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), envid)
    if plan.report.message.original_envelope_id != plain:
        return f"Original-Envelope-Id is {plan.report.message.original_envelope_id}, not {plain}"
    ret = None if plan.ret is None else plan.ret.value
    expected = words["RET"].upper() if "RET" in words else None
    return None if ret == expected else f"RET is {ret}, not {expected}"
