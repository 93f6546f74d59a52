"""Restrictions that ask lists in the DNS about addresses and names (RFC 5782).

    zen.example.org                  listed, whatever the answer
    zen.example.org=127.0.0.2        listed if this is among the answers
    zen.example.org=127.0.0.[2..11]  or one in the range
    zen.example.org=127.0.0.[2;4;8]  or one of these

Rules.
- A list that does not answer lets nothing pass: mail waits, unless the site
  passes such lists over.
- A list that permits and does not answer makes a refusal one for now.
- What a list says is shown, for the sender to know whom to ask (RFC 5782 s2.3).
"""

from __future__ import annotations

import contextlib
import ipaddress
import re

import attrs

from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.model.local_part import domain_of
from dsnlib.replies.finding import Finding, Inquiry, Ruling
from dsnlib.replies.resolver import resolve
from dsnlib.replies.stage import Stage

__all__ = ["BlockList", "list_restriction", "parse_block_list", "reject_listed_everywhere"]

_SET = re.compile(r"\[([0-9.;]*)\]")
_RANGE = re.compile(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?")
_PIECE = re.compile(r"\[[^\]]*\]|[^.\[\]]+")
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_LARGEST_OCTET = 255
_LONGEST_TEXT = 200


@attrs.frozen
class BlockList:
    """A list, and which of its answers count.

    Args:
        domain: Where it is in the DNS.
        octets: For each octet of an answer, the numbers that count; none: all
            answers do.
    """

    domain: str
    octets: tuple[frozenset[int], ...] = ()

    def counts(self, answer: str) -> bool:
        """Tell whether an answer means that it is listed.  Never raises."""
        try:
            numbers = ipaddress.IPv4Address(answer).packed
        except ValueError:
            return False
        return not self.octets or all(
            number in allowed for number, allowed in zip(numbers, self.octets, strict=True)
        )


def parse_block_list(text: str) -> BlockList:
    """Return the list that a restriction names.

    >>> parse_block_list("zen.example.org=127.0.0.[2..4]").counts("127.0.0.3")
    True

    Raises:
        InvalidValue: The domain, or the answers that count, cannot be such.
    """
    domain, equals, answers = text.partition("=")
    if _DOMAIN.fullmatch(domain) is None:
        message = f"block list: {domain!r} is not a domain"
        raise InvalidValue(message, value=text)
    return BlockList(domain.lower(), _parse_answers(answers) if equals else ())


def _parse_answers(text: str) -> tuple[frozenset[int], ...]:
    pieces = _PIECE.findall(text)
    octets = tuple([_parse_octet(piece) for piece in pieces])
    if len(octets) != 4 or not all(octets) or ".".join(pieces) != text:
        message = f"block list: {text!r} is not four numbers, sets or ranges"
        raise InvalidValue(message, value=text)
    return octets


def _parse_octet(text: str) -> frozenset[int]:
    inner = _SET.fullmatch(text)
    ranges = [text] if inner is None else inner[1].split(";")
    numbers: set[int] = set()
    for each in ranges:
        found = _RANGE.fullmatch(each)
        if found is None or int(found[2] or found[1]) > _LARGEST_OCTET:
            return frozenset()
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return frozenset(numbers)


async def list_restriction(inquiry: Inquiry, *, subject: str, permits: bool) -> Finding | None:
    """Ask a list about the session, and refuse or permit what it has.

    Args:
        inquiry: Its `argument` names the list.
        subject: Which part of the session: `address`, or the name of a stage.
        permits: Whether being listed is good.
    """
    listed = parse_block_list(inquiry.argument)
    return await _ask(inquiry, listed, subject, permits=permits)


async def reject_listed_everywhere(inquiry: Inquiry) -> Finding | None:
    """Ask each of the site's own lists about the client's address."""
    for domain in inquiry.site.block_lists:
        found = await _ask(inquiry, parse_block_list(domain), "address", permits=False)
        if found is not None:
            return found
    return None


# What is asked about, and whose refusal it then is.
_STAGES = {
    "address": Stage.CLIENT,
    "hostname": Stage.CLIENT,
    "reverse": Stage.CLIENT,
    "helo": Stage.HELO,
    "sender": Stage.SENDER,
    "recipient": Stage.RECIPIENT,
}


async def _ask(
    inquiry: Inquiry, listed: BlockList, subject: str, *, permits: bool
) -> Finding | None:
    asked, shown = _subject(inquiry, subject)
    resolver = inquiry.site.resolver
    if not asked or resolver is None:
        return None
    name = f"{asked}.{listed.domain}"
    try:
        answers = await resolve(resolver, "addresses", name)
    except LookupFailed:
        if permits:
            text = f"{listed.domain} cannot be asked now"
            return inquiry.refuse(450, "5.7.0", text, ruling=Ruling.DEFER_IF_REJECT)
        if inquiry.site.skips_failed_lists:
            return None
        raise
    if not any(listed.counts(each) for each in answers):
        return None
    if permits:
        return inquiry.permit(source=listed.domain)
    text = f"{shown} is on the list {listed.domain}"
    with contextlib.suppress(LookupFailed):  # what it says is only for people
        said = " ".join(await resolve(resolver, "texts", name))
        text += f": {said[:_LONGEST_TEXT]}" if said else ""
    code = inquiry.site.codes.maps_rbl
    stage = _STAGES[subject]
    return inquiry.refuse(code, "5.7.1", text, stage=stage, source=listed.domain)


def _subject(inquiry: Inquiry, subject: str) -> tuple[str, str]:
    """Return the name under which a list is asked, and how it is shown."""
    session = inquiry.session
    if subject == "address":
        shown = f"[{session.client.address}]"
        return _reversed(session.client.address), shown
    name = {
        "hostname": session.client.hostname,
        "reverse": session.client.reverse_hostname,
        "helo": session.helo,
        "sender": domain_of(session.sender or ""),
        "recipient": domain_of(session.recipient or ""),
    }[subject]
    # A name that the DNS cannot have is on no list.
    asked = (name or "").removesuffix(".")
    return (asked, asked) if _DOMAIN.fullmatch(asked) else ("", "")


def _reversed(address: str) -> str:
    """Return an address as lists have it: RFC 5782 s2.1, s2.4."""
    try:
        pointer = ipaddress.ip_address(address).reverse_pointer
    except ValueError:
        return ""
    return pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
