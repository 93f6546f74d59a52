"""Real bounces are read right: recipients, status codes, and no bounce where there is none.

The labels say of each message whom it reports on, and with which status.  A
recipient counts as found by any of the names that the label has for it.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.errors import MalformedReport, NotADeliveryReport
from dsnlib.parse.report import parse_report, read_reports

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.model.report import DeliveryReport, RecipientFields

CLASSES = (
    "RFC3464 conforming",
    "RFC3464 malformed-but-fixable",
    "status fields outside a delivery-status part",
)
TYPES = ("rfc822", "smtp", "utf-8", "mailto")
# Of the messages of a class, in hundredths.
LEAST = 99

pytestmark = [
    pytest.mark.shared,
    # The MIME library's parser meets dates and charsets that it warns of.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def labels(shared_corpus: Path) -> list[dict[str, Any]]:
    """The labels of the messages, copies of one another left out."""
    lines = (shared_corpus / "labels.jsonl").read_text(encoding="utf-8").split("\n")
    found = [json.loads(line) for line in lines if line.strip()]
    return [
        label
        for label in found
        if label["is_bounce"] is not None
        and (shared_corpus / label["file"]).is_file()
        and (not label.get("dup_of") or label.get("variant"))
    ]


def _name(text: str | None) -> str:
    """Return an address as it is compared: without type and brackets, in lower case."""
    name = (text or "").strip().strip("<>").lower()
    type_, mark, rest = name.replace(":", ";", 1).partition(";")
    return rest.strip() if mark and type_.strip() in TYPES else name


def _names(expected: dict[str, Any]) -> set[str]:
    keys = ("recipient", "alias", "literal_final", "literal_original")
    return {_name(expected.get(key)) for key in keys} - {""}


def _pair(
    expected: list[dict[str, Any]], found: list[RecipientFields]
) -> tuple[list[RecipientFields | None], bool]:
    """Return what was found of each that is expected, and whether that is all of both."""
    left = list(found)
    pairs: list[RecipientFields | None] = []
    for each in expected:
        names = _names(each)
        pairs.append(next((fields for fields in left if _name(fields.recipient) in names), None))
        left = [fields for fields in left if _name(fields.recipient) not in names]
    return pairs, None not in pairs and not left


def _recipients(reports: tuple[DeliveryReport, ...]) -> list[RecipientFields]:
    return [fields for report in reports for fields in report.recipients]


def _twins(octets: bytes) -> tuple[bytes, bytes, bytes]:
    """Return a message with each kind of line end."""
    plain = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return plain, plain.replace(b"\n", b"\r\n"), plain.replace(b"\n", b"\r")


def _with_fields(labels: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the bounces that have the fields of a report, with whom they report on."""
    return [
        (label["file"], [each for each in label["expected"] if each.get("recipient")])
        for label in labels
        if label["rfc_class"] in CLASSES and label["is_bounce"]
    ]


def test_recipients(shared_corpus: Path, labels: list[dict[str, Any]]) -> None:
    """In nearly all messages exactly the recipients are found that the label names."""
    bounces = [(file, expected) for file, expected in _with_fields(labels) if expected]
    wrong = []
    for file, expected in bounces:
        found = _recipients(read_reports((shared_corpus / file).read_bytes()))
        if not _pair(expected, found)[1]:
            wrong.append(file)

    assert bounces
    assert 100 * (len(bounces) - len(wrong)) >= LEAST * len(bounces), wrong


def test_literal_status(shared_corpus: Path, labels: list[dict[str, Any]]) -> None:
    """In nearly all messages each recipient has the status that the message says."""
    wrong, count = [], 0
    for file, expected in _with_fields(labels):
        found = _recipients(read_reports((shared_corpus / file).read_bytes()))
        pairs, _ = _pair(expected, found)
        if len(expected) == len(found) == 1:
            pairs = [*found]  # the status can be right though the name is not
        literal = [
            (each["status_literal"], fields)
            for each, fields in zip(expected, pairs, strict=True)
            if each.get("status_literal")
        ]
        count += bool(literal)
        if any(fields is None or str(fields.status) != status for status, fields in literal):
            wrong.append(file)

    assert count
    assert 100 * (count - len(wrong)) >= LEAST * count, wrong


def test_no_message_is_a_bounce_by_mistake(
    shared_corpus: Path, labels: list[dict[str, Any]]
) -> None:
    """Mail that is labelled as no bounce is never called one."""
    others = [label["file"] for label in labels if not label["is_bounce"]]

    assert others
    assert [] == [
        name
        for name in others
        if any(report.is_bounce for report in read_reports((shared_corpus / name).read_bytes()))
    ]


def test_every_message_in_every_form(shared_corpus: Path, labels: list[dict[str, Any]]) -> None:
    """No message raises anything but that it is no report by the rules; its twins read alike."""
    assert labels
    for label in labels:
        forms = _twins((shared_corpus / label["file"]).read_bytes())
        said = []
        for octets in forms:
            reports = read_reports(octets)
            said.append([(report.message, report.recipients) for report in reports])
            # Most of them break a rule; those that do not read the same.
            with contextlib.suppress(MalformedReport, NotADeliveryReport):
                assert (parse_report(octets),) == reports
        assert said[0] == said[1] == said[2], label["file"]
