"""A return path for each recipient."""

from __future__ import annotations

import pytest

from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters
from dsnlib.policy.verp import split_for_verp


def envelope(
    sender: str = "list@example.org",
    parameters: str = "XVERP",
    recipients: tuple[Recipient, ...] = (Recipient("bob@example.net"),),
) -> Envelope:
    """A post to a list."""
    return Envelope(sender=sender, mail=parse_mail_parameters(parameters), recipients=recipients)


def test_each_recipient_has_a_return_path() -> None:
    """The recipient stands in the local part, `=` for its `@`; the order is kept."""
    bob, eve = Recipient("bob@example.net"), Recipient("Eve.X@example.com")

    parts = split_for_verp(envelope(recipients=(bob, eve)))

    assert [
        ("list+bob=example.net@example.org", (bob,)),
        ("list+Eve.X=example.com@example.org", (eve,)),
    ] == [(part.sender, part.recipients) for part in parts]


def test_other_parameters_stay() -> None:
    """XVERP is between two neighbours and goes no further; what else was asked stays."""
    parts = split_for_verp(envelope(parameters="RET=HDRS ENVID=q SIZE=1 xverp BODY=7BIT"))

    assert ["RET=HDRS ENVID=q SIZE=1 BODY=7BIT"] == [str(part.mail) for part in parts]


@pytest.mark.parametrize(
    ("parameter", "usual", "sender"),
    [
        ("XVERP", "+=", "list+bob=example.net@example.org"),
        ("XVERP", "=-", "list=bob-example.net@example.org"),
        ("XVERP=-+", "+=", "list-bob+example.net@example.org"),
    ],
    ids=["usual", "the site's", "the client's"],
)
def test_delimiters(parameter: str, usual: str, sender: str) -> None:
    """A client may say which two characters stand around the recipient, and so may a site."""
    parts = split_for_verp(envelope(parameters=parameter), delimiters=usual)

    assert [sender] == [part.sender for part in parts]


def test_site_delimiters_that_are_none() -> None:
    """What a site sets wrongly changes nothing."""
    post = envelope()

    assert (post,) == split_for_verp(post, delimiters="!%")


@pytest.mark.parametrize(
    ("sender", "parameters"),
    [
        ("list@example.org", ""),
        ("list@example.org", "BODY=7BIT"),
        ("", "XVERP"),
        ("list", "XVERP"),
        ('"a@b"', "XVERP"),
        ("list@example.org", "XVERP=+"),
        ("list@example.org", "XVERP=ab"),
        ("list@example.org", "XVERP=+-+"),
    ],
    ids=[
        "not asked",
        "something else",
        "null path",
        "no domain",
        "quotes without a domain",
        "one delimiter",
        "letters",
        "three delimiters",
    ],
)
def test_left_alone(sender: str, parameters: str) -> None:
    """Without a domain, without two delimiters or unasked an envelope stays what it is."""
    post = envelope(sender, parameters)

    assert (post,) == split_for_verp(post)


@pytest.mark.parametrize(
    ("sender", "recipient", "expected"),
    [
        ('"my list"@example.org', "bob@example.net", '"my list+bob=example.net"@example.org'),
        ('"my@list"@example.org', "bob@example.net", '"my@list+bob=example.net"@example.org'),
        ("list@example.org", '""@example.net', "list+=example.net@example.org"),
        ("list@example.org", '"@"', '"list+@"@example.org'),
        ("list@example.org", '"a@b"', '"list+a@b"@example.org'),
        ("list@example.org", '"a..b"@example.net', '"list+a..b=example.net"@example.org'),
        ("list@example.org", '"a b"@example.net', '"list+a b=example.net"@example.org'),
        ("list@example.org", r'"a\"\\b"@x.example', r'"list+a\"\\b=x.example"@example.org'),
        ("list@example.org", '"bob"@example.net', "list+bob=example.net@example.org"),
        ("list@example.org", "postmaster", "list+postmaster@example.org"),
        ("list@example.org", "bob@[192.0.2.1]", '"list+bob=[192.0.2.1]"@example.org'),
        ("list@example.org", "bob.@example.net", "list+bob.=example.net@example.org"),
        ("list@example.org", '"@b.c"@example.net', '"list+@b.c=example.net"@example.org'),
        ("list@example.org", "δ@example.net", "list+δ=example.net@example.org"),
    ],
    ids=[
        "quoted sender", "at sign of a sender", "empty quotes", "an at sign alone",
        "quotes without a domain", "two dots",
        "quoted recipient", "escapes", "needless quotes", "no domain",
        "literal", "dot at the end", "at sign", "beyond US-ASCII",
    ],
)  # fmt: skip
def test_quotes(sender: str, recipient: str, expected: str) -> None:
    """The local part that results is in quotes if it has to be, and only then."""
    post = envelope(sender, recipients=(Recipient(recipient),))

    assert [expected] == [part.sender for part in split_for_verp(post)]


@pytest.mark.parametrize("special", "(),:;<>@[]")
def test_specials(special: str) -> None:
    """Each character that no atom has keeps the quotes it came with."""
    post = envelope(recipients=(Recipient(f'"a{special}b"@example.net'),))

    assert [f'"list+a{special}b=example.net"@example.org'] == [
        part.sender for part in split_for_verp(post)
    ]


@pytest.mark.parametrize("character", ['"', "\\"])
def test_escaped(character: str) -> None:
    """A quote and a backslash stay escaped, each where it is the only special."""
    post = envelope(recipients=(Recipient(rf'"a\{character}b"@example.net'),))

    assert [rf'"list+a\{character}b=example.net"@example.org'] == [
        part.sender for part in split_for_verp(post)
    ]


def test_alias() -> None:
    """Where an alias leads the return path names the address that the list wrote to."""
    member = Recipient("bob@inside.example", expanded_from="bob@example.net")

    assert ["list+bob=example.net@example.org"] == [
        part.sender for part in split_for_verp(envelope(recipients=(member,)))
    ]
