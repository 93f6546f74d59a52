"""Return paths that a system has signed or rewritten, and what they were before.

    BATV    prvs=0123a1b2c3=bob@example.org         draft-levine-smtp-batv
    SRS0    SRS0=HHHH=TT=example.org=bob@forward.example
    SRS1    SRS1=HHHH=forward.example==HHHH=TT=example.org=bob@second.example

BATV signs the address of whoever sends, so that a bounce to the bare address is
known to answer nothing.  SRS is what a forwarder makes of a foreign address, so
that it may send in its own name; SRS1 is what a second forwarder makes of SRS0.

Rules.
- Everything is undone, whether or not it can be verified; `verified` says which.
- The tag of BATV is a digit for the key, three for the last day on which the
  address is good, and three octets of HMAC-SHA1 over these and the address.  The
  day is counted from 1970-01-01 and of its number three digits remain.
- TOLERANT: in the wild the tag also stands behind the local part, with `=` or `/`
  before it; tags have other lengths; and two makers of mail systems have prefixes
  of their own, `btv1==` (Barracuda) and `msprvs1=` (Momentum).
- SRS is as its first implementation, Mail::SRS, has it: HMAC-SHA1 in base64 over
  what follows it in lower case, cut off, and compared without regard to case; two
  letters of base32 for the day, of which ten bits remain.  The delimiter behind
  the first word is `=`, `+` or `-`.
- SHA-1 is these schemes' choice.  What is signed is short-lived and HMAC does not
  suffer from collisions.
"""

from __future__ import annotations

import base64
import enum
import hmac
import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.local_part import bare_local_part, quote_local_part, split_address
from dsnlib.model.number import require_whole
from dsnlib.model.text import encode_wire, has_octets, refuse_controls
from dsnlib.model.texts import secret_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "LIFETIME_DAYS",
    "PathScheme",
    "SignedPath",
    "read_return_path",
    "sign_return_path",
    "undo_return_path",
]

LIFETIME_DAYS = 7
"""How long an address with a BATV tag is good, as the draft has it."""

# As the implementations of SRS have it.
_SRS_LIFETIME_DAYS = 21
_BATV_DAYS = 1000
_SRS_DAYS = 1024
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_LEAST_SRS_HASH = 4
# An address that was signed, forwarded, and forwarded again; and one to spare.
_MOST_LAYERS = 4

_FLAGS = re.IGNORECASE | re.ASCII
# tag-val = K DDD SSSSSS                                     draft-levine-smtp-batv
_TAG = r"(?P<stamp>[0-9](?P<day>[0-9]{3}))(?P<hash>[0-9a-f]{6})"
_BATV = re.compile(rf"prvs={_TAG}=(?P<local>.+)", _FLAGS).fullmatch
_BATV_BEHIND = re.compile(rf"prvs=(?P<local>.+)[=/]{_TAG}", _FLAGS).fullmatch
_FOREIGN_BATV = re.compile(
    r"(?:prvs=[0-9a-z]{6,16}=|btv1==[0-9a-z]{6,16}==|msprvs1=[0-9a-z_-]{6,64}=)(?P<local>.+)",
    _FLAGS,
).fullmatch
# SRS0 sep hash "=" timestamp "=" hostname "=" local-part
_SRS0 = re.compile(r"srs0[=+-]([a-z0-9+/]+)=([a-z2-7]{2})=([^=]+)=(.+)", _FLAGS).fullmatch
# SRS1 sep hash "=" hostname "=" what followed SRS0, with its sep
_SRS1 = re.compile(r"srs1[=+-]([a-z0-9+/]+)=([^=]+)=([=+-].+)", _FLAGS).fullmatch


class PathScheme(enum.Enum):
    """Who makes such addresses, and why."""

    BATV = "batv"
    SRS0 = "srs0"
    SRS1 = "srs1"


@attrs.frozen(kw_only=True)
class SignedPath:
    """An address, and what it was before it was signed or rewritten.

    Args:
        scheme: How it was made.
        address: What it was before.
        verified: Whether the signature is of one of the keys; `None` where
            there is no key, or nothing of ours that a key could verify.
        is_expired: Whether its time is over; `None` if the day is not known or
            none is in it.
    """

    scheme: PathScheme
    address: str
    verified: bool | None = None
    is_expired: bool | None = None


def sign_return_path(
    address: str,
    *,
    key: bytes,
    day: int,
    key_number: int = 0,
    lifetime_days: int = LIFETIME_DAYS,
) -> str:
    """Return an address with a BATV tag, in the form of the draft.

    >>> sign_return_path("bob@example.org", key=b"secret", day=20_000)
    'prvs=0007207A67=bob@example.org'

    Args:
        address: The sender's.
        key: The secret.
        day: Today, in days since 1970-01-01.
        key_number: Which key it is, 0..9, for whoever verifies.
        lifetime_days: How many days it is good, 0..999.

    Raises:
        InvalidAddress: It has no local part, no domain, or a control character.
        InvalidValue: There is no key, or a number is out of range.
    """
    refuse_controls(address, "address", error=InvalidAddress)
    local_part, at, domain = split_address(address)
    local_part = bare_local_part(local_part)
    if not (local_part and at and domain):
        message = f"address: {address!r} has no domain"
        raise InvalidAddress(message, value=address)
    if not key:
        message = "BATV: there is no key"
        raise InvalidValue(message, value=key)
    require_whole(key_number, "BATV: key_number", least=0, most=9)
    require_whole(lifetime_days, "BATV: lifetime_days", least=0, most=_BATV_DAYS - 1)
    require_whole(day, "BATV: day", least=0)
    stamp = f"{key_number}{(day + lifetime_days) % _BATV_DAYS:03d}"
    # Quotes that need not be there are not: whoever undoes it cannot know of them.
    original = f"{quote_local_part(local_part)}@{domain}"
    text = f"prvs={stamp}{_batv_hash(stamp, original, key)}={local_part}"
    return f"{quote_local_part(text)}@{domain}"


def read_return_path(
    address: str,
    *,
    batv_keys: Sequence[bytes] = (),
    srs_keys: Sequence[bytes] = (),
    day: int | None = None,
    lifetime_days: int = LIFETIME_DAYS,
) -> SignedPath | None:
    """Return what an address was before the last system changed it, or `None`.

    Args:
        address: Where a bounce came to, or any other address.
        batv_keys: The secrets of BATV.
        srs_keys: The secrets of SRS.
        day: Today, in days since 1970-01-01.
        lifetime_days: How many days an address with a tag is good.

    Raises:
        InvalidValue: One key is given where several are wanted.  No address raises.
    """
    batv_keys, srs_keys = secret_keys(batv_keys), secret_keys(srs_keys)
    local_part, at, domain = split_address(address)
    if not (at and domain and has_octets(address)):
        return None
    bare = bare_local_part(local_part)
    found = _BATV(bare) or _BATV_BEHIND(bare)
    if found is not None:
        original = f"{quote_local_part(found['local'])}@{domain}"
        return _read_batv(found, original, batv_keys, day, lifetime_days)
    if found := _FOREIGN_BATV(bare):
        original = f"{quote_local_part(found['local'])}@{domain}"
        return SignedPath(scheme=PathScheme.BATV, address=original)
    if found := _SRS0(bare):
        return _read_srs0(found, srs_keys, day)
    if found := _SRS1(bare):
        digest, host, rest = found.groups()
        original = f"{quote_local_part(f'SRS0{rest}')}@{host}"
        return SignedPath(
            scheme=PathScheme.SRS1,
            address=original,
            verified=_srs_verdict(digest, (host, rest), srs_keys),
        )
    return None


def undo_return_path(
    address: str,
    *,
    batv_keys: Sequence[bytes] = (),
    srs_keys: Sequence[bytes] = (),
    day: int | None = None,
    lifetime_days: int = LIFETIME_DAYS,
) -> tuple[SignedPath, ...]:
    """Return every layer of an address, the outermost first; the last has the original.

    Of the inner layers `verified` is never false: what another system has signed
    is not expected to be of our keys.

    Args:
        address: Where a bounce came to, or any other address.
        batv_keys: The secrets of BATV.
        srs_keys: The secrets of SRS.
        day: Today, in days since 1970-01-01.
        lifetime_days: How many days an address with a tag is good.

    Raises:
        InvalidValue: One key is given where several are wanted.  No address raises.
    """
    layers: list[SignedPath] = []
    while len(layers) < _MOST_LAYERS:
        layer = read_return_path(
            address, batv_keys=batv_keys, srs_keys=srs_keys, day=day, lifetime_days=lifetime_days
        )
        if layer is None:
            break
        if layers and not layer.verified:
            layer = attrs.evolve(layer, verified=None)
        layers.append(layer)
        address = layer.address
    return tuple(layers)


def _read_batv(
    found: re.Match[str], address: str, keys: Sequence[bytes], day: int | None, lifetime_days: int
) -> SignedPath:
    verdict = None
    if keys:
        # The case that was signed; and the lower one, where a gateway has raised it.
        expected = [
            _batv_hash(found["stamp"], each, key)
            for key in keys
            for each in (address, address.lower())
        ]
        verdict = _is_one_of(found["hash"].upper(), expected)
    is_expired = None
    if day is not None:
        is_expired = (int(found["day"]) - day) % _BATV_DAYS > lifetime_days
    return SignedPath(
        scheme=PathScheme.BATV, address=address, verified=verdict, is_expired=is_expired
    )


def _batv_hash(stamp: str, address: str, key: bytes) -> str:
    digest = hmac.digest(key, encode_wire(f"{stamp}{address}"), "sha1")
    return digest[:3].hex().upper()


def _read_srs0(found: re.Match[str], keys: Sequence[bytes], day: int | None) -> SignedPath:
    digest, stamp, host, user = found.groups()
    is_expired = None
    if day is not None:
        high, low = (_BASE32.index(letter) for letter in stamp.lower())
        is_expired = (day - (high << 5 | low)) % _SRS_DAYS > _SRS_LIFETIME_DAYS
    return SignedPath(
        scheme=PathScheme.SRS0,
        address=f"{quote_local_part(user)}@{host}",
        verified=_srs_verdict(digest, (stamp, host, user), keys),
        is_expired=is_expired,
    )


def _srs_verdict(digest: str, signed: Iterable[str], keys: Sequence[bytes]) -> bool | None:
    if not keys:
        return None
    octets = encode_wire("".join(signed).lower())
    expected = (_srs_hash(octets, key)[: len(digest)].lower() for key in keys)
    return len(digest) >= _LEAST_SRS_HASH and _is_one_of(digest.lower(), expected)


def _srs_hash(octets: bytes, key: bytes) -> str:
    return base64.b64encode(hmac.digest(key, octets, "sha1")).decode("ascii")


def _is_one_of(digest: str, expected: Iterable[str]) -> bool:
    return any(_same(digest, each) for each in expected)


def _same(digest: str, expected: str) -> bool:
    return hmac.compare_digest(digest.encode(), expected.encode())
