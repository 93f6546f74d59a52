"""RFC 6522: the report as a MIME structure, its three parts and what goes back in the third."""

from __future__ import annotations

import attrs
import pytest

from dsnlib import (
    Audience,
    BounceComposer,
    HumanForm,
    MalformedReport,
    NotADeliveryReport,
    ReturnRules,
    TemplateLibrary,
    load_templates,
    parse_report,
    read_reports,
)
from tests.compose.occasions import COMPOSER, ORIGINAL, REPORTER, plan, recipient
from tests.conformance.composed import PLANS, compose, parts, received, standard

UNIBYTE = ORIGINAL.replace(b"minutes.\r\n", "Protokoll für Müller.\r\n".encode("latin-1"))
UTF8 = UNIBYTE.replace(b"Minutes", "Protokoll für".encode())
ORIGINALS = {"ascii": ORIGINAL, "8-bit text": UNIBYTE, "UTF-8 header": UTF8}
FORMS = {
    "plain": HumanForm(),
    "html": HumanForm(is_html=True),
    "multilingual": HumanForm(is_multilingual=True),
    "seven-bit": HumanForm(is_seven_bit=True),
}
SEVEN_BIT = BounceComposer(reporter=REPORTER, form=HumanForm(is_seven_bit=True))


@pytest.mark.requirement("6522-3-02")
@pytest.mark.parametrize("original", ORIGINALS.values(), ids=ORIGINALS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_container_is_not_encoded(form: HumanForm, original: bytes) -> None:
    """No encoding but that of each part; where 7bit is asked for it is enough for all."""
    composer = BounceComposer(reporter=REPORTER, form=form)

    octets = compose(plan(), original, composer=composer, language="ru")

    encoding = standard(octets).get("Content-Transfer-Encoding", "7bit")
    assert encoding == ("7bit" if octets.isascii() else "8bit")
    assert not form.is_seven_bit or encoding == "7bit"


@pytest.mark.requirement("6522-3-06")
@pytest.mark.parametrize("audience", Audience, ids=lambda audience: audience.value)
@pytest.mark.parametrize("name", PLANS)
def test_the_first_part_tells_people_what_happened(name: str, audience: Audience) -> None:
    """Every notification begins with a text that names the recipient."""
    human, *_ = parts(compose(attrs.evolve(PLANS[name], audience=audience)))

    assert "text/plain" == human.get_content_type()
    assert str(PLANS[name].report.recipients[0].recipient) in human.get_content()


@pytest.mark.requirement("6522-3-06")
def test_a_template_without_a_text_is_not_used() -> None:
    """Nobody can leave the first part empty: the built-in text takes its place."""
    templates = load_templates("failure_template = <<EOF\nSubject: x\n\nEOF\n", origin="x.cf")
    composer = BounceComposer(reporter=REPORTER, library=TemplateLibrary(plain=templates))

    human, *_ = parts(compose(plan(), composer=composer))

    assert ["template-missing-text"] == [each.code for each in templates.defects]
    assert "bob@example.com" in human.get_content()


@pytest.mark.requirement("6522-3-06")
def test_a_report_without_a_first_part_is_malformed() -> None:
    """Strict reading wants the text for people; tolerant reading does without."""
    octets = received().replace(b"--b\r\n\r\nNotice\r\n", b"")

    with pytest.raises(MalformedReport) as caught:
        parse_report(octets)
    assert "report-part-order" in [each.code for each in caught.value.defects]
    assert parse_report(received()).recipients == read_reports(octets)[0].recipients


@pytest.mark.requirement("6522-3-07")
@pytest.mark.parametrize(
    ("form", "language", "media_type"),
    [
        (HumanForm(), "en", "text/plain"),
        (HumanForm(), "ja", "text/plain"),
        (HumanForm(is_html=True), "de", "multipart/alternative"),
        (HumanForm(is_multilingual=True), "ar", "multipart/multilingual"),
    ],
)
def test_the_first_part_is_of_any_type(form: HumanForm, language: str, media_type: str) -> None:
    """Whatever type, charset and language the text has, the report is the same."""
    composer = BounceComposer(reporter=REPORTER, form=form)

    octets = compose(plan(), composer=composer, language=language)

    assert media_type == parts(octets)[0].get_content_type()
    assert parse_report(compose(plan())).recipients == parse_report(octets).recipients


@pytest.mark.requirement("6522-3-07")
@pytest.mark.parametrize(
    "part",
    [
        b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Nicht zugestellt</p>\r\n",
        b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n",
        b"Content-Type: text/plain; charset=koi8-r\r\nContent-Language: ru\r\n\r\n=\r\n",
    ],
    ids=["html", "image", "koi8-r"],
)
def test_a_first_part_of_any_type_is_read(part: bytes) -> None:
    """Strict reading does not mind what the text for people is."""
    octets = received().replace(b"\r\nNotice\r\n", part)

    assert parse_report(received()).recipients == parse_report(octets).recipients


@pytest.mark.requirement("6522-3-09")
def test_the_first_part_says_more_than_the_second() -> None:
    """Reason, advice and whom to ask stand there, which no field has."""
    human, status, _ = parts(compose(plan()))

    for text in ("There is no mailbox with this address.", "Please check it", "If you need help"):
        assert text in " ".join(human.get_content().split())
        assert text not in status.as_string()


@pytest.mark.requirement("6522-3-10")
@pytest.mark.parametrize("original", [ORIGINAL, b""], ids=["three parts", "two parts"])
@pytest.mark.parametrize("name", PLANS)
def test_the_second_part_is_for_machines(name: str, original: bytes) -> None:
    """It is there in every notification, between the text and what goes back."""
    _, status, *_ = parts(compose(PLANS[name], original))

    assert "message/delivery-status" == status.get_content_type()


@pytest.mark.requirement("6522-3-10")
def test_a_report_without_a_second_part_is_none() -> None:
    """A container that calls itself a report has to have one in it."""
    octets = received().replace(b"message/delivery-status", b"text/x-unknown")
    octets = octets.partition(b"Reporting-MTA")[0] + b"nothing\r\n--b--\r\n"

    assert () == read_reports(octets)
    with pytest.raises(NotADeliveryReport):
        parse_report(octets)


@pytest.mark.requirement("6522-3-12")
@pytest.mark.parametrize(
    ("octets", "limit", "media_type"),
    [
        (1_000, ReturnRules().message_octets, "message/rfc822"),
        (49_000, ReturnRules().message_octets, "message/rfc822"),
        (60_000, ReturnRules().message_octets, "text/rfc822-headers"),
        (10_000_000, None, "message/rfc822"),
    ],
)
def test_all_of_it_goes_back_unasked(octets: int, limit: int | None, media_type: str) -> None:
    """Without RET a failure returns the whole message, up to a size that a site sets."""
    original = ORIGINAL + b"x" * (octets - len(ORIGINAL) - 2) + b"\r\n"
    composer = attrs.evolve(COMPOSER, returns=ReturnRules(message_octets=limit))

    message = compose(plan(), original, composer=composer)

    *_, returned = parts(message)
    assert media_type == returned.get_content_type()
    assert (media_type == "message/rfc822") == (original in message)


@pytest.mark.requirement("6522-3-13")
def test_eight_bits_come_back_over_seven() -> None:
    """What has a header in UTF-8 is encoded for a way of 7 bits, and decodes to what it was."""
    octets = compose(plan(), UTF8, composer=SEVEN_BIT)

    returned = parse_report(octets).returned
    assert octets.isascii()
    assert returned is not None
    assert ("message/global", "base64") == (returned.media_type, returned.encoding)
    assert UTF8 == returned.octets()


@pytest.mark.requirement("6522-3-14")
def test_or_only_the_header_comes_back() -> None:
    """What may not be encoded gives its header to a way of 7 bits."""
    octets = compose(plan(), UNIBYTE, composer=SEVEN_BIT)

    returned = parse_report(octets).returned
    assert octets.isascii()
    assert returned is not None
    assert "text/rfc822-headers" == returned.media_type
    assert UNIBYTE.partition(b"\r\n\r\n")[0] + b"\r\n" == returned.octets()


@pytest.mark.requirement("6522-3-12")
def test_a_way_of_eight_bits_gets_it_as_it_is() -> None:
    """Nothing is left out for octets beyond US-ASCII where they may travel."""
    assert UNIBYTE in compose(plan(recipient()), UNIBYTE)
