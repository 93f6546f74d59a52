"""A return path names the recipient, reversibly, and in the keyed form beyond forgery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dsnlib.bounces.links.verp import (
    DELIMITERS,
    decode_verp,
    encode_keyed_verp,
    encode_verp,
    has_keyed_form,
    read_keyed_verp,
)
from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.address import Mailbox
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters
from dsnlib.policy.verp import split_for_verp
from tests.strategies import mailboxes

if TYPE_CHECKING:
    from dsnlib.bounces.links.signed_token import Token

SENDER = "list-bounces@lists.example"
KEY = b"a key of sixteen"

# Whatever has no controls and is UTF-8: an address of another system, or nothing.
RECIPIENTS = st.one_of(
    mailboxes().map(str).filter(lambda address: address.isascii() or address.isprintable()),
    st.text(
        st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from('+-=@!%.[]"\\ '),
        min_size=1,
    ),
)  # fmt: skip


@given(RECIPIENTS, st.sampled_from(DELIMITERS))
def test_round_trip(recipient: str, delimiter: str) -> None:
    """Whatever the recipient is, it comes back; the local part is a dot-string."""
    path = encode_verp(SENDER, recipient, delimiter=delimiter)

    assert recipient == decode_verp(path, sender=SENDER)
    assert path.isascii()
    assert '"' not in path
    assert ".." not in path
    assert "@lists.example" == path[path.index("@") :]


@given(RECIPIENTS)
def test_folded(recipient: str) -> None:
    """With the case of letters lost, the recipient comes back but for the case."""
    assume(recipient.isascii())
    path = encode_verp(SENDER, recipient)

    for folded in (path.lower(), path.upper()):
        decoded = decode_verp(folded, sender=SENDER)
        assert decoded is not None
        assert recipient.lower() == decoded.lower()


@given(st.text())
def test_any_text(text: str) -> None:
    """No text raises, and none has a control character for a recipient's."""
    for address in (text, f"list-bounces+{text}@lists.example", f"l+{text}=a.example@b"):
        for decoded in (decode_verp(address), decode_verp(address, sender=SENDER)):
            assert decoded is None or "\n" not in decoded
        assert read_keyed_verp(address, sender=SENDER, keys=[KEY]) is None


@pytest.mark.parametrize(
    ("recipient", "path"),
    [
        ("bob@example.org", "list-bounces+bob=example.org@lists.example"),
        ("Bob.X@example.org", "list-bounces+Bob.X=example.org@lists.example"),
        ("bob+a@example.org", "list-bounces+bob=2Ba=example.org@lists.example"),
        ("a=b@21cn.example", "list-bounces+a=3Db=21cn.example@lists.example"),
        ("a!b%c@example.org", "list-bounces+a=21b=25c=example.org@lists.example"),
        ("δ@example.org", "list-bounces+=CE=B4=example.org@lists.example"),
        ("bob@[192.0.2.1]", "list-bounces+bob=40=5B192.0.2.1=5D=@lists.example"),
        ("postmaster", "list-bounces+postmaster=@lists.example"),
        ("a..b@example.org", "list-bounces+a.=2Eb=example.org@lists.example"),
    ],
)
def test_form(recipient: str, path: str) -> None:
    """Usual addresses look as they do everywhere; the others are escaped."""
    assert path == encode_verp(SENDER, recipient)


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        ("list-bounces+bob=example.org@lists.example", "bob@example.org"),
        ("list-bounces-bob=example.org@lists.example", "bob@example.org"),
        ("list-bounces=bob=example.org@LISTS.Example", "bob@example.org"),
        ("LIST-Bounces+bob+news=example.org@lists.example", "bob+news@example.org"),
        ("list-bounces+bob=ab=example.org@lists.example", "bob=ab@example.org"),
        ('"list-bounces+a b=example.org"@lists.example', "a b@example.org"),
        ("list-bounces+bob=0Ax=example.org@lists.example", "bob=0Ax@example.org"),
        ("list-bounces+bob@lists.example", None),
        ("list-bounces+=example.org@lists.example", None),
        ("list-bounces@lists.example", None),
        ("list-bounces.bob=example.org@lists.example", None),
        ("list-bounces+bob=example.org@other.example", None),
        ("other-bounces+bob=example.org@lists.example", None),
        ("list-bounces+bob=exa\x01mple.org@lists.example", None),
        ("list-bounces+bob=example.org", None),
    ],
)
def test_sender_is_known(address: str, recipient: str | None) -> None:
    """Others write no escapes, gateways change delimiters and case; the rest is not ours."""
    assert recipient == decode_verp(address, sender=SENDER)


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        ("list-bounces+bob=example.org@lists.example", "bob@example.org"),
        ("list-return-123-bob=example.org@lists.example", "bob@example.org"),
        ("bounces+1234-0f1e-bob=example.org@em.example", "bob@example.org"),
        ("ann+caf_=bob=example.org@example.com", "bob@example.org"),
        ("list-bounces-bob=example.org@lists.example", None),
        ("list+topic=fishing@lists.example", None),
        ("list+bob@lists.example", None),
        ("bob@example.org", None),
        ("", None),
    ],
)
def test_sender_is_not_known(address: str, recipient: str | None) -> None:
    """Only what can hardly be anything else is read."""
    assert recipient == decode_verp(address)


@pytest.mark.parametrize(
    ("recipient", "delimiters"),
    [
        ("bob@example.net", "+="),
        ("bob+a@example.net", "+="),
        ("bob@example.net", "-="),
        ('"a b"@example.net', "+="),
    ],
)
def test_what_xverp_has_written(recipient: str, delimiters: str) -> None:
    """Return paths that the sending side makes for XVERP are read."""
    post = Envelope(
        sender="list@example.org",
        mail=parse_mail_parameters("XVERP"),
        recipients=(Recipient(recipient),),
    )
    (part,) = split_for_verp(post, delimiters=delimiters)
    local_part, domain = recipient.strip('"').replace('"', "").rsplit("@", 1)

    assert f"{local_part}@{domain}" == decode_verp(part.sender, sender="list@example.org")


@pytest.mark.parametrize("recipient", ["", "a\nb@example.org", "a\udcff@example.org"])
def test_recipient_that_cannot_be_written(recipient: str) -> None:
    """Controls and octets that are no UTF-8 do not get into a return path."""
    with pytest.raises(InvalidAddress):
        encode_verp(SENDER, recipient)


@pytest.mark.parametrize("sender", ["", "list", "@example.org", "list@", "li\nst@example.org"])
def test_sender_without_a_domain(sender: str) -> None:
    """The null return path and what has no domain cannot be extended."""
    with pytest.raises(InvalidAddress, match=r"^sender: "):
        encode_verp(sender, "bob@example.org")


@pytest.mark.parametrize("delimiter", ["", ".", "+-", "=="])
def test_delimiter(delimiter: str) -> None:
    """A delimiter is one of three characters."""
    with pytest.raises(InvalidValue, match=r"^delimiter: "):
        encode_verp(SENDER, "bob@example.org", delimiter=delimiter)


# ------------------------------------------------------------------ keyed


@given(st.one_of(st.binary(min_size=1, max_size=16), st.text(min_size=1, max_size=4)))
def test_keyed_round_trip(token: Token) -> None:
    """A token comes back in whatever case, and the address is one."""
    path = encode_keyed_verp(SENDER, token, key=KEY)

    assert str(Mailbox.parse(path)) == path
    for address in (path, path.upper(), path.replace("+", "-")):
        assert has_keyed_form(address, sender=SENDER)
        assert token == read_keyed_verp(address, sender=SENDER, keys=[KEY])


def test_keyed_is_of_one_sender() -> None:
    """A token that was signed for a list is none of another list."""
    path = encode_keyed_verp(SENDER, "4711", key=KEY)
    moved = path.replace("list-", "news-")

    assert has_keyed_form(moved, sender="news-bounces@lists.example")
    assert read_keyed_verp(moved, sender="news-bounces@lists.example", keys=[KEY]) is None
    assert read_keyed_verp(path, sender="news-bounces@lists.example", keys=[KEY]) is None
    assert not has_keyed_form(path, sender="news-bounces@lists.example")


def test_keyed_is_not_forged() -> None:
    """Another token under the same signature is not ours."""
    bob = encode_keyed_verp(SENDER, "4711", key=KEY)
    eve = encode_keyed_verp(SENDER, "4712", key=b"a guess of hers ..")

    assert "4711" == read_keyed_verp(bob, sender=SENDER, keys=[KEY])
    assert read_keyed_verp(eve, sender=SENDER, keys=[KEY]) is None


def test_keyed_and_plain_are_apart() -> None:
    """A keyed return path has no recipient in it, a plain one no token."""
    keyed = encode_keyed_verp(SENDER, "4711", key=KEY)
    plain = encode_verp(SENDER, "bob@example.org")

    assert decode_verp(keyed, sender=SENDER) is None
    assert not has_keyed_form(plain, sender=SENDER)
