"""A Postfix template in any character set makes a letter that can be read."""

import email
import email.policy

import pytest

from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.human import HumanForm
from dsnlib.compose.library import TemplateLibrary
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.template import load_templates
from dsnlib.parse.report import parse_report
from tests.compose.occasions import COMPOSER, NOW, ORIGINAL, REPORTER, TOKEN, plan, recipient


def composer_of(text: bytes, *, is_html: bool = False, postfix: bool = False) -> BounceComposer:
    """Return a composer with one Postfix template."""
    templates = load_templates(text, origin="bounce.cf", postfix=postfix)
    return BounceComposer(
        reporter=REPORTER,
        library=TemplateLibrary(plain=templates),
        parameters=Parameters({"myhostname": "mail.example.org"}),
        form=HumanForm(is_html=is_html),
    )


LATIN = "failure_template = <<EOF\nCharset: iso-8859-1\nSubject: x\n\nGrüße von $myhostname\nEOF\n"


@pytest.mark.parametrize(
    ("postfix", "said"),
    [
        (False, "Of Minutes of Tuesday at mail.example.org"),
        (True, "At mail.example.org"),
    ],
)
def test_names_that_postfix_has_not(postfix: bool, said: str) -> None:  # noqa: FBT001  a column of the table
    """A template loaded with `postfix` has the parameters of the site, and no other name."""
    text = b"failure_template = ${original_subject?{Of $original_subject at}:{At}} $myhostname\n"
    composer = composer_of(text, postfix=postfix)
    octets = composer.compose(plan(recipient()), ORIGINAL, now=NOW, token=TOKEN).as_bytes()

    human = next(email.message_from_bytes(octets, policy=email.policy.SMTP).iter_parts())
    assert human.get_content().startswith(said)


@pytest.mark.parametrize("reply", ["550 no", "550 нет"])
def test_a_text_in_another_character_set(reply: str) -> None:
    """Its octets stay as they are, and what is added is written in US-ASCII."""
    composer = composer_of(LATIN.encode("iso-8859-1"))
    octets = composer.compose(
        plan(recipient(reply=reply)), ORIGINAL, now=NOW, token=TOKEN
    ).as_bytes()

    human = next(email.message_from_bytes(octets, policy=email.policy.SMTP).iter_parts())
    assert "iso-8859-1" == human.get_content_charset()
    assert human.get_content().startswith("Grüße von mail.example.org")
    assert "said: 550 " in human.get_content()
    assert () == parse_report(octets).defects


def test_its_html_form_is_utf8() -> None:
    """The characters, not the octets."""
    composer = composer_of(LATIN.encode("iso-8859-1"), is_html=True)
    message = composer.compose(plan(), ORIGINAL, now=NOW, token=TOKEN).as_email_message()

    html = message.get_body(("html",))
    assert html is not None
    assert "<p>Grüße von mail.example.org</p>" in html.get_content()


@pytest.mark.parametrize("charset", ['x"; y=z', "utf 8", "klingon-1"])
def test_a_character_set_that_is_none(charset: str) -> None:
    """It cannot add anything to the header, and the bounce leaves."""
    text = f"failure_template = <<EOF\nCharset: {charset}\nSubject: x\n\nGrüße\nEOF\n"
    octets = composer_of(text.encode()).compose(plan(), ORIGINAL, now=NOW, token=TOKEN).as_bytes()

    assert () == parse_report(octets).defects
    human = next(email.message_from_bytes(octets, policy=email.policy.SMTP).iter_parts())
    assert ["charset"] == [name for name, _ in (human.get_params() or [])[1:]]


def test_a_subject_and_sender_beyond_ascii() -> None:
    """Encoded words in the header, for a template with a language."""
    message = COMPOSER.compose(plan(), ORIGINAL, now=NOW, token=TOKEN, language="he")
    header = message.as_bytes().partition(b"\r\n\r\n")[0]

    assert header.isascii()
    read = message.as_email_message()
    assert "ההודעה שלך לא נמסרה" == read["Subject"]
    assert "MAILER-DAEMON@mail.example.org" == read["From"].addresses[0].addr_spec


@pytest.mark.parametrize(("reply", "charset"), [("550 no", "us-ascii"), ("550 нет", "utf-8")])
def test_what_a_peer_said_widens_a_plain_text(reply: str, charset: str) -> None:
    """A text in US-ASCII becomes UTF-8 where the recipients behind it need it."""
    text = b"failure_template = <<EOF\nSubject: x\n\nPlain.\nEOF\n"
    octets = (
        composer_of(text)
        .compose(plan(recipient(reply=reply)), ORIGINAL, now=NOW, token=TOKEN)
        .as_bytes()
    )

    human = next(email.message_from_bytes(octets, policy=email.policy.SMTP).iter_parts())
    assert charset == human.get_content_charset()
    assert reply in human.get_content()


@pytest.mark.parametrize("charset", ["klingon-1", "idna", "undefined", "punycode", "hex", "x y"])
def test_the_html_form_of_nobody_knows_what(charset: str) -> None:
    """Octets in what is no character set show as replaced, and the bounce leaves."""
    text = f"failure_template = <<EOF\nCharset: {charset}\nSubject: x\n\nGr\xfc\xdfe\nEOF\n"
    message = composer_of(text.encode("iso-8859-1"), is_html=True).compose(
        plan(), ORIGINAL, now=NOW, token=TOKEN
    )

    html = message.as_email_message().get_body(("html",))
    assert html is not None
    assert "Gr\ufffd\ufffde" in html.get_content()


def test_a_sender_that_is_complete_stays() -> None:
    """Only an address without a domain gets ours; a quoted name is read as one."""
    sender = r'"Mail (x) \"y\"" <help@example.net>'
    text = f"failure_template = <<EOF\nFrom: {sender}\nSubject: x\n\nt\nEOF\n"
    message = composer_of(text.encode()).compose(plan(), ORIGINAL, now=NOW, token=TOKEN)

    (address,) = message.as_email_message()["From"].addresses
    assert ("help@example.net", 'Mail (x) "y"') == (address.addr_spec, address.display_name)


@pytest.mark.parametrize("sender", ["MAILER-DAEMON", "<MAILER-DAEMON>", "<>"])
def test_a_sender_without_a_name(sender: str) -> None:
    """An address alone is enough, and an empty one is completed."""
    text = f"failure_template = <<EOF\nFrom: {sender}\nSubject: x\n\nt\nEOF\n"
    octets = composer_of(text.encode()).compose(plan(), ORIGINAL, now=NOW, token=TOKEN).as_bytes()

    assert b"\r\nFrom: <MAILER-DAEMON@mail.example.org>\r\n" in octets
