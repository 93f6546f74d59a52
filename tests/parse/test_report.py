"""Reports are found in messages of every shape, and say what the RFCs say they say."""

from __future__ import annotations

import base64
import email
import email.policy
import io
import json
import quopri
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given

from dsnlib.errors import LimitExceeded, MalformedReport, NotADeliveryReport
from dsnlib.model.date import parse_date
from dsnlib.model.report import Action, Kind
from dsnlib.model.text import replace_controls
from dsnlib.parse.defects import DEFECTS
from dsnlib.parse.limits import Limits
from dsnlib.parse.report import parse_report, read_octets, read_reports
from tests.strategies import report_messages, reports_with_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from email.message import Message

    from dsnlib.errors import Defect
    from dsnlib.model.report import DeliveryReport, RecipientFields
    from dsnlib.model.returned import ReturnedContent

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = sorted((ROOT / "tests" / "data" / "reports").glob("*.eml"))
ORACLES: dict[str, Any] = {
    path.stem: json.loads(path.with_suffix(".json").read_bytes()) for path in FIXTURES
}
CONFORMING = [path for path in FIXTURES if ORACLES[path.stem]["conforming"]]
LINE_ENDS = {"LF": b"\n", "CRLF": b"\r\n", "CR": b"\r"}
CATALOGUE = {
    requirement["id"]
    for path in (ROOT / "rfc" / "requirements").glob("*.toml")
    for requirement in tomllib.loads(path.read_text(encoding="utf-8"))["requirement"]
}

REPORTING_MTA = "Reporting-MTA: dns; mx.example.org\n"
BOB = "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
EVE = "Final-Recipient: rfc822; eve@example.net\nAction: delayed\nStatus: 4.4.1\n"
STATUS = f"{REPORTING_MTA}\n{BOB}"
LABEL = "Content-Type: message/delivery-status\n"
GLOBAL_LABEL = "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n"
REPORT = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
MIXED = "Content-Type: multipart/mixed; boundary=b\n"
ORIGINAL = "Message-ID: <1@example.org>\nSubject: lunch\n\nAt one?\n"


def build(
    status: str = STATUS,
    *,
    label: str = LABEL,
    container: str = REPORT,
    header: str = "From: MAILER-DAEMON@example.org\nMIME-Version: 1.0\n",
    explanation: str = "\nNobody is called so.\n",
    returned: str | None = f"Content-Type: message/rfc822\n\n{ORIGINAL}",
    closing: str = "--b--\n",
) -> bytes:
    """Return a report of three parts; each argument replaces one thing in it."""
    parts = [explanation, f"{label}\n{status}"]
    if returned is not None:
        parts.append(returned)
    body = "".join(f"--b\n{part}\n" for part in parts)
    return f"{header}{container}\n{body}{closing}".encode("utf-8", "surrogateescape")


def with_line_ends(octets: bytes, line_end: bytes) -> bytes:
    """Return a message of LF lines with other line ends."""
    return octets.replace(b"\n", line_end)


def complaints(octets: bytes) -> tuple[Defect, ...]:
    """Return the breaches that strict reading tells of."""
    try:
        parse_report(octets)
    except NotADeliveryReport:
        return ()
    except MalformedReport as error:
        return error.defects
    return ()


def codes(defects: Sequence[Defect]) -> list[str]:
    """Return the codes of defects, in order."""
    return [defect.code for defect in defects]


def the_report(octets: bytes) -> DeliveryReport:
    """Return the one report in a message."""
    (report,) = read_reports(octets)
    return report


def the_returned(octets: bytes) -> ReturnedContent:
    """Return what the one report in a message returns."""
    returned = the_report(octets).returned
    assert returned is not None
    return returned


# ----------------------------------------------------------------- fixtures


def told(reports: Sequence[DeliveryReport]) -> dict[str, Any]:
    """Return what reports say, in the terms of tests/data/README.md."""
    kinds = [report.kind for report in reports if report.kind is not None]
    first = reports[0].message if reports else None
    mta = first.reporting_mta if first else None
    return {
        "is_bounce": any(report.is_bounce for report in reports),
        "kind": min(kinds, key=list(Kind).index).value if kinds else None,
        "envelope_id": first.original_envelope_id if first else None,
        "reporting_mta": mta.name if mta else None,
        "reports": [told_of(fields) for report in reports for fields in report.recipients],
    }


def told_of(fields: RecipientFields) -> dict[str, str | None]:
    """Return what is said about one recipient."""
    original, diagnostic, mta = (
        fields.original_recipient,
        fields.diagnostic_code,
        fields.remote_mta,
    )
    return {
        "recipient": fields.recipient,
        "original_recipient": None if original is None else original.address,
        "action": None if fields.action is None else fields.action.value,
        "status": None if fields.status is None else str(fields.status),
        "diagnostic": None if diagnostic is None else diagnostic.text,
        "remote_mta": None if mta is None else mta.name,
    }


def wanted(stem: str) -> dict[str, Any]:
    """Return what a fixture's oracle wants; a value never holds a control character."""
    oracle = {key: ORACLES[stem][key] for key in ("is_bounce", "kind", "envelope_id")}
    return {
        **oracle,
        "reporting_mta": ORACLES[stem]["reporting_mta"],
        "reports": [
            {key: text and replace_controls(text) for key, text in each.items()}
            for each in ORACLES[stem]["reports"]
        ],
    }


def _marks(stem: str) -> list[pytest.MarkDecorator]:
    """Return a mark for each requirement that a fixture's oracle names."""
    named = re.findall(r"\b\d{4}-[\w.]+-\d\d\b", ORACLES[stem]["why"])
    return [pytest.mark.requirement(each) for each in dict.fromkeys(named) if each in CATALOGUE]


def _in_every_form(paths: Sequence[Path]) -> list[Any]:
    return [
        pytest.param(path, end, id=f"{path.stem}-{name}", marks=_marks(path.stem))
        for path in paths
        for name, end in LINE_ENDS.items()
    ]


@pytest.mark.requirement("6522-1-02")
@pytest.mark.parametrize(("path", "line_end"), _in_every_form(FIXTURES))
def test_fixture_is_read_as_its_oracle_says(path: Path, line_end: bytes) -> None:
    """A message says what was written beside it from the RFCs, whatever its line ends."""
    octets = with_line_ends(path.read_bytes(), line_end)

    assert wanted(path.stem) == told(read_reports(octets))


@pytest.mark.parametrize(("path", "line_end"), _in_every_form(FIXTURES))
def test_strict_reading_accepts_what_conforms(path: Path, line_end: bytes) -> None:
    """Strict reading takes a conforming message and no other; both readings agree on it."""
    octets = with_line_ends(path.read_bytes(), line_end)
    if ORACLES[path.stem]["conforming"]:
        strict = parse_report(octets)
        assert (strict,) == read_reports(octets)
        assert () == strict.defects == read_reports(octets)[0].defects
    else:
        with pytest.raises((MalformedReport, NotADeliveryReport)):
            parse_report(octets)


def test_fixtures_show_each_kind_of_message() -> None:
    """The fixtures hold conforming, odd and foreign mail, and each kind of report."""
    kinds = {oracle["kind"] for oracle in ORACLES.values()}

    assert {None, *(kind.value for kind in Kind)} == kinds
    assert {True, False} == {oracle["conforming"] for oracle in ORACLES.values()}


def _is_text(octets: bytes) -> bool:
    """Tell whether all octets are UTF-8, as a status part's must be."""
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.requirement("3464-App-A-01")
@given(reports_with_messages())
def test_what_the_grammar_gives_is_read_back(pair: tuple[DeliveryReport, bytes]) -> None:
    """A report written by the grammar is read back as the value that was written."""
    report, octets = pair

    found = the_report(octets)

    assert (report.message, tuple(report.recipients)) == (found.message, found.recipients)
    if _is_text(octets):
        assert found == parse_report(octets)
        assert () == found.defects
    else:
        assert ["status-part-utf8"] == codes(found.defects) == codes(complaints(octets))


@given(report_messages())
def test_line_ends_make_no_difference(octets: bytes) -> None:
    """A report and its twins with other line ends say the same."""
    plain = octets.replace(b"\r\n", b"\n")
    report = the_report(plain)

    for line_end in LINE_ENDS.values():
        twin = the_report(with_line_ends(plain, line_end))
        assert (report.message, report.recipients) == (twin.message, twin.recipients)
        assert codes(report.defects) == codes(twin.defects)
        assert (report.returned is None) == (twin.returned is None)


# ------------------------------------------------------------- kinds of input


def _as_message(octets: bytes) -> Message:
    return email.message_from_bytes(octets)


def _as_email_message(octets: bytes) -> Message:
    return email.message_from_bytes(octets, policy=email.policy.default)


@pytest.mark.parametrize(
    "make",
    [bytes, bytearray, memoryview, io.BytesIO, _as_message, _as_email_message],
    ids=["bytes", "bytearray", "memoryview", "BytesIO", "Message", "EmailMessage"],
)
def test_kinds_of_input(make: Callable[[bytes], Any]) -> None:
    """Octets, a binary file and a message of the standard library all read alike."""
    octets = build()
    expected = parse_report(octets)

    found = parse_report(make(octets))

    assert (expected.message, expected.recipients) == (found.message, found.recipients)
    assert (found,) == read_reports(make(octets))


def test_open_file(tmp_path: Path) -> None:
    """A file that is open in binary mode is read to its end."""
    path = tmp_path / "report.eml"
    path.write_bytes(build())

    with path.open("rb") as file:
        assert parse_report(build()) == parse_report(file)
        assert b"" == file.read()


@pytest.mark.parametrize("policy", [email.policy.compat32, email.policy.default], ids=str)
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixture_as_a_message_of_the_standard_library(
    path: Path, policy: email.policy.Policy[Any]
) -> None:
    """What the standard library has taken apart says the same as its octets."""
    if path.stem == "status-part-quoted-printable":
        pytest.skip("the standard library takes encoded lines for fields and loses their breaks")

    message = email.message_from_bytes(path.read_bytes(), policy=policy)

    assert told(read_reports(path.read_bytes())) == told(read_reports(message))


@pytest.mark.parametrize(
    "data",
    [None, 7, "text", ["bytes"], io.StringIO("From: a\n"), object()],
    ids=["None", "int", "str", "list", "text file", "object"],
)
def test_other_input_is_a_type_error(data: Any) -> None:  # noqa: ANN401  whatever a caller has
    """Anything but octets, a binary file or a message is refused by its type."""
    for read in (parse_report, read_reports, read_octets):
        with pytest.raises(TypeError, match="octets, a binary file or a message wanted"):
            read(data)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", b""),
        (b"a\rb\r", b"a\nb\n"),
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\rb\n", b"a\rb\n"),
        (b"no line end", b"no line end"),
    ],
    ids=["empty", "CR", "CRLF", "mixed", "none"],
)
def test_read_octets_turns_lone_crs_into_lfs(octets: bytes, expected: bytes) -> None:
    """Only a message without any LF has its CRs changed, octet for octet."""
    assert expected == read_octets(octets)


def test_a_message_without_a_report() -> None:
    """Tolerant reading finds nothing in other mail, strict reading says so."""
    octets = b"From: ann@example.org\nSubject: lunch\n\nAt one?\n"

    assert () == read_reports(octets)
    with pytest.raises(NotADeliveryReport, match="no delivery status notification"):
        parse_report(octets)


@pytest.mark.parametrize(
    "octets", [b"", b"\n", b"\r", b"\r\n", b"\x00", b"From \n", b":"], ids=repr
)
def test_hardly_anything(octets: bytes) -> None:
    """The shortest inputs are no reports, and no reason to fail."""
    assert () == read_reports(octets)


# ------------------------------------------------------------------ defects

# Code -> a message that has the defect and, as far as it can be, no other.
DAMAGED: dict[str, bytes] = {
    "action-missing": build(STATUS.replace("Action: failed\n", "")),
    "action-status": build(STATUS.replace("5.1.1", "2.1.1")),
    "action-value": build(STATUS.replace("failed", "bounced")),
    "address": build(STATUS.replace("rfc822; ", "")),
    "address-brackets": build(STATUS.replace("bob@example.net", "<bob@example.net>")),
    "address-utf8": build(STATUS.replace("bob@", "böb@"), label=GLOBAL_LABEL),
    "blank-line-extra": build(STATUS.replace("\n\n", "\n\n\n")),
    "blank-line-missing": build(STATUS.replace("\n\n", "\n")),
    "blank-line-space": build(STATUS.replace("\n\n", "\n \t\n")),
    "blank-line-stray": build(STATUS.replace("Status", "\nStatus")),
    "closing-boundary": build(closing=""),
    "date": build(STATUS.replace("\n\n", "\nArrival-Date: 2026-03-02T10:15:01Z\n\n")),
    "diagnostic": build(f"{STATUS}Diagnostic-Code: 550 no\n"),
    "field-control": build(f"{STATUS}X-Note: \x1b[1m\n"),
    "field-duplicate": build(f"{STATUS}Status: 5.1.2\n"),
    "field-place": build(f"{STATUS}Original-Envelope-Id: 7\n"),
    "field-space": build(STATUS.replace("Action:", "Action :")),
    "field-syntax": build(STATUS.replace("Action:", "Dear Ann\nAction:")),
    "final-recipient-missing": build(STATUS.replace("Final", "Original")),
    "group-missing": build(REPORTING_MTA),
    "localized": build(f"{STATUS}Diagnostic-Code: smtp; 550\nLocalized-Diagnostic: nein\n"),
    "localized-alone": build(f"{STATUS}Localized-Diagnostic: de; nein\n"),
    "localized-language": build(
        f"{STATUS}Diagnostic-Code: smtp; 550\n"
        "Localized-Diagnostic: de; nein\nLocalized-Diagnostic: DE; nee\n"
    ),
    "mbox-line": b"From a@example.org Mon Mar  2 10:15:01 2026\n" + build(),
    "global-encoding": build(
        f"{STATUS}X-Note: für\n", label=GLOBAL_LABEL.partition("\n")[0] + "\n"
    ),
    "mime-version": build(header="From: MAILER-DAEMON@example.org\n"),
    "mta-name": build(STATUS.replace("dns; ", "")),
    "recipient-elsewhere": build(REPORTING_MTA, explanation="\n<bob@example.net>\n"),
    "report-container": build(container=MIXED),
    "report-nested": build().replace(
        REPORT.encode(),
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" + REPORT.encode(),
    )
    + b"--a--\n",
    "report-part-order": build().replace(b"--b\n\nNobody is called so.\n\n", b""),
    "report-parts": build(closing="--b\n\nfour\n--b--\n"),
    "report-structure": build().replace(b"\n--b", b"\n--c"),
    "report-type": build(container=REPORT.replace("delivery-status", "feedback-report")),
    "report-type-missing": build(container="Content-Type: multipart/report; boundary=b\n"),
    "reporting-mta-missing": build(STATUS.replace("Reporting-MTA", "Received-From-MTA")),
    "retry-not-delayed": build(f"{STATUS}Will-Retry-Until: Mon, 2 Mar 2026 10:15:01 +0100\n"),
    "status-leading-zero": build(STATUS.replace("5.1.1", "5.01.1")),
    "status-missing": build(STATUS.replace("Status: 5.1.1\n", "")),
    "status-part-8bit": build(f"{STATUS}X-Note: für\n"),
    "status-part-encoding": build(label=f"{LABEL}Content-Transfer-Encoding: 8bit\n"),
    "status-part-header": build().replace(LABEL.encode() + b"\n", LABEL.encode()),
    "status-part-parameter": build(label="Content-Type: message/delivery-status; charset=x\n"),
    "status-part-type": build(label="Content-Type: text/plain\n"),
    "status-part-utf8": build(f"{STATUS}X-Note: f\udcfcr\n", label=GLOBAL_LABEL),
    "status-syntax": build(STATUS.replace("5.1.1", "5.1")),
    "status-text": build(STATUS.replace("5.1.1", "5.1.1 bad mailbox")),
}
# What cannot be broken alone, and what is broken with it.
TOGETHER = {
    "recipient-elsewhere": {"group-missing", "action-missing", "status-missing"},
    "report-part-order": {"report-parts"},
    "status-part-8bit": {"status-part-8bit"},
}


@pytest.mark.parametrize("code", DAMAGED)
def test_a_breach_has_its_code(code: str) -> None:
    """Each breach is told by its code, and a message with one fault has no other code."""
    found = codes(complaints(DAMAGED[code]))

    assert code in found
    assert set(found) <= {code} | TOGETHER.get(code, set())


def test_what_the_damaged_messages_were_made_of() -> None:
    """The message that each of them damages breaks nothing."""
    assert () == complaints(build())
    assert () == complaints(build(f"{REPORTING_MTA}\n{BOB}\n{EVE}", label=GLOBAL_LABEL))


def test_every_code_is_met() -> None:
    """No code stands in the table that nothing can bring about, and none is missing there."""
    assert sorted(DEFECTS) == sorted(DAMAGED)


@pytest.mark.parametrize(
    "octets",
    [path.read_bytes() for path in FIXTURES] + list(DAMAGED.values()),
    ids=[path.stem for path in FIXTURES] + list(DAMAGED),
)
def test_every_defect_is_in_the_table(octets: bytes) -> None:
    """A defect's code, rule and words are those of its row, and the rule is in the catalogue."""
    for defect in complaints(octets):
        rule = DEFECTS[defect.code]
        assert rule.requirement == defect.requirement
        assert rule.requirement is None or rule.requirement in CATALOGUE
        assert defect.message.startswith(rule.title)


@pytest.mark.parametrize("code", sorted(set(DAMAGED) - {"closing-boundary", "report-parts"}))
def test_tolerant_reading_tells_of_it_too(code: str) -> None:
    """What is seen without a search of the returned message is told by both readings."""
    later = {"closing-boundary", "report-parts", "mbox-line", "mime-version"}
    found = [defect for report in read_reports(DAMAGED[code]) for defect in report.defects]

    assert [each for each in codes(complaints(DAMAGED[code])) if each not in later] == codes(found)


def test_strict_reading_names_every_breach() -> None:
    """The error shows the first breach, counts the others, and carries them all."""
    octets = build(STATUS.replace("Action:", "Action :").replace("Status:", "Status :"))

    with pytest.raises(
        MalformedReport, match=r"^field-space at octet \d+: .* \(and 1 more\)$"
    ) as at:
        parse_report(octets)
    with pytest.raises(MalformedReport, match=r"^field-space .* \[3464-2\.1\.1-01\]$"):
        parse_report(DAMAGED["field-space"])

    assert ["field-space", "field-space"] == codes(at.value.defects)


def test_defects_are_told_when_asked_and_stay() -> None:
    """Asked twice, a report gives the same defects."""
    report = the_report(DAMAGED["field-space"])

    assert report.defects is report.defects
    assert ["field-space"] == codes(report.defects)


def test_defects_are_in_the_order_of_the_input() -> None:
    """`MalformedReport.defects` has every breach, in the order of the input."""
    octets = build(
        STATUS.replace("Action:", "Action :"),
        label="Content-Type: message/delivery-status; charset=x\n",
        closing="",
    )
    octets = b"From a@example.org Mon Mar  2 10:15:01 2026\n" + octets

    expected = ["mbox-line", "status-part-parameter", "field-space", "closing-boundary"]
    assert expected == codes(complaints(octets))


@pytest.mark.requirement("6522-3-05")
def test_a_second_status_part_is_a_breach() -> None:
    """A message with a report that breaks a rule is refused, whichever report it is."""
    octets = build(returned=f"{LABEL}\n{REPORTING_MTA}\n{EVE}")

    assert 2 == len(read_reports(octets))
    with pytest.raises(MalformedReport):
        parse_report(octets)


# ------------------------------------------------------------------ offsets

POINTED_AT = {
    "action-missing": ["Final-Recipient: rfc822; "],
    "action-words-not-in-the-rfc": ["Action: failure", "Action: Error"],
    "blank-line-missing-after-part-header": ["Reporting-MTA: dns; mail.example.org"],
    "blank-line-missing-before-group": ["Final-Recipient: "],
    "control-characters-in-diagnostic": ["Diagnostic-Code: "],
    "dates-in-iso-8601": ["Arrival-Date: ", "Last-Attempt-Date: ", "Will-Retry-Until: "],
    "diagnostic-raw-latin-1": ["Reporting-MTA: "],
    "mbox-from-line": ["From "],
    "report-forwarded": ["Content-Type: message/delivery-status"],
    "status-followed-by-text": ["Status: ", "Status: "],
    "status-part-as-text-plain": ["Content-Type: text/plain"],
    "status-part-base64": ["Content-Type: message/delivery-status"],
    "status-twice-in-a-group": ["Status: "],
    "space-before-colon": [
        "Reporting-MTA :",
        "Final-Recipient :",
        "Action\t:",
        "Status  :",
        "Diagnostic-Code :",
    ],
    "truncated-in-status-part": [""],
}


def _offsets(octets: bytes) -> list[int]:
    return [defect.offset for defect in complaints(octets) if defect.offset is not None]


@pytest.mark.parametrize("stem", POINTED_AT)
def test_a_defect_points_at_its_line(stem: str) -> None:
    """The offset of a defect is where the line begins that breaks the rule."""
    octets = (ROOT / "tests" / "data" / "reports" / f"{stem}.eml").read_bytes()

    for line_end in LINE_ENDS.values():
        twin = with_line_ends(octets, line_end)
        lines = [twin[offset:].decode("latin-1") for offset in _offsets(twin)]
        assert len(POINTED_AT[stem]) == len(lines)
        for expected, line in zip(POINTED_AT[stem], lines, strict=True):
            assert line.startswith(expected)


@pytest.mark.parametrize(
    "octets",
    [path.read_bytes() for path in FIXTURES] + list(DAMAGED.values()),
    ids=[path.stem for path in FIXTURES] + list(DAMAGED),
)
def test_offsets_lie_in_the_message_and_move_with_the_line_ends(octets: bytes) -> None:
    """An offset is one into the input; in the CRLF twin it is the same place."""
    offsets = _offsets(octets)

    assert all(0 <= offset <= len(octets) for offset in offsets)
    begins = {0, len(octets), *(found.end() for found in re.finditer(b"\n", octets))}
    assert set(offsets) <= begins
    moved = [offset + octets.count(b"\n", 0, offset) for offset in offsets]
    assert moved == _offsets(with_line_ends(octets, b"\r\n"))
    assert offsets == _offsets(with_line_ends(octets, b"\r"))


# ------------------------------------------------------------------- limits

LONG_LABEL = f"{LABEL}X-Long: {'x' * 500}\n"
_NESTED = (
    b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=c\n"
    b"\n--c\n" + build().partition(b"1.0\n")[2] + b"\n--c--\n--a--\n"
)


@pytest.mark.parametrize(
    ("limit", "octets", "value"),
    [
        ("header_octets", build(label=LONG_LABEL), len(LONG_LABEL) + len("\n")),
        ("status_octets", build(), len(STATUS)),
        ("parts", build(returned=None), 2),
        ("parts", build(returned=None, closing="--b--\n--b\n\nepilogue\n--b\n"), 2),
        ("parts", build(container=MIXED, closing="--b\n\nfour\n--b--\n"), 4),
        ("parts", _NESTED, 4),
        ("recipients", build(f"{STATUS}\n{EVE}\n{BOB}"), 3),
        ("nesting", _NESTED, 3),
        ("nesting", build(), 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bound_is_met_beyond_its_value(limit: str, octets: bytes, value: int) -> None:
    """A message at a bound is read, one beyond it is refused by the bound's name and value."""
    expected = read_reports(octets)
    assert expected

    assert expected == read_reports(octets, limits=attrs.evolve(Limits(), **{limit: value}))
    tight = attrs.evolve(Limits(), **{limit: value - 1})
    for read in (parse_report, read_reports):
        with pytest.raises(LimitExceeded) as caught:
            read(octets, limits=tight)
        assert (limit, value - 1) == (caught.value.limit, caught.value.value)


@pytest.mark.parametrize(
    ("octets", "bound"),
    [
        (build(header=f"X-Long: {'x' * 500}\n"), 400),
        (build(header=f"X-Long: {'x' * 500}\n").replace(REPORT.encode(), b""), 400),
        (build(), build().index(b"boundary=b") + len(b"boundary=")),
        (build(), build().index(b"multipart/report") + len(b"multi")),
    ],
    ids=["before the type", "without a type", "in the boundary", "in the type"],
)
def test_a_bound_of_the_header_of_the_message(octets: bytes, bound: int) -> None:
    """A bound that ends the header before its Content-Type is a refusal, never another reading."""
    with pytest.raises(LimitExceeded) as caught:
        read_reports(octets, limits=Limits(header_octets=bound))

    assert ("header_octets", bound) == (caught.value.limit, caught.value.value)


def test_encoded_status_part_is_bounded_before_it_is_decoded() -> None:
    """A status part is bounded by the size it has in the message."""
    encoded = base64.encodebytes(STATUS.encode()).decode()
    octets = build(encoded, label=f"{LABEL}Content-Transfer-Encoding: base64\n")

    assert read_reports(octets, limits=Limits(status_octets=len(encoded)))
    with pytest.raises(LimitExceeded):
        read_reports(octets, limits=Limits(status_octets=len(encoded) - 1))


@pytest.mark.requirement("6533-7-01")
def test_bounds_have_room_for_what_systems_send() -> None:
    """No fixture comes near a default bound; each bound is there."""
    assert ["header_octets", "status_octets", "parts", "recipients", "nesting"] == [
        field.name for field in attrs.fields(Limits)
    ]
    tenth = Limits(**{name: value // 10 for name, value in attrs.asdict(Limits()).items()})
    for path in FIXTURES:
        assert read_reports(path.read_bytes()) == read_reports(path.read_bytes(), limits=tenth)


# ----------------------------------------------------------------- returned


@pytest.mark.parametrize("name", LINE_ENDS)
def test_returned_message(name: str) -> None:
    """The third part is found with its type, content and header, and no octet more."""
    octets = with_line_ends(build(), LINE_ENDS[name])
    returned = the_returned(octets)
    # A message of lone CRs is read as one of LFs, octet for octet.
    line_end = b"\n" if name == "CR" else LINE_ENDS[name]

    assert "message/rfc822" == returned.media_type
    assert "7bit" == returned.encoding
    assert returned.has_body
    assert with_line_ends(ORIGINAL.encode(), line_end) == returned.octets()
    assert octets.index(b"Message-ID") == returned.start
    assert octets.index(b"--b--") - len(LINE_ENDS[name]) == returned.end


@pytest.mark.requirement("6522-4-04")
@pytest.mark.parametrize(
    "line_end",
    [
        pytest.param(b"\n", id="LF"),
        pytest.param(
            b"\r\n",
            id="CRLF",
        ),
    ],
)
def test_returned_header_is_the_original_octet_for_octet(line_end: bytes) -> None:
    """The header block is everything before the first empty line, equal to the original."""
    header = with_line_ends(b"Message-ID: <1@example.org>\nSubject: lunch\n", line_end)

    returned = the_returned(with_line_ends(build(), line_end))

    assert header == returned.header_octets()


@pytest.mark.requirement("6522-4-05")
def test_returned_message_for_a_person() -> None:
    """What came back can be identified, and shows its text, attachments and Received fields."""
    original = (
        "Received: from a.example.org by b.example.org; Mon, 2 Mar 2026 10:15:01 +0100\n"
        "Received: from c.example.org by a.example.org; Mon, 2 Mar 2026 10:15:00 +0100\n"
        "MIME-Version: 1.0\nMessage-ID: <1@example.org>\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\n"
        "List-Id: Lunch <lunch.example.org>\nContent-Type: multipart/mixed; boundary=inner\n\n"
        "--inner\nContent-Type: text/plain\n\nAt one?\n"
        '--inner\nContent-Type: image/png; name="map.png"\n'
        'Content-Disposition: attachment; filename="map.png"\n'
        "Content-Transfer-Encoding: base64\n\nAAEC\n--inner--\n"
    )
    message = the_returned(build(returned=f"Content-Type: message/rfc822\n\n{original}")).message()

    assert ("grüße", "<1@example.org>") == (message.subject, message.message_id)
    assert "Lunch <lunch.example.org>" == message.list_id
    assert ["from a", "from c"] == [
        text[:6] for name, text in message.headers if name == "Received"
    ]
    assert "At one?" == message.text.strip()
    (attachment,) = message.attachments
    assert ("map.png", "image/png", b"\0\1\2") == (
        attachment.filename,
        attachment.media_type,
        attachment.octets,
    )


@pytest.mark.requirement("6522-4-01")
@pytest.mark.requirement("6522-4-02")
@pytest.mark.parametrize("label", ["text/rfc822-headers", "Text/RFC822-Headers; charset=utf-8"])
def test_returned_header_alone(label: str) -> None:
    """A part labelled as a header has no body; a parameter, which it may not have, is ignored."""
    header = "Message-ID: <1@example.org>\nSubject: lunch\n"
    returned = the_returned(build(returned=f"Content-Type: {label}\n\n{header}"))

    assert "text/rfc822-headers" == returned.media_type
    assert not returned.has_body
    assert header.encode() == returned.octets() == returned.header_octets()
    assert ("lunch", "<1@example.org>") == (
        returned.message().subject,
        returned.message().message_id,
    )


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    "octets",
    [
        build().replace(ORIGINAL.encode() + b"\n--b--", b"--b--"),
        build().replace(ORIGINAL.encode() + b"\n--b--\n", b""),
        build(returned="Content-Type: message/rfc822\n"),
        build(returned="Content-Type: message/rfc822", closing=""),
    ],
    ids=["shared line end", "cut off behind the header", "one empty line", "header cut off"],
)
def test_returned_part_may_be_empty(octets: bytes, line_end: bytes) -> None:
    """A returned part without content is there, and empty."""
    returned = the_returned(with_line_ends(octets, line_end))

    assert "message/rfc822" == returned.media_type
    assert b"" == returned.octets() == returned.header_octets()
    assert ((), "", ()) == attrs.astuple(returned.message())


def test_returned_part_that_nothing_closes() -> None:
    """Without a closing boundary the returned message goes on to the end."""
    octets = build(closing="")

    assert len(octets) == the_returned(octets).end
    assert ORIGINAL.encode() + b"\n" == the_returned(octets).octets()


@pytest.mark.requirement("6522-3-05")
def test_a_fourth_part_is_not_returned() -> None:
    """Of four parts the first three count, and strict reading complains."""
    octets = build(closing="--b\nContent-Type: text/html\n\nfour\n--b--\n")

    assert ORIGINAL.encode() == the_returned(octets).octets()
    assert ["report-parts"] == codes(complaints(octets))


@pytest.mark.requirement("3464-2-05")
@pytest.mark.requirement("6522-3-11")
def test_nothing_returned() -> None:
    """A report of two parts returns nothing, which is right."""
    assert parse_report(build(returned=None)).returned is None


@pytest.mark.requirement("6522-4-03")
@pytest.mark.requirement("6533-6.3-02")
@pytest.mark.parametrize("label", ["message/rfc822", "text/rfc822-headers", "message/global"])
@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("base64", base64.encodebytes),
        ("BASE64", base64.encodebytes),
        ("quoted-printable", quopri.encodestring),
        ("8bit", bytes),
    ],
)
def test_returned_part_is_decoded(
    label: str, encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    """The transfer encoding of what came back is undone, without loss."""
    original = "Subject: für dich = for you\n\n=C3 was not encoded\n".encode()
    head = f"Content-Type: {label}\nContent-Transfer-Encoding: {encoding}\n\n"
    returned = the_returned(
        build(returned="@").replace(b"--b\n@", b"--b\n" + head.encode() + encode(original))
    )

    assert encoding.lower() == returned.encoding
    assert original == returned.octets()
    assert original.partition(b"\n")[0] + b"\n" == returned.header_octets()
    assert "für dich = for you" == returned.message().subject


def test_returned_base64_that_was_cut_off() -> None:
    """Of a base64 part that was cut off, all whole groups are decoded."""
    head = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    octets = build(returned=head + base64.b64encode(ORIGINAL.encode()).decode(), closing="")

    returned = the_returned(octets.rstrip()[:-3])

    assert returned.octets().startswith(b"Message-ID: <1@example.org>\nSubject: lunch\n")


def test_returned_header_that_was_cut_off() -> None:
    """A header that ends in the middle of a line is given as far as it came."""
    octets = build(closing="")
    octets = octets[: octets.index(b"nch\n\nAt one")]
    returned = the_returned(octets)

    assert b"Message-ID: <1@example.org>\nSubject: lu" == returned.header_octets()
    assert "lu" == returned.message().subject


def test_a_report_that_is_returned_is_not_read() -> None:
    """Only the outer report counts; the one in its third part is what it returns."""
    inner = build(f"{REPORTING_MTA}\n{EVE}").replace(b"--b", b"--i").replace(b"=b\n", b"=i\n")
    octets = build(returned=f"Content-Type: message/rfc822\n\n{inner.decode()}")

    assert ["bob@example.net"] == [each.recipient for each in parse_report(octets).recipients]
    assert inner == the_returned(octets).octets()


# -------------------------------------------------------- the standard library


def _normal(name: str, text: str) -> tuple[str, object]:
    """Return a field as far as it matters how it is written."""
    name = name.lower()
    text = re.sub(r"\s*\n\s+", " ", text).strip()
    if name.endswith("-date") or name == "will-retry-until":
        return name, parse_date(text)
    if name == "action":
        return name, text.lower().partition(" ")[0]
    return name, re.sub(r"^(\S+?)\s*;\s*", r"\1;", text)


def _groups(part: Message) -> list[list[tuple[str, object]]]:
    payload: Any = part.get_payload()
    return [sorted(_normal(*item) for item in group.items()) for group in payload]


def _status_part(path: Path) -> Message:
    message = email.message_from_bytes(path.read_bytes())
    return next(
        part for part in message.walk() if part.get_content_type() == "message/delivery-status"
    )


@pytest.mark.parametrize(
    "path",
    [path for path in CONFORMING if b"global-delivery-status" not in path.read_bytes().lower()],
    ids=lambda path: path.stem,
)
def test_email_message_equals_the_standard_library(path: Path) -> None:
    """A report as an email message has the groups and fields that the standard library shows."""
    part = parse_report(path.read_bytes()).as_email_message()
    expected, found = _groups(_status_part(path)), _groups(part)
    assert "message/delivery-status" == part.get_content_type()
    assert expected == found


@pytest.mark.parametrize(
    ("label", "encode"),
    [
        ("message/global-delivery-status\nContent-Transfer-Encoding: base64", base64.encodebytes),
        ("message/delivery-status\nContent-Transfer-Encoding: base64", base64.encodebytes),
        ("message/global-delivery-status\nContent-Transfer-Encoding: 8bit", bytes),
        (
            "message/global-delivery-status\nContent-Transfer-Encoding: quoted-printable",
            quopri.encodestring,
        ),
    ],
    ids=["global base64", "base64", "global 8bit", "global quoted-printable"],
)
def test_email_message_of_an_encoded_part(label: str, encode: Callable[[bytes], bytes]) -> None:
    """An encoded or global part becomes groups as well, though the standard library has none."""
    status = f"{STATUS}\n{EVE}Diagnostic-Code: smtp; 421 später\n"
    octets = build("@", label=f"Content-Type: {label}\n").replace(
        b"\n\n@", b"\n\n" + encode(status.encode())
    )
    payload: Any = the_report(octets).as_email_message().get_payload()

    assert [
        [("Reporting-MTA", "dns; mx.example.org")],
        [
            ("Final-Recipient", "rfc822; bob@example.net"),
            ("Action", "failed"),
            ("Status", "5.1.1"),
        ],
        [
            ("Final-Recipient", "rfc822; eve@example.net"),
            ("Action", "delayed"),
            ("Status", "4.4.1"),
            ("Diagnostic-Code", "smtp; 421 später"),
        ],
    ] == [group.items() for group in payload]


# ------------------------------------------------------------ the global types


@pytest.mark.requirement("6533-4.1-01")
@pytest.mark.requirement("6533-4.4-01")
@pytest.mark.requirement("6533-4.4-02")
@pytest.mark.parametrize(
    "returned",
    ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", None],
    ids=lambda label: label or "nothing",
)
@pytest.mark.parametrize("label", ["message/delivery-status", "message/global-delivery-status"])
def test_types_in_any_combination(label: str, returned: str | None) -> None:
    """Either status type goes with any of the four returned types, or with none."""
    octets = build(
        label=f"Content-Type: {label}\n",
        returned=returned and f"Content-Type: {returned}\n\n{ORIGINAL}",
    )
    expected, found = parse_report(build()), parse_report(octets)

    assert (expected.message, expected.recipients) == (found.message, found.recipients)
    if returned is None:
        assert found.returned is None
    else:
        assert found.returned is not None
        assert returned == found.returned.media_type
        assert ORIGINAL.encode() == found.returned.octets()


@pytest.mark.requirement("6533-4.4-04")
@pytest.mark.requirement("6533-6.4-01")
@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("base64", base64.encodebytes), ("quoted-printable", quopri.encodestring), ("8bit", bytes)],
)
def test_the_global_status_part_may_be_encoded(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    """Only the global type may have a transfer encoding; strict reading takes it."""
    status = STATUS.replace("rfc822; bob", "utf-8; böb")
    octets = build(
        "@",
        label="Content-Type: message/global-delivery-status\n"
        f"Content-Transfer-Encoding: {encoding}\n",
    ).replace(b"\n\n@", b"\n\n" + encode(status.encode()))

    assert "böb@example.net" == parse_report(octets).recipients[0].recipient


# --------------------------------------------------------- rules of the content


def _recipients(status: str, label: str = LABEL) -> tuple[RecipientFields, ...]:
    return parse_report(build(status, label=label)).recipients


@pytest.mark.requirement("3464-2.1.2-01")
@pytest.mark.parametrize(
    "text", ["dns;mx.example.org", "dns; mx.example.org", "dns ; mx.example.org"]
)
def test_white_space_round_the_semicolon(text: str) -> None:
    """A typed field may have white space on both sides of its semicolon."""
    octets = build(STATUS.replace("dns; mx.example.org", text))

    assert parse_report(build()) == attrs.evolve(
        parse_report(octets), returned=parse_report(build()).returned
    )


@pytest.mark.requirement("3464-2.1.2-01")
def test_a_type_is_an_atom() -> None:
    """A type with a space in it is malformed."""
    assert ["mta-name"] == codes(complaints(build(STATUS.replace("dns;", "d ns;"))))


@pytest.mark.requirement("3464-2.1.2-02")
@pytest.mark.parametrize("type_", ["rfc822", "RFC822", "Rfc822"])
def test_types_compare_without_case(type_: str) -> None:
    """The case of a type makes no difference to the value."""
    assert _recipients(STATUS) == _recipients(STATUS.replace("rfc822", type_))


@pytest.mark.requirement("3464-2.1.2-03")
@pytest.mark.requirement("3464-2.1.2-04")
@pytest.mark.requirement("3464-2.3.1-01")
@pytest.mark.requirement("3464-2.3.2-02")
def test_a_value_of_unknown_type_is_kept() -> None:
    """The type tells how to read the rest; of an unknown type it is kept as it is."""
    status = STATUS.replace("rfc822; bob@example.net", r"x-new; \x{3B4}//A/B=c <d>")
    (recipient,) = _recipients(status)

    assert recipient.final_recipient is not None
    assert ("x-new", r"\x{3B4}//A/B=c <d>") == (
        recipient.final_recipient.type,
        recipient.recipient,
    )


@pytest.mark.requirement("3464-2.2.2-06")
@pytest.mark.requirement("3464-2.2.2-02")
@pytest.mark.requirement("3464-2.3.5-01")
def test_mta_names_keep_their_case() -> None:
    """The name of an MTA is kept exactly."""
    status = STATUS.replace("mx.example.org", "Mx.EXAMPLE.org") + "Remote-MTA: dns; A.b.Example\n"
    report = parse_report(build(status))

    assert report.message.reporting_mta is not None
    assert "Mx.EXAMPLE.org" == report.message.reporting_mta.name
    assert report.recipients[0].remote_mta is not None
    assert "A.b.Example" == report.recipients[0].remote_mta.name


@pytest.mark.requirement("3464-2.2.1-04")
@pytest.mark.requirement("3464-2.3.8-01")
@pytest.mark.parametrize("text", ["", "ABC123", "a; b (c) <D>"])
def test_text_fields_are_any_text(text: str) -> None:
    """An envelope id and a log id are kept as they are, even empty."""
    field = f": {text}".rstrip()
    status = f"Original-Envelope-Id{field}\n{STATUS}Final-Log-ID{field}\n"
    report = parse_report(build(status))

    assert text == report.message.original_envelope_id
    assert text == report.recipients[0].final_log_id


@pytest.mark.requirement("3464-2.2.5-02")
@pytest.mark.requirement("3464-2.3.7-03")
@pytest.mark.requirement("3464-2.3.9-03")
@pytest.mark.requirement("3464-2.1.3-01")
def test_dates_have_a_zone() -> None:
    """The dates of RFC 1123 are read as instants with a zone."""
    date = "Thu, 7 Jul 1994 17:15:49 -0400"
    status = (
        f"{REPORTING_MTA}Arrival-Date: {date}\n\n{EVE}"
        f"Last-Attempt-Date: {date}\nWill-Retry-Until: {date}\n"
    )
    report = parse_report(build(status))

    assert {parse_date(date)} == {
        report.message.arrival_date,
        report.recipients[0].last_attempt_date,
        report.recipients[0].will_retry_until,
    }


@pytest.mark.requirement("3464-2.3.3-02")
@pytest.mark.requirement("3464-2.3.3-03")
@pytest.mark.parametrize("action", Action, ids=lambda action: action.value)
def test_actions_in_any_case(action: Action) -> None:
    """Each of the five actions is read, without regard to case."""
    status = {Action.FAILED: "5.0.0", Action.DELAYED: "4.0.0"}.get(action, "2.0.0")
    for text in (action.value, action.value.upper(), action.value.title()):
        group = BOB.replace("failed", text).replace("5.1.1", status)
        assert action is _recipients(f"{REPORTING_MTA}\n{group}")[0].action


@pytest.mark.requirement("3464-2.3.3-14")
@pytest.mark.parametrize(
    ("action", "status", "is_odd"),
    [
        ("failed", "5.1.1", False),
        ("failed", "4.4.7", False),
        ("failed", "2.1.5", True),
        ("delayed", "4.4.1", False),
        ("delayed", "5.4.1", True),
        ("delayed", "2.0.0", True),
        ("delivered", "2.1.5", False),
        ("delivered", "5.1.1", True),
        ("relayed", "2.1.9", False),
        ("relayed", "4.1.1", True),
        ("relayed", "5.6.3", False),
        ("expanded", "2.0.0", False),
        ("expanded", "5.0.0", True),
    ],
)
def test_action_and_status_that_contradict_each_other(
    action: str,
    status: str,
    is_odd: bool,  # noqa: FBT001  a column of the table
) -> None:
    """A class that the action cannot have is told of, and the data are kept."""
    octets = build(STATUS.replace("failed", action).replace("5.1.1", status))
    (recipient,) = the_report(octets).recipients

    assert ([] if not is_odd else ["action-status"]) == codes(complaints(octets))
    assert (action, status) == (recipient.action and recipient.action.value, str(recipient.status))


@pytest.mark.requirement("3464-2.3.4-02")
@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("5.1.23", True),
        ("5.999.999", True),
        ("5.1", False),
        ("55.1.1", False),
        ("5.1.1.1", False),
        ("5.1000.0", False),
        ("3.1.1", False),
    ],
)
def test_status_syntax(text: str, is_right: bool) -> None:  # noqa: FBT001  a column of the table
    """A status is one digit and two numbers of up to three; what is none has no value."""
    octets = build(STATUS.replace("5.1.1", text))
    (recipient,) = the_report(octets).recipients

    assert ([] if is_right else ["status-syntax"]) == codes(complaints(octets))
    assert (text if is_right else None) == (recipient.status and str(recipient.status))
    assert is_right == (not recipient.unreadable)


@pytest.mark.requirement("3464-2.3.6-04")
def test_whose_diagnostic_it_is() -> None:
    """With Remote-MTA the diagnostic is that system's, without it the reporting one's."""
    diagnostic = "Diagnostic-Code: smtp; 550 5.1.1 no\n"
    (remote,) = _recipients(f"{STATUS}Remote-MTA: dns; a.example\n{diagnostic}")
    (own,) = _recipients(f"{STATUS}{diagnostic}")

    assert remote.remote_mta is not None
    assert own.remote_mta is None
    assert remote.diagnostic_code == own.diagnostic_code


@pytest.mark.requirement("3464-2.4-01")
def test_extension_fields_survive() -> None:
    """Unknown fields of either scope are kept, in order and as written."""
    status = f"{REPORTING_MTA}X-Queue: 7\nX-b: 2\n\n{BOB}SMTP-Note: c; (d)\nX-Empty:\n\n{EVE}"
    report = parse_report(build(status))

    assert [("X-Queue", "7"), ("X-b", "2")] == [
        (each.name, each.value) for each in report.message.extensions
    ]
    assert [("SMTP-Note", "c; (d)"), ("X-Empty", "")] == [
        (each.name, each.value) for each in report.recipients[0].extensions
    ]
    assert () == report.recipients[1].extensions


@pytest.mark.requirement("3464-2-15")
def test_several_reports_on_one_submission() -> None:
    """A delayed and then a failed report for one recipient are two values alike in whom."""
    delayed = parse_report(build(f"{REPORTING_MTA}\n{EVE}"))
    failed = parse_report(build(f"{REPORTING_MTA}\n{BOB.replace('bob', 'eve')}"))

    assert (Kind.DELAY, Kind.FAILURE) == (delayed.kind, failed.kind)
    assert delayed.recipients[0].recipient == failed.recipients[0].recipient


@pytest.mark.requirement("3464-3-09")
@pytest.mark.requirement("3464-4.1-01")
@pytest.mark.requirement("3464-4.3-01")
@pytest.mark.requirement("6522-7-01")
def test_a_report_is_what_somebody_says() -> None:
    """A report offers what is reported; nothing in it says that it is true or was received."""
    names = {name for name in dir(parse_report(build())) if not name.startswith("__")}

    assert {"message", "recipients", "returned", "defects", "kind", "is_bounce"} <= names
    assert not [name for name in names if re.search("trust|genuine|received|authentic", name)]


@pytest.mark.requirement("6522-1-01")
@pytest.mark.parametrize(
    "around",
    [
        "Content-Type: multipart/mixed; boundary=o\n\n--o\n\nsee below\n--o\n{}\n--o--\n",
        pytest.param(
            "Content-Type: message/rfc822\n\n{}",
        ),
        "Content-Type: multipart/a; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n{}\n--o--\n",
        "Content-Type: multipart/b; boundary=o\n\n--o\nContent-Type: message/global\n\n{}\n--o--\n",
    ],
    ids=["mixed", "message", "message in mixed", "global message in a digest"],
)
def test_a_report_anywhere_in_the_structure(around: str) -> None:
    """A report that was wrapped or forwarded is found, and known for no DSN of its own."""
    octets = f"MIME-Version: 1.0\n{around}".replace("{}", build().decode()).encode()

    assert parse_report(build()).recipients == the_report(octets).recipients
    assert "report-nested" in codes(complaints(octets))


@pytest.mark.requirement("6533-5-01")
@pytest.mark.requirement("8098-3-01")
@pytest.mark.parametrize("kind", ["disposition-notification", "global-disposition-notification"])
def test_a_receipt_is_no_delivery_report(kind: str) -> None:
    """A disposition notification, also a global one, is recognised as something else."""
    octets = build(
        "Reporting-UA: mua.example.org\nFinal-Recipient: rfc822; bob@example.net\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n",
        container=REPORT.replace("delivery-status", "disposition-notification"),
        label=f"Content-Type: message/{kind}\n",
    )

    assert () == read_reports(octets)
    with pytest.raises(NotADeliveryReport):
        parse_report(octets)


def test_a_person_who_quotes_a_report_does_not_send_one() -> None:
    """An ordinary mail that quotes a report, with or without marks, is no report."""
    octets = (
        "From: Ann <ann@example.org>\nSubject: What is this?\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain\n\nI got this:\n\n{STATUS}\nCan you help?\n"
    ).encode()

    assert () == read_reports(octets)


def test_what_only_a_mime_library_finds() -> None:
    """A text that a mail system sent is read through its encoding, and said to be no structure."""
    encoded = base64.encodebytes(f"Sorry.\n\n{STATUS}X-Note\n".encode()).decode()
    octets = (
        "From: MAILER-DAEMON@example.org\nSubject: delivery-status\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{encoded}"
    ).encode()
    report = the_report(octets)

    assert parse_report(build()).recipients == report.recipients
    assert ["report-structure", "field-syntax"] == codes(report.defects)
    assert [None, None] == [defect.offset for defect in report.defects]


def test_a_text_without_recipients_is_no_report() -> None:
    """What a MIME library finds counts only if it names a recipient."""
    octets = (
        "From: MAILER-DAEMON@example.org\nSubject: delivery-status\n\n"
        f"{REPORTING_MTA}\nThat is all.\n"
    ).encode()

    assert () == read_reports(octets)
