"""Fuzz `check_content`: any message, walked and checked.

Invariant.
- Nothing raises, whatever the message and the tables.
- The pieces of a walk come in the order of the message, each within it, none
  inside another.
- Without tables, and with tables that have no answer, the message comes back
  as the very object that was given.
- What a refusal says fits into a line, with a status of the class of its code.
- An edit brings no CR into a message that has none: lines end as they did.
"""

from __future__ import annotations

from dsnlib.replies.check_tables import ContentChecks
from dsnlib.replies.checks import ContentVerdict, check_content_sync
from dsnlib.replies.content import ContentLimits, Walk
from dsnlib.replies.refusal import LINE_OCTETS
from dsnlib.replies.tables import parse_table
from fuzz.alphabet import MESSAGE, expand

__all__ = ["READS", "check"]

READS = (
    "dsnlib.replies.content",
    "dsnlib.replies.checks",
)

_SILENT = parse_table("pcre", r"/\Awill never be there\z/ REJECT", origin="silent")
# Each kind of action, with what a pattern takes from the message in it.
_HEADERS = parse_table(
    "pcre",
    r"""/^subject:\s*(.*)/ REPLACE Subject: [seen] $1
/^(from):(.*)/ PREPEND X-Was-$1:$2
/^status: (\S+)/ REJECT $1 no
/^x-extension:(.*)/ IGNORE
/^action: (\S*)/ REDIRECT $1@example.org
/^final-recipient:(.*)/ WARN $1
/^reporting-mta:\s*(.*)/ FILTER $1:next
""",
    origin="headers",
)
_BODY = parse_table(
    "pcre", "/^--(.*)/ PREPEND before $1\n/^(a+)/ REPLACE $1$1\n/rfc822; (.*)/ STRIP\n", origin="b"
)
_EVERY = ContentChecks(headers=(_HEADERS,), body=(_BODY,))
_TIGHT = ContentLimits(header_octets=20, line_octets=5, body_octets=40, nesting=2)


def check(data: bytes) -> None:
    """Check one message with every set of tables and assert the invariant."""
    octets = expand(data, MESSAGE)
    for limits in (ContentLimits(), _TIGHT):
        _check_walk(octets, limits)
        for checks in (ContentChecks(), ContentChecks(headers=(_SILENT,), body=(_SILENT,))):
            verdict = check_content_sync(octets, checks, limits=limits)
            assert octets is verdict.content
            assert verdict.reply is None or limits is _TIGHT or verdict.defects
        _check_verdict(octets, check_content_sync(octets, _EVERY, limits=limits))


def _check_walk(octets: bytes, limits: ContentLimits) -> None:
    place = 0
    walk = Walk(octets, limits)
    for piece in walk.pieces():
        assert place <= piece.start <= piece.stop <= piece.end <= len(octets)
        assert piece.line <= piece.start
        assert isinstance(walk.text(piece), str)
        place = piece.end


def _check_verdict(octets: bytes, verdict: ContentVerdict) -> None:
    if verdict.reply is not None:
        assert verdict.content is octets
        assert verdict.reply.status is None or (
            verdict.reply.status.class_ == verdict.reply.code // 100
        )
        assert len(verdict.reply.format()) <= LINE_OCTETS + 2
    if b"\r" not in octets:
        # A message without a line end at all gets the one of the wire.
        assert b"\r" not in verdict.content or b"\n" not in octets
    for match in verdict.matches:
        assert 0 <= match.offset <= len(octets)
        assert "\n" not in match.text
