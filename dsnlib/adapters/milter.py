r"""Mail filters before the queue: the MTA's side of the Sendmail milter protocol.

A filter is another process that is asked at each step of an SMTP session.  The
packets are those of `kilter.protocol`, in the extra `milter`; sessions, negotiation,
time-outs and changes of the message are here and in `milters`.

For a server, one chain per SMTP session::

    chain = MilterChain(milters, macros={"j": "mx.example.org", "v": "dsnlib"})
    verdict = await chain.connect(client, port=port)
    verdict = await chain.helo("client.example.net")        again after STARTTLS
    chain.macros["i"] = queue_id                            any time; sent where it belongs
    verdict = await chain.mail("ann@example.net", ["SIZE=1000", "RET=HDRS"])
    verdict = await chain.rcpt("bob@example.org", ["NOTIFY=NEVER"])
    verdict = await chain.data()
    verdict = await chain.content(content)                  header, body, end
    await chain.abort()                                     RSET, or MAIL that failed
    await chain.quit()                                      always, in the end

After each step::

    verdict.reply          an `SmtpReply` if the step is refused, else `None`;
                           `verdict.rewrite(verb=..., rules=...)` is how it goes out
    verdict.is_discarded   go on, answer 250, and throw the message away
    verdict.edits          after `content` that goes on: `edits.content`,
                           `edits.apply(envelope)`, `edits.quarantine`

Rules.
- No step raises for what a filter does: it may be away, slow, or talk nonsense.
- Filters are asked in order; each sees the message as those before left it; the
  first that refuses, or discards, decides.
- What refuses at `connect` or `helo` refuses all that follows in the session; at
  `rcpt` it is this recipient.  421 ends the session.
- With a recipient that the server itself refuses, call `rcpt` with `rejected` if
  filters shall know; nothing they say of it counts.
- The content's prefix is the server's own trace field: it is not shown, and stays
  in front.
- The content that was given is still the caller's, file and all; one that is
  changed is a new one.
- Cancelling a step gives up the filter that was being asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.milters.edits import ChangedSender, MilterEdits
from dsnlib.adapters.milters.macros import DEFAULT_MACROS, MacroStage, client_macros
from dsnlib.adapters.milters.settings import DefaultAction, Milter
from dsnlib.adapters.milters.verdict import MilterAction, MilterVerdict
from dsnlib.errors import ConfigurationError
from dsnlib.model.reply import SmtpReply
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from dsnlib.adapters.content import Content
    from dsnlib.adapters.milters.session import MilterSession
    from dsnlib.replies.session import Client

__all__ = [
    "DEFAULT_MACROS",
    "ChangedSender",
    "DefaultAction",
    "MacroStage",
    "Milter",
    "MilterAction",
    "MilterChain",
    "MilterEdits",
    "MilterVerdict",
]

_GO_ON = MilterVerdict()
_LARGE_HEADER = MilterVerdict(
    action=MilterAction.REJECT,
    reply=SmtpReply.parse("552 5.3.4 The header of the message is too large for mail filters"),
)


class MilterChain:
    """The filters of one SMTP session, asked one after the other.

    Attributes:
        macros: What filters are told besides, by name, with or without braces; it may
            be changed between steps.

    Args:
        milters: The filters, in order.
        macros: What is known at the beginning.
        directory: Where a message that has become another goes if it is large; the
            system's directory for such files if not given.

    Raises:
        ConfigurationError: There are filters, and the extra `milter` is not installed.
    """

    def __init__(
        self,
        milters: Iterable[Milter],
        *,
        macros: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        self.macros: dict[str, str] = dict(macros or {})
        self._directory = directory
        self._of_client: Mapping[str, str] = {}
        self._standing: MilterVerdict | None = None
        self._quarantine: str | None = None
        self._sessions: Sequence[MilterSession] = _sessions(tuple(milters), self.macros)

    def __len__(self) -> int:
        return len(self._sessions)

    async def connect(self, client: Client, *, port: int = 0) -> MilterVerdict:
        """Connect to the filters and tell them of the client; a second time, of another.

        Macros that tell of the client are added to those that there are.

        Args:
            client: Who it is.
            port: Its port; 0 is not known.
        """
        # What was told of the client before, where a proxy names another (XCLIENT).
        before, self._of_client = self._of_client, client_macros(client, port)
        given = {k: v for k, v in self.macros.items() if k not in before or before[k] != v}
        self.macros.clear()
        self.macros.update({**self._of_client, **given})
        self._forget()
        return await self._ask(lambda session: session.connect(client, port=port))

    async def helo(self, name: str) -> MilterVerdict:
        """Tell of the name in EHLO, HELO or LHLO."""
        return await self._ask(lambda session: session.helo(name))

    async def mail(self, sender: str, params: Iterable[str] = ()) -> MilterVerdict:
        """Tell of MAIL, which begins a message.

        Args:
            sender: The path without brackets; `""` is the null path.
            params: The ESMTP arguments as they came.

        Raises:
            InvalidValue: They are one text.
        """
        words = texts(params, "params")
        await self.abort()
        return await self._ask(lambda session: session.mail(sender, words))

    async def rcpt(
        self, recipient: str, params: Iterable[str] = (), *, rejected: SmtpReply | None = None
    ) -> MilterVerdict:
        """Tell of RCPT.

        Args:
            recipient: The path without brackets.
            params: The ESMTP arguments as they came.
            rejected: What the server has refused it with; filters that do not want to
                know are not told, and the others cannot say anything to it.

        Raises:
            InvalidValue: The arguments are one text.
        """
        words = texts(params, "params")
        verdict = await self._ask(lambda session: session.rcpt(recipient, words, rejected=rejected))
        return verdict if rejected is None else _GO_ON

    async def data(self) -> MilterVerdict:
        """Tell of DATA, or of the first BDAT."""
        return await self._ask(lambda session: session.data())

    async def unknown(self, command: str) -> MilterVerdict:
        """Tell of a command that the server does not know."""
        return await self._ask(lambda session: session.unknown(command))

    async def content(self, content: Content) -> MilterVerdict:
        """Show the message; the verdict has `edits` if it goes on.

        After this the next message may begin.

        Raises:
            OSError: The content cannot be read, or a changed one cannot be written.
        """
        from dsnlib.adapters.milters.draft import Draft

        draft = Draft(content, directory=self._directory)
        try:
            if self._sessions and self._standing is None and not draft.has_whole_header:
                return _LARGE_HEADER
            verdict = await self._ask(lambda session: session.content(draft))
            if verdict.is_refused or verdict.is_discarded:
                return verdict
            return MilterVerdict(edits=await draft.edits(quarantine=self._quarantine))
        finally:
            draft.close()
            # The identifier is of this message, and the next one has none yet.
            for name in ("i", "{i}"):
                self.macros.pop(name, None)
            await self.abort()

    async def abort(self) -> None:
        """Tell that the message that was begun comes to nothing."""
        self._forget()
        for session in self._sessions:
            await session.abort()

    async def quit(self) -> None:
        """Leave the filters; nothing is asked after this."""
        for session in self._sessions:
            await session.quit()

    def _forget(self) -> None:
        self._standing = None
        self._quarantine = None

    async def _ask(
        self, step: Callable[[MilterSession], Awaitable[MilterVerdict]]
    ) -> MilterVerdict:
        if self._standing is not None:
            return self._standing
        for session in self._sessions:
            verdict = await step(session)
            if verdict.action is MilterAction.QUARANTINE:
                self._quarantine = verdict.reason
            elif verdict.is_discarded:
                self._standing = verdict
                return verdict
            elif verdict.is_refused:
                return verdict
        return _GO_ON


def _sessions(milters: Sequence[Milter], macros: Mapping[str, str]) -> Sequence[MilterSession]:
    if not milters:
        return ()
    try:
        from dsnlib.adapters.milters.session import MilterSession
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "kilter":
            raise
        message = "milter: kilter.protocol is not installed; install the extra dsnlib[milter]"
        raise ConfigurationError(message) from error
    return tuple(MilterSession(each, macros=macros) for each in milters)
