"""What tables say of a message's content is done: replies, edits, and all the rest."""

import asyncio
import re
from collections.abc import Awaitable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import LookupFailed
from dsnlib.model.text import encode_wire
from dsnlib.replies.access import ActionKind
from dsnlib.replies.check_tables import ContentChecks
from dsnlib.replies.checks import ContentVerdict, check_content, check_content_sync
from dsnlib.replies.content import ContentLimits, PieceKind
from tests.replies.test_content import MULTIPART, messages

MAIL = b"From: a@b.test\nX-Test: here\nSubject: t\n one\n\nhello\nworld\n"


@attrs.frozen
class PatternTable:
    r"""Expressions and values, the first that matches; `\1` in a value is a group."""

    rules: tuple[tuple[str, str], ...]
    name: str = "pcre:/etc/mail/checks"
    has_fixed_keys: bool = False

    def lookup(self, key: str) -> str | Awaitable[str | None] | None:
        """Return the first value."""
        for pattern, value in self.rules:
            if found := re.search(pattern, key, re.IGNORECASE | re.DOTALL):
                return value.replace(r"\1", (found[1] or "") if found.re.groups else "")
        return None


class LateTable(PatternTable):
    """The same, a moment later."""

    def lookup(self, key: str) -> str | Awaitable[str | None] | None:
        """Return the first value, to be awaited."""

        async def answer() -> str | None:
            await asyncio.sleep(0)
            found = PatternTable.lookup(self, key)
            assert not isinstance(found, Awaitable)
            return found

        return answer()


class BrokenTable(PatternTable):
    """One that cannot answer."""

    def lookup(self, key: str) -> str | Awaitable[str | None] | None:
        """Fail."""
        raise OSError(key)


def rules(*pairs: str) -> tuple[PatternTable, ...]:
    """Return a table of patterns and values in turn, or no table."""
    return (PatternTable(tuple(zip(pairs[::2], pairs[1::2], strict=True))),)


def headers(*pairs: str, data: bytes = MAIL) -> ContentVerdict:
    """Return what a table of headers says."""
    return check_content_sync(data, ContentChecks(headers=rules(*pairs)))


def body(*pairs: str, data: bytes = MAIL) -> ContentVerdict:
    """Return what a table of body lines says."""
    return check_content_sync(data, ContentChecks(body=rules(*pairs)))


def codes(verdict: ContentVerdict) -> list[str]:
    """Return the codes of the defects."""
    return [defect.code for defect in verdict.defects]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("REJECT", "550 5.7.1 The content of this message is not accepted"),
        ("REJECT 5.6.1 wrong content type", "550 5.6.1 wrong content type"),
        ("REJECT only words", "550 5.7.1 only words"),
        ("REJECT 4.6.1 soft content", "451 4.6.1 soft content"),
        ("REJECT 2.6.1 class two", "451 4.6.1 class two"),
        ("REJECT 5.1.1 address code in content", "550 5.1.1 address code in content"),
        ("REJECT 5.6.3", "550 5.6.3 The content of this message is not accepted"),
    ],
)
def test_the_reply_has_postfix_s_codes(value: str, expected: str) -> None:
    """As in the transcripts: the site's status, 451 for class 4 and 550 for 5."""
    assert expected == str(headers("^x-test: here$", value).reply)
    assert expected == str(body("^hello$", value).reply)


def test_a_class_that_refuses_nothing_is_told() -> None:
    """A status of class 2 becomes one of class 4, and whoever wrote it learns so."""
    assert ["check-class"] == codes(headers("here", "REJECT 2.6.1 x"))
    assert [] == codes(headers("here", "REJECT 4.6.1 x"))


def test_the_defects_of_an_action_are_kept() -> None:
    """What only looks like a status is told."""
    assert ["action-status"] == codes(headers("here", "REJECT 5.1.1. x"))


def test_a_long_text_of_a_stranger_fits_into_a_reply() -> None:
    """A line has 512 octets (RFC 5321 s4.5.3.1.5) and ends between two characters."""
    data = "Subject: \u00fc{}\n \r\n\n".format("\u20ac\u00fc" * 300).encode()
    reply = headers("^subject: .?(.*)", "REJECT 5.6.0 \\1", data=data).reply

    assert reply is not None
    assert 509 <= len(reply.format()) <= 512
    assert reply.lines[0].isprintable()


def test_octets_that_are_no_text_fit_into_a_reply() -> None:
    """There is no character to end before."""
    reply = headers(": (.*)", "REJECT \\1", data=b"X: " + b"\x80" * 600).reply

    assert reply is not None
    assert 512 == len(reply.format())


def test_the_first_refusal_decides() -> None:
    """Nothing behind it is looked at."""
    verdict = headers("x-test", "REJECT 5.6.1 one", "subject", "REJECT 5.6.2 two")

    assert "550 5.6.1 one" == str(verdict.reply)
    assert ["REJECT 5.6.1 one"] == [match.rule for match in verdict.matches]


def test_a_match_tells_what_and_why() -> None:
    """The table, its rule, and what it was about, fit for a log."""
    (match,) = headers("^subject: t\n one$", "warn long\tago").notes

    assert ("pcre:/etc/mail/checks", "warn long ago") == (match.table, match.rule)
    assert (ActionKind.WARN, "long ago") == (match.kind, match.text)
    assert (PieceKind.HEADER, "Subject: t  one") == (match.piece, match.matched)
    assert MAIL.index(b"Subject") == match.offset


def test_a_match_is_shown_in_part() -> None:
    """A long field would fill the log."""
    (match,) = headers("x", "INFO", data=b"A: " + b"x" * 1000).notes

    assert 200 == len(match.matched)


def test_notes_change_nothing() -> None:
    """WARN and INFO say something, and the message passes as it is."""
    verdict = headers("x-test", "WARN one", "subject", "INFO two")

    assert ["one", "two"] == [note.text for note in verdict.notes]
    assert verdict.content is MAIL
    assert verdict.reply is None


def test_dunno_ends_the_search_for_one_field() -> None:
    """It is as if nothing had matched, and other tables are not asked."""
    checks = ContentChecks(headers=rules("x-test", "DUNNO") + rules(".", "WARN"))
    verdict = check_content_sync(MAIL, checks)

    assert ["From: a@b.test", "Subject: t  one"] == [match.matched for match in verdict.matches]


def test_pass_ends_it_all() -> None:
    """Nothing behind it is looked at, and the message passes with what was done so far."""
    verdict = headers("from", "HOLD", "x-test", "PASS", "subject", "REJECT")

    assert verdict.reply is None
    assert verdict.is_held


def test_discard_ends_it_all() -> None:
    """The message is dropped, and its sender told that it was taken."""
    verdict = headers("from", "IGNORE", "x-test", "DISCARD spam", "subject", "REJECT")

    assert verdict.is_discarded
    assert verdict.reply is None
    assert verdict.content is MAIL


def test_a_message_goes_elsewhere() -> None:
    """BCC adds up; of several REDIRECT and FILTER the last counts."""
    verdict = check_content_sync(
        MAIL,
        ContentChecks(
            headers=rules(
                *("from", "REDIRECT a@x.test", "x-test", "REDIRECT b@x.test"),
                *("subject", "BCC c@x.test"),
            ),
            body=rules(
                *("hello", "BCC d@x.test", "world", "FILTER smtp:[::1]:10025"),
            ),
        ),
    )

    assert "b@x.test" == verdict.redirect
    assert ("c@x.test", "d@x.test") == verdict.bcc
    assert "smtp:[::1]:10025" == verdict.content_filter


def test_by_default_it_goes_where_it_went() -> None:
    """A message without a match is taken as it is."""
    verdict = headers("nothing like it", "REJECT")

    assert ContentVerdict(content=MAIL) == verdict
    assert verdict.content is MAIL


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (("x-test", "IGNORE"), b"From: a@b.test\nSubject: t\n one\n\nhello\nworld\n"),
        (("subject", "STRIP"), b"From: a@b.test\nX-Test: here\n\nhello\nworld\n"),
        (("subject", "REPLACE Subject: x"), MAIL.replace(b"t\n one", b"x")),
        (("^subject: (.*)", "REPLACE S: \\1."), MAIL.replace(b"Subject: t\n one", b"S: t\n one.")),
        (("x-test", "PREPEND X-New: 1"), MAIL.replace(b"X-Test", b"X-New: 1\nX-Test")),
        (
            ("x-test", "IGNORE", "subject", "PREPEND A: 1", "from", "REPLACE B: 1"),
            b"B: 1\nA: 1\nSubject: t\n one\n\nhello\nworld\n",
        ),
    ],
)
def test_headers_are_edited(pairs: tuple[str, ...], expected: bytes) -> None:
    """A field is taken away, replaced, or has one in front, folds and all."""
    assert expected == headers(*pairs).content
    crlf = headers(*pairs, data=MAIL.replace(b"\n", b"\r\n")).content
    assert expected.replace(b"\n", b"\r\n") == crlf


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (("hello", "IGNORE"), MAIL.replace(b"hello\n", b"")),
        (("hello", "REPLACE any line"), MAIL.replace(b"hello", b"any line")),
        (("world", "PREPEND brave new"), MAIL.replace(b"world", b"brave new\nworld")),
    ],
)
def test_bodies_are_edited(pairs: tuple[str, ...], expected: bytes) -> None:
    """A line is taken away, replaced, or has one in front."""
    assert expected == body(*pairs).content
    crlf = body(*pairs, data=MAIL.replace(b"\n", b"\r\n")).content
    assert expected.replace(b"\n", b"\r\n") == crlf


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("REPLACE B: 1", b"B: 1"),
        ("PREPEND B: 1", b"B: 1\r\nA: 1"),
        ("IGNORE", b""),
    ],
)
def test_a_message_without_a_line_end_is_edited(value: str, expected: bytes) -> None:
    """What is put in front ends as lines do on the wire."""
    assert expected == headers("a", value, data=b"A: 1").content


def test_pieces_of_a_line_are_edited() -> None:
    """Each piece by itself; what goes in front goes in front of the line."""
    checks = ContentChecks(
        body=rules("aaaa", "REPLACE A", "bbbb", "IGNORE", "cc", "PREPEND C", "^$", "REPLACE empty")
    )
    verdict = check_content_sync(b"\n\naaaabbbbcc\n", checks, limits=ContentLimits(line_octets=4))

    assert b"\nempty\nC\nAcc\n" == verdict.content


@pytest.mark.parametrize(
    "value", ["REPLACE \\1", "PREPEND X-A: \\1", "REPLACE X-A: \\1\nX-Evil: 1", "PREPEND X"]
)
def test_an_edit_that_would_break_the_header_is_not_made(value: str) -> None:
    """What a pattern took from a stranger begins no field of its own."""
    data = b"X-Test: 1\r2\n\nhello\n"
    verdict = headers("x-test: (.*)", value, "hello", "IGNORE", data=data)

    assert verdict.content is data
    assert verdict.reply is None
    assert ["check-edit"] == codes(verdict)
    assert [None] == [match.kind for match in verdict.matches]


def test_an_action_that_nobody_knows_refuses_for_now() -> None:
    """A slip of the pen in a table lets nothing through."""
    verdict = headers("x-test", "REJCT", "subject", "REJECT")

    assert "451 4.3.5" == str(verdict.reply)[:9]
    assert ["check-action"] == codes(verdict)
    assert 1 == len(verdict.matches)


def test_a_table_that_fails_refuses_for_now() -> None:
    """Mail is not let through because a table was broken, and the failure is kept."""
    broken = BrokenTable((), name="ldap:checks")
    verdict = check_content_sync(MAIL, ContentChecks(headers=[broken]))

    assert "451 4.3.0" == str(verdict.reply)[:9]
    assert isinstance(verdict.failure, LookupFailed)
    assert "ldap:checks" == verdict.failure.source


def test_what_is_too_deep_to_be_checked_is_refused() -> None:
    """What hides behind too many multiparts is not let through."""
    checks = ContentChecks(headers=rules("nothing", "REJECT"))
    verdict = check_content_sync(
        b"Content-Type: multipart/x;boundary=a\n\n--a\nContent-Type: multipart/x;boundary=b\n\n",
        checks,
        limits=ContentLimits(nesting=1),
    )

    assert "550 5.6.0" == str(verdict.reply)[:9]
    assert ["content-nesting"] == codes(verdict)


def test_the_parts_meet_their_tables() -> None:
    """Each kind of piece is looked up in the tables that are for it."""
    checks = ContentChecks(
        headers=rules(".", "INFO h"),
        mime_headers=rules(".", "INFO m"),
        nested_headers=rules(".", "INFO n"),
        body=rules(".", "INFO b"),
    )
    verdict = check_content_sync(MULTIPART, checks)

    assert "hmhbbmmbbmnmmbmbbbbb" == "".join(note.text for note in verdict.notes)


def test_kinds_without_a_table_are_passed_over() -> None:
    """Where there is no table nothing is asked."""
    verdict = check_content_sync(
        MULTIPART, ContentChecks(headers=rules(".", "INFO"), mime_headers=[], nested_headers=[])
    )

    assert ["Subject: outer", "X-A: 1"] == [note.matched for note in verdict.notes]


def test_a_table_may_answer_later() -> None:
    """What is awaited is awaited; without a loop it is refused."""
    checks = ContentChecks(headers=[LateTable((("x-test", "REJECT"),))])

    assert "550 5.7.1" == str(asyncio.run(check_content(MAIL, checks)).reply)[:9]
    with pytest.raises(TypeError, match="await it instead"):
        check_content_sync(MAIL, checks)


@given(messages())
def test_without_rules_nothing_changes(data: bytes) -> None:
    """No table, or none that has an answer, returns the very object."""
    assert check_content_sync(data, ContentChecks()).content is data
    silent = ContentChecks(headers=rules("(?!)", "REJECT"), body=rules("(?!)", "REJECT"))
    verdict = check_content_sync(data, silent)
    assert verdict.content is data
    assert () == verdict.matches


_VALUES = st.sampled_from(
    [
        *("IGNORE", "PREPEND X: 1", "REPLACE Y: \\1", "REPLACE \\1", "DUNNO", "HOLD", "PASS"),
        *("WARN \\1", "REJECT \\1", "REJECT 4.7.1 \\1", "DISCARD", "BCC \\1@b", "\\1", "FILTER a:"),
    ]
) | st.text(max_size=20)
_TABLES = st.lists(
    st.tuples(st.sampled_from(["(A)", "(--a)", ":(.*)", "(.*)", "()x"]), _VALUES), max_size=4
).map(lambda pairs: (PatternTable(tuple(pairs)),))


@given(messages(), _TABLES, _TABLES)
def test_any_message_has_a_verdict(
    data: bytes, of_headers: tuple[PatternTable, ...], of_body: tuple[PatternTable, ...]
) -> None:
    """Nothing raises, whatever is in the message and in the tables."""
    verdict = check_content_sync(data, ContentChecks(headers=of_headers, body=of_body))

    if verdict.reply is not None:
        assert len(verdict.reply.format()) <= 512
    if not any(match.kind in _EDITS for match in verdict.matches):
        assert verdict.content is data


_EDITS = {ActionKind.IGNORE, ActionKind.STRIP, ActionKind.REPLACE, ActionKind.PREPEND}


@given(messages().map(lambda data: data.replace(b"\r", b"")), _TABLES, _TABLES)
def test_line_ends_do_not_matter(
    data: bytes, of_headers: tuple[PatternTable, ...], of_body: tuple[PatternTable, ...]
) -> None:
    """LF and CRLF lead to the same verdict, and to the same content but for them."""
    checks = ContentChecks(headers=of_headers, body=of_body)
    one = check_content_sync(data, checks)
    other = check_content_sync(data.replace(b"\n", b"\r\n"), checks)

    assert one.reply == other.reply
    assert [match.text for match in one.matches] == [match.text for match in other.matches]
    assert one.content.replace(b"\r\n", b"\n") == other.content.replace(b"\r\n", b"\n")


@given(st.text(alphabet=st.sampled_from("ab: \t\r\n\x00\u00fc")))
def test_an_edit_adds_no_field(text: str) -> None:
    """A field in its place is one field, whatever a stranger wrote."""
    data = b"X-Old: " + encode_wire(text.replace("\n", "\n ")) + b"\n\nbody\n"
    verdict = headers("x-old: ?(.*)", "REPLACE X-New: \\1x", data=data)
    seen = check_content_sync(verdict.content, ContentChecks(headers=rules("", "INFO")))

    assert 1 == len(seen.matches)
