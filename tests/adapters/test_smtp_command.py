"""Paths and parameters of MAIL and RCPT are taken apart, and nothing else is."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.smtp_command import (
    InvalidCommand,
    RcptCommand,
    read_mail,
    read_rcpt,
    split_path,
)
from dsnlib.errors import InvalidParameter
from dsnlib.model.envelope import Body
from dsnlib.model.esmtp import Notify, Ret, parse_mail_parameters, parse_rcpt_parameters
from tests.strategies import mailboxes

BAD_SENDER = "501 5.1.7"
BAD_RECIPIENT = "501 5.1.3"
BAD_ARGUMENT = "501 5.5.4"


@pytest.mark.parametrize("is_strict", [False, True], ids=["tolerant", "strict"])
@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("FROM:<ann@example.org>", ("ann@example.org", "")),
        ("from:<Ann@Example.ORG>", ("Ann@Example.ORG", "")),
        ("FROM:<>", ("", "")),
        ("FROM:<> RET=FULL", ("", "RET=FULL")),
        ("FROM:<a@b.example>  SIZE=1  RET=FULL", ("a@b.example", "SIZE=1  RET=FULL")),
        # Quoted local parts end nowhere but at their quote
        ('FROM:<"a b"@example.org> SIZE=1', ('"a b"@example.org', "SIZE=1")),
        ('FROM:<"a>b"@example.org> SIZE=1', ('"a>b"@example.org', "SIZE=1")),
        (r'FROM:<"a\">b"@example.org>', (r'"a\">b"@example.org', "")),
        ('FROM:<"@x:a"@example.org>', ('"@x:a"@example.org', "")),
        ("FROM:<a@[192.0.2.1]>", ("a@[192.0.2.1]", "")),
        ("FROM:<a@[IPv6:2001:db8::1]>", ("a@[IPv6:2001:db8::1]", "")),
        # Source routes are read and left out
        ("FROM:<@r.example:ann@example.org>", ("ann@example.org", "")),
        ("FROM:<@r.example,@s.example:ann@example.org> SIZE=1", ("ann@example.org", "SIZE=1")),
        ("FROM:<änn@example.org>", ("änn@example.org", "")),
    ],
)
def test_path(argument: str, expected: tuple[str, str], is_strict: bool) -> None:  # noqa: FBT001  a column of the table
    """A path in brackets, as RFC 5321 s4.1.2 has it."""
    assert expected == split_path(argument, "MAIL", is_strict=is_strict)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("FROM: <ann@example.org>", ("ann@example.org", "")),
        ("FROM:ann@example.org SIZE=1", ("ann@example.org", "SIZE=1")),
        ("FROM: ann@example.org", ("ann@example.org", "")),
        ('FROM:"a b"@example.org SIZE=1', ('"a b"@example.org', "SIZE=1")),
        ("FROM:<ann>", ("ann", "")),
        ("FROM:postmaster", ("postmaster", "")),
        ("FROM:<a..b@docomo.example>", ("a..b@docomo.example", "")),
        ("FROM:<a_b@under_score.example>", ("a_b@under_score.example", "")),
    ],
)
def test_path_that_only_the_tolerant_take(argument: str, expected: tuple[str, str]) -> None:
    """What clients write against the grammar is read, and refused where it is to be strict."""
    assert expected == split_path(argument, "MAIL")
    with pytest.raises(InvalidCommand) as caught:
        split_path(argument, "MAIL", is_strict=True)
    assert BAD_SENDER == str(caught.value.reply)[:9]


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        (None, BAD_ARGUMENT),
        ("", BAD_ARGUMENT),
        ("<ann@example.org>", BAD_ARGUMENT),
        ("FROM <ann@example.org>", BAD_ARGUMENT),
        ("TO:<ann@example.org>", BAD_ARGUMENT),
        ("FROM:", BAD_SENDER),
        ("FROM:<ann@example.org", BAD_SENDER),
        ("FROM:<ann@example.org>SIZE=1", BAD_SENDER),
        ("FROM:<ann@example.org>>", BAD_SENDER),
        ("FROM:<<ann@example.org>>", BAD_SENDER),
        ("FROM:<a b@example.org>", BAD_SENDER),
        ('FROM:<"ann@example.org>', BAD_SENDER),
        ('FROM:<"ann\\"@example.org>', BAD_SENDER),
        ("FROM:Ann <ann@example.org>", BAD_SENDER),
        ("FROM:ann", BAD_SENDER),
        ("FROM:SIZE=1", BAD_SENDER),
        ("FROM:@example.org", BAD_SENDER),
        ("FROM:<@example.org>", BAD_SENDER),
        ("FROM:<@r.example:>", BAD_SENDER),
        ("FROM:<ann@example.org\x00>", BAD_SENDER),
        ("FROM:<a\tb@example.org>", BAD_SENDER),
        ("FROM:<a\rb@example.org>", BAD_SENDER),
        ("FROM:<ann\udcff@example.org>", "500 5.5.2"),
    ],
)
def test_what_is_no_path(argument: str | None, reply: str) -> None:
    """What is refused has its reply, which says nothing of what came."""
    with pytest.raises(InvalidCommand) as caught:
        split_path(argument, "MAIL")

    assert reply == str(caught.value.reply)[:9]
    assert argument == caught.value.value


@pytest.mark.parametrize(
    ("argument", "strictly", "tolerantly"),
    [
        ("TO:<bob@example.com>", "bob@example.com", "bob@example.com"),
        ("TO:<postmaster>", "postmaster", "postmaster"),
        ("TO:<Postmaster>", "Postmaster", "Postmaster"),
        ("TO:postmaster", None, "postmaster"),
        ("TO:<bob>", None, "bob"),
        ("TO:<>", None, None),
        ("TO:<@r.example:>", None, None),
        ("TO:", None, None),
    ],
)
def test_recipient(argument: str, strictly: str | None, tolerantly: str | None) -> None:
    """`postmaster` alone is a recipient (RFC 5321 s4.1.1.3); the null path is none."""
    for is_strict, expected in ((True, strictly), (False, tolerantly)):
        if expected is None:
            with pytest.raises(InvalidCommand) as caught:
                split_path(argument, "RCPT", is_strict=is_strict)
            assert BAD_RECIPIENT == str(caught.value.reply)[:9]
        else:
            assert (expected, "") == split_path(argument, "RCPT", is_strict=is_strict)


def test_mail() -> None:
    """What a server has to know of MAIL is in fields; the rest is in the parameters."""
    words = "SIZE=1000 body=8bitmime SMTPUTF8 ret=hdrs ENVID=Qq+2B1"
    command = read_mail(f"FROM:<ann@example.org> {words}", parse=parse_mail_parameters)

    assert "ann@example.org" == command.sender
    assert (1000, Body.EIGHT_BIT, True) == (command.size, command.body, command.smtputf8)
    assert (Ret.HDRS, "Qq+1") == (command.parameters.ret, command.parameters.envid)
    assert ["SIZE=1000", "BODY=8bitmime", "SMTPUTF8", "RET=hdrs", "ENVID=Qq+2B1"] == command.options


def test_rcpt() -> None:
    """The case of values is kept, that of keywords made upper."""
    argument = "TO:<bob@example.com> notify=never ORCPT=rfc822;Bob@Example.COM"
    command = read_rcpt(argument, parse=parse_rcpt_parameters)

    assert Notify.NEVER == command.parameters.notify
    assert "Bob@Example.COM" == str(command.parameters.orcpt and command.parameters.orcpt.value)
    assert ["NOTIFY=never", "ORCPT=rfc822;Bob@Example.COM"] == command.options


def test_no_parameters() -> None:
    """A path alone asks for nothing."""
    assert RcptCommand(recipient="bob@example.com") == read_rcpt(
        "TO:<bob@example.com>", parse=parse_rcpt_parameters
    )


@pytest.mark.parametrize(
    "word",
    [
        *("SIZE", "SIZE=x", "SIZE=-1", f"SIZE={'1' * 21}", "SIZE=\N{ARABIC-INDIC DIGIT ONE}"),
        *("BODY", "BODY=7", "SMTPUTF8=1", "REQUIRETLS=1", "AUTH", "AUTH=a+2"),
    ],
)
def test_value_that_a_server_cannot_take(word: str) -> None:
    """A value of a known parameter that is none is a syntax error."""
    with pytest.raises(InvalidParameter) as caught:
        read_mail(
            f"FROM:<> {word}", parse=lambda words: parse_mail_parameters(words, smtputf8=True)
        )

    assert "501 5.5.4" == str(caught.value.reply)[:9]


@pytest.mark.parametrize("word", ["AUTH=<>", "AUTH=ann@example.org", "AUTH=e+3Dmc2", "SIZE=0"])
def test_value_that_a_server_takes(word: str) -> None:
    """AUTH is `<>` or xtext (RFC 4954 s5)."""
    assert [word] == read_mail(f"FROM:<> {word}", parse=parse_mail_parameters).options


@pytest.mark.parametrize(
    "argument",
    [
        'FROM:<"' + "\\" * 100_000,
        "FROM:<" + "@a" * 50_000,
        "FROM:<" + "@a," * 50_000,
        "FROM:<" + '""' * 50_000,
        "FROM:" + " " * 100_000,
        "FROM:<a@b>" + " " * 100_000 + "\n",
        "FROM:" + "a@" * 50_000 + ">",
    ],
    ids=["backslashes", "route", "commas", "quotes", "blanks", "blanks behind", "at"],
)
def test_time_is_linear(argument: str) -> None:
    """No text is looked at again and again."""
    begin = time.process_time()
    # Most of them are refused; how is told elsewhere.
    with contextlib.suppress(InvalidCommand, InvalidParameter):
        read_mail(argument, parse=parse_mail_parameters)

    assert time.process_time() - begin < 1


@given(mailboxes(), st.sampled_from(["", "RET=FULL", "SIZE=1 ENVID=a"]), st.booleans())
def test_path_comes_back(mailbox: object, words: str, is_strict: bool) -> None:  # noqa: FBT001  drawn
    """Every mailbox is read as it was written, in both ways."""
    argument = f"FROM:<{mailbox}> {words}".rstrip(" ")

    assert (str(mailbox), words) == split_path(argument, "MAIL", is_strict=is_strict)


@given(st.text())
def test_any_text(text: str) -> None:
    """Any text is a path that can stand in brackets again, or is refused with a reply."""
    try:
        path, _ = split_path(f"TO:{text}", "RCPT")
    except InvalidCommand as error:
        path, code = "", error.reply.code
    else:
        code = 250

    assert code in (250, 500, 501)
    assert not path or (path, "") == split_path(f"TO:<{path}>", "RCPT")
