"""Does a mail look like one that a mail system wrote about another mail?

Each sign counts; what has too few is ordinary mail, whatever it quotes.

    who sent it      the null path, mailer-daemon, X-Failed-Recipients
    how it is headed the words of its Subject, in some languages
    what it says     that something could not be delivered
    codes            replies and statuses in the text

Rules.
- Without a sign in the header nothing is a bounce: a person who asks what
  "550 5.1.1" means has all the words of one.
- An answer or a forwarded mail from a person is none, whatever its Subject.
- Words are looked up, not searched for: one pass over a text finds them all.
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

from dsnlib.bounces.words.phrases import (
    FAILURE_PHRASES,
    FAILURE_WORDS,
    HEAD_ENDS,
    HEAD_PHRASES,
    HEAD_STARTS,
    HEAD_WORDS,
    phrases_of,
    words_of,
)
from dsnlib.bounces.words.prose import find_addresses
from dsnlib.model.charset import find_codec

__all__ = ["WORD", "Signs", "has_failure_phrase", "read_signs", "says_failure"]

WORD = re.compile(r"[a-z0-9\x80-\U0010ffff]+")
"""A word of a text in lower case."""

_DAEMON = (
    "mailerdaemon mdaemon ndr undeliverable undelivered imss scanmail mta mailmarshal mailgateway"
)
_DAEMON_WORDS = frozenset(_DAEMON.split())
# Two words together that only a system has in its name
_DAEMON_PAIRS = (
    *("mailer-daemon", "mailer daemon", "mail daemon", "mail-daemon", "post_master"),
    *("mail delivery", "mail system", "delivery system", "delivery subsystem"),
    *("mail administrator", "system administrator", "mail gateway", "mail server"),
    *("email gateway", "microsoft outlook", "microsoft exchange", "communications server"),
    *("communication server", "message router", "internet mail"),
)
_POSTMASTER = re.compile(r"\bpost[ _-]?master")
_HEAD_WORDS = words_of(HEAD_WORDS)
_has_head_phrase = phrases_of(HEAD_PHRASES)
# "Minutes : non remis (delivery failed)" and "Undeliverable: Minutes", as some
# systems head their notices
_has_head_end = phrases_of(HEAD_ENDS, r":\s*(?:%s)\s*(?:\([^()]{0,40}\))?\s*$")
_has_head_start = phrases_of(HEAD_STARTS, r"^(?:%s)\s*:")
# Of list software, which answers the post itself
_LIST_HEAD = re.compile(r"you \S{1,100} are not member \(|loop alert:")
_ANSWER = re.compile(r"\s*(?:re|fwd?|aw|wg|sv|antw|tr)\s*(?:\[\d+\])?\s*:")
_AUTOMATIC = re.compile(
    r"\b(?:out of (?:the )?office|automatic reply|auto-?reply|autoresponse|vacation|abwesen|"
    r"absence|away from)"
)
_FAILURE_WORDS = words_of(FAILURE_WORDS)
_has_failure_phrase = phrases_of(FAILURE_PHRASES)
# Found many times faster than with a grammar, and exact enough for what is compared.
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]@]{1,250}+@[^\s<>,;:\"'()\[\]@]++")
_ENCODED = re.compile(r"=\?([^?\s]{1,40})\?([bq])\?([^?\s]{0,500})\?=", re.IGNORECASE)
_OWN = (*(b"to", b"delivered-to", b"return-path", b"from", b"reply-to", b"sender", b"errors-to"),)


class Signs(NamedTuple):
    """What the header of a mail tells.

    Args:
        is_system: A mail system is the author, by From.
        is_null: The return path is null, or a mail system's.
        is_master: The author is a postmaster, who may be a person.
        is_headed: The Subject speaks of mail that did not arrive.
        failed: The addresses that X-Failed-Recipients names.
        own: Addresses of ours, and of who reports, in lower case.
        subject: The Subject, decoded, in lower case.
        reporter: The domain of who reports, or `""`.
    """

    is_system: bool = False
    is_null: bool = False
    is_master: bool = False
    is_headed: bool = False
    failed: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    subject: str = ""
    reporter: str = ""

    @property
    def is_any(self) -> bool:
        """Whether anything looks like a bounce."""
        return bool(
            self.is_system or self.is_null or self.is_master or self.is_headed or self.failed
        )


_NONE = Signs()


def read_signs(header: bytes) -> Signs:
    """Return what the header of a mail tells.  Linear; never raises.

    Args:
        header: With LF.
    """
    lowered = b"\n" + header.lower()
    content_type = _field(header, lowered, b"content-type").lower()
    if "report-type" in content_type and "delivery-status" not in content_type:
        return _NONE
    subject = _decode_words(_field(header, lowered, b"subject")).lower()
    failed: tuple[str, ...] = ()
    if b"\nx-failed-recipients" in lowered:
        named = find_addresses(_field(header, lowered, b"x-failed-recipients"))
        failed = tuple(dict.fromkeys(named))
    sender = _field(header, lowered, b"from")
    is_system = _is_system(sender, lowered)
    is_null = _has_null_path(header, lowered)
    is_master = _POSTMASTER.search(sender.lower()) is not None
    if not (is_system or is_master or is_null or failed or _is_a_notice(subject)):
        if _ANSWER.match(subject):
            return _NONE
        if any(each in lowered for each in (b"\nin-reply-to:", b"\nreferences:", b"\nlist-id:")):
            return _NONE
    is_automatic = _AUTOMATIC.search(subject) is not None
    if is_automatic and not failed:
        return _NONE
    words = set(WORD.findall(subject))
    is_headed = not words.isdisjoint(_HEAD_WORDS) or bool(_has_head_phrase(subject))
    # A postmaster writes of much: bounces, quotas, quarantines.
    is_system = is_system or (is_master and (is_null or is_headed))
    if not (is_system or is_master or is_null or is_headed or failed):
        return _NONE
    own: set[str] = set()
    for name in _OWN:
        value = _field(header, lowered, name)
        if "@" in value:
            own.update(_ADDRESS.findall(value.lower()))
    found = _ADDRESS.search(sender.lower())
    reporter = "" if found is None else found[0].partition("@")[2]
    return Signs(
        is_system, is_null, is_master, is_headed, failed, frozenset(own), subject, reporter
    )


def _is_a_notice(subject: str) -> bool:
    """Tell whether a Subject is that of a notice, though it answers a mail."""
    return bool(_has_head_start(subject) or _has_head_end(subject) or _LIST_HEAD.match(subject))


def _field(header: bytes, lowered: bytes, name: bytes) -> str:
    """Return the first field of a name, folds and all, `""` if there is none."""
    place = lowered.find(b"\n" + name + b":")
    if place < 0:
        return ""
    start = place + len(name) + 1  # `lowered` has one octet more in front
    end = header.find(b"\n", start)
    while end >= 0 and header[end + 1 : end + 2] in (b" ", b"\t"):
        end = header.find(b"\n", end + 1)
    return header[start : end if end >= 0 else None].decode("utf-8", "surrogateescape").strip()


def _is_system(sender: str, lowered: bytes) -> bool:
    # Not by Sender: list software has `list-bounces@` there in every post.
    written = sender.lower()
    if not written.strip(" <>"):
        return b"\nfrom:" in lowered
    words = set(WORD.findall(written))
    return not words.isdisjoint(_DAEMON_WORDS) or any(each in written for each in _DAEMON_PAIRS)


def _has_null_path(header: bytes, lowered: bytes) -> bool:
    if b"\nreturn-path:" not in lowered:
        return False
    path = _field(header, lowered, b"return-path").lower()
    return path in ("<>", "") or "mailer-daemon" in path


def has_failure_phrase(lowered: str) -> bool:
    """Tell whether a text says that something was not delivered.  Linear; never raises."""
    return bool(_has_failure_phrase(lowered))


def says_failure(lowered: str, words: set[str]) -> bool:
    """Tell whether a text has words of mail that did not arrive.  Linear; never raises.

    Args:
        lowered: The text in lower case.
        words: Its words.
    """
    return not words.isdisjoint(_FAILURE_WORDS) or bool(_has_failure_phrase(lowered))


def _decode_words(text: str) -> str:
    """Return a field with its encoded-words decoded (RFC 2047)."""
    if "=?" not in text:
        return text

    def decode(found: re.Match[str]) -> str:
        try:
            octets = (
                binascii.a2b_base64(found[3] + "==")
                if found[2] in "bB"
                else binascii.a2b_qp(found[3].encode("ascii", "replace"), header=True)
            )
        except ValueError:
            return found[0]
        codec = find_codec(found[1].partition("*")[0]) or "utf-8"
        return octets.decode(codec, "replace")

    return _ENCODED.sub(decode, text)
