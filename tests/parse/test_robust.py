"""Whatever arrives, the readers give values or the errors that they document.

Octets at random seldom get past the first line of a parser, so most inputs here
are fixtures with a few places damaged.
"""

import contextlib
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given

from dsnlib import (
    DeliveryReport,
    LimitExceeded,
    Limits,
    MalformedReport,
    NotADeliveryReport,
    parse_report,
    read_reports,
)

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURES = tuple(
    path.read_bytes() for path in sorted((ROOT / "tests" / "data" / "reports").glob("*.eml"))
)
TIGHT = Limits(header_octets=300, status_octets=400, parts=3, recipients=1, nesting=2)

# What a transfer, a gateway or an attacker may put anywhere.
INSERTED = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [
            b"\r",
            b"\n",
            b"\r\n\r\n",
            b"\n ",
            b":",
            b";",
            b'"',
            b"\\",
            b"(",
            b")",
            b"--",
            b"=",
            b"=3D",
            b"\x00",
            b"\x1b$B",
            b"\xe4",
            b"\xe2\x80\xa8",
            b"\nContent-Transfer-Encoding: base64\n",
            b"\nContent-Type: message/rfc822\n\n",
            b"\nContent-Type: message/delivery-status\n\n",
            b"\nFinal-Recipient: rfc822; a@example.org\n",
            b"\nSubject: =?utf-8?b?w6Q?= =?x?q?=?=\n",
        ]
    ),
)


@st.composite
def damaged_fixtures(draw: st.DrawFn) -> bytes:
    """A fixture with places flipped, deleted, doubled or filled, or cut short."""
    data = draw(st.sampled_from(FIXTURES))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 60))
        what = draw(st.sampled_from(["flip", "delete", "double", "insert", "truncate", "move"]))
        head, middle, tail = data[:place], data[place : place + length], data[place + length :]
        if what == "flip" and tail:
            data = head + middle + bytes((tail[0] ^ draw(st.integers(1, 255)),)) + tail[1:]
        elif what == "delete":
            data = head + tail
        elif what == "double":
            data = head + middle + middle + tail
        elif what == "insert":
            data = head + draw(INSERTED) + middle + tail
        elif what == "truncate":
            data = head + middle
        elif what == "move":
            data = head + tail + middle
    ends = draw(st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"]))
    return data if ends == b"\n" else data.replace(b"\n", ends)


MESSAGES = st.one_of(damaged_fixtures(), st.binary(max_size=300))


def _read(message: bytes) -> tuple[DeliveryReport, ...]:
    # At this size nothing reaches a limit.
    return read_reports(message)


@given(MESSAGES)
def test_read_reports_gives_values(message: bytes) -> None:
    """Tolerant reading of any octets yields reports and nothing else."""
    for report in _read(message):
        assert isinstance(report, DeliveryReport)


@given(MESSAGES)
def test_parse_report_gives_a_report_or_a_documented_error(message: bytes) -> None:
    """Strict reading has four outcomes, and a report among them has no defects."""
    try:
        report = parse_report(message)
    except NotADeliveryReport:
        return
    except MalformedReport as error:
        defects = error.defects
    else:
        assert () == report.defects
        return
    assert len(defects) > 0


@given(MESSAGES)
def test_tight_limits_refuse_or_change_nothing(message: bytes) -> None:
    """A limit is a refusal, never another reading."""
    # A refusal is one of the two outcomes; which one is for other tests.
    with contextlib.suppress(LimitExceeded):
        assert read_reports(message) == read_reports(message, limits=TIGHT)


@given(MESSAGES)
def test_places_lie_in_the_message(message: bytes) -> None:
    """Every offset of a defect and of a returned message is one into the input."""
    for report in _read(message):
        for defect in report.defects:
            assert defect.offset is None or 0 <= defect.offset <= len(message)
        if report.returned is not None:
            returned = report.returned
            assert 0 <= returned.start <= returned.end <= returned.limit <= len(message)


@given(MESSAGES)
def test_returned_content_can_be_asked_for_everything(message: bytes) -> None:
    """What came back is given as octets and as text, or left out; never an error."""
    for report in _read(message):
        if report.returned is not None:
            octets = report.returned.octets()
            assert len(octets) <= max(report.returned.end - report.returned.start, 0)
            assert len(report.returned.header_octets()) <= len(octets) + 1
            original = report.returned.message()
            assert isinstance(original.subject, str | None)
            assert isinstance(original.text, str)


@given(MESSAGES)
def test_reports_can_be_written_as_fields(message: bytes) -> None:
    """A field that was read can be put into a message of the standard library."""
    for report in _read(message):
        groups = report.as_email_message().get_payload()
        assert len(report.recipients) + 1 == len(groups)
        assert all(text.isprintable() or "\n" not in text for _, text in report.message.items())
        assert isinstance(report.is_bounce, bool)


@given(MESSAGES)
def test_line_ends_make_no_difference_to_the_cr_twin(message: bytes) -> None:
    """A message with CR for LF reads as the message itself."""
    if b"\r" not in message and b"\n" in message:
        assert read_reports(message) == read_reports(message.replace(b"\n", b"\r"))
