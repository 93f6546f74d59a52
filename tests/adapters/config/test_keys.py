"""The keys of the configuration: each has a default, a sentence and an effect."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib.adapters.config.codes import Codes
from dsnlib.adapters.config.key import keys_of
from dsnlib.adapters.config.keys import KEYS, LISTENER_KEYS, OLD_NAMES, PARTS
from dsnlib.adapters.config.listen import LISTENER_PROFILES
from dsnlib.compose.postfix.defaults import DEFAULTS
from dsnlib.replies.site import ReplyCodes

if TYPE_CHECKING:
    from dsnlib.adapters.config.key import Key

PACKAGE = Path(__file__).resolve().parents[3] / "dsnlib" / "adapters"
ALL = [*KEYS.values(), *(key for name, key in LISTENER_KEYS.items() if name not in KEYS)]
# Where settings become what they say.
USERS = "".join(
    path.read_text("utf-8")
    for path in (
        *PACKAGE.glob("service/*.py"),
        *PACKAGE.glob("submission/*.py"),
        PACKAGE / "config" / "check.py",
    )
)
# What this server has and Postfix has not, so that nobody takes the name for Postfix's.
OURS = {
    "bounce_language",
    "bounce_languages",
    "bounce_template_directory",
    "confidential_alias_maps",
    "internal_domains",
    "lmtp_command_timeout",
    "log_format",
    "log_level",
    "mail_spool_directory",
    "metrics_address",
    "null_mx_recipient_reject_code",
    "null_mx_sender_reject_code",
    "notify_profile",
    "opentelemetry",
    "postmaster",
    "queue_type",
    "sender_login_mismatch_reject_code",
    "sendmail_relay",
    "shutdown_timeout",
    "smtp_command_timeout",
    "smtpd_deliverby_minimum",
    "unauth_destination_defer_code",
    "unauth_pipelining_reject_code",
    "unlisted_defer_code",
    "unlisted_reject_code",
}


@pytest.mark.parametrize("key", ALL, ids=lambda key: key.name)
def test_default_is_a_value(key: Key) -> None:
    """What a key has by default it also reads, unless it is told in words."""
    if key.default is None:
        assert key.unset or '""' == key.kind.write(None)
        return
    document = tomllib.loads(f"value = {key.kind.write(key.default)}")

    assert key.default == key.kind.read(document["value"])


@pytest.mark.parametrize("key", ALL, ids=lambda key: key.name)
def test_sentence(key: Key) -> None:
    """A key says what it does in whole sentences that fit a comment."""
    assert key.doc[0].isupper()
    assert "." == key.doc[-1]
    assert len(key.doc) < 120
    assert key.kind.form


@pytest.mark.parametrize("key", ALL, ids=lambda key: key.name)
def test_effect(key: Key) -> None:
    """Somebody asks for each key: none is there for the looks of it."""
    assert key.part is Codes or key.field in USERS


def test_codes() -> None:
    """The codes are those of the engine, but for probes, which this server has not."""
    theirs = {each.name: each.default for each in attrs.fields(ReplyCodes)}
    probes = {each for each in theirs if each.startswith("unverified")}

    assert {each.field: each.default for each in keys_of(Codes)} == {
        name: default for name, default in theirs.items() if name not in probes
    }


def test_names_are_unique() -> None:
    """No two parts have a key of one name."""
    assert len(KEYS) == sum(key.part in PARTS for key in KEYS.values())
    assert not set(OLD_NAMES) & set(KEYS)
    assert {old.name for old in OLD_NAMES.values()} <= set(KEYS)


def test_names_of_our_own_are_known() -> None:
    """Of Postfix's names none is used for something else, as far as its defaults tell."""
    assert OURS <= set(KEYS)
    assert not OURS & set(DEFAULTS)


@pytest.mark.parametrize("profile", LISTENER_PROFILES)
def test_profile(profile: str) -> None:
    """What a profile sets are keys of a listener, with values that they take."""
    for name, value in LISTENER_PROFILES[profile].items():
        LISTENER_KEYS[name].kind.read(value)
