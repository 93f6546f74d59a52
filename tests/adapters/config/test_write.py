"""Settings are written so that they are read again as they were."""

from __future__ import annotations

import pytest

from dsnlib.adapters.config.example import EXAMPLES, write_example
from dsnlib.adapters.config.keys import KEYS
from dsnlib.adapters.config.listen import LISTENER_PROFILES
from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.config.write import write_defaults, write_settings

TEXTS = [
    *(write_example(each) for each in EXAMPLES),
    *(f'[[listen]]\nprofile = "{each}"\n' for each in LISTENER_PROFILES),
    'smtpd_helo_required = true\n[[listen]]\nprofile = "sink"\nsmtpd_helo_required = false\n',
    'smtpd_recipient_limit = 7\n[[listen]]\nprofile = "mx"\n[[listen]]\nport = 26\n',
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("is_whole", [True, False])
def test_round_trip(text: str, *, is_whole: bool) -> None:
    """With the defaults and without, the text says the same."""
    settings = read_settings(text, hostname="mail.example.org")

    assert settings == read_settings(write_settings(settings, is_whole=is_whole))


def test_only_changes() -> None:
    """What is as by default is left out, and the listener says what its profile sets."""
    settings = read_settings("soft_bounce = 'yes'\n[[listen]]\nport = 26\n")
    names = 'myhostname = "localhost"\nmydomain = "localhost"\nmyorigin = "localhost"\n'
    listen = '[[listen]]\naddress = "127.0.0.1"\nport = 26\nprofile = "plain"\ntls = "starttls"\n'

    written = write_settings(settings)

    assert written.startswith(names)
    assert "soft_bounce = true\n" in written
    assert written.endswith(f"\n{listen}")
    assert "queue_directory" not in written


def test_defaults() -> None:
    """Every key is there, with what it does, and all of it can be read."""
    written = write_defaults()

    read_settings(written)
    assert all(f"\n{name} = " in written for name in KEYS)
