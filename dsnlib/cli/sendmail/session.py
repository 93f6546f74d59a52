"""`dsnlib sendmail -bs`: SMTP on standard input and output (RFC 5321).

Where letters are left in the queue's directory the session is with the reference server,
in this process; otherwise it is with the relay, whose octets go through as they are.

Rules.
- What is announced is true: DSN is there if whoever takes the mail has it.
- The end of the input ends the session.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from typing import TYPE_CHECKING

from dsnlib.adapters.submission.drop import can_leave, leave
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.relay import connect
from dsnlib.adapters.submission.site import DEFAULT_RELAY
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from dsnlib.adapters.intake import ReceivedMessage
    from dsnlib.adapters.submission.site import Site

__all__ = ["hold_session"]

_RECEIVE_OCTETS = 65_536
_INPUT, _OUTPUT = 0, 1
_TAKEN = SmtpReply.parse("250 2.0.0 The message is left for the queue")
_TOO_LARGE = SmtpReply.parse("552 5.3.4 The message is larger than messages may be")
_NOT_TAKEN = SmtpReply.parse("451 4.3.0 The message cannot be kept now")


def hold_session(site: Site) -> int:
    """Hold a session, and return the exit code.

    Args:
        site: Whose server is meant.

    Raises:
        SubmissionFault: The relay is none.
    """
    if not site.relay and can_leave(site.queue):
        ours, theirs = socket.socketpair()
        server = threading.Thread(target=lambda: asyncio.run(_serve(theirs, site)))
        server.start()
        _carry(ours)
        server.join()
        return os.EX_OK
    nexthop = site.relay or DEFAULT_RELAY
    try:
        sock = connect(nexthop)
    except OSError as error:
        _write(f"421 4.3.2 {nexthop} cannot be reached\r\n".encode())
        text = f"{nexthop} cannot be reached: {error.strerror or error}"
        raise SubmissionFault(os.EX_TEMPFAIL, text) from error
    sock.settimeout(None)
    _carry(sock)
    return os.EX_OK


def _carry(sock: socket.socket) -> None:
    """Carry octets between a socket and the standard streams until it is closed."""
    # It may wait for input for ever when the server has ended the session.
    threading.Thread(target=_carry_in, args=(sock,), daemon=True).start()
    # A connection that is lost is a session that has ended.
    with contextlib.suppress(OSError), contextlib.closing(sock):
        while octets := sock.recv(_RECEIVE_OCTETS):
            _write(octets)


def _carry_in(sock: socket.socket) -> None:
    # As above.
    with contextlib.suppress(OSError):
        while octets := os.read(_INPUT, _RECEIVE_OCTETS):
            sock.sendall(octets)
        sock.shutdown(socket.SHUT_WR)


def _write(octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(_OUTPUT, rest) :]


async def _serve(sock: socket.socket, site: Site) -> None:
    """Serve one client of the reference server to the end of its session."""
    import attrs

    from dsnlib.adapters.server.data import BareNewlines
    from dsnlib.adapters.server.listener import Listener
    from dsnlib.adapters.server.session import ServerSession
    from dsnlib.adapters.server.state import ServerState

    listener = Listener(
        hostname=site.hostname, intake=_Leaving(site), bare_newlines=BareNewlines.NORMALIZE
    )
    # What is announced is what is taken.
    capabilities = attrs.evolve(listener.capabilities, size=site.most_octets)
    state = ServerState(attrs.evolve(listener, capabilities=capabilities))
    await asyncio.get_running_loop().connect_accepted_socket(lambda: ServerSession(state), sock)
    while state.sessions or state.tasks:
        await state.wait_change(1.0)


class _Leaving:
    """An intake that leaves messages in the queue's directory."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        envelope = message.envelope
        words = [f"MAIL FROM:<{envelope.sender}>", f"BODY={envelope.body.value}"]
        words += ["SMTPUTF8"] if envelope.smtputf8 else []
        words += _of_dsn(envelope.mail.to_options())
        commands = [" ".join(words)]
        for each in envelope.recipients:
            options = each.params.to_options(smtputf8=envelope.smtputf8)
            commands.append(" ".join([f"RCPT TO:<{each.address}>", *options]))
        site = self._site
        try:
            leave(site.queue, commands, message.content.chunks(), most_octets=site.most_octets)
        except SubmissionFault as fault:
            return _TOO_LARGE if fault.code == os.EX_DATAERR else _NOT_TAKEN
        return _TAKEN


def _of_dsn(options: list[str]) -> list[str]:
    """Return the options that go on with a message; the others are between neighbours."""
    return [each for each in options if each.startswith(("RET=", "ENVID=", "BY=", "REQUIRETLS"))]
