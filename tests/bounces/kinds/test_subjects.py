"""A subject says what kind of mail it is, by phrases of mail systems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.kinds.subjects import Telling, subject_text, tell_subject, vocabulary


@pytest.mark.parametrize(
    ("subject", "telling"),
    [
        (b"Undelivered Mail Returned to Sender", Telling.BOUNCE),
        (b" failure notice\r\n", Telling.BOUNCE),
        (b"[Postmaster] Email Delivery Failure", Telling.BOUNCE),
        (b"***SPAM*** Mail delivery failed", Telling.BOUNCE),
        (b"Unzustellbar: Einladung", Telling.BOUNCE),
        ("Ваше сообщение не доставлено".encode(), Telling.BOUNCE),
        (b"=?utf-8?b?6YCA5L+h?=", Telling.BOUNCE),
        (b"=?iso-8859-1?q?=C9chec_de_la_remise?= : x", Telling.BOUNCE),
        ("Échec de remise".encode("latin-1"), Telling.BOUNCE),
        (b"Your message to Bob could not be delivered.", Telling.BOUNCE),
        (b"RE: Your message to talk awaits moderator approval : non remis", Telling.BOUNCE),
        (b"Non-Delivery: Your message awaits moderator approval", Telling.BOUNCE),
        (b"Automatic reply: lunch", Telling.REPLY),
        (b"Abwesenheitsnotiz: Besuch", Telling.REPLY),
        (b"=?utf-8?q?R=C3=A9ponse_automatique?= : x", Telling.REPLY),
        (b"Urlaub bis Montag", Telling.AWAY),
        (b"Please confirm your message", Telling.CHALLENGE),
        (b"Your message to Talk awaits moderator approval", Telling.LIST),
        (b'Welcome to the "Talk" mailing list', Telling.LIST),
        (b"confirm 0123456789abcdef0123456789abcdef01234567", Telling.LIST),
        (b"Talk digest, Vol 3 #12", Telling.LIST),
        (b"Report Domain: a.example Submitter: b.example Report-ID: <1>", Telling.DMARC),
        (b"complaint about message from 192.0.2.1", Telling.COMPLAINT),
    ],
)
def test_phrases(subject: bytes, telling: Telling) -> None:
    """A phrase counts where it has to stand, behind tags, in any case and encoding."""
    found = tell_subject(subject)

    assert found is not None
    assert telling == found.telling


@pytest.mark.parametrize(
    "subject",
    [
        b"",
        b"lunch",
        b"Re: Undelivered Mail Returned to Sender",
        b"Fwd: Automatic reply: lunch",
        b"AW: Unzustellbar: Einladung",
        b"WG: Your message could not be delivered",
        b"Re: Report domain: a Submitter: b Report-ID: c",
        b"=?no-such-charset?b?/////w==?=",
        b"=?utf-8?b?/////w==?=",
    ],
)
def test_other_subjects(subject: bytes) -> None:
    """Who answers or forwards a bounce writes no bounce."""
    assert tell_subject(subject) is None


def test_a_sure_phrase_counts_before_a_doubtful_one() -> None:
    """`vacation:` is what a program writes, `vacation` what anybody may."""
    found = tell_subject(b"Vacation: back on Monday")

    assert found is not None
    assert Telling.REPLY == found.telling


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (b" a\r\n b\t c ", "a b c"),
        (b"=?utf-8?q?a_?= =?utf-8?q?b?=", "a b"),
        (b"=?utf-8*en?q?a?= b", "a b"),
        (b"caf\xe9", "café"),
    ],
)
def test_text(subject: bytes, text: str) -> None:
    """Encoded words and folds become one line of text."""
    assert text == subject_text(subject)


@given(st.binary(max_size=300))
def test_anything(subject: bytes) -> None:
    """No octets make it raise."""
    tell_subject(subject)
    assert subject_text(subject).isprintable() or subject_text(subject)


def test_vocabulary() -> None:
    """The words of the phrases, one by one."""
    assert {"awaits", "failure", "urlaub"} <= vocabulary()
