"""Whom a text for people is about, by the places where addresses stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.words.prose import find_addresses, read_prose

BOB = "bob@example.org"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", []),
        ("no address @ all, @example.org, bob@", []),
        (BOB, [BOB]),
        (f"<{BOB}>, 'ann@example.net'", [BOB, "ann@example.net"]),
        ("to: bob+x@a-b.example.org.", ["bob+x@a-b.example.org"]),
        ("o'hara@example.org", ["o'hara@example.org"]),
        ("SMTP=bob@example.org;", [BOB]),
        ("bob@[192.0.2.1]", ["bob@[192.0.2.1]"]),
        ("björn@bücher.example", ["björn@bücher.example"]),
        ("a@b@c.example", ["a@b"]),
        ("'@example.org, bob@--", []),
        ("x" * 200 + "@example.org", ["x" * 128 + "@example.org"]),
    ],
)
def test_addresses(text: str, addresses: list[str]) -> None:
    """Addresses are found without the punctuation around them."""
    assert addresses == find_addresses(text)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        # Alone, or in front
        (f"could not be delivered:\n  {BOB}\n", [BOB]),
        (f"<{BOB}>: host mx said: 550 no <eve@example.net>\n", [BOB]),
        (f"* {BOB}\n* ann@example.org\n", [BOB, "ann@example.org"]),
        (f"Failed Recipient: {BOB}\nReason: unknown\n", [BOB]),
        (f"\u300c{BOB}\u300d\n", [BOB]),
        # In a command, and in a transcript
        (f">>> RCPT TO:<{BOB}>\n<<< 550 no\nwrite to ann@example.net\n", [BOB]),
        (f"Sent RCPT To: {BOB}\n", [BOB]),
        (f"550 <{BOB}>... User unknown\n554 5.0.0 <c@example.org>... no\n", [BOB, "c@example.org"]),
        # Inside a sentence
        (f"There was an error delivering your mail to <{BOB}>.\n", [BOB]),
        (f"The message addressed to '{BOB}' was not collected\n", [BOB]),
        # Behind a heading, what stands there
        (
            f"ann@example.net\nYour message\nThe following recipients were not reached:\n {BOB}\n",
            [BOB],
        ),
        # The label To is weaker than what stands alone, and better than a sentence
        (f"To: {BOB}\nask ann@example.net\n", [BOB]),
        (f"To: ann@example.net\n\n{BOB}\n", [BOB]),
        # Senders and contacts are not
        (f"From: ann@example.net\nReply-To: ann@example.net\n{BOB}: no\n", [BOB]),
        (f"MAIL FROM:<ann@example.net>\n{BOB} no\n", [BOB]),
        (f"postmaster@example.org\n{BOB}\n", [BOB]),
        (f"our own: me@example.com\nme@example.com\n{BOB}\n", [BOB]),
        # But where there is no other, they are
        ("postmaster@example.org\n", ["postmaster@example.org"]),
        ("me@example.com\n", ["me@example.com"]),
        # Without a domain there is no address
        ("bob@localhost\n", []),
        ("nobody\n", []),
    ],
)
def test_about(text: str, about: list[str]) -> None:
    """What a line is about comes before what it mentions."""
    passages, _ = read_prose(text, own=["me@example.com"])

    assert about == [each.address for each in passages]


def test_text_of_each() -> None:
    """What follows an address is about it, up to the next; what precedes, about all."""
    text = f"Sorry.\n{BOB}\n  550 no\nann@example.org\n  552 full\n"
    passages, before = read_prose(text)

    assert "Sorry.\n" == before
    assert [f"{BOB}\n  550 no\n", "ann@example.org\n  552 full\n"] == [
        each.text for each in passages
    ]
    assert [text.index("bob"), text.index("ann")] == [each.start for each in passages]


def test_twice_is_once() -> None:
    """An address is one, however it is spelt and however often."""
    passages, _ = read_prose(f"{BOB}\nBob@Example.ORG\n")

    assert [BOB] == [each.address for each in passages]


def test_named_elsewhere() -> None:
    """Whom a header field names is looked for; others are not."""
    passages, before = read_prose(f"ann@example.net\n{BOB}: 550 no\n", named=["BOB@example.org"])

    assert [BOB] == [each.address for each in passages]
    assert "ann@example.net\n" == before
    assert ([], "nobody") == read_prose("nobody", named=[BOB])


def test_bounds() -> None:
    """A text of addresses gives as many as a message can have, and no more."""
    passages, _ = read_prose("".join(f"u{n}@example.org\n" for n in range(5000)))

    assert 200 == len(passages)


@given(st.text(alphabet="ab@.<>: \n\t-'\"=0", max_size=200))
def test_any_text(text: str) -> None:
    """Whatever the text, passages are in order, apart, and begin with their address."""
    passages, before = read_prose(text)

    starts = [each.start for each in passages]
    assert sorted(set(starts)) == starts
    assert before == (text[: starts[0]] if starts else text)
    for each in passages:
        assert text.startswith(each.address.partition("@")[0], each.start)
