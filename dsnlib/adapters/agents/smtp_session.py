"""A session with an SMTP or LMTP server, over smtplib: commands out, replies in.

Rules.
- A server is a stranger: a reply has a bound in lines and octets, a session one in time,
  and what is no reply is handed on as text.
- What is sent is checked: no line end within a command, dots of the message doubled.
- All that goes wrong on the wire is `smtplib.SMTPException`; an `OSError` of another
  kind is the message's file.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
from typing import TYPE_CHECKING, TypeAlias

from dsnlib.errors import InvalidReply
from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import decode_wire, encode_wire, replace_controls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

__all__ = ["Answer", "SmtpSession", "code_class"]

# A reply, or the text that a server sent in its place.
Answer: TypeAlias = SmtpReply | str

# "512 octets including the reply code and the <CRLF>" is what RFC 5321 s4.5.3.1.5 has;
# what servers send is longer, and this is smtplib's own bound.
_LINE_OCTETS = 8192
# The longest reply seen is an EHLO of some thirty lines.
_MOST_LINES = 200
# Chosen by us: what is kept of a reply, which stands in the queue for each recipient.
_KEPT_OCTETS = 8192


class SmtpSession(smtplib.SMTP):
    """A session.

    Args:
        host: The name of the server, for TLS.
        hello: What we call ourselves.
        is_lmtp: Whether it speaks LMTP (RFC 2033).
        timeout_seconds: How long each step may take.
    """

    def __init__(self, host: str, *, hello: str, is_lmtp: bool, timeout_seconds: float) -> None:
        super().__init__(local_hostname=hello, timeout=timeout_seconds)
        self.ehlo_msg = "lhlo" if is_lmtp else "ehlo"
        self._host = host
        self._is_aborted = False

    def open(self, address: tuple[str, int] | str) -> Answer:
        """Connect, and return the greeting.

        Args:
            address: An IP address and a port, or the path of a socket.

        Raises:
            OSError: There is no connection, `smtplib.SMTPServerDisconnected` if there is
                one and no greeting.
        """
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            try:
                self.sock.connect(address)
            except OSError:
                self.close()
                raise
        else:
            self.sock = socket.create_connection(address, self.timeout)
        self.file = None
        return self.answer()

    def hello(self) -> Answer:
        """Say EHLO or LHLO, and HELO to a server that knows no better; return the reply.

        Raises:
            SMTPServerDisconnected: The connection was lost.
        """
        answer = _read(*self.ehlo())
        if self.ehlo_msg == "ehlo" and code_class(answer) == 5:
            self.esmtp_features = {}
            return _read(*self.helo())
        return answer

    @property
    def keywords(self) -> list[str]:
        """The lines of the reply to EHLO behind its first."""
        resp = self.ehlo_resp
        return [] if resp is None or not self.does_esmtp else decode_wire(resp).split("\n")[1:]

    def start_tls(self, context: ssl.SSLContext) -> Answer:
        """Ask for TLS, begin it, and say EHLO again; return the reply to STARTTLS.

        Raises:
            OSError: TLS could not be agreed on, or the connection was lost.
        """
        try:
            answer = _read(*self.starttls(context=context))
        except smtplib.SMTPResponseException as error:
            return _read(error.smtp_code, error.smtp_error)
        self.ehlo()
        return answer

    def command(self, line: str) -> Answer:
        """Send a command, and return the reply.

        Raises:
            SMTPServerDisconnected: The connection was lost.
            ValueError: The line has a line end or a NUL in it.
        """
        octets = encode_wire(line)
        if any(each in octets for each in (b"\r", b"\n", b"\0")):
            message = f"command: {line!r} is more than one line"
            raise ValueError(message)
        self.send(octets + b"\r\n")
        return self.answer()

    def answer(self) -> Answer:
        """Return the next reply.

        Raises:
            SMTPServerDisconnected: The connection was lost.
        """
        return _read(*self.getreply())

    def send_message(self, chunks: Iterable[bytes]) -> None:  # type: ignore[override]  # octets, not a Message
        """Send what follows DATA: the message, its dots doubled, and the lone dot.

        Raises:
            SMTPServerDisconnected: The connection was lost.
            OSError: The message cannot be read; the connection is closed then.
        """
        last = b"\r\n"
        try:
            for chunk in chunks:
                # Doubled after a bare LF too: a server that takes one for a line end
                # would see the end of the message.
                octets = chunk.replace(b"\n.", b"\n..")
                if last[-1:] == b"\n" and octets[:1] == b".":
                    octets = b"." + octets
                self.send(octets)
                last = (last + chunk)[-2:]
        except OSError:
            self.close()
            raise
        self.send(b".\r\n" if last == b"\r\n" else b"\r\n.\r\n")

    def getreply(self) -> tuple[int, bytes]:
        """Return the next reply as smtplib has it: code and text, -1 for what is none.

        Raises:
            SMTPServerDisconnected: The connection was lost.
        """
        lines: list[bytes] = []
        room = _KEPT_OCTETS
        for _ in range(_MOST_LINES):
            line = self._line()
            code, separator, text = line[:3], line[3:4], line[4:].strip(b" \t\r\n")
            if not (code.isdigit() and len(code) == 3):
                return -1, line.strip()
            if room > 0:
                lines.append(text[:room])
                room -= len(text) + 1
            if separator != b"-":
                return int(code), b"\n".join(lines)
        self.close()
        message = "a reply without end"
        raise smtplib.SMTPServerDisconnected(message)

    def _line(self) -> bytes:
        if self._is_aborted:
            # Before there was a connection that could be ended.
            self.close()
            message = "there is no time left"
            raise smtplib.SMTPServerDisconnected(message)
        try:
            if self.file is None:
                if self.sock is None:
                    message = "there is no connection"
                    raise smtplib.SMTPServerDisconnected(message)
                self.file = self.sock.makefile("rb")
            line: bytes = self.file.readline(_LINE_OCTETS + 1)
        except TimeoutError as error:
            self.close()
            message = "no answer in time"
            raise smtplib.SMTPServerDisconnected(message) from error
        except (OSError, ValueError) as error:  # a file that was closed is a ValueError
            self.close()
            raise smtplib.SMTPServerDisconnected(str(error)) from error
        if not line or len(line) > _LINE_OCTETS:
            self.close()
            message = "a line without end" if line else "the connection was closed"
            raise smtplib.SMTPServerDisconnected(message)
        return line

    def abort(self) -> None:
        """End the connection, from another thread: what waits there fails.  Never raises."""
        self._is_aborted = True
        sock = self.sock
        if sock is not None:
            # It may have ended by itself.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def leave(self) -> None:
        """Say QUIT without waiting for long, and close.  Never raises."""
        try:
            if self.sock is not None:
                self.sock.settimeout(2.0)
                self.command("QUIT")
        except OSError:
            pass
        finally:
            self.close()


def code_class(answer: Answer | None) -> int | None:
    """Return the first digit of a reply, `None` for what is none."""
    return answer.code // 100 if isinstance(answer, SmtpReply) else None


def _read(code: int, message: bytes | str) -> Answer:
    try:
        return SmtpReply.from_pair(code, message)
    except InvalidReply:
        message = message if isinstance(message, str) else decode_wire(message)
        text = replace_controls(" ".join(message.split()))
        return text if code < 0 else f"{code} {text}"
