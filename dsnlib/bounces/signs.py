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

from dsnlib.bounces.prose import find_addresses

__all__ = ["WORD", "Signs", "read_signs", "says_failure"]

WORD = re.compile(r"[a-z0-9\x80-\U0010ffff]+")
"""A word of a text in lower case."""

_DAEMON_WORDS = frozenset(
    "daemon mailerdaemon postmaster mdaemon ndr undeliverable undelivered imss scanmail "
    "mailmarshal mta mailgateway".split()
)
# Two words together that only a system has in its name
_DAEMON_PAIRS = (
    "mail delivery", "mail system", "delivery system", "delivery subsystem", "post master",
    "post_master", "mail administrator", "system administrator", "mail gateway", "email gateway",
    "mail server", "microsoft outlook", "microsoft exchange", "communications server",
    "communication server", "message router", "internet mail",
)  # fmt: skip
_SUBJECT_WORDS = frozenset(
    "undeliverable undelivered undeliver undeliverd unzustellbar nondeliverable nondelivery bounce "
    "bounced warning returned zustellung zustellungsstatus zustellen mislukt fehler fehlgeschlagen "
    "erreur errore remis recapitato devuelto devuelta entrega entregado neslo nedoru\u010deno "
    "failed failure rejected refused undeliverability loop".split()
)
_SUBJECT = re.compile(
    r"not (?:be )?deliver|non-deliver|deliver(?:y|ed)?\b.{0,20}(?:fail|problem|error|notif|status|report|delay|"
    r"unsuccess)|(?:error|problem|delay)\w{0,6}\b.{0,20}\b(?:(?:e-?)?mail|message|deliver|sender)|"
    r"mail.{0,30}(?:could not|not be|error|delay|status)|user unknown|unknown user|"
    r"can ?not be (?:sent|delivered)|couldn'?t be delivered|message (?:delayed|status|blocked)|"
    r"not member|\u4e0d\u53ef|\u5931\u8d25|\u9000\u4fe1|\u5931\u6557|\u914d\u4fe1|"
    r"\u30a8\u30e9\u30fc|\u043d\u0435 \u0434\u043e\u0441\u0442\u0430\u0432|"
    r"\u0432\u043e\u0437\u0432\u0440\u0430\u0442"
)
# "Minutes : non remis (delivery failed)", as some systems head their notices, and
# those of list software, which answer the post itself
_ENDING = re.compile(
    r":\s*(?:non remis|undeliverable|unzustellbar|nicht zugestellt)\s*(?:\([^()]{0,40}\))?\s*$"
    r"|^you \S{1,100} are not member \(|^loop alert:"
    # "Undeliverable: Minutes"
    r"|^(?:undeliverable|undelivered|non-delivery|unzustellbar|nicht zustellbar|onbestelbaar|"
    r"non remis|non recapitabile|no se puede entregar|n\u00e3o \u00e9 poss\u00edvel entregar)\s*:"
)
_ANSWER = re.compile(r"\s*(?:re|fwd?|aw|wg|sv|antw|tr)\s*(?:\[\d+\])?\s*:")
_AUTOMATIC = re.compile(
    r"\b(?:out of (?:the )?office|automatic reply|auto-?reply|autoresponse|vacation|abwesen|"
    r"absence|away from)"
)
_FAILURE_WORDS = frozenset(
    "undeliverable undelivered nondeliverable failed failure failures fails unknown rejected reject "
    "bounce bounced returned unreachable unable error errors quota disabled inactive unzustellbar "
    "zugestellt zustellung zustellen fehler remis livr\u00e9 livrer entregado entregar entrega "
    "consegna consegnato recapitato recapitare afgeleverd doru\u010den doru\u010deno leveret "
    "levererats permanent fatal problems problem refused denied full expired".split()
)
_FAILURE = re.compile(
    r"(?:not|n't)(?: yet)?(?: be| been)?(?: successfully)? (?:deliver|sent|reach|accept|relay|forward|"
    r"able|process|found|exist|collect)|n'a pas|\u9001\u4fe1|\u914d\u4fe1|\u9001\u8fbe|\u6295\u9012|\u5931\u8d25|"
    r"\u5931\u6557|\u30a8\u30e9\u30fc|\u0434\u043e\u0441\u0442\u0430\u0432|\u03c0\u03b1\u03c1\u03b1\u03b4"
)
_ENCODED = re.compile(r"=\?([^?\s]{1,40})\?([bq])\?([^?\s]{0,500})\?=", re.IGNORECASE)
_OWN = (b"to", b"delivered-to", b"x-original-to", b"return-path", b"from", b"reply-to", b"sender",
        b"errors-to")  # fmt: skip


class Signs(NamedTuple):
    """What the header of a mail tells.

    Args:
        is_system: A mail system is the author, by From.
        is_null: The return path is null, or a mail system's.
        is_headed: The Subject speaks of mail that did not arrive.
        failed: The addresses that X-Failed-Recipients names.
        own: Addresses of ours, and of who reports, in lower case.
        subject: The Subject, decoded, in lower case.
        reporter: The domain of who reports, or `""`.
    """

    is_system: bool = False
    is_null: bool = False
    is_headed: bool = False
    failed: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    subject: str = ""
    reporter: str = ""

    @property
    def is_any(self) -> bool:
        """Whether anything looks like a bounce."""
        return bool(self.is_system or self.is_null or self.is_headed or self.failed)


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
    if not (is_system or is_null or failed) and not _ENDING.search(subject):
        if _ANSWER.match(subject):
            return _NONE
        if any(each in lowered for each in (b"\nin-reply-to:", b"\nreferences:", b"\nlist-id:")):
            return _NONE
    is_automatic = _AUTOMATIC.search(subject) is not None
    if is_automatic and not failed:
        return _NONE
    words = set(WORD.findall(subject))
    is_headed = not words.isdisjoint(_SUBJECT_WORDS) or _SUBJECT.search(subject) is not None
    if not (is_system or is_null or is_headed or failed):
        return _NONE
    own: list[str] = []
    for name in _OWN:
        value = _field(header, lowered, name)
        if "@" in value:
            own += [each.lower() for each in find_addresses(value)]
    domains = [each.partition("@")[2] for each in find_addresses(sender)]
    reporter = next(iter(domains), "").lower()
    return Signs(is_system, is_null, is_headed, failed, frozenset(own), subject, reporter)


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


def says_failure(lowered: str, words: set[str]) -> bool:
    """Tell whether a text speaks of mail that did not arrive.  Linear; never raises.

    Args:
        lowered: The text in lower case.
        words: Its words.
    """
    return not words.isdisjoint(_FAILURE_WORDS) or _FAILURE.search(lowered) is not None


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
            return octets.decode(found[1].partition("*")[0], "replace")
        except (LookupError, ValueError):
            return found[0]

    return _ENCODED.sub(decode, text)
