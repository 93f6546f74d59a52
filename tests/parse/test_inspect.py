"""Breaches of structure are told: always what is seen anyway, the rest on request."""

from __future__ import annotations

import pytest
from hypothesis import given

from dsnlib.parse.inspect import inspect_structure
from dsnlib.parse.limits import Limits
from dsnlib.parse.locate import locate_status_parts
from tests.strategies import report_messages

FIELDS = "Reporting-MTA: dns; a.example\n\nFinal-Recipient: rfc822; ann@example.net\n"
LABEL = "Content-Type: message/delivery-status\n"
GLOBAL = "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n"
MIXED = "Content-Type: multipart/mixed; boundary=b\n"


def build(
    *,
    header: str = "MIME-Version: 1.0\n",
    parameters: str = "report-type=delivery-status; ",
    label: str = LABEL,
    fields: str = FIELDS,
    before: str = "--b\n\nfailed\n",
    behind: str = "--b\nContent-Type: message/rfc822\n\nSubject: lunch\n\n--b--\n",
) -> bytes:
    """Return a report; each argument replaces one thing in it."""
    text = (
        f"{header}Content-Type: multipart/report; {parameters}boundary=b\n\n"
        f"{before}--b\n{label}\n{fields}\n{behind}"
    )
    return text.encode("utf-8", "surrogateescape")


def codes(octets: bytes, *, thorough: bool = False) -> list[str]:
    """Return the codes of the breaches of the first status part."""
    return [code for code, _, _ in notes(octets, thorough=thorough)]


def notes(octets: bytes, *, thorough: bool = False) -> list[tuple[str, int | None, str]]:
    """Return the breaches of the first status part."""
    part = locate_status_parts(octets, Limits())[0]
    return inspect_structure(octets, part, octets[part.start : part.end], thorough=thorough)


@pytest.mark.requirement("3464-2-01")
@pytest.mark.requirement("3464-2-02")
@pytest.mark.requirement("3464-2-03")
@pytest.mark.requirement("3464-2-04")
@given(report_messages())
def test_a_report_by_the_rules(octets: bytes) -> None:
    """A report by the rules breaks none, however closely it is looked at."""
    for thorough in (False, True):
        assert {"status-part-utf8"} >= set(codes(octets, thorough=thorough))


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        pytest.param(build(), [], id="right"),
        pytest.param(
            build(parameters=""),
            ["report-type-missing"],
            id="no report-type",
            marks=pytest.mark.requirement("6522-3-01"),
        ),
        pytest.param(
            build(parameters="report-type=x; "),
            ["report-type"],
            id="other report-type",
            marks=pytest.mark.requirement("6522-3-04"),
        ),
        pytest.param(
            build(parameters="report-type=global-delivery-status; ", label=GLOBAL),
            ["report-type"],
            id="global report-type",
        ),
        pytest.param(
            build().replace(b"multipart/report", b"multipart/related"),
            ["report-container"],
            id="no report",
            marks=pytest.mark.requirement("3464-2-01"),
        ),
        pytest.param(
            b"Content-Type: message/delivery-status\n\n" + FIELDS.encode(),
            ["report-container"],
            id="status part alone",
            marks=pytest.mark.requirement("3464-2-01"),
        ),
        pytest.param(
            b"Content-Type: message/rfc822\n\n" + build(),
            ["report-nested"],
            id="forwarded",
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=o\n\n--o\n" + build() + b"\n--o--\n",
            ["report-nested"],
            id="wrapped",
        ),
        pytest.param(
            build(before=""),
            ["report-part-order"],
            id="first",
            marks=pytest.mark.requirement("3464-2-03"),
        ),
        pytest.param(build(before="--b\n\n1\n--b\n\n2\n"), ["report-part-order"], id="third"),
        pytest.param(
            build(label="Content-Type: text/plain\n"),
            ["status-part-type"],
            id="text",
            marks=pytest.mark.requirement("3464-2-04"),
        ),
        pytest.param(
            build().replace(b"status\n\nRep", b"status\nRep"),
            ["status-part-header"],
            id="no empty line",
        ),
        pytest.param(
            build(label="Content-Type: message/delivery-status; charset=utf-8\n"),
            ["status-part-parameter"],
            id="parameter",
            marks=pytest.mark.requirement("3464-2.1-01"),
        ),
        pytest.param(
            build(label="Content-Type: message/delivery-status; \n"), [], id="semicolon only"
        ),
        pytest.param(build(label="content-type: message/delivery-status\n"), [], id="lower case"),
        pytest.param(build(label=f"{LABEL}Content-Transfer-Encoding: 7bit\n"), [], id="7bit"),
        pytest.param(build(label=f"{LABEL}Content-Transfer-Encoding:\n"), [], id="no encoding"),
        pytest.param(
            build(label=f"{LABEL}Content-Transfer-Encoding: 8bit\n"),
            ["status-part-encoding"],
            id="8bit",
            marks=pytest.mark.requirement("3464-2.1-02"),
        ),
        pytest.param(
            build(fields=f"{FIELDS}X-Note: für\n"),
            ["status-part-8bit"],
            id="UTF-8",
            marks=pytest.mark.requirement("3464-2.1-02"),
        ),
        pytest.param(
            build(fields=f"{FIELDS}X-Note: für\n", label=GLOBAL),
            [],
            id="global",
            marks=pytest.mark.requirement("6533-4.1-01"),
        ),
        pytest.param(
            build(fields=f"{FIELDS}X-Note: f\udcfcr\n", label=GLOBAL),
            ["status-part-utf8"],
            id="global Latin-1",
            marks=pytest.mark.requirement("6533-4.1-10"),
        ),
        pytest.param(
            build(label=GLOBAL.replace("8bit", "base64")),
            [],
            id="global base64",
            marks=pytest.mark.requirement("6533-4.4-04"),
        ),
    ],
)
def test_what_is_told_always(octets: bytes, expected: list[str]) -> None:
    """Breaches that the headers and the content show are told without being asked for."""
    assert expected == codes(octets)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        pytest.param(build(), [], id="right"),
        pytest.param(build(behind="--b--\n"), [], id="two parts"),
        pytest.param(b"From a\n" + build(), ["mbox-line"], id="mbox"),
        pytest.param(b">From a\n" + build(), ["mbox-line"], id="quoted mbox"),
        pytest.param(
            build(header=""),
            ["mime-version"],
            id="no MIME-Version",
            marks=pytest.mark.requirement("3464-2-01"),
        ),
        pytest.param(build(header="mime-version : 1.0\n"), [], id="lower case"),
        pytest.param(build(header="Subject: x\nMIME-Version: 1.0\n"), [], id="second field"),
        pytest.param(
            build(behind=""),
            ["closing-boundary"],
            id="cut off",
            marks=pytest.mark.requirement("6522-3-03"),
        ),
        pytest.param(
            build(behind="--b\n\nreturned\n"), ["closing-boundary"], id="cut off in the third"
        ),
        pytest.param(
            build(behind="--b\n\n3\n--b\n\n4\n--b--\n"),
            ["report-parts"],
            id="four parts",
            marks=pytest.mark.requirement("6522-3-05"),
        ),
        pytest.param(
            build(before="", behind="--b--\n"),
            ["report-part-order", "report-parts"],
            id="one part",
            marks=pytest.mark.requirement("6522-3-05"),
        ),
        pytest.param(
            b"MIME-Version: 1.0\n" + LABEL.encode() + b"\n" + FIELDS.encode(),
            ["report-container"],
            id="no parts",
        ),
        pytest.param(build(behind="--b--\n\n--b\n\nepilogue\n"), [], id="epilogue"),
    ],
)
def test_what_is_told_on_request(octets: bytes, expected: list[str]) -> None:
    """Breaches that need another look at the message are told when asked for."""
    assert expected == codes(octets, thorough=True)
    later = {"mbox-line", "mime-version", "closing-boundary", "report-parts"}
    assert [code for code in expected if code not in later] == codes(octets)


def test_places_and_details() -> None:
    """A breach is placed at the part's header, its content or the end, with a detail for people."""
    octets = build(
        label="Content-Type: message/delivery-status; x=y\nContent-Transfer-Encoding: 8bit\n",
        fields=f"{FIELDS}X-Note: für\n",
        behind="",
    )
    header, start = octets.index(b"Content-Type: message"), octets.index(b"Reporting-MTA")

    assert [
        ("status-part-encoding", header, "'8bit'"),
        ("status-part-parameter", header, ""),
        ("status-part-8bit", start, ""),
        ("closing-boundary", len(octets), ""),
    ] == notes(octets, thorough=True)


@pytest.mark.requirement("3464-2-01")
def test_each_breach_is_told() -> None:
    """A part of another name in a container of another type breaks two rules."""
    octets = f"MIME-Version: 1.0\n{MIXED}\n--b\n\nfailed\n--b\n\n{FIELDS}\n--b--\n".encode()

    assert {"report-container", "status-part-type"} == set(codes(octets, thorough=True))


@pytest.mark.requirement("3464-2.1-01")
def test_other_types_may_have_parameters() -> None:
    """It is message/delivery-status that has no parameters; text/plain has a charset."""
    octets = build(label="Content-Type: text/plain; charset=us-ascii\n")

    assert ["status-part-type"] == codes(octets)


@pytest.mark.requirement("6533-6.4-01")
@pytest.mark.parametrize("encoding", ["", "Content-Transfer-Encoding: 7bit\n"], ids=["no", "7bit"])
def test_a_global_status_part_says_that_it_is_8bit(encoding: str) -> None:
    """UTF-8 as it is needs 8bit: 7bit, which a missing label means, has no such octets."""
    octets = build(
        label=f"Content-Type: message/global-delivery-status\n{encoding}",
        fields=f"{FIELDS}X-Note: für\n",
    )

    assert ["global-encoding"] == codes(octets, thorough=True)
