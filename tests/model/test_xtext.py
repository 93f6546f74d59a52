r"""xtext and the utf-8 address type: what is written is read, and nothing hides in it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidAddress, InvalidXtext
from dsnlib.model.address import Mailbox
from dsnlib.model.xtext import (
    decode_utf8_address,
    decode_xtext,
    encode_utf8_address,
    encode_xtext,
)
from tests.strategies import (
    CONTROLS,
    ascii_texts,
    mailboxes,
    utf8_addresses,
    utf8_characters,
    xtexts,
)

# xchar: 33 to 126 but "+" and "="                                RFC 3461 s4
XCHARS = frozenset(map(chr, range(33, 127))) - {"+", "="}
# QCHAR = %x21-2a / %x2c-3c / %x3e-5b / %x5d-7e                   RFC 6533 s3
QCHARS = XCHARS - {"\\"}

LONE_SURROGATES = tuple(map(chr, (0xD800, 0xDCF6, 0xDFFF)))


@pytest.mark.requirement("3461-4-06")
@given(ascii_texts())
def test_xtext_round_trip(text: str) -> None:
    """Printable US-ASCII survives being written and read as xtext."""
    assert text == decode_xtext(encode_xtext(text))
    assert text == decode_xtext(encode_xtext(text), lenient=True)


@pytest.mark.requirement("3461-4-04")
def test_xchar() -> None:
    """Exactly 92 octets stand for themselves; raw, none else is xtext."""
    taken = set()
    for octet in range(256):
        try:
            decode_xtext(chr(octet))
        except InvalidXtext:
            continue
        taken.add(chr(octet))

    assert 92 == len(taken)
    assert taken == XCHARS
    assert XCHARS == {each for each in map(chr, range(32, 127)) if each == encode_xtext(each)}


def test_lenient_xchar() -> None:
    """Leniently every printable character but "+" stands for itself, and in hexadecimal."""
    taken = set()
    for octet in range(256):
        # What is refused is told by its absence.
        with contextlib.suppress(InvalidXtext):
            taken.add(decode_xtext(chr(octet), lenient=True))

    assert taken == set(map(chr, range(32, 127))) - {"+"}
    for octet in range(32, 127):
        for digits in (f"{octet:02x}", f"{octet:02X}"):
            assert chr(octet) == decode_xtext(f"+{digits}", lenient=True)


@pytest.mark.requirement("3461-4-05")
@pytest.mark.requirement("3461-4-07")
@pytest.mark.parametrize(
    ("text", "xtext"),
    [
        ("a b+c=d", "a+20b+2Bc+3Dd"),
        ("", ""),
        (" ", "+20"),
        ("QQ314159", "QQ314159"),
        ("+", "+2B"),
        ("=", "+3D"),
        ("+2B", "+2B2B"),
        ("Bob@Example.COM", "Bob@Example.COM"),
        ("(x);~!", "(x);~!"),
    ],
)
def test_encode_xtext(text: str, xtext: str) -> None:
    """What is no xchar is hex-encoded, "+" and "=" included; the rest is left alone."""
    assert xtext == encode_xtext(text)
    assert text == decode_xtext(xtext)


@pytest.mark.requirement("3461-4-07")
@given(ascii_texts())
def test_encoded_text_has_only_xchars(text: str) -> None:
    """Nothing outside xchar and hexchar is ever written."""
    encoded = encode_xtext(text)

    assert set(encoded) <= XCHARS | {"+"}
    assert len(text) + 2 * sum(each not in XCHARS for each in text) == len(encoded)


@pytest.mark.requirement("3461-4-06")
@pytest.mark.parametrize(
    ("xtext", "text"), [("+41lice", "Alice"), ("Alice", "Alice"), ("+7E", "~")]
)
def test_needless_hexchars(xtext: str, text: str) -> None:
    """An encoder may escape what it need not."""
    assert text == decode_xtext(xtext)


@pytest.mark.requirement("3461-4-05")
@given(xtexts())
def test_any_encoding_reads_as_one_text(xtext: str) -> None:
    """However much is escaped, the text is the same as in the shortest form."""
    text = decode_xtext(xtext)

    assert text == decode_xtext(encode_xtext(text))
    assert len(xtext) >= len(encode_xtext(text))


@pytest.mark.requirement("3461-4-05")
@pytest.mark.parametrize(
    "xtext", ["+2b", "+2", "+G0", "+", "a+", "++2B", "+ 2", "+0x", "+２B", "a=b", "a b", "é", "\n"]
)
def test_no_xtext(xtext: str) -> None:
    """A hexchar is "+" and two upper-case digits; "=" and space stand nowhere."""
    with pytest.raises(InvalidXtext) as caught:
        decode_xtext(xtext)

    assert xtext == caught.value.value
    assert "3461-4-04" == caught.value.requirement
    assert str(caught.value).startswith(f"xtext: {xtext!r}")


@pytest.mark.requirement("3461-4.2-10")
@pytest.mark.requirement("3461-4.4-05")
@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
@pytest.mark.parametrize(
    "octet", [each for each in range(256) if not 0x20 <= each < 0x7F and each != 0x09]
)
def test_hidden_octets(octet: int, lenient: bool) -> None:  # noqa: FBT001 - a column of the table
    """No control and nothing beyond US-ASCII comes out of an xtext."""
    xtext = f"a+{octet:02X}b"

    with pytest.raises(InvalidXtext) as caught:
        decode_xtext(xtext, lenient=lenient)

    assert ("3461-4.2-10", xtext) == (caught.value.requirement, caught.value.value)
    assert repr(xtext) in str(caught.value)


@pytest.mark.requirement("3461-4.2-10")
@pytest.mark.parametrize("character", [*CONTROLS, "é", "\x80", "\udcff"], ids=ascii)
def test_what_xtext_cannot_carry(character: str) -> None:
    """Text with a control or beyond US-ASCII is not encoded."""
    text = f"a{character}b"

    with pytest.raises(InvalidXtext) as caught:
        encode_xtext(text)

    assert "3461-4.2-10" == caught.value.requirement
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("xtext", "text"), [("+2b", "+"), ("a=b", "a=b"), ("a b", "a b"), ("+3d+3D", "=="), ("", "")]
)
def test_lenient_xtext(xtext: str, text: str) -> None:
    """Lenient reading takes lower-case digits, raw "=" and spaces."""
    assert text == decode_xtext(xtext, lenient=True)


@pytest.mark.parametrize("xtext", ["+", "+2", "+G0", "+-1", "é", "a\nb", "a\tb", "+0a", "+0A"])
def test_lenient_has_bounds(xtext: str) -> None:
    """A "+" that begins no hexchar stays unreadable, and controls stay out."""
    with pytest.raises(InvalidXtext):
        decode_xtext(xtext, lenient=True)


@given(st.text())
def test_lenient_takes_all_that_strict_does(text: str) -> None:
    """What is read strictly reads the same leniently; neither yields a control."""
    try:
        strict = decode_xtext(text)
    except InvalidXtext:
        return
    assert strict == decode_xtext(text, lenient=True)
    assert strict.isprintable()
    assert strict.isascii()


@pytest.mark.requirement("6533-3-02")
@pytest.mark.requirement("6533-3-06")
@pytest.mark.parametrize("smtputf8", [False, True], ids=["7 bit", "UTF-8"])
@given(address=utf8_addresses())
def test_utf8_address_round_trip(address: str, smtputf8: bool) -> None:  # noqa: FBT001 - a column of the table
    """An address survives being written and read in either form."""
    assert address == decode_utf8_address(encode_utf8_address(address, smtputf8=smtputf8))


@pytest.mark.requirement("6533-3-09")
@pytest.mark.requirement("6533-3-04")
@pytest.mark.parametrize(
    ("address", "seven_bit", "utf8"),
    [
        ("a+b=c\\d e", r"a\x{2B}b\x{3D}c\x{5C}d\x{20}e", r"a\x{2B}b\x{3D}c\x{5C}d\x{20}e"),
        ("δ@example.org", r"\x{3B4}@example.org", "δ@example.org"),
        ('"δ=a"@x', r'"\x{3B4}\x{3D}a"@x', r'"δ\x{3D}a"@x'),
        ("\U0001f600@x", r"\x{1F600}@x", "\U0001f600@x"),
        ("\U0010ffff", r"\x{10FFFF}", "\U0010ffff"),
        ("\x80", r"\x{80}", "\x80"),
        ("a@b", "a@b", "a@b"),
        ("", "", ""),
    ],
)
def test_encode_utf8_address(address: str, seven_bit: str, utf8: str) -> None:
    r"""Space, "\", "+" and "=" are embedded always, UTF-8 only where it cannot stand."""
    assert seven_bit == encode_utf8_address(address)
    assert utf8 == encode_utf8_address(address, smtputf8=True)


@pytest.mark.requirement("6533-3-03")
@pytest.mark.requirement("6533-3-05")
@pytest.mark.requirement("6533-3-13")
@pytest.mark.requirement("6533-3-15")
@given(utf8_addresses())
def test_seven_bit_form(address: str) -> None:
    """The 7-bit form is US-ASCII without "+" and "=", so xtext leaves it alone."""
    encoded = encode_utf8_address(address)

    assert encoded.isascii()
    assert encoded == encode_xtext(encoded)


@pytest.mark.requirement("6533-3-14")
@pytest.mark.requirement("6533-3-18")
@given(st.text(utf8_characters(" \\+=")))
def test_least_escaped_form(address: str) -> None:
    r"""To a place that takes UTF-8 nothing is embedded that need not be."""
    assert address == encode_utf8_address(address, smtputf8=True)


@pytest.mark.requirement("6533-3-19")
def test_qchar() -> None:
    r"""Of US-ASCII, exactly QCHAR stands for itself: 2B, 3D and 5C do not, 21 and 7E do."""
    itself = {each for each in map(chr, range(32, 127)) if each == encode_utf8_address(each)}

    assert itself == QCHARS
    for character in map(chr, range(128)):
        if character in QCHARS:
            assert character == decode_utf8_address(character)
        else:
            with pytest.raises(InvalidXtext):
                decode_utf8_address(character)


@pytest.mark.requirement("6533-3-10")
@pytest.mark.requirement("6533-3-08")
@pytest.mark.parametrize(
    ("encoded", "address"),
    [
        (r"\x{3B4}@x", "δ@x"),
        (r"\x{3b4}@x", "δ@x"),
        (r"\x{abc}\x{def}\x{ABC}\x{DEF}", "\u0abc\u0def\u0abc\u0def"),
        (r"\x{1F600}", "\U0001f600"),
        (r"\x{10FFFF}", "\U0010ffff"),
        (r"\x{20}\x{2B}\x{3D}\x{5C}", " +=\\"),
        (r"δ\x{3B4}", "δδ"),
        (r"\x{5C}x{2B}", r"\x{2B}"),
    ],
)
def test_decode_utf8_address(encoded: str, address: str) -> None:
    r"""All three forms are read, mixed as well; what comes out is not read again."""
    assert address == decode_utf8_address(encoded)


@pytest.mark.requirement("6533-3-10")
@pytest.mark.parametrize(
    "encoded",
    [
        r"\x{4}",
        r"\x{}",
        r"\x{0003B4X}",
        r"\x{00003B4}",
        r"\x3B4",
        r"\X{3B4}",
        r"\x{3B4",
        r"\x{ZZ}",
        r"\u03B4",
        "\\",
        "a\\",
        r"\\",
        "a+b",
        "a=b",
        "a b",
    ],
)
def test_no_embedded_character(encoded: str) -> None:
    r"""A backslash begins \x{HEX} of two to six digits, or the text is no utf-8 address."""
    with pytest.raises(InvalidXtext) as caught:
        decode_utf8_address(encoded)

    assert "6533-3-19" == caught.value.requirement
    assert encoded == caught.value.value
    assert str(caught.value).startswith(f"utf-8 address: {encoded!r}")


@pytest.mark.requirement("6533-3-11")
@pytest.mark.requirement("6533-3-12")
@pytest.mark.parametrize(
    "digits",
    [
        *("041", "000041"),  # ordinary printable US-ASCII
        *(f"{octet:02X}" for octet in range(0x20, 0x7F) if chr(octet) not in " +=\\"),
        *("D800", "DBFF", "DC00", "DFFF", "00DFFF"),  # surrogates
        *("110000", "FFFFFF"),  # no code point
        *(f"{octet:02X}" for octet in (*range(0x20), 0x7F)),  # controls
    ],
)
def test_what_may_not_be_embedded(digits: str) -> None:
    """Printable US-ASCII, surrogates, controls and no code point are not embedded."""
    encoded = rf"a\x{{{digits}}}b"

    with pytest.raises(InvalidXtext) as caught:
        decode_utf8_address(encoded)

    assert ("6533-3-11", encoded) == (caught.value.requirement, caught.value.value)
    assert repr(encoded) in str(caught.value)


@pytest.mark.requirement("6533-3-11")
def test_every_other_code_point_may_be_embedded() -> None:
    """Each of the four specials and everything beyond DEL but surrogates is embedded."""
    points = [0x20, 0x2B, 0x3D, 0x5C, *range(0x80, 0xD800, 97), *range(0xE000, 0x110000, 997)]
    points += [0xD7FF, 0x10FFFF]

    text = "".join(rf"\x{{{point:02X}}}" for point in points)

    assert "".join(map(chr, points)) == decode_utf8_address(text)


@pytest.mark.parametrize("smtputf8", [False, True], ids=["7 bit", "UTF-8"])
@pytest.mark.parametrize("character", [*CONTROLS, *LONE_SURROGATES], ids=ascii)
def test_what_no_form_can_carry(character: str, smtputf8: bool) -> None:  # noqa: FBT001 - a column of the table
    """A control or a lone surrogate is not encoded, in whatever form."""
    address = f"δ{character}@x"

    with pytest.raises(InvalidXtext) as caught:
        encode_utf8_address(address, smtputf8=smtputf8)

    assert ("6533-3-11", address) == (caught.value.requirement, caught.value.value)
    assert str(caught.value).startswith("utf-8 address: ")


@pytest.mark.parametrize("character", [*CONTROLS, *LONE_SURROGATES], ids=ascii)
def test_raw_controls_are_not_decoded(character: str) -> None:
    """A control or a lone surrogate is not let through either."""
    with pytest.raises(InvalidXtext) as caught:
        decode_utf8_address(f"δ{character}@x")

    assert ("6533-3-19" if character in CONTROLS else "6533-3-11") == caught.value.requirement


@pytest.mark.requirement("6533-3-20")
@pytest.mark.parametrize("smtputf8", [False, True], ids=["7 bit", "UTF-8"])
@given(mailbox=mailboxes())
def test_decoded_address_is_a_mailbox(mailbox: Mailbox, smtputf8: bool) -> None:  # noqa: FBT001 - a column of the table
    """Once decoded, the address of a mailbox is the mailbox of RFC 6531."""
    encoded = encode_utf8_address(str(mailbox), smtputf8=smtputf8)

    assert mailbox == Mailbox.parse(decode_utf8_address(encoded))


@pytest.mark.requirement("6533-3-20")
def test_decoded_address_need_not_be_a_mailbox() -> None:
    """What decodes is not thereby a mailbox."""
    with pytest.raises(InvalidAddress):
        Mailbox.parse(decode_utf8_address("@@"))


@given(st.text("\\x{}0123456789ABCDEFδ+=a ", max_size=20))
def test_decoding_never_yields_a_control(encoded: str) -> None:
    """Whatever is embedded, an address comes out without controls or not at all."""
    try:
        address = decode_utf8_address(encoded)
    except InvalidXtext:
        return
    assert not any(control in address for control in CONTROLS)
    assert address == address.encode().decode()
