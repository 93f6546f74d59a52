"""In a text names are replaced, and what a bounce is told by stays."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.scrub.scrubber import Scrubber
from dsnlib.bounces.scrub.substitutes import Substitutes
from tests.growth import BOUND, growth

MADE = Substitutes(b"0123456789abcdef")


def scrub(text: str) -> str:
    """Return a text treated by a scrubber that has learned nothing."""
    return Scrubber(MADE).text(text)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 User unknown; message/rfc822 in iso-8859-1, base64 and Windows-1252",
        "Thu, 29 Apr 2016 23:34:45 +0000 (UTC) 12:30",
        "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##",
        "smtp; 421 4.4.0 STOREDRV.Deliver.Exception:X e.g. report.html No.1 1.2.3",
        "the mail failed.Please write to postmaster@example.com or see 192.0.2.1 and 8.14.4",
        "https://support.google.com/mail/?p=NoSuchUser",
        '\x1b$B%a!<%k%"%I%l%9$,M-8z4|8B\x1b(B',
        "9..0g and 1..2",
        "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)",
        "",
    ],
)  # fmt: skip
def test_kept(text: str) -> None:
    """Codes, dates, charsets and the words of systems stay."""
    assert text == scrub(text)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("<joe@acme.org>", "joe"),
        ("joe@acme.org.", "acme"),
        ("mailto:joe%40acme.org", "joe"),
        ("joe@mailhub", "mailhub"),
        ('"joe smith"@acme.org', "joe"),
        ("@relay.org:joe@acme.org", "relay"),
        ("joe@acme.org/x", "acme"),
        ("joe@[10.1.2.3]", "10.1.2.3"),
        ("at mx.acme.org.", "acme"),
        ("at mx.acme.org.5", "acme"),
        ("at MX.ACME.ORG", "ACME"),
        ("at mx..acme.org", "acme"),
        ("in .acme.org", "acme"),
        ("at acme.Com", "acme"),
        ("www.acme.museum/joe4242424/x", "joe4242424"),
        ("http://acme.org/?user=1&mail=joe@x.org", "joe"),
        ("http://acme.org/joe@x.org", "joe"),
        ("http://acme.org/?joe@x.org", "joe"),
        ("[10.1.2.3]", "10.1.2.3"),
        ("IPv6:2607:f8b0::1a", "2607:f8b0"),
        ("(4F2B81C0E7)", "4F2B81C0E7"),
        ("1abcDE12-0000xy-Fg", "1abcDE12"),
        ("123456789012", "123456789012"),
        ("/O=Acme/CN=Joe Smith", "Smith"),
        ("SMTP=joe@acme.org", "joe"),
        ("call +44 20 7946 0000 now", "7946"),
        ("bj\xf6rn@acme.org", "bj"),
        ("@", "x"),
        ("a@-", "a@"),
    ],
)
def test_replaced(text: str, secret: str) -> None:
    """What names somebody is gone, wherever it stands."""
    assert secret not in scrub(text)


def test_types_of_addresses_stay() -> None:
    """How a gateway writes what kind of address follows."""
    assert scrub("SMTP=joe@acme.org").startswith("SMTP=")
    assert "user=" in scrub("http://acme.org/?user=joe@acme.org")


def test_learned() -> None:
    """What is learned beside a sign is replaced where it stands alone."""
    scrubber = Scrubber(MADE)
    text = "from MAILHUB01 ([10.1.2.3]) id 12345 for josephine.miller@acme.org"
    scrubber.learn(text)

    for name in ("josephine.miller", "Josephine", "miller", "mailhub01", "12345", "x/miller"):
        made = scrubber.text(f"no {name} here.")
        assert MADE.token(name.rpartition("/")[2]) in made
        assert made.startswith("no ")
    assert MADE.token("josephine.miller") in scrubber.text("josephine.miller.")
    assert "miller" not in scrubber.text("dear(miller)")


def test_learned_phrases() -> None:
    """A subject and a name are replaced as a whole; words of systems are not learned."""
    scrubber = Scrubber(MADE)
    scrubber.learn_name("Mail Delivery System")
    scrubber.learn_name("Wilhelmina Contoso")
    scrubber.learn_phrase("Mail delivery failed: our kangaroo")
    scrubber.learn_phrase("Mail delivery failed: our kangaroo")
    scrubber.learn_phrase("abc")
    scrubber.learn_phrase("x" * 300)
    text = "Mail Delivery System: 'Mail delivery failed: our kangaroo' of Contoso"
    made = scrubber.text(text)

    assert made.startswith("Mail Delivery System: 'Mail delivery failed: our ")
    assert "kangaroo" not in made
    assert "Contoso" not in made


def test_bounds_of_learning() -> None:
    """There are bounds to what is learned."""
    scrubber = Scrubber(MADE)
    for number in range(2000):
        scrubber.learn_word(f"word{number:05}x")
        scrubber.learn_phrase(f"phrase {number:05}")

    assert "word00001x" not in scrubber.text("word00001x")
    assert "phrase 01999" == scrubber.text("phrase 01999")


def test_titles() -> None:
    """In a subject all words go but those of systems, and addresses are addresses."""
    made = Scrubber(MADE).title("Undeliverable: lunch of joe@acme.org at mx.acme.org.")

    assert made.startswith("Undeliverable: ")
    assert f"{MADE.token('joe')}@{MADE.domain('acme.org')}" in made
    assert "lunch" not in made
    assert MADE.domain("mx.acme.org") in made


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [(" MAILHUB", False), ("localhost", True), ("mx.acme.org", False), ("a b", True), ("", True)],
)
def test_hosts(text: str, is_kept: bool) -> None:  # noqa: FBT001  a column of the table
    """In a field for hosts a name needs no domain."""
    assert is_kept == (text == Scrubber(MADE).host(text))


@given(st.text(max_size=200))
def test_anything(text: str) -> None:
    """No text makes it raise, and the same text gives the same."""
    scrubber = Scrubber(MADE)
    scrubber.learn(text)

    assert scrubber.text(text) == scrubber.text(text)
    scrubber.title(text)
    scrubber.host(text)


@pytest.mark.parametrize(
    "unit",
    ["a", "a@", "@", "a.", ".", "%40", '"', '"a"@', ":", "0:", "a=", "/", "CN=a", "+1 2", " ",
     "id 1", "from a (", "?a=b@", "a-", "\x1b$B", "=", "1.", "a1b2c3d4 "],
)  # fmt: skip
def test_growth(unit: str) -> None:
    """Twice as much takes less than three times as long."""

    def prepare(count: int) -> Callable[[], object]:
        text = unit * count

        def treat() -> None:
            scrubber = Scrubber(Substitutes(b"0123456789abcdef"))
            scrubber.learn(text)
            scrubber.text(text)

        return treat

    assert growth(prepare, 1 << 15) < BOUND


def test_titles_in_iso_2022_jp() -> None:
    """Octets that are halves of characters are not taken for letters."""
    made = Scrubber(MADE).title("Re: \x1b$B$K$c!<$s\x1b(B 1")

    assert "Re: ? 1" == made
