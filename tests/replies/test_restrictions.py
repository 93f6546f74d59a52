"""Lists of restrictions: their names of today and of before, arguments, classes, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib.errors import InvalidValue, RestrictionError, TableError
from dsnlib.replies.restriction_names import OLD_NAMES, RESTRICTIONS
from dsnlib.replies.restrictions import (
    check_access_value,
    needs_of,
    parse_classes,
    parse_restrictions,
)
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.stage import Stage
from tests.replies.fake_site import CLIENT, SITE, answer, open_table
from tests.replies.fake_site import session_with as session

if TYPE_CHECKING:
    from dsnlib.replies.table import Table

NAMELESS = Client(address="192.0.2.1")


# (old name, new name, a session that it refuses, how the answer begins)
RENAMED = [
    (
        "reject_unknown_client",
        "reject_unknown_client_hostname",
        session(client=NAMELESS),
        "450 4.7.25 ",
    ),
    ("reject_invalid_hostname", "reject_invalid_helo_hostname", session(helo="a..b"), "501 5.5.2 "),
    ("reject_non_fqdn_hostname", "reject_non_fqdn_helo_hostname", session(helo="pc"), "504 5.5.2 "),
    (
        "reject_unknown_hostname",
        "reject_unknown_helo_hostname",
        session(helo="none.example"),
        "450 4.7.1 ",
    ),
    (
        "reject_unknown_address",
        "reject_unknown_sender_domain",
        session(sender="ann@none.example"),
        "450 4.1.8 ",
    ),
]


def test_every_old_name_is_tried() -> None:
    """Each old name stands for a restriction that there is, and has a case below."""
    assert OLD_NAMES == {old: new for old, new, _, _ in RENAMED}
    assert set(OLD_NAMES.values()) <= set(RESTRICTIONS)
    assert not set(OLD_NAMES) & set(RESTRICTIONS)


@pytest.mark.parametrize(("old", "new", "refused", "begins"), RENAMED)
def test_old_and_new_name(old: str, new: str, refused: SmtpSession, begins: str) -> None:
    """A restriction says the same under both its names, in any case."""
    replies = [answer(name, refused) for name in (old, new, old.upper())]

    assert replies[0] is not None
    assert replies[0].startswith(begins)
    assert [replies[0]] * 3 == replies
    assert answer(old) is None is answer(new)


def test_list_is_read() -> None:
    """Commas and white space part, braces keep together, tables are opened once."""
    opened = []

    def open_one(spec: str) -> Table:
        opened.append(spec)
        return open_table(spec)

    found = parse_restrictions(
        "check_sender_access inline:{a=OK;b=DUNNO},\n\twarn_if_reject reject_non_fqdn_sender\n"
        "reject_rbl_client zen.example=127.0.0.[2..4], sleep 5, inline:c=OK , permit",
        open_table=open_one,
    )

    assert [
        "check_sender_access inline:{a=OK;b=DUNNO}",
        "warn_if_reject reject_non_fqdn_sender",
        "reject_rbl_client zen.example=127.0.0.[2..4]",
        "sleep 5",
        "inline:c=OK",
        "permit",
    ] == [str(each) for each in found]
    assert ["inline:{a=OK;b=DUNNO}", "inline:c=OK"] == opened


def test_empty_list() -> None:
    """A list may be empty."""
    assert () == parse_restrictions(" ,\n ")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("permit,\nreject_everything", 2, "'reject_everything' is not a restriction"),
        ("check_client_access", 1, "check_client_access needs a table behind it"),
        ("permit\ncheck_client_access\n  reject", 3, "needs a table, not 'reject'"),
        ("reject_rbl_client", 1, "needs a block list behind it"),
        ("reject_rbl_client zen..=1", 1, "block list"),
        ("sleep soon", 1, "a number of seconds, not 'soon'"),
        ("check_policy_service inet:x", 1, "not a policy service"),
        ("permit\n\nwarn_if_reject", 3, "warn_if_reject has nothing behind it"),
        ("reject, check_helo_access inline:{a=OK", 1, "a brace is not closed"),
        ("reject }", 1, "a brace closes nothing"),
    ],
)
def test_fault(text: str, line: int, words: str) -> None:
    """What cannot be a list is an error that names the setting and the line."""
    with pytest.raises(RestrictionError, match=words.replace("(", r"\(")) as caught:
        parse_restrictions(text, open_table=open_table, origin="smtpd_client_restrictions")

    assert ("smtpd_client_restrictions", line) == (caught.value.origin, caught.value.line)
    assert str(caught.value).startswith(f"smtpd_client_restrictions:{line}: ")


def test_first_line_is_given() -> None:
    """A list inside a file knows where it stands."""
    with pytest.raises(RestrictionError, match=r"main\.cf:41: "):
        parse_restrictions("permit,\nnothing", origin="main.cf", line=40)


def test_table_without_opener() -> None:
    """Where there are no tables, one in a list is an error."""
    with pytest.raises(RestrictionError, match="a table has no place here"):
        parse_restrictions("check_client_access inline:a=OK")


def test_error_of_a_table_passes() -> None:
    """What is wrong with a table is told by the table."""

    def refuse(spec: str) -> Table:
        message = "bad network"
        raise TableError(message, origin=spec, line=7)

    with pytest.raises(TableError, match="cidr:/x:7: bad network"):
        parse_restrictions("check_client_access cidr:/x", open_table=refuse)


def test_class() -> None:
    """A name of the site's own stands for a list, also within another."""
    classes = parse_classes(
        {"strict": "reject_non_fqdn_sender, stricter", "stricter": "reject"}, origin="classes"
    )
    (found,) = parse_restrictions("strict", classes=classes)

    assert ["reject_non_fqdn_sender", "stricter"] == [each.name for each in found.applied]
    assert ["reject"] == [each.name for each in found.applied[1].applied]


@pytest.mark.parametrize(
    "texts", [{"a": "a"}, {"a": "b", "b": "permit, a"}, {"a": "b", "b": "c", "c": "a"}]
)
def test_class_that_leads_to_itself(texts: dict[str, str]) -> None:
    """A circle of classes is an error, not a loop."""
    with pytest.raises(RestrictionError, match="leads to itself") as caught:
        parse_classes(texts, origin="classes")

    assert caught.value.origin.startswith("classes[")


def _chain(length: int) -> dict[str, str]:
    return {f"c{index}": f"permit, c{index + 1}" for index in range(length - 1)} | {
        f"c{length - 1}": "reject"
    }


@pytest.mark.parametrize("length", [101, 330, 5000])
@pytest.mark.parametrize("is_backward", [False, True], ids=["forward", "backward"])
def test_classes_are_not_deeper_than_a_hundred(length: int, *, is_backward: bool) -> None:
    """A chain that is too long is an error with its place, in whatever order it is given."""
    texts = _chain(length)
    if is_backward:
        texts = dict(reversed(texts.items()))

    with pytest.raises(RestrictionError, match="more than 100 deep") as caught:
        parse_classes(texts, origin="classes")

    place = length - 101 if is_backward else 100
    assert (f"classes[c{place}]", 1) == (caught.value.origin, caught.value.line)


@pytest.mark.parametrize("is_backward", [False, True], ids=["forward", "backward"])
def test_classes_may_be_a_hundred_deep(*, is_backward: bool) -> None:
    """What is allowed is walked like any list."""
    texts = {**_chain(100), "other": "reject_unlisted_sender, c1, inline:x=OK"}
    if is_backward:
        texts = dict(reversed(texts.items()))
    classes = parse_classes(texts, open_table=open_table)

    assert 101 == len(classes)
    assert [] == list(needs_of(classes["c0"]))


def test_fault_in_a_class() -> None:
    """A fault names the class it is in."""
    with pytest.raises(RestrictionError, match=r"main.cf\[strict\]:2: "):
        parse_classes({"strict": "permit\nnothing"}, origin="main.cf")


def test_needs() -> None:
    """Each restriction tells what it cannot do without, those of a class too."""
    classes = parse_classes({"mine": "reject_unlisted_sender"})
    found = parse_restrictions("permit, reject_unknown_helo_hostname, mine", classes=classes)

    assert [
        ("resolver", "reject_unknown_helo_hostname"),
        ("directory", "reject_unlisted_sender"),
    ] == list(needs_of(found))


def test_needs_are_fields() -> None:
    """What a restriction needs is a field of a site."""
    fields = set(attrs.fields_dict(type(SITE)))

    assert {field for kind in RESTRICTIONS.values() for field in kind.needs} <= fields


@pytest.mark.parametrize(
    "value",
    ["REJECT 5.1.1 no", "permit_mynetworks, reject", "strict", "550 go", "reject_unknown_client"],
)
def test_access_value(value: str) -> None:
    """A table may have actions, names of restrictions, and those of the site's own."""
    check_access_value(value, classes=["strict"])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("BOGUS text", "action: 'BOGUS' is not an action"),
        ("399 text", "'399' is not a code from 400 to 599"),
        ("reject_unknown_client, nothing", "'nothing' is not a restriction"),
        ("check_client_access inline:a=OK", "a table has no place here"),
        ("", "is not an action"),
        (",", "is not an action"),
    ],
)
def test_bad_access_value(value: str, words: str) -> None:
    """What is neither is refused when the table is loaded, for what it was meant to be."""
    with pytest.raises(InvalidValue, match=words):
        check_access_value(value)


def test_every_name_answers() -> None:
    """Each restriction can be asked about a session in which nothing was said yet."""
    bare = SmtpSession(client=CLIENT)
    arguments = {"a table": "inline:x=OK", "a block list": "zen.example", "a service": "grey"}
    arguments["a number of seconds"] = "1"
    for name, kind in RESTRICTIONS.items():
        text = f"{name} {arguments.get(kind.argument, '')}"
        if name == "warn_if_reject":
            text += " permit"
        for stage in (Stage.CLIENT, Stage.RECIPIENT):
            reply = answer(text, bare, stage=stage)
            assert reply is None or reply[0] in "45", name
