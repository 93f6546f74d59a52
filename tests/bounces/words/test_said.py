"""Who is meant by which words and codes, and where each recipient stands."""

from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.words.codes import list_codes
from dsnlib.bounces.words.explanation import read_explanation
from dsnlib.bounces.words.prose import Passage, read_prose
from dsnlib.bounces.words.said import Said, find_places, share_text

HEADER = b"From: MAILER-DAEMON@mx.example.com\n\n"


def share(text: str, passages: list[Passage] | None = None) -> list[Said]:
    """Return what a text says of whom it is about."""
    found = read_prose(text, own=frozenset(), named=())[0] if passages is None else passages
    return share_text(list_codes(text), found, text, text.lower())


def test_codes_before_all() -> None:
    """They are about each recipient that has none of its own."""
    first, second = share("550 5.1.1 unknown\n\nbob@example.org\neve@example.net: 452 full\n")

    assert (550, 452) == (first.codes.reply_code, second.codes.reply_code)


def test_words_before_on_the_line() -> None:
    """A label is about the recipient behind it; a line that is long, or an address, is none."""
    (labelled,) = share("Unknown user: bob@example.org\n")
    (far,) = share("x " * 60 + "<bob@example.org>\n")
    (inner,) = share("", [Passage("bob@example.org", "bob@example.org", 3, 3)])

    assert labelled.text.startswith("Unknown user: bob@")
    assert far.text.startswith("bob@")
    assert "bob@example.org" == inner.text
    text = "to ann@example.org: bob@example.org\n"
    (other,) = share(text, [Passage("bob@example.org", "bob@example.org\n", 20, 3)])
    assert other.text.startswith("bob@")


def test_many_recipients() -> None:
    """Of very many each has what stands behind it: their names are not looked for again."""
    text = "".join([f"u{number}@example.org: 550 no\n" for number in range(60)])
    said = share(f"{text}\n<u1@example.org> 452 later\n")

    assert 550 == said[1].codes.reply_code


def test_places() -> None:
    """A recipient has a place in text that is as it came."""
    mail = HEADER + b"Sorry.\nbob@example.org\n"
    explanation = read_explanation(mail)
    passages, _ = read_prose(explanation.text, own=frozenset(), named=())
    encoded = read_explanation(b"Content-Transfer-Encoding: base64\n\nYm9iQGV4YW1wbGUub3Jn\n")

    ((start, end),) = [each for each in find_places(explanation, passages, mail) if each]
    assert b"bob@example.org" == mail[start:end]
    assert [None] == find_places(encoded, [Passage("bob@example.org", "", 0, 3)], b"")


@given(st.text(alphabet="b@.x5 01:\n<>é", max_size=80), st.booleans())
def test_any_text(text: str, crlf: bool) -> None:  # noqa: FBT001  hypothesis gives it
    """Each recipient has an answer, and a place is always that of the address."""
    mail = HEADER + text.encode()
    explanation = read_explanation(mail)
    passages, _ = read_prose(explanation.text, own=frozenset(), named=())
    came = mail.replace(b"\n", b"\r\n") if crlf else mail

    assert len(passages) == len(share(explanation.text, passages))
    for passage, place in zip(passages, find_places(explanation, passages, came), strict=True):
        assert place is None or passage.address.encode() == came[slice(*place)]
