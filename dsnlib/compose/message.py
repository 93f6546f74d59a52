"""A notification that has been written: the octets, and the envelope to send them with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import Defect, DsnError
from dsnlib.model.envelope import Body, Envelope
from dsnlib.policy.plan import DsnPlan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

__all__ = ["ComposedMessage"]


@attrs.frozen(kw_only=True)
class ComposedMessage:
    """A notification, ready to be sent.

    Args:
        plan: What it carries out.
        is_eight_bit: Whether it has octets beyond US-ASCII.
        needs_smtputf8: Whether its header or one within it is in UTF-8, which
            only an SMTPUTF8 server takes (RFC 6531 s3.2, s3.4).
        message_id: Its Message-ID with the brackets.
        media_type: Of the status part: `message/delivery-status`, or
            `message/global-delivery-status`.
        head: The octets before what is returned.
        returned: Yields the octets of what is returned.
        tail: The octets behind it.
        is_repeatable: Whether it can be written more than once: not if the
            original came in chunks.
        defects: What went wrong and was made up for.
    """

    plan: DsnPlan = attrs.field(repr=False)
    is_eight_bit: bool
    needs_smtputf8: bool
    message_id: str
    media_type: str
    head: bytes = attrs.field(repr=False)
    returned: Callable[[], Iterable[bytes]] = attrs.field(repr=False, eq=False)
    tail: bytes = attrs.field(repr=False)
    is_repeatable: bool = True
    defects: tuple[Defect, ...] = ()
    _is_spent: list[bool] = attrs.field(factory=list, init=False, repr=False, eq=False)

    def chunks(self) -> Iterator[bytes]:
        """Yield the message in chunks, with CRLF line ends, no dot-stuffing.

        Raises:
            DsnError: The original came in chunks and has been read before.
        """
        if self._is_spent and not self.is_repeatable:
            message = "the returned message came in chunks, which have been read"
            raise DsnError(message)
        self._is_spent.append(True)
        return self._chunks()

    def _chunks(self) -> Iterator[bytes]:
        yield self.head
        last = b""
        for chunk in self.returned():
            if chunk:
                yield chunk
                last = chunk
        # The line end before a boundary belongs to the boundary (RFC 2046
        # s5.1.1); one more, or what ends without one would gain it.
        yield self.tail if last else self.tail.removeprefix(b"\r\n")

    __iter__ = chunks

    def as_bytes(self) -> bytes:
        """Return the whole message, with CRLF line ends.

        Raises:
            DsnError: The original came in chunks and has been read before.
        """
        return b"".join(self.chunks())

    def as_email_message(self) -> EmailMessage:
        """Return the message as the standard library reads it.

        Raises:
            DsnError: The original came in chunks and has been read before.
        """
        from email import message_from_bytes
        from email.policy import SMTP

        return message_from_bytes(self.as_bytes(), policy=SMTP)

    @property
    def envelope(self) -> Envelope:
        """The envelope to send it with, which is the plan's and what MAIL says of the octets.

        Where it has SMTPUTF8 and the way has not, the same plan is composed with
        `is_seven_bit`: of what is returned nothing is in UTF-8 then.
        """
        return attrs.evolve(
            self.plan.envelope,
            body=Body.EIGHT_BIT if self.is_eight_bit else Body.SEVEN_BIT,
            smtputf8=self.needs_smtputf8,
        )
