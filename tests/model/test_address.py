"""Addresses and names are carried as they came, and read back as they were."""

import contextlib
from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidAddress
from dsnlib.model import address
from dsnlib.model.address import DiagnosticCode, Mailbox, MtaName, TypedAddress, check_path
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from tests.crossing import assert_crosses
from tests.strategies import (
    CONTROLS,
    CONTROLS_BUT_TAB,
    ascii_texts,
    cased,
    comments,
    diagnostic_codes,
    field_texts,
    mailboxes,
    mta_names,
    paths,
    typed_addresses,
    utf8_addresses,
)

Value = Mailbox | TypedAddress | MtaName | DiagnosticCode
VALUES = [mailboxes(), typed_addresses(), mta_names(), diagnostic_codes()]
NAMES = ["Mailbox", "TypedAddress", "MtaName", "DiagnosticCode"]
TYPED = [TypedAddress, MtaName, DiagnosticCode]

# What a lone surrogate outside DC80..DCFF is: text that no octets make.
HOMELESS = "\ud800"


@pytest.mark.requirement("3464-2.1.2-01")
@pytest.mark.parametrize("values", VALUES, ids=NAMES)
@given(data=st.data())
def test_text_round_trip(values: st.SearchStrategy[Value], data: st.DataObject) -> None:
    """A value survives being written and read."""
    value = data.draw(values)

    assert value == type(value).parse(str(value))


@pytest.mark.parametrize("values", VALUES, ids=NAMES)
@given(data=st.data())
def test_pickles_and_copies(values: st.SearchStrategy[Value], data: st.DataObject) -> None:
    """A value crosses a process boundary and is the same there, case included."""
    value = data.draw(values)
    assert_crosses(value)


@pytest.mark.parametrize(
    "value",
    [
        Mailbox("a", "example.org"),
        TypedAddress("rfc822", "a@example.org"),
        MtaName("dns", "example.org", comment="x"),
        DiagnosticCode("smtp", "550 no"),
    ],
    ids=NAMES,
)
def test_immutable(value: Value) -> None:
    """A value never changes and takes no attribute that its type has not."""
    before = str(value)

    for field in attrs.fields(type(value)):
        with pytest.raises(AttributeError):
            setattr(value, field.name, "x")
    with pytest.raises(AttributeError):
        value.note = "x"  # type: ignore[union-attr]  # what is refused
    assert before == str(value)


@pytest.mark.requirement("3464-2.1.2-02")
@pytest.mark.parametrize("type_", TYPED, ids=NAMES[1:])
@given(data=st.data())
def test_types_ignore_case(type_: Callable[[str, str], Value], data: st.DataObject) -> None:
    """Types compare and hash without regard to case, and keep the case they came in."""
    spelling = data.draw(cased("x400"))

    assert type_("x400", "a") == type_(spelling, "a")
    assert hash(type_("x400", "a")) == hash(type_(spelling, "a"))
    assert str(type_(spelling, "a")).startswith(spelling)


@pytest.mark.requirement("3464-2.3.2-06")
@pytest.mark.requirement("3464-2.2.2-06")
@pytest.mark.parametrize("type_", TYPED, ids=NAMES[1:])
def test_values_keep_their_case(type_: Callable[[str, str], Value]) -> None:
    """Behind the type, case counts."""
    assert type_("x", "Bob") != type_("x", "bob")
    assert "Bob@Example.COM" in str(type_("x", "Bob@Example.COM"))


@pytest.mark.parametrize("type_", TYPED, ids=NAMES[1:])
def test_other_types_are_other_values(type_: Callable[[str, str], Value]) -> None:
    """The same text of another type is another value, and so is another text."""
    assert type_("x400", "a") != type_("x500", "a")
    assert type_("x400", "a") != type_("x400", "b")


def test_shapes_do_not_mix() -> None:
    """An address is no MTA name, though both read `type; text`."""
    assert TypedAddress("x400", "a") != MtaName("x400", "a")  # type: ignore[comparison-overlap]  # the rule


@pytest.mark.requirement("3464-2.1.2-01")
@pytest.mark.parametrize("type_", TYPED, ids=NAMES[1:])
@pytest.mark.parametrize("text", ["dns;host", "dns; host", "dns ; host", " dns\t;\thost "])
def test_white_space_round_the_semicolon(type_: type[Value], text: str) -> None:
    """White space beside the semicolon and at the ends means nothing."""
    assert type_.parse("dns;host") == type_.parse(text)


@pytest.mark.requirement("3464-2.1.2-01")
@pytest.mark.parametrize(
    ("type_", "field"),
    [
        pytest.param(TypedAddress, "address", id="TypedAddress"),
        pytest.param(MtaName, "MTA name", id="MtaName"),
        pytest.param(DiagnosticCode, "diagnostic code", id="DiagnosticCode"),
    ],
)
@pytest.mark.parametrize(
    "text", ["d ns; host", "; host", " ; host", "d@ns; host", "(x); host", "dné; host", "\x00; x"]
)
def test_type_is_an_atom(type_: type[Value], field: str, text: str) -> None:
    """A type that is no atom is refused, and the error shows it."""
    with pytest.raises(InvalidAddress) as caught:
        type_.parse(text)

    assert f"{field}: type {caught.value.value!r} is not an atom" == str(caught.value)


@pytest.mark.parametrize(
    ("type_", "field"),
    [
        pytest.param(
            TypedAddress,
            "address",
            marks=[
                pytest.mark.requirement("3464-2.3.2-02"),
                pytest.mark.requirement("3464-2.3.1-01"),
            ],
        ),
        pytest.param(
            MtaName,
            "MTA name",
            marks=[
                pytest.mark.requirement("3464-2.2.2-02"),
                pytest.mark.requirement("3464-2.3.5-01"),
            ],
        ),
        pytest.param(
            DiagnosticCode, "diagnostic code", marks=pytest.mark.requirement("3464-2.3.6-01")
        ),
    ],
    ids=NAMES[1:],
)
@pytest.mark.parametrize("text", ["", "host", "rfc822: a@b", "a@b"])
def test_type_is_needed(type_: type[Value], field: str, text: str) -> None:
    """Without a semicolon there is no type, and no typed text."""
    with pytest.raises(InvalidAddress) as caught:
        type_.parse(text)

    assert text == caught.value.value
    assert str(caught.value).startswith(f"{field}: {text!r}")
    assert caught.value.requirement is not None


def make_mta_comment(text: str) -> MtaName:
    """Return an MTA name with `text` as the comment."""
    return MtaName("dns", "a", comment=text)


@pytest.mark.requirement("3464-2.3.2-05")
@pytest.mark.parametrize("place", ["{}a", "a{}b", "a{}"], ids=["first", "within", "last"])
@pytest.mark.parametrize(
    ("make", "controls"),
    [
        pytest.param(lambda text: Mailbox(text, "b"), CONTROLS, id="Mailbox.local_part"),
        pytest.param(lambda text: Mailbox(f'"{text}"', "b"), CONTROLS, id="Mailbox, quoted"),
        pytest.param(lambda text: Mailbox("b", text), CONTROLS, id="Mailbox.domain"),
        pytest.param(lambda text: Mailbox("b", f"[x:{text}]"), CONTROLS, id="Mailbox, literal"),
        pytest.param(lambda text: TypedAddress(text, "b"), CONTROLS, id="TypedAddress.type"),
        pytest.param(lambda text: TypedAddress("b", text), CONTROLS, id="TypedAddress.value"),
        pytest.param(lambda text: TypedAddress("rfc822", text), CONTROLS, id="of a usual type"),
        pytest.param(TypedAddress.from_address, CONTROLS, id="TypedAddress.from_address"),
        pytest.param(
            lambda text: TypedAddress.from_address(f"δ{text}"), CONTROLS, id="from_address, UTF-8"
        ),
        pytest.param(lambda text: MtaName(text, "b"), CONTROLS, id="MtaName.type"),
        pytest.param(lambda text: MtaName("b", text), CONTROLS_BUT_TAB, id="MtaName.name"),
        pytest.param(make_mta_comment, CONTROLS_BUT_TAB, id="MtaName.comment"),
        pytest.param(lambda text: DiagnosticCode(text, "b"), CONTROLS, id="DiagnosticCode.type"),
        pytest.param(
            lambda text: DiagnosticCode("b", text), CONTROLS_BUT_TAB, id="DiagnosticCode.text"
        ),
        pytest.param(
            lambda text: DiagnosticCode("smtp", text), CONTROLS_BUT_TAB, id="of the usual type"
        ),
        pytest.param(lambda text: check_path(text, "path"), CONTROLS, id="check_path"),
    ],
)
def test_no_controls(make: Callable[[str], object], controls: tuple[str, ...], place: str) -> None:
    """No control character gets into any text of any value."""
    for control in (*controls, HOMELESS):
        with pytest.raises(InvalidAddress) as caught:
            make(place.format(control))
        assert repr(control)[1:-1] in str(caught.value)


@pytest.mark.parametrize(
    ("text", "local_part", "domain"),
    [
        ("Bob@example.org", "Bob", "example.org"),
        ("a.b.c@d", "a.b.c", "d"),
        ("!#$%&'*+-/=?^_`{|}~@d", "!#$%&'*+-/=?^_`{|}~", "d"),
        ('"a b"@d', '"a b"', "d"),
        ('"a@b"@d', '"a@b"', "d"),
        (r'"a\"b\\"@d', r'"a\"b\\"', "d"),
        ('""@d', '""', "d"),
        ("a@[192.0.2.1]", "a", "[192.0.2.1]"),
        ("a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]"),
        ("a@[ipv6:::ffff:192.0.2.1]", "a", "[ipv6:::ffff:192.0.2.1]"),
        ("a@[x-tag:any!thing]", "a", "[x-tag:any!thing]"),
        ("a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"),
        ("a@0.1", "a", "0.1"),
        ("δοκιμή@παράδειγμα.gr", "δοκιμή", "παράδειγμα.gr"),
        ('"δ δ"@d', '"δ δ"', "d"),
        ("a@[192.000.002.001]", "a", "[192.000.002.001]"),
        ("a@[IPv6:::ffff:192.000.002.001]", "a", "[IPv6:::ffff:192.000.002.001]"),
    ],
)
def test_mailbox(text: str, local_part: str, domain: str) -> None:
    """A mailbox is cut at the right "@" and keeps its spelling."""
    mailbox = Mailbox.parse(text)

    assert (local_part, domain) == (mailbox.local_part, mailbox.domain)
    assert text == str(mailbox)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@d",
        "a@",
        "@",
        "a b@d",
        ".a@d",
        "a.@d",
        "a..b@d",
        '"a@d',
        'a"b"@d',
        '"a"b@d',
        '"a"b"@d',
        '"a\\"@d',
        '"\\δ"@d',
        "a@b_c",
        "a@-b",
        "a@b-",
        "a@b..c",
        "a@.b",
        "a@b.",
        "a@b c",
        "<a@b>",
        "a@[192.0.2]",
        "a@[192.0.2.256]",
        "a@[0192.0.2.1]",
        "a@[.0.2.1]",
        "a@[192.0.2.]",
        "a@[192.0.2.0001]",
        "a@[192.0.2.1.1]",
        "a@[IPv6:x]",
        "a@[IPv6:1::2::3]",
        "a@[IPv6:fe80::1%eth0]",
        "a@[192.0.2.1",
        "a@[192.0.2.15",
        "a@192.0.2.1]",
        "a@[tag:]",
        "a@[tag:a b]",
        "a@[]",
        "a@[tag]",
        "a@[tag:b@c]",
        "a@[IPv6:::ffff:192.0.2.256]",
        "a@\udcf6",
        "\udcf6@d",
    ],
    ids=ascii,
)
def test_no_mailbox(text: str) -> None:
    """What breaks the grammar is refused, and the error shows it."""
    with pytest.raises(InvalidAddress) as caught:
        Mailbox.parse(text)

    assert text == caught.value.value
    assert str(caught.value).startswith("address: ")
    assert repr(text) in str(caught.value)


# Octets of US-ASCII in the words of the standards.
LET_DIG = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
ATEXT = LET_DIG | frozenset("!#$%&'*+-/=?^_`{|}~")
PRINTABLE = frozenset(map(chr, range(0x20, 0x7F)))


def make_domain(text: str) -> Mailbox:
    """Return a mailbox with `text` as its domain."""
    return Mailbox("a", text)


def parse_path(text: str) -> None:
    """Check `text` as a path."""
    check_path(text, "path")


@pytest.mark.parametrize(
    ("make", "form", "legal"),
    [
        pytest.param(Mailbox.parse, "a{}a@d", ATEXT | {"."}, id="atext"),
        pytest.param(Mailbox.parse, '"{}"@d', PRINTABLE - {'"', "\\"}, id="qtextSMTP"),
        pytest.param(Mailbox.parse, '"\\{}"@d', PRINTABLE, id="quoted-pairSMTP"),
        pytest.param(make_domain, "{}", LET_DIG, id="Let-dig"),
        pytest.param(make_domain, "a{}", LET_DIG, id="Let-dig at the end"),
        pytest.param(make_domain, "a{}a", LET_DIG | {"-", "."}, id="Ldh-str"),
        pytest.param(Mailbox.parse, "a@[{}a:x]", LET_DIG | {"-"}, id="Standardized-tag"),
        pytest.param(Mailbox.parse, "a@[{}:x]", LET_DIG, id="end of Standardized-tag"),
        pytest.param(Mailbox.parse, "a@[a:{}]", PRINTABLE - set(' "<>@[\\]'), id="dcontent"),
        pytest.param(parse_path, "a{}b", PRINTABLE - set(' "<>'), id="path"),
        pytest.param(parse_path, '"{}"', PRINTABLE - {'"', "\\"}, id="quotes in a path"),
        pytest.param(parse_path, '"\\a{}"', PRINTABLE - {'"', "\\"}, id="quotes with a pair"),
        pytest.param(parse_path, '"a"{}b', PRINTABLE - set(' "<>'), id="path behind quotes"),
    ],
)
def test_characters(make: Callable[[str], object], form: str, legal: frozenset[str]) -> None:
    """Each place of the grammar takes the characters of its production, and no other."""
    taken = set()
    for character in map(chr, range(128)):
        # What is refused is told by its absence.
        with contextlib.suppress(InvalidAddress):
            make(form.format(character))
            taken.add(character)

    assert legal == taken


@pytest.mark.parametrize("character", '@<>"')
def test_literals_leave_out_what_would_end_a_path(character: str) -> None:
    """A mailbox that could not be read back from its path is not made."""
    with pytest.raises(InvalidAddress, match="domain"):
        Mailbox("a", f"[tag:b{character}c]")


@pytest.mark.parametrize(
    ("local_part", "domain", "fits"),
    [
        ("a" * 64, "d", True),
        ("a" * 65, "d", False),
        ("é" * 32, "d", True),
        ("é" * 33, "d", False),
        ("a", "b" * 63 + ".d", True),
        ("a", "b" * 64 + ".d", False),
        ("a", "é" * 64 + ".d", True),
        ("a", ".".join(["b" * 61] * 4) + ".fghi", True),
        ("a", ".".join(["b" * 61] * 4) + ".fghij", False),
        ("a" * 64, ".".join(["b" * 46] * 4) + ".c", True),
        ("a" * 64, ".".join(["b" * 46] * 4) + ".cd", False),
    ],
    ids=lambda value: f"{value[:3]}*{len(value)}" if isinstance(value, str) else str(value),
)
def test_lengths(local_part: str, domain: str, fits: bool) -> None:  # noqa: FBT001 - a column of the table
    """64 octets before the "@", 63 in a label, 254 in all: RFC 5321 s4.5.3.1."""
    if fits:
        assert f"{local_part}@{domain}" == str(Mailbox(local_part, domain))
        return
    with pytest.raises(InvalidAddress) as caught:
        Mailbox(local_part, domain)
    assert repr(f"{local_part}@{domain}") in str(caught.value)


@given(mailboxes(smtputf8=False))
def test_mailbox_of_ascii(mailbox: Mailbox) -> None:
    """A mailbox of US-ASCII needs no SMTPUTF8 and reads without."""
    assert not mailbox.needs_smtputf8
    assert mailbox == Mailbox.parse(str(mailbox), smtputf8=False)


@pytest.mark.parametrize("text", ["δ@example.org", "a@δ.example", '"δ"@example.org'])
def test_mailbox_beyond_ascii(text: str) -> None:
    """A mailbox beyond US-ASCII needs SMTPUTF8 and is refused without."""
    assert Mailbox.parse(text).needs_smtputf8
    with pytest.raises(InvalidAddress) as caught:
        Mailbox.parse(text, smtputf8=False)

    assert f"address: {text!r} needs SMTPUTF8" == str(caught.value)


def test_mailbox_case_counts() -> None:
    """The local part's case is the receiver's business, so mailboxes differ by it."""
    assert Mailbox.parse("Bob@d") != Mailbox.parse("bob@d")


@pytest.mark.requirement("3461-9.1-02")
@pytest.mark.requirement("3464-2.3.2-05")
@pytest.mark.parametrize(
    "address",
    [
        "Bob@Example.COM",
        "odd..dots@host",
        "weird@@x",
        "postmaster",
        '"a b>c"@d',
        r'"a\"> "@d',
        "@relay.example:bob@example.org",
        "δ@δ",
        "b\udcf6b@x",
        "(a)@b",
        ";,:@[x",
    ],
)
def test_path_is_carried(address: str) -> None:
    """An address that no mailbox is, is taken as it is if it fits between < and >."""
    check_path(address, "recipient")


@given(paths())
def test_every_path_is_carried(address: str) -> None:
    """Every mailbox fits between < and >."""
    check_path(address, "recipient")


@pytest.mark.parametrize(
    "address", ["", "a b", " a", "a ", "<a@b>", "a>b", "a<b", 'a"b', '"a b', '"a\\"@b', '"a" b"']
)
def test_path_that_would_end_early(address: str) -> None:
    """A space, bracket or quote outside quotes would end the path, and so is refused."""
    with pytest.raises(InvalidAddress) as caught:
        check_path(address, "recipient")

    assert f"recipient: {address!r} cannot stand between '<' and '>'" == str(caught.value)
    assert address == caught.value.value


@pytest.mark.requirement("3464-2.3.1-01")
@pytest.mark.requirement("3464-2.3.2-02")
@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("rfc822; Bob@Example.COM", "rfc822", "Bob@Example.COM"),
        ("rfc822;louisl@larry.slip.umd.edu", "rfc822", "louisl@larry.slip.umd.edu"),
        ("X400; /c=gb/a=gold 400/", "X400", "/c=gb/a=gold 400/"),
        ("rfc822;", "rfc822", ""),
        ("a;b;c", "a", "b;c"),
        ("unknown; anything (at all)", "unknown", "anything (at all)"),
    ],
)
def test_typed_address(text: str, type_: str, value: str) -> None:
    """An address is what stands behind the first semicolon, whatever its type."""
    address = TypedAddress.parse(text)

    assert (type_, value) == (address.type, address.value)
    assert value == address.address


@pytest.mark.requirement("3464-2.1.2-03")
@given(field_texts().filter(lambda text: "\t" not in text))
def test_unknown_type_is_kept_verbatim(value: str) -> None:
    """An address of a type nobody knows is not read but kept."""
    address = TypedAddress.parse(f"x-martian; {value}")

    assert value == address.value
    assert value == address.address


@pytest.mark.parametrize("name", ["x", "rfc822", "smtp"])
@pytest.mark.parametrize(
    ("type_", "field"),
    [(TypedAddress, "address"), (MtaName, "MTA name"), (DiagnosticCode, "diagnostic code")],
    ids=NAMES[1:],
)
@pytest.mark.parametrize("value", [" a", "a ", "ab ", " "])
def test_no_white_space_at_the_ends(
    type_: Callable[[str, str], Value], field: str, value: str, name: str
) -> None:
    """White space at an end would not read back, and so is refused."""
    with pytest.raises(InvalidAddress) as caught:
        type_(name, value)

    assert str(caught.value).startswith(f"{field}: {value!r} ")
    assert value == caught.value.value
    assert caught.value.requirement is not None


@pytest.mark.parametrize("type_", TYPED, ids=NAMES[1:])
@pytest.mark.parametrize("value", ["\ta", "a\t"])
def test_no_tab_at_the_ends(type_: Callable[[str, str], Value], value: str) -> None:
    """A TAB at an end would not read back either."""
    with pytest.raises(InvalidAddress):
        type_("x", value)


@pytest.mark.parametrize(
    ("make", "field", "requirement"),
    [
        (lambda: Mailbox("a\n", "d"), "address", None),
        (lambda: Mailbox("a" * 65, "d"), "address", None),
        (lambda: Mailbox("a b", "d"), "address: local part", None),
        (lambda: Mailbox("a", "d_"), "address: domain", None),
        (lambda: Mailbox.parse("a"), "address", None),
        (lambda: Mailbox.parse("δ@d", smtputf8=False), "address", None),
        (lambda: TypedAddress("x", "\n"), "address", "3464-2.1.2-01"),
        (lambda: TypedAddress("", "a"), "address", "3464-2.1.2-01"),
        (lambda: TypedAddress("x", " a"), "address", "3464-2.1.2-01"),
        (lambda: TypedAddress.parse("a"), "address", "3464-2.3.2-02"),
        (lambda: TypedAddress.from_address("a\n"), "address", None),
        (lambda: MtaName("x", "\n"), "MTA name", "3464-2.2.2-02"),
        (lambda: MtaName("x", "a", comment="\n"), "MTA name", None),
        (lambda: MtaName.parse("a"), "MTA name", "3464-2.2.2-02"),
        (lambda: DiagnosticCode("x", "\n"), "diagnostic code", "3464-2.3.6-01"),
        (lambda: DiagnosticCode.parse("a"), "diagnostic code", "3464-2.3.6-01"),
    ],
)
def test_errors_say_where(make: Callable[[], object], field: str, requirement: str | None) -> None:
    """An error names the field, shows and carries the value, and knows its requirement."""
    with pytest.raises(InvalidAddress) as caught:
        make()

    assert str(caught.value).startswith(f"{field}")
    assert repr(caught.value.value) in str(caught.value)
    assert requirement == caught.value.requirement


@pytest.mark.parametrize(
    "type_",
    ["rfc822", "RFC822", "utf-8", "dns", "DNS", "smtp", "SMTP", "x-unix", "X-Postfix", "x400"],
)
def test_usual_types_take_the_short_way(monkeypatch: pytest.MonkeyPatch, type_: str) -> None:
    """A printable value of a type that is seen every day needs no closer look."""

    def fail(*parts: str, tab: bool = False) -> None:
        pytest.fail(f"{parts} were looked at")

    monkeypatch.setattr(address, "_check_typed", fail)
    for value in ("", "a", "ab c", "d e f"):
        assert f"{type_};{value}" == str(TypedAddress(type_, value))
        assert f"{type_}; {value}".strip() == str(DiagnosticCode(type_, value))


@pytest.mark.parametrize("type_", TYPED, ids=NAMES[1:])
def test_empty_value(type_: type[Value]) -> None:
    """A type with nothing behind it is written without a space at the end."""
    assert "x;" == str(type_("x", ""))


def test_comment_by_name() -> None:
    """A comment is given by its name, so that nobody takes it for a part of the name."""
    with pytest.raises(TypeError):
        MtaName("dns", "a", "b")  # type: ignore[call-arg]  # what is refused


@pytest.mark.requirement("3461-6.3-11")
@pytest.mark.requirement("3464-2.3.2-04")
@pytest.mark.requirement("3464-2.3.2-05")
@pytest.mark.requirement("3461-9.1-02")
@given(ascii_texts().map(lambda text: text.strip(" ")))
def test_address_of_ascii_is_rfc822(address: str) -> None:
    """An Internet address of US-ASCII is of type rfc822, spelt as it came."""
    typed = TypedAddress.from_address(address)

    assert ("rfc822", address, address) == (typed.type, typed.value, typed.address)


@given(utf8_addresses().map(lambda text: text.strip(" ")))
def test_address_comes_back(address: str) -> None:
    """An address survives being given a type, whatever its characters."""
    assert address == TypedAddress.from_address(address).address


@pytest.mark.requirement("6533-3-04")
@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("a+b=c@x", "rfc822;a+b=c@x"),
        ("δ@x", "utf-8;δ@x"),
        ('"δ=a"@x', r'utf-8;"δ\x{3D}a"@x'),
        ("δ+a@x", r"utf-8;δ\x{2B}a@x"),
    ],
)
def test_from_address(address: str, text: str) -> None:
    """Beyond US-ASCII an address is of type utf-8, with its illegal US-ASCII embedded."""
    assert text == str(TypedAddress.from_address(address))


@pytest.mark.requirement("3464-2.3.2-05")
def test_address_with_an_octet_that_is_no_utf8() -> None:
    """An address that a Recipient carries has a type, so that it can be reported."""
    address = "b\udcf6b@example.org"
    check_path(address, "recipient")

    assert address == TypedAddress.from_address(address).address
    assert TypedAddress("rfc822", address) == TypedAddress.from_address(address)


@pytest.mark.requirement("6533-3-17")
@pytest.mark.parametrize("value", [r"\x{ZZ}@x", r"a\b@x", "a+b@x", r"\x{41}@x", r"\x{D800}", "\\"])
def test_malformed_utf8_address_is_unaltered(value: str) -> None:
    """An address labelled utf-8 that does not conform is given as it stands."""
    address = TypedAddress("utf-8", value)

    assert value == address.address
    assert f"utf-8;{value}" == str(address)


@pytest.mark.parametrize("type_", ["utf-8", "UTF-8", "Utf-8"])
def test_embedded_characters_are_for_people_undone(type_: str) -> None:
    r"""Type utf-8 in any case has its \x{...} undone; any other type has not."""
    assert "δ@x" == TypedAddress(type_, r"\x{3B4}@x").address
    assert r"\x{3B4}@x" == TypedAddress("rfc822", r"\x{3B4}@x").address


@pytest.mark.requirement("3464-2.2.2-02")
@pytest.mark.requirement("3464-2.3.5-01")
@pytest.mark.requirement("3464-2.2.4-03")
@pytest.mark.parametrize(
    ("text", "name", "comment"),
    [
        ("dns; cs.utk.edu", "cs.utk.edu", None),
        ("dns; Relay.EXAMPLE", "Relay.EXAMPLE", None),
        ("dns; relay.example ([192.0.2.7])", "relay.example", "[192.0.2.7]"),
        ("dns; relay.example([192.0.2.7])", "relay.example", "[192.0.2.7]"),
        ("dns; a (b (c) d)", "a", "b (c) d"),
        ("dns; a (b) (c)", "a (b)", "c"),
        ("dns; a (b) c", "a (b) c", None),
        ("dns; a ()", "a", ""),
        ("dns; (only)", "", "only"),
        ("dns; a)", "a)", None),
        ("dns;", "", None),
        pytest.param(
            "dns; [192.0.2.1]",
            "[192.0.2.1]",
            None,
            marks=pytest.mark.requirement("3461-9.3-03"),
        ),
        ("dns; a\tb", "a\tb", None),
    ],
)
def test_mta_name(text: str, name: str, comment: str | None) -> None:
    """A comment at the end is not part of the name; the name keeps its spelling."""
    mta = MtaName.parse(text)

    assert (name, comment) == (mta.name, mta.comment)
    assert mta == MtaName.parse(str(mta))


@pytest.mark.requirement("3464-2.1.1-02")
@given(mta_names(), comments())
def test_mta_comment(mta: MtaName, comment: str) -> None:
    """Whatever comment stands behind, the name is the same."""
    commented = attrs.evolve(mta, comment=comment)

    assert mta.name == MtaName.parse(str(commented)).name
    assert comment == MtaName.parse(str(commented)).comment


@given(field_texts())
def test_every_mta_name_reads(text: str) -> None:
    """A name is *text: nothing but a control character makes it unreadable."""
    mta = MtaName.parse(f"x; {text}")

    assert mta == MtaName.parse(str(mta))


@pytest.mark.requirement("3464-2.1.1-02")
@pytest.mark.parametrize(
    ("name", "comment"), [("a (b)", None), ("(b)", None), ("a", "b) (c"), ("a", "b)"), ("a", ")(")]
)
def test_ambiguous_mta_name(name: str, comment: str | None) -> None:
    """What would read back as another name or comment is refused."""
    with pytest.raises(InvalidAddress) as caught:
        MtaName("dns", name, comment=comment)

    assert "3464-2.1.1-02" == caught.value.requirement
    assert repr(caught.value.value) in str(caught.value)
    assert str(caught.value).startswith("MTA name: ")


def test_mta_comment_counts() -> None:
    """A comment is part of the value, if not of the name."""
    assert MtaName("dns", "a", comment="b") != MtaName("dns", "a")
    assert MtaName("dns", "a", comment="") != MtaName("dns", "a")


@pytest.mark.requirement("3464-2.3.6-01")
@pytest.mark.requirement("3464-2.3.6-05")
@pytest.mark.requirement("6533-4.1-02")
@pytest.mark.requirement("6533-6.2-01")
@pytest.mark.parametrize(
    ("text", "type_", "diagnostic"),
    [
        ("smtp; 550 user unknown", "smtp", "550 user unknown"),
        ("smtp; 550 no (greylisted twice)", "smtp", "550 no (greylisted twice)"),
        ("smtp; 550 5.1.1 δ unknown", "smtp", "550 5.1.1 δ unknown"),
        ("X-Unix; 67; no user", "X-Unix", "67; no user"),
        ("smtp;", "smtp", ""),
        ("smtp; a\tb", "smtp", "a\tb"),
    ],
)
def test_diagnostic_code(text: str, type_: str, diagnostic: str) -> None:
    """A diagnostic is all that stands behind the type, parentheses and UTF-8 included."""
    code = DiagnosticCode.parse(text)

    assert (type_, diagnostic) == (code.type, code.text)
    assert code == DiagnosticCode.parse(str(code))


@given(field_texts())
def test_every_diagnostic_reads(text: str) -> None:
    """A diagnostic is *text, TAB included."""
    assert text == DiagnosticCode.parse(f"smtp; {text}").text


@pytest.mark.requirement("3461-9.2-02")
@pytest.mark.requirement("3461-6.3-18")
@pytest.mark.requirement("2034-6-01")
def test_transcript_of_one_line() -> None:
    """A reply of one line is transcribed exactly, with its status code, as type smtp."""
    reply = SmtpReply.parse("550 5.1.1 No such user")

    code = DiagnosticCode.from_reply(reply)

    assert "smtp; 550 5.1.1 No such user" == str(code)
    assert reply == code.reply


@pytest.mark.requirement("3461-9.2-01")
@pytest.mark.requirement("3461-9.2-03")
@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("550-5.1.1 No such user\n550 5.1.1 here", "550-5.1.1 No such user 550 5.1.1 here"),
        ("550-a\r\n550-b\r\n550 c\r\n", "550-a 550-b 550 c"),
        ("550-5.1.1 See 551\n550 5.1.1 page 550.", "550-5.1.1 See 551 550 5.1.1 page 550."),
        ("450-\n450 b", "450- 450 b"),
    ],
)
def test_transcript_of_lines(reply: str, text: str) -> None:
    """Of several lines each after the first has a space before it, and reads back."""
    code = DiagnosticCode.from_reply(SmtpReply.parse(reply))

    assert text == code.text
    assert SmtpReply.parse(reply) == code.reply


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("smtp; 550 5.1.1 No such user", "5.1.1"),
        ("SMTP; 550 5.1.1 No such user", "5.1.1"),
        ("smtp; 550 4.7.1 contradicts", "5.7.1"),
        ("smtp; 550", None),
    ],
)
def test_reply(text: str, status: str | None) -> None:
    """A transcribed reply is read, in any case of the type, and repaired if need be."""
    reply = DiagnosticCode.parse(text).reply

    assert reply is not None
    assert 550 == reply.code
    assert status == (None if reply.status is None else str(reply.status))


def test_repairs_are_told() -> None:
    """What was repaired while a diagnostic was read is in the reply's defects."""
    reply = DiagnosticCode.parse("smtp; 550 4.7.1 contradicts").reply

    assert reply is not None
    assert EnhancedStatusCode.parse("5.7.1") == reply.status
    assert ["reply-class"] == [defect.code for defect in reply.defects]


@pytest.mark.parametrize(
    "text", ["x-unix; 550 5.1.1 x", "smtp; no code", "smtp;", "smtp; 199 x", "smtp; 550x"]
)
def test_no_reply(text: str) -> None:
    """Of another type, or without a reply code, a diagnostic is no reply."""
    assert DiagnosticCode.parse(text).reply is None


@given(diagnostic_codes())
def test_reading_a_reply_never_raises(code: DiagnosticCode) -> None:
    """Whatever the diagnostic says, it is a reply or it is none."""
    reply = code.reply

    assert reply is None or code.text.startswith(str(reply.code))
