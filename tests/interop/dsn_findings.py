"""What a case should have come to against what was seen: `python -m tests.interop.dsn_findings`.

    what          whose rule it is
    told          RFC 3461 s5.2: who is told of which recipient
    onward        s5.2.1: the next hop that has DSN sees what the client said
    plain         s5.2.2: the next hop that has none sees nothing of it
    envid         s5.2, RFC 3464 s2.2.1: the notification has the sender's ENVID
    orcpt         RFC 3464 s2.3.1: and the original recipient as the sender wrote it
    ret           s4.3: FULL returns the message, HDRS its header
    copies        one copy in the mailbox
    null          notifications have the null return path

Programs between do to parameters what they may: Postfix writes an ORCPT for a recipient
that has none (s5.2.1 (f)), and both write xtext in their own way.  So what is compared
is what the parameters say.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dsnlib import Action, Ret, parse_mail_parameters, parse_rcpt_parameters
from dsnlib.errors import InvalidParameter
from tests.interop.dsn_case import CASES, RECIPIENTS, Case
from tests.interop.dsn_network import BODY, Seen, network_running, run_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["faults", "row"]

_MARKS = {
    "delivered": "D", "failed": "F", "relayed": "R", "delayed": "L", "expanded": "E",
}  # fmt: skip


def faults(case: Case, seen: Seen) -> list[str]:
    """Return what is not as it should be, each with the name of the rule."""
    return [f"{name}: {fault}" for name, check in _CHECKS.items() for fault in check(case, seen)]


def _told(case: Case, seen: Seen) -> Iterator[str]:
    expected = sorted(case.told())
    if expected != seen.told():
        yield f"expected {expected}, told of {seen.told()}"


def _onward(case: Case, seen: Seen) -> Iterator[str]:
    for address in case.passed_on:
        if address not in seen.onward:
            yield f"{address} is not there"
            continue
        mail_text, rcpt_text = seen.onward[address]
        try:
            mail = parse_mail_parameters(mail_text, known={"SIZE", "BODY"})
            rcpt = parse_rcpt_parameters(rcpt_text)
        except InvalidParameter as error:
            yield f"{address}: {error}"
            continue
        asked_mail = parse_mail_parameters(case.mail_options)
        asked_rcpt = parse_rcpt_parameters(case.rcpt_options(address))
        if (mail.ret, mail.envid) != (asked_mail.ret, asked_mail.envid):
            yield f"{address}: MAIL had {mail_text!r}"
        if rcpt.notify != asked_rcpt.notify:
            yield f"{address}: RCPT had {rcpt_text!r}"
        made_up = parse_rcpt_parameters(f"ORCPT=rfc822;{address}").orcpt
        allowed = [asked_rcpt.orcpt] if case.has_orcpt else [None, made_up]
        if rcpt.orcpt not in allowed:
            yield f"{address}: ORCPT is {rcpt.orcpt}"


def _plain(case: Case, seen: Seen) -> Iterator[str]:
    expected = {f"<{case.sender}>", "<old@plain.example>"}
    if expected != set(seen.plain):
        yield f"smtp-sink was told {seen.plain}"


def _envid(case: Case, seen: Seen) -> Iterator[str]:
    expected = parse_mail_parameters(case.mail_options).envid
    for report in seen.reports:
        if report.message.original_envelope_id != expected:
            yield f"{report.message.original_envelope_id!r}, not {expected!r}"


def _orcpt(case: Case, seen: Seen) -> Iterator[str]:
    for report in seen.reports:
        for each in report.recipients:
            address = "" if each.final_recipient is None else each.final_recipient.address
            asked = parse_rcpt_parameters(case.rcpt_options(address)).orcpt
            made_up = parse_rcpt_parameters(f"ORCPT=rfc822;{address}").orcpt
            if each.original_recipient not in ([asked] if case.has_orcpt else [None, made_up]):
                yield f"{address} was {each.original_recipient}"


def _ret(case: Case, seen: Seen) -> Iterator[str]:
    for report, data in zip(seen.reports, seen.originals, strict=True):
        has_failed = any(each.action is Action.FAILED for each in report.recipients)
        has_body = BODY.encode() in data
        if has_failed and case.ret is not None and has_body != (case.ret == Ret.FULL.value):
            yield f"RET={case.ret}, and the body is {'' if has_body else 'not '}there"
        if not has_failed and has_body:
            yield "the body is in a notification of no failure"


def _copies(_case: Case, seen: Seen) -> Iterator[str]:
    if seen.copies != 1:
        yield str(seen.copies)


def _null(_case: Case, seen: Seen) -> Iterator[str]:
    if not seen.is_null:
        yield "a notification had a return path"


_CHECKS: dict[str, Callable[[Case, Seen], Iterator[str]]] = {
    "told": _told,
    "onward": _onward,
    "plain": _plain,
    "envid": _envid,
    "orcpt": _orcpt,
    "ret": _ret,
    "copies": _copies,
    "null": _null,
}


def row(case: Case, seen: Seen) -> str:
    """Return a case and what was seen of it as a line of the table."""
    told = dict(seen.told())
    marks = " ".join(f"{_MARKS.get(told.get(each, ''), '-'):5}" for each in RECIPIENTS)
    passed = "pass" if not faults(case, seen) else "FAIL"
    shown = " ".join(seen.onward.get("far@postfix.example", ("", "")))
    return f"{case!s:62.62} {marks} {passed}  {shown}"


def main() -> int:
    """Run all cases, print what was seen, and tell by the exit status whether all is right."""
    with network_running() as network:
        found = run_cases(network, CASES)
    # Two may begin the same: "gon@p" is the one at postfix.example.
    heads = " ".join(f"{each[:3]}@{each.partition('@')[2][0]}" for each in RECIPIENTS)
    lines = [f"{'':62} {heads}       behind Postfix"]
    lines += [row(case, found[case.token]) for case in CASES]
    lines += [f"{case}: {fault}" for case in CASES for fault in faults(case, found[case.token])]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(any(faults(case, found[case.token]) for case in CASES))


if __name__ == "__main__":
    sys.exit(main())
