"""The settings of a site, all that a file says and all that it leaves to the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.adapters.config.codes import Codes
from dsnlib.adapters.config.delivery import Delivery, Notification
from dsnlib.adapters.config.listen import Listen
from dsnlib.adapters.config.relay import LmtpKeys, SmtpKeys
from dsnlib.adapters.config.server import Server
from dsnlib.adapters.config.system import System
from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.config.key import Key

__all__ = ["InvalidSettings", "Settings"]


class InvalidSettings(ConfigurationError):
    """A configuration that cannot be used.

    Attributes:
        errors: Everything that is wrong with it, in the order of the file.
    """

    def __init__(self, errors: Iterable[ConfigurationError]) -> None:
        self.errors = tuple(sorted(errors, key=lambda each: (each.origin, each.line)))
        first = self.errors[0]
        super().__init__(str(first.args[0]), origin=first.origin, line=first.line)

    def __reduce__(self) -> tuple[type[InvalidSettings], tuple[object, ...]]:
        """Return what pickles it."""
        return type(self), (self.errors,)


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a site.

    Args:
        system: Names, domains, files, rights.
        server: What listeners do, where their tables do not say otherwise.
        codes: What refusals are answered with.
        delivery: Where mail goes.
        smtp: What it is sent with by SMTP.
        lmtp: The same by LMTP.
        notification: Who is told.
        listeners: Where clients come in.
        origin: The name of the file.
        lines: The line of each key that the file has at its top.
        notes: What was understood though it is written as of old.
    """

    system: System = attrs.field(factory=System)
    server: Server = attrs.field(factory=Server)
    codes: Codes = attrs.field(factory=Codes)
    delivery: Delivery = attrs.field(factory=Delivery)
    smtp: SmtpKeys = attrs.field(factory=SmtpKeys)
    lmtp: LmtpKeys = attrs.field(factory=LmtpKeys)
    notification: Notification = attrs.field(factory=Notification)
    listeners: tuple[Listen, ...] = ()
    origin: str = attrs.field(default="", eq=False)
    lines: Mapping[str, int] = attrs.field(factory=dict, eq=False, repr=False)
    notes: tuple[str, ...] = attrs.field(default=(), eq=False)

    def __getitem__(self, key: Key) -> Any:  # noqa: ANN401  each key has its own type
        """Return the value of a key that stands at the top of the file."""
        parts = (
            self.system, self.server, self.codes, self.delivery, self.smtp, self.lmtp,
            self.notification,
        )  # fmt: skip
        for part in parts:
            if isinstance(part, key.part):
                return getattr(part, key.field)
        raise KeyError(key.name)

    def error(self, name: str, message: str, *, line: int | None = None) -> ConfigurationError:
        """Return the error about a key, with its place.

        Args:
            name: The key.
            message: What is wrong.
            line: Its line, if not that at the top of the file.
        """
        place = self.lines.get(name, 0) if line is None else line
        return ConfigurationError(f"{name}: {message}", origin=self.origin, line=place)
