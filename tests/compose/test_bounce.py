"""A composed notification keeps to the RFCs, and every reader sees the same in it.

The contract: our strict reader finds no defect, the standard library the same
parts and fields, flufl.bounce the same addresses.
"""

import email
import email.policy
import io
from collections.abc import Callable
from email.message import EmailMessage, Message
from typing import Any

import attrs
import pytest
from flufl.bounce import all_failures
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.block import TemplateClass
from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.fields import escape_text
from dsnlib.compose.fill import width
from dsnlib.compose.human import HumanForm
from dsnlib.compose.library import TemplateLibrary
from dsnlib.compose.message import ComposedMessage
from dsnlib.compose.neutral import neutral_text
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.returned import ReturnRules
from dsnlib.compose.shipped import shipped_languages
from dsnlib.compose.template import load_templates
from dsnlib.errors import DsnError, InvalidValue, InvalidXtext, TemplateError
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.esmtp import Ret
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.xtext import decode_utf8_address
from dsnlib.parse.report import parse_report
from dsnlib.policy.plan import Audience, DsnPlan
from tests.compose.occasions import (
    COMPOSER,
    DELAYED,
    DELIVERED,
    EXPANDED,
    FULL,
    NOW,
    ORIGINAL,
    RELAYED,
    REPORTER,
    SENDER,
    TOKEN,
    plan,
    recipient,
)
from tests.strategies import delivery_reports, paths, utf8_characters

PLANS = {
    "failure": plan(),
    "failure-two": plan(recipient(), FULL),
    "failure-many": plan(*[recipient(f"user{n}@example.com") for n in range(12)]),
    "delay": plan(DELAYED),
    "delivered": plan(DELIVERED),
    "relayed": plan(DELIVERED, RELAYED),
    "expanded": plan(EXPANDED, RELAYED),
    "headers": plan(ret=Ret.HDRS),
    "postmaster": plan(audience=Audience.POSTMASTER),
    "no-reply": plan(recipient(status="5.4.4", reply=None)),
    "global": plan(recipient("δοκιμή@example.com"), sender="müller@example.org"),
    "ascii-sender": plan(recipient("δοκιμή@example.com", reply="550 5.1.1 unbekannt: ü")),
}
FORMS = {
    "plain": HumanForm(),
    "html": HumanForm(is_html=True),
    "multilingual": HumanForm(is_multilingual=True),
    "multilingual-html": HumanForm(is_multilingual=True, is_html=True),
    "seven-bit": HumanForm(is_seven_bit=True),
}


def compose(plan_: DsnPlan, original: Any = ORIGINAL, **more: Any) -> ComposedMessage:  # noqa: ANN401  whatever compose takes
    """Compose with what matters not to the test."""
    composer: BounceComposer = more.pop("composer", COMPOSER)
    return composer.compose(plan_, original, now=NOW, token=TOKEN, **more)


def standard(octets: bytes) -> EmailMessage:
    """Read with the standard library."""
    return email.message_from_bytes(octets, policy=email.policy.SMTP)


def strict_values(octets: bytes) -> DeliveryReport:
    """Read with our strict reader, which raises on any defect."""
    report = parse_report(octets)
    assert () == report.defects
    return attrs.evolve(report, returned=None)


# ---- The contract


@pytest.mark.requirement("3464-1.2-01")
@pytest.mark.requirement("3464-3-01")
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("language", ["en", "de", "he", "ja", ("fr", "pt_BR")], ids=str)
@pytest.mark.parametrize("name", PLANS)
def test_every_reader_agrees(name: str, language: str | tuple[str, ...], form: HumanForm) -> None:
    """Strict reader, standard library and flufl.bounce see the same report."""
    plan_ = PLANS[name]
    composer = BounceComposer(reporter=REPORTER, form=form)

    octets = compose(plan_, composer=composer, language=language).as_bytes()

    report = strict_values(octets)
    assert plan_.kind is report.kind
    addresses = [each.recipient for each in plan_.report.recipients]
    assert addresses == [each.recipient for each in report.recipients]

    message = standard(octets)
    assert [] == [*message.defects, *(d for part in message.walk() for d in part.defects)]
    assert ["multipart/report", "delivery-status"] == [
        message.get_content_type(), message.get_param("report-type"),
    ]  # fmt: skip
    parts = list(message.iter_parts())
    assert 3 == len(parts)
    if parts[1].get_content_type() == "message/delivery-status":
        groups = list(parts[1].iter_parts())
        ours: list[MessageFields | RecipientFields] = [
            plan_.report.message, *plan_.report.recipients,
        ]  # fmt: skip
        assert [len(list(group.items())) for group in ours] == [
            len(group.items()) for group in groups
        ]
    if all(str(address).isascii() for address in addresses):
        of_flufl = dict(zip(("delay", "failure"), all_failures(standard_of(octets)), strict=True))
        for kind, found in of_flufl.items():
            expected = {str(address).encode() for address in addresses}
            assert found == (expected if kind == plan_.kind.value else set())


def standard_of(octets: bytes) -> Message:
    """Read as flufl.bounce expects it."""
    return email.message_from_bytes(octets)


@pytest.mark.parametrize("name", PLANS)
def test_the_same_input_is_the_same_octets(name: str) -> None:
    """No clock, no chance: two calls write the same message."""
    assert (
        compose(PLANS[name], language="de").as_bytes()
        == compose(PLANS[name], language="de").as_bytes()
    )


@pytest.mark.requirement("3464-1.2-01")
@given(delivery_reports(), paths(), st.sampled_from(["en", "ar", "ko"]))
def test_any_report_reads_back(report: DeliveryReport, sender: str, language: str) -> None:
    """Whatever peers said: the strict reader finds the same values, made neutral."""
    plan_ = DsnPlan(report=report, envelope=Envelope(sender="", recipients=(Recipient(sender),)))

    message = compose(plan_, language=language)

    written = strict_values(message.as_bytes())
    is_global = not sender.isascii()
    assert expected_values(report, is_global=is_global) == as_values(written)
    if sender.isascii():
        assert "message/delivery-status" == message.media_type


def expected_values(value: Any, *, is_global: bool) -> Any:  # noqa: ANN401  a value of any type
    """Return what a report's values should be read as: harmless, the addresses the same."""

    def expected(text: str) -> str:
        return neutral_text(text) if is_global else escape_text(neutral_text(text))

    if isinstance(value, TypedAddress):
        if value.type.lower() != "utf-8":
            return escape_text(neutral_text(value.value))
        try:
            return decode_utf8_address(value.value)
        except InvalidXtext:  # "copied without alteration", as far as it is harmless
            return TypedAddress(value.type, expected(value.value)).address
    if isinstance(value, str):
        return expected(value)
    return _members(value, lambda each: expected_values(each, is_global=is_global))


def as_values(value: Any) -> Any:  # noqa: ANN401  a value of any type
    """Return a report's values as texts and dictionaries."""
    if isinstance(value, TypedAddress):
        return value.address
    return _members(value, as_values)


def _members(value: Any, of: Callable[[Any], Any]) -> Any:  # noqa: ANN401  a value of any type
    if isinstance(value, tuple):
        return tuple(map(of, value))
    if attrs.has(type(value)):
        return {
            field.name: of(getattr(value, field.name))
            for field in attrs.fields(type(value))
            if field.name not in ("localized_diagnostics", "_defects", "returned", "unreadable")
        }
    return value


@given(
    st.text(utf8_characters(), max_size=300),
    st.text(utf8_characters(), max_size=300),
    st.binary(max_size=300),
)
def test_nothing_is_injected(reply: str, subject: str, octets: bytes) -> None:
    """Hostile replies, subjects and originals add no field, part or recipient."""
    clean = "".join(each for each in reply if each.isprintable()).strip()
    plan_ = plan(recipient(reply=f"550 {clean}".strip()))
    original = b"Subject: " + subject.encode() + b"\r\n" + octets

    message = compose(plan_, original)

    read = standard(message.as_bytes())
    assert 1 == len(strict_values(message.as_bytes()).recipients)
    names = [name.lower() for name in read.keys()]  # noqa: SIM118  a message has a key twice
    assert len(names) == len(set(names))
    assert SENDER == read["To"]
    assert {"bcc", "cc"}.isdisjoint(names)
    assert 2 <= len(list(read.iter_parts())) <= 3


# ---- The header


@pytest.mark.requirement("3464-2-10")
@pytest.mark.requirement("3464-2-12")
@pytest.mark.requirement("3464-2-07")
@pytest.mark.requirement("3461-6.1-01")
@pytest.mark.requirement("3461-6.1-02")
def test_it_goes_to_the_return_path_under_the_null_one() -> None:
    """Header and envelope name the envelope sender of the original."""
    message = compose(plan())

    assert SENDER == standard(message.as_bytes())["To"]
    assert "" == message.envelope.sender
    assert (SENDER,) == tuple(each.address for each in message.envelope.recipients)


def test_the_header_says_what_it_is_and_what_it_answers() -> None:
    """Auto-Submitted, threading, date and identity (RFC 3834 s5, RFC 5322 s3.6.4)."""
    message = compose(plan())
    header = standard(message.as_bytes())

    assert "auto-replied" == header["Auto-Submitted"]
    assert "<minutes.1@example.org>" == header["In-Reply-To"] == header["References"]
    assert f"<{TOKEN}@mail.example.org>" == header["Message-ID"] == message.message_id
    assert NOW == header["Date"].datetime
    assert "Mail delivery <MAILER-DAEMON@mail.example.org>" == header["From"]


def test_a_postmasters_copy_tells_and_returns_no_text() -> None:
    """Its own subject, auto-replied, the header of the original alone."""
    octets = compose(plan(audience=Audience.POSTMASTER), language="de").as_bytes()
    message = standard(octets)

    assert "auto-replied" == message["Auto-Submitted"]
    assert message["Subject"] != standard(compose(plan(), language="de").as_bytes())["Subject"]
    human, _, returned = message.iter_parts()
    assert "text/rfc822-headers" == returned.get_content_type()
    assert human.get_content().startswith("<bob@example.com>: host mx.example.com said:")


@pytest.mark.parametrize("token", ["", "short", "has space here", "line\r\nend: x", "x" * 61])
def test_a_token_that_is_none(token: str) -> None:
    """What goes into Message-ID and boundary is checked."""
    with pytest.raises(InvalidValue, match="token"):
        COMPOSER.compose(plan(), ORIGINAL, now=NOW, token=token)


def test_a_time_without_a_zone() -> None:
    """A naive time names no instant (RFC 5322 s3.3)."""
    with pytest.raises(InvalidValue, match="zone"):
        COMPOSER.compose(plan(), ORIGINAL, now=NOW.replace(tzinfo=None), token=TOKEN)


def test_a_parameter_with_a_fault() -> None:
    """What a template cannot say is an error, and one that loading it tells beforehand."""
    parameters = Parameters({"myhostname": "$mydomain", "mydomain": "$myhostname"})
    data = "failure_template = from $myhostname"
    library = TemplateLibrary(plain=load_templates(data, origin="bounce.cf"))
    composer = BounceComposer(reporter=REPORTER, library=library, parameters=parameters)

    with pytest.raises(TemplateError, match="names itself"):
        composer.compose(plan(), ORIGINAL, now=NOW, token=TOKEN)
    with pytest.raises(TemplateError, match=r"bounce\.cf:1: .* names itself"):
        load_templates(data, origin="bounce.cf", parameters=parameters)


# ---- The forms


@pytest.mark.requirement("3464-2.1-02")
def test_an_ascii_sender_gets_an_ascii_report() -> None:
    """The recipient's address is of type utf-8, escaped; the part is 7bit."""
    message = compose(plan(recipient("δ@example.com", reply="550 5.1.1 unbekannt: ü")))
    _, status, _ = standard(message.as_bytes()).iter_parts()

    assert "message/delivery-status" == status.get_content_type() == message.media_type
    assert status.as_bytes().isascii()
    assert b"Final-Recipient: utf-8; \\x{3B4}@example.com" in message.as_bytes()
    assert not message.envelope.smtputf8


@pytest.mark.requirement("6533-4.1-02")
@pytest.mark.requirement("6533-6.4-01")
def test_a_sender_beyond_ascii_gets_the_global_form() -> None:
    """UTF-8 as it is, 8bit, under SMTPUTF8."""
    message = compose(plan(recipient("δ@example.com"), sender="müller@example.org"))

    assert "message/global-delivery-status" == message.media_type
    assert "Final-Recipient: utf-8; δ@example.com\r\n".encode() in message.as_bytes()
    assert message.envelope.smtputf8
    assert Body.EIGHT_BIT is message.envelope.body


@pytest.mark.requirement("6533-4.4-03")
def test_where_all_is_ascii_the_form_is_traditional() -> None:
    """The sender's address alone does not make the report global."""
    message = compose(plan(sender="müller@example.org"))

    report = attrs.evolve(plan().report, message=MessageFields(reporting_mta=REPORTER.mta))
    ascii_plan = attrs.evolve(plan(sender="müller@example.org"), report=report)
    assert "message/delivery-status" == compose(ascii_plan).media_type
    assert message.envelope.smtputf8


@pytest.mark.requirement("6533-4.5-01")
@pytest.mark.parametrize("name", PLANS)
def test_a_seven_bit_way(name: str) -> None:
    """Every octet is US-ASCII on request, and the report reads back the same."""
    composer = BounceComposer(reporter=REPORTER, form=HumanForm(is_seven_bit=True))
    original = ORIGINAL.replace(b"Minutes", "Protokoll für".encode())

    message = compose(PLANS[name], original, composer=composer, language="ru")

    if PLANS[name].recipient.address.isascii():
        assert message.as_bytes().isascii()
        assert Body.SEVEN_BIT is message.envelope.body
    assert strict_values(message.as_bytes()).kind is PLANS[name].kind


# ---- What goes back


@pytest.mark.requirement("3461-6.2-04")
@pytest.mark.requirement("3461-6.2-05")
@pytest.mark.requirement("3461-6.2-06")
@pytest.mark.requirement("6522-4-01")
@pytest.mark.parametrize(
    ("name", "limit", "media_type"),
    [
        ("failure", 50_000, "message/rfc822"),
        ("failure", 100, "text/rfc822-headers"),
        ("failure", None, "message/rfc822"),
        ("headers", 50_000, "text/rfc822-headers"),
        ("delay", 50_000, "text/rfc822-headers"),
        ("delivered", 50_000, "text/rfc822-headers"),
        ("postmaster", 50_000, "text/rfc822-headers"),
    ],
)
def test_how_much_goes_back(name: str, limit: int | None, media_type: str) -> None:
    """The text only of what failed, was not to stay away, and is small enough."""
    composer = BounceComposer(reporter=REPORTER, returns=ReturnRules(message_octets=limit))
    octets = compose(PLANS[name], composer=composer).as_bytes()

    *_, returned = standard(octets).iter_parts()

    assert media_type == returned.get_content_type()
    report = parse_report(octets)
    assert report.returned is not None
    expected = (
        ORIGINAL if media_type == "message/rfc822" else ORIGINAL.partition(b"\r\n\r\n")[0] + b"\r\n"
    )
    assert expected == report.returned.octets()


def test_the_original_may_be_a_file() -> None:
    """A small file is the same as its octets; a large one is read as it is written."""
    assert compose(plan()).as_bytes() == compose(plan(), io.BytesIO(ORIGINAL)).as_bytes()

    large = ORIGINAL + b"line\r\n" * 20_000
    composer = BounceComposer(reporter=REPORTER, returns=ReturnRules(message_octets=None))
    message = compose(plan(), io.BytesIO(large), composer=composer)
    octets = message.as_bytes()
    assert not message.is_repeatable
    report = parse_report(octets)
    assert report.returned is not None
    assert large == report.returned.octets()


def test_the_original_may_come_in_chunks() -> None:
    """The same message but for the label of octets that nobody has seen yet."""
    chunks = iter([ORIGINAL[:50], ORIGINAL[50:]])
    message = compose(plan(), chunks, size_octets=len(ORIGINAL))

    octets = message.as_bytes()

    assert octets.replace(b"Content-Transfer-Encoding: 8bit\r\n", b"") == compose(plan()).as_bytes()
    assert not message.is_repeatable
    with pytest.raises(DsnError, match="chunks"):
        message.as_bytes()


def test_chunks_of_unknown_size_give_their_header() -> None:
    """What may be of any size is not returned whole, unless any size may be."""
    *_, returned = standard(compose(plan(), iter([ORIGINAL])).as_bytes()).iter_parts()

    assert "text/rfc822-headers" == returned.get_content_type()


def test_nothing_known_of_the_original_is_no_third_part() -> None:
    """RFC 6522 s3: the third part is optional."""
    octets = compose(plan(), b"").as_bytes()

    assert 2 == len(list(standard(octets).iter_parts()))
    assert strict_values(octets).kind is plan().kind


def test_a_giant_header_loses_whole_fields_and_says_which() -> None:
    """The wanted fields stay, whole; the part names what is missing."""
    trace = b"".join(b"Received: from a%d by b; some time\r\n" % n for n in range(500))
    original = (
        trace + b"List-Id: <l.example.org>\r\nX-Spam-Report: " + b"x" * 900 + b"\r\n" + ORIGINAL
    )
    composer = BounceComposer(reporter=REPORTER, returns=ReturnRules(header_octets=800))

    octets = compose(plan(ret=Ret.HDRS), original, composer=composer).as_bytes()

    *_, returned = standard(octets).iter_parts()
    header = returned.get_content()
    assert "Message-ID: <minutes.1@example.org>" in header
    assert "List-Id: <l.example.org>" in header
    assert "x" * 900 not in header
    assert len(header) <= 800
    assert "X-Spam-Report" in returned["Content-Description"]
    assert "Received" in returned["Content-Description"]


@pytest.mark.requirement("6533-4.2-01")
@pytest.mark.requirement("6533-4.3-01")
@pytest.mark.requirement("6533-6.3-03")
@pytest.mark.parametrize(
    ("ret", "media_type"), [(Ret.FULL, "message/global"), (Ret.HDRS, "message/global-headers")]
)
def test_a_header_in_utf8_goes_back_as_what_it_is(ret: Ret, media_type: str) -> None:
    """message/global and message/global-headers are for headers in UTF-8."""
    original = ORIGINAL.replace(b"Minutes", "Protokoll für".encode())

    *_, returned = standard(compose(plan(ret=ret), original).as_bytes()).iter_parts()

    assert media_type == returned.get_content_type()
    assert returned.get_param("charset") is None


# ---- The text


def text_of(message: ComposedMessage) -> str:
    """Return the plain text as people see it."""
    body = standard(message.as_bytes()).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_english_follows_by_default_and_not_on_request() -> None:
    """The rule can be seen in the text, and switched off."""
    stacked = text_of(compose(plan(), language="de"))
    alone = text_of(
        compose(plan(), composer=attrs.evolve(COMPOSER, is_english_added=False), language="de")
    )

    assert stacked.startswith(alone.rstrip())
    assert "Derselbe Text auf Englisch:\nThe same text in English:\n" in stacked
    assert "There is no mailbox with this address." in stacked
    assert "There is no mailbox" not in alone


def test_english_is_not_repeated() -> None:
    """A text that is English already has nothing behind it."""
    assert "The same text" not in text_of(compose(plan(), language=("en", "en-GB")))


@pytest.mark.parametrize("asked", ["tlh", "", "xx-unknown", "C", "\x00", "nb"])
def test_a_language_nobody_has_is_english(asked: str) -> None:
    """A bounce must leave."""
    assert text_of(compose(plan())) == text_of(compose(plan(), language=asked))


def test_several_languages_are_stacked_in_the_order_asked() -> None:
    """French, Spanish, then English, each introduced in both languages."""
    text = text_of(compose(plan(), language=["fr", "es"]))

    places = [text.index(part) for part in ("Votre message", "Su mensaje", "Your message")]
    assert sorted(places) == places


@pytest.mark.requirement("3464-1.2-01")
@pytest.mark.parametrize("language", shipped_languages())
@pytest.mark.parametrize("name", ["failure", "failure-many", "delay", "relayed", "expanded"])
def test_every_language_tells_the_facts(name: str, language: str) -> None:
    """Addresses, subject and codes are there, in 72 columns where they can be."""
    composer = attrs.evolve(COMPOSER, is_english_added=False)
    text = text_of(compose(PLANS[name], composer=composer, language=language))

    assert "Minutes of Tuesday" in text
    for each in PLANS[name].report.recipients[:3]:
        assert str(each.recipient) in text
        assert str(each.status) in text
    assert "$" not in text
    assert "%(" not in text
    assert "  \n" not in text
    assert all(width(line) <= 72 for line in text.splitlines())


def test_values_in_a_right_to_left_text_are_isolated() -> None:
    """An address or code keeps its direction between Hebrew words (UAX #9)."""
    composer = attrs.evolve(COMPOSER, is_english_added=False)
    text = text_of(compose(plan(), composer=composer, language="he"))

    assert "\u2068bob@example.com\u2069" in text
    assert "\u2068550 5.1.1 No such user here\u2069" in text
    assert text.count("\u2068") == text.count("\u2069")


def test_links_of_strangers_are_broken_on_request() -> None:
    """What the peer said cannot be clicked, in any language."""
    plan_ = plan(recipient(reply="550 5.7.1 see https://evil.example/ now"))

    text = text_of(compose(plan_, composer=attrs.evolve(COMPOSER, is_unclickable=True)))

    assert "https[:]//evil.example/" in text
    assert "https://" not in text


def test_the_size_of_what_stays_away_is_told() -> None:
    """Who gets only the header learns why."""
    composer = BounceComposer(reporter=REPORTER, returns=ReturnRules(message_octets=1000))

    text = text_of(compose(plan(), ORIGINAL + b"x" * 3_400_000, composer=composer))

    assert "Your message has a size of 3.4 MB, so only its header is attached." in text


def test_the_verify_template_on_request() -> None:
    """What the plan's kind would choose can be overruled."""
    text = text_of(compose(plan(DELIVERED), template=TemplateClass.VERIFY))

    assert "This is the delivery report that you asked for." in text


# ---- Templates of the site


def test_a_postfix_template_comes_out_as_postfix_prints_it() -> None:
    """The text, an empty line, the recipients in 79 columns; no other language."""
    templates = load_templates(
        "failure_template = <<EOF\nSubject: Lost\n\nHost $myhostname lost it.\nEOF\n", origin="x.cf"
    )
    composer = BounceComposer(
        reporter=REPORTER,
        library=TemplateLibrary(plain=templates),
        parameters={"myhostname": "mail.example.org"},
    )
    long = recipient(
        final_recipient=TypedAddress("rfc822", "robert@mailbox.example.com"),
        diagnostic_code=DiagnosticCode("smtp", "550-5.1.1 No such user. 550 5.1.1 Really none."),
    )

    message = compose(plan(long), composer=composer, language="de")

    assert (
        "Host mail.example.org lost it.\n\n"
        "<robert@mailbox.example.com> (expanded from <bob@example.com>): host\n"
        "    mx.example.com said: 550-5.1.1 No such user. 550 5.1.1 Really none.\n"
    ) == text_of(message)
    assert "Lost" == standard(message.as_bytes())["Subject"]


def test_a_sender_domain_has_its_own() -> None:
    """A library for one domain, and for all below another."""
    own = TemplateLibrary(
        templates={
            "en": load_templates(
                "failure_template = <<EOF\nLanguage: en\nSubject: Ours\n\nOurs for $summary\nEOF\n",
                origin="own.cf",
            )
        }
    )
    library = TemplateLibrary(domains={"example.org": own, ".example.net": own})
    composer = BounceComposer(reporter=REPORTER, library=library)

    def subject_for(sender: str) -> str:
        return str(standard(compose(plan(sender=sender), composer=composer).as_bytes())["Subject"])

    assert "Ours" == subject_for("ann@example.org")
    assert "Ours" == subject_for("ann@a.b.example.net")
    assert "Ours" != subject_for("ann@sub.example.org")
    assert "Ours" != subject_for("ann@example.net")


def test_defects_of_templates_are_told() -> None:
    """What was made up for is on the message."""
    templates = load_templates("failure_template = <<EOF\nBogus: x\n\ntext\nEOF\n", origin="x.cf")
    composer = BounceComposer(reporter=REPORTER, library=TemplateLibrary(plain=templates))

    assert templates.defects == compose(plan(), composer=composer).defects
    assert templates.defects


def test_the_composer_serves_every_thread() -> None:
    """It is a value: nothing in it changes."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        COMPOSER.is_unclickable = True  # type: ignore[misc]  # that is the test


@pytest.mark.requirement("3464-2.3.9-02")
def test_only_a_delay_says_until_when() -> None:
    """The date stands in the letter in the sender's own zone."""
    text = " ".join(text_of(compose(plan(DELAYED))).split())

    assert "We keep trying until 26 November 2026 at 14:30." in text
    assert "Waiting: 4 hours" in text
    assert "until" not in text_of(compose(plan()))


def test_statuses_that_nobody_registered() -> None:
    """A code of 999 still has a reason and an advice."""
    for status in ("5.9.9", "4.300.1", "5.1.999"):
        text = text_of(compose(plan(recipient(status=status, action=Action.FAILED))))
        assert f"Code {status}." in text
        assert "Please " in text.partition("If you need help")[0]


def test_a_reporter_without_a_full_name() -> None:
    """The type says that the name is local (RFC 3461 s6.3)."""
    report = attrs.evolve(
        plan().report, message=MessageFields(reporting_mta=MtaName("x-local-hostname", "box"))
    )

    octets = compose(attrs.evolve(plan(), report=report)).as_bytes()

    assert b"Reporting-MTA: x-local-hostname; box\r\n" in octets
