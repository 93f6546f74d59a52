"""Fuzz `dsnlib.toml`, the file that a site is set up with.

Invariant.
- Any text is settings, or `InvalidSettings` with the file and a line of it in each error.
- Settings that are written are read as equal ones, with all keys and with those that
  differ from their defaults.
"""

from __future__ import annotations

from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.config.settings import InvalidSettings
from dsnlib.adapters.config.write import write_settings
from fuzz.alphabet import expand, text_of

__all__ = ["READS", "SETTINGS", "check"]

READS = (
    "dsnlib.adapters.config.read",
    "dsnlib.adapters.config.check",
    "dsnlib.adapters.config.kinds",
    "dsnlib.adapters.config.endpoints",
    "dsnlib.adapters.config.hops",
    "dsnlib.adapters.config.near",
    "dsnlib.adapters.config.places",
    "dsnlib.adapters.config.write",
)

# The words of the file, and what stands in them.
SETTINGS = (
    b"\n", b" = ", b'"', b"'", b", ", b"[", b"]", b"{", b"}", b"[[listen]]\n", b"# ", b"\r\n",
    b"\t", b"\0", b"\xff", b"\xc3\xa4", b"\xef\xbb\xbf", b"\\",
    b'myhostname = "mail.example.org"\n', b'mydestination = ["$myhostname", "localhost"]\n',
    b"port = 2525\n", b'profile = "submission"\n', b'profile = "mx"\n', b"soft_bounce = true\n",
    b'mynetworks = ["127.0.0.0/8", "[::1]/128"]\n', b'smtpd_banner = "x"\n',
    b'smtpd_recipient_restrictions = "permit_mynetworks, reject_unauth_destination"\n',
    b'smtpd_sender_restrictions = "check_policy_service { inet:127.0.0.1:9998, timeout=10s }"\n',
    b'relayhost = "[mail.example.org]:587"\n', b'smtpd_milters = ["inet:127.0.0.1:8891"]\n',
    b'bounce_queue_lifetime = "5d"\n', b"message_size_limit = 1000\n", b'inet_interfaces = "all"\n',
    b'smtp_tls_security_level = "may"\n', b"smtpd_tls_security_level = ", b"queue_directory = ",
    b'alias_maps = "texthash:/etc/aliases"\n', b"unknown_local_recipient_reject_code = 550\n",
    b"true", b"false", b"1", b"-1", b"1e9", b"1979-05-27T07:32:00Z", b"${mydomain}", b"$myorigin",
    b"5d", b"10s", b"inet:127.0.0.1:25", b"unix:/run/x", b"permit", b"reject", b"127.0.0.1:9154",
    b"smtpd_restriction_classes = ", b"lmtp_", b"smtp_", b"smtpd_", b"_timeout = ", b'"3s"\n',
)  # fmt: skip
# To write and read all keys takes milliseconds.
_WHOLE_EVERY = 8


def check(data: bytes) -> None:
    """Read one input as the settings of a site and assert the invariant."""
    text = text_of(expand(data, SETTINGS))
    try:
        settings = read_settings(text, origin="fuzz", hostname="mx.example.org")
    except InvalidSettings as error:
        assert error.errors
        for each in error.errors:
            assert each.origin == "fuzz"
            assert 0 <= each.line <= text.count("\n") + 1
        return
    for is_whole in (False, True)[: 1 + (not len(data) % _WHOLE_EVERY)]:
        written = write_settings(settings, is_whole=is_whole)
        assert settings == read_settings(written, hostname="mx.example.org")
