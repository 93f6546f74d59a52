"""A letter goes to a server over SMTP, by a socket that blocks (RFC 5321, RFC 3461).

    greeting, EHLO -> MAIL, RCPT ... -> DATA, the letter -> QUIT

The server is a neighbour that is trusted, by the loopback interface or a UNIX socket:
it queues, tries again and tells the sender.  So there is no TLS here and no login; for
a server further away there is `dsnlib send`.

Rules.
- Every recipient has one fate: the first reply that refuses decides, or that after the
  letter.
- A recipient who is one too many for a transaction goes into the next one (RFC 5321
  s4.5.3.1.10).
- Nothing is sent twice: where no answer comes after the letter, that is what is told.
"""

from __future__ import annotations

import os
import re
import socket
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.replies import Connection, Lost, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dsnlib.adapters.submission.letter import Letter
    from dsnlib.adapters.submission.request import Request

__all__ = ["Fate", "Relay", "connect", "hand_over", "verify"]

_CONNECT_SECONDS = 30.0
_REPLY_SECONDS = 300.0
_END_SECONDS = 600.0
_QUIT_SECONDS = 1.0
# RFC 2920 s3.1: replies must not fill the way back while commands fill the way there.
_MOST_AT_ONCE = 50
_PIECE_OCTETS = 65_536
_PORT = 25
_LARGEST_PORT = 65_535
_NEXTHOP = re.compile(r"(?:inet:)?(?:\[([^\[\]\s]+)\]|([^\s\[\]:,]+))(?::([0-9]{1,5}))?")
_SUCCESS, _INTERMEDIATE, _TRANSIENT = 2, 3, 4
# The address itself is refused: RFC 3463 s3.2; or a code that is said of one, bare.
_ADDRESS_STATUS = "5.1."
_ADDRESS_CODES = frozenset({550, 551, 553})
_TOO_MANY_CODES = frozenset({452, 552})
_TOO_MANY_STATUSES = frozenset({"", "4.5.3", "5.5.3"})
_UTF8_ADDRESS = Reply(553, ("5.6.7 The address needs SMTPUTF8, and the server has none",))
_NO_REQUIRETLS = Reply(550, ("5.7.30 REQUIRETLS is asked for, and the server has none",))


class Fate(NamedTuple):
    """What became of a recipient.

    Args:
        recipient: The address.
        code: Of `sysexits.h`; 0 if the server has taken it.
        text: What the server said, or we of it.
    """

    recipient: str
    code: int
    text: str


def connect(nexthop: str) -> socket.socket:
    """Return a connection to a server.

    Args:
        nexthop: `[host]:port`, `host:port` or `unix:/path`; no MX is looked up.

    Raises:
        SubmissionFault: It is none of these.
        OSError: There is no connection.
    """
    if nexthop.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(_CONNECT_SECONDS)
            sock.connect(nexthop.removeprefix("unix:"))
        except BaseException:
            sock.close()
            raise
        return sock
    found = _NEXTHOP.fullmatch(nexthop)
    port = _PORT if found is None or found[3] is None else int(found[3])
    if found is None or not 0 < port <= _LARGEST_PORT:
        text = f"relay {nexthop!r} is not such as [127.0.0.1]:25, mail:587 or unix:/run/mail"
        raise SubmissionFault(os.EX_CONFIG, text)
    host = (found[1] or found[2]).removeprefix("IPv6:")
    # Octets need no IDNA, whose tables are slow to load.
    name = host.encode() if host.isascii() else host
    sock = socket.create_connection((name, port), timeout=_CONNECT_SECONDS)  # type: ignore[arg-type]  # as `getaddrinfo` takes it
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def hand_over(
    nexthop: str,
    request: Request,
    letter: Letter,
    *,
    hello: str,
    show: Callable[[str, str], None] | None = None,
) -> tuple[list[Fate], bool]:
    """Give a letter to a server.

    Args:
        nexthop: As for `connect`.
        request: The envelope.
        letter: The letter.
        hello: What we call ourselves.
        show: Called with `C` or `S`, and what the client or server says.

    Returns:
        The fate of each recipient, in order, and whether the server announced DSN.

    Raises:
        SubmissionFault: `nexthop` is none, or the letter cannot be read any more.
    """
    return _with_relay(nexthop, request, hello, show, lambda relay: relay.send(request, letter))


def verify(
    nexthop: str,
    request: Request,
    *,
    hello: str,
    show: Callable[[str, str], None] | None = None,
) -> tuple[list[Fate], bool]:
    """Ask a server whether it would take recipients; nothing is sent to them.

    Args:
        nexthop: As for `connect`.
        request: The envelope.
        hello: What we call ourselves.
        show: As for `hand_over`.

    Returns:
        As `hand_over`.

    Raises:
        SubmissionFault: `nexthop` is none.
    """
    return _with_relay(nexthop, request, hello, show, lambda relay: relay.ask(request))


def _with_relay(
    nexthop: str,
    request: Request,
    hello: str,
    show: Callable[[str, str], None] | None,
    use: Callable[[Relay], list[Fate]],
) -> tuple[list[Fate], bool]:
    try:
        connection = Connection(connect(nexthop))
    except OSError as error:
        text = f"{nexthop} cannot be reached: {error.strerror or error}"
        return [Fate(each, os.EX_TEMPFAIL, text) for each in request.recipients], True
    relay = Relay(connection, show)
    try:
        refused = relay.greet(hello)
        if refused is not None:
            return _all(request.recipients, refused), True
        return use(relay), "DSN" in relay.keywords
    except Lost as error:
        return [Fate(each, os.EX_TEMPFAIL, str(error)) for each in request.recipients], True
    finally:
        connection.close()


class Relay:
    """A session with a server.

    Args:
        connection: Nothing was read from it yet.
        show: As for `hand_over`.

    Attributes:
        keywords: What it announced.
    """

    def __init__(
        self, connection: Connection, show: Callable[[str, str], None] | None = None
    ) -> None:
        self.keywords: frozenset[str] = frozenset()
        self._connection = connection
        self._show = show or (lambda _, __: None)

    def greet(self, hello: str) -> Reply | None:
        """Begin the session; return the reply that refuses it, if one does.

        Args:
            hello: What we call ourselves.

        Raises:
            Lost: It cannot begin.
        """
        greeting = self._receive()
        if greeting.kind != _SUCCESS:
            return greeting
        reply = self._command(f"EHLO {hello}")
        if reply.kind == _SUCCESS:
            words = (line.split() for line in reply.lines[1:])
            self.keywords = frozenset(each[0].upper() for each in words if each)
            return None
        reply = self._command(f"HELO {hello}")
        return None if reply.kind == _SUCCESS else reply

    def send(self, request: Request, letter: Letter) -> list[Fate]:
        """Send a letter, and return what became of each recipient.

        Raises:
            SubmissionFault: The letter cannot be read any more.
        """
        fates: dict[str, Fate] = {}
        waiting = self._sendable(request, fates)
        while waiting:
            try:
                waiting = self._transact(request, letter, waiting, fates)
            except Lost as error:
                left = [each for each in waiting if each not in fates]
                fates |= {each: Fate(each, os.EX_TEMPFAIL, str(error)) for each in left}
                break
        self._quit()
        return [fates[each] for each in request.recipients]

    def ask(self, request: Request) -> list[Fate]:
        """Ask whether it would take recipients.

        Raises:
            Lost: It did not answer.
        """
        fates: dict[str, Fate] = {}
        sendable = self._sendable(request, fates)
        mail, replies = self._envelope(request, sendable) if sendable else (None, [])
        for each, reply in zip(sendable, replies, strict=True):
            answer = reply if mail is None or mail.kind == _SUCCESS else mail
            fates[each] = _fate(each, answer)
        self._command("RSET")
        self._quit()
        return [fates[each] for each in request.recipients]

    def _sendable(self, request: Request, fates: dict[str, Fate]) -> list[str]:
        """Return who can be asked for; note the fate of the others."""
        refused: dict[str, Reply] = {}
        if request.requiretls and "REQUIRETLS" not in self.keywords:
            refused = dict.fromkeys(request.recipients, _NO_REQUIRETLS)
        elif "SMTPUTF8" not in self.keywords:
            # TOLERANT: a header in UTF-8 goes on as it is, as it always did from this
            # command; an address cannot.                           RFC 6531 s3.2
            is_ascii = request.sender.isascii()
            those = [each for each in request.recipients if not (is_ascii and each.isascii())]
            refused = dict.fromkeys(those, _UTF8_ADDRESS)
        fates |= {each: _fate(each, reply) for each, reply in refused.items()}
        return [each for each in request.recipients if each not in refused]

    def _transact(
        self, request: Request, letter: Letter, waiting: Sequence[str], fates: dict[str, Fate]
    ) -> list[str]:
        """Carry out one transaction; return who is left for another one."""
        mail, replies = self._envelope(request, waiting)
        if mail.kind != _SUCCESS:
            fates |= {each: _fate(each, mail) for each in waiting}
            return []
        taken: list[str] = []
        left: list[str] = []
        for each, reply in zip(waiting, replies, strict=True):
            if reply.kind == _SUCCESS:
                taken.append(each)
            elif taken and _is_too_many(reply):
                left.append(each)
            else:
                fates[each] = _fate(each, reply)
        if not taken:
            self._command("RSET")
            return []
        reply = self._command("DATA")
        if reply.kind == _INTERMEDIATE:
            reply = self._data(letter)
        elif reply.kind == _SUCCESS:
            raise Lost(f"the server took DATA for something else: {reply}")
        fates |= {each: _fate(each, reply) for each in taken}
        return left if reply.kind == _SUCCESS else self._give_up(left, reply, fates)

    @staticmethod
    def _give_up(left: Iterable[str], reply: Reply, fates: dict[str, Fate]) -> list[str]:
        """Let the others share the fate of a letter that was refused."""
        fates |= {each: _fate(each, reply) for each in left}
        return []

    def _envelope(self, request: Request, recipients: Sequence[str]) -> tuple[Reply, list[Reply]]:
        """Say MAIL and RCPT, and return the replies."""
        commands = [request.mail_command(self.keywords)]
        commands += [request.rcpt_command(each, self.keywords) for each in recipients]
        at_once = _MOST_AT_ONCE if "PIPELINING" in self.keywords else 1
        replies: list[Reply] = []
        for start in range(0, len(commands), at_once):
            group = commands[start : start + at_once]
            self._say(group)
            replies += [self._receive() for _ in group]
            if replies[0].kind != _SUCCESS:
                return replies[0], []
        return replies[0], replies[1:]

    def _data(self, letter: Letter) -> Reply:
        octets = 0
        try:
            pieces = b""
            for chunk in letter.chunks(stuffs_dots=True):
                octets += len(chunk)
                pieces += chunk
                if len(pieces) > _PIECE_OCTETS:
                    self._connection.send(pieces)
                    pieces = b""
            # In one piece with the end, or the server's system may wait for 40 ms.
            self._connection.send(pieces + b".\r\n")
        except Lost:
            # It may have said why.
            return self._receive()
        except OSError as error:
            text = f"the message cannot be read any more: {error.strerror or error}"
            raise SubmissionFault(os.EX_OSERR, text) from error
        self._show("C", f"({octets} octets)")
        try:
            return self._receive(_END_SECONDS)
        except Lost as error:
            raise Lost(f"{error}, after the message: it may have been taken") from error

    def _quit(self) -> None:
        try:
            self._say(["QUIT"])
            self._receive(_QUIT_SECONDS)
        except Lost:
            pass  # all has been said

    def _command(self, line: str) -> Reply:
        self._say([line])
        return self._receive()

    def _say(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._show("C", line)
        self._connection.send("".join([f"{line}\r\n" for line in lines]).encode())

    def _receive(self, seconds: float | None = None) -> Reply:
        reply = self._connection.receive(_REPLY_SECONDS if seconds is None else seconds)
        for line in reply.lines:
            self._show("S", f"{reply.code} {line}")
        return reply


def _all(recipients: Iterable[str], reply: Reply) -> list[Fate]:
    return [_fate(each, reply) for each in recipients]


def _fate(recipient: str, reply: Reply) -> Fate:
    return Fate(recipient, _exit_code(reply), str(reply))


def _exit_code(reply: Reply) -> int:
    if reply.kind == _SUCCESS:
        return os.EX_OK
    if reply.kind == _TRANSIENT:
        return os.EX_TEMPFAIL
    status = reply.status
    if status.startswith(_ADDRESS_STATUS) or (not status and reply.code in _ADDRESS_CODES):
        return os.EX_NOUSER
    return os.EX_UNAVAILABLE


def _is_too_many(reply: Reply) -> bool:
    return reply.code in _TOO_MANY_CODES and reply.status in _TOO_MANY_STATUSES
