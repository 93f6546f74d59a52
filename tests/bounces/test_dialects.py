"""Each family's form is read as what it says: a fixture for each form.

A mail of `tests/data/bounces` is written by us in the form of a system, and has a
JSON file beside it: `why` it is there, and the `events` that a reader must find.
"""

import json
import re
import string
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.dialect import LONGEST_LINE, Dialect
from dsnlib.bounces.dialects.shipped import dialect_index, load_dialects, shipped_index
from dsnlib.bounces.event import BounceEvent
from dsnlib.bounces.read import read_bounces
from dsnlib.bounces.words.explanation import read_explanation
from dsnlib.errors import InvalidValue
from tests.growth import BOUND, growth

DATA = Path(__file__).resolve().parent.parent / "data" / "bounces"
MAILS = sorted(DATA.glob("*.eml"))
NAMES = list(dict.fromkeys(each.name for each in load_dialects()))
LINE_ENDS = {"lf": b"\n", "crlf": b"\r\n", "cr": b"\r"}
LARGEST = 1 << 15

HEADER = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nSubject: Undelivered mail\n\n"


def seen(events: tuple[BounceEvent, ...]) -> list[dict[str, object]]:
    """Return what the JSON tells of events."""
    return [
        {
            "recipient": each.recipient,
            "kind": each.kind.value,
            "status": None if each.status is None else str(each.status),
            "reply_code": each.reply_code,
            "dialect": each.dialect,
        }
        for each in events
    ]


def told(mail: Path) -> list[dict[str, object]]:
    """Return the events that a mail has, by the file beside it."""
    events: list[dict[str, object]] = json.loads(
        mail.with_suffix(".json").read_text(encoding="utf-8")
    )["events"]
    return events


@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.stem)
def test_form(mail: Path, end: str) -> None:
    """A form is read as what it says, whatever ends its lines."""
    data = mail.read_bytes().replace(b"\n", LINE_ENDS[end])

    assert told(mail) == seen(read_bounces(data))


@pytest.mark.parametrize("name", NAMES)
def test_family_has_a_fixture(name: str) -> None:
    """No family comes without a mail that shows its form."""
    mails = [mail for mail in MAILS if re.fullmatch(rf"{name}-\d+", mail.stem)]

    assert mails
    assert all(event["dialect"] == name for mail in mails for event in told(mail))


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.stem)
def test_form_is_told_by_its_words(mail: Path) -> None:
    """A fixture has a needle of the family that it is named for."""
    data = mail.read_bytes()
    subject = re.search(rb"^Subject: (.*)", data, re.MULTILINE)
    assert subject is not None
    asked = f"{read_explanation(data).text}\n{subject[1].decode()}".lower()

    assert mail.stem.rpartition("-")[0] in [each.name for each in shipped_index().find(asked)]


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.stem)
def test_fixtures_are_ours(mail: Path) -> None:
    """No address of a fixture is anybody's: RFC 2606 and RFC 5737."""
    text = mail.read_bytes().decode("latin-1")
    domains = re.findall(r"@([\w-]+(?:\.[\w-]+)+)", text)
    hosts = re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text)
    of_systems = {"googlemail.com", "aol.com"}  # who sends it is part of the form

    assert all(re.search(r"(?:^|\.)example\.(?:com|net|org)$", each) for each in domains
               if each not in of_systems)  # fmt: skip
    assert all(each.startswith("192.0.2.") for each in hosts)


@pytest.mark.parametrize("each", load_dialects(), ids=lambda each: f"{each.name}-{each.needles[0]}")
def test_needles_are_long_or_confirmed(each: Dialect) -> None:
    """A needle is several words or has others to confirm it: one word is anybody's."""
    assert all(
        len(needle) >= 12 or each.needs or each.within is not None or not needle.isascii()
        for needle in each.needles
    )
    assert all(needle == needle.lower() for needle in each.needles)


def test_families_may_be_chosen() -> None:
    """An index has ours, some of ours, or ours and yours, yours before ours."""
    mine = Dialect(name="mine", needles=["this is the qmail-send program at"])

    assert ["qmail"] == list({each.name for each in load_dialects(["qmail"])})
    assert len(shipped_index()) == len(load_dialects())
    assert [mine] == list(dialect_index([mine], names=[]))
    found = dialect_index([mine]).find("this is the qmail-send program at mx")
    assert ["mine", "qmail"] == [each.name for each in found]


def test_unknown_family() -> None:
    """A family that there is not is told by its name."""
    with pytest.raises(InvalidValue, match="no family 'gmail'"):
        load_dialects(["qmail", "gmail"])


LIKE_A_NOTICE = "Your mail to 'bob@example.com' could not be delivered: 550 5.1.1 nobody there"
OF_A_NOTICE = """--- Non-Delivery Report ---
The email below could not be delivered to the following user:

bob@example.com

Old message:

Your mail to 'Minutes' with the subject

    Hello

Is being held until the list moderator can review it for approval.
"""
OF_AN_ANSWER = """The following addresses could not be reached:

  bob@example.com

What you wrote to them was this, as far as we have kept it, and no more of it:

I am out of the office, and back on Monday.
"""


@pytest.mark.parametrize("text", [LIKE_A_NOTICE, OF_A_NOTICE, OF_AN_ANSWER])
def test_a_bounce_of_a_notice_is_a_bounce(text: str) -> None:
    """What tells a notice tells it at its beginning, not where a bounce quotes one."""
    (event,) = read_bounces(HEADER + text.encode())

    assert "bob@example.com" == event.recipient


LINES = st.lists(
    st.sampled_from(
        [
            *[needle for each in load_dialects() for needle in (*each.needles, *each.after)],
            "<bob@example.com>:",
            "  bob@example.com",
            "550 5.1.1 <bob@example.com>... User unknown",
            "  (generated from carol@example.net)",
            "To: dave@example.org",
        ]
    )
    | st.text(string.printable, max_size=40),
    max_size=12,
)


@given(LINES)
def test_any_text_is_read(lines: list[str]) -> None:
    """No text makes a dialect raise, and an address that is found stands in the text."""
    text = "\n".join(lines)
    events = read_bounces(HEADER + text.encode("utf-8", "replace"))

    for each in events:
        local_part, _, domain = each.recipient.partition("@")
        assert local_part in text
        assert domain in text or domain in ("aol.com", "mx.example.com")


@pytest.mark.parametrize(
    "hostile",
    [
        *["a", "a@", "<", " ", "a.", '"', '"a"@', "a@[1.2", "( (", "-"],
        *["(generated from ", ";dda:smtp=", "  x@y", "<a@b.c", "a@b.c on ", ">>> a <a@b"],
        *["xmail bounce: rcpt=[", "[status: error, address: <", "a@b error_code"],
        *["unable to deliver message to <", "recipient address: ", "a@b.c (expanded "],
    ],
)
def test_no_line_takes_long(hostile: str) -> None:
    """An expression is done with the longest line in 5 ms; each takes a hundredth of it."""
    patterns = {pattern for each in load_dialects() for pattern in each.patterns}
    for start in ("", "  ", "550 ", "<", ">>> "):
        line = (start + hostile * LONGEST_LINE)[:LONGEST_LINE]
        for pattern in patterns:
            assert min(_time(pattern, line) for _ in range(2)) < 0.005


def _time(pattern: re.Pattern[str], line: str) -> float:
    begin = time.process_time()
    pattern.match(line)
    return time.process_time() - begin


@pytest.mark.parametrize(
    "line",
    [
        "created automatically by mail delivery software address(es) failed: \n",
        "  (generated from \n",
        "  a@b.c x\n",
        "delivery a failed b permanently\n",
        "the following addresses had permanent fatal errors\n",
        "письмо создано автоматически 次の受信者\n",
        "** ** ** error_code : \n",
        "x" * 999 + "\n",
    ],
    ids=lambda line: line.strip()[:16],
)
def test_asking_is_linear(line: str) -> None:
    """Twice the lines, less than three times as long: to ask, and to read."""
    index = shipped_index()

    def asking(count: int) -> Callable[[], object]:
        text = line * count
        return lambda: index.find(text)

    def reading(count: int) -> Callable[[], object]:
        data = HEADER + b"address(es) failed: created automatically by mail delivery software\n"
        data += line.encode() * count
        return lambda: read_bounces(data)

    assert growth(asking, LARGEST) < BOUND
    assert growth(reading, LARGEST) < BOUND
