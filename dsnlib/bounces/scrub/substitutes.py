"""Substitutes for what names a person, a host or a message, made with a key.

The same thing gets the same substitute wherever it stands, in every mail that is
treated with the same key; without the key nobody can try which name it was.

Rules.
- A substitute has as many letters, capitals, digits and signs as the original, in
  the same places, so what reads the mail meets what it would have met.
- A domain ends in `.example`, which is nobody's (RFC 2606 s2), and is long enough
  to be like no other; it is left alone when it comes again.
- An IPv4 address becomes one of 198.18.0.0/15 (RFC 2544), an IPv6 address one of
  2001:db8::/32 (RFC 3849).
"""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import re

from dsnlib.bounces.scrub.kept_names import HOST_WORDS, PROVIDERS, ROLES, STEMS, WORDS, is_reserved
from dsnlib.errors import InvalidValue

__all__ = ["KEY_OCTETS", "Substitutes"]

# A shorter key could be guessed, and then every name tried; chosen by us.
KEY_OCTETS = 16
# So many letters of 26 are like no other's.
_LONG_LABEL = 10
_REMEMBERED = 4096
# The most that a name in `PROVIDERS` has.
_PROVIDER_LABELS = 3
# RFC 5321 s4.5.3.1.3, and some more; a bound for what is searched in it.
_LONGEST_PATH = 320
_RUN = re.compile(r"[A-Za-z0-9\x80-\U0010ffff]+")
_HEX = re.compile(r"(?=[0-9a-f]*[0-9])[0-9a-f]{6,}|(?=[0-9A-F]*[0-9])[0-9A-F]{6,}")
_WORD = re.compile(r"[^\W_]+")
_LOWER, _UPPER, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
# VERP: the recipient in a local part, `=` for its at sign.
_VERP = re.compile(r"([^=+]+)=([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_NETWORK4 = int(ipaddress.IPv4Address("198.18.0.0"))
_KEPT4 = tuple(
    ipaddress.IPv4Network(network)
    # RFC 5737, RFC 2544, this host, and any.
    for network in (
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "127.0.0.0/8",
        "0.0.0.0/32",
    )
)  # fmt: skip
_NETWORK6 = int(ipaddress.IPv6Address("2001:db8::"))
_KEPT6 = (ipaddress.IPv6Network("2001:db8::/32"), ipaddress.IPv6Network("::/127"))


class Substitutes:
    """What stands for what, under one key.

    Args:
        key: A secret of 16 octets or more.

    Raises:
        InvalidValue: The key is shorter.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_OCTETS:
            message = f"key: {len(key)} octets are too few, {KEY_OCTETS} are needed"
            raise InvalidValue(message)
        self._seed = hashlib.sha256(b"dsnlib anonymize 1\0" + key).digest()
        self.run = functools.lru_cache(maxsize=_REMEMBERED)(self._run)
        self.domain = functools.lru_cache(maxsize=_REMEMBERED)(self._domain)

    def _octets(self, text: str, count: int) -> bytes:
        # The sponge of SHA-3 takes its key in front of the text.
        said = text.lower().encode("utf-8", "surrogatepass")
        return hashlib.shake_256(self._seed + said).digest(count)

    def _run(self, text: str, salt: str = "") -> str:
        """Return the substitute of letters and digits."""
        octets = self._octets(salt + text, len(text))
        lower, upper = _LOWER, _UPPER
        if _HEX.fullmatch(text):
            lower, upper = lower[:6], upper[:6]
        letters = []
        for character, octet in zip(text, octets, strict=True):
            if character in _DIGITS:
                letters.append(_DIGITS[octet % 10])
            elif character.isupper():
                letters.append(upper[octet % len(upper)])
            else:
                letters.append(lower[octet % len(lower)])
        made = "".join(letters)
        if made.lower() == text.lower():
            # It has come out as it was.
            kind = next(each for each in (_DIGITS, lower, upper) if made[0] in each)
            made = kind[(kind.index(made[0]) + 1) % len(kind)] + made[1:]
        return made

    def token(self, text: str, salt: str = "") -> str:
        """Return a text with its letters and digits replaced, its signs kept.  Never raises.

        Args:
            text: Any.
            salt: What makes the same text another thing.
        """
        return _RUN.sub(lambda found: self.run(found[0], salt), text)

    def _domain(self, name: str) -> str:
        """Return the substitute of a host or domain; providers and reserved names stay."""
        bare = name.rstrip(".")
        lowered = bare.lower()
        if is_reserved(lowered):
            return name
        labels = bare.split(".")
        for index in range(max(len(labels) - _PROVIDER_LABELS, 0), len(labels) - 1):
            if ".".join(labels[index:]).lower() in PROVIDERS:
                left = [
                    each if each.lower() in HOST_WORDS else self.token(each)
                    for each in labels[:index]
                ]
                return ".".join([*left, *labels[index:]]) + name[len(bare) :]
        if len(labels) == 1:
            return self.token(name)
        *others, label, last = labels
        # The hosts of a domain stay together, and apart from those of its namesake.
        salt = f"{last.lower()} of "
        label = self.token(label, salt)
        missing = _LONG_LABEL - len(label)
        if missing > 0:
            octets = self._octets(f"{salt}{labels[-2]} more", missing)
            label += "".join(_LOWER[octet % 26] for octet in octets)
        made = [self.token(each) for each in others]
        return ".".join([*made, label, "example"]) + name[len(bare) :]

    def local_part(self, text: str) -> str:
        """Return the substitute of a local part; offices such as postmaster stay.  Never raises."""
        if text.lower().strip('"') in ROLES:
            return text
        verp = _VERP.search(text) if len(text) <= _LONGEST_PATH else None
        if verp is None:
            return self.token(text)
        before, after = text[: verp.start()], text[verp.end() :]
        domain = self.domain(verp[2])
        return f"{self.token(before)}{self.token(verp[1])}={domain}{self.token(after)}"

    def words(self, text: str) -> str:
        """Return a text with every word replaced that is not one of mail systems.  Never raises."""
        return _WORD.sub(lambda found: self._unless_known(found[0]), text)

    def _unless_known(self, word: str) -> str:
        lowered = word.lower()
        if lowered in WORDS or lowered.startswith(STEMS) or (word.isdigit() and len(word) <= 3):
            return word
        return self.token(word)

    def ipv4(self, text: str) -> str:
        """Return the substitute of an IPv4 address, or the text if it is none.  Never raises."""
        try:
            address = ipaddress.IPv4Address(text)
        except ValueError:
            return text
        if any(address in network for network in _KEPT4):
            return text
        octets = self._octets("ipv4 " + text, 3)
        return str(ipaddress.IPv4Address(_NETWORK4 | int.from_bytes(octets) & 0x1FFFF))

    def ipv6(self, text: str) -> str:
        """Return the substitute of an IPv6 address, or the text if it is none.  Never raises."""
        try:
            address = ipaddress.IPv6Address(text)
        except ValueError:
            return text
        if any(address in network for network in _KEPT6):
            return text
        octets = self._octets(f"ipv6 {address}", 8)
        return str(ipaddress.IPv6Address(_NETWORK6 | int.from_bytes(octets)))
