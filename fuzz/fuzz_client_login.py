"""Fuzz what a server says to the client that logs in, and the log-ins of a table.

The first octet of an input says which mechanisms are offered, and how; the lines behind it
are replies, one each time that the client listens.

Invariant.
- The exchange ends with the name of a mechanism that was offered, or with `Trouble`, or
  waits for a reply that does not come.
- The password is in nothing that is shown or told, and without TLS in nothing that is said
  if the policy forbids it; each command is one line.
- A server that does not know the password is not believed by SCRAM.
"""

from __future__ import annotations

import base64
from collections import deque
from typing import TYPE_CHECKING

from dsnlib.adapters.client.dialogue import Hear, Lost, Say
from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.logins import parse_login
from dsnlib.adapters.client.reply_reader import ReplyReader
from dsnlib.adapters.client.sasl.auth import auth, rank_mechanisms
from dsnlib.adapters.client.sasl.policy import SaslPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.errors import InvalidValue
from fuzz.alphabet import expand, text_of

if TYPE_CHECKING:
    from dsnlib.adapters.client.dialogue import Answer

__all__ = ["LOGIN_SERVER", "READS", "check"]

READS = (
    "dsnlib.adapters.client.sasl",
    "dsnlib.adapters.client.trouble",
)

_PASSWORD = "nobody guesses this"  # noqa: S105  a fixed one, so that an input does the same each time
_LOGIN = Login(user="ann", password=_PASSWORD)
_TOKEN = Login(user="ann", password=_PASSWORD, is_token=True)
_MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2")
_IS_TLS, _IS_TOKEN = 0x20, 0x40

LOGIN_SERVER = (
    b"\n", b"334 ", b"334 VXNlcm5hbWU6\n", b"334 UGFzc3dvcmQ6\n", b"334 \n", b"334 =\n",
    b"334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2U+\n", b"235 2.7.0 Fine\n", b"535 5.7.8 No\n",
    b"454 4.7.0 Later\n", b"504 5.5.4 What\n", b"334-x\n334 y\n", b"334 !!\n", b"421 4.3.2 Bye\n",
    base64.b64encode(b"r=fyko+d2lbbFgONRv9qkxdawL,s=QSXCR+Q6sek8bf92,i=4096"), b"334 cj0=",
    base64.b64encode(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), base64.b64encode(b"e=other-error"),
    base64.b64encode(b'{"status":"401"}'), b"r=", b",s=", b",i=", b"9" * 20, b"=", b"\xff", b"\0",
    b"nobody guesses this", b"bm9ib2R5IGd1ZXNzZXMgdGhpcw==", b"ann", b":", b"x" * 300, b"\r",
)  # fmt: skip


def check(data: bytes) -> None:
    """Take one input as what a server says to each mechanism, and assert the invariant."""
    octets = expand(data, LOGIN_SERVER)
    mode = octets[0] if octets else 0
    replies = _scripted(octets[1:])
    login = _TOKEN if mode & _IS_TOKEN else _LOGIN
    is_tls = bool(mode & _IS_TLS)
    offered = [name for bit, name in enumerate(_MECHANISMS) if mode & 1 << bit] or [*_MECHANISMS]
    for policy in (SaslPolicy(), SaslPolicy(options=[], is_soft=False)):
        said, shown, ended = _hold(replies, login, offered, policy, is_tls=is_tls)
        assert isinstance(ended, Trouble | None) or ended in offered
        assert ended != "SCRAM-SHA-256"
        told = str(ended.replies) if isinstance(ended, Trouble) else ""
        assert _PASSWORD not in told
        assert _PASSWORD not in shown
        fitting = rank_mechanisms(login, offered, is_tls=is_tls, policy=policy)
        if not {"PLAIN", "LOGIN", "XOAUTH2"} & {*fitting}:
            assert _PASSWORD.encode() not in b"".join(map(_decoded, said))
    try:
        parse_login(text_of(octets))
    except InvalidValue as error:
        assert _PASSWORD not in str(error)


def _scripted(octets: bytes) -> list[bytes]:
    return [line + b"\r\n" for line in octets.split(b"\n") if line]


def _hold(
    replies: list[bytes], login: Login, offered: list[str], policy: SaslPolicy, *, is_tls: bool
) -> tuple[list[bytes], str, str | Trouble | None]:
    """Return what was said, what of it was shown, and the end; `None` if the replies ended."""
    dialogue = auth(login, offered, is_tls=is_tls, policy=policy, seconds=1)
    waiting, reader = deque(replies), ReplyReader()
    said: list[bytes] = []
    shown = ""
    answer: Answer | None = None
    while True:
        try:
            step = dialogue.send(answer)
        except StopIteration as stop:
            return said, shown, str(stop.value)
        except Trouble as trouble:
            return said, shown, trouble
        answer = None
        if isinstance(step, Say):
            assert isinstance(step.octets, bytes)
            assert step.octets.endswith(b"\r\n")
            assert step.octets.count(b"\n") == step.octets.count(b"\r") == 1
            said.append(step.octets)
            shown += step.octets.decode() if step.shown is None else step.shown
            continue
        assert isinstance(step, Hear)
        try:
            while (answer := reader.take()) is None:
                if not waiting:
                    return said, shown, None
                reader.feed(waiting.popleft())
        except Lost:  # a line that is too long: the connection is closed
            return said, shown, None


def _decoded(line: bytes) -> bytes:
    word = line.rstrip(b"\r\n").rpartition(b" ")[2]
    try:
        return base64.b64decode(word, validate=True)
    except ValueError:
        return line
