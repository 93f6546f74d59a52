"""What a code means is looked up, or told by the theory of the codes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsnlib.model import _registry_data, registry
from dsnlib.model.registry import (
    RegistryEntry,
    StatusDescription,
    class_title,
    describe,
    entries,
    entries_for_reply,
    look_up,
    subject_title,
)
from dsnlib.model.status import EnhancedStatusCode, StatusClass

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

ROOT = Path(__file__).resolve().parents[2]

parse = EnhancedStatusCode.parse


def stated(requirement: str, codes: str, classes: tuple[int, ...]) -> ParameterSet:
    """Return a row of the table below, which proves `requirement`."""
    mark = pytest.mark.requirement(requirement)
    return pytest.param(codes, classes, id=f"{requirement}: {codes}", marks=mark)


# RFC 5248 s2.4, table 1: the codes with numbers, transcribed from the RFC; 521
# was added by RFC 7504 s6.
TABLE_1 = {
    "X.1.1": (451, 550),
    "X.1.3": (501,),
    "X.1.5": (250,),
    "X.1.8": (451, 501),
    "X.2.2": (552,),
    "X.2.3": (552,),
    "X.2.4": (450, 452),
    "X.3.0": (221, 250, 421, 451, 550, 554),
    "X.3.1": (452,),
    "X.3.2": (453, 521),
    "X.3.4": (552, 554),
    "X.4.1": (451,),
    "X.4.2": (421,),
    "X.4.3": (451, 550),
    "X.4.5": (451,),
    "X.5.0": (220, 250, 251, 252, 253, 451, 452, 454, 458, 459, 501, 502, 503, 554),
    "X.5.1": (430, 500, 501, 503, 530, 550, 554, 555),
    "X.5.2": (500, 501, 502, 550, 555),
    "X.5.3": (451,),
    "X.5.4": (451, 501, 502, 503, 504, 550, 555),
    "X.5.6": (500,),
    "X.6.3": (554,),
    "X.6.4": (250,),
    "X.6.6": (554,),
    "X.7.0": (220, 235, 450, 454, 500, 501, 503, 504, 530, 535, 550),
    "X.7.1": (451, 454, 502, 503, 533, 550, 551),
    "X.7.2": (550,),
    "X.7.4": (504,),
    "X.7.8": (535, 554),
    "X.7.9": (534,),
    "X.7.10": (523,),
    "X.7.11": (524, 538),
    "X.7.12": (422, 432),
    "X.7.13": (525,),
    "X.7.14": (535, 554),
}

# What later RFCs registered, transcribed from them.
LATER_BASIC_CODES = {
    "X.1.10": (556,),  # RFC 7505 s6
    "X.7.27": (550,),  # RFC 7505 s6
    "X.6.7": (550, 553),  # RFC 6531 s4.2
    "X.6.8": (252, 550, 553),  # RFC 6531 s4.2
    "X.6.9": (550,),  # RFC 6531 s4.2
    **{f"X.7.{detail}": (550,) for detail in range(20, 27)},  # RFC 7372 s3
    "X.7.24": (451, 550),  # RFC 7372 s3.2
}

# The classes that the defining RFC states, in its words or by its examples.
STATED_CLASSES = [
    stated("3463-3.2-01", "X.1.1 X.1.2 X.1.3 X.1.6", (5,)),
    stated("3463-3.2-02", "X.1.5", (2,)),
    stated("3463-3.3-01", "X.2.1", (4, 5)),
    stated("3463-3.3-02", "X.2.2", (4,)),
    stated("3463-3.3-03", "X.2.3", (5,)),
    stated("3463-3.3-04", "X.2.4", (4, 5)),
    stated("3463-3.4-01", "X.3.1", (4,)),
    stated("3463-3.4-01", "X.3.2", (4, 5)),
    stated("3463-3.4-01", "X.3.4", (5,)),
    stated("3463-3.5-01", "X.4.1 X.4.2 X.4.3 X.4.5 X.4.6", (4,)),
    stated("3463-3.5-01", "X.4.4", (4, 5)),
    stated("3463-3.5-02", "X.4.7", (4, 5)),
    stated("3463-3.6-01", "X.5.1 X.5.2 X.5.4", (5,)),
    stated("3463-3.7-01", "X.6.1", (5,)),
    stated("3463-3.7-01", "X.6.4", (2, 5)),
    stated("3463-3.7-01", "X.6.5", (4, 5)),
    stated("3463-3.8-01", "X.7.1 X.7.2 X.7.3 X.7.4", (5,)),
    stated("3463-3.8-01", "X.7.7", (2, 4, 5)),
    stated("7505-4.1-01", "X.1.10", (5,)),
    stated("7505-4.1-02", "X.7.27", (5,)),
]

# The same, of RFCs whose codes are not in the catalogue.
OTHER_STATED_CLASSES = [
    ("X.5.6", (4, 5)),  # RFC 4954 s6
    ("X.7.8 X.7.9 X.7.11", (5,)),  # RFC 4954 s6
    ("X.7.12", (4,)),  # RFC 4954 s6
    ("X.7.13", (5,)),  # RFC 5248 s2.4
    ("X.7.23", (5,)),  # RFC 7372 s3.2
    ("X.7.24", (4, 5)),  # RFC 7372 s3.2
]


def entry(text: str) -> RegistryEntry:
    """Return the entry for `X.1.1`, whatever the class."""
    found = look_up(parse(f"5{text[1:]}"))
    assert found is not None
    return found


@pytest.mark.requirement("5248-2.1-01")
def test_three_tables() -> None:
    """The registry has 3 classes, 8 subjects and 81 enumerated codes."""
    assert 3 == len(_registry_data.CLASSES)
    assert 8 == len(_registry_data.SUBJECTS)
    assert 81 == len(entries())


@pytest.mark.requirement("5248-2.1-02")
def test_the_class_is_open() -> None:
    """An entry prints with an open class, a fixed subject and a fixed detail."""
    for each in entries():
        assert re.fullmatch(r"X\.[0-7]\.(0|[1-9]\d{0,2})", str(each))


def test_no_entry_lacks_a_part() -> None:
    """Every entry has title, meaning, replies as registered, reference, classes."""
    for each in entries():
        assert each.title
        assert each.meaning
        assert each.reply_text
        assert each.reference
        assert each.classes


def test_entries_ascend() -> None:
    """Entries come in ascending order, each number once."""
    numbers = [(each.subject, each.detail) for each in entries()]

    assert sorted(set(numbers)) == numbers


@pytest.mark.requirement("5248-2.4-01")
def test_initial_content() -> None:
    """The codes the registry began with are there, with the RFC that defines them."""
    sections = {0: 0, 1: 8, 2: 4, 3: 5, 4: 7, 5: 5, 6: 5, 7: 7}  # RFC 3463: last detail
    expected = {
        f"X.{subject}.{detail}": "RFC 3463"
        for subject, last in sections.items()
        for detail in range(last + 1)
    }
    expected["X.3.2"] = "RFC 3463, RFC 7504"  # RFC 7504 s6 adds itself
    expected |= {"X.1.9": "RFC 3886", "X.6.6": "RFC 4468"}
    expected |= dict.fromkeys(("X.5.6", "X.7.8", "X.7.9", "X.7.11", "X.7.12"), "RFC 4954")
    expected |= dict.fromkeys(("X.7.10", "X.7.13", "X.7.14"), "RFC 5248")

    assert 59 == len(expected)
    assert expected == {code: entry(code).reference for code in expected}


@pytest.mark.requirement("5248-2.4-03")
@pytest.mark.parametrize(("code", "replies"), TABLE_1.items(), ids=TABLE_1)
def test_basic_codes(code: str, replies: tuple[int, ...]) -> None:
    """The associated basic codes are those of table 1 of RFC 5248."""
    assert replies == entry(code).replies


@pytest.mark.parametrize(("code", "replies"), LATER_BASIC_CODES.items(), ids=LATER_BASIC_CODES)
def test_later_basic_codes(code: str, replies: tuple[int, ...]) -> None:
    """The associated basic codes are those that the defining RFC registered."""
    assert replies == entry(code).replies


@pytest.mark.requirement("5248-2.1-04")
@pytest.mark.parametrize(
    ("code", "text", "replies"),
    [
        ("X.0.0", "Any", ()),
        ("X.1.0", "Not given", ()),
        ("X.7.17", "5XX", ()),
        ("X.7.15", "450, 550 (other 4XX or 5XX codes are allowed)", (450, 550)),
        ("X.6.7", "550, 553", (550, 553)),
        ("X.6.8", "252, 550, 553", (252, 550, 553)),
    ],
)
def test_basic_codes_as_registered(code: str, text: str, replies: tuple[int, ...]) -> None:
    """Beside the numbers stands the registered text, which may be open."""
    found = entry(code)

    assert (text, replies) == (found.reply_text, found.replies)


@pytest.mark.requirement("5248-2.4-02")
def test_trust_relationship_moved() -> None:
    """X.7.8 is about credentials; the trust relationship is X.7.14."""
    assert "Authentication credentials invalid" == describe(parse("5.7.8")).title
    assert "Trust relationship required" == describe(parse("5.7.14")).title


@pytest.mark.parametrize(("codes", "classes"), [*STATED_CLASSES, *OTHER_STATED_CLASSES])
def test_stated_classes(codes: str, classes: tuple[int, ...]) -> None:
    """A code has the classes its RFC states, and says that they are stated."""
    for code in codes.split():
        found = entry(code)
        assert (classes, True) == (found.classes, found.classes_stated), code


@pytest.mark.requirement("3463-3.2-03")
@pytest.mark.parametrize("code", ["X.1.4", "X.1.7", "X.1.8"])
def test_classes_that_no_text_states(code: str) -> None:
    """Where the RFC restricts nothing, the classes are marked as our reading."""
    found = entry(code)

    assert not found.classes_stated
    assert {StatusClass.TRANSIENT, StatusClass.PERMANENT} <= set(found.classes)


@pytest.mark.requirement("3463-3.4-02")
def test_code_missing_from_the_appendix() -> None:
    """X.3.5 is defined in the body of RFC 3463, though its appendix forgets it."""
    assert "System incorrectly configured" == entry("X.3.5").title


@pytest.mark.requirement("3463-2-10")
def test_deprecated_code_is_still_known() -> None:
    """X.6.10 stays known though deprecated; without a title its subject speaks."""
    found = describe(parse("5.6.10"))

    assert found.entry is not None
    assert found.entry.deprecated
    assert "Message Content or Media Status" == found.title
    assert ["X.6.10"] == [str(each) for each in entries() if each.deprecated]


def test_look_up_ignores_the_class() -> None:
    """Every class of a code has the same entry."""
    assert look_up(parse("4.2.2")) is look_up(parse("5.2.2"))
    assert look_up(parse("2.2.2")) is look_up(parse("5.2.2"))


@pytest.mark.parametrize("text", ["5.4.8", "5.5.7", "5.7.31", "5.7.509", "4.42.1", "2.999.999"])
def test_look_up_of_a_stranger(text: str) -> None:
    """A code that nobody registered has no entry, and that is no error."""
    assert look_up(parse(text)) is None


@pytest.mark.requirement("3463-1-01")
@pytest.mark.requirement("3463-2-11")
@pytest.mark.requirement("3463-2-12")
@pytest.mark.requirement("3463-2-13")
@pytest.mark.parametrize(
    ("text", "class_", "subject", "title"),
    [
        ("5.1.1", "Permanent Failure", "Addressing Status", "Bad destination mailbox address"),
        ("2.0.0", "Success", "Other or Undefined Status", "Other undefined Status"),
        ("5.1.77", "Permanent Failure", "Addressing Status", "Addressing Status"),
        ("4.2.99", "Persistent Transient Failure", "Mailbox Status", "Mailbox Status"),
        ("5.7.999", "Permanent Failure", "Security or Policy Status", "Security or Policy Status"),
        ("5.42.1", "Permanent Failure", None, "Permanent Failure"),
        ("2.8.0", "Success", None, "Success"),
    ],
)
def test_describe(text: str, class_: str, subject: str | None, title: str) -> None:
    """The class is always told, the subject if known, the detail if registered."""
    code = parse(text)

    found = describe(code)

    assert class_ == found.class_title
    assert subject == found.subject_title
    assert title == found.title
    assert look_up(code) is found.entry


def test_description_prints() -> None:
    """A description prints as class and title, a bare class as itself."""
    assert "Permanent Failure: Mailbox full" == str(describe(parse("5.2.2")))
    assert "Permanent Failure" == str(describe(parse("5.42.1")))


@pytest.mark.requirement("3463-2-17")
def test_subjects() -> None:
    """Subjects 0 to 7 have a title, others have none."""
    titles = [
        "Other or Undefined Status",
        "Addressing Status",
        "Mailbox Status",
        "Mail System Status",
        "Network and Routing Status",
        "Mail Delivery Protocol Status",
        "Message Content or Media Status",
        "Security or Policy Status",
        None,
    ]

    assert titles == [subject_title(number) for number in range(9)]


@pytest.mark.parametrize(
    ("class_", "title"),
    [
        (StatusClass.SUCCESS, "Success"),
        (StatusClass.TRANSIENT, "Persistent Transient Failure"),
        (StatusClass.PERMANENT, "Permanent Failure"),
    ],
)
def test_classes(class_: StatusClass, title: str) -> None:
    """Each class has the title of RFC 3463 s2."""
    assert title == class_title(class_)


@pytest.mark.parametrize(
    ("reply", "codes"),
    [
        (421, "X.3.0 X.4.2"),
        (521, "X.3.2"),
        (552, "X.2.2 X.2.3 X.3.4 X.7.16"),
        (556, "X.1.10"),
        (354, ""),
        (999, ""),
    ],
)
def test_entries_for_reply(reply: int, codes: str) -> None:
    """A reply code gives the entries that name it, in ascending order."""
    assert codes.split() == [str(each) for each in entries_for_reply(reply)]


def test_entries_for_reply_is_the_other_way_round() -> None:
    """An entry is found by each of its replies, and by no other."""
    for reply in range(200, 600):
        expected = tuple(each for each in entries() if reply in each.replies)
        assert expected == entries_for_reply(reply)


def test_type_names() -> None:
    """The registered type names are there in lower case, and only those."""
    assert frozenset({"rfc822", "x400", "utf-8"}) == registry.ADDRESS_TYPES
    assert frozenset({"smtp"}) == registry.DIAGNOSTIC_TYPES
    assert frozenset({"dns", "x400"}) == registry.MTA_NAME_TYPES


def test_actions_and_fields() -> None:
    """Actions and fields are those of RFC 3464, in its order, with extensions."""
    assert ("failed", "delayed", "delivered", "relayed", "expanded") == registry.ACTIONS
    assert "Reporting-MTA" == registry.MESSAGE_FIELDS[1]
    assert ("Original-Recipient", "Final-Recipient") == registry.RECIPIENT_FIELDS[:2]
    assert ("delivery-status", "message/delivery-status") in registry.REPORT_TYPES


def test_what_an_entry_need_not_say() -> None:
    """An entry says nothing of replies, stated classes or disuse unless it is told."""
    entry = RegistryEntry(
        subject=1, detail=2, title="a", meaning="b", classes=(StatusClass.PERMANENT,), reference="c"
    )

    assert (False, False) == (entry.classes_stated, entry.deprecated)
    assert ((), "Not given") == (entry.replies, entry.reply_text)
    with pytest.raises(TypeError):
        StatusDescription("a", "b", entry)  # type: ignore[call-arg]  # what is refused


def test_a_table_is_made_once() -> None:
    """The second look at a table gives the same one."""
    assert registry.ADDRESS_TYPES is registry.ADDRESS_TYPES
    assert "ADDRESS_TYPES" in vars(registry)


def test_no_other_attribute() -> None:
    """A name that the module does not have is an AttributeError, as anywhere."""
    # One that the generated tables have is no name of the module either.
    with pytest.raises(AttributeError, match="no attribute 'CLASSES'"):
        registry.CLASSES  # type: ignore[attr-defined]  # noqa: B018  what is refused
    with pytest.raises(AttributeError, match="no attribute 'ADRESS_TYPES'"):
        getattr(registry, "ADRESS_TYPES")  # noqa: B009 - mypy knows that it is not there


def test_every_public_name_is_there() -> None:
    """All that the module exports can be had, constants loaded late included."""
    for name in registry.__all__:
        assert getattr(registry, name)


def test_import_is_cheap() -> None:
    """The tables are loaded by the first look-up, not by the import."""
    program = (
        "import sys, dsnlib.model.registry as registry\n"
        "before = 'dsnlib.model._registry_data' in sys.modules\n"
        "registry.entries()\n"
        "print(before, 'dsnlib.model._registry_data' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT, text=True
    )

    assert "False True" == done.stdout.strip()
