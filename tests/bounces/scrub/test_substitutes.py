"""A substitute has the form of what it stands for, and is the same with the same key."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.scrub.substitutes import Substitutes
from dsnlib.errors import InvalidValue

KEY = b"0123456789abcdef"
MADE = Substitutes(KEY)


def form(text: str) -> str:
    """Return a letter for each class of characters."""
    text = re.sub(r"[0-9]", "9", text)
    return "".join("A" if each.isupper() else "a" if each.isalpha() else each for each in text)


@pytest.mark.parametrize(
    "text", ["joe", "Joe.Smith+tag", "4F2B81C0E7", "1abcDE-0000xy-Fg", "a", "Z", "7", "ab12ef90"]
)
def test_form(text: str) -> None:
    """Letters, capitals, digits and signs stay where they are, and something changes."""
    assert form(text) == form(MADE.token(text))
    assert text.lower() != MADE.token(text).lower()


@given(st.text("ab01AB", min_size=1, max_size=3))
def test_nothing_stands_for_itself(text: str) -> None:
    """Also a short token gets another one."""
    assert text != MADE.token(text)


def test_hexadecimal() -> None:
    """What is hexadecimal stays so: queue ids are told by that."""
    assert re.fullmatch("[0-9A-F]{10}", MADE.token("4F2B81C0E7"))
    assert re.fullmatch("[0-9a-f]{8}", MADE.token("4f2b81c0"))


def test_key() -> None:
    """The key decides; a short one is none."""
    assert MADE.token("joe") == Substitutes(KEY).token("joe")
    assert MADE.token("josephine") != Substitutes(KEY + b"x").token("josephine")
    with pytest.raises(InvalidValue, match="16"):
        Substitutes(b"short")


def test_case_is_kept_apart() -> None:
    """A name in other letters is the same name."""
    assert MADE.token("joe") == MADE.token("JOE").lower()


@pytest.mark.parametrize(
    "name",
    ["example.com", "mx.example.org", "host.test", "localhost", "gmail.com", "mx.google.com",
     "x.invalid."],
)  # fmt: skip
def test_kept_domains(name: str) -> None:
    """A domain of nobody, or of millions, stays."""
    assert name == MADE.domain(name)


def test_domains() -> None:
    """A host stays below its domain, ends in `.example` and is left alone after that."""
    assert MADE.domain("mx.acme.org").endswith("." + MADE.domain("acme.org"))
    assert MADE.domain("acme.org") != MADE.domain("acme.net")
    assert MADE.domain("acme.org").endswith(".example")
    assert MADE.domain("acme.org.") == MADE.domain("acme.org") + "."
    assert MADE.domain(MADE.domain("acme.org")) == MADE.domain("acme.org")
    assert "mailhub" != MADE.domain("mailhub")
    assert len("mailhub") == len(MADE.domain("mailhub"))
    assert MADE.domain("averylongname.org").partition(".")[0] != "averylongname"


def test_customers_of_providers() -> None:
    """To the left of a provider stands a customer, or what hosts are called by."""
    name = MADE.domain("acme-org.mail.protection.outlook.com")

    assert name.endswith(".mail.protection.outlook.com")
    assert "acme" not in name


@pytest.mark.parametrize("name", ["postmaster", "MAILER-DAEMON", "no-reply"])
def test_offices(name: str) -> None:
    """Who is no person stays."""
    assert name == MADE.local_part(name)


def test_verp() -> None:
    """A recipient in a return path is the same there."""
    made = MADE.local_part("news+joe=acme.org-7")

    assert f"{MADE.token('joe')}={MADE.domain('acme.org-7')}" in made
    assert form("a" * 400 + "=b.c") == form(MADE.local_part("a" * 400 + "=b.c"))


@pytest.mark.parametrize("address", ["192.0.2.1", "127.0.0.1", "198.18.5.5", "300.1.1.1", "x"])
def test_kept_ipv4(address: str) -> None:
    """Addresses for documentation stay, and what is none."""
    assert address == MADE.ipv4(address)


@pytest.mark.parametrize("address", ["2001:db8::1", "::1", "10:20:30", "x"])
def test_kept_ipv6(address: str) -> None:
    """The same of IPv6."""
    assert address == MADE.ipv6(address)


def test_ip_addresses() -> None:
    """Others go where nobody is; two forms of one address go to one place."""
    assert ipaddress.ip_address(MADE.ipv4("8.8.8.8")) in ipaddress.ip_network("198.18.0.0/15")
    assert ipaddress.ip_address(MADE.ipv6("2607:f8b0::1a")) in ipaddress.ip_network("2001:db8::/32")
    assert MADE.ipv6("2607:f8b0::1a") == MADE.ipv6("2607:F8B0:0::1A")


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Undeliverable: lunch", "Undeliverable: "), ("delayed 24 hours", "delayed 24 hours"),
     ("Mail-Daemon", "Mail-Daemon"), ("O'Brien 12345", "")],
)  # fmt: skip
def test_words(text: str, kept: str) -> None:
    """Words of mail systems stay, all others go."""
    made = MADE.words(text)

    assert made.startswith(kept)
    assert form(text) == form(made)
    assert (kept == text) == (made == text)
