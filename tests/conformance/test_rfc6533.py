"""RFC 6533: reports about mail in UTF-8, in the form that their reader's system takes."""

import attrs
import pytest

import dsnlib
from tests.compose.occasions import COMPOSER, NOW, ORIGINAL, TOKEN, plan, recipient

ORIGINAL_UTF8 = ORIGINAL.replace(b"Minutes", "Protokoll für".encode())
SENDER_UTF8 = "müller@example.org"
SEVEN_BIT = attrs.evolve(COMPOSER, form=dsnlib.HumanForm(is_seven_bit=True))


def compose(
    plan_: dsnlib.DsnPlan,
    composer: dsnlib.BounceComposer = COMPOSER,
    language: str = "en",
) -> dsnlib.ComposedMessage:
    """Compose a notification about a message with a header in UTF-8."""
    return composer.compose(plan_, ORIGINAL_UTF8, now=NOW, token=TOKEN, language=language)


def original_recipient(message: dsnlib.ComposedMessage) -> str:
    """Return the line of the status part as it is."""
    lines = message.as_bytes().decode().split("\r\n")
    (line,) = [line for line in lines if line.startswith("Original-Recipient:")]
    return line


@pytest.mark.requirement("6533-3-16")
@pytest.mark.requirement("6533-4.1-04")
@pytest.mark.requirement("6533-4.1-05")
@pytest.mark.parametrize(
    "orcpt",
    [r"ORCPT=utf-8;\x{3B4}@x", r"ORCPT=utf-8;δ@x", r"ORCPT=utf-8;\x{3b4}@x"],
    ids=["xtext form", "plain form", "xtext form in lower case"],
)
def test_orcpt_is_plain_in_a_global_report(orcpt: str) -> None:
    r"""However a client wrote it, the address stands as UTF-8, and nothing as `\x{..}`."""
    received = dsnlib.parse_rcpt_parameters(orcpt, smtputf8=True).orcpt
    assert received is not None

    message = compose(
        plan(recipient(original_recipient=received, final_recipient=received), sender=SENDER_UTF8)
    )

    assert "message/global-delivery-status" == message.media_type
    assert "Original-Recipient: utf-8; δ@x" == original_recipient(message)
    assert rb"\x{" not in message.as_bytes()


@pytest.mark.requirement("6533-4.1-04")
@pytest.mark.requirement("6533-4.1-05")
def test_unitext_is_plain_in_a_global_report() -> None:
    r"""Of an address in unitext only what may not stand plainly keeps its `\x{..}`."""
    received = dsnlib.parse_rcpt_parameters(r"ORCPT=utf-8;δ\x{3B5}\x{2B}a@x", smtputf8=True).orcpt

    message = compose(plan(recipient(original_recipient=received), sender=SENDER_UTF8))

    assert r"Original-Recipient: utf-8; δε\x{2B}a@x" == original_recipient(message)


@pytest.mark.requirement("6533-4.1-03")
@pytest.mark.parametrize("language", ["de", "ja"])
def test_the_diagnostic_is_not_translated(language: str) -> None:
    """Whatever the language of the letter, the diagnostic stays as the system said it."""
    reply = "550 5.1.1 No such user here"

    message = compose(plan(recipient("δ@x", reply=reply), sender=SENDER_UTF8), language=language)

    assert "message/global-delivery-status" == message.media_type
    assert f"\r\nDiagnostic-Code: smtp; {reply}\r\n".encode() in message.as_bytes()
    assert b"Localized-Diagnostic" not in message.as_bytes()


@pytest.mark.requirement("6533-4.5-01")
@pytest.mark.requirement("6533-4.5-02")
@pytest.mark.requirement("6533-6.3-01")
@pytest.mark.requirement("6533-6.3-02")
@pytest.mark.requirement("6533-6.3-04")
@pytest.mark.parametrize(
    ("ret", "media_type", "encoding"),
    [
        (dsnlib.Ret.FULL, "message/global", "base64"),
        (dsnlib.Ret.HDRS, "message/global-headers", "quoted-printable"),
    ],
    ids=str,
)
def test_the_way_decides_on_the_encoding(ret: dsnlib.Ret, media_type: str, encoding: str) -> None:
    """8bit where the way takes it; else encoded, of the same type and the same octets."""
    labels, contents = [], []
    for composer in (COMPOSER, SEVEN_BIT):
        message = compose(plan(ret=ret), composer)
        *_, part = message.as_email_message().iter_parts()
        labels.append((part.get_content_type(), part["Content-Transfer-Encoding"]))
        content = dsnlib.parse_report(message.as_bytes()).returned
        assert content is not None
        contents.append(content.octets())

    assert [(media_type, "8bit"), (media_type, encoding)] == labels
    assert contents[0] == contents[1]
    assert "Protokoll für".encode() in contents[0]
    assert compose(plan(ret=ret), SEVEN_BIT).as_bytes().isascii()
