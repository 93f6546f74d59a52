"""The status part keeps to RFC 3464, and reads back as the report it was made of."""

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsnlib.compose.fields import escape_text, fold_field, format_status
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.fields import ExtensionField, LocalizedDiagnostic
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.parse.groups import read_groups

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
FULL = DeliveryReport(
    message=MessageFields(
        original_envelope_id="Q=1",
        reporting_mta=MtaName("dns", "mail.example.org"),
        dsn_gateway=MtaName("dns", "gw.example.org"),
        received_from_mta=MtaName("dns", "client.example.net", comment="[192.0.2.1]"),
        arrival_date=NOON,
        deliver_by_date=NOON,
        extensions=(ExtensionField("X-DSN-Queue-ID", "4F"),),
    ),
    recipients=(
        RecipientFields(
            original_recipient=TypedAddress("rfc822", "Bob@example.com"),
            final_recipient=TypedAddress("rfc822", "bob@example.com"),
            action=Action.DELAYED,
            status=EnhancedStatusCode.parse("4.4.1"),
            status_comment="no answer",
            remote_mta=MtaName("dns", "mx.example.com"),
            diagnostic_code=DiagnosticCode("smtp", "421 4.4.1 busy"),
            localized_diagnostics=(LocalizedDiagnostic("de", "besetzt"),),
            last_attempt_date=NOON,
            final_log_id="77",
            will_retry_until=NOON,
            extensions=(ExtensionField("X-DSN-Attempts", "3"),),
        ),
    ),
)


@pytest.mark.requirement("3464-3-03")
@pytest.mark.requirement("3464-2.2-01")
@pytest.mark.requirement("3464-2.3-01")
@pytest.mark.requirement("3464-2.1-03")
@pytest.mark.requirement("3464-2.1-04")
def test_every_field_in_its_order() -> None:
    """All fields of RFC 3464 and 6533, in the order of their grammar."""
    assert (
        "Original-Envelope-Id: Q=1\r\n"
        "Reporting-MTA: dns; mail.example.org\r\n"
        "DSN-Gateway: dns; gw.example.org\r\n"
        "Received-From-MTA: dns; client.example.net ([192.0.2.1])\r\n"
        "Arrival-Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
        "Deliver-By-Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
        "X-DSN-Queue-ID: 4F\r\n"
        "\r\n"
        "Original-Recipient: rfc822; Bob@example.com\r\n"
        "Final-Recipient: rfc822; bob@example.com\r\n"
        "Action: delayed\r\n"
        "Status: 4.4.1 (no answer)\r\n"
        "Remote-MTA: dns; mx.example.com\r\n"
        "Diagnostic-Code: smtp; 421 4.4.1 busy\r\n"
        "Localized-Diagnostic: de; besetzt\r\n"
        "Last-Attempt-Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
        "Final-Log-ID: 77\r\n"
        "Will-Retry-Until: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
        "X-DSN-Attempts: 3\r\n"
    ) == format_status(FULL, is_global=False)


@pytest.mark.requirement("6533-3-05")
@pytest.mark.requirement("6533-3-07")
@pytest.mark.parametrize(
    ("address", "traditional", "global_"),
    [
        (TypedAddress("rfc822", "bob@x.example"), "rfc822; bob@x.example", "rfc822; bob@x.example"),
        (TypedAddress("utf-8", "δ@x.example"), r"utf-8; \x{3B4}@x.example", "utf-8; δ@x.example"),
        (TypedAddress("utf-8", r"\x{3B4}@x"), r"utf-8; \x{3B4}@x", "utf-8; δ@x"),
        (TypedAddress("rfc822", "δ@x"), r"utf-8; \x{3B4}@x", "utf-8; δ@x"),
        # "copied without alteration" if it does not conform: RFC 6533 s3.
        (TypedAddress("utf-8", r"a\b@x"), r"utf-8; a\b@x", r"utf-8; a\b@x"),
        # What would turn the line round is embedded: it stays the same address.
        (TypedAddress("utf-8", "a\u202eb@x"), r"utf-8; a\x{202E}b@x", r"utf-8; a\x{202E}b@x"),
        (TypedAddress("x400", "/C=de/"), "x400; /C=de/", "x400; /C=de/"),
        # UTF-8 stands in addresses of type utf-8 alone: RFC 6533 s4.1.
        (TypedAddress("x400", "/C=δ/"), r"x400; /C=\x{3B4}/", r"x400; /C=\x{3B4}/"),
        (TypedAddress("rfc822", "δ\udcff@x"), r"rfc822; \x{3B4}?@x", r"rfc822; \x{3B4}?@x"),
        (TypedAddress("rfc822", ""), "rfc822;", "rfc822;"),
    ],
)
def test_an_address_in_both_forms(address: TypedAddress, traditional: str, global_: str) -> None:
    """The form changes how an address is written, never which one it is."""
    report = DeliveryReport(
        message=MessageFields(), recipients=(RecipientFields(final_recipient=address),)
    )

    assert f"\r\nFinal-Recipient: {traditional}\r\n" == format_status(report, is_global=False)
    assert f"\r\nFinal-Recipient: {global_}\r\n" == format_status(report, is_global=True)


@pytest.mark.requirement("3464-2.1.1-02")
@pytest.mark.parametrize("is_global", [False, True], ids=["traditional", "global"])
@given(
    type_=st.sampled_from(("rfc822", "utf-8", "x400", "x")),
    value=st.text(st.sampled_from("ab ()@;")).map(str.strip),
)
@example(type_="rfc822", value="bob (sales)")
@example(type_="rfc822", value="bob@example.org(sales)")
@example(type_="x", value="bob(sales)")
def test_an_address_keeps_its_parentheses(type_: str, value: str, *, is_global: bool) -> None:
    """What ORCPT gave is not taken for a comment when our own report is read."""
    address = TypedAddress(type_, value)
    recipient = RecipientFields(original_recipient=address, final_recipient=address)
    report = DeliveryReport(message=MessageFields(), recipients=(recipient,))

    text = format_status(report, is_global=is_global).replace("\r\n", "\n")
    (read,) = read_groups(text, most=1).recipients

    assert (address.address, address.address) == (
        read.original_recipient and read.original_recipient.address,
        read.final_recipient and read.final_recipient.address,
    )


@pytest.mark.requirement("6533-4.1-06")
def test_a_localized_diagnostic_does_not_stand_alone() -> None:
    """Without a Diagnostic-Code, whose translation it is, it is not written."""
    recipient = RecipientFields(localized_diagnostics=(LocalizedDiagnostic("de", "nein"),))
    report = DeliveryReport(message=MessageFields(), recipients=(recipient,))

    assert "\r\n" == format_status(report, is_global=True)


@pytest.mark.requirement("3464-2.1-02")
def test_the_traditional_form_is_ascii() -> None:
    """What a peer said beyond US-ASCII is escaped, not sent as octets."""
    diagnostic = DiagnosticCode("smtp", "550 5.1.1 unbekannt: müller")
    report = DeliveryReport(
        message=MessageFields(),
        recipients=(
            RecipientFields(
                diagnostic_code=diagnostic,
                localized_diagnostics=(LocalizedDiagnostic("de", "gibt es nicht: müller"),),
            ),
        ),
    )

    text = format_status(report, is_global=False)

    assert "\r\nDiagnostic-Code: smtp; 550 5.1.1 unbekannt: m\\x{FC}ller\r\n" == text


@pytest.mark.requirement("3461-9.2-03")
def test_a_long_reply_is_folded_at_spaces() -> None:
    """No line is longer than 78 columns, and unfolding gives the text back."""
    text = "smtp; " + " ".join(f"550-5.7.1 line{number} says something" for number in range(20))

    folded = fold_field("Diagnostic-Code", text)

    lines = folded.split("\r\n")
    assert all(len(line) <= 78 for line in lines)
    assert f"Diagnostic-Code: {text}" == "".join(lines)


@given(st.text(st.sampled_from("ab  "), max_size=400))
def test_unfolding_gives_the_text_back(text: str) -> None:
    """A fold replaces one single space, so a reader that makes one of it is right."""
    text = text.strip()

    folded = fold_field("X-Field", text)

    assert f"X-Field: {text}" == folded.removesuffix("\r\n").replace("\r\n ", " ")
    assert not any(line.isspace() or not line for line in folded.split("\r\n")[:-1])


def test_nothing_can_add_a_field() -> None:
    """A comment, an extension and a text are one line whatever they hold."""
    report = DeliveryReport(
        message=MessageFields(extensions=(ExtensionField("X-A", "b\tc"),)), recipients=()
    )

    assert "X-A: b c\r\n" == format_status(report, is_global=True)


def test_escapes_keep_to_the_length_of_a_line() -> None:
    """A word of escapes alone is broken between two of them (RFC 5322 s2.1.1)."""
    diagnostic = DiagnosticCode("smtp", "550 " + "😀" * 160)
    report = DeliveryReport(
        message=MessageFields(), recipients=(RecipientFields(diagnostic_code=diagnostic),)
    )

    lines = format_status(report, is_global=False).split("\r\n")

    assert all(len(line) <= 998 for line in lines)
    assert 160 == "".join(lines).count(r"\x{1F600}")


@pytest.mark.requirement("3461-9.2-02")
def test_a_long_link_is_transcribed_as_it_is() -> None:
    """A word that fits into a line is written without a space in it."""
    words = "550 5.7.1 see https://example.com/" + "a" * 500
    report = DeliveryReport(
        message=MessageFields(),
        recipients=(RecipientFields(diagnostic_code=DiagnosticCode("smtp", words)),),
    )

    text = format_status(report, is_global=False)

    assert f"smtp; {words}" in text.replace("\r\n ", " ")


def test_escapes_are_those_of_rfc_6533() -> None:
    """Upper-case hexadecimal, as in addresses."""
    assert r"\x{1F600}\x{E9}e" == escape_text("😀ée")
