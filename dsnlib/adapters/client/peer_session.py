"""One session with a server over asyncio.

It is opened, used for transactions, and ended::

    session = await PeerSession.open(
        place, settings, policy=policy, login=None, discards=Discards()
    )
    replies = await session.transact(transaction, content, body=envelope.body)
    await session.quit()

Rules.
- What the server or the network does is raised by `open` alone, as `Trouble`; in a
  transaction it is in the replies.
- A session that is cancelled is closed: what is taken back is not sent.
- A session is used again when nothing speaks against it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from dsnlib.adapters.client.connect import connect
from dsnlib.adapters.client.dialogue import Lost
from dsnlib.adapters.client.hearing import answer_class
from dsnlib.adapters.client.opening import NoTls, Opened, open_session
from dsnlib.adapters.client.reply_filter import filter_dialogue
from dsnlib.adapters.client.transact import ask, transact

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from dsnlib.adapters.client.channel import Channel
    from dsnlib.adapters.client.dialogue import Answer
    from dsnlib.adapters.client.features import PeerFeatures
    from dsnlib.adapters.client.login import Login
    from dsnlib.adapters.client.place import ServerPlace
    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.client.tls.policy import TlsPolicy
    from dsnlib.adapters.content import Content
    from dsnlib.model.envelope import Body
    from dsnlib.policy.hop import NextHop
    from dsnlib.policy.relay import Transaction
    from dsnlib.policy.settle import TransactionReplies
    from dsnlib.replies.discard import Discards

__all__ = ["PeerSession"]

_POSITIVE = 2


class PeerSession:
    """A session that mail can be sent in.

    `open` makes one.

    Attributes:
        place: The server.
        features: What it announced and was not discarded.
        hop: The same as the engine has it.
        tls: The version of TLS, such as `TLSv1.3`; empty without.
        is_verified: Whether its certificate is the one that was expected.
        mechanism: By which mechanism we are logged in; empty if we are not.
        opened_seconds: When it was opened, by the clock of the loop.
        has_sent: Whether the server may have all of the message of the latest
            transaction.
    """

    def __init__(
        self, channel: Channel, opened: Opened, place: ServerPlace, settings: ClientSettings
    ) -> None:
        self.place = place
        self.features: PeerFeatures = opened.features
        self.hop: NextHop = opened.hop
        self.tls = channel.tls
        self.is_verified = opened.is_verified
        self.mechanism = opened.mechanism
        self.opened_seconds = asyncio.get_running_loop().time()
        self.has_sent = False
        self._channel = channel
        self._settings = settings
        self._peer = str(place)
        self._is_good = True

    @classmethod
    async def open(
        cls,
        place: ServerPlace,
        settings: ClientSettings,
        *,
        policy: TlsPolicy,
        login: Login | None,
        discards: Discards,
        observe: Callable[[str, str], None] | None = None,
    ) -> Self:
        """Return a session with a server.

        Args:
            place: The server.
            settings: How it is spoken to.
            policy: How the session is encrypted.
            login: Who we are; `None` for nobody.
            discards: What is passed over of what the server announces.
            observe: Hears what is said: `C` or `S`, and a line; never a password.

        Raises:
            Trouble: There is no session.
        """
        for is_clear in (False, True):
            channel = await connect(place, settings, policy, observe)
            channel.limit(settings.session_seconds)
            try:
                opening = open_session(
                    place, settings, policy=policy, login=login, discards=discards,
                    is_clear=is_clear,
                )  # fmt: skip
                opened = await channel.run(
                    filter_dialogue(opening, settings.reply_filters, peer=str(place))
                )
            except NoTls:
                channel.close()
                continue
            except Exception:
                channel.hang_up()
                # The connection is closed when the loop is next at it.
                await asyncio.sleep(0)
                raise
            except BaseException:
                channel.close()
                raise
            return cls(channel, opened, place, settings)
        raise AssertionError("TLS has failed that was not tried")

    @property
    def is_reusable(self) -> bool:
        """Whether there is a connection that nothing speaks against."""
        return self._is_good and self._channel.is_quiet

    async def transact(
        self, transaction: Transaction, content: Content, *, body: Body | None = None
    ) -> TransactionReplies:
        """Hold a transaction, and return what the server answered.

        Nothing that the server, the network or the message's file does is raised.  A
        session that cannot be used again is closed then.

        Args:
            transaction: What to send.
            content: The message.
            body: What octets the message may have.

        Raises:
            InvalidValue: A command would be more than one line; nothing was said.
        """
        settings, channel = self._settings, self._channel
        self.has_sent = False
        channel.limit(settings.session_seconds)
        try:
            dialogue = transact(
                transaction, content, settings=settings, features=self.features,
                body=body, peer=self._peer,
            )  # fmt: skip
            came = await channel.run(
                filter_dialogue(dialogue, settings.reply_filters, peer=self._peer)
            )
        except BaseException:
            self.close()
            raise
        self.has_sent = came.has_sent
        if not came.is_reusable:
            self._is_good = False
        if came.is_broken:
            self.close()
        return came.replies

    async def probe(self) -> bool:
        """Say RSET, and tell whether the session can be used.  Never raises."""
        if not self.is_reusable:
            return False
        answer = await self._ask("RSET", self._settings.timeouts.rset)
        if answer_class(answer) != _POSITIVE:
            self._is_good = False
        return self.is_reusable

    async def quit(self) -> None:
        """Say QUIT, wait for the reply for as long as it may take, and close.  Never raises."""
        if self.is_reusable:
            self._channel.keep_tls()
            await self._ask("QUIT", self._settings.timeouts.quit)
        self.close()

    def leave(self) -> None:
        """Say QUIT, and close without waiting here; `closed` tells when.  Never raises."""
        self._is_good = False
        self._channel.leave(self._settings.timeouts.quit)

    def close(self) -> None:
        """End it at once; a transaction that waits hears that it is lost.  Never raises."""
        self._is_good = False
        self._channel.close()

    @property
    def closed(self) -> asyncio.Future[None]:
        """Is done when there is no connection any more."""
        return self._channel.closed

    async def _ask(self, command: str, seconds: float) -> Answer | None:
        self._channel.limit(seconds)
        # Without a reply there is nothing to be told of.
        with contextlib.suppress(Lost):
            return await self._channel.run(ask(command, seconds))
        return None
