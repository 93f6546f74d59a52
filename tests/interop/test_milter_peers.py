"""Mail filters of other people: purepythonmilter, and OpenDKIM on libmilter.

OpenDKIM's signature covers fields and body octet for octet: that it holds for what
comes out shows that the filter was shown what is in the message.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from dsnlib.adapters.content import Content
from dsnlib.adapters.milter import Milter, MilterChain, MilterVerdict
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.replies.session import Client
from tests.interop.peers.opendkim import OpenDkim, opendkim_running
from tests.interop.peers.running import free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CLIENT = Client(address="127.0.0.1", hostname="localhost")
MESSAGE = Content(
    prefix=b"Received: by mx.example.org; Sun, 22 Nov 2026 10:00:00 +0000\r\n",
    body=(
        b"From: Ann <ann@example.org>\r\n"
        b"To: bob@example.com\r\n"
        b"Subject: a\r\n\tfolded  subject \xc3\xa4\r\n"
        b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
        b"Message-ID: <1@example.org>\r\n"
        b"\r\n"
        b".Hello \r\n\r\n  World\r\n\r\n"
    ),
)


@pytest.fixture(scope="module")
def pure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Milter]:
    """A filter on purepythonmilter."""
    port = free_port()

    def listens() -> bool:
        with socket.socket() as connection:
            return not connection.connect_ex(("127.0.0.1", port))

    command = [sys.executable, "-m", "tests.interop.pure_filter", str(port)]
    log = tmp_path_factory.mktemp("pure") / "log"
    with running(command, is_up=listens, log=log, directory=ROOT):
        yield Milter(where=f"inet:127.0.0.1:{port}", name="pure", command_seconds=5)


@pytest.fixture(scope="module")
def dkim() -> Iterator[OpenDkim]:
    """OpenDKIM, which signs what comes from example.org."""
    with opendkim_running(settings="Canonicalization simple/simple") as filter_:
        yield filter_


async def send(
    milter: Milter, content: Content = MESSAGE, *recipients: str, helo: str = "client.example"
) -> list[MilterVerdict]:
    """Send a message, and return what is said to each recipient and at the end."""
    chain = MilterChain([milter], macros={"i": "QID", "j": "mx.example.org", "v": "dsnlib"})
    try:
        verdicts = [await chain.connect(CLIENT, port=2525), await chain.helo(helo)]
        if verdicts[-1].is_refused:
            return verdicts[1:]
        await chain.mail("ann@example.org", ["RET=FULL", "ENVID=QQ1", "BODY=8BITMIME"])
        verdicts = [await chain.rcpt(each, ["NOTIFY=DELAY"]) for each in recipients]
        await chain.data()
        return [*verdicts, await chain.content(content)]
    finally:
        await chain.quit()


def test_replies(pure: Milter) -> None:
    """A filter's reply has its code, its status and its text."""
    found = asyncio.run(
        send(pure, MESSAGE, "nobody@example.org", "full@example.org", "plain@example.org")
    )

    assert [
        "550 5.1.1 100% unknown",
        "452 4.2.2 full",
        "550 5.7.1 A mail filter refuses this",
        "None",
    ] == [str(each.reply) for each in found]


def test_refused_client(pure: Milter) -> None:
    """A client is refused by its name."""
    found = asyncio.run(send(pure, helo="rude.example"))

    assert ["550 5.7.1"] == [str(each.reply)[:9] for each in found]


@pytest.mark.parametrize(("recipient", "is_discarded"), [("drop@x", True), ("enough@x", False)])
def test_discard_and_accept(pure: Milter, recipient: str, is_discarded: bool) -> None:  # noqa: FBT001  a column
    """A message is discarded, or passed by the filter, from a recipient on."""
    *_, end = asyncio.run(send(pure, MESSAGE, recipient))

    assert is_discarded is end.is_discarded
    assert is_discarded is (end.edits is None)


def test_everything_changed(pure: Milter) -> None:
    """Header, body, sender and recipients are changed by one filter at once."""
    body = b"Subject: old\r\nX-Gone: 1\r\nChange: yes\r\n\r\n" + b"x" * 200_000
    *_, end = asyncio.run(send(pure, Content(body=body, prefix=b"P: 1\r\n"), "bob@example.org"))

    assert end.edits is not None
    head, _, text = end.edits.content.read().partition(b"\r\n\r\n")
    assert head.startswith(b"P: 1\r\nX-First: 1\r\nSubject: changed\r\nChange: yes\r\nX-Seen: ")
    assert head.endswith(b"\r\nX-Seen: body=65535\r\nX-Folded: a\r\n\tb")
    assert b"'RET': 'FULL', 'ENVID': 'QQ1', 'BODY': '8BITMIME'" in head
    assert b"'i': 'QID'" in head
    assert b"'NOTIFY': 'DELAY'" in head
    assert b"new\r\nbody\r\n" == text
    envelope = end.edits.apply(
        Envelope(sender="ann@example.org", recipients=[Recipient("bob@example.org")])
    )
    assert envelope is not None
    assert ("new@example.net", "RET=HDRS") == (envelope.sender, str(envelope.mail))
    assert [("fay@example.org", ""), ("gil@example.org", "NOTIFY=NEVER")] == [
        (each.address, str(each.params)) for each in envelope.recipients
    ]


def test_signed_message(dkim: OpenDkim) -> None:
    """A signature stands behind our trace field, and holds for what is in the message."""
    milter = Milter(where=f"inet:127.0.0.1:{dkim.port}", name="dkim")
    *_, end = asyncio.run(send(milter, MESSAGE, "bob@example.com"))

    assert end.edits is not None
    signed = end.edits.content.read()
    assert signed.endswith(MESSAGE.body)
    added = signed.removeprefix(MESSAGE.prefix).removesuffix(MESSAGE.body)
    assert b"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=example.org; s=test;" in added
    check_signature(added[added.index(b"DKIM-Signature:") :], MESSAGE.body, dkim.root / "key")


def test_large_signed_message(dkim: OpenDkim, tmp_path: Path) -> None:
    """A message in a file, shown in many pieces, is signed as a whole."""
    milter = Milter(where=f"inet:127.0.0.1:{dkim.port}", name="dkim")
    data = MESSAGE.body + b"0123456789abcdef\r\n" * 100_000
    path = tmp_path / "message"
    path.write_bytes(data)
    *_, end = asyncio.run(send(milter, Content(path=path, octets=len(data)), "bob@example.com"))

    assert end.edits is not None
    assert end.edits.content.path is not None
    added = end.edits.content.read().removesuffix(data)
    check_signature(added[added.index(b"DKIM-Signature:") :], data, dkim.root / "key")


def test_message_of_another_domain(dkim: OpenDkim) -> None:
    """What the filter has nothing to do with comes out as the same content."""
    milter = Milter(where=f"inet:127.0.0.1:{dkim.port}", name="dkim")
    content = Content(body=MESSAGE.body.replace(b"@example.org", b"@example.net"))
    *_, end = asyncio.run(send(milter, content, "bob@example.com"))

    assert end.edits is not None
    assert b"DKIM-Signature" not in end.edits.content.read()
    assert end.edits.content.read().endswith(content.body)


def check_signature(field: bytes, message: bytes, key_file: Path) -> None:
    """Raise unless a signature holds, by "simple" canonicalization (RFC 6376 s3.4, s3.7)."""
    tags = dict(
        re.sub(rb"\s", b"", each).split(b"=", 1)
        for each in field.partition(b":")[2].split(b";")
        if b"=" in each
    )
    head, _, body = message.partition(b"\r\n\r\n")
    body = re.sub(rb"(\r\n)*\Z", b"\r\n", body, count=1)
    assert tags[b"bh"] == base64.b64encode(hashlib.sha256(body).digest())

    fields = {
        each.partition(b":")[0].lower(): each
        for each in re.findall(rb"[^\r\n]+(?:\r\n[ \t][^\r\n]*)*\r\n", head + b"\r\n")
    }
    signed = b"".join([fields.get(name.lower(), b"") for name in tags[b"h"].split(b":")])
    bare = re.sub(rb"(;\s*b=)[^;]*", rb"\1", field).rstrip(b"\r\n")
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    key.public_key().verify(
        base64.b64decode(tags[b"b"]), signed + bare, padding.PKCS1v15(), hashes.SHA256()
    )
