"""What policy services are told of a session besides what restrictions look at.

The names are those of Postfix's policy delegation protocol, because the services are.

Rules.
- `instance` is the same for all questions about one message, and for no other message:
  greylisting and SPF services answer once for each.
- What is not known is empty, not left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsnlib.adapters.server.session import ServerSession

__all__ = ["policy_details"]


def policy_details(session: ServerSession) -> dict[str, str]:
    """Return what a session is, by the names that policy services know.  Never raises.

    Args:
        session: The session, with the transaction that has begun, if one has.
    """
    tls, transaction, transport = session.tls, session.transaction, session.transport
    own = None if transport is None else transport.get_extra_info("sockname")
    return {
        "protocol_name": _protocol(session),
        "instance": "" if transaction is None else transaction.instance,
        "client_port": _port(session.peer),
        "server_address": str(own[0]) if isinstance(own, tuple) and own else "",
        "server_port": _port(own),
        "sasl_method": session.login_method,
        "encryption_protocol": "" if tls is None else tls.version,
        "encryption_cipher": "" if tls is None else tls.cipher,
        "ccert_subject": "" if tls is None or not tls.is_verified else tls.name or "",
    }


def _protocol(session: ServerSession) -> str:
    if session.listener.is_lmtp:
        return "LMTP"
    return "ESMTP" if session.is_extended else "SMTP"


def _port(address: object) -> str:
    return str(address[1]) if isinstance(address, tuple) and len(address) > 1 else ""
