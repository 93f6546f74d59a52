"""What somebody may have meant."""

from __future__ import annotations

import pytest

from dsnlib.adapters.config.near import meant


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("relayhots", "; did you mean relayhost?"),
        ("RelayHost", "; did you mean relayhost?"),
        ("xyz", ""),
        ("r" * 101, ""),
    ],
)
def test_meant(written: str, expected: str) -> None:
    """What is near is named, and nothing is looked for behind what is far too long."""
    assert expected == meant(written, ["relayhost", "relay_domains"])
