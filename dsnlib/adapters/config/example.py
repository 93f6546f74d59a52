"""A configuration to begin with, for each of the things that a server is set up for.

    submission   your users send through it
    mx           it takes in the mail of your domains
    sink         programs under test send to it

The comments are what the keys say of themselves.  The files below `docs/examples/server/`
are what this gives; a test compares them.
"""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.config.keys import KEYS, LISTENER_KEYS

if TYPE_CHECKING:
    from dsnlib.adapters.config.key import Key

__all__ = ["EXAMPLES", "write_example"]

_WIDTH = 78
_Rows = Mapping[str, str]


class _Example(NamedTuple):
    """An example: what it is for, its keys by heading, its listeners; values are TOML."""

    purpose: str
    blocks: Mapping[str, _Rows]
    listeners: tuple[_Rows, ...]


_RUNNING: _Rows = {
    "queue_directory": '"/var/spool/dsnlib"',
    "mail_owner": '"dsnlib"',
    "log_format": '"text"',
    "metrics_address": '"127.0.0.1:9154"',
}
_TLS: _Rows = {
    "smtpd_tls_cert_file": '"/etc/dsnlib/tls/fullchain.pem"',
    "smtpd_tls_key_file": '"/etc/dsnlib/tls/privkey.pem"',
}

EXAMPLES: Mapping[str, _Example] = MappingProxyType(
    {
        "submission": _Example(
            purpose="A submission server (RFC 6409): users log in and send mail to everybody. "
            "They are told of failures and of delays, and of success where they ask for it.",
            blocks={
                "Who this is": {
                    "myhostname": '"mail.example.org"',
                    "mydestination": '["example.org", "$myhostname", "localhost"]',
                    "postmaster": '"postmaster@example.org"',
                },
                "Where mail goes": {
                    "relayhost": '"[relay.example.net]:587"',
                    "alias_maps": '["texthash:/etc/dsnlib/aliases"]',
                    "mail_spool_directory": '"/var/mail/dsnlib"',
                },
                "Who is told of what": {
                    "notify_profile": '"submission"',
                    "delay_warning_time": '"4h"',
                    "maximal_queue_lifetime": '"5d"',
                    "notify_classes": '["2bounce"]',
                },
                "Encryption and logins": {
                    **_TLS,
                    "smtpd_tls_security_level": '"encrypt"',
                    "smtpd_sasl_auth_enable": "true",
                    "smtpd_sasl_path": '"/etc/dsnlib/passwords"',
                },
                "How much one client may do": {
                    "message_size_limit": '"50M"',
                    "smtpd_recipient_limit": "1000",
                    "smtpd_client_message_rate_limit": "100",
                    "smtpd_client_auth_rate_limit": "20",
                },
                "How it runs": _RUNNING,
            },
            listeners=(
                {"address": '"0.0.0.0"', "port": "587", "profile": '"submission"'},
                {
                    "address": '"0.0.0.0"',
                    "port": "465",
                    "profile": '"submission"',
                    "tls": '"implicit"',
                },
            ),
        ),
        "mx": _Example(
            purpose="A server that takes in the mail of your domains. Strangers call it, so what "
            "can be refused is refused at once, and notifications that would hit "
            "somebody who never wrote are not sent.",
            blocks={
                "Who this is": {
                    "myhostname": '"mx.example.org"',
                    "mydestination": '["example.org", "$myhostname", "localhost"]',
                    "relay_domains": '["branch.example.org"]',
                    "recipient_delimiter": '"+"',
                },
                "Where mail goes": {
                    "transport_maps": '["inline:{ branch.example.org=smtp:[10.0.0.25]:25 }"]',
                    "alias_maps": '["texthash:/etc/dsnlib/aliases"]',
                    "virtual_alias_maps": '["texthash:/etc/dsnlib/virtual"]',
                    "mail_spool_directory": '"/var/mail/dsnlib"',
                },
                "Who is told of what": {
                    "notify_profile": '"mx"',
                    "bounce_queue_lifetime": '"2d"',
                },
                "Who may send": {
                    "smtpd_client_restrictions": '[\n    "permit_mynetworks",\n'
                    '    "check_client_access cidr:/etc/dsnlib/clients.cidr",\n]',
                    "smtpd_discard_ehlo_keywords": '["etrn", "silent-discard"]',
                    "disable_vrfy_command": "true",
                },
                "What it may look like": {
                    "header_checks": '["pcre:/etc/dsnlib/header_checks.pcre"]',
                    "smtpd_milters": '["inet:127.0.0.1:8891"]',
                    "milter_default_action": '"accept"',
                    "message_size_limit": '"25M"',
                },
                "Encryption": {**_TLS, "smtpd_tls_security_level": '"may"'},
                "How much one client may do": {
                    "smtpd_client_connection_count_limit": "20",
                    "smtpd_client_connection_rate_limit": "120",
                    "smtpd_client_new_tls_session_rate_limit": "60",
                },
                "How it runs": _RUNNING,
            },
            listeners=({"address": '"0.0.0.0"', "port": "25", "profile": '"mx"'},),
        ),
        "sink": _Example(
            purpose="A server for tests on one machine: it takes everything and drops it, and "
            "needs no rights and no files.",
            blocks={
                "Who this is": {"myhostname": '"sink.test"', "mydestination": "[]"},
                "How it runs": {
                    "queue_type": '"memory"',
                    "log_format": '"json"',
                    "log_level": '"info"',
                },
            },
            listeners=({"address": '"127.0.0.1"', "port": "2525", "profile": '"sink"'},),
        ),
    }
)


def write_example(profile: str) -> str:
    """Return an annotated configuration.

    Args:
        profile: One of `EXAMPLES`.

    Raises:
        KeyError: It is none of them.
    """
    example = EXAMPLES[profile]
    lines = [
        *_comment(example.purpose),
        "#",
        f"# Check it with: dsnlib config check {profile}.toml",
    ]
    for heading, rows in example.blocks.items():
        lines += ["", f"# {'-' * 4} {heading}"]
        lines += _rows(rows, KEYS)
    for rows in example.listeners:
        lines += ["", "[[listen]]", *_rows(rows, LISTENER_KEYS)]
    return "\n".join(lines) + "\n"


def _rows(rows: _Rows, keys: Mapping[str, Key]) -> list[str]:
    lines = []
    for name, value in rows.items():
        key = keys[name]
        # What is no value of the key is no example of it.
        key.kind.read(tomllib.loads(f"value = {value}")["value"])
        lines += ["", *_comment(key.doc), f"{name} = {value}"]
    return lines


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")
