"""The options of the sendmail command."""

from __future__ import annotations

import contextlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.cli.sendmail.options import MODES, Options, read_options

DEFAULTS = vars(Options())


def changed(*words: str) -> dict[str, object]:
    """Return what a command line changes."""
    found = vars(read_options(words))
    return {name: value for name, value in found.items() if value != DEFAULTS[name]}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", {}),
        ("-f ann", {"sender": "ann"}),
        ("-fann", {"sender": "ann"}),
        ("-r ann", {"sender": "ann"}),
        ("-f ann -f eve", {"sender": "eve"}),
        ("-F Ann", {"full_name": "Ann"}),
        ("-i", {"ignores_dots": True}),
        ("-oi", {"ignores_dots": True}),
        ("-o i", {"ignores_dots": True}),
        ("-oem -oMs -om -oo", {}),
        ("-t", {"reads_recipients": True}),
        ("-ti", {"reads_recipients": True, "ignores_dots": True}),
        ("-tif ann", {"reads_recipients": True, "ignores_dots": True, "sender": "ann"}),
        ("-N success,delay", {"notify": "SUCCESS,DELAY"}),
        ("-NDELAY,success,Failure", {"notify": "SUCCESS,FAILURE,DELAY"}),
        ("-N never", {"notify": "NEVER"}),
        ("-V id-1", {"envid": "id-1"}),
        ("-R hdrs", {"ret": "HDRS"}),
        ("-Rfull", {"ret": "FULL"}),
        ("-B 8BITMIME", {"is_8bit": True}),
        ("-B7BIT", {}),
        ("-G", {"is_gateway": True}),
        ("-v", {"is_verbose": True}),
        ("-v -v -v", {"is_verbose": True}),
        ("-C file", {"config": "file"}),
        ("-O requiretls=yes", {"requiretls": True}),
        ("-O RequireTLS", {"requiretls": True}),
        ("-O requiretls=no", {}),
        ("-ODeliveryMode=b -O x", {}),
        ("-bm", {}),
        ("-bs", {"mode": "session"}),
        ("-b s", {"mode": "session"}),
        ("-bv", {"mode": "verify"}),
        ("-bp", {"mode": "mailq"}),
        ("-bi", {"mode": "newaliases"}),
        ("-I", {"mode": "newaliases"}),
        ("-bd -q30m", {"mode": "daemon"}),
        ("-q", {"mode": "flush"}),
        ("-Am -Ac -Ux -Llabel -h 3 -psmtp:host -e m -m", {}),
        ("-X log -d0.1 -d -x -a -c", {}),
        ("bob", {"recipients": ("bob",)}),
        ("-i bob eve", {"ignores_dots": True, "recipients": ("bob", "eve")}),
        ("-i -- -bob eve", {"ignores_dots": True, "recipients": ("-bob", "eve")}),
        ("--", {}),
    ],
)
def test_reading(words: str, expected: dict[str, object]) -> None:
    """Values stand in the same word or the next; letters share a word."""
    assert expected == changed(*words.split())


@pytest.mark.parametrize(
    ("words", "recipients", "reads_recipients"),
    [
        ("-FCronDaemon -i -B8BITMIME -oem root", ("root",), False),
        ("-FCronDaemon -i -odi -oem -oi -t -f root", (), True),
        ("-FAnacron -odi root", ("root",), False),
        ("-oem -oi -f ann@a -N failure -R hdrs -- bob@b", ("bob@b",), False),
        ("-i -f ann@a bob@b eve@c", ("bob@b", "eve@c"), False),
        ("-t -i -fwww@a", (), True),
        ("-i -f ann@a -t --", (), True),
        ("-oi -f ann@a -oem -odb -t -oQ/var/spool/x", (), True),
        ("-i -m -r ann@a -- bob@b", ("bob@b",), False),
        ("-Am -oMrESMTP -oee -f ann@a bob@b", ("bob@b",), False),
        ("-G -i -f <> bob@b", ("bob@b",), False),
    ],
    ids=[
        "cron", "cronie", "anacron", "mutt", "git", "php", "ruby", "emacs", "s-nail",
        "sendmail", "lists",
    ],
)  # fmt: skip
def test_command_lines_of_programs(
    words: str, recipients: tuple[str, ...], *, reads_recipients: bool
) -> None:
    """What they have called the command with for decades."""
    options = read_options(words.split())

    assert ("submit", recipients) == (options.mode, options.recipients)
    assert reads_recipients is options.reads_recipients
    assert options.ignores_dots or "anacron" in words.lower() or "-Am" in words
    assert not options.notes


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["-Z"], "there is no option -Z"),
        (["-iZ"], "there is no option -Z ('-iZ')"),
        (["--frob"], "there is no option --"),
        (["-f"], "-f lacks its value"),
        (["-bx"], "there is no mode -bx"),
        (["-bmm"], "there is no mode -bmm"),
        (["-n"], "-n: "),
        (["-qRexample.org"], "-qRexample.org: "),
        (["-bv", "-t"], "-bv reads no message"),
        (["bob", "-f", "ann"], "'-f' stands behind a recipient"),
    ],
)
def test_refusing(words: list[str], reason: str) -> None:
    """What nobody knows, or what contradicts itself, is one line: 64."""
    with pytest.raises(SubmissionFault) as caught:
        read_options(words)

    assert os.EX_USAGE == caught.value.code
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(
    "words",
    [
        ("-N", "sucess"),
        ("-N", ""),
        ("-N", "never,success"),
        ("-N", "success,,delay"),
        ("-N", "ſuccess"),
        ("-R", "headers"),
        ("-V", ""),
        ("-V", "a\tb"),
        ("-V", "ä"),
        ("-V", "x" * 101),
        ("-V", "+" * 34),
        ("-B", "8bitmime"),
        ("-XV+=",),
    ],
    ids=str,
)
def test_passed_over(words: tuple[str, ...]) -> None:
    """A bad value is told of and passed over, as with Postfix: the letter goes."""
    found = changed(*words)

    assert {"notes"} == set(found)
    [note] = read_options(words).notes
    assert note.startswith(f"-{words[0][1]} ")
    assert "is passed over" in note
    assert 200 > len(note)


@given(st.lists(st.text(alphabet="-bfNRVBOXqidtv sz=,", max_size=5), max_size=6))
def test_anything(words: list[str]) -> None:
    """Whatever the words are, they are options or one error."""
    # One that is refused is refused by this error alone.
    with contextlib.suppress(SubmissionFault):
        assert read_options(words).mode in {*MODES.values(), "flush"}
