"""The parts of a line of Exim's main log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.logs.exim_line import (
    EximAddress,
    EximEntry,
    host_name,
    read_address,
    read_entry,
    read_tail,
    written_text,
)

ID = "1abcde-0004xZ-AB"
LONG_ID = "1abcde-00000004xZA-ABCD"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"2026-11-23 04:00:00 {ID} => x", ("2026-11-23 04:00:00", ID, "=>")),
        (f"2026-11-23 04:00:00 {LONG_ID} ** x", ("2026-11-23 04:00:00", LONG_ID, "**")),
        (f"2026-11-23 04:00:00.123 +0100 [12] {ID} == x",
         ("2026-11-23 04:00:00.123 +0100", ID, "==")),
        (f"2026-11-23 04:00:00 -0500 {ID} -> x", ("2026-11-23 04:00:00 -0500", ID, "->")),
        (f"{ID} <= x", ("", ID, "<=")),
        (f"[12] {ID} >> x", ("", ID, ">>")),
        (f"2026-11-23 04:00:00 {ID} Completed", ("2026-11-23 04:00:00", ID, "Completed")),
        (f"2026-11-23 04:00:00 {ID} Completed QT=1s", ("2026-11-23 04:00:00", ID, "Completed")),
    ],
)  # fmt: skip
def test_entry(line: str, expected: tuple[str, str, str]) -> None:
    """The time, the message and what happened are read, with what may stand between."""
    entry = read_entry(line, 0)

    assert entry is not None
    assert EximEntry(*expected, entry.end) == entry
    assert line[entry.end :] in ("x", "", "QT=1s")


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"2026-11-23 04:00:00 {ID} *> x",
        f"2026-11-23 04:00:00 {ID}",
        f"2026-11-23 04:00:00 {ID} no host name found",
        "2026-11-23 04:00:00 H=[192.0.2.1] rejected RCPT <a@b>: => x",
        f"2026-11-23 04:00:00 {ID}A => x",
        f"2026-11-23 04:00:00 {ID} Completedx",
    ],
)
def test_other_lines(line: str) -> None:
    """A line of another form is none."""
    assert read_entry(line, 0) is None


@pytest.mark.parametrize(
    ("text", "to", "original", "rest"),
    [
        ("bob@example.org R=x", "bob@example.org", None, " R=x"),
        ("bob@example.org: no", "bob@example.org", None, ": no"),
        ("bob@example.org", "bob@example.org", None, ""),
        ("bob@example.org <team@example.org> R=x", "bob@example.org", "team@example.org", " R=x"),
        ("bob@a.b (al@a.b, x) <team@a.b>: no", "bob@a.b", "team@a.b", ": no"),
        ("bob <bob@example.org> R=x", "bob", "bob@example.org", " R=x"),
        ("/var/mail/bob <bob@example.org> R=x", "", "bob@example.org", " R=x"),
        ("|/bin/a -b c <bob@example.org> R=x", "", "bob@example.org", " R=x"),
        (">al@example.net <bob@example.org> R=x", "", "bob@example.org", " R=x"),
        ("/var/mail/bob R=x", "", None, " R=x"),
        # In quotes it stands twice, first without them.
        ('a b@example.org <"a b"@example.org> R=x', '"a b"@example.org', None, " R=x"),
        (r'a" <b@c.d <"a\" <b"@c.d> R=x', r'"a\" <b"@c.d', None, " R=x"),
        ('bob@example.org <"a b"@example.org> R=x', "bob@example.org", '"a b"@example.org', " R=x"),
        # Whoever chooses it, chooses no other.
        ('al@a.b R=x: 550 no@evil.example <"al@a.b R=x: 550 no"@evil.example>: no',
         '"al@a.b R=x: 550 no"@evil.example', None, ": no"),
        ('al@a.b r=x: no@E.example <"al@a.b R=x: no"@e.example> R=y',
         '"al@a.b R=x: no"@e.example', None, " R=y"),
        (r'al@a.b <"z"@z> R=x@e.f <"al@a.b <\"z\"@z> R=x"@e.f>: no',
         r'"al@a.b <\"z\"@z> R=x"@e.f', None, ": no"),
    ],
)  # fmt: skip
def test_address(text: str, to: str, original: str | None, rest: str) -> None:
    """The address, and the one that it came from, are told from what stands behind."""
    address = read_address(f"** {text}", 3)

    assert address is not None
    assert EximAddress(to, original, address.end) == address
    assert rest == f"** {text}"[address.end :]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " bob@example.org",
        '"a b"@example.org',
        # What stands in quotes is not what stands before, and may be a part of it.
        'al@a.b R=x? @e.f <"al@a.b R=x! "@e.f>: no',
        'al@a.b <"z"@z> R=x? @e.f <"al@a.b R=x! "@e.f>: no',
        'al@a.b: no <"z"@z>',
        "al@a.b" + ' <"' * 100,
        "al@a.b: " + "x" * 8000,
    ],
)
def test_address_that_is_not_to_be_told(text: str) -> None:
    """A line that may be about somebody else is not read."""
    assert read_address(text, 0) is None


def test_thrown_away() -> None:
    """Exim has an address for what is thrown away."""
    address = read_address(":blackhole: <bob@example.org> R=x", 0)

    assert address is not None
    assert address.is_thrown_away


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), min_size=1))
def test_quoted_addresses(local: str) -> None:
    """Whatever an address holds, it is the recipient if it is written as Exim does."""
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    line = f'{local}@example.org <"{escaped}"@example.org> R=a: no'
    address = read_address(line, 0)

    if local[0] not in "|/:>":
        assert address is not None
        assert address.to in (f'"{escaped}"@example.org', f"{local}@example.org")


@pytest.mark.parametrize(
    ("tail", "fields", "text"),
    [
        ("", {}, ""),
        (": no", {}, "no"),
        (" R=a T=b: no: x=y", {"R": "a", "T": "b"}, "no: x=y"),
        (" R=a T=b defer (-44): no", {"R": "a", "T": "b"}, "no"),
        (" defer (111): Connection refused", {}, "Connection refused"),
        (" H=mx.example.org [192.0.2.1]:25* I=[192.0.2.2]:4 DT=0.1s: no",
         {"H": "mx.example.org [192.0.2.1]:25*", "I": "[192.0.2.2]:4", "DT": "0.1s"}, "no"),
        (" H=[2001:db8::1]: no", {"H": "[2001:db8::1]"}, "no"),
        (" H=a.b (c d) [192.0.2.1] P=esmtp", {"H": "a.b (c d) [192.0.2.1]", "P": "esmtp"}, ""),
        (" X=TLS1.3:A__B:256 CV=yes K L.- S=3",
         {"X": "TLS1.3:A__B:256", "CV": "yes", "S": "3"}, ""),
        (r' C="250 \"a\" H=b" QT=1s', {"C": r'"250 \"a\" H=b"', "QT": "1s"}, ""),
        (' F=<ann@example.net> P=<"a> b"@c>', {"F": "<ann@example.net>", "P": '<"a> b"@c>'}, ""),
        (" id*=a@b id=c@d id=e@f", {"id*": "a@b", "id": "c@d"}, ""),
        (' T="a id=b" from <> for c', {"T": '"a id=b"'}, "from <> for c"),
    ],
)  # fmt: skip
def test_tail(tail: str, fields: dict[str, str], text: str) -> None:
    """Fields end at colon and blank, and hold what is in quotes, brackets or one word."""
    assert (fields, text) == read_tail(f"x{tail}", 1)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("mx.example.org [192.0.2.1]:25", "mx.example.org"),
        ("[192.0.2.1]", None),
        ("(hello) [192.0.2.1]", None),
        ("", None),
    ],
)
def test_host_name(field: str, expected: str | None) -> None:
    """A host has the name that it was looked up by; what it calls itself is no name."""
    assert expected == host_name(field)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("550 no", "550 no"),
        (r"550-a\n550 b", "550-a 550 b"),
        (r"a\r\n\tb", "a b"),
        (r"J\303\274rgen", "J\u00fcrgen"),
        (r"caf\351", "caf\ufffd"),
        (r"C:\dir", r"C:\dir"),
    ],
)
def test_written_text(written: str, expected: str) -> None:
    """What is written for line ends and octets is undone."""
    assert expected == written_text(written)
