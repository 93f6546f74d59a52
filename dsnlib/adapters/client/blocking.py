"""One session with a server over a socket that blocks: what `PeerSession` is without asyncio.

with BlockingSession.open(place, settings, policy=policy) as session:
    replies = session.transact(transaction, content, body=envelope.body)
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from dsnlib.adapters.client.blocking_channel import BlockingChannel
from dsnlib.adapters.client.dialogue import Lost
from dsnlib.adapters.client.hearing import answer_class
from dsnlib.adapters.client.opening import NoTls, open_session
from dsnlib.adapters.client.tls import TlsPolicy
from dsnlib.adapters.client.transact import ask, transact
from dsnlib.replies.discard import Discards

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from dsnlib.adapters.client.login import Login
    from dsnlib.adapters.client.opening import Opened
    from dsnlib.adapters.client.place import Place
    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.content import Content
    from dsnlib.model.envelope import Body
    from dsnlib.policy.relay import Transaction
    from dsnlib.policy.settle import TransactionReplies

__all__ = ["BlockingSession"]

_POSITIVE = 2


class BlockingSession:
    """A session that mail can be sent in.

    `open` makes one; as a context manager it says QUIT at the end.

    Attributes:
        place: The server.
        features: What it announced and was not discarded.
        hop: The same as the engine has it.
        tls: The version of TLS, such as `TLSv1.3`; empty without.
        is_verified: Whether its certificate is the one that was expected.
        mechanism: By which mechanism we are logged in; empty if we are not.
        uses: How many transactions were begun.
        has_sent: Whether the server may have all of the message of the latest
            transaction.
    """

    def __init__(
        self, channel: BlockingChannel, opened: Opened, place: Place, settings: ClientSettings
    ) -> None:
        self.place = place
        self.features = opened.features
        self.hop = opened.hop
        self.tls = channel.tls
        self.is_verified = opened.is_verified
        self.mechanism = opened.mechanism
        self.uses = 0
        self.has_sent = False
        self._channel = channel
        self._settings = settings
        self._is_good = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.quit()

    @classmethod
    def open(
        cls,
        place: Place,
        settings: ClientSettings,
        *,
        policy: TlsPolicy | None = None,
        login: Login | None = None,
        discards: Discards | None = None,
        observe: Callable[[str, str], None] | None = None,
    ) -> Self:
        """Return a session with a server.

        Args:
            place: The server.
            settings: How it is spoken to.
            policy: How the session is encrypted; opportunistically if not given.
            login: Who we are; `None` for nobody.
            discards: What is passed over of what the server announces.
            observe: Hears what is said: `C` or `S`, and a line; never a password.

        Raises:
            Trouble: There is no session.
        """
        policy = TlsPolicy() if policy is None else policy
        discards = Discards() if discards is None else discards
        for is_clear in (False, True):
            channel = BlockingChannel.connect(place, settings, policy, observe)
            channel.limit(settings.session_seconds)
            try:
                opened = channel.run(
                    open_session(
                        place, settings, policy=policy, login=login, discards=discards,
                        is_clear=is_clear,
                    )
                )  # fmt: skip
            except NoTls:
                channel.close()
                continue
            except BaseException:
                channel.close()
                raise
            return cls(channel, opened, place, settings)
        raise AssertionError("TLS has failed that was not tried")

    @property
    def is_reusable(self) -> bool:
        """Whether there is a connection that nothing speaks against."""
        return self._is_good and self._channel.is_quiet

    def transact(
        self, transaction: Transaction, content: Content, *, body: Body | None = None
    ) -> TransactionReplies:
        """Hold a transaction, and return what the server answered.

        Nothing that the server, the network or the message's file does is raised.

        Args:
            transaction: What to send.
            content: The message.
            body: What octets the message may have.

        Raises:
            ValueError: A command would be more than one line; nothing was said.
        """
        settings, channel = self._settings, self._channel
        self.uses += 1
        self.has_sent = False
        channel.limit(settings.session_seconds)
        try:
            came = channel.run(
                transact(
                    transaction, content, settings=settings, features=self.features,
                    body=body, peer=str(self.place),
                )
            )  # fmt: skip
        except BaseException:
            self.close()
            raise
        self.has_sent = came.has_sent
        if not came.is_reusable:
            self._is_good = False
        if came.is_broken:
            self.close()
        return came.replies

    def probe(self) -> bool:
        """Say RSET, and tell whether the session can be used.  Never raises."""
        if self.is_reusable:
            seconds = self._settings.timeouts.rset
            self._channel.limit(seconds)
            try:
                answer = self._channel.run(ask("RSET", seconds))
            except Lost:
                answer = None
            if answer_class(answer) != _POSITIVE:
                self._is_good = False
        return self.is_reusable

    def quit(self) -> None:
        """Say QUIT, wait for the reply for as long as it may take, and close.  Never raises."""
        if self._channel.is_quiet:
            seconds = self._settings.timeouts.quit
            self._channel.limit(seconds)
            with contextlib.suppress(Lost):
                self._channel.run(ask("QUIT", seconds))
        self.close()

    def close(self) -> None:
        """End it at once.  Never raises."""
        self._is_good = False
        self._channel.close()
