"""Lists of discarded keywords: how they are read, whose is whose, what they take away."""

import asyncio
from collections.abc import Awaitable, Mapping

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.policy.hop import NextHop
from dsnlib.replies.discard import (
    DISCARD_WORDS,
    DiscardRules,
    Discards,
    discard_offered,
    parse_discards,
)
from dsnlib.replies.standard import StandardReply

LINES = (
    *("PIPELINING", "SIZE 1000", "etrn", "AUTH PLAIN", "AUTH=LOGIN", "8BITMIME"),
    *("DSN", "CHUNKING", "BINARYMIME", "DELIVERBY 240", "X-THING a b"),
)


@attrs.frozen
class FixedTable:
    """A table of what it is given, that remembers what it was asked."""

    entries: Mapping[str, str]
    name: str = "cidr:/etc/mail/ehlo"
    has_fixed_keys: bool = False
    asked: list[str] = attrs.field(factory=list)

    def lookup(self, key: str) -> str | Awaitable[str | None] | None:
        """Return what is there."""
        self.asked.append(key)
        return self.entries.get(key)


class LateTable(FixedTable):
    """The same, a moment later."""

    def lookup(self, key: str) -> str | Awaitable[str | None] | None:
        """Return what is there, to be awaited."""

        async def answer() -> str | None:
            await asyncio.sleep(0)
            return self.entries.get(key)

        return answer()


class BrokenTable(FixedTable):
    """One that cannot answer."""

    def lookup(self, key: str) -> str | Awaitable[str | None] | None:
        """Fail."""
        message = f"gone: {key}"
        raise OSError(message)


def discard_lists() -> st.SearchStrategy[Discards]:
    """Lists of any words."""
    return st.builds(Discards, st.sets(st.sampled_from(DISCARD_WORDS)), is_silent=st.booleans())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Discards()),
        (" ,, ", Discards()),
        ("dsn", Discards({"dsn"})),
        ("dsn, etrn", Discards({"dsn", "etrn"})),
        ("DSN\tEtrn\r\n8BitMime", Discards({"dsn", "etrn", "8bitmime"})),
        ("dsn,Silent-Discard", Discards({"dsn"}, is_silent=True)),
        ("silent-discard", Discards(is_silent=True)),
        ("dsn dsn DSN", Discards({"dsn"})),
        ("binarymime,deliverby limits", Discards({"binarymime", "deliverby", "limits"})),
    ],
)
def test_a_list_is_read(text: str, expected: Discards) -> None:
    """Commas and white space separate, case does not matter, and nothing is left over."""
    found = parse_discards(text)

    assert expected == found
    assert () == found.defects


@pytest.mark.parametrize("word", ["bogusword", "d\u017fn", "silent", "dsn;etrn", "\x00"])
def test_an_unknown_word_is_told(word: str) -> None:
    """It stops nothing, and is not lost in silence."""
    found = parse_discards(f"{word} etrn {word}", origin="main.cf: smtpd_discard")

    assert Discards({"etrn"}) == found
    assert ["discard-word"] == [defect.code for defect in found.defects]
    assert f"main.cf: smtpd_discard: {word!r} is no keyword to discard" == found.defects[0].message


def test_a_defect_without_an_origin_names_the_word() -> None:
    """Where it stands is told if it is known."""
    assert "'x' is no keyword to discard" == parse_discards("x").defects[0].message


def test_a_word_that_is_none_is_refused() -> None:
    """Code has no slip of the pen: an unknown word is an error there."""
    with pytest.raises(InvalidValue, match="'DSN' is none of pipelining, "):
        Discards({"DSN"})


@given(discard_lists())
def test_a_list_survives_being_written(discards: Discards) -> None:
    """What is written reads back as the same."""
    assert discards == parse_discards(str(discards))


@given(st.text())
def test_any_text_is_a_list(text: str) -> None:
    """Nothing raises, and what is read again has no defects."""
    found = parse_discards(text)

    assert found == parse_discards(str(found))


def test_the_log_names_the_words_in_order() -> None:
    """The words come in the order of announcement, in whatever order they were given."""
    assert ("pipelining", "dsn") == parse_discards("dsn pipelining").logged


def test_silent_discard_keeps_the_log_silent() -> None:
    """No word is logged beside `silent-discard`."""
    assert () == parse_discards("dsn silent-discard").logged


def test_an_entry_takes_the_place_of_the_general_list() -> None:
    """The two are not merged, and the first table that has the address decides."""
    rules = DiscardRules(
        parse_discards("etrn"),
        [FixedTable({}), FixedTable({"192.0.2.1": "dsn"}), FixedTable({"192.0.2.1": "size"})],
    )

    assert Discards({"dsn"}) == rules.discards_for_sync("192.0.2.1")


def test_an_address_that_no_table_has_gets_the_general_list() -> None:
    """Tables that do not have it change nothing."""
    rules = DiscardRules(parse_discards("etrn"), [FixedTable({"192.0.2.1": "dsn"})])

    assert Discards({"etrn"}) == rules.discards_for_sync("192.0.2.2")


def test_an_empty_entry_discards_nothing() -> None:
    """An entry without a word is an entry."""
    rules = DiscardRules(parse_discards("etrn"), [FixedTable({"::1": ""})])

    assert Discards() == rules.discards_for_sync("::1")


def test_a_table_is_asked_once_for_the_address_alone() -> None:
    """No parts of an address are keys."""
    table = FixedTable({}, has_fixed_keys=True)
    DiscardRules(Discards(), [table]).discards_for_sync("192.0.2.1")

    assert ["192.0.2.1"] == table.asked


def test_an_unknown_word_of_an_entry_is_told_with_its_table() -> None:
    """The defect names the table and the address."""
    rules = DiscardRules(Discards(), [FixedTable({"::1": "dsm"})])
    (defect,) = rules.discards_for_sync("::1").defects

    assert defect.message.startswith("cidr:/etc/mail/ehlo: ::1: 'dsm'")


def test_a_failed_lookup_is_no_empty_table() -> None:
    """What cannot be told raises, and a reply stands ready that closes the channel."""
    rules = DiscardRules(parse_discards("etrn"), [BrokenTable({}), FixedTable({"::1": ""})])

    with pytest.raises(LookupFailed, match="gone"):
        rules.discards_for_sync("::1")
    assert str(StandardReply.SETTINGS_UNKNOWN.reply).startswith("421 4.3.0 ")


def test_a_table_may_answer_later() -> None:
    """What is awaited is awaited; without a loop it is refused."""
    rules = DiscardRules(Discards(), [LateTable({"::1": "dsn"})])

    assert Discards({"dsn"}) == asyncio.run(rules.discards_for("::1"))
    with pytest.raises(TypeError, match="await it instead"):
        rules.discards_for_sync("::1")


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ("", ()),
        ("dsn", ("DSN",)),
        ("etrn size", ("SIZE 1000", "etrn")),
        ("auth", ("AUTH PLAIN", "AUTH=LOGIN")),
        ("chunking", ("CHUNKING", "BINARYMIME")),
        ("binarymime", ("BINARYMIME",)),
        ("smtputf8 silent-discard", ()),
    ],
)
def test_what_a_server_announces_is_discarded(words: str, gone: tuple[str, ...]) -> None:
    """The rest stays as it came, and what needs something discarded goes with it."""
    assert gone == tuple(
        line for line in LINES if line not in discard_offered(LINES, parse_discards(words))
    )


def test_the_text_of_a_reply_will_do() -> None:
    """Lines are taken as text too, empty ones with them."""
    assert ("", "SIZE 1") == discard_offered("\nSIZE 1\r\nDSN", parse_discards("dsn"))


def test_a_discarded_feature_is_absent_for_the_next_hop() -> None:
    """What is left is what `NextHop` reads."""
    hop = NextHop.from_ehlo("mx.example", discard_offered(LINES, parse_discards("DSN deliverby")))

    assert (False, None) == (hop.dsn, hop.shortest_seconds)


@given(st.lists(st.sampled_from(LINES) | st.text()), discard_lists(), discard_lists())
def test_discarding_is_idempotent_and_free_of_order(
    lines: list[str], one: Discards, other: Discards
) -> None:
    """Twice is once, the order of two lists does not matter, and lines only go."""
    once = discard_offered(lines, one)

    assert once == discard_offered(once, one)
    assert discard_offered(once, other) == discard_offered(discard_offered(lines, other), one)
    assert discard_offered(once, other) == discard_offered(lines, Discards(one.words | other.words))
    assert set(once) <= set(lines)
