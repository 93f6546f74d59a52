"""Every key of the configuration, by its name.

Rules.
- A name belongs to one key.
- What a key was called once is in `OLD_NAMES`: it is understood, and told of.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.config.codes import Codes
from dsnlib.adapters.config.delivery import Delivery, Notification
from dsnlib.adapters.config.key import Key, keys_of
from dsnlib.adapters.config.listen import LISTEN_KEYS
from dsnlib.adapters.config.relay import LmtpKeys, SmtpKeys
from dsnlib.adapters.config.server import Server
from dsnlib.adapters.config.system import System

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KEYS", "LISTENER_KEYS", "OLD_NAMES", "PARTS", "OldName"]

PARTS = (System, Server, Codes, Delivery, SmtpKeys, LmtpKeys, Notification)
KEYS: Mapping[str, Key] = MappingProxyType(
    {key.name: key for part in PARTS for key in keys_of(part)}
)
"""The keys that may stand at the top of the file."""
LISTENER_KEYS: Mapping[str, Key] = MappingProxyType(
    {key.name: key for key in (*LISTEN_KEYS, *keys_of(Server))}
)
"""The keys that may stand in a `[[listen]]` table."""


class OldName(NamedTuple):
    """What an old name is now.

    Args:
        name: The key of today.
        values: What stands for a value of that time; empty if values are the same.
    """

    name: str
    values: Mapping[bool, str] = MappingProxyType({})


# Postfix has a code for each kind of domain.
_UNLISTED = (
    "unknown_local_recipient_reject_code",
    "unknown_relay_recipient_reject_code",
    "unknown_virtual_alias_reject_code",
    "unknown_virtual_mailbox_reject_code",
)
_MAY = MappingProxyType({True: "may", False: "none"})
_ENCRYPT = MappingProxyType({True: "encrypt", False: "none"})
OLD_NAMES: Mapping[str, OldName] = MappingProxyType(
    {
        "fallback_relay": OldName("smtp_fallback_relay"),
        "lmtp_cache_connection": OldName("lmtp_connection_cache_on_demand"),
        "lmtp_enforce_tls": OldName("lmtp_tls_security_level", _ENCRYPT),
        "lmtp_use_tls": OldName("lmtp_tls_security_level", _MAY),
        "smtp_enforce_tls": OldName("smtp_tls_security_level", _ENCRYPT),
        "smtp_use_tls": OldName("smtp_tls_security_level", _MAY),
        "smtpd_client_connection_limit_exceptions": OldName("smtpd_client_event_limit_exceptions"),
        "smtpd_discard_ehlo_keywords_address_maps": OldName(
            "smtpd_discard_ehlo_keyword_address_maps"
        ),
        "smtpd_enforce_tls": OldName("smtpd_tls_security_level", _ENCRYPT),
        "smtpd_use_tls": OldName("smtpd_tls_security_level", _MAY),
        **dict.fromkeys(_UNLISTED, OldName("unlisted_reject_code")),
        "virtual_mailbox_alias_maps": OldName("virtual_alias_maps"),
        "virtual_maps": OldName("virtual_alias_maps"),
    }
)
