"""A `[[listen]]` table: where clients come in, and what the listener is for.

    [[listen]]
    address = "127.0.0.1"
    port = 2525
    profile = "plain"

Rules.
- A profile is a set of values for keys of `Server`; what the table says, and what the top
  of the file says, goes before it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.config.key import key, keys_of
from dsnlib.adapters.config.kinds import TEXT, choice, count
from dsnlib.adapters.config.server import Server

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LISTENER_PROFILES", "LISTEN_KEYS", "Listen"]

# profile -> what it sets, as the file would
LISTENER_PROFILES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "plain": {},
        # RFC 6409 s4.3: who submits logs in.
        "submission": {
            "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject",
            "smtpd_reject_unlisted_recipient": False,
            "smtpd_client_connection_count_limit": 20,
        },
        "mx": {
            "smtpd_helo_required": True,
            "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
            "smtpd_sender_restrictions": "permit_mynetworks, reject_non_fqdn_sender",
            "smtpd_recipient_restrictions": "reject_non_fqdn_recipient",
            "smtpd_data_restrictions": "reject_unauth_pipelining",
        },
        # RFC 2033: who hands over what was decided on already; each recipient has its reply.
        "lmtp": {
            "smtpd_banner": "$myhostname LMTP",
            "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
        },
        # Whatever a test sends is taken, and dropped.
        "sink": {
            "content_filter": "discard:",
            "smtpd_relay_restrictions": "permit",
            "smtpd_reject_unlisted_recipient": False,
            "smtpd_client_connection_count_limit": 0,
            "smtpd_error_sleep_time": 0,
            "smtpd_peername_lookup": False,
        },
    }
)


@attrs.frozen(kw_only=True)
class Listen:
    """A listener: in `[[listen]]`.

    Args:
        server: What it does for its clients.
        line: Where it stands in the file; 0 if it does not.
    """

    address: str = key(TEXT, "127.0.0.1", "The IP address; `::` or `0.0.0.0` for all.")
    port: int = key(count(0, 65_535), 25, "The port; 0 for any that is free.")
    profile: str = key(
        choice(*LISTENER_PROFILES), "plain", "What it is for, which sets some keys at once."
    )
    tls: str = key(
        choice("starttls", "implicit"), "starttls", "Whether TLS begins with the connection."
    )
    server: Server = attrs.field(factory=Server)
    line: int = attrs.field(default=0, eq=False)


LISTEN_KEYS = keys_of(Listen)
