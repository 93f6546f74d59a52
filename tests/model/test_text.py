"""Text of values has no controls; text from the wire loses nothing."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.text import (
    cut_octets,
    decode_base64,
    decode_wire,
    encode_wire,
    is_atom,
    is_utf8,
    refuse_controls,
    refuse_edges,
    replace_controls,
    split_comment,
)
from tests.strategies import CONTROLS, CONTROLS_BUT_TAB, atoms, comments, utf8_characters

HOMELESS_SURROGATES = ("\ud800", "\udbff", "\udc00", "\udc7f", "\udd00", "\udfff")


@pytest.mark.parametrize("control", [*CONTROLS, *HOMELESS_SURROGATES], ids=ascii)
def test_controls_are_refused(control: str) -> None:
    """Every C0 control, DEL, and a surrogate without an octet is refused, and shown."""
    text = f"a{control}b"

    with pytest.raises(InvalidValue) as caught:
        refuse_controls(text, "the field")

    assert f"the field: {text!r} has {control!r} at character 1" == str(caught.value)
    assert text == caught.value.value
    assert caught.value.requirement is None


def test_first_control_is_shown() -> None:
    """Of several the first is shown, if they are of both sorts too."""
    with pytest.raises(InvalidValue, match="at character 1"):
        refuse_controls("a\n\ud800", "the field")


@pytest.mark.parametrize("control", [*CONTROLS_BUT_TAB, *HOMELESS_SURROGATES], ids=ascii)
def test_controls_are_refused_where_a_tab_is_not(control: str) -> None:
    """That a TAB is allowed allows nothing else."""
    with pytest.raises(InvalidValue):
        refuse_controls(f"\t{control}", "the field", tab=True)


def test_tab_is_allowed_on_request() -> None:
    """TAB is linear white space, legal in *text."""
    refuse_controls("\ta\t", "the field", tab=True)


@given(st.text(utf8_characters()))
def test_other_text_is_accepted(text: str) -> None:
    """What is no control passes, printable or not."""
    refuse_controls(text, "the field")


@given(st.binary())
def test_octets_from_the_wire_are_accepted(octets: bytes) -> None:
    """Octets that are no UTF-8 pass, once their controls are gone."""
    refuse_controls(replace_controls(decode_wire(octets)), "the field", tab=True)


# Octets of UTF-8 that lone surrogates stand for one by one, and where the first stands.
SPLIT_CHARACTERS = [
    ("\udcc3\udca9", 0, "\u00e9"),
    ("a\udcff\udcc3\udca9", 2, "a\udcff\u00e9"),
    ("\udcc3\udcc3\udca9b", 1, "\udcc3\u00e9b"),
    ("\udcf0\udc9f\udc93\udca7", 0, "\U0001f4e7"),
]


@pytest.mark.parametrize(("text", "place", "_read"), SPLIT_CHARACTERS, ids=ascii)
def test_split_characters_are_refused(text: str, place: int, _read: str) -> None:
    """Octets that are UTF-8 together are a character, or the wire gives back another text."""
    with pytest.raises(InvalidValue) as caught:
        refuse_controls(text, "the field")

    assert f"the field: {text!r} has {text[place]!r} at character {place}" == str(caught.value)


@pytest.mark.parametrize(("text", "_place", "read"), SPLIT_CHARACTERS, ids=ascii)
def test_split_characters_are_joined(text: str, _place: int, read: str) -> None:
    """A reader takes them for the character that their octets are."""
    assert read == replace_controls(text)


@given(st.text(st.sampled_from("a\u00e9\n\ud800\udcc3\udca9\udce2\udc82\udcac\udcff")))
def test_what_is_accepted_comes_back_from_the_wire(text: str) -> None:
    """A text is accepted if and only if it is what its own octets are read as."""
    cleaned = replace_controls(text)
    refuse_controls(cleaned, "the field")

    assert cleaned == decode_wire(encode_wire(cleaned))
    try:
        refuse_controls(text, "the field")
    except InvalidValue:
        assert cleaned != text
    else:
        assert cleaned == text


@pytest.mark.parametrize("text", [" a", "a ", "\ta", "a\t", " ", "\t"], ids=ascii)
def test_white_space_at_an_end_is_refused(text: str) -> None:
    """A reader of fields would take it off."""
    with pytest.raises(InvalidAddress) as caught:
        refuse_edges(text, "path", error=InvalidAddress, requirement="3464-2.3.2-05")

    assert f"path: {text!r} has white space at an end" == str(caught.value)
    assert (text, "3464-2.3.2-05") == (caught.value.value, caught.value.requirement)


@pytest.mark.parametrize("text", ["", "a", "a \tb", "\u00a0a\u3000"], ids=ascii)
def test_other_edges_are_accepted(text: str) -> None:
    """White space inside is text, and so is what is none in a field."""
    refuse_edges(text, "the field")


def test_error_is_the_callers_choice() -> None:
    """The error is of the class and names the requirement that the caller gives."""
    with pytest.raises(InvalidAddress) as caught:
        refuse_controls("\n", "path", error=InvalidAddress, requirement="3464-2.3.2-05")

    assert "3464-2.3.2-05" == caught.value.requirement


@given(st.text())
def test_replacement_leaves_a_trace(text: str) -> None:
    """A control becomes U+FFFD, everything else stays at its place."""
    cleaned = replace_controls(text)

    assert len(text) == len(cleaned)
    for before, after in zip(text, cleaned, strict=True):
        assert after in (before, "\ufffd")
    assert not any(control in cleaned for control in CONTROLS_BUT_TAB)
    assert text.count("\t") == cleaned.count("\t")


@given(st.binary())
def test_wire_round_trip(octets: bytes) -> None:
    """Octets survive being decoded and encoded, whatever they are."""
    assert octets == encode_wire(decode_wire(octets))


@given(st.text(utf8_characters()))
def test_wire_is_utf8(text: str) -> None:
    """Text goes over the wire as UTF-8."""
    assert text.encode() == encode_wire(text)
    assert text == decode_wire(text.encode())


@pytest.mark.requirement("3464-2.1.3-01")
@given(atoms())
def test_atoms(text: str) -> None:
    """What the grammar of RFC 822 s3.3 makes is an atom."""
    assert is_atom(text)


@pytest.mark.requirement("3464-2.1.3-01")
def test_characters_of_atoms() -> None:
    """An atom has each CHAR but specials, SPACE and controls (RFC 822 s3.3)."""
    specials = set('()<>@,;:\\".[]')

    assert set(map(chr, range(0x21, 0x7F))) - specials == {
        character for character in map(chr, range(256)) if is_atom(character)
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", True), ("a", True), ("δ\U0001f600", True), ("\udcf6", False), ("a\ud800", False)],
    ids=ascii,
)
def test_is_utf8(text: str, expected: bool) -> None:  # noqa: FBT001  a column of the table
    """Text has octets in UTF-8 unless it has a lone surrogate, one from the wire included."""
    assert expected is is_utf8(text)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00\tb", "a\ufffd\tb"),
        ("a\x7f\udcf6\x80", "a\ufffd\udcf6\x80"),
        ("a\ud800\udcf6", "a\ufffd\udcf6"),
    ],
    ids=ascii,
)
def test_what_is_replaced(text: str, cleaned: str) -> None:
    """A control and a surrogate without an octet go; TAB and octets from the wire stay."""
    assert cleaned == replace_controls(text)


@pytest.mark.requirement("3464-2.1.3-01")
@pytest.mark.parametrize(
    "text", ["", " ", "a b", *CONTROLS, *'()<>@,;:\\".[]', "é", "a\x80", "rfc822\n"], ids=ascii
)
def test_no_atoms(text: str) -> None:
    """Specials, space, controls, what is not US-ASCII, and nothing at all are no atom."""
    assert not is_atom(text)


@pytest.mark.requirement("3464-2.1.1-02")
@pytest.mark.parametrize(
    ("text", "before", "comment"),
    [
        ("5.0.0 (permanent failure)", "5.0.0", "permanent failure"),
        ("5.2.2 (mailbox (still) full)", "5.2.2", "mailbox (still) full"),
        ("5.2.2(full)", "5.2.2", "full"),
        ("5.2.2 \t (full)", "5.2.2", "full"),
        ("a (b) (c)", "a (b)", "c"),
        ("a ()", "a", ""),
        ("(b)", "", "b"),
        ("a ( b )", "a", " b "),
        ("a (b) c", "a (b) c", None),
        ("a b)", "a b)", None),
        ("a (b))", "a (b))", None),
        ("a (b", "a (b", None),
        ("", "", None),
        (r"a (b \) c)", "a", r"b \) c"),
        (r"a (b \( c)", "a", r"b \( c"),
        (r"a (b \)", r"a (b \)", None),
        (r"a (b \\)", "a", r"b \\"),
        (r"a (b \\\)", r"a (b \\\)", None),
        (r"\)", r"\)", None),
        (r"a (b) \)", r"a (b) \)", None),
        ("X (X)", "X", "X"),
        (r"\\(b)", r"\\", "b"),
        (")", ")", None),
        (" a\x0b(b)", " a\x0b", "b"),
    ],
)
def test_split_comment(text: str, before: str, comment: str | None) -> None:
    """A comment at the end is taken off with its parentheses, one in the middle is not."""
    assert (before, comment) == split_comment(text)


@pytest.mark.requirement("3464-2.1.1-02")
@given(st.text(utf8_characters("()")).map(str.rstrip), comments())
def test_split_comment_undoes_its_writing(before: str, comment: str) -> None:
    """A comment is found whatever parentheses it holds, if they are balanced."""
    assert (before, comment) == split_comment(f"{before} ({comment})")


@pytest.mark.parametrize("text", ["(" * 20_000 + ")" * 20_000, ")" * 40_000, "(a)" * 10_000])
def test_split_comment_is_linear(text: str) -> None:
    """Parentheses by the thousand cost neither a stack nor a square of time."""
    before, comment = split_comment(text)

    assert len(text) >= len(before) + len(comment or "")


@given(st.binary())
def test_base64_round_trip(octets: bytes) -> None:
    """What was written comes back, each letter of the alphabet included."""
    assert octets == decode_base64(base64.b64encode(octets))
    assert bytes(range(256)) * 3 == decode_base64(base64.b64encode(bytes(range(256)) * 3))


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", b""),
        (b"YWJj", b"abc"),
        (b"YW\r\nJj\n", b"abc"),
        (b"YWI=", b"ab"),
        (b"YWI", b"ab"),
        (b"YWJjY", b"abc"),
        (b"--- YWJj ---", b"abc"),
    ],
)
def test_decode_base64(octets: bytes, expected: bytes) -> None:
    """All that whole letters hold is read, whatever stands between them or is cut off."""
    assert expected == decode_base64(octets)


@pytest.mark.parametrize(
    ("text", "octets", "cut"),
    [
        ("abc", 3, "abc"),
        ("abc", 2, "ab"),
        ("abc", 0, ""),
        ("naïve", 3, "na"),
        ("naïve", 4, "naï"),
        ("a\U0001f4e8", 4, "a"),
        ("a\U0001f4e8", 5, "a\U0001f4e8"),
        ("\udc80" * 6, 5, "\udc80" * 5),
        ("a\U0001f4e8\U0001f4e8", 6, "a\U0001f4e8"),
    ],
)
def test_cut_octets(text: str, octets: int, cut: str) -> None:
    """A text is cut between characters; octets that are none are cut anywhere."""
    assert cut == cut_octets(text, octets)
