"""Servers that do not what they say: cases by name.

Rules.
- What is refused is refused for everyone whom it concerns, and nobody is a success.
- Opportunistic TLS that fails is no TLS; TLS that is asked for and fails is no mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.client.tls.policy import ClientTlsLevel
from tests.adapters.client.fault_case import MODES, Case
from tests.adapters.client.fault_expected import RECIPIENTS, REPLIES, TAKEN, right_of
from tests.adapters.client.faults import FAULTS, LOST, Kind
from tests.adapters.client.faulty_peer import KEYWORDS

if TYPE_CHECKING:
    from tests.adapters.client.fault_case import Mode
    from tests.adapters.client.faulty_peer import Talk

__all__ = ["LIES"]

_PIPELINING = tuple([mode for mode in MODES if mode.pipelines])
_CHUNKING = tuple([mode for mode in MODES if mode.chunks])
_SMTP = tuple([mode for mode in MODES if not mode.is_lmtp])
_REFUSED = dict.fromkeys(RECIPIENTS, b"550 5.1.1 nobody\r\n")
_ENCRYPT = ClientTlsLevel.ENCRYPT


def _all(*kinds: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys(RECIPIENTS, frozenset(kinds))


def _rights(mode: Mode, *, taken: str) -> dict[str, frozenset[str]]:
    """Return what is said of each, with another word for those who are taken."""
    rights = {each: right_of(each, is_lmtp=False) for each in RECIPIENTS}
    return {
        each: frozenset({right}) if right[0] in "45" else frozenset({taken, LOST})
        for each, right in rights.items()
    }


async def _garbled_tls(talk: Talk, _: bytes) -> None:
    await talk.say(b"220 2.0.0 go\r\n")
    await talk.reader.read(100)
    await talk.say(b"this is no TLS\r\n" * 10)
    await talk.stall()


async def _closed_tls(talk: Talk, _: bytes) -> None:
    await talk.say(b"220 2.0.0 go\r\n")
    await talk.reader.read(100)
    talk.close()


async def _stalled_tls(talk: Talk, _: bytes) -> None:
    await talk.say(b"220 2.0.0 go\r\n")
    await talk.stall()


async def _injected_tls(talk: Talk, _: bytes) -> None:
    """Somebody on the way adds a reply that is to be taken for one under TLS."""
    await talk.say(b"220 2.0.0 go\r\n250-peer.example\r\n250 DSN\r\n")
    await talk.stall()


async def _refused_tls(talk: Talk, right: bytes) -> None:
    await talk.say(right)


_TLS = {
    "refused": Kind(act=_refused_tls),
    "garbled": Kind(act=_garbled_tls),
    "closed": Kind(act=_closed_tls),
    "stalled": Kind(act=_stalled_tls, waits=True),
    "injected": Kind(act=_injected_tls),
}


def _tls_cases(name: str, level: ClientTlsLevel) -> list[Case]:
    return [
        Case(
            name=f"TLS {name}", kind=_TLS[name], step="STARTTLS", mode=mode, level=level,
            peer={"keywords": (*mode.keywords, "STARTTLS")},
            outcomes=_all(LOST, "454") if level is _ENCRYPT
            else {each: frozenset({right_of(each, is_lmtp=mode.is_lmtp)}) for each in RECIPIENTS},
        )
        for mode in MODES
    ]  # fmt: skip


LIES = {
    "PIPELINING, and only the first line is read": [
        Case(name="drops", mode=mode, peer={"drops": True}, outcomes=_all(LOST), waits=True)
        for mode in _PIPELINING
    ],
    "parameters announced and refused": [
        Case(
            name="no parameters", mode=mode, peer={"refuses_parameters": True},
            outcomes=_all("555"),
        )
        for mode in MODES
    ],
    "CHUNKING announced, BDAT unknown": [
        Case(
            name="no chunks", mode=mode, peer={"refuses_chunks": True}, octets=octets,
            outcomes=_rights(mode, taken="500"),
        )
        for mode in _CHUNKING
        for octets in (0, 300_000)
    ],
    "all refused, 354, and 250 for the dot": [
        Case(
            name="goes on", mode=mode, peer={"goes_on": True, "replies": _REFUSED},
            outcomes=_all("550"),
        )
        for mode in _SMTP
    ],
    "MAIL refused, and all else taken": [
        Case(
            name="goes on without MAIL", mode=mode,
            peer={"takes_all": True, "replies": {"MAIL": b"550 5.7.1 not you\r\n"}},
            outcomes=_all("550"),
        )
        for mode in MODES
    ],
    "nothing taken, 250 for the message": [
        Case(
            name="250 after 554", mode=mode,
            peer={"goes_on": True, "replies": {**REPLIES, "DATA": b"554 5.5.1 no\r\n"}},
            outcomes=_rights(mode, taken="554"),
        )
        for mode in MODES
        if not mode.chunks
    ],
    "taken, and said so twice": [
        Case(
            name="one reply too many", kind=FAULTS["twice"], step="end 0", mode=mode,
            peer={"replies": {}}, outcomes=_all(TAKEN),
        )
        for mode in MODES
    ],
    "no TLS where it is asked for": [
        Case(name="no TLS", mode=mode, level=_ENCRYPT, outcomes=_all(LOST)) for mode in MODES
    ],
    "nothing announced": [
        Case(name="HELO", mode=mode, peer={"keywords": KEYWORDS[:0]}) for mode in MODES
    ],
    **{
        f"TLS {name}, level {level.value}": _tls_cases(name, level)
        for name in _TLS
        for level in (ClientTlsLevel.MAY, _ENCRYPT)
    },
}  # fmt: skip
