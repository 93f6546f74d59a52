"""An ENVID of ours fits into the limits of RFC 3461, needs no escape, and is known again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.links.envelope_id import (
    LARGEST_TOKEN_OCTETS,
    issue_envelope_id,
    read_envelope_id,
)
from dsnlib.errors import InvalidValue
from dsnlib.model.esmtp import MailParameters, parse_mail_parameters
from dsnlib.model.xtext import encode_xtext

if TYPE_CHECKING:
    from dsnlib.bounces.links.signed_token import Token

KEY = b"a key of sixteen"
OLD_KEY = b"the key of last year"

TOKENS = st.one_of(
    st.binary(min_size=1, max_size=LARGEST_TOKEN_OCTETS), st.text(min_size=1, max_size=4)
)


@pytest.mark.requirement("3461-5.4-05")
@given(TOKENS)
def test_length(token: Token) -> None:
    """No ENVID is longer than 38 characters; up to 12 octets not even with its keyword."""
    envid = issue_envelope_id(token, key=KEY)
    octets = token if isinstance(token, bytes) else token.encode()

    assert len(envid) <= 38
    assert len(octets) > 12 or len(f"ENVID={envid}") <= 38


@given(TOKENS)
def test_travels_as_it_is(token: Token) -> None:
    """It is xtext without an escape, so what is sent in MAIL is what comes back."""
    envid = issue_envelope_id(token, key=KEY)
    (option,) = MailParameters(envid=envid).to_options()

    assert envid == encode_xtext(envid)
    assert f"ENVID={envid}" == option
    assert token == read_envelope_id(parse_mail_parameters(option).envid or "", keys=[KEY])


def test_keys_are_rotated() -> None:
    """What an old key has signed is known as long as the key is given."""
    envid = issue_envelope_id("4711", key=OLD_KEY)

    assert "4711" == read_envelope_id(envid, keys=[KEY, OLD_KEY])
    assert read_envelope_id(envid, keys=[KEY]) is None


@pytest.mark.parametrize("token", [b"x" * 17, "x" * 17, "δ" * 9])
def test_too_long(token: Token) -> None:
    """What does not fit is refused, not cut off."""
    with pytest.raises(InvalidValue, match=r"^ENVID: .* more than 16 octets") as caught:
        issue_envelope_id(token, key=KEY)

    assert "3461-5.4-05" == caught.value.requirement


@pytest.mark.parametrize("text", ["", "QQ314159", "2gq3tcmn7yo7rlidtix", "\x00", "2"])
def test_not_ours(text: str) -> None:
    """An ENVID of somebody else's has no token."""
    assert read_envelope_id(text, keys=[KEY]) is None
