"""No reader's time grows faster than its input: twice the size, under three times the time.

Each shape below repeats one thing that a reader looks at; `tests.growth` measures it.
"""

from collections.abc import Callable, Sized

import pytest

from dsnlib import (
    DiagnosticCode,
    Mailbox,
    MtaName,
    Recipient,
    SmtpReply,
    TypedAddress,
    decode_utf8_address,
    decode_xtext,
    encode_utf8_address,
    encode_xtext,
    guess_date,
    parse_date,
    parse_mail_parameters,
    parse_rcpt_parameters,
    parse_report,
    read_reports,
)
from tests.growth import BOUND, FIRST_COUNT, growth

# Larger, and no mail system would pass it on.
LARGEST_OCTETS = 1 << 20
FIRST_TEXT_COUNT = 1 << 11
# Eight times as much is still given to the MIME library.
LARGEST_FALLBACK_OCTETS = 30 << 10

Make = Callable[[int], bytes]


def _part(header: bytes, content: bytes) -> bytes:
    return b"--b\n" + header + b"\n" + content + b"\n"


def _report(
    status: bytes,
    *,
    header: bytes = b"",
    explanation: bytes = b"failed",
    explanation_header: bytes = b"",
    label: bytes = b"Content-Type: message/delivery-status\n",
    returned: bytes = b"Subject: a\n\nb\n",
) -> bytes:
    """Build a report around what is to be repeated."""
    return b"".join(
        [
            b"From: MAILER-DAEMON@example.org\nMIME-Version: 1.0\n",
            header,
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n",
            _part(explanation_header, explanation),
            _part(label, status),
            _part(b"Content-Type: message/rfc822\n", returned),
            b"--b--\n",
        ]
    )


LABEL = b"Content-Type: message/delivery-status\n"
MTA = b"Reporting-MTA: dns; mx.example.org\n"
GROUP = (
    b"Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 no\n"
)
STATUS = MTA + b"\n" + GROUP


def _in_field(name: bytes, unit: bytes, before: bytes = b"", after: bytes = b"") -> Make:
    """Return a shape that repeats `unit` in the value of a field of the status part."""
    return lambda count: _report(
        MTA + b"\n" + GROUP + b"\n" + name + b": " + before + unit * count + after + b"\n"
    )


def _in_first_field(name: bytes, unit: bytes, before: bytes = b"", after: bytes = b"") -> Make:
    """Return the same with the field in front of the others, so that it counts."""
    return lambda count: _report(
        MTA + b"\n" + name + b": " + before + unit * count + after + b"\n" + GROUP
    )


def _in_status(unit: bytes) -> Make:
    """Return a shape that repeats `unit` behind the fields of the status part."""
    return lambda count: _report(STATUS + unit * count)


def _in_header(unit: bytes, before: bytes = b"", after: bytes = b"") -> Make:
    """Return a shape that repeats `unit` in the header of the message."""
    return lambda count: _report(STATUS, header=before + unit * count + after)


def _in_content_type(unit: bytes, before: bytes = b"", after: bytes = b"") -> Make:
    """Return a shape that repeats `unit` in the Content-Type of the message."""
    return lambda count: (
        b"From: MAILER-DAEMON@example.org\nContent-Type: multipart/report"
        + before
        + unit * count
        + after
        + b"\n\n--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\n"
        + STATUS
        + b"--b--\n"
    )


def _in_explanation(unit: bytes, header: bytes = b"", status: bytes = STATUS) -> Make:
    return lambda count: _report(status, explanation=unit * count, explanation_header=header)


def _in_text(unit: bytes, header: bytes = b"From: MAILER-DAEMON@example.org\n") -> Make:
    """Return a shape that repeats `unit` in a mail without structure."""
    return lambda count: header + b"\n" + unit * count


def _in_mixed(unit: bytes, before: bytes = b"", after: bytes = b"") -> Make:
    """Return a shape that repeats `unit` in the body of a multipart."""
    return lambda count: (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + before + unit * count + after
    )


def _in_broken(unit: bytes, after: bytes = b"") -> Make:
    """Return a shape that repeats `unit` in a multipart whose boundary never occurs."""
    return lambda count: (
        b"From: MAILER-DAEMON@example.org\n"
        b"Content-Type: multipart/report; boundary=nowhere\n\n" + unit * count + after
    )


def _nested_multiparts(count: int) -> bytes:
    levels = [
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (level, level)
        for level in range(count)
    ]
    return b"".join(levels)


def _nested_messages(count: int) -> bytes:
    return b"Content-Type: message/rfc822\n\n" * count


def _deep_and_long(count: int) -> bytes:
    """Nest as deep as the limit allows, with a growing body inside."""
    return _nested_multiparts(45) + b"\n" + b"a line of text\n" * count


def _recipients(count: int) -> bytes:
    return _report(
        MTA + b"".join([b"\n" + GROUP.replace(b"bob", b"bob%d" % n) for n in range(count)])
    )


def _localized(count: int) -> bytes:
    fields = [b"Localized-Diagnostic: x%d; no\n" % number for number in range(count)]
    return _report(STATUS + b"".join(fields))


def _base64_status(line: bytes, after: bytes = b"") -> Make:
    label = b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n"
    return lambda count: _report(line * count + after, label=label)


def _quoted_status(unit: bytes) -> Make:
    label = b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable\n"
    return lambda count: _report(STATUS + unit * count, label=label)


def _parts_and_explanation(count: int) -> bytes:
    """Repeat status parts that name nobody, and lines that may name somebody."""
    count //= 4
    return b"".join(
        [
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n",
            b"bob@example.org\n" * count,
            (b"--b\n" + LABEL + b"\n" + MTA) * count,
        ]
    )


def _parts_and_failed_recipients(count: int) -> bytes:
    """Repeat status parts that name nobody, and names in the header."""
    return b"".join(
        [
            b"X-Failed-Recipients: ",
            b"bob@example.org," * count,
            b"\nContent-Type: multipart/mixed; boundary=b\n\n",
            (b"--b\n" + LABEL + b"\n" + MTA) * (count // 4),
        ]
    )


# "Final-Recipient: rfc822;b@example.org" and "Status:", in a line of 60 characters.
BASE64_LINE = b"RmluYWwtUmVjaXBpZW50OiByZmM4MjI7YkBleGFtcGxlLm9yZwpTdGF0dXM6\n"

MESSAGES: dict[str, Make] = {
    # Fields and groups
    "folds in a diagnostic": _in_first_field(b"Diagnostic-Code", b"\n no", b"smtp; 550 no"),
    "folds in an extension": _in_field(b"X-A", b"\n a"),
    "folds of tabs": _in_field(b"X-A", b"\n\t\t"),
    "stray lines behind a diagnostic": _in_status(b"no field here\n"),
    "stray lines behind a status": lambda count: _report(
        MTA + b"\nFinal-Recipient: rfc822; b@example.org\nStatus: 5.1.1\n" + b"no field\n" * count
    ),
    "fields in a block": _in_status(b"X-A: b\n"),
    "known fields in a block": _in_status(b"Status: 5.1.1\n"),
    "per-message fields behind a recipient": _in_status(b"Arrival-Date: never\n"),
    "fields with a space before the colon": _in_status(b"X-A : b\n"),
    "recipients": _recipients,
    "recipients in one group": _in_status(b"Final-Recipient: rfc822; b@example.org\n"),
    "recipients of two addresses": _in_status(
        b"Original-Recipient: rfc822; b@example.org\nFinal-Recipient: rfc822; b@example.org\n"
    ),
    "groups of one field": _in_status(b"\nAction: failed\n"),
    "groups of an extension": _in_status(b"\nX-A: b\n"),
    "localized diagnostics": _localized,
    "localized diagnostics in one language": _in_status(b"Localized-Diagnostic: en; no\n"),
    "blank lines": _in_status(b"\n"),
    "blank lines of white space": _in_status(b" \n"),
    "colons": _in_status(b":"),
    "lines of a colon": _in_status(b":\n"),
    "carriage returns": _in_status(b"\r"),
    "carriage returns at line ends": _in_status(b"\r\r\n"),
    "NULs": _in_status(b"\x00"),
    "NULs in a field": _in_first_field(b"Diagnostic-Code", b"\x00", b"smtp; "),
    "lines of controls": _in_status(b"X-A: \x01\x7f\n"),
    "ISO-2022-JP starts": _in_first_field(b"Diagnostic-Code", b"\x1b$B", b"smtp; "),
    "lines of ISO-2022-JP": _in_status(b"X-A: \x1b$B\x1b(B\n"),
    "octets beyond US-ASCII": _in_first_field(b"Diagnostic-Code", b"\xff\xe4", b"smtp; "),
    # Values
    "comments opened in a status": _in_first_field(b"Status", b"(", b"5.1.1 "),
    "comments opened in a status, one closed": _in_first_field(b"Status", b"(", b"5.1.1 ", b")"),
    "comments closed in a status": _in_first_field(b"Status", b")", b"5.1.1 "),
    "comments in a status": _in_first_field(b"Status", b"()", b"5.1.1 "),
    "comments opened in an action": _in_first_field(b"Action", b"(", b"failed ", b")"),
    "comments closed in an action": _in_first_field(b"Action", b")", b"failed "),
    "comments in an action": _in_first_field(b"Action", b"()", b"failed "),
    "comments opened in a Reporting-MTA": lambda count: _report(
        b"Reporting-MTA: dns; a " + b"(" * count + b")\n\n" + GROUP
    ),
    "comments closed in a Reporting-MTA": lambda count: _report(
        b"Reporting-MTA: a " + b")" * count + b"\n\n" + GROUP
    ),
    "comments in a Remote-MTA": _in_first_field(b"Remote-MTA", b"(a) ", b"dns; a ", b"(b)"),
    "comments opened in a Remote-MTA": _in_first_field(b"Remote-MTA", b"(", b"dns; a ", b")"),
    "digits and dots in a status": _in_first_field(b"Status", b"5."),
    "digits in a status": _in_first_field(b"Status", b"5"),
    "status codes in a status": _in_first_field(b"Status", b"5 .1"),
    "spaces in a status": _in_first_field(b"Status", b" ", b"5.1.1", b"x"),
    "letters in an action": _in_first_field(b"Action", b"a"),
    "angle brackets in an address": _in_first_field(b"Final-Recipient", b"<", b"rfc822; "),
    "pairs of angle brackets": _in_first_field(b"Final-Recipient", b"<>", b"rfc822; "),
    "comments in an address": _in_first_field(b"Final-Recipient", b"(a)", b"rfc822; b"),
    "semicolons in an address": _in_first_field(b"Final-Recipient", b";"),
    "ats in an address": _in_first_field(b"Final-Recipient", b"@.", b"rfc822; "),
    "escapes in a utf-8 address": _in_first_field(b"Final-Recipient", b"\\x{3B4}", b"utf-8; "),
    "open escapes in a utf-8 address": _in_first_field(b"Final-Recipient", b"\\x{", b"utf-8; "),
    "labels in an untyped MTA name": _in_first_field(b"Remote-MTA", b"a.a-"),
    "semicolons in an MTA name": _in_first_field(b"Remote-MTA", b";"),
    "tabs in a field": _in_first_field(b"X-A", b"\t", b"b", b"c"),
    "spaces in a field": _in_first_field(b"X-A", b" ", b"b", b"c"),
    "equal signs in a field": _in_first_field(b"X-A", b"="),
    "digits in a date": lambda count: _report(
        MTA + b"Arrival-Date: " + b"1" * count + b"\n\n" + GROUP
    ),
    "spaces in a date": lambda count: _report(
        MTA + b"Arrival-Date: 7 Jul" + b" " * count + b"1994\n\n" + GROUP
    ),
    "comments in a date": lambda count: _report(
        MTA + b"Arrival-Date: 7 Jul 1994 17:15:49 -0400 " + b"(" * count + b")\n\n" + GROUP
    ),
    "hyphens in a language": _in_first_field(b"Localized-Diagnostic", b"a-", b"", b"; no"),
    # Transfer encodings
    "base64 status part": _base64_status(BASE64_LINE),
    "base64 status part, cut short": _base64_status(BASE64_LINE, b"QQQQQ"),
    "base64 status part of padding": _base64_status(b"="),
    "base64 status part of line ends": _base64_status(b"\r\n"),
    "base64 groups behind plain ones": lambda count: _report(
        MTA + b"Content-Transfer-Encoding: base64\n\n" + BASE64_LINE * count
    ),
    "base64 groups that are none": lambda count: _report(MTA + b"\n" + b"A" * count + b"!"),
    "soft line breaks": _quoted_status(b"=\n"),
    "quoted octets": _quoted_status(b"=3D"),
    "equal signs": _quoted_status(b"="),
    "spaces before a quoted line end": _quoted_status(b" "),
    # Structure
    "parts": _in_mixed(b"--b\n\na\n"),
    "parts without an empty line": _in_mixed(b"--b\n"),
    "parts with a header and no empty line": _in_mixed(b"--b\nX-A: b\n"),
    "parts of a report": lambda count: _report(STATUS).replace(b"--b--\n", b"--b\n\na\n" * count),
    "status parts": _in_mixed(b"--b\n" + LABEL + b"\n" + STATUS),
    "status parts without an empty line": _in_mixed(b"--b\n" + LABEL),
    "parts that may be a status part": _in_mixed(b"--b\n\nReporting-MTA\n"),
    "messages in a multipart": _in_mixed(b"--b\nContent-Type: message/rfc822\n\nA: b\n\n"),
    "messages in a multipart, not ended": _in_mixed(b"--b\nContent-Type: message/rfc822\n"),
    "nested multiparts": _nested_multiparts,
    "nested messages": _nested_messages,
    "a long body in nested multiparts": _deep_and_long,
    "multiparts beside each other": _in_mixed(
        b"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\na\n--c--\n"
    ),
    "multiparts with one boundary": _in_mixed(
        b"--b\nContent-Type: multipart/mixed; boundary=b\n\n"
    ),
    "lines that a boundary begins": _in_mixed(b"--bb\n"),
    "lines that a boundary begins, in a report": lambda count: _report(STATUS + b"--bb\n" * count),
    "lines that a boundary begins, returned": lambda count: _report(
        STATUS, returned=b"--bb\n" * count
    ),
    "boundary without line ends": _in_mixed(b"--b"),
    "lines of two hyphens": _in_mixed(b"--\n"),
    "hyphens": _in_mixed(b"-"),
    "unterminated boundary": _in_content_type(b"b", b'; boundary="'),
    "backslashes in a boundary": _in_content_type(b"\\", b'; boundary="'),
    "quoted pairs in a boundary": _in_content_type(b"\\b", b'; boundary="', b'"'),
    "quotes in a Content-Type": _in_content_type(b'"', b"; boundary="),
    "boundary words": _in_content_type(b"; boundary"),
    "boundary words and spaces": _in_content_type(b" ", b"; boundary"),
    "boundary and report-type words": _in_content_type(b" boundary report-type"),
    "semicolons in a Content-Type": _in_content_type(b";"),
    "parameters in a Content-Type": _in_content_type(b"; a=b"),
    "folds in a Content-Type": _in_content_type(b"\n "),
    "a long media type": _in_content_type(b"a"),
    # The header of the message
    "one long header line": _in_header(b"a", b"X-A: ", b"\n"),
    "one long header line without a colon": _in_header(b"a", b"", b"\n"),
    "header fields": _in_header(b"X-A: b\n"),
    "look-alikes of Content-Type": _in_header(b"Content-Type\n"),
    "look-alikes of Content-Type and spaces": _in_header(b"Content-Type \n"),
    "spaces behind Content-Type": _in_header(b" ", b"Content-Type", b"\n"),
    "folds in a header": _in_header(b"\n a", b"X-A: b", b"\n"),
    "carriage returns in a header": _in_header(b"\r", b"X-A: ", b"\n"),
    "a header without an end": lambda count: b"X-A: b\n" * count,
    "a header line without an end": lambda count: b"Content-Type: " + b"a" * count,
    "look-alikes of MIME-Version": _in_header(b"MIME-Version \n"),
    "mbox lines": lambda count: b"From a\n" * count + _report(STATUS),
    "blank lines in front": lambda count: b"\n" * count + _report(STATUS),
    "only carriage returns": lambda count: b"\r" * count,
    # Recipients elsewhere
    "failed recipients": lambda count: _report(
        MTA, header=b"X-Failed-Recipients: a@example.org" + b",b@example.org" * count + b"\n"
    ),
    "commas in failed recipients": lambda count: _report(
        MTA, header=b"X-Failed-Recipients: " + b"," * count + b"\n"
    ),
    "folds in failed recipients": lambda count: _report(
        MTA, header=b"X-Failed-Recipients: a@example.org" + b",\n b@example.org" * count + b"\n"
    ),
    "look-alikes of failed recipients": lambda count: _report(
        MTA, header=b"X-Failed-Recipients\n" * count
    ),
    "addresses in the explanation": _in_explanation(b"bob@example.org\n", status=MTA),
    "ats and dots in the explanation": _in_explanation(b"a.@", status=MTA),
    "labels in the explanation": _in_explanation(b"a.", status=MTA + b"\n"),
    "a long local part in the explanation": lambda count: _report(
        MTA, explanation=b"a." * count + b"a@example.org"
    ),
    "a long domain in the explanation": lambda count: _report(
        MTA, explanation=b"a@" + b"a-" * count + b".example"
    ),
    "a base64 explanation": _in_explanation(
        b"Ym9iQGV4YW1wbGUub3JnCg==\n", b"Content-Transfer-Encoding: base64\n", MTA
    ),
    "a quoted-printable explanation": _in_explanation(
        b"bob=40example.org\n", b"Content-Transfer-Encoding: quoted-printable\n", MTA
    ),
    "status parts and a long explanation": _parts_and_explanation,
    "status parts and many failed recipients": _parts_and_failed_recipients,
    # Salvage
    "recipients in a text": _in_text(b"Final-Recipient: rfc822; b@example.org\n"),
    "recipients without a value in a text": _in_text(b"Final-Recipient \n"),
    "labels in a text": _in_text(LABEL),
    "labels and spaces in a text": _in_text(b"Content-Type: \n message/delivery-status\n"),
    "labels in a text with boundaries": _in_text(b"--b\n" + LABEL),
    "hints in an ordinary mail": _in_text(
        b"Final-Recipient: delivery-status\n", b"From: bob@example.org\n"
    ),
    "angle brackets in a sender": lambda count: (
        b"From: " + b"<" * count + b"\n\nFinal-Recipient: a\n"
    ),
    "angle brackets and spaces in a sender": lambda count: (
        b"From: " + b"< " * count + b"\n\nFinal-Recipient: a\n"
    ),
    "spaces behind From": lambda count: b"From" + b" " * count + b"\n\nFinal-Recipient: a\n",
    "senders": lambda count: b"From: a\n" * count + b"\nFinal-Recipient: a\n",
    "labels in a broken multipart": _in_broken(LABEL),
    "labels in a broken multipart with boundaries": _in_broken(b"--x\n" + LABEL + b"\n"),
    "labels behind a long text": _in_broken(b"--x\n", LABEL + b"\n" + STATUS),
    "a long line behind a boundary": _in_broken(b"a", b"\n--" + b"x" * 300 + b"\n" + LABEL),
    "recipients in a broken multipart": _in_broken(b"Final-Recipient: rfc822; b@example.org\n"),
    "dispositions in a receipt": lambda count: (
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
        + b"Disposition: automatic-action /\n" * count
        + b"\nFinal-Recipient: a\n"
    ),
    "boundary words in an unread multipart": lambda count: (
        b"From: MAILER-DAEMON@example.org\n\ndelivery-status " + b"boundary=" * count
    ),
}

# Harder to decline than the shapes above: what only a MIME library could read.
FALLBACK: dict[str, Make] = {
    "spaces of a MIME field without a colon": lambda count: (
        b"From: MAILER-DAEMON@example.org\nContent-" + b" " * count + b"\n\ndelivery-status\n"
    ),
    "text": _in_text(b"a line of text about a delivery-status\n"),
    "one long line": _in_text(b"delivery-status "),
    "encoded words in the subject": lambda count: (
        b"Subject: " + b"=?a?q?b " * count + b"\n\ndelivery-status\n"
    ),
    "Received fields": lambda count: (
        b"Received: from a by b; 1 Jan 1999 00:00:00 +0000\n" * count + b"\ndelivery-status\n"
    ),
    "words in a Received field": lambda count: (
        b"Received: " + b"from by with id for via " * count + b"\n\ndelivery-status\n"
    ),
    "addresses in To": lambda count: b"To: " + b"a@b.c, " * count + b"\n\ndelivery-status\n",
    "comments opened in To": lambda count: b"To: " + b"(" * count + b"\n\ndelivery-status\n",
    "angle brackets in To": lambda count: b"To: " + b"<" * count + b"\n\ndelivery-status\n",
    "parameters in a Content-Type, for the library": lambda count: (
        b"Content-Type: text/plain" + b"; a=b" * count + b"\n\ndelivery-status\n"
    ),
    "quotes in a Content-Type": lambda count: (
        b'Content-Type: text/plain; a="' + b'\\"' * count + b"\n\ndelivery-status\n"
    ),
    "parts": lambda count: (
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\ndelivery-status\n" * count
    ),
}


def _keywords(count: int) -> str:
    return " ".join([f"K{number}=v" for number in range(count)])


# Text that the other readers take, and what is repeated in it.
TEXTS: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "parameters": (parse_mail_parameters, _keywords),
    "one parameter again": (parse_mail_parameters, lambda count: "SIZE=1 " * count),
    "spaces between parameters": (parse_mail_parameters, lambda count: " " * count),
    "a long keyword": (parse_mail_parameters, lambda count: "a-" * count + "!"),
    "xtext of ENVID": (parse_mail_parameters, lambda count: "ENVID=" + "+2B" * count),
    "pluses of ENVID": (parse_mail_parameters, lambda count: "ENVID=" + "+" * count),
    "words of NOTIFY": (parse_rcpt_parameters, lambda count: "NOTIFY=DELAY" + ",DELAY" * count),
    "commas of NOTIFY": (parse_rcpt_parameters, lambda count: "NOTIFY=" + "," * count),
    "xtext of ORCPT": (parse_rcpt_parameters, lambda count: "ORCPT=rfc822;" + "+2B" * count),
    "escapes of ORCPT": (parse_rcpt_parameters, lambda count: "ORCPT=utf-8;" + "\\x{E4}" * count),
    "type of ORCPT": (parse_rcpt_parameters, lambda count: "ORCPT=" + "a-" * count),
    "parameters written again": (
        lambda text: parse_mail_parameters(text).to_options(),
        _keywords,
    ),
    "lines of a reply": (SmtpReply.read, lambda count: "550-5.1.1 no\n" * count),
    "lines of a reply, strictly": (
        SmtpReply.parse,
        lambda count: "550-5.1.1 no\n" * count + "550 5.1.1 no",
    ),
    "lines without a code": (SmtpReply.read, lambda count: "no\n" * count + "550 no"),
    "lines that disagree": (SmtpReply.read, lambda count: "550-5.1.1 no\n450 4.1.1 no\n" * count),
    "line ends of a reply": (SmtpReply.read, lambda count: "\r" * count + "550 no"),
    "spaces of a reply": (SmtpReply.read, lambda count: "550 5.1.1" + " " * count),
    "codes in a diagnostic": (SmtpReply.from_diagnostic, lambda count: "550-no " * count),
    "spaces in a diagnostic": (SmtpReply.from_diagnostic, lambda count: "550-no" + " " * count),
    "hyphens in a diagnostic": (SmtpReply.from_diagnostic, lambda count: "550-" * count),
    "digits in a diagnostic": (SmtpReply.from_diagnostic, lambda count: "550-" + "5" * count),
    "a reply asked of a diagnostic": (
        lambda text: DiagnosticCode("smtp", text).reply,
        lambda count: "550-no " * count + "550 no",
    ),
    "comments opened in an MTA name": (MtaName.parse, lambda count: "dns; a " + "(" * count + ")"),
    "comments closed in an MTA name": (MtaName.parse, lambda count: "dns; a (" + ")" * count),
    "comments in an MTA name": (MtaName.parse, lambda count: "dns; a " + "()" * count),
    "semicolons in an MTA name": (MtaName.parse, lambda count: "dns" + ";" * count),
    "white space in an MTA name": (MtaName.parse, lambda count: "dns;" + " \t" * count + "a"),
    "a long type": (MtaName.parse, lambda count: "a" * count + "; a"),
    "a long typed address": (TypedAddress.parse, lambda count: "rfc822; " + "a." * count),
    "embedded characters": (
        lambda text: TypedAddress("utf-8", text).address,
        lambda count: "\\x{3B4}" * count,
    ),
    "dots of a local part": (Mailbox.parse, lambda count: "a." * count + "@example.org"),
    "a long local part": (Mailbox.parse, lambda count: "a" * count + "@example.org"),
    "labels of a domain": (Mailbox.parse, lambda count: "a@" + "a." * count),
    "hyphens of a domain": (Mailbox.parse, lambda count: "a@" + "a-" * count),
    "ats": (Mailbox.parse, lambda count: "@" * count),
    "backslashes in a quoted string": (
        Mailbox.parse,
        lambda count: '"' + "\\" * count + "@example.org",
    ),
    "quoted pairs": (Mailbox.parse, lambda count: '"' + "\\a" * count + '"@example.org'),
    "an unterminated quoted string": (Mailbox.parse, lambda count: '"' + "a " * count + "@a.b"),
    "a literal": (Mailbox.parse, lambda count: "a@[" + "1." * count + "]"),
    "colons of a literal": (Mailbox.parse, lambda count: "a@[IPv6:" + ":" * count + "]"),
    "escaped quotes of a path": (Recipient, lambda count: '"' + '\\"' * count),
    "quotes of a path": (Recipient, lambda count: '"" ' * count),
    "letters of a path": (Recipient, lambda count: "a" * count + " "),
    "hyphens of a literal's tag": (Mailbox.parse, lambda count: "a@[" + "a-" * count + "]"),
    "digits of a date": (parse_date, lambda count: "1" * count),
    "spaces of a date": (parse_date, lambda count: "Thu," + " " * count),
    "comment of a date": (
        parse_date,
        lambda count: "7 Jul 1994 17:15:49 -0400 (" + "a " * count,
    ),
    "letters of a date, guessed": (guess_date, lambda count: "a" * count),
    "spaces of a date, guessed": (guess_date, lambda count: "7" + " -" * count),
    "pluses of xtext": (decode_xtext, lambda count: "+" * count),
    "hexchars of xtext": (decode_xtext, lambda count: "+2B" * count),
    "spaces into xtext": (encode_xtext, lambda count: " " * count),
    "escapes of an address": (decode_utf8_address, lambda count: "\\x{3B4}" * count),
    "open escapes of an address": (decode_utf8_address, lambda count: "\\x{" * count),
    "escapes into an address": (encode_utf8_address, lambda count: "\u03b4" * count),
}

# Where the work that grows is so little that only a long text shows it.
FIRST_COUNTS = {"codes in a diagnostic": 1 << 14, "a reply asked of a diagnostic": 1 << 14}


def _octets_of_one(make: Callable[[int], Sized]) -> int:
    """Return how many octets a shape has for each count."""
    return max(1, (len(make(2 * FIRST_COUNT)) - len(make(FIRST_COUNT))) // FIRST_COUNT)


@pytest.mark.parametrize("shape", MESSAGES)
def test_reading_a_message_is_linear(shape: str) -> None:
    """Tolerant reading keeps to the bound for every hostile shape."""
    make = MESSAGES[shape]

    def prepare(count: int) -> Callable[[], object]:
        message = make(count)
        return lambda: read_reports(message)

    assert BOUND > growth(prepare, LARGEST_OCTETS // _octets_of_one(make))


@pytest.mark.parametrize("shape", FALLBACK)
def test_falling_back_is_linear(shape: str) -> None:
    """What a MIME library is asked to read is so little that it shows no worse growth.

    The library is given 64 kB at most, so the bound is looked for below that.
    """
    make = FALLBACK[shape]

    def prepare(count: int) -> Callable[[], object]:
        message = make(count)
        return lambda: read_reports(message)

    assert BOUND > growth(prepare, LARGEST_FALLBACK_OCTETS // _octets_of_one(make))


STRUCTURES = (
    "recipients",
    "parts of a report",
    "lines that a boundary begins, in a report",
    "lines that a boundary begins, returned",
    "look-alikes of MIME-Version",
    "stray lines behind a status",
)


@pytest.mark.parametrize("shape", STRUCTURES)
def test_strict_reading_is_linear(shape: str) -> None:
    """What only strict reading looks at, behind the status part, costs no more."""
    make = MESSAGES[shape]

    def prepare(count: int) -> Callable[[], object]:
        message = make(count)
        return lambda: parse_report(message)

    assert BOUND > growth(prepare, LARGEST_OCTETS // _octets_of_one(make))


@pytest.mark.parametrize("shape", TEXTS)
def test_reading_a_text_is_linear(shape: str) -> None:
    """Replies, parameters, names, addresses and dates keep to the bound."""
    parse, make = TEXTS[shape]

    def prepare(count: int) -> Callable[[], object]:
        text = make(count)
        return lambda: parse(text)

    first = FIRST_COUNTS.get(shape, FIRST_TEXT_COUNT)
    assert BOUND > growth(prepare, LARGEST_OCTETS // _octets_of_one(make), first)
