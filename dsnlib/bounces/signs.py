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
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

from dsnlib.bounces.prose import find_addresses

__all__ = ["Signs", "read_signs", "says_failure"]

# The fields that are looked at, in one pass.
_FIELDS = re.compile(
    rb"^(from|sender|to|subject|return-path|delivered-to|x-original-to|reply-to|errors-to|"
    rb"x-failed-recipients|auto-submitted|in-reply-to|references|content-type|precedence|list-id|"
    rb"x-autoreply|x-autorespond)[ \t]*:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_SYSTEM = re.compile(
    r"mailer[-_ ]?daemon|post[-_ ]?master|mail[ -]?delivery|mail[ -]?system|delivery[ -](?:sub)?system|"
    r"mail administrator|system administrator|mdaemon|e?mail[ -]?gateway|virus|ndr |mail server|"
    r"bounce|undeliver|returned|no-?reply.*mail|microsoft outlook|microsoft exchange|"
    r"communications? server|message router|internet mail|daemon|\bmta\b|imss|scanmail|mailmarshal",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|unzustellbar|not delivered|non remis|non recapitat|deliver(?:y|ed)?\b.{0,20}"
    r"(?:fail|problem|error|notif|status|report|delay|unsuccess)|(?:fail|error|problem|delay|return)\w{0,6}"
    r"\b.{0,20}\b(?:(?:e-?)?mail|message|deliver|sender)|mail.{0,30}(?:fail|could not|not be|undeliver|reject|"
    r"return|error|delay|refused)|failure notice|failed mail|user unknown|unknown user|bounce|nondeliver|"
    r"non-deliver|can ?not be (?:sent|delivered)|couldn'?t be delivered|message (?:delayed|rejected|"
    r"status|blocked)|warning|zustell|mislukt|fehler|err(?:eur|ore)|devuel|entrega|neslo|nedoru\u010d|"
    r"not member|loop alert|\u4e0d\u53ef|\u5931\u8d25|\u9000\u4fe1|\u5931\u6557|\u914d\u4fe1|\u30a8\u30e9\u30fc|"
    r"\u043d\u0435 \u0434\u043e\u0441\u0442\u0430\u0432|\u0432\u043e\u0437\u0432\u0440\u0430\u0442",
    re.IGNORECASE,
)
# "Minutes : non remis", as some systems head their notices
_ENDING = re.compile(
    r":\s*(?:non remis|undeliverable|unzustellbar|nicht zugestellt)\s*$", re.IGNORECASE
)
_ANSWER = re.compile(r"\s*(?:re|fwd?|aw|wg|sv|antw|tr)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_AUTOMATIC = re.compile(
    r"\b(?:out of (?:the )?office|automatic reply|auto-?reply|autoresponse|vacation|abwesen|"
    r"absence|away from)\b",
    re.IGNORECASE,
)
_OTHER_REPORT = re.compile(r"report-type[ \t]*=[ \t]*\"?(?!delivery-status)", re.IGNORECASE)
_WORDS = re.compile(
    r"(?:could|can|was|were|has|have|is|been|are|will|did|would)(?: not|n't|not)(?: yet)?(?: be| been)? "
    r"(?:successfully )?(?:deliver|sent|reach|accept|relay|forward|able|process)|undeliver|"
    r"(?:unable|failed|not able|wasn't able) to (?:\w+ )?(?:deliver|send|reach|relay)|delivery (?:to|of|has|attempt)|"
    r"\bfail(?:ed|ure)\b|unknown (?:user|recipient|address|host)|(?:user|recipient|mailbox|host|account)\S* "
    r"(?:is |was )?(?:unknown|not found|unavailable|full|disabled|inactive|does not exist)|no such user|"
    r"permanent (?:fatal )?error|not (?:be )?deliver|reject|returned (?:to sender|mail)|bounce|over quota|"
    r"zustell|remis|livr|entreg|consegn|recapit|afgeleverd|doru\u010d|leverer|\u9001\u4fe1|\u914d\u4fe1|"
    r"\u9001\u8fbe|\u6295\u9012|\u5931\u8d25|\u5931\u6557|\u30a8\u30e9\u30fc|\u0434\u043e\u0441\u0442\u0430\u0432|"
    r"\u03c0\u03b1\u03c1\u03b1\u03b4|error",
    re.IGNORECASE,
)
_ENCODED = re.compile(r"=\?([^?\s]{1,40})\?([bq])\?([^?\s]{0,500})\?=", re.IGNORECASE)


class Signs(NamedTuple):
    """What the header of a mail tells.

    Args:
        points: How much looks like a bounce; 0: nothing.
        failed: The addresses that X-Failed-Recipients names.
        own: Addresses of ours, and of who reports, in lower case.
        subject: The Subject, decoded.
        reporter: The domain of who reports, or `""`.
    """

    points: int
    failed: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    subject: str = ""
    reporter: str = ""


_NONE = Signs(0)


def read_signs(header: bytes) -> Signs:
    """Return what the header of a mail tells.  Linear; never raises."""
    fields: dict[str, str] = {}
    for found in _FIELDS.finditer(header):
        name = found[1].decode("ascii").lower()
        value = found[2].decode("utf-8", "surrogateescape")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    if _OTHER_REPORT.search(fields.get("content-type", "")):
        return _NONE
    subject = _decode_words(fields.get("subject", ""))
    failed = tuple(dict.fromkeys(find_addresses(fields.get("x-failed-recipients", ""))))
    sender = f"{fields.get('from', '')} {fields.get('sender', '')}"
    path = fields.get("return-path")
    points = 3 * bool(failed)
    is_system = bool(_SYSTEM.search(sender)) or not sender.strip(" <>")
    is_null = path is not None and (path.strip() in ("<>", "") or "mailer-daemon" in path.lower())
    points += 2 * (is_system or is_null)
    if not points and not _ENDING.search(subject):
        if _ANSWER.match(subject) or "in-reply-to" in fields or "references" in fields:
            return _NONE
        if "list-id" in fields:
            return _NONE
    elif _AUTOMATIC.search(subject) and not failed:
        return _NONE
    points += bool(_SUBJECT.search(subject)) and not _AUTOMATIC.search(subject)
    if not points:
        return _NONE
    names = ("to", "delivered-to", "x-original-to", "return-path", "from", "reply-to", "sender",
             "errors-to")  # fmt: skip
    own = [each.lower() for name in names for each in find_addresses(fields.get(name, ""))]
    domains = [each.partition("@")[2] for each in find_addresses(fields.get("from", ""))]
    return Signs(points, failed, frozenset(own), subject, next(iter(domains), "").lower())


def says_failure(text: str) -> bool:
    """Tell whether a text speaks of mail that did not arrive.  Linear; never raises."""
    return _WORDS.search(text) is not None


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
