"""Text of a bounce with the names in it replaced, and the words of systems kept.

A text is taken apart once, from left to right, into what stands between white
space and brackets; each piece is an address, a host, an IP address, an opaque
token such as a queue id, or a word, which stays unless it is known as a name.

Rules.
- What looks like a name is one: a word too many that is replaced costs little, a
  name that stays costs a person something.
- Codes, dates, names of fields and of charsets stay: they are how a bounce is read.
- Personal names and subjects look like words.  They are learned before, from the
  fields that have them, and then replaced wherever they stand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.bounces.scrub.kept_names import EXTENSIONS, PROVIDERS, ROLES, TOP_LEVEL, WORDS

if TYPE_CHECKING:
    from dsnlib.bounces.scrub.substitutes import Substitutes

__all__ = ["Scrubber"]

# What is learned is bounded, so that looking for it is.
_MOST_PHRASES = 16
_LONGEST_PHRASE = 200
_MOST_WORDS = 1000
_SHORTEST = 4

# What stands for octets beyond US-ASCII, in a text of any charset.
_BEYOND = "\x80-\U0010ffff"
_LABEL = rf"[A-Za-z0-9{_BEYOND}_-]++"
# The pieces of a text, first come first:
#   ISO-2022-JP, whose octets look like letters and signs
#   an IPv6 address, or a time
#   a quoted local part with its domain                         RFC 5321 s4.1.2
#   attributes of X.400 and X.500 names                         RFC 2156 s4.3
#   a number of a telephone
#   what stands between white space, brackets and commas
_PIECE = re.compile(
    r"(?P<escaped>\x1b\$[@B][^\x1b\n]*+)"
    r"|(?P<ipv6>(?:(?<![\w.:])|(?<=[PpVv]6:))(?:[0-9A-Fa-f]{0,4}:){2,8}[0-9A-Fa-f]{0,4}(?![\w:]))"
    rf'|(?P<quoted>"[^"\r\n]{{1,64}}")@(?P<domain>[A-Za-z0-9{_BEYOND}.-]++)'
    r"|(?P<attribute>(?:/|(?<![A-Za-z0-9]))(?:(?i:CN|OU|PN|PRMD|ADMD)|[OSGI])=)"
    r"(?P<value>[^/;,\r\n<>\"@()=]{1,64})"
    r"|(?P<phone>(?<![\w+])\+(?![0-9]{4}\b)[0-9](?:[0-9 ().-]{6,20})[0-9])"
    rf"|(?P<piece>[A-Za-z0-9{_BEYOND}!#$%&'*+/=?^_`{{|}}~.@-]++)"
)
_AT = re.compile(r"@|%40")
# How gateways write what kind of an address follows.
_ADDRESS_TYPE = re.compile(r"(?:SMTP|RFC-?822|X400|EX|MS|FAX|NOTES)=")
_DOMAIN_START = re.compile(rf"{_LABEL}(?>(?:\.{_LABEL})*)")
# TOLERANT: two dots in a row, as software writes that lacks a part of its name.
_DOTTED = re.compile(rf"(?<![A-Za-z0-9{_BEYOND}_-]){_LABEL}(?>(?:\.{{1,2}}{_LABEL})+)")
_SPLIT = re.compile(r"[^/=?&|]++")
# Letters and digits in one run are no word, and so many digits no date.
_RUN = re.compile(r"[A-Za-z0-9]+")
_MIXED = re.compile(r"(?=[0-9]*[A-Za-z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{7,}")
_DIGITS = re.compile(r"[0-9]{9,}")
# But some are names that everybody uses.
_KNOWN_RUN = re.compile(
    r"(?:iso|utf|windows|cp|koi|rfc|tls|ssl|aes|sha|ecdhe|dhe|md|e?smtp|exchange|win|imail|base"
    r"|shift|gb|big|ks|euc|mime|version|v)[0-9]{1,5}[a-z]{0,3}|[0-9]{1,5}(?:bit|[kmg]b|bytes?)",
    re.IGNORECASE,
)
# The codes of Exchange have dots too: "RESOLVER.ADR.RecipNotFound".
_EXCHANGE = frozenset(
    {"resolver", "storedrv", "routing", "smtpsend", "agent", "queue", "microsoft"}
)
# What is learned from a text: local parts, queue ids, and hosts without a domain.
_LEARNED = re.compile(
    r"(?<![\w.+=-])(?P<local>[\w.+-]{4,64}+)@"
    r"|\b(?:id|ID|qp|uid|as)[ ](?P<named>(?=[^\s<>();,]{0,63}[0-9])[^\s<>();,]{4,64}+)"
    r"|\b(?:from|by)[ ](?P<host>[A-Za-z0-9-]{4,63}+)(?=[ ][(\[])"
)
_TOKEN = re.compile(r"\S+")
_ISO_2022_JP = re.compile(r"\x1b\$[@B][^\x1b\n]*+(?:\x1b\([BJ])?")
_NAME = re.compile(r"[^\W_]+")


class Scrubber:
    """Replaces names in texts of one mail.

    Args:
        substitutes: What stands for what.
    """

    def __init__(self, substitutes: Substitutes) -> None:
        self.substitutes = substitutes
        self._words: set[str] = set()
        self._phrases: list[str] = []
        self._phrase: re.Pattern[str] | None = None

    def learn(self, text: str) -> None:
        """Remember the names in a text that can be told by what stands beside them.

        Never raises.
        """
        for found in _LEARNED.finditer(text):
            self.learn_word(found["local"] or found["named"] or found["host"])
            for word in _NAME.findall(found["local"] or ""):
                self.learn_word(word)

    def learn_phrase(self, text: str) -> None:
        """Remember a subject or a personal name, to be replaced wherever it stands.

        Never raises.
        """
        text = " ".join(text.split())
        if len(self._phrases) >= _MOST_PHRASES or not _SHORTEST <= len(text) <= _LONGEST_PHRASE:
            return
        if text not in self._phrases and any(
            word.lower() not in WORDS for word in _NAME.findall(text)
        ):
            self._phrases.append(text)
            longest_first = sorted(self._phrases, key=len, reverse=True)
            either = "|".join(re.escape(each) for each in longest_first)
            self._phrase = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)

    def learn_word(self, word: str) -> None:
        """Remember what is to be replaced where it is a word.  Never raises."""
        lowered = word.lower()
        if (
            len(word) >= _SHORTEST
            and len(self._words) < _MOST_WORDS
            and lowered not in WORDS
            and lowered not in ROLES
            and not _KNOWN_RUN.fullmatch(word)
        ):
            self._words.add(lowered)

    def learn_name(self, name: str) -> None:
        """Remember the name of a person, as a whole and word by word.  Never raises."""
        self.learn_phrase(name)
        for word in _NAME.findall(name[:_LONGEST_PHRASE]):
            self.learn_word(word)

    def text(self, text: str) -> str:
        """Return a text with what names somebody replaced.  Never raises."""
        if self._phrase is None:
            return _PIECE.sub(self._replace, text)
        made = []
        position = 0
        for found in self._phrase.finditer(text):
            made += [_PIECE.sub(self._replace, text[position : found.start()])]
            made += [self.title(found[0])]
            position = found.end()
        made.append(_PIECE.sub(self._replace, text[position:]))
        return "".join(made)

    def title(self, text: str) -> str:
        """Return a subject or a name with every word replaced that no system uses.

        Never raises.
        """
        if "\x1b" in text:
            # Letters in there are halves of characters.
            text = _ISO_2022_JP.sub("?", text)
        return _TOKEN.sub(self._title_token, text)

    def _title_token(self, found: re.Match[str]) -> str:
        token = found[0]
        if "@" in token or "." in token[:-1]:
            return _PIECE.sub(self._replace, token)
        return self.substitutes.words(token)

    def host(self, text: str) -> str:
        """Return the name of a host replaced, also where it has no domain.  Never raises."""
        name = text.strip()
        if not _DOMAIN_START.fullmatch(name) or "." in name or name.lower() in WORDS:
            return self.text(text)
        return text.replace(name, self.substitutes.token(name))

    def _replace(self, found: re.Match[str]) -> str:
        kind = found.lastgroup
        if kind == "piece":
            return self._piece(found[0])
        if kind == "ipv6":
            return self.substitutes.ipv6(found[0])
        if kind == "domain":
            return f"{self.substitutes.token(found['quoted'])}@{self._domain(found['domain'])}"
        if kind == "value":
            return found["attribute"] + self.substitutes.token(found["value"])
        return found[0] if kind == "escaped" else self.substitutes.token(found[0])

    def _piece(self, piece: str) -> str:
        if "@" in piece or "%40" in piece:
            return self._address(piece)
        bare = piece.rstrip(".!?'")
        if bare.lower() in self._words:
            return self.substitutes.token(piece)
        return piece if bare.isalpha() and bare.isascii() else self._parts(piece)

    def _address(self, piece: str) -> str:
        """Replace `local-part@domain` in a piece, and what may stand around it."""
        first = _AT.search(piece)
        begin = first.start() if first else 0
        # A URL has something before the address, or the whole address in its query.
        local = max(piece.rfind(sign, 0, begin) for sign in "?&/") + 1
        if (local or _ADDRESS_TYPE.match(piece)) and "=" in piece[local:begin]:
            local = piece.index("=", local) + 1
        made = [self._parts(piece[:local]), self.substitutes.local_part(piece[local:begin])]
        position = begin
        for at in _AT.finditer(piece, begin):
            made += [self._behind_at(piece[position : at.start()]), at[0]]
            position = at.end()
        made.append(self._behind_at(piece[position:]))
        return "".join(made)

    def _behind_at(self, text: str) -> str:
        start = _DOMAIN_START.match(text)
        if start is None:
            return self._parts(text)
        return self._domain(start[0]) + self._parts(text[start.end() :])

    def _domain(self, name: str) -> str:
        bare = name.rstrip(".-_")
        return self.substitutes.domain(bare) + name[len(bare) :] if bare else name

    def _parts(self, text: str) -> str:
        """Replace hosts, IP addresses and tokens in a piece without an at sign."""
        made = []
        position = 0
        # By turns what has no dots, and what has.
        for found in _DOTTED.finditer(text) if "." in text else ():
            made += [self._tokens(text[position : found.start()]), self._dotted(found[0])]
            position = found.end()
        made.append(self._tokens(text[position:]))
        return "".join(made)

    def _dotted(self, name: str) -> str:
        """Replace a name with dots if it is a host's, or an IP address."""
        labels = name.split(".")
        if name.replace(".", "").isdigit():
            return self.substitutes.ipv4(name) if len(labels) == 4 else self._tokens(name)
        behind = ""
        while len(labels) > 1 and (not labels[-1] or labels[-1][0].isdigit()):
            behind = f".{labels.pop()}{behind}"
        last = labels[-1]
        if (
            len(labels) == 1
            or len(last) == 1
            or last.lower() in EXTENSIONS
            or labels[0].lower() in _EXCHANGE
            or _is_sentence(labels)
        ):
            return ".".join([self._tokens(each) for each in labels]) + behind
        return self.substitutes.domain(".".join(labels)) + behind

    def _tokens(self, text: str) -> str:
        return _SPLIT.sub(lambda found: self._token(found[0]), text) if text else text

    def _token(self, text: str) -> str:
        """Replace what is no word, or a word that is known as a name."""
        if text.lower() in self._words:
            return self.substitutes.token(text)
        for run in _RUN.findall(text):
            is_mixed = _MIXED.fullmatch(run) and not _KNOWN_RUN.fullmatch(run)
            if is_mixed or _DIGITS.fullmatch(run):
                return _RUN.sub(self._unless_known, text)
        return _NAME.sub(self._known, text) if self._words else text

    def _unless_known(self, found: re.Match[str]) -> str:
        return found[0] if found[0].lower() in WORDS else self.substitutes.token(found[0])

    def _known(self, found: re.Match[str]) -> str:
        return self.substitutes.token(found[0]) if found[0].lower() in self._words else found[0]


def _is_sentence(labels: list[str]) -> bool:
    """Tell "failed.Please" from a host: a capital in the last label that is not all capitals."""
    last = labels[-1]
    if last.islower() or last.lower() in TOP_LEVEL or ".".join(labels).isupper():
        return False
    return len(last) > 2 and ".".join(labels[-2:]).lower() not in PROVIDERS
