"""The status part and the returned part are found by the structure, or by what is left of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import LimitExceeded
from dsnlib.parse.labels import STATUS_TYPES, Labels
from dsnlib.parse.limits import Limits
from dsnlib.parse.locate import locate_status_parts
from dsnlib.parse.salvage import may_be_salvaged, salvage_status_parts
from tests.strategies import damaged, report_messages

if TYPE_CHECKING:
    from dsnlib.parse.locate import StatusPart

LIMITS = Limits()
FIELDS = b"Reporting-MTA: dns; a.example\n\nFinal-Recipient: rfc822; ann@example.net\n"
LABEL = b"Content-Type: message/delivery-status\n"
RETURNED = b"Content-Type: message/rfc822\n\nSubject: lunch\n"
REPORT = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"


def parts(*contents: bytes, boundary: bytes = b"b", closing: bytes = b"--") -> bytes:
    """Return the body of a multipart."""
    delimiter = b"--" + boundary
    body = b"".join(delimiter + b"\n" + content + b"\n" for content in contents)
    return body + delimiter + closing + b"\n" if closing else body


def report(
    *, top: bytes = REPORT, label: bytes = LABEL, fields: bytes = FIELDS, rest: bytes = RETURNED
) -> bytes:
    """Return a report of an explanation, a status part and something behind."""
    return top + b"\n" + parts(b"\nfailed\n", label + b"\n" + fields, rest)


def locate(octets: bytes) -> list[StatusPart]:
    """Return the status parts that the structure leads to."""
    return locate_status_parts(octets, LIMITS)


def contents(octets: bytes) -> list[bytes]:
    """Return what the status parts of a message hold."""
    return [octets[part.start : part.end] for part in locate(octets)]


def salvage(octets: bytes) -> list[bytes]:
    """Return what is salvaged from a message whose structure is broken, if it may be."""
    if not may_be_salvaged(octets, LIMITS):
        return []
    return [octets[part.start : part.end] for part in salvage_status_parts(octets, LIMITS)]


# ------------------------------------------------------------------- by structure


@pytest.mark.requirement("6522-3-03")
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_what_is_told_of_a_status_part(line_end: bytes) -> None:
    """A status part is told with its place, its labels and what surrounds it."""
    octets = report().replace(b"\n", line_end)
    (part,) = locate(octets)

    assert ("message/delivery-status", "7bit") == (part.labels.media_type, part.labels.encoding)
    assert octets[part.header :].startswith(LABEL.rstrip())
    assert FIELDS.replace(b"\n", line_end) == octets[part.start : part.end]
    assert octets[part.explanation :].startswith(line_end + b"failed")
    assert ("multipart/report", "delivery-status") == (part.container, part.report_type)
    assert (b"\n--b", 1, 1, ()) == (part.delimiter, part.index, part.depth, part.notes)
    assert part.returned is not None
    labels, header, start, stop = part.returned
    assert "message/rfc822" == labels.media_type
    assert octets[header:].startswith(b"Content-Type: message/rfc822")
    assert octets[start:].startswith(b"Subject: lunch")
    assert len(octets) == stop


@pytest.mark.requirement("6533-4.4-02")
@pytest.mark.parametrize("media_type", sorted(STATUS_TYPES))
@pytest.mark.parametrize(
    "change", [str.lower, str.upper, str.title], ids=lambda each: each.__name__
)
def test_types_compare_without_case(media_type: str, change: type[str]) -> None:
    """Both status types are known in any case."""
    octets = report(label=f"Content-Type: {change(media_type)}\n".encode())

    assert [FIELDS] == contents(octets)
    assert media_type == locate(octets)[0].labels.media_type


@pytest.mark.parametrize(
    "top",
    [
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n',
        b'Content-Type: multipart/report; boundary="b"; report-type="delivery-status"\n',
        b"content-type:multipart/report;report-type=delivery-status;boundary=b\n",
        b"Content-Type : multipart/report; report-type=delivery-status; boundary=b\n",
        b"CONTENT-TYPE: MULTIPART/REPORT; REPORT-TYPE=DELIVERY-STATUS; BOUNDARY=b\n",
        b"Content-Type:\n multipart/report;\n\treport-type = delivery-status;\n boundary = b\n",
        b"Date: x\nContent-Type: multipart/report;\n report-type=delivery-status;\n boundary=b\n",
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="\\b"\n',
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b\n',
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b "\n',
        b'Content-Type: multipart/report; report-type=delivery-status; x="a;c"; boundary=b;\n',
        b"Content-Type: multipart/report; report-type=delivery-status (x); boundary=b (y)\n",
        b"Content-Type: multipart/report; report-type=delivery-status; x-boundary=c; boundary=b\n",
        b'Content-Type: multipart/report; report-type=delivery-status; x.boundary=""; boundary=b\n',
    ],
    ids=[
        "quoted", "all quoted", "tight", "space before colon", "upper case", "folded",
        "second field", "quoted pair", "no closing quote", "space at the end",
        "semicolon in another", "comments", "name ends alike", "quoted name ends alike",
    ],
)  # fmt: skip
def test_ways_to_write_the_type(top: bytes) -> None:
    """Parameters are found however the field is written."""
    (part,) = locate(report(top=top))

    assert "delivery-status" == part.report_type
    assert FIELDS == report(top=top)[part.start : part.end]


@pytest.mark.parametrize(
    ("top", "label"),
    [
        (REPORT.replace(b"report;", b"report (a report);"), LABEL),
        (REPORT, LABEL.replace(b"\n", b" (of RFC 3464)\n")),
        (REPORT, LABEL + b"Content-Transfer-Encoding: 7bit (plain)\n"),
    ],
    ids=["container", "status part", "encoding"],
)
def test_comments_are_no_part_of_a_type(top: bytes, label: bytes) -> None:
    """RFC 2045 s5.1 and s6.1 let a comment follow a type and an encoding."""
    (part,) = locate(report(top=top, label=label))

    assert "multipart/report" == part.container
    assert ("message/delivery-status", "7bit") == (part.labels.media_type, part.labels.encoding)


@pytest.mark.parametrize(
    ("boundary", "written"),
    [
        (b"=_(a/b)+'c', d.e:f?g", b"\"=_(a/b)+'c', d.e:f?g\""),
        (b'a"b\\c', b'"a\\"b\\\\c"'),
        (b"x" * 70, b"x" * 70),
        (b"x" * 998, b'"' + b"x" * 998 + b'"'),
        (b"b-b", b"b-b"),
        (b"--", b"--"),
    ],
    ids=["punctuation", "quoted pairs", "longest", "too long", "prefix of itself", "hyphens"],
)
def test_boundaries(boundary: bytes, written: bytes) -> None:
    """Every boundary that RFC 2046 s5.1.1 allows, and more, divides the parts."""
    octets = b"Content-Type: multipart/report; report-type=delivery-status; boundary="
    octets += written + b"\n\n"
    octets += parts(b"\nfailed\n", LABEL + b"\n" + FIELDS, RETURNED, boundary=boundary)

    assert [FIELDS] == contents(octets)


@pytest.mark.parametrize(
    "boundary", [b'""', b'" "', b'"a\n b"', b"x" * 999, b'"' + b"x" * 999 + b'"'],
    ids=["empty", "space", "line end", "over-long", "over-long and quoted"],
)  # fmt: skip
def test_what_can_be_no_boundary(boundary: bytes) -> None:
    """Nothing is divided by what no line could hold."""
    octets = REPORT.replace(b"=b", b"=" + boundary) + b"\n" + parts(LABEL + b"\n" + FIELDS)

    assert [] == locate(octets)


@pytest.mark.requirement("6522-3-03")
@pytest.mark.parametrize(
    "line",
    [b"--b", b"--b ", b"--b \t ", b"--b\t"],
    ids=["bare", "space", "white space", "tab"],
)
def test_white_space_behind_a_delimiter(line: bytes) -> None:
    """White space may follow a boundary (RFC 2046 s5.1.1)."""
    assert [FIELDS] == contents(report().replace(b"--b\n", line + b"\n"))


@pytest.mark.parametrize("line", [b"--bc", b"--b.", b"--b-", b"-b", b" --b"], ids=ascii)
def test_lines_that_only_look_like_a_delimiter(line: bytes) -> None:
    """A longer boundary, or one that does not begin a line, divides nothing."""
    fields = FIELDS + b"X-Note: 1\n" + line + b"\nStatus: 5.1.1\n"

    assert [fields] == contents(report(fields=fields))
    assert [FIELDS] == contents(report().replace(b"failed\n", line + b"\nfailed\n"))
    assert [FIELDS] == contents(report().replace(b"\n--b\n", b"\n" + line + b"\n--b\n", 1))


@pytest.mark.requirement("6522-3-03")
@pytest.mark.requirement("6522-3-08")
def test_preamble_and_nested_parts() -> None:
    """A preamble is passed over; an explanation may be a multipart with parts of its own."""
    alternative = b"Content-Type: multipart/alternative; boundary=i\n\n" + parts(
        b"\nfailed\n", b"Content-Type: text/html\n\n<p>failed\n", boundary=b"i"
    )
    octets = (
        REPORT + b"\nThis is MIME.\n--c\n" + parts(alternative, LABEL + b"\n" + FIELDS, RETURNED)
    )
    (part,) = locate(octets)

    assert FIELDS == octets[part.start : part.end]
    assert octets[part.explanation :].startswith(alternative)
    assert (1, 1) == (part.index, part.depth)


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        (b"--b--\n", FIELDS),
        (b"", FIELDS + b"\n"),
        (b"--b", FIELDS),
        (b"--b\n", FIELDS),
        (b"--b\nContent-Type: mess", FIELDS),
    ],
    ids=["closed", "cut off", "in the delimiter", "behind it", "in the next header"],
)
def test_nothing_behind_the_status_part(behind: bytes, expected: bytes) -> None:
    """The status part ends at the next delimiter or the end, whatever is left of the rest."""
    octets = REPORT + b"\n--b\n\nfailed\n--b\n" + LABEL + b"\n" + FIELDS + b"\n" + behind

    assert [expected] == contents(octets)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_an_empty_status_part(line_end: bytes) -> None:
    """A status part without content ends where it begins."""
    octets = (REPORT + b"\n--b\n\nfailed\n--b\n" + LABEL + b"\n--b--\n").replace(b"\n", line_end)

    assert [b""] == contents(octets)


def test_a_message_that_is_a_status_part() -> None:
    """A status part may be all there is."""
    octets = b"Subject: failed\n" + LABEL + b"\n" + FIELDS
    (part,) = locate(octets)

    assert FIELDS == octets[part.start : part.end]
    assert ("", None, -1, None) == (
        part.container,
        part.report_type,
        part.explanation,
        part.returned,
    )


@pytest.mark.parametrize(
    "front",
    [
        b"From a@example.org Mon Mar  2 10:15:01 2026\n",
        b">From a@example.org Mon Mar  2 10:15:01 2026\n",
        b"\n\r\n\nFrom a\nFrom b\n",
        b"\n\n",
    ],
    ids=["mbox", "quoted mbox", "several", "empty lines"],
)
def test_what_stands_before_the_header(front: bytes) -> None:
    """An mbox separator and empty lines are passed over."""
    assert [FIELDS] == contents(front + report())


@pytest.mark.requirement("3464-2.1-03")
@pytest.mark.parametrize("first", [b"Reporting-MTA", b"final-recipient", b"ORIGINAL-RECIPIENT "])
def test_fields_that_follow_the_header_at_once(first: bytes) -> None:
    """Without an empty line the content begins with the first field of a report."""
    fields = FIELDS.replace(b"Reporting-MTA", first)
    octets = report(fields=fields).replace(LABEL + b"\n", LABEL + b"X-Note: 1\n")
    (part,) = locate(octets)

    assert fields == octets[part.start : part.end]
    assert (("status-part-header", octets.index(first)),) == part.notes


# ------------------------------------------------------------------- odd structure


@pytest.mark.requirement("3464-2-04")
@pytest.mark.parametrize(
    ("label", "fields", "is_found"),
    [
        (b"Content-Type: text/plain\n", FIELDS, True),
        (b"", FIELDS, True),
        (b"", b"\n  " + FIELDS, True),
        (b"", b"arrival-date: x\n" + FIELDS, True),
        (b"Content-Type: text/plain\n", b"Dear Ann,\n" + FIELDS, False),
        (b"Content-Type: text/html\n", FIELDS, False),
        (b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n", FIELDS, False),
    ],
    ids=["text", "no label", "white space", "other field", "other text", "html", "base64"],
)
def test_a_status_part_by_another_name(
    label: bytes,
    fields: bytes,
    is_found: bool,  # noqa: FBT001  a column of the table
) -> None:
    """A text behind the explanation that begins with a report's field is its status part."""
    found = locate(report(label=label, fields=fields))

    assert is_found == bool(found)
    assert [("status-part-type",)] * is_found == [
        tuple(code for code, _ in part.notes) for part in found
    ]


def test_a_first_part_is_no_relabelled_status_part() -> None:
    """What stands first is the explanation, even if it quotes the fields."""
    octets = REPORT + b"\n" + parts(b"\n" + FIELDS, b"Content-Type: text/html\n\n<p>failed\n")

    assert [] == locate(octets)


@pytest.mark.requirement("3464-2-02")
@pytest.mark.requirement("6522-3-04")
@pytest.mark.parametrize("report_type", [b"feedback-report", b"disposition-notification", b"x"])
def test_reports_of_other_types(report_type: bytes) -> None:
    """In another kind of report only a part with the right label is a status part."""
    top = REPORT.replace(b"delivery-status", report_type)

    assert [] == locate(report(top=top, label=b"Content-Type: text/plain\n"))
    assert [report_type.decode()] == [part.report_type for part in locate(report(top=top))]


@pytest.mark.requirement("6522-1-01")
def test_what_another_kind_of_report_returns_is_not_read() -> None:
    """A report that was complained about is the subject of the complaint."""
    top = REPORT.replace(b"delivery-status", b"feedback-report")
    inner = b"Content-Type: message/rfc822\n\n" + report().replace(b"--b", b"--i").replace(
        b"=b\n", b"=i\n"
    )
    octets = (
        top + b"\n" + parts(b"\nabuse\n", b"Content-Type: message/feedback-report\n\nA: b\n", inner)
    )

    assert [] == locate(octets)


@pytest.mark.requirement("6522-1-01")
def test_reports_side_by_side() -> None:
    """In a mixed message every report is found, in order, with its depth."""
    other = FIELDS.replace(b"ann", b"bob")
    octets = b"Content-Type: multipart/mixed; boundary=o\n\n" + parts(
        b"\nsee below\n",
        report(),
        b"Content-Type: message/rfc822\n\n" + report(fields=other),
        boundary=b"o",
    )

    assert [FIELDS, other] == contents(octets)
    assert [2, 3] == [part.depth for part in locate(octets)]


def test_a_nested_part_ends_with_what_holds_it() -> None:
    """A report that nothing closes goes no further than the part that holds it."""
    octets = b"Content-Type: multipart/mixed; boundary=o\n\n" + parts(
        REPORT + b"\n--b\n\nfailed\n--b\n" + LABEL + b"\n" + FIELDS,
        b"\n--b\n" + LABEL + b"\nFinal-Recipient: rfc822; eve@example.net\n",
        boundary=b"o",
    )

    assert [FIELDS] == contents(octets)


def test_status_parts_in_one_report() -> None:
    """A report may have several status parts; what stands between is returned by the first."""
    other = FIELDS.replace(b"ann", b"bob")
    octets = REPORT + b"\n" + parts(b"\nfailed\n", LABEL + b"\n" + FIELDS, LABEL + b"\n" + other)

    assert [FIELDS, other] == contents(octets)
    assert [None, None] == [part.returned for part in locate(octets)]
    assert [1, 2] == [part.index for part in locate(octets)]


def test_status_parts_in_a_mixed_message() -> None:
    """Outside a report a status part may follow any other part."""
    other = FIELDS.replace(b"ann", b"bob")
    octets = b"Content-Type: multipart/mixed; boundary=b\n\n" + parts(
        LABEL + b"\n" + FIELDS, b"\ntext\n", LABEL + b"\n" + other
    )

    assert [FIELDS, other] == contents(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"Subject: x",
        b"Subject: x\n\nContent-Type: message/delivery-status\n",
        b"Content-Type: text/plain\n\n" + FIELDS,
        b"Content-Type: message/rfc822\n\nSubject: x\n\ny\n",
        b"Content-Type: multipart/report\n\n" + FIELDS,
        REPORT,
        REPORT + b"\n--b",
        REPORT + b"\n--b--\n" + LABEL + b"\n" + FIELDS,
        REPORT + b"\n" + parts(RETURNED, RETURNED),
        b"From ",
    ],
    ids=[
        "empty", "header", "label in the body", "text", "message", "no boundary", "no body",
        "one delimiter", "epilogue", "no status part", "mbox line",
    ],
)  # fmt: skip
def test_messages_without_a_status_part(octets: bytes) -> None:
    """Where the structure leads to no status part, none is found."""
    assert [] == locate(octets)


@given(damaged(report_messages()))
def test_places_lie_in_the_message(octets: bytes) -> None:
    """Whatever the message is, places are in order and in the message."""
    for part in locate(octets):
        assert 0 <= part.header <= part.start <= part.end <= len(octets)
        assert part.explanation <= part.header
        if part.returned is not None:
            _, header, start, stop = part.returned
            assert part.end <= header <= start <= stop <= len(octets)
            assert part.delimiter


# -------------------------------------------------------------------- by its marks

DAEMON = b"From: Mail Delivery <MAILER-DAEMON@example.org>\n"


@pytest.mark.parametrize(
    "header",
    [
        DAEMON,
        b"from : postmaster@example.org\n",
        b"Return-Path: <>\nFrom: a@example.org\n",
        b"Return-Path: < >\n",
        b"Sender: Mail Delivery Subsystem <x@example.org>\n",
    ],
    ids=["daemon", "postmaster", "null path", "odd null path", "sender"],
)
def test_fields_in_the_text_of_a_mail_system(header: bytes) -> None:
    """A text that a mail system sent is read from the first field on."""
    octets = header + b"Subject: x\n\nSorry.\n\n" + FIELDS

    assert [] == locate(octets)
    assert [FIELDS] == salvage(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"From: ann@example.org\n\nlook:\n" + FIELDS,
        b"From: ann@example.org\nSubject: mailer-daemon\n\n" + FIELDS,
        b"From: ann@example.org\n\nFrom: mailer-daemon\n" + FIELDS,
        b"From: ann@example.org\n"
        + REPORT.replace(b"report;", b"mixed;")
        + b"\n"
        + parts(b"\nlook:\n" + FIELDS),
        DAEMON + b"\nSorry.\n",
        DAEMON + b"\n> " + FIELDS.replace(b"\n", b"\n> "),
        b"",
    ],
    ids=["quoted", "subject", "body", "parts", "no fields", "quoted with marks", "empty"],
)
def test_what_is_not_salvaged(octets: bytes) -> None:
    """A person's mail that quotes a report, and a mail system's without fields, yield nothing."""
    assert [] == salvage(octets)


@pytest.mark.requirement("6522-3-03")
@pytest.mark.parametrize(
    "top",
    [
        b"Content-Type: multipart/report; report-type=delivery-status\n",
        REPORT.replace(b"=b", b"=wrong"),
    ],
    ids=["boundary missing", "boundary wrong"],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_report_whose_boundary_is_lost(top: bytes, line_end: bytes) -> None:
    """The status part's label leads to it, the line before tells the boundary."""
    octets = report(top=top).replace(b"\n", line_end)
    assert [FIELDS.replace(b"\n", line_end)] == salvage(octets)
    (part,) = salvage_status_parts(octets, LIMITS)

    assert [] == locate(octets)
    assert b"\n--b" == part.delimiter
    assert part.returned is not None
    assert octets[part.returned[2] :].startswith(b"Subject: lunch")
    assert ("multipart/report", "delivery-status") == (part.container, part.report_type)
    assert ["report-structure"] == [code for code, _ in part.notes]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (LABEL + b"\n" + FIELDS, FIELDS),
        (b"--b\n" + LABEL + b"\n" + FIELDS, FIELDS),
        (b"--b\n" + LABEL + b"\n" + FIELDS + b"\n--b--\n", FIELDS),
        (b"--b\n" + LABEL + b"\n" + FIELDS + b"\n--b", FIELDS),
        (b"--" + b"x" * 2000 + b"\n" + LABEL + b"\n" + FIELDS, FIELDS),
        (b"--b\nX-Note: 1\n" + LABEL + FIELDS, FIELDS),
    ],
    ids=["no delimiter", "nothing behind", "closed", "cut off", "over-long", "no empty line"],
)
def test_a_label_without_structure(body: bytes, expected: bytes) -> None:
    """A status part's label is enough; without a delimiter the part goes on to the end."""
    octets = DAEMON + b"\nSorry.\n\n" + body

    assert [expected] == salvage(octets)
    assert salvage_status_parts(octets, LIMITS)[0].returned is None


@pytest.mark.parametrize(
    ("disposition", "is_found"),
    [
        (b"automatic-action/MDN-sent-automatically; deleted", True),
        (b"manual-action/MDN-sent-manually; displayed", False),
    ],
    ids=["rejected", "displayed"],
)
def test_a_receipt_that_says_that_the_message_was_refused(
    disposition: bytes,
    is_found: bool,  # noqa: FBT001  a column of the table
) -> None:
    """Of receipts only the one that Sieve's reject sends is a bounce (RFC 5429 s2.1.2)."""
    fields = b"Final-Recipient: rfc822; ann@example.net\nDisposition: " + disposition + b"\n"
    octets = DAEMON + report(
        top=REPORT.replace(b"delivery-status", b"disposition-notification"),
        label=b"Content-Type: message/disposition-notification\n",
        fields=fields,
    )

    assert [] == locate(octets)
    assert is_found == bool(salvage(octets))
    assert all(found.startswith(fields) for found in salvage(octets))


def test_fields_in_a_text_have_a_bound() -> None:
    """A text has no end of its own, so no more than some hundred recipients are taken."""
    octets = DAEMON + b"\n" + FIELDS + b"x" * (1 << 20)

    assert [1 << 18] == [len(found) for found in salvage(octets)]


def test_the_header_of_a_salvaged_message_is_bounded() -> None:
    """A header beyond the bound is refused here too."""
    octets = DAEMON + b"X: " + b"x" * 500 + b"\n\n" + FIELDS

    for read in (may_be_salvaged, salvage_status_parts):
        with pytest.raises(LimitExceeded):
            read(octets, Limits(header_octets=400))


@given(damaged(report_messages()) | st.binary(max_size=100))
def test_salvaged_places_lie_in_the_message(octets: bytes) -> None:
    """Whatever the message is, a salvaged part is a place in it."""
    for part in salvage_status_parts(octets, LIMITS):
        assert 0 <= part.header <= part.start <= part.end <= len(octets)
        if part.returned is not None:
            assert part.end <= part.returned[1] <= part.returned[2] <= len(octets)


# ------------------------------------------------------------------------- limits


def test_parts_are_counted_over_all_levels() -> None:
    """Nested parts count, and parts before the status part."""
    octets = b"Content-Type: multipart/mixed; boundary=o\n\n" + parts(
        b"\n1\n", b"\n2\n", report(), boundary=b"o"
    )

    assert locate_status_parts(octets, Limits(parts=5))
    with pytest.raises(LimitExceeded, match="more than 4 parts"):
        locate_status_parts(octets, Limits(parts=4))


def test_labels_of_a_long_header() -> None:
    """The header of a part is read in any length."""
    label = b"X-Note: " + b"x" * 2000 + b"\n" + LABEL + b"Content-Transfer-Encoding:\n BASE64\n"
    (part,) = locate(report(label=label))

    assert ("message/delivery-status", "base64") == (
        part.labels.media_type,
        part.labels.encoding,
    )
    assert isinstance(part.labels, Labels)
