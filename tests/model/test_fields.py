"""The table of fields, and what may name or fill one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.model.fields import (
    FIELDS,
    ExtensionField,
    FieldForm,
    FieldRule,
    FieldScope,
    LocalizedDiagnostic,
    is_field_name,
)
from tests.strategies import CONTROLS, cased, extension_fields, localized_diagnostics

# RFC 3464 s2.2 and s2.3 with RFC 2852 s5 and RFC 6533 s4.1.
TABLE = """
    message   Original-Envelope-Id text       -        original_envelope_id
    message   Reporting-MTA        mta-name   required reporting_mta
    message   DSN-Gateway          mta-name   -        dsn_gateway
    message   Received-From-MTA    mta-name   -        received_from_mta
    message   Arrival-Date         date       -        arrival_date
    message   Deliver-By-Date      date       -        deliver_by_date
    recipient Original-Recipient   address    -        original_recipient
    recipient Final-Recipient      address    required final_recipient
    recipient Action               action     required action
    recipient Status               status     required status
    recipient Remote-MTA           mta-name   -        remote_mta
    recipient Diagnostic-Code      diagnostic -        diagnostic_code
    recipient Localized-Diagnostic localized  -        localized_diagnostics
    recipient Last-Attempt-Date    date       -        last_attempt_date
    recipient Final-Log-ID         text       -        final_log_id
    recipient Will-Retry-Until     date       -        will_retry_until
"""


def test_table() -> None:
    """Each field has its group, form and attribute; four are required."""
    assert [row.split() for row in TABLE.strip().splitlines()] == [
        [
            rule.scope.value,
            rule.name,
            rule.form.value,
            "required" if rule.required else "-",
            rule.attribute,
        ]
        for rule in FIELDS
    ]


def test_what_a_field_needs_not_be() -> None:
    """A field is optional unless its row says otherwise."""
    assert not FieldRule("X-A", FieldScope.MESSAGE, "x_a", FieldForm.TEXT).required


@pytest.mark.requirement("3464-2.4-01")
@pytest.mark.parametrize("form", ["{}", "a{}a", "a" * 98 + "{}", "a" * 99 + "{}"], ids=len)
def test_characters_of_names(form: str) -> None:
    """A name, long or short, is printable US-ASCII without colon or space."""
    assert {*map(chr, range(33, 127))} - {":"} == {
        character for character in map(chr, range(256)) if is_field_name(form.format(character))
    }


@pytest.mark.requirement("3464-2.4-01")
@given(extension_fields().flatmap(lambda each: st.tuples(st.just(each), cased(each.name))))
def test_field_names_ignore_case(pair: tuple[ExtensionField, str]) -> None:
    """Names are compared without regard to case, and kept as they came."""
    field, name = pair
    other = ExtensionField(name, field.value)

    assert field == other
    assert hash(field) == hash(other)
    assert name == other.name


def test_field_values_keep_their_case() -> None:
    """Behind the colon, case counts."""
    assert ExtensionField("X-A", "b") != ExtensionField("X-A", "B")
    assert ExtensionField("X-A", "b") != ExtensionField("X-B", "b")


@pytest.mark.requirement("3464-2.4-01")
@pytest.mark.parametrize(
    "name", ["", "a b", "a:", ":", " a", "a ", "é", "a\x80", *CONTROLS], ids=ascii
)
def test_no_field_name(name: str) -> None:
    """A name is printable US-ASCII without colon or space."""
    with pytest.raises(InvalidValue) as caught:
        ExtensionField(name, "x")

    assert f"extension field: {name!r} is not a field name" == str(caught.value)
    assert (name, "3464-2.4-01") == (caught.value.value, caught.value.requirement)


@pytest.mark.requirement("6533-4.1-06")
@pytest.mark.parametrize("text", [" a", "a ", "\ta", "a\t"], ids=ascii)
def test_no_white_space_round_texts(text: str) -> None:
    """White space round the text of a field is lost when it is read, so it is none of it."""
    with pytest.raises(InvalidValue, match=r"^X-A: .* has white space at an end$"):
        ExtensionField("X-A", text)
    with pytest.raises(InvalidValue, match=r"^Localized-Diagnostic: .* has white space at an end$"):
        LocalizedDiagnostic("de", text)


@given(localized_diagnostics())
def test_localized_diagnostic(diagnostic: LocalizedDiagnostic) -> None:
    """A language tag, a semicolon, the text."""
    language, _, text = str(diagnostic).partition("; ")

    assert (diagnostic.language, diagnostic.text) == (language, text)


@given(cased("pt-BR"))
def test_languages_ignore_case(language: str) -> None:
    """Tags are compared without regard to case, and kept as they came."""
    assert LocalizedDiagnostic("pt-br", "x") == LocalizedDiagnostic(language, "x")
    assert hash(LocalizedDiagnostic("pt-br", "x")) == hash(LocalizedDiagnostic(language, "x"))
    assert f"{language}; x" == str(LocalizedDiagnostic(language, "x"))
    assert LocalizedDiagnostic("pt", "x") != LocalizedDiagnostic("pt", "X")


@pytest.mark.requirement("6533-4.1-06")
@pytest.mark.parametrize(
    "language", ["", "-", "d e", "de;", "de_DE", "dé", "д", *CONTROLS], ids=ascii
)
def test_no_language_tag(language: str) -> None:
    """A tag is letters, digits and hyphens."""
    with pytest.raises(InvalidValue) as caught:
        LocalizedDiagnostic(language, "x")

    assert f"Localized-Diagnostic: {language!r} is not a language tag" == str(caught.value)
    assert (language, "6533-4.1-06") == (caught.value.value, caught.value.requirement)


@pytest.mark.requirement("6533-4.1-06")
@pytest.mark.parametrize(
    ("language", "is_tag"),
    [
        ("a", True),
        ("z", True),
        ("A", True),
        ("Z", True),
        ("abcdefgh", True),
        ("abcdefghi", False),
        ("1", False),
        ("de-0", True),
        ("de-9", True),
        ("de-a", True),
        ("de-z", True),
        ("de-A", True),
        ("de-Z", True),
        ("de-12345678", True),
        ("de-123456789", False),
        ("de-a-b-c", True),
        ("de-", False),
        ("-de", False),
        ("a--b", False),
        ("de-abcdefghi", False),
        ("1a-de", False),
    ],
)
def test_language_tags(language: str, is_tag: bool) -> None:  # noqa: FBT001  a column of the table
    """A tag is subtags of one to eight characters, the first of letters alone."""
    if is_tag:
        assert language == LocalizedDiagnostic(language, "x").language
        return
    with pytest.raises(InvalidValue):
        LocalizedDiagnostic(language, "x")


@pytest.mark.parametrize(
    ("make", "requirement"),
    [
        (lambda text: ExtensionField("X-A", text), "3464-2.4-01"),
        (lambda text: LocalizedDiagnostic("de", text), "6533-4.1-06"),
    ],
    ids=["ExtensionField", "LocalizedDiagnostic"],
)
def test_errors_know_their_requirement(make: type, requirement: str) -> None:
    """A text with a control breaks the requirement of its field; a TAB does not."""
    with pytest.raises(InvalidValue) as caught:
        make("a\n")

    assert requirement == caught.value.requirement
    assert str(caught.value).startswith(("X-A: ", "Localized-Diagnostic: "))
    assert make("a\tb") == make("a\tb")
