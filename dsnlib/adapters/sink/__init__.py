"""A fake server for tests: what it answers is told by the recipient's local part.

    with Sink() as sink:
        smtplib.SMTP(sink.host, sink.port).sendmail(...)
        assert sink.messages[0].envelope.sender == "ann@example.org"

`bounce-5.2.2@` is refused, `greylist@` is taken the second time, `report-5.1.1@` is
taken and bounces afterwards: `dsnlib.adapters.sink.rules` has them all.

Rules.
- It listens on the loopback interface unless told otherwise, and delivers nothing.
- What it keeps is bounded, in number and in octets; the oldest goes first.
- A message counts as taken when `on_message` has returned: if that fails, the client
  is told to come again.
- Notifications are what the engine writes: they are handed out, and not sent.
"""

from __future__ import annotations

import collections
import datetime as dt
import threading
from typing import TYPE_CHECKING, Self

from dsnlib.adapters.sink.message import Scripted, SinkMessage
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.adapters.sink.server import SinkController
    from dsnlib.compose.message import ComposedMessage
    from dsnlib.model.outcome import DeliveryOutcome

__all__ = ["Sink", "SinkMessage"]

# Chosen by us: no test counts more, and no machine minds.
_MOST_MESSAGES = 1000
_MOST_OCTETS = 64 << 20
_WAIT_SECONDS = 5.0


class Sink:
    """A server in a thread of its own.

    Args:
        host: The address to listen on.
        port: The port, 0 for any that is free.
        hostname: What it calls itself; the domain of `address`.
        announces_dsn: Whether it does DSN; if not, it refuses the parameters.
        most_messages: How many messages are kept, and how many notifications.
        most_octets: How many octets of messages.
        on_message: Called with each message, in the server's thread, before it is
            answered.
        on_report: Called with each notification, in the server's thread.

    Attributes:
        announces_dsn: May be changed at any time.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        hostname: str = "sink.example",
        announces_dsn: bool = True,
        most_messages: int = _MOST_MESSAGES,
        most_octets: int = _MOST_OCTETS,
        on_message: Callable[[SinkMessage], object] | None = None,
        on_report: Callable[[ComposedMessage], object] | None = None,
    ) -> None:
        # Here and below, for the names of deeds are known without the engine and its servers.
        from dsnlib.policy.reporter import Reporter

        self.announces_dsn = announces_dsn
        self._hostname = hostname
        self._most_octets = most_octets
        self._on_message = on_message
        self._on_report = on_report
        self._host, self._port = host, port
        self._messages: collections.deque[SinkMessage] = collections.deque(maxlen=most_messages)
        self._reports: collections.deque[ComposedMessage] = collections.deque(maxlen=most_messages)
        self._scripts: list[Scripted] = []
        self._changed = threading.Condition()
        self._reporter = Reporter.parse(hostname)
        self._controller: SinkController | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: The port cannot be had.
        """
        from dsnlib.adapters.sink.server import SinkController, SinkHandler

        controller = SinkController(SinkHandler(self), self._host, self._port, self._hostname)
        controller.start()
        self._controller = controller
        self._port = controller.port

    def stop(self, *, seconds: float = 0.0) -> None:
        """Listen no longer, and close all connections.

        Args:
            seconds: How long sessions may go on before that.
        """
        controller, self._controller = self._controller, None
        if controller is not None:
            controller.grace_seconds = seconds
            controller.stop()

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._host

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def messages(self) -> tuple[SinkMessage, ...]:
        """The messages that were taken, the oldest first."""
        with self._changed:
            return tuple(self._messages)

    @property
    def reports(self) -> tuple[ComposedMessage, ...]:
        """The notifications that a real server would have sent, the oldest first."""
        with self._changed:
            return tuple(self._reports)

    def address(self, local_part: str = "success") -> str:
        """Return the address of a mailbox here."""
        return f"{local_part}@{self._hostname}"

    def answer(
        self,
        reply: str | SmtpReply | None,
        *,
        verb: str = "RCPT",
        address: str | None = None,
        times: int | None = None,
    ) -> None:
        """Answer something else from now on.

        Args:
            reply: What; `None` to close the connection instead.
            verb: To which command: MAIL, RCPT, or DATA, which is the message.
            address: Only for this sender, recipient, or for a message to him.
            times: How often; always if `None`.

        Raises:
            InvalidReply: It is no reply.
            ValueError: There is no such command here.
        """
        if verb not in ("MAIL", "RCPT", "DATA"):
            message = f"sink: {verb!r} is none of MAIL, RCPT, DATA"
            raise ValueError(message)
        made = SmtpReply.parse(reply) if isinstance(reply, str) else reply
        with self._changed:
            self._scripts.append(Scripted(verb, address, made, times))

    def wait(self, count: int = 1, *, seconds: float = _WAIT_SECONDS) -> tuple[SinkMessage, ...]:
        """Return the messages as soon as there are so many.

        Raises:
            TimeoutError: There are not, after so many seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._messages) >= count, seconds):
                message = f"sink: {len(self._messages)} of {count} messages came in {seconds} s"
                raise TimeoutError(message)
            return tuple(self._messages)

    def clear(self) -> None:
        """Forget messages, notifications and what `answer` was told."""
        with self._changed:
            self._messages.clear()
            self._reports.clear()
            self._scripts.clear()

    def scripted(self, verb: str, addresses: Iterable[str]) -> Scripted | None:
        """Return what `answer` was told for a command, if it was; it counts as done then.

        Args:
            verb: The command.
            addresses: Whom it is about.
        """
        known = {*addresses}
        with self._changed:
            for each in self._scripts:
                if each.verb == verb and each.left != 0 and each.address in (None, *known):
                    if each.left is not None:
                        each.left -= 1
                    return each
        return None

    def keep(self, message: SinkMessage, outcomes: list[DeliveryOutcome]) -> None:
        """Take a message, and write the notifications about it.

        Args:
            message: What came.
            outcomes: What is to become of some of its recipients.
        """
        reports = list(self._write_reports(message, outcomes)) if outcomes else []
        if self._on_message is not None:
            self._on_message(message)
        with self._changed:
            self._messages.append(message)
            octets = sum(len(each.content) for each in self._messages)
            while octets > self._most_octets:
                octets -= len(self._messages.popleft().content)
            self._reports.extend(reports)
            self._changed.notify_all()
        if self._on_report is not None:
            for report in reports:
                self._on_report(report)

    def _write_reports(
        self, message: SinkMessage, outcomes: list[DeliveryOutcome]
    ) -> Iterable[ComposedMessage]:
        import secrets

        from dsnlib.compose.bounce import BounceComposer
        from dsnlib.policy.notify import plan_dsns
        from dsnlib.policy.plan import Audience

        composer = BounceComposer(reporter=self._reporter)
        decision = plan_dsns(message.envelope, outcomes, reporter=self._reporter)
        for plan in decision.plans:
            if plan.audience is Audience.SENDER:
                now, token = dt.datetime.now(dt.UTC), secrets.token_hex(12)
                yield composer.compose(plan, message.content, now=now, token=token)
