"""The values that an authenticator deals in: none can carry what a reply or a rule cannot."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.login.authenticator import (
    LONGEST_NAME_OCTETS,
    Accepted,
    LoginPeer,
    LoginReply,
)
from dsnlib.errors import InvalidValue

# RFC 4954 s6 and the registry of RFC 5248
CODES = {
    LoginReply.CREDENTIALS: "535 5.7.8",
    LoginReply.DISABLED: "525 5.7.13",
    LoginReply.EXPIRED: "535 5.7.8",
    LoginReply.MALFORMED: "501 5.5.2",
    LoginReply.TOO_LONG: "500 5.5.6",
    LoginReply.TEMPORARY: "454 4.7.0",
}


@pytest.mark.parametrize("why", LoginReply)
def test_each_refusal_has_its_codes(why: LoginReply) -> None:
    """The codes are those that RFC 4954 s6 and the registry have for it."""
    reply = why.refused().reply

    assert CODES[why] == f"{reply.code} {reply.status}"


@given(st.sampled_from(LoginReply), st.text(max_size=600))
def test_a_reason_from_outside_fits_into_a_reply(why: LoginReply, reason: str) -> None:
    """Whatever the reason, the reply is one line of 512 octets at most."""
    line = why.refused(reason).reply.format()

    assert 512 >= len(line)
    assert 1 == line.count(b"\r") == line.count(b"\n")


def test_a_reason_replaces_the_text_alone() -> None:
    """Code and status are those of the row."""
    assert "535 5.7.8 Call us" == str(LoginReply.EXPIRED.refused("Call us").reply)


@pytest.mark.parametrize("login", ["", "a\r\nb", "a\0", "a\tb", "a" * 256, "\ud800"])
def test_no_account_has_such_a_name(login: str) -> None:
    """A name is 1 to 255 octets without controls."""
    with pytest.raises(InvalidValue, match="login"):
        Accepted(login)


def test_a_name_may_be_as_long_as_the_bound() -> None:
    """255 octets are not too many."""
    assert "a" * LONGEST_NAME_OCTETS == Accepted("a" * LONGEST_NAME_OCTETS).login


@pytest.mark.parametrize(
    "field", ["client_address", "local_address", "hostname", "certificate_name"]
)
def test_a_peer_has_no_controls(field: str) -> None:
    """What a peer is called by can be written into any line."""
    peer = LoginPeer(client_address="192.0.2.1", local_address="192.0.2.2", is_tls=True)
    wrong: dict[str, Any] = {field: "a\nb"}
    with pytest.raises(InvalidValue, match=field):
        attrs.evolve(peer, **wrong)
