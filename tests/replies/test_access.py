"""An action is carried out or told of: every word, every argument, every fault."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.replies.access import (
    ACCESS_ACTIONS,
    CHECK_ACTIONS,
    AccessAction,
    ActionKind,
    parse_action,
)
from dsnlib.replies.check_tables import read_value
from tests.growth import BOUND, growth
from tests.strategies import cased, status_codes, wire_texts

K = ActionKind
S511 = EnhancedStatusCode.parse("5.1.1")
S421 = EnhancedStatusCode.parse("4.2.1")
REFUSING = (K.REJECT, K.DEFER, K.DEFER_IF_PERMIT, K.DEFER_IF_REJECT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("OK", AccessAction(K.OK), id="OK"),
        pytest.param("OK to me", AccessAction(K.OK, "to me"), id="OK with a text"),
        pytest.param("RELAY", AccessAction(K.OK), id="RELAY"),
        pytest.param("DUNNO", AccessAction(K.DUNNO), id="DUNNO"),
        pytest.param("REJECT", AccessAction(K.REJECT), id="REJECT"),
        pytest.param("REJECT go away", AccessAction(K.REJECT, "go away"), id="REJECT text"),
        pytest.param("REJECT 5.1.1", AccessAction(K.REJECT, status=S511), id="REJECT status"),
        pytest.param(
            "REJECT 5.1.1 no", AccessAction(K.REJECT, "no", status=S511), id="REJECT both"
        ),
        # Which code it is given with, and so which class, is for the site.
        pytest.param("REJECT 4.2.1 no", AccessAction(K.REJECT, "no", status=S421), id="REJECT 4"),
        pytest.param("DEFER 4.2.1 no", AccessAction(K.DEFER, "no", status=S421), id="DEFER"),
        pytest.param(
            "DEFER_IF_PERMIT 4.2.1 no",
            AccessAction(K.DEFER_IF_PERMIT, "no", status=S421),
            id="DEFER_IF_PERMIT",
        ),
        pytest.param(
            "DEFER_IF_REJECT no", AccessAction(K.DEFER_IF_REJECT, "no"), id="DEFER_IF_REJECT"
        ),
        pytest.param("WARN look", AccessAction(K.WARN, "look"), id="WARN"),
        pytest.param(
            "WARN 5.1.1 look", AccessAction(K.WARN, "5.1.1 look"), id="WARN has no status"
        ),
        pytest.param("INFO look", AccessAction(K.INFO, "look"), id="INFO"),
        pytest.param("HOLD", AccessAction(K.HOLD), id="HOLD"),
        pytest.param("HOLD for a look", AccessAction(K.HOLD, "for a look"), id="HOLD text"),
        pytest.param("DISCARD", AccessAction(K.DISCARD), id="DISCARD"),
        pytest.param("REDIRECT b@x.org", AccessAction(K.REDIRECT, "b@x.org"), id="REDIRECT"),
        pytest.param("BCC b@x.org", AccessAction(K.BCC, "b@x.org"), id="BCC"),
        pytest.param("PREPEND X-A: b", AccessAction(K.PREPEND, "X-A: b"), id="PREPEND"),
        pytest.param(
            "PREPEND X-A : b", AccessAction(K.PREPEND, "X-A : b"), id="PREPEND with a blank"
        ),
        pytest.param("FILTER smtp:[::1]:26", AccessAction(K.FILTER, "smtp:[::1]:26"), id="FILTER"),
        pytest.param("FILTER lmtp:", AccessAction(K.FILTER, "lmtp:"), id="FILTER without a hop"),
        pytest.param("450 later", AccessAction(K.DEFER, "later", code=450), id="450"),
        pytest.param("550 no", AccessAction(K.REJECT, "no", code=550), id="550"),
        pytest.param("400 no", AccessAction(K.DEFER, "no", code=400), id="400"),
        pytest.param("599 no", AccessAction(K.REJECT, "no", code=599), id="599"),
        pytest.param("421 4.2.1 no", AccessAction(K.DEFER, "no", code=421, status=S421), id="421"),
        pytest.param("550 5.1.1", AccessAction(K.REJECT, code=550, status=S511), id="codes alone"),
    ],
)
def test_action(text: str, expected: AccessAction) -> None:
    """Each word is one action, what stands behind it its argument, and none has a defect."""
    action = parse_action(text)

    assert expected == action
    assert () == action.defects


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("IGNORE", AccessAction(K.IGNORE), id="IGNORE"),
        pytest.param("STRIP it", AccessAction(K.STRIP, "it"), id="STRIP"),
        pytest.param("PASS", AccessAction(K.PASS), id="PASS"),
        pytest.param("REPLACE X-A: b", AccessAction(K.REPLACE, "X-A: b"), id="REPLACE"),
        pytest.param("REJECT 5.1.1 no", AccessAction(K.REJECT, "no", status=S511), id="REJECT"),
        pytest.param("DUNNO", AccessAction(K.DUNNO), id="DUNNO"),
    ],
)
def test_action_for_lines(text: str, expected: AccessAction) -> None:
    """A table of lines has actions of its own beside those of both."""
    assert expected == parse_action(text, words=CHECK_ACTIONS)


def test_places_of_actions() -> None:
    """Every action has a place, and those that change or pass lines, or put off, have one alone."""
    assert set(ActionKind) == ACCESS_ACTIONS | CHECK_ACTIONS
    assert {K.IGNORE, K.STRIP, K.PASS, K.REPLACE} == CHECK_ACTIONS - ACCESS_ACTIONS
    assert {
        K.OK, K.DEFER, K.DEFER_IF_PERMIT, K.DEFER_IF_REJECT,
    } == ACCESS_ACTIONS - CHECK_ACTIONS  # fmt: skip


@pytest.mark.parametrize(
    "kind", [kind for kind in ActionKind if kind in CHECK_ACTIONS - ACCESS_ACTIONS]
)
def test_action_for_lines_has_no_place_in_an_access_table(kind: ActionKind) -> None:
    """What is for lines says nothing of a client."""
    with pytest.raises(InvalidValue, match=f"'{kind.value}' has no place in this table"):
        parse_action(f"{kind.value} X-A: b")


@pytest.mark.parametrize("word", ["OK", "RELAY", "DEFER", "DEFER_IF_PERMIT", "DEFER_IF_REJECT"])
def test_action_for_access_has_no_place_in_a_table_of_lines(word: str) -> None:
    """What decides about a client says nothing of a line."""
    with pytest.raises(InvalidValue, match=f"^action: '{word}' has no place in this table$"):
        parse_action(word, words=CHECK_ACTIONS)


@pytest.mark.parametrize("text", ["550 5.1.1 no", "450 no", "554", "1"])
def test_codes_have_no_place_in_a_table_of_lines(text: str) -> None:
    """There digits are no action: they would permit, or give a code that the end has not."""
    with pytest.raises(InvalidValue, match=r"^action: .[0-9]+. is not an action$"):
        parse_action(text, words=CHECK_ACTIONS)


@given(kind=st.sampled_from(sorted(ACCESS_ACTIONS, key=str)), data=st.data())
def test_words_in_any_case(kind: ActionKind, data: st.DataObject) -> None:
    """A word is the same however it is cased; its argument stays as it is."""
    word = data.draw(cased(kind.value))

    assert AccessAction(kind, "X@y:Z") == parse_action(f"{word} X@y:Z")


@pytest.mark.parametrize(
    "text",
    [" \tREJECT  5.1.1\t no  one \r", "\nREJECT\t5.1.1 no  one\n", "REJECT\u00a05.1.1 no  one"],
    ids=ascii,
)
def test_white_space_around_words(text: str) -> None:
    """White space at the ends and between the words that are read does not count."""
    action = parse_action(text.replace("\r", "").replace("\n", ""))

    assert AccessAction(K.REJECT, "no  one", status=S511) == action


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "'' is not an action", id="nothing"),
        pytest.param("  \t", "'' is not an action", id="blanks"),
        pytest.param("REJECTED", "'REJECTED' is not an action", id="longer"),
        pytest.param("REJECT, no", "'REJECT,' is not an action", id="comma"),
        pytest.param("5.1.1 no", "'5.1.1' is not an action", id="status first"),
        pytest.param("450a no", "'450a' is not an action", id="digits and a letter"),
        pytest.param("-450 no", "'-450' is not an action", id="sign"),
        pytest.param("４５０ no", "'４５０' is not an action", id="digits that are not ASCII"),
        pytest.param("ﬁlter smtp:", "'ﬁlter' is not an action", id="ligature"),
        pytest.param("o\u212a", "'o\u212a' is not an action", id="kelvin sign"),
        pytest.param("permit_mynetworks", "'permit_mynetworks' is not an action", id="restriction"),
        pytest.param("399 no", "'399' is not a code from 400 to 599", id="399"),
        pytest.param("600 no", "'600' is not a code from 400 to 599", id="600"),
        pytest.param("250 fine", "'250' is not a code from 400 to 599", id="250"),
        pytest.param("55 no", "'55' is not a code from 400 to 599", id="two digits"),
        pytest.param("5500 no", "'5500' is not a code from 400 to 599", id="four digits"),
        pytest.param("REDIRECT", "REDIRECT needs an address, not ''", id="REDIRECT"),
        pytest.param("redirect bob", "redirect needs an address, not 'bob'", id="no domain"),
        pytest.param("REDIRECT @x.org", "REDIRECT needs an address, not '@x.org'", id="no local"),
        *(
            pytest.param(
                f"{word} {bad}", f"{word} needs an address, not {bad!r}", id=f"{word} {bad}"
            )
            for word in ("REDIRECT", "BCC")
            for bad in ("@@b", "a@@", "a @b", "a@ b", "@")
        ),
        pytest.param("REDIRECT a b@c", "REDIRECT needs an address, not 'a b@c'", id="two words"),
        pytest.param("BCC bob@", "BCC needs an address, not 'bob@'", id="BCC"),
        pytest.param("PREPEND X-A", "PREPEND needs a header field, not 'X-A'", id="no colon"),
        pytest.param("PREPEND X A: b", "PREPEND needs a header field, not 'X A: b'", id="a blank"),
        pytest.param("PREPEND : b", "PREPEND needs a header field, not ': b'", id="no name"),
        pytest.param("PREPEND", "PREPEND needs a header field, not ''", id="PREPEND"),
        pytest.param("PREPEND é: b", "PREPEND needs a header field, not 'é: b'", id="not ASCII"),
        pytest.param("FILTER", "FILTER needs transport:next hop, not ''", id="FILTER"),
        pytest.param("FILTER x", "FILTER needs transport:next hop, not 'x'", id="no transport"),
        pytest.param("FILTER ::x", "FILTER needs transport:next hop, not '::x'", id="two colons"),
        pytest.param("FILTER :x", "FILTER needs transport:next hop, not ':x'", id="empty one"),
        pytest.param("FILTER a b:", "FILTER needs transport:next hop, not 'a b:'", id="blank"),
    ],
)
def test_what_is_no_action(text: str, message: str) -> None:
    """An unknown word, a code that refuses nothing, and an argument without meaning are errors."""
    with pytest.raises(InvalidValue) as caught:
        parse_action(text)

    assert f"action: {message}" == str(caught.value)
    assert text.strip() == caught.value.value


@pytest.mark.parametrize("name", ["!", "9", ";", "~", "X\t", "X-A"])
@pytest.mark.parametrize("word", ["PREPEND", "REPLACE"])
def test_any_name_of_a_field(word: str, name: str) -> None:
    """A field's name is printable US-ASCII but the colon; there may be white space behind it."""
    text = f"{word} {name}: b"

    assert f"{name}: b" == parse_action(text, words=frozenset(ActionKind)).text


@pytest.mark.parametrize("word", ["REDIRECT", "BCC"])
@pytest.mark.parametrize("address", ["a@b", "b@x.org", "a@b@c", "<b@x.org>"])
def test_addresses(word: str, address: str) -> None:
    """An address has something before an @ and behind it; more is not asked here."""
    assert address == parse_action(f"{word} {address}").text


@pytest.mark.parametrize("argument", ["", "X-A"])
def test_replacement_needs_a_field(argument: str) -> None:
    """REPLACE has to put something there."""
    with pytest.raises(InvalidValue, match=r"^action: REPLACE needs a header field, not "):
        parse_action(f"REPLACE {argument}", words=CHECK_ACTIONS)


@pytest.mark.parametrize("digits", ["1", "0", "250", "399", "600", "5500", "10000000000"])
def test_digits_alone_permit(digits: str) -> None:
    """A number alone is OK, as it was when tables were lists of keys."""
    action = parse_action(digits)

    assert AccessAction(K.OK) == action
    assert () == action.defects


@pytest.mark.parametrize("digits", ["400", "450", "554", "599"])
def test_code_alone_permits_and_is_told_of(digits: str) -> None:
    """Who writes `554` wants to refuse: it permits, and a defect says so."""
    action = parse_action(f" {digits} ")
    (defect,) = action.defects

    assert AccessAction(K.OK) == action
    assert "action-digits" == defect.code
    assert f"action: '{digits}' alone permits; to refuse, put a text behind it" == defect.message


@pytest.mark.parametrize("before", ["REJECT", "DEFER", "DEFER_IF_PERMIT", "450", "550"])
@pytest.mark.parametrize(
    "word",
    [
        "5.1.1x",
        "5.1.1:",
        "5.1.1.",
        "6.1.1",
        "3.1.1",
        "5.1234.1",
        "5.1.1234",
        "5.01.1",
        "5555.1.1",
        "0.1.0",
        "9.9.9",
    ],
)
def test_what_looks_like_a_status_is_text(before: str, word: str) -> None:
    """A status that is none stays in the text, and a defect says so."""
    action = parse_action(f"{before} {word} no")
    (defect,) = action.defects

    assert (f"{word} no", None) == (action.text, action.status)
    assert "action-status" == defect.code
    assert f"action: {word!r} is not a status code, so it is part of the text" == defect.message


@pytest.mark.parametrize(
    "word", ["5.1", "5..1", "x5.1.1", "5.1.x", "no", "5-1-1", "55555.1.1", ".1.1", "5.12345.1"]
)
def test_what_looks_like_no_status_is_text(word: str) -> None:
    """Of other words nobody needs to be told."""
    action = parse_action(f"REJECT {word} 5.1.1")

    assert (f"{word} 5.1.1", None, ()) == (action.text, action.status, action.defects)


@pytest.mark.parametrize(
    ("text", "expected", "written"),
    [
        ("550 4.2.1 x", "5.2.1", "status 4.2.1 does not agree with code 550, which decides"),
        ("450 5.2.1 x", "4.2.1", "status 5.2.1 does not agree with code 450, which decides"),
        ("550 2.0.0 x", "5.0.0", "status 2.0.0 does not agree with code 550, which decides"),
    ],
)
def test_code_decides_the_class(text: str, expected: str, written: str) -> None:
    """Where code and status disagree, the status takes the class of the code."""
    action = parse_action(text)
    (defect,) = action.defects

    assert (expected, "x") == (str(action.status), action.text)
    assert ("action-class", f"action: {written}") == (defect.code, defect.message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("REJECT a\r\nb", "a\ufffd\ufffdb", id="CR LF"),
        pytest.param("REJECT a\0b", "a\ufffdb", id="NUL"),
        pytest.param("WARN a\x1bb\x7f", "a\ufffdb\ufffd", id="ESC, DEL"),
        pytest.param("PREPEND X-A: b\nBcc: c", "X-A: b\ufffdBcc: c", id="a field more"),
        pytest.param("REJECT a\tb", "a\tb", id="TAB"),
        pytest.param("REJECT \udcff\ud800", "\udcff\ufffd", id="surrogates"),
    ],
)
def test_controls_are_replaced(text: str, expected: str) -> None:
    """What a pattern took from a stranger's text can begin no line."""
    assert expected == parse_action(text).text


def test_control_behind_the_word_is_no_white_space() -> None:
    """A line end is not taken for a blank: the word is another then."""
    with pytest.raises(InvalidValue, match="is not an action"):
        parse_action("REJECT\nno")


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind not in REFUSING])
def test_only_a_refusal_has_codes(kind: ActionKind) -> None:
    """What refuses nothing has neither code nor status."""
    with pytest.raises(InvalidValue, match=f"^action: {kind.value} has no code$") as code:
        AccessAction(kind, code=550)
    with pytest.raises(InvalidValue, match=f"^action: {kind.value} has no code$") as status:
        AccessAction(kind, status=S511)

    assert (550, S511) == (code.value.value, status.value.value)


@pytest.mark.parametrize("kind", REFUSING)
def test_refusal_may_have_codes(kind: ActionKind) -> None:
    """What refuses may have a status; refusals for good and for now a code, too."""
    assert S421 == AccessAction(kind, status=S421).status
    assert 550 == AccessAction(K.REJECT, "x", code=550).code
    assert S421 == AccessAction(K.DEFER, code=450, status=S421).status


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (K.REJECT, 450),
        (K.DEFER, 550),
        (K.DEFER_IF_PERMIT, 450),
        (K.DEFER_IF_REJECT, 450),
        (K.DEFER_IF_REJECT, 550),
    ],
)
def test_code_is_of_its_refusal(kind: ActionKind, code: int) -> None:
    """A code takes the place of the word, so it stands for one refusal alone."""
    with pytest.raises(InvalidValue, match=f"^action: code {code} is not for {kind.value}$") as no:
        AccessAction(kind, "no", code=code)

    assert code == no.value.value


@pytest.mark.parametrize(("kind", "code"), [(K.REJECT, 550), (K.DEFER, 450)])
def test_code_does_not_stand_alone(kind: ActionKind, code: int) -> None:
    """`550` in a table permits, so no refusal may be written so."""
    with pytest.raises(InvalidValue, match=f"^action: code {code} alone would permit") as no:
        AccessAction(kind, code=code)

    assert code == no.value.value


@pytest.mark.parametrize("code", [None, 550])
@pytest.mark.parametrize("text", ["5.1.1", "5.1.1 no", "4.2.1\tno", "2.0.0\u00a0no"], ids=ascii)
def test_status_is_given_as_one(text: str, code: int | None) -> None:
    """A status at the beginning of a text would be read as that of the action."""
    with pytest.raises(InvalidValue, match=r"begins with a status; give it as one$"):
        AccessAction(K.REJECT, text, code=code)

    assert text == AccessAction(K.REJECT, text, code=code, status=S511).text
    assert text == AccessAction(K.WARN, text).text


@pytest.mark.parametrize(
    "kind", [kind for kind in ActionKind if kind not in (K.PREPEND, K.REPLACE)]
)
@pytest.mark.parametrize(
    "text", ["a\r\nb", "a\nb", "a\0b", "a\x1bb", "a\x7fb", "\ud800"], ids=ascii
)
def test_controls_are_refused(kind: ActionKind, text: str) -> None:
    """The text of an action can begin no line of its own, nor hold what has no octets."""
    with pytest.raises(InvalidValue, match=r"^action: .* has .* at character [01]$"):
        AccessAction(kind, text)


@pytest.mark.parametrize("text", [" a", "a ", "\ta", "a\u3000"], ids=ascii)
def test_white_space_at_an_end_is_refused(text: str) -> None:
    """Whoever reads a table takes it off."""
    with pytest.raises(InvalidValue, match=r"^action: .* has white space at an end$"):
        AccessAction(K.OK, text)


@pytest.mark.parametrize("kind", [K.REDIRECT, K.BCC, K.FILTER])
def test_an_argument_means_something(kind: ActionKind) -> None:
    """An action that goes nowhere does not exist."""
    with pytest.raises(InvalidValue, match=f"^action: {kind.value} needs .*, not 'bob'$"):
        AccessAction(kind, "bob")


@pytest.mark.parametrize("kind", [K.PREPEND, K.REPLACE])
@pytest.mark.parametrize(
    "text",
    ["", " a", "a ", "a\nb", "a\n b", "X-A: b\nc", "X-A: b\n \t", "a\rb", "\0", "X: \ud800"],
    ids=ascii,
)  # fmt: skip
def test_an_edit_is_a_line_or_a_field(kind: ActionKind, text: str) -> None:
    """What is put into a message is one line of a body, or one field with its folds."""
    with pytest.raises(InvalidValue, match=f"^action: {kind.value} needs a line or a header field"):
        AccessAction(kind, text)

    assert "X-A: b\n c" == AccessAction(kind, "X-A: b\n c").text
    assert "any line" == AccessAction(kind, "any line").text


@given(
    kind=st.sampled_from(ActionKind),
    text=st.one_of(
        wire_texts(),
        st.text(),
        st.text(st.sampled_from("a@:.X5 \t\n\r\0\u3000"), max_size=12),
        st.tuples(status_codes(), wire_texts()).map(lambda each: f"{each[0]} {each[1]}"),
        st.sampled_from(("", "b@x.org", "X-A: b", "X-A: b\n c", "smtp:[::1]", "5.1.1", "550 no")),
    ),
    code=st.none() | st.integers(399, 600),
    status=st.none() | status_codes(),
)
def test_what_is_made_is_written_and_read(
    kind: ActionKind, text: str, code: int | None, status: EnhancedStatusCode | None
) -> None:
    """Whatever an action is made of: it is refused, or reads back as it is."""
    try:
        action = AccessAction(kind, text, code=code, status=status)
    except InvalidValue:
        return

    if kind in (K.PREPEND, K.REPLACE):
        is_body = "\n" not in action.text
        assert action == read_value(str(action), is_body=is_body)
    else:
        assert action == parse_action(str(action), words=frozenset(ActionKind))


@pytest.mark.parametrize("code", [399, 600, 0, -450, 4500, 55, True, 450.0, "450"], ids=repr)
def test_code_is_one_that_refuses(code: object) -> None:
    """A code is a number from 400 to 599."""
    with pytest.raises(
        InvalidValue, match=r"^action: code .* is not a number from 400 to 599$"
    ) as no:
        AccessAction(K.REJECT, code=code)  # type: ignore[arg-type]  # the rule under test

    assert code is no.value.value


def test_codes_are_named() -> None:
    """Behind the text no number stands without its name."""
    make: Callable[..., object] = AccessAction

    with pytest.raises(TypeError, match="positional"):
        make(K.REJECT, "no", 550)


@pytest.mark.parametrize("code", [400, 499, 500, 599])
def test_codes_at_the_ends_of_a_class(code: int) -> None:
    """The class of a code is its first digit alone."""
    status = S421 if code < 500 else S511
    kind = K.DEFER if code < 500 else K.REJECT
    action = parse_action(f"{code} {status} no")

    assert (AccessAction(kind, "no", code=code, status=status), ()) == (action, action.defects)
    assert status == parse_action(f"{code} {status.with_class(2)} no").status


@pytest.mark.parametrize(("code", "status"), [(550, S421), (450, S511)])
def test_codes_agree(code: int, status: EnhancedStatusCode) -> None:
    """A value has no status that its code contradicts."""
    with pytest.raises(InvalidValue, match=f"^action: status {status} does not agree with ") as no:
        AccessAction(K.REJECT, code=code, status=status)

    assert status == no.value.value


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (AccessAction(K.OK), "OK"),
        (AccessAction(K.REJECT, "no"), "REJECT no"),
        (AccessAction(K.REJECT, "no", status=S511), "REJECT 5.1.1 no"),
        (AccessAction(K.REJECT, "no", code=554, status=S511), "554 5.1.1 no"),
        (AccessAction(K.DEFER, code=450, status=S421), "450 4.2.1"),
        (AccessAction(K.DEFER_IF_PERMIT), "DEFER_IF_PERMIT"),
    ],
)
def test_action_as_a_table_has_it(action: AccessAction, expected: str) -> None:
    """An action prints as it is written; a code takes the place of the word."""
    assert expected == str(action)


def test_defects_are_no_part_of_the_value() -> None:
    """Two tables that mean the same have equal actions."""
    told = parse_action("554")

    assert "defects" not in repr(told)
    assert told.defects
    assert AccessAction(K.OK) == told
    assert isinstance(AccessAction(K.OK, defects=list(told.defects)).defects, tuple)


arguments = st.one_of(
    wire_texts(),
    st.text(),
    st.tuples(status_codes(), wire_texts()).map(lambda each: f"{each[0]} {each[1]}"),
    st.sampled_from(("5.1.1x no", "b@x.org", "X-A: b", "smtp:[::1]", "  5.1.1   no ", "6.1.1")),
)
first = st.sampled_from([*(kind.value for kind in ActionKind), "RELAY"]).flatmap(cased)
numbers = st.integers(400, 599).map(str) | st.from_regex(r"[0-9]{1,4}", fullmatch=True)


@given(
    word=first | numbers | st.text(max_size=6),
    space=st.sampled_from((" ", "\t", "   ", "")),
    argument=arguments,
    words=st.sampled_from((ACCESS_ACTIONS, CHECK_ACTIONS, frozenset(ActionKind))),
)
def test_what_is_read_is_written_and_read_again(
    word: str, space: str, argument: str, words: frozenset[ActionKind]
) -> None:
    """Any text is an action that writes as one that reads the same, or an error."""
    try:
        action = parse_action(f"{word}{space}{argument}", words=words)
    except InvalidValue:
        return

    assert action.kind in words
    again = parse_action(str(action), words=words)
    assert action == again
    assert str(action) == str(again)


@pytest.mark.parametrize(
    ("before", "unit"),
    [
        ("", "1"),
        ("", "a"),
        ("", "\ud800"),
        ("550 ", "5."),
        ("550 5.1.1 ", "x"),
        ("REDIRECT ", "@"),
        ("REDIRECT ", "a"),
        ("REDIRECT ", "a@@"),
        ("PREPEND ", "a"),
        ("PREPEND a", " "),
        ("PREPEND a", "\t\\"),
        ("FILTER ", "a"),
    ],
    ids=ascii,
)
def test_twice_the_value_takes_twice_the_time(before: str, unit: str) -> None:
    """Work is linear in a value, however hostile: under three times as long for twice as much."""

    def prepare(count: int) -> Callable[[], object]:
        text = before + unit * count + "!"
        return lambda: parse_action(text)

    assert growth(prepare, 1 << 17) < BOUND
