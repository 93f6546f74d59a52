"""Whom a text for people is about, and what it says of each.

The reader of last resort: it knows no mail system, only how people and programs
write.  An address alone on a line, or at its beginning, is what a bounce is
about; one inside a sentence may be; one that a contact has is not.

    <bob@example.org>: host mx.example.org said: 550 5.1.1 no such user
    bob@example.org
    Failed Recipient: bob@example.org
    RCPT TO:<bob@example.org> was refused
    There was an error delivering your mail to <bob@example.org>.

Rules.
- Our own address, and that of the reporting system, are not what failed, unless
  there is no other.
- Text up to the next address is about the one before it; where that has no code,
  what stands before the first address is about all.
- What the original says of itself, its From and Subject, is passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Passage", "find_addresses", "is_contact", "read_prose"]

# What an address can be in a text: RFC 5321 s4.1.2 without quotes, and not the
# punctuation that surrounds it.  Both are tried from the "@" outwards.
# Beyond US-ASCII anything but the punctuation of Chinese and Japanese.
_WIDE = r"\x80-\u2fff\u3041-\ufeff\U00010000-\U0010ffff"
_LOCAL_PART = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.{_WIDE}-]{{1,128}}\Z")
_DOMAIN = re.compile(
    rf"@([A-Za-z0-9{_WIDE}_-]{{1,63}}(?:\.[A-Za-z0-9{_WIDE}_-]{{1,63}}){{0,20}}"
    r"|\[[0-9A-Fa-f.:]{2,45}\])"
)
_LONGEST_LOCAL_PART = 128
# "SMTP=bob@example.org", of an X.400 address
_PREFIX = re.compile(r"\A(?:smtp|rfc-?822)?=", re.IGNORECASE)
# What may stand before an address that a line is about.
_LEAD = re.compile(r"[\s>*\u2022\u00b7|<\"'\[(\u300c-]{0,40}")
# "Failed Recipient: ", "Recipient address:", "To:"
_LABEL = re.compile(
    r"[\s>*\u2022\u00b7|-]{0,20}([^\W\d_][\w /().'#-]{0,50})[:=\uff1a][\s<\"'\[(]{0,20}"
)
_SENDER_LABELS = re.compile(
    r"\b(?:from|sender|mail from|reply|return|message-?id|subject|x-[a-z-]+|by|cc|contact|"
    r"orig(?:inal)?[ -]?(?:sender|from)|envelope|errors-to|von|de|absender)\b",
    re.IGNORECASE,
)
_RCPT = re.compile(r"\bRCPT[ -]TO[:\s]*[<\s]*$", re.IGNORECASE)
_MAIL = re.compile(
    r"(?:\bMAIL[ -]FROM[:\s]*|\bfrom|\bsender|\bcontact|\bcall|e-?mail to|mailto:|https?://\S{0,200})"
    r"[:\s]*[<(\"']*$",
    re.IGNORECASE,
)
_ROLES = (
    "postmaster mailer-daemon abuse support helpdesk noc admin administrator hostmaster webmaster "
    "root mailadmin security help noreply no-reply"
)
_CONTACTS = frozenset(_ROLES.split())
# "The following address(es) failed:", "to these recipients:"
_HEADING = re.compile(
    r"(?:(?:following|these) (?:recip|addr|user|person|people|mailbox|destin|e-?mail)|recipient|"
    r"address|destinataire|empf\u00e4nger|adress|destinatari)[^\n]{0,60}:[ \t]*$"
    r"|(?:address|recipient)\S{0,4} (?:had|with)[^\n]{0,60}$",
    re.IGNORECASE | re.MULTILINE,
)
# "550 <bob@example.org>... User unknown", of a transcript
_REFUSED = re.compile(r"[45][0-9]{2}[ -](?:[45]\.[0-9.]{3,7} )?<?$")
_MOST_PASSAGES = 200
_MOST_LINES = 2000


class Passage(NamedTuple):
    """What a text says of one address.

    Args:
        address: Whom it is about.
        text: What it says, on the lines from the address on.
        start: Where the address begins in the text.
        rank: How the address stands there: 3 alone or in front, 2 in a command
            to the next server, 1 behind the label To, 0 in a sentence.
    """

    address: str
    text: str
    start: int
    rank: int


def find_addresses(text: str) -> list[str]:
    """Return the addresses in a text, in order.  Linear; never raises."""
    return [address for address, _, _ in _addresses(text)]


def _addresses(text: str) -> list[tuple[str, int, int]]:
    """Return each address in a text, and where it begins and ends."""
    found = []
    done = 0
    at = text.find("@")
    while at >= 0:
        behind = _DOMAIN.match(text, at)
        before = (
            _LOCAL_PART.search(text, max(done, at - _LONGEST_LOCAL_PART), at) if behind else None
        )
        if behind and before:
            local_part = _PREFIX.sub("", before[0].lstrip("'."), count=1)
            end = behind.end()
            domain = behind[1].rstrip("-_")
            if local_part and domain:
                found.append((f"{local_part}@{domain}", at - len(local_part), end))
                done = end
        at = text.find("@", at + 1)
    return found


def is_contact(address: str) -> bool:
    """Tell whether an address is one to write to for help (RFC 2142).  Never raises."""
    return address.partition("@")[0].lower() in _CONTACTS


def read_prose(
    text: str, *, own: Iterable[str] = (), named: Iterable[str] = ()
) -> tuple[list[Passage], str]:
    """Return what a text says of each address that it is about.  Never raises.

    Args:
        text: The explanation of a bounce.
        own: Addresses that are hardly what failed, in lower case.
        named: Addresses that are, told elsewhere: they are looked for.

    Returns:
        The passages, and the text before the first.
    """
    excluded = frozenset(own)
    wanted = {each.lower(): each for each in named}
    found = _occurrences(text)
    if wanted:
        chosen = [each for each in found if each.address.lower() in wanted]
    else:
        alone = [each for each in found if each.rank == 3]
        heading = _HEADING.search(text) if len(alone) > 1 else None
        behind = [] if heading is None else [each for each in alone if each.start > heading.end()]
        chosen = _choose(behind, excluded) or _choose(found, excluded)
    first: dict[str, Passage] = {}
    for each in chosen:
        first.setdefault(each.address.lower(), each)
    passages = sorted(first.values(), key=lambda each: each.start)[:_MOST_PASSAGES]
    ends = [each.start for each in passages[1:]] + [len(text)] * bool(passages)
    done = [
        each._replace(text=text[each.start : end]) for each, end in zip(passages, ends, strict=True)
    ]
    return done, text[: passages[0].start] if passages else text


def _choose(found: list[Passage], own: frozenset[str]) -> list[Passage]:
    """Return those that the text is about: of the best rank that there is."""
    for is_strict in (True, False):
        for rank in (3, 2, 1, 0):
            chosen = [
                each
                for each in found
                if each.rank == rank
                and not (is_strict and (each.address.lower() in own or is_contact(each.address)))
            ]
            if chosen:
                return chosen
    return []


def _occurrences(text: str) -> list[Passage]:
    found: list[Passage] = []
    place = 0
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        if "@" in line and len(found) < 4 * _MOST_PASSAGES:
            found += _in_line(line[:2000], place)
        place += len(line) + 1
    return found


def _in_line(line: str, place: int) -> list[Passage]:
    found = []
    for number, (address, start, end) in enumerate(_addresses(line)):
        if "." not in address.partition("@")[2] and not address.endswith("]"):
            continue
        rank = _rank(line, line[:start], end, is_first=not number)
        if rank is not None:
            found.append(Passage(address, "", place + start, rank))
    return found


def _rank(line: str, before: str, end: int, *, is_first: bool) -> int | None:
    if _RCPT.search(before[-60:]) or (_REFUSED.fullmatch(before) and line.startswith(">...", end)):
        return 2
    if _MAIL.search(before[-260:]):
        return None
    if is_first and _LEAD.fullmatch(before):
        return 3
    label = _LABEL.fullmatch(before) if is_first else None
    if label:
        if _SENDER_LABELS.search(label[1]):
            return None
        return 1 if label[1].strip().lower() == "to" else 3
    return 0
