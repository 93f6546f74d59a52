"""Which name and password a server is given: `smtp_sasl_password_maps`.

The tables are asked for these keys, in this order, and the first that has one counts:

    ann+news@example.org, ann@example.org, @example.org    the sender, if senders have logins
    mx.example.net                                         the server
    [mail.example.net]:587                                 the next hop, as it is written
    mail.example.net                                       its name

A value is `name:password`.

Rules.
- The first colon parts the name from the password, which may have others; without one
  the password is empty.
- Keys are in lower case; values are kept as they are.
- The null sender has no login.  With LMTP no sender has: it is said there who hands mail
  over, not who wrote it.
- No message shows a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.local_name import table_keys
from dsnlib.adapters.client.first_key import find_first
from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.tls.server_names import bare_nexthop
from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.model.text import refuse_controls
from dsnlib.replies.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.replies.search import Found

__all__ = ["Logins", "parse_login", "shown_table"]

# Tables whose name is what they say.
_SPELLED_OUT = frozenset({"inline", "static"})


def parse_login(value: str, *, is_token: bool = False) -> Login:
    """Return what a value of a table says.

    >>> parse_login("ann@example.org:a:b").user
    'ann@example.org'

    Args:
        value: `name:password`.
        is_token: Whether the passwords are access tokens.

    Raises:
        InvalidValue: There is no name, or it has a control character; the error does not
            show the value.
    """
    user, _, password = value.partition(":")
    try:
        refuse_controls(value, "login")
    except InvalidValue:
        # Its message shows the value.
        raise InvalidValue("login: there is a control character in it") from None
    if not user:
        raise InvalidValue("login: there is no name before the colon")
    return Login(user=user, password=password, is_token=is_token)


def shown_table(name: str) -> str:
    """Return the name of a table that has secrets, without them.

    >>> shown_table("static:ann:secret"), shown_table("texthash:/etc/passwords")
    ('static:...', 'texthash:/etc/passwords')
    """
    kind = name.partition(":")[0].strip()
    return f"{kind}:..." if kind.lower() in _SPELLED_OUT else name


def _tables(values: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Logins:
    """Who we are to which server.

    Args:
        tables: Those of `smtp_sasl_password_maps`.
        is_by_sender: Whether the sender is asked for first
            (`smtp_sender_dependent_authentication`).
        delimiter: The characters that can begin an extension of a sender's name.
        is_token: Whether the passwords are access tokens, for XOAUTH2 alone.
    """

    tables: tuple[Table, ...] = attrs.field(default=(), converter=_tables)
    is_by_sender: bool = False
    delimiter: str = ""
    is_token: bool = False

    async def find(
        self, *, sender: str = "", host: str, nexthop: str = "", is_lmtp: bool = False
    ) -> Login | None:
        """Return the login for a server, `None` if it is spoken to as by a stranger.

        Args:
            sender: The return path, `""` for the null one.
            host: The name of the server.
            nexthop: The next hop, as it was written.
            is_lmtp: Whether it is spoken to by LMTP.

        Raises:
            LookupFailed: A table cannot tell, or its value is no login.
        """
        if not self.tables:
            return None
        found: Found | None = None
        if self.is_by_sender and sender and not is_lmtp:
            whole, *parts = [key for key, _ in table_keys(sender, self.delimiter, is_local=False)]
            found = await find_first(self.tables, [whole], parts)
        if found is None:
            found = await find_first(self.tables, _server_keys(host, nexthop))
        return None if found is None else self._read(found)

    def _read(self, found: Found) -> Login:
        try:
            return parse_login(found.value, is_token=self.is_token)
        except InvalidValue as error:
            table = shown_table(found.table)
            message = f"{table}: {found.key!r}: {error}"
            raise LookupFailed(message, source=table, key=found.key) from None


def _server_keys(host: str, nexthop: str) -> tuple[str, ...]:
    nexthop = nexthop.lower()
    keys = (host.lower(), nexthop, bare_nexthop(nexthop))
    return tuple(dict.fromkeys([key for key in keys if key]))
