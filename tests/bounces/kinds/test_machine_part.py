"""The fields for machines are found by the type of their part."""

import pytest

from dsnlib.bounces.kinds.machine_part import Field, MachinePart, read_machine_part

TYPES = frozenset({"message/feedback-report"})
FIELDS = b"A-Name: one\n two\n  \nno field\n: none\nB: \x01x\n"


def multipart(*parts: bytes, media_type: bytes = b"multipart/report") -> bytes:
    """Return a multipart of these parts."""
    body = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return b"Content-Type: " + media_type + b"; boundary=b\n\n" + body + b"--b--\n"


MACHINE = b"Content-Type: message/feedback-report\n\n" + FIELDS
RETURNED = b"Content-Type: message/rfc822\n\nMessage-ID:\n <x@y>\nTo: a\n\nBody: no\n"


def test_fields() -> None:
    """Fields are unfolded, with lower-case names and where they begin."""
    data = multipart(b"\nhello", MACHINE, RETURNED)
    found = read_machine_part(data, TYPES)

    assert found is not None
    assert ("message/feedback-report", 3) == (found.media_type, found.part_count)
    assert (
        Field("a-name", "one two", data.index(b"A-Name")),
        Field("b", "\ufffdx", data.index(b"B: ")),
    ) == found.fields
    assert (Field("message-id", "<x@y>"), Field("to", "a")) == found.returned
    assert ["one two"] == found.values("a-name")


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        (b"base64", b"TWVzc2FnZS1JRDogPHhAeT4KCmJvZHk="),
        (b"quoted-printable", b"Message-ID: <x=40y>\n\nbody"),
        (b"7bit", b"Message-ID: <x@y>\r\n\r\nbody"),
        (b"8bit", b"Message-ID: <x@y>"),
    ],
)
def test_encoded_return(encoding: bytes, content: bytes) -> None:
    """A returned message may be encoded, though it must not be."""
    part = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: " + encoding + b"\n\n"
    found = read_machine_part(multipart(part + content), TYPES)

    assert found == MachinePart("", (), (Field("message-id", "<x@y>"),), 1)


def test_places_in_an_encoded_part() -> None:
    """A field of an encoded part has no place in the mail."""
    part = b"Content-Type: message/feedback-report\nContent-Transfer-Encoding: base64\n\nQTogYgo="
    found = read_machine_part(multipart(part), TYPES)

    assert found is not None
    assert (Field("a", "b", None),) == found.fields


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Subject: x\n\ntext",
        multipart(b"\ntext"),
        b"Content-Type: multipart/report\n\ntext",
        b"Content-Type: multipart/report; boundary=b\n\n--b",
        b"X: " + b"y" * (1 << 20) + b"\n",
    ],
)
def test_nothing(data: bytes) -> None:
    """Other mail has neither; a header without end is none."""
    assert read_machine_part(data, TYPES) is None


def test_the_message_itself() -> None:
    """The whole message may be the part."""
    found = read_machine_part(MACHINE, TYPES)

    assert found is not None
    assert 2 == len(found.fields)


def test_wrapped() -> None:
    """A list may wrap the report; deeper than so far nobody looks."""
    inner = multipart(MACHINE)
    found = read_machine_part(multipart(inner.replace(b"=b", b"=c").replace(b"--b", b"--c")), TYPES)

    assert found is not None
    assert "message/feedback-report" == found.media_type
    deep = MACHINE
    for level in range(8):
        name = b"d%d" % level
        deep = b"Content-Type: multipart/mixed; boundary=%b\n\n--%b\n%b" % (name, name, deep)
    assert read_machine_part(deep, TYPES) is None


def test_the_first_counts() -> None:
    """Of two such parts the first counts, and so of two returned messages."""
    other = b"Content-Type: message/rfc822\n\nSubject: other\n"
    found = read_machine_part(multipart(MACHINE, MACHINE, RETURNED, other), TYPES)

    assert found is not None
    assert ("message-id", "to") == tuple(field.name for field in found.returned)


def test_too_many_parts() -> None:
    """There is a bound to the parts that are looked at."""
    data = multipart(*[b"\nx"] * 10_001, MACHINE)

    assert read_machine_part(data, TYPES) is None
