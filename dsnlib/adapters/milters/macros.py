"""Macros: what a filter is told besides, by name, before each command.

    connect   j {daemon_name} {daemon_addr} v _ {client_name} ...
    mail      i {auth_type} {auth_authen} {mail_addr} ...

The names are Sendmail's, and which go with what are Postfix's defaults.

Rules.
- A name of one letter stands alone, a longer one in braces.
- A macro without a value is not sent.
- No value has a NUL: it would end the value, and begin the next name.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from dsnlib.model.text import encode_wire, has_octets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsnlib.replies.session import Client

__all__ = ["DEFAULT_MACROS", "MacroStage", "client_macros", "encode_macros", "macro_name"]


_UNKNOWN = "unknown"


class MacroStage(enum.IntEnum):
    """When macros are sent; the numbers are those of a filter's own lists."""

    CONNECT = 0
    HELO = 1
    MAIL = 2
    RCPT = 3
    DATA = 4
    END_OF_MESSAGE = 5
    END_OF_HEADER = 6
    # Not in the protocol's lists: nobody can ask for others there.
    UNKNOWN = 7


DEFAULT_MACROS: Mapping[MacroStage, tuple[str, ...]] = {
    MacroStage.CONNECT: (
        "j", "{daemon_name}", "{daemon_addr}", "{daemon_port}", "v", "_",
        "{client_name}", "{client_addr}", "{client_port}", "{client_ptr}",
        "{client_connections}",
    ),
    MacroStage.HELO: (
        "{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}", "{cert_issuer}",
    ),
    MacroStage.MAIL: (
        "i", "{auth_type}", "{auth_authen}", "{auth_author}",
        "{mail_addr}", "{mail_host}", "{mail_mailer}",
    ),
    MacroStage.RCPT: ("i", "{rcpt_addr}", "{rcpt_host}", "{rcpt_mailer}"),
    MacroStage.DATA: ("i",),
    MacroStage.END_OF_HEADER: ("i",),
    MacroStage.END_OF_MESSAGE: ("i",),
    MacroStage.UNKNOWN: (),
}  # fmt: skip


def macro_name(name: str) -> str:
    """Return a name as it is sent: `{auth_type}`, but `i`.

    >>> macro_name("auth_type"), macro_name("{i}")
    ('{auth_type}', 'i')
    """
    bare = name.removeprefix("{").removesuffix("}")
    return bare if len(bare) == 1 else f"{{{bare}}}"


def client_macros(client: Client, port: int) -> Mapping[str, str]:
    """Return what there is to tell of a client; port 0 is not known.

    >>> from dsnlib.replies.session import Client
    >>> client_macros(Client(address="192.0.2.1"), 0)["_"]
    'unknown [192.0.2.1]'
    """
    name = client.hostname or _UNKNOWN
    return {
        "_": f"{name} [{client.address}]",
        "client_addr": client.address,
        "client_name": name,
        "client_port": str(port) if port else "",
        "client_ptr": client.reverse_hostname or _UNKNOWN,
    }


def encode_macros(names: Iterable[str], values: Mapping[str, str]) -> bytes:
    r"""Return those macros that have a value, as a packet has them.

    >>> encode_macros(["i", "{mail_addr}"], {"i": "4CZK", "mail_addr": ""})
    b'i\x004CZK\x00'

    Args:
        names: Of those that are wanted; with or without braces.
        values: By name, with or without braces.
    """
    known = {macro_name(name): value for name, value in values.items()}
    pieces = []
    for wanted in dict.fromkeys(macro_name(name) for name in names):
        value = known.get(wanted, "")
        if value and "\0" not in value and has_octets(value):
            pieces.append(b"%b\0%b\0" % (encode_wire(wanted), encode_wire(value)))
    return b"".join(pieces)
