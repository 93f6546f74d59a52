"""The text of a field becomes a value: strictly, or as it was most likely meant."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.fields import FieldForm, LocalizedDiagnostic
from dsnlib.model.report import Action, RecipientFields
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.parse.defects import DEFECTS
from dsnlib.parse.values import GUESS, STRICT, clean
from tests.strategies import delivery_reports

FORMS = st.sampled_from(FieldForm)
WORDS = st.sampled_from([
    "rfc822", ";", " ", "\t", "<", ">", "(", ")", '"', "@", ".", "5", "1", "5.1.1", "failed", "dns",
    "smtp", "550 ", "2026", "-", ":", "Mon, 2 Mar 2026 10:15:01 +0100", "de", "\x1b$B", "\x1b(B",
    "\x00", "ä", "\udce4", "utf-8", r"\x{E4}", "ann", "example.org", "=?utf-8?q?a?=",
])  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    """Text of any kind, and text made of what fields are made of."""
    wire = st.binary(max_size=30).map(lambda octets: octets.decode("utf-8", "surrogateescape"))
    return (st.lists(WORDS, max_size=8).map("".join) | wire).map(str.strip)


def code(text: str) -> EnhancedStatusCode:
    """Return a status code."""
    return EnhancedStatusCode.parse(text)


def test_each_form_has_both_readers() -> None:
    """There is a strict reader and a guess for every form of field."""
    assert set(FieldForm) == set(STRICT) == set(GUESS)


# --------------------------------------------------------------------- properties


@given(FORMS, texts())
def test_strict_raises_only_invalid_value(form: FieldForm, text: str) -> None:
    """A strict reader gives a value or raises InvalidValue, whatever the text."""
    try:
        value = STRICT[form](text)
    except InvalidValue:
        return
    assert value is not None


@given(FORMS, texts())
def test_a_guess_never_raises(form: FieldForm, text: str) -> None:
    """A guess gives a value or none, and a code that the table has."""
    value, defect = GUESS[form](clean(text).strip(" \t"))

    assert defect in DEFECTS
    assert value is None or isinstance(value, _TYPES[form])


_TYPES: dict[FieldForm, type] = {
    FieldForm.TEXT: str,
    FieldForm.MTA_NAME: MtaName,
    FieldForm.ADDRESS: TypedAddress,
    FieldForm.ACTION: Action,
    FieldForm.STATUS: tuple,
    FieldForm.DIAGNOSTIC: DiagnosticCode,
    FieldForm.LOCALIZED: LocalizedDiagnostic,
    FieldForm.DATE: dt.datetime,
}
_FORMS = {
    "Action": FieldForm.ACTION,
    "Status": FieldForm.STATUS,
    "Diagnostic-Code": FieldForm.DIAGNOSTIC,
    "Localized-Diagnostic": FieldForm.LOCALIZED,
    "Final-Recipient": FieldForm.ADDRESS,
    "Original-Recipient": FieldForm.ADDRESS,
    "Remote-MTA": FieldForm.MTA_NAME,
    "Reporting-MTA": FieldForm.MTA_NAME,
    "Last-Attempt-Date": FieldForm.DATE,
}


@pytest.mark.requirement("3464-App-A-01")
@given(delivery_reports())
def test_strict_takes_what_is_written(report: Any) -> None:  # noqa: ANN401  as hypothesis gives it
    """The text that a value is written as is one that a strict reader takes."""
    for group in (report.message, *report.recipients):
        for name, text in group.items():
            if name in _FORMS:
                value = STRICT[_FORMS[name]](text.strip(" \t"))
                assert isinstance(value, _TYPES[_FORMS[name]])


# --------------------------------------------------------------------------- text


@pytest.mark.parametrize("text", ["", "7", "a\tb", "für", "\udce4", "a; (b)"], ids=ascii)
def test_text(text: str) -> None:
    """Any text without controls is itself."""
    assert text == STRICT[FieldForm.TEXT](text)


@pytest.mark.parametrize("text", ["\x00", "a\x1b", "\r", "\x7f", "\ud800"], ids=ascii)
def test_text_with_controls(text: str) -> None:
    """A control character, or what has no octets, is refused."""
    with pytest.raises(InvalidValue):
        STRICT[FieldForm.TEXT](text)


def test_a_guess_at_text() -> None:
    """Text that was cleaned is taken as it is."""
    assert ("a\ufffd", "field-control") == GUESS[FieldForm.TEXT](clean("a\x00"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\tb", "a\tb"),
        ("a\x00\x1bb\r", "a\ufffd\ufffdb\ufffd"),
        ("\x1b$B$3$s\x1b(B!", "こん!"),
        ("\x1b$B$3$", "\ufffd$B$3$"),
        ("\x1b$Bä", "\ufffd$Bä"),
        ("\udce4\x00", "\udce4\ufffd"),
    ],
    ids=["plain", "tab", "controls", "ISO-2022-JP", "cut off", "mixed", "surrogate escape"],
)
def test_clean(text: str, expected: str) -> None:
    """Controls that say something are read, all others are replaced."""
    assert expected == clean(text)


# ---------------------------------------------------------------------- addresses


@pytest.mark.requirement("3464-2.3.2-02")
@pytest.mark.requirement("3464-2.1.2-01")
@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("rfc822; ann@example.org", "rfc822", "ann@example.org"),
        ("rfc822;ann@example.org", "rfc822", "ann@example.org"),
        ("RFC822 ;\tann@example.org", "RFC822", "ann@example.org"),
        ("rfc822; ann@example.org (Ann (the first))", "rfc822", "ann@example.org"),
        ('rfc822; "a (b)"@example.org', "rfc822", '"a (b)"@example.org'),
        ('rfc822; "a"@example.org (Ann)', "rfc822", '"a"@example.org (Ann)'),
        ("rfc822; (Ann)", "rfc822", "(Ann)"),
        ("rfc822; ann (sales) ()", "rfc822", "ann (sales)"),
        ("x;ann(sales)", "x", "ann(sales)"),
        ("x; ann(sales) (Ann)", "x", "ann(sales)"),
        ("rfc822;", "rfc822", ""),
        ("x400; /C=de/S=ann; G=a", "x400", "/C=de/S=ann; G=a"),
        ("utf-8; änn@example.org", "utf-8", "änn@example.org"),
        ("UTF-8; änn@example.org", "UTF-8", "änn@example.org"),
        (r"utf-8; \x{E4}nn@example.org", "utf-8", r"\x{E4}nn@example.org"),
        ("unknown; Ann at home", "unknown", "Ann at home"),
    ],
)
def test_address(text: str, type_: str, value: str) -> None:
    """An address is a type, a semicolon and text; a comment at its end is no part of it."""
    assert TypedAddress(type_, value) == STRICT[FieldForm.ADDRESS](text)


@pytest.mark.requirement("6533-4.1-09")
@pytest.mark.parametrize(
    ("text", "type_", "value", "defect"),
    [
        ("rfc822; <ann@example.org>", "rfc822", "ann@example.org", "address-brackets"),
        pytest.param(
            "rfc822; Ann <ann@example.org>",
            "rfc822",
            "ann@example.org",
            "address-brackets",
        ),
        ("rfc822; < ann@example.org >", "rfc822", "ann@example.org", "address-brackets"),
        ("rfc822; <>", "rfc822", "<>", "address-brackets"),
        ("rfc822; <ann", "rfc822", "<ann", "address-brackets"),
        ("<ann@example.org>", "rfc822", "ann@example.org", "address"),
        ("ann@example.org", "rfc822", "ann@example.org", "address"),
        ("ann", "unknown", "ann", "address"),
        ("a b; ann@example.org", "rfc822", "a b; ann@example.org", "address"),
        ("; ann@example.org", "rfc822", "; ann@example.org", "address"),
        ('"<a>"@example.org', "rfc822", '"<a>"@example.org', "address"),
        ("rfc822; änn@example.org", "rfc822", "änn@example.org", "address-utf8"),
        ("x400; /S=änn", "x400", "/S=änn", "address-utf8"),
        ("ann\t@example.org", "rfc822", "ann @example.org", "address"),
        ("", "unknown", "", "address"),
    ],
)
def test_odd_address(text: str, type_: str, value: str, defect: str) -> None:
    """What breaks the form is refused, and the address in it found."""
    with pytest.raises(InvalidValue):
        STRICT[FieldForm.ADDRESS](text)

    assert (TypedAddress(type_, value), defect) == GUESS[FieldForm.ADDRESS](text)


# -------------------------------------------------------------------- names of MTAs


@pytest.mark.requirement("3464-2.2.2-02")
@pytest.mark.requirement("3464-2.3.5-01")
@pytest.mark.requirement("3464-2.1.1-02")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dns; mx.example.org", MtaName("dns", "mx.example.org")),
        ("dns;Mx.Example.ORG", MtaName("dns", "Mx.Example.ORG")),
        ("dns; mx ([192.0.2.1])", MtaName("dns", "mx", comment="[192.0.2.1]")),
        ("x-local-hostname; Ann's box", MtaName("x-local-hostname", "Ann's box")),
        ("dns;", MtaName("dns", "")),
    ],
)
def test_mta_name(text: str, expected: MtaName) -> None:
    """A name has a type, and keeps its case; a comment stands apart."""
    assert expected == STRICT[FieldForm.MTA_NAME](text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mx.example.org", MtaName("dns", "mx.example.org")),
        ("[192.0.2.1]", MtaName("dns", "[192.0.2.1]")),
        ("mx", MtaName("unknown", "mx")),
        ("", MtaName("unknown", "")),
        ("mx.example.org (here)", MtaName("dns", "mx.example.org", comment="here")),
        ("d ns; mx.example.org", MtaName("unknown", "d ns; mx.example.org")),
        ("; mx.example.org", MtaName("dns", "mx.example.org")),
        ("d@s; mx.example.org", MtaName("dns", "mx.example.org")),
    ],
)
def test_odd_mta_name(text: str, expected: MtaName) -> None:
    """A name without a type is one of the DNS if it looks so."""
    with pytest.raises(InvalidValue):
        STRICT[FieldForm.MTA_NAME](text)

    found, defect = GUESS[FieldForm.MTA_NAME](text)
    assert (expected.type, expected.name, expected.comment) == (
        found.type,
        found.name,
        found.comment,
    )
    assert "mta-name" == defect


# ---------------------------------------------------------------- action and status


@pytest.mark.requirement("3464-2.3.3-02")
@pytest.mark.requirement("3464-2.3.3-03")
@pytest.mark.parametrize("action", Action, ids=lambda action: action.value)
def test_action(action: Action) -> None:
    """The five words are read in any case, with or without a comment."""
    for text in (action.value, action.value.upper(), f"{action.value.title()} (so (it) is)"):
        assert action is STRICT[FieldForm.ACTION](text)


@pytest.mark.requirement("3464-2.3.3-02")
@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("failure", Action.FAILED),
        ("Error", Action.FAILED),
        ("failed.", Action.FAILED),
        ("failed (", Action.FAILED),
        ("(x) failed", None),
        ("1 delayed", Action.DELAYED),
        ("deferred", Action.DELAYED),
        ("success", Action.DELIVERED),
        ("relay", Action.RELAYED),
        ("transferred", None),
        ("opaque", None),
        ("", None),
        ("5", None),
    ],
)
def test_odd_action(text: str, action: Action | None) -> None:
    """Other words are refused; what they most likely mean is known of some."""
    with pytest.raises(InvalidValue):
        STRICT[FieldForm.ACTION](text)

    assert (action, "action-value") == GUESS[FieldForm.ACTION](text)


@pytest.mark.requirement("3464-2.3.4-02")
@pytest.mark.requirement("3464-2.3.4-05")
@pytest.mark.requirement("3464-2.1.1-02")
@pytest.mark.parametrize(
    ("text", "status", "comment"),
    [
        ("5.1.1", "5.1.1", None),
        ("2.1.23", "2.1.23", None),
        ("5.999.999", "5.999.999", None),
        ("5.0.0 (permanent failure)", "5.0.0", "permanent failure"),
        ("4.2.2(full)", "4.2.2", "full"),
        ("4.2.2\t(a (b) c)", "4.2.2", "a (b) c"),
        ("4.2.2 ()", "4.2.2", ""),
    ],
)
def test_status(text: str, status: str, comment: str | None) -> None:
    """A status is a code; a comment may follow it and is kept apart."""
    assert (code(status), comment) == STRICT[FieldForm.STATUS](text)


@pytest.mark.requirement("3464-2.3.4-02")
@pytest.mark.parametrize(
    ("text", "status", "comment", "defect"),
    [
        ("5.01.1", "5.1.1", None, "status-leading-zero"),
        ("5.1.007", "5.1.7", None, "status-leading-zero"),
        ("5.00.000 (x)", "5.0.0", None, "status-leading-zero"),
        ("5. 1. 1", "5.1.1", None, "status-syntax"),
        ("5.1.1 no mailbox", "5.1.1", "no mailbox", "status-text"),
        ("5.1.1; (no mailbox)", "5.1.1", "no mailbox", "status-text"),
        ("smtp; 550 5.1.1 no", "5.1.1", "no", "status-text"),
        ("5.1.1.", "5.1.1", ".", "status-text"),
        ("#5.1.1#", "5.1.1", "#", "status-text"),
        ("(5.1.1)", "5.1.1", None, "status-text"),
        ("5.1.1 (a", "5.1.1", "a", "status-text"),
        ("5.1", None, None, "status-syntax"),
        ("55.1.1", None, None, "status-syntax"),
        ("5.1.1.1", None, None, "status-syntax"),
        ("5.1000.0", None, None, "status-syntax"),
        ("3.1.1", None, None, "status-syntax"),
        ("٥.١.١", None, None, "status-syntax"),
        ("unknown", None, None, "status-syntax"),
        ("", None, None, "status-syntax"),
    ],
    ids=ascii,
)
def test_odd_status(text: str, status: str | None, comment: str | None, defect: str) -> None:
    """What is no code alone is refused; a code that stands in it is found."""
    with pytest.raises(InvalidValue):
        STRICT[FieldForm.STATUS](text)

    expected = None if status is None else (code(status), comment)
    assert (expected, defect) == GUESS[FieldForm.STATUS](text)


@pytest.mark.parametrize("text", ["5.1.1 (a) b (c)", "5.1.1 (a))", "5.1.1 ((a)"])
def test_a_status_with_text_between_comments(text: str) -> None:
    """Only a comment may follow a status: parentheses that match, as RFC 822 s3.3 has them."""
    with pytest.raises(InvalidValue):
        STRICT[FieldForm.STATUS](text)


# ----------------------------------------------------------------------- diagnostics


@pytest.mark.requirement("3464-2.3.6-01")
@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("smtp; 550 5.1.1 no (really)", "smtp", "550 5.1.1 no (really)"),
        ("smtp ;550", "smtp", "550"),
        ("X-Unix; a; b", "X-Unix", "a; b"),
        ("smtp;", "smtp", ""),
        ("smtp; 550\tno", "smtp", "550\tno"),
    ],
)
def test_diagnostic(text: str, type_: str, value: str) -> None:
    """A diagnostic has a type; parentheses are a part of it."""
    assert DiagnosticCode(type_, value) == STRICT[FieldForm.DIAGNOSTIC](text)


@pytest.mark.requirement("3464-2.3.6-01")
@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("550 5.1.1 no", "smtp"),
        ("550-5.1.1 no", "smtp"),
        ("421 later; sorry", "smtp"),
        ("no such user", "unknown"),
        ("(host) refused; sorry", "unknown"),
        ("5501 no", "unknown"),
        ("; no", "unknown"),
        ("", "unknown"),
    ],
)
def test_odd_diagnostic(text: str, type_: str) -> None:
    """Without a type a diagnostic is a reply if it begins with a code, and all of it is kept."""
    with pytest.raises(InvalidValue):
        STRICT[FieldForm.DIAGNOSTIC](text)

    assert (DiagnosticCode(type_, text), "diagnostic") == GUESS[FieldForm.DIAGNOSTIC](text)


@pytest.mark.requirement("6533-4.1-06")
@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("de; Postfach voll", "de", "Postfach voll"),
        ("pt-BR ;cheia; sim", "pt-BR", "cheia; sim"),
        ("zh-Hant-TW;", "zh-Hant-TW", ""),
    ],
)
def test_localized(text: str, language: str, value: str) -> None:
    """A localized diagnostic has a language tag."""
    assert LocalizedDiagnostic(language, value) == STRICT[FieldForm.LOCALIZED](text)


@pytest.mark.parametrize("text", ["Postfach voll", "; voll", "d e; voll", "dé; voll", ""])
def test_odd_localized(text: str) -> None:
    """Without a tag nobody can tell what language it is, so there is no guess."""
    with pytest.raises(InvalidValue):
        STRICT[FieldForm.LOCALIZED](text)

    assert (None, "localized") == GUESS[FieldForm.LOCALIZED](text)


# ------------------------------------------------------------------------------ dates


@pytest.mark.requirement("3464-2.2.5-02")
@pytest.mark.requirement("3464-2.1.3-01")
def test_date() -> None:
    """A date is RFC 1123's; a comment may follow."""
    expected = dt.datetime(2026, 3, 2, 10, 15, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))

    for text in ("Mon, 2 Mar 2026 10:15:01 +0100", "02 Mar 2026 10:15:01 +0100 (CET)"):
        assert expected == STRICT[FieldForm.DATE](text)


@pytest.mark.requirement("3464-2.2.5-02")
@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        ("2026-03-02T09:15:01Z", True),
        ("Mon, 2 Mar 26 09:15:01 GMT", True),
        ("Mon Mar  2 09:15:01 2026", True),
        ("30 Feb 2026 10:15:01 +0100", False),
        ("yesterday", False),
        ("", False),
    ],
)
def test_odd_date(text: str, is_known: bool) -> None:  # noqa: FBT001  a column of the table
    """Other forms are refused; the instant is known if they name one."""
    with pytest.raises(InvalidValue):
        STRICT[FieldForm.DATE](text)

    expected = dt.datetime(2026, 3, 2, 9, 15, 1, tzinfo=dt.UTC) if is_known else None
    assert (expected, "date") == GUESS[FieldForm.DATE](text)


@pytest.mark.parametrize(
    "text", ["5.1.1 (a)b)", "5.1.1 mailbox ) full", "5.1.1 (a) (b)", "5.1.1 (a\\)", "5.1.1 full\\"]
)
def test_a_guessed_comment_can_be_written(text: str) -> None:
    """What is kept beside a status is a comment that the value's own rules take."""
    (status, comment), _ = GUESS[FieldForm.STATUS](text)

    assert comment == RecipientFields(status=status, status_comment=comment).status_comment
