"""Lines of a status part become the fields of the message and of each recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsnlib.errors import LimitExceeded
from dsnlib.model.report import Action
from dsnlib.parse.groups import read_groups
from dsnlib.parse.values import clean
from tests.strategies import delivery_reports

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from dsnlib.model.report import DeliveryReport, MessageFields, RecipientFields
    from dsnlib.parse.fields import Note

MTA = "Reporting-MTA: dns; mx.example.org\n"
ANN = "Final-Recipient: rfc822; ann@example.net\nAction: failed\nStatus: 5.1.1\n"
BOB = "Final-Recipient: rfc822; bob@example.net\nAction: delayed\nStatus: 4.4.1\n"


class Groups(NamedTuple):
    """What a status part says, by name."""

    message: MessageFields
    recipients: tuple[RecipientFields, ...]
    notes: list[Note]


def read(text: str, *, fields_only: bool = False, most: int = 100) -> Groups:
    """Return what a status part says."""
    return Groups(*read_groups(text, most=most, fields_only=fields_only))


def codes(groups: Groups) -> list[str]:
    """Return the codes of the notes, by line."""
    return [code for code, _, _ in sorted(groups.notes, key=lambda note: note[1])]


def whom(groups: Groups) -> list[tuple[str | None, str | None]]:
    """Return recipient and status of each group."""
    return [
        (each.recipient, None if each.status is None else str(each.status))
        for each in groups.recipients
    ]


def names(fields: RecipientFields) -> list[tuple[str, str]]:
    """Return the extension fields of a recipient."""
    return [(each.name, each.value) for each in fields.extensions]


def groups_of(report: DeliveryReport | Groups) -> tuple[MessageFields | RecipientFields, ...]:
    """Return the fields of the message and of each recipient."""
    return report.message, *report.recipients


def lines(report: DeliveryReport) -> list[list[str]]:
    """Return the lines of each group of a report."""
    return [
        [f"{name}: {text}".rstrip(" ") for name, text in group.items()]
        for group in groups_of(report)
    ]


def join(groups: list[list[str]]) -> str:
    """Return the text of a status part with these lines."""
    return "\n".join("".join(f"{line}\n" for line in group) for group in groups)


# ------------------------------------------------------------------- grammar


@pytest.mark.requirement("3464-2.1-03")
@pytest.mark.requirement("3464-2.1-04")
def test_groups_by_the_grammar() -> None:
    """Per-message fields, then an empty line before the group of each recipient."""
    groups = read(f"{MTA}\n{ANN}\n{BOB}")

    assert groups.message.reporting_mta is not None
    assert "mx.example.org" == groups.message.reporting_mta.name
    assert [("ann@example.net", "5.1.1"), ("bob@example.net", "4.4.1")] == whom(groups)
    assert [Action.FAILED, Action.DELAYED] == [each.action for each in groups.recipients]
    assert [] == groups.notes


@pytest.mark.requirement("3464-App-A-01")
@given(delivery_reports())
def test_what_is_written_is_read_back(report: DeliveryReport) -> None:
    """The fields of any report, one to a line, are read as the values they were."""
    groups = read(join(lines(report)))

    assert (report.message, tuple(report.recipients)) == (groups.message, groups.recipients)
    assert [] == groups.notes


@pytest.mark.requirement("3464-2.2-01")
@pytest.mark.requirement("3464-2.3-01")
@given(
    delivery_reports(),
    st.randoms(use_true_random=False),
)
def test_fields_may_stand_in_any_order(report: DeliveryReport, random: Random) -> None:
    """Within a group the order of the fields makes no difference.

    The field that says whom a group is about stays in front; localized
    diagnostics and extension fields, which may repeat, keep the order they have.
    """
    shuffled = []
    for group in lines(report):
        first = [line for line in group if line.startswith(("Final-R", "Reporting-"))]
        once = [line for line in group if _is_single(line) and line not in first]
        random.shuffle(once)
        rest = [line for line in group if line not in first and not _is_single(line)]
        shuffled.append(first + once + rest)

    groups = read(join(shuffled))

    assert (report.message, tuple(report.recipients)) == (groups.message, groups.recipients)
    assert [] == groups.notes


def _is_single(line: str) -> bool:
    return not line.startswith(("X", "SMTP-", "Localized-"))


@pytest.mark.requirement("3464-2.3-01")
@pytest.mark.parametrize(
    "group",
    [
        "Action: failed\nFinal-Recipient: rfc822; eve@example.net\nStatus: 5.0.0\n",
        "Status: 5.0.0\nAction: failed\nFinal-Recipient: rfc822; eve@example.net\n",
        "X-First: 1\nFinal-Recipient: rfc822; eve@example.net\nAction: failed\nStatus: 5.0.0\n",
        (
            "Original-Recipient: rfc822; e@example.net\n"
            "Final-Recipient: rfc822; eve@example.net\nAction: failed\nStatus: 5.0.0\n"
        ),
    ],
    ids=["action first", "status first", "extension first", "original recipient first"],
)
def test_any_field_may_open_a_group(group: str) -> None:
    """Behind an empty line a field that the group before has too opens another."""
    groups = read(f"{MTA}\n{ANN}\n{group}")

    assert [("ann@example.net", "5.1.1"), ("eve@example.net", "5.0.0")] == whom(groups)
    assert () == groups.recipients[0].extensions
    assert [] == groups.notes


@pytest.mark.requirement("3464-2.3-01")
@pytest.mark.parametrize(
    "opening",
    [
        "Remote-MTA: dns; a.example\n",
        "Remote-MTA: dns; a.example\nX-Note: 1\n",
        "Localized-Diagnostic: de; nein\nDiagnostic-Code: smtp; 550 no\n",
    ],
    ids=["remote MTA", "remote MTA and extension", "localized diagnostic"],
)
def test_any_field_at_all_may_open_a_group(opening: str) -> None:
    """A group keeps all its fields also if it opens with one that the group before lacks."""
    group = f"{opening}Status: 5.2.2\nFinal-Recipient: rfc822; eve@example.net\nAction: failed\n"
    plain = read(f"{MTA}\n{ANN}\n{ANN}{opening}")

    groups = read(f"{MTA}\n{ANN}\n{group}")

    assert [("ann@example.net", "5.1.1"), ("eve@example.net", "5.2.2")] == whom(groups)
    assert plain.recipients[0] == groups.recipients[0]
    assert plain.recipients[1].extensions == groups.recipients[1].extensions
    assert plain.recipients[1].remote_mta == groups.recipients[1].remote_mta
    assert plain.recipients[1].localized_diagnostics == groups.recipients[1].localized_diagnostics


@pytest.mark.requirement("3464-2.3-02")
def test_groups_without_empty_lines_that_open_with_the_final_recipient() -> None:
    """A group ends where the field that opened it comes again."""
    groups = read(
        f"{MTA}\n"
        "Final-Recipient: rfc822; ann@example.net\nOriginal-Recipient: rfc822; a@example.org\n"
        "Final-Recipient: rfc822; bob@example.net\nOriginal-Recipient: rfc822; b@example.org\n"
    )

    assert [("ann@example.net", "a@example.org"), ("bob@example.net", "b@example.org")] == [
        (each.recipient, each.original_recipient and each.original_recipient.address)
        for each in groups.recipients
    ]


@pytest.mark.requirement("3464-2.1.1-03")
@pytest.mark.parametrize("change", [str.lower, str.upper, str.swapcase])
def test_names_compare_without_case(change: Callable[[str], str]) -> None:
    """A field is known by its name in any case."""
    text = f"{MTA}\n{ANN}\n{BOB}"
    changed = "".join(
        f"{change(name)}{colon}{rest}"
        for name, colon, rest in (line.partition(":") for line in text.splitlines(keepends=True))
    )

    assert read(text) == read(changed)


@pytest.mark.requirement("3464-2.4-01")
@pytest.mark.parametrize(
    ("text", "of_message", "of_recipients"),
    [
        (f"X-A: 1\n{MTA}\n{ANN}", ["X-A"], [[]]),
        (f"{MTA}X-A: 1\nX-B: 2\n\n{ANN}", ["X-A", "X-B"], [[]]),
        (f"{MTA}\nX-A: 1\n{ANN}", [], [["X-A"]]),
        (f"{MTA}\n{ANN}X-A: 1\n\n{BOB}X-A: 2\n", [], [["X-A"], ["X-A"]]),
        (f"{MTA}\n{ANN}\nX-A: 1\n{BOB}", [], [[], ["X-A"]]),
    ],
    ids=["front", "message", "group's front", "group's end", "second group's front"],
)
def test_extension_fields_belong_to_their_block(
    text: str, of_message: list[str], of_recipients: list[list[str]]
) -> None:
    """An unknown field belongs to the group in whose block it stands."""
    groups = read(text)

    assert of_message == [each.name for each in groups.message.extensions]
    assert of_recipients == [[name for name, _ in names(each)] for each in groups.recipients]
    assert [] == groups.notes


# ---------------------------------------------------------------- empty lines


@pytest.mark.requirement("3464-2.1-05")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"\n{MTA}\n{ANN}\n{BOB}", ["blank-line-extra"]),
        (f"{MTA}\n\n{ANN}\n{BOB}", ["blank-line-extra"]),
        (f"{MTA}\n{ANN}\n\n\n{BOB}", ["blank-line-extra"]),
        (f"{MTA}\n{ANN}\n{BOB}\n\n\n", []),
        (f"{MTA} \n{ANN}\t \n{BOB}", ["blank-line-space", "blank-line-space"]),
        (f"{MTA} \n\n{ANN}\n{BOB}", ["blank-line-space", "blank-line-extra"]),
        (f"{MTA}{ANN}\n{BOB}", ["blank-line-missing"]),
        (f"{MTA}\n{ANN}{BOB}", ["blank-line-missing"]),
        (f"{MTA}X-A: 1\n{ANN}\n{BOB}", ["blank-line-missing"]),
        (f"{MTA}\n{ANN.replace('Action', chr(10) + 'Action')}\n{BOB}", ["blank-line-stray"]),
    ],
    ids=[
        "before all", "two before a group", "three before a group", "at the end", "of white space",
        "one of white space and one", "none before the first group", "none before the second",
        "none behind an extension", "in a group",
    ],
)  # fmt: skip
def test_empty_lines_that_are_too_many_or_missing(text: str, expected: list[str]) -> None:
    """The groups are the same whatever becomes of the empty lines, and it is told."""
    groups = read(text)

    assert [("ann@example.net", "5.1.1"), ("bob@example.net", "4.4.1")] == whom(groups)
    assert expected == codes(groups)


def test_an_empty_line_behind_an_extension_field_is_not_extra() -> None:
    """The empty line before the first group is no line too many, whatever stands before it."""
    assert ["reporting-mta-missing"] == codes(read(f"X-Mta: mx\n\n{ANN}"))


@pytest.mark.requirement("3464-2.1-03")
@pytest.mark.parametrize(
    "text",
    [
        f"{MTA}\nArrival-Date: Mon, 2 Mar 2026 10:15:01 +0100\n\n{ANN}",
        f"{MTA}\nX-Note: 1\n\n{ANN}",
        f"{MTA}\n{ANN}\nX-Note: 1\n",
    ],
    ids=["message field", "extension before a group", "extension behind a group"],
)
def test_each_block_behind_the_first_is_a_group(text: str) -> None:
    """A block that is no group of a recipient breaks the grammar, so there is a note of it."""
    assert [("ann@example.net", "5.1.1")] == whom(read(text))
    assert [] != read(text).notes


@pytest.mark.requirement("3464-App-E-01")
def test_the_empty_line_of_the_sample_of_a_delayed_report() -> None:
    """RFC 3464's sample has an empty line in a group; the group is read as one."""
    groups = read(
        "Reporting-MTA: dns; sun2.nsfnet-relay.ac.uk\n\n"
        "Final-Recipient: rfc822; thomas@de-montfort.ac.uk\nStatus: 4.0.0 (unknown failure)\n"
        "Action: delayed\n\n"
        "Last-Attempt-Date: Mon, 2 Mar 2026 10:15:01 +0100\n"
        "Will-Retry-Until: Mon, 2 Mar 2026 10:15:01 +0100\n"
    )

    assert [("thomas@de-montfort.ac.uk", "4.0.0")] == whom(groups)
    assert groups.recipients[0].will_retry_until is not None
    assert ["blank-line-stray"] == codes(groups)


# ------------------------------------------------------- recipients in one group


@pytest.mark.requirement("3464-2.3-02")
@pytest.mark.parametrize(
    "text",
    [
        f"{ANN}{BOB}",
        (
            f"Original-Recipient: rfc822; a@example.org\n{ANN}"
            f"Original-Recipient: rfc822; b@example.org\n{BOB}"
        ),
        f"{ANN}Original-Recipient: rfc822; b@example.org\n{BOB}",
        (
            "Action: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; ann@example.net\n"
            "Action: delayed\nStatus: 4.4.1\nFinal-Recipient: rfc822; bob@example.net\n"
        ),
    ],
    ids=["final", "original and final", "original in the second", "action first"],
)
def test_recipients_without_an_empty_line_between(text: str) -> None:
    """An address, or the field that opened the group, opens another where it comes again."""
    groups = read(f"{MTA}\n{text}")
    recipients = [each.recipient for each in groups.recipients]

    assert ["ann@example.net", "bob@example.net"] == recipients
    assert "blank-line-missing" in codes(groups)
    second = groups.recipients[1].original_recipient
    assert ("b@example.org" in text) == (second is not None and second.address == "b@example.org")


def test_an_empty_line_that_ended_the_group_after_all() -> None:
    """What stands between an empty line and the next recipient's address is that recipient's."""
    group = f"Remote-MTA: dns; a.example\n{BOB}"
    groups = read(f"{MTA}\n{ANN}\n{group}")

    assert [None, "a.example"] == [
        each.remote_mta and each.remote_mta.name for each in groups.recipients
    ]
    assert [("ann@example.net", "5.1.1"), ("bob@example.net", "4.4.1")] == whom(groups)


def test_a_wrapped_diagnostic_before_the_next_recipient() -> None:
    """Lines that belong to a diagnostic go where the diagnostic goes."""
    groups = read(f"{MTA}\n{ANN}\nDiagnostic-Code: smtp; 550\nno such user\n{BOB}")

    diagnostics = [each.diagnostic_code for each in groups.recipients]
    assert ["None", "smtp; 550 no such user"] == [str(each) for each in diagnostics]


# -------------------------------------------------------------------- repeated


@pytest.mark.requirement("3464-2.2-02")
@pytest.mark.requirement("3464-2.2.1-04")
@pytest.mark.parametrize(
    ("text", "unreadable"),
    [
        (f"{MTA}Reporting-MTA: dns; b.example\n\n{ANN}", [("Reporting-MTA", "dns; b.example")]),
        (
            f"Original-Envelope-Id: a\nOriginal-Envelope-Id: b\n{MTA}\n{ANN}",
            [("Original-Envelope-Id", "b")],
        ),
        (f"{MTA}\n{ANN}Reporting-MTA: dns; b.example\n", [("Reporting-MTA", "dns; b.example")]),
    ],
    ids=["at once", "first of all", "behind a recipient"],
)
def test_a_message_field_that_comes_again(text: str, unreadable: list[tuple[str, str]]) -> None:
    """Of a per-message field the first counts, the other is kept and told of."""
    groups = read(text)

    assert unreadable == [(each.name, each.value) for each in groups.message.unreadable]
    assert groups.message.reporting_mta is not None
    assert "mx.example.org" == groups.message.reporting_mta.name
    assert groups.message.original_envelope_id in {None, "a"}
    assert ["field-duplicate"] == codes(groups)


def test_a_recipient_field_that_comes_again() -> None:
    """Of a recipient's field the first counts, the other is kept without its controls."""
    groups = read(f"{MTA}\n{ANN}Status: 5.2.2\x1b\nAction: delayed\n")

    assert [("ann@example.net", "5.1.1")] == whom(groups)
    assert [("Status", "5.2.2\ufffd"), ("Action", "delayed")] == [
        (each.name, each.value) for each in groups.recipients[0].unreadable
    ]
    assert ["field-duplicate", "field-duplicate"] == codes(groups)


def test_a_message_field_behind_a_recipient() -> None:
    """A field goes where its name belongs, and back."""
    groups = read(f"{MTA}\n{ANN}Original-Envelope-Id: 7\nRemote-MTA: dns; a.example\n")

    assert "7" == groups.message.original_envelope_id
    assert groups.recipients[0].remote_mta is not None
    assert ["field-place"] == codes(groups)


def test_recipients_before_the_message_fields() -> None:
    """Per-message fields are found behind the recipients as well."""
    groups = read(f"{ANN}\n{BOB}\n{MTA}")

    assert [("ann@example.net", "5.1.1"), ("bob@example.net", "4.4.1")] == whom(groups)
    assert groups.message.reporting_mta is not None
    assert ["field-place"] == codes(groups)


@pytest.mark.requirement("3464-2.1-03")
@pytest.mark.requirement("3464-2.1-04")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"X-A: 1\n{MTA}\n{ANN}", []),
        (f"X-A: 1\n\n{MTA}\n{ANN}", [("blank-line-stray", 2)]),
        (f"X-A: 1\n\nX-B: 2\n{MTA}\n{ANN}", [("blank-line-stray", 3)]),
        (f"X-A: 1\n\nX-B: 2\n\n{MTA}\n{ANN}", [("blank-line-stray", 3), ("blank-line-stray", 4)]),
        (f"\nX-A: 1\n\n{MTA}\n{ANN}", [("blank-line-extra", 1), ("blank-line-stray", 3)]),
    ],
    ids=["none", "one", "pending", "two", "in front"],
)
def test_an_empty_line_among_the_message_fields(text: str, expected: list[tuple[str, int]]) -> None:
    """The per-message fields are one group, whichever field is its first."""
    groups = read(text)

    assert groups.message.reporting_mta is not None
    assert ["ann@example.net"] == [each.recipient for each in groups.recipients]
    assert expected == [(code, line) for code, line, _ in groups.notes]


# --------------------------------------------------------------- localized text


@pytest.mark.requirement("6533-4.1-06")
@pytest.mark.requirement("6533-4.1-07")
def test_localized_diagnostics() -> None:
    """A group may have one diagnostic in each language; of two in one the first counts."""
    groups = read(
        f"{MTA}\n{ANN}Diagnostic-Code: smtp; 550 no\nLocalized-Diagnostic: de; nein\n"
        "localized-diagnostic: pt-BR;não\nLocalized-Diagnostic: DE; nee\n"
    )
    (recipient,) = groups.recipients

    assert [("de", "nein"), ("pt-BR", "não")] == [
        (each.language, each.text) for each in recipient.localized_diagnostics
    ]
    assert ["DE; nee"] == [each.value for each in recipient.unreadable]
    assert ["localized-language"] == codes(groups)


@pytest.mark.parametrize("name", ["X-A", "Status"])
def test_white_space_that_decoding_lays_bare(name: str) -> None:
    """What stands round a text once ISO-2022-JP is decoded is none of it either."""
    groups = read(f"{MTA}\n{ANN}{name}: \x1b$B\x1b(B a \x1b$B\x1b(B\n")
    (recipient,) = groups.recipients
    (field,) = recipient.extensions or recipient.unreadable

    assert (name, "a") == (field.name, field.value)


@pytest.mark.requirement("6533-4.1-06")
@pytest.mark.parametrize("text", ["nein", "; nein", "d e; nein", "ä; nein"])
def test_a_localized_diagnostic_without_a_language(text: str) -> None:
    """Text without a language tag is kept, and is no diagnostic."""
    groups = read(f"{MTA}\n{ANN}Diagnostic-Code: smtp; 550\nLocalized-Diagnostic: {text}\n")
    (recipient,) = groups.recipients

    assert () == recipient.localized_diagnostics
    assert [text] == [each.value for each in recipient.unreadable]
    assert ["localized"] == codes(groups)


@pytest.mark.requirement("6533-4.1-06")
def test_a_localized_diagnostic_alone() -> None:
    """Without Diagnostic-Code a localized one breaks the grammar, and is kept."""
    groups = read(f"{MTA}\n{ANN}Localized-Diagnostic: de; nein\n")

    assert 1 == len(groups.recipients[0].localized_diagnostics)
    assert ["localized-alone"] == codes(groups)


def test_a_localized_diagnostic_before_any_recipient() -> None:
    """A report that has nothing else of a recipient has one without a name."""
    groups = read(f"{MTA}\nLocalized-Diagnostic: de; nein\n")

    assert [(None, None)] == whom(groups)
    assert {
        "final-recipient-missing", "action-missing", "status-missing", "localized-alone",
    } == set(codes(groups))  # fmt: skip


@pytest.mark.requirement("6533-4.1-10")
def test_a_control_in_a_localized_diagnostic_is_told_of() -> None:
    """A control character in any field is replaced, and there is a note of it."""
    groups = read(f"{MTA}\n{ANN}Diagnostic-Code: smtp; 550\nLocalized-Diagnostic: de; n\x1bein\n")

    assert "n\ufffdein" == groups.recipients[0].localized_diagnostics[0].text
    assert ["field-control"] == codes(groups)


# -------------------------------------------------------------------- odd lines


@pytest.mark.requirement("3464-2.1.1-01")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Remote-MTA : dns; a.example", "field-space"),
        ("Remote-MTA \t: dns; a.example", "field-space"),
        ("remote-mta : dns; a.example", "field-space"),
        ("X-Note : 1", "field-space"),
        ("Dear Ann", "field-syntax"),
        ("Dear Ann: hello", "field-syntax"),
        (": hello", "field-syntax"),
        ("Größe: 7", "field-syntax"),
        ("X-Note: \x00", "field-control"),
        ("Remote-MTA: dns; a\x1b.example", "field-control"),
        ("Original-Recipient: rfc822; a\x1b@example.net", "field-control"),
    ],
)
def test_lines_that_break_the_syntax(line: str, code: str) -> None:
    """A line that is no field as the grammar has it is told of; the others are read."""
    groups = read(f"{MTA}\n{ANN}{line}\n\n{BOB}")

    assert [("ann@example.net", "5.1.1"), ("bob@example.net", "4.4.1")] == whom(groups)
    assert [(code, 5)] == [(each, number) for each, number, _ in groups.notes]


def test_a_field_with_a_space_before_its_colon_is_read() -> None:
    """White space before the colon does not hide what the field says."""
    groups = read(f"{MTA}X-A : 1\n\n{ANN.replace(':', ' :')}")

    assert [("ann@example.net", "5.1.1")] == whom(groups)
    assert ["X-A"] == [each.name for each in groups.message.extensions]


def test_a_diagnostic_that_is_wrapped_without_being_folded() -> None:
    """Stray lines behind a diagnostic are a part of it; behind another field they are not."""
    groups = read(
        f"{MTA}\n{ANN}Diagnostic-Code: smtp; 550 no\n\x1bsuch user \nhere\nRemote-MTA: dns; a\nok\n"
    )
    (recipient,) = groups.recipients

    assert recipient.diagnostic_code is not None
    assert "550 no \ufffdsuch user here" == recipient.diagnostic_code.text
    assert recipient.remote_mta is not None
    assert "a" == recipient.remote_mta.name
    assert ["field-syntax"] * 3 == codes(groups)


def test_a_fold_behind_an_empty_line_is_no_field() -> None:
    """A line that begins with white space never names a field."""
    groups = read(f"{MTA}\n{ANN} Status: 5.2.2\n{BOB}")

    assert [("ann@example.net", "5.1.1"), ("bob@example.net", "4.4.1")] == whom(groups)
    assert ["field-syntax"] == codes(groups)


@pytest.mark.parametrize("text", ["", "\n", " \n\n", "Dear Ann\n", "X-Note: 1\n", ":", "\x00"])
def test_a_text_without_recipients(text: str) -> None:
    """Whatever has no field of a recipient reports on nobody."""
    groups = read(text)

    assert () == groups.recipients
    assert {"reporting-mta-missing", "group-missing"} <= set(codes(groups))


# ----------------------------------------------------------------------- values


def test_what_cannot_be_read_is_kept() -> None:
    """A value that nobody can make sense of is kept as text, and its field is there."""
    groups = read(
        f"{MTA}Arrival-Date: yesterday\n\n{ANN.replace('5.1.1', 'bad').replace('failed', '?')}"
    )
    (recipient,) = groups.recipients

    assert groups.message.arrival_date is None
    assert [("Arrival-Date", "yesterday")] == [
        (each.name, each.value) for each in groups.message.unreadable
    ]
    assert (None, None) == (recipient.action, recipient.status)
    assert [("Action", "?"), ("Status", "bad")] == [
        (each.name, each.value) for each in recipient.unreadable
    ]
    assert ["date", "action-value", "status-syntax"] == codes(groups)


def test_a_note_shows_no_more_than_a_line() -> None:
    """However long an odd value is, what a note shows of it is short."""
    groups = read(f"{MTA}\n{ANN}Remote-MTA: {'x' * 5000}\n{'y' * 5000}\n")

    assert ["mta-name", "field-syntax"] == codes(groups)
    assert all(len(detail) < 300 for _, _, detail in groups.notes)


@pytest.mark.requirement("3464-2.1.3-01")
@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x1c", "\x85", "\xa0", "\u3000"], ids=ascii)
def test_only_linear_white_space_is_taken_off_a_value(end: str) -> None:
    """LWSP-char = SPACE / HTAB (RFC 822 s3.3); any other character is a part of the value."""
    groups = read(f"{MTA}\n{ANN}Final-Log-ID: \t7{end}\t \nX-Note: 7{end}\n")
    (recipient,) = groups.recipients

    assert f"7{clean(end)}" == recipient.final_log_id
    assert [("X-Note", f"7{clean(end)}")] == names(recipient)
    assert (["field-control"] * 2 if end < " " else []) == codes(groups)


@pytest.mark.parametrize(
    "field",
    [
        "Diagnostic-Code: 550 \x1b$B",
        "Diagnostic-Code: \x1b$B\x1b(B\t550",
    ],
    ids=["space", "tab"],
)
def test_a_value_of_which_reading_leaves_white_space(field: str) -> None:
    """When the controls of a value are read, white space at its ends is still no part of it."""
    groups = read(f"{MTA}\n{ANN}{field}\n")

    value = dict(groups.recipients[0].items())[field.partition(":")[0]]
    assert value == value.strip(" \t")
    assert "field-control" in codes(groups)


# ------------------------------------------------------------------ read again


@given(delivery_reports(), st.lists(st.sampled_from(["\x1b", "?", "", " (x)", "5.1.1"])))
def test_a_report_of_a_shape_that_is_known(report: DeliveryReport, ends: list[str]) -> None:
    """What is remembered of one report changes nothing in the reading of the next."""
    text = join(lines(report))
    read(text)
    odd = text.split("\n")
    for number, end in enumerate(ends):
        if number < len(odd) and odd[number]:
            odd[number] += end
    # Names in another case are another shape, which nothing is remembered of.
    other = [
        f"{name.swapcase()}{colon}{value}"
        for name, colon, value in (line.partition(":") for line in odd)
    ]
    expected, found = read("\n".join(other)), read("\n".join(odd))

    assert (expected.message, expected.recipients) == (found.message, found.recipients)
    assert [note[:2] for note in expected.notes] == [note[:2] for note in found.notes]


@pytest.mark.parametrize("count", [1, 100])
def test_many_shapes(count: int) -> None:
    """However many shapes there are, each is read as it was at first."""
    for number in range(300):
        text = f"{MTA}\n{ANN}" + "".join(f"X-{number}-{each}: 1\n" for each in range(count))
        assert read(text) == read(text)
        assert count == len(read(text).recipients[0].extensions)


def test_an_extension_field_behind_the_groups_is_read_again() -> None:
    """A field is not lost because the shape of the report is known."""
    text = f"{MTA}\n{ANN}\nX-Trailing-Note: 1"

    assert read(text) == read(text)


@pytest.mark.parametrize("most", [1, 2])
def test_the_bound_on_recipients_of_a_known_shape(most: int) -> None:
    """A report of a known shape is refused like any other."""
    text = f"{MTA}\n{ANN}\n{ANN}\n{ANN}"
    read(text)

    with pytest.raises(LimitExceeded):
        read(text, most=most)


# ------------------------------------------------------- text behind the fields


@pytest.mark.parametrize(
    "rest",
    [
        "\nDear: Ann\n\nFinal-Recipient: rfc822; eve@example.net\n",
        "\nX-Note: 1\n",
        "\n\n\nX-Note: 1\n \nStatus: 5.2.2\n",
        "\nDear Ann,\nyours\n",
    ],
    ids=["looks like a field", "last", "white space", "plain"],
)
def test_what_follows_the_fields_of_a_text(rest: str) -> None:
    """In a text the report ends where something else begins behind an empty line."""
    groups = read(f"{MTA}\n{ANN}{rest}", fields_only=True)

    assert [("ann@example.net", "5.1.1")] == whom(groups)
    assert () == groups.recipients[0].extensions


def test_extension_fields_of_a_text() -> None:
    """Extension fields that a known field follows are a part of the report also in a text."""
    groups = read(f"{MTA}\nX-Note: 1\n{ANN}X-End: 2\n", fields_only=True)

    assert [("X-Note", "1"), ("X-End", "2")] == names(groups.recipients[0])


# ----------------------------------------------------------------------- limits


def test_a_bound_on_recipients() -> None:
    """As many recipients as the bound are read, one more is refused."""
    text = f"{MTA}\n{ANN}\n{BOB}"

    assert 2 == len(read(text, most=2).recipients)
    with pytest.raises(LimitExceeded, match="more than 1 recipients") as caught:
        read(text, most=1)
    assert ("recipients", 1) == (caught.value.limit, caught.value.value)


@pytest.mark.requirement("3464-2.3.9-02")
def test_will_retry_until_without_a_status() -> None:
    """A group that lacks a field it needs is read, whatever else it has."""
    group = ANN.replace("Status: 5.1.1\n", "Will-Retry-Until: Mon, 2 Mar 2026 10:15:01 +0100\n")

    assert ["status-missing", "retry-not-delayed"] == codes(read(f"{MTA}\n{group}"))


@pytest.mark.requirement("3464-2.3.3-14")
def test_two_contradictions() -> None:
    """Both what the action has to do with the status and with the time are told."""
    group = f"{ANN.replace('5.1.1', '2.1.1')}Will-Retry-Until: Mon, 2 Mar 2026 10:15:01 +0100\n"

    assert {"action-status", "retry-not-delayed"} == set(codes(read(f"{MTA}\n{group}")))


ODD_LINES = st.sampled_from([
    *MTA.splitlines(), *ANN.splitlines(), *BOB.splitlines(), "", "", " ", "\t", "X-Note: 1",
    "Original-Recipient: rfc822; a@example.org", "Remote-MTA: a", "Action : failed",
    "Localized-Diagnostic: de; nein", "Localized-Diagnostic: ?", "Final-Log-ID: \x1b",
    "Arrival-Date: never", "Will-Retry-Until: Mon, 2 Mar 2026 10:15:01 +0100", " folded", ":",
])  # fmt: skip


@example(
    chosen=["Action: failed", "Will-Retry-Until: Mon, 2 Mar 2026 10:15:01 +0100"],
    fields_only=False,
)
@given(chosen=st.lists(ODD_LINES | st.text(max_size=20), max_size=12), fields_only=st.booleans())
def test_any_lines_at_all(
    chosen: list[str],
    fields_only: bool,  # noqa: FBT001  drawn
) -> None:
    """Whatever the lines are, there are groups, and each note has a line of the text."""
    text = "\n".join(chosen)
    groups = read(text, fields_only=fields_only)

    assert all(0 <= number < len(text.split("\n")) for _, number, _ in groups.notes)
    assert len(groups.recipients) <= len(chosen)
    for fields in groups_of(groups):
        assert all(value == clean(value) for _, value in fields.items())
