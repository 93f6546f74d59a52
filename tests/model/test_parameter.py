"""Words of a command: a keyword, perhaps a value; what is wrong with one, and the reply."""

import contextlib

import pytest

from dsnlib.errors import InvalidParameter, InvalidValue
from dsnlib.model.parameter import (
    PLACES,
    EsmtpParameter,
    is_value,
    make_fault,
    read_tokens,
    split_words,
    write_again,
)

ASCII = frozenset(map(chr, range(128)))
LET_DIG = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
# esmtp-value = 1*(%d33-60 / %d62-126)                          RFC 5321 s4.1.2
VALUE = frozenset(map(chr, range(33, 127))) - {"="}


def read(*words: str, **how: object) -> dict[str, tuple[str, str | None]]:
    """Return the tokens of words on MAIL, where everything is known."""
    options = {"smtputf8": False, "known": None, "lenient": False, "verb": "MAIL"} | how
    return read_tokens(words, **options)  # type: ignore[arg-type]  # a table of options


@pytest.mark.parametrize("known", ["SIZE", b"SIZE", ""])
def test_a_text_is_no_set_of_keywords(known: str) -> None:
    """A keyword would be known that is a part of it."""
    with pytest.raises(InvalidValue, match=r"\Aknown: keywords are wanted, such as {'SIZE'}"):
        read("IZ=1", known=known)


@pytest.mark.parametrize("keywords", [(), ["SIZE"], {"SIZE": 1}, frozenset({"SIZE"})])
def test_sets_of_keywords(keywords: object) -> None:
    """Anything else that has keywords will do."""
    assert {"RET": ("RET", "x")} == read("RET=x", known=keywords)


def taken(form: str, **how: object) -> set[str]:
    """Return the characters of US-ASCII that make a word of `form` readable."""
    found = set()
    for character in ASCII:
        # What is refused is told by its absence.
        with contextlib.suppress(InvalidParameter):
            read(form.format(character), **how)
            found.add(character)
    return found


@pytest.mark.requirement("3461-4-01")
def test_characters_of_keywords() -> None:
    """A keyword is letters, digits and hyphens, the first no hyphen."""
    assert taken("{}") == LET_DIG
    assert taken("a{}b") == LET_DIG | {"-", "="}
    assert taken("a{}") == LET_DIG | {"-"}


@pytest.mark.requirement("3461-4-03")
@pytest.mark.parametrize(
    ("how", "legal"),
    [
        ({}, VALUE),
        ({"smtputf8": True}, VALUE),
        ({"lenient": True}, VALUE | {"="}),
        ({"lenient": True, "smtputf8": True}, VALUE | {"="}),
    ],
    ids=["strict", "SMTPUTF8", "lenient", "lenient with SMTPUTF8"],
)
def test_characters_of_values(how: dict[str, object], legal: frozenset[str]) -> None:
    """A value is printable, without space and, unless read leniently, without "="."""
    assert taken("A=x{}x", **how) == legal


def test_is_value() -> None:
    """With SMTPUTF8 a value has UTF-8 too, but no lone surrogate, and is not empty."""
    assert {character for character in ASCII if is_value(character)} == VALUE
    assert is_value("δ")
    assert not is_value("δ\udcf6")
    assert not is_value("")


@pytest.mark.parametrize(
    ("word", "how", "token"),
    [
        ("size=1", {}, ("size", "1")),
        ("SIZE", {}, ("SIZE", None)),
        ("A=δ", {"smtputf8": True}, ("A", "δ")),
        ("A=δ", {"lenient": True}, ("A", "δ")),
        ("A=b=c", {"lenient": True}, ("A", "b=c")),
        ("BODY=x", {"known": {"BODY"}}, ("BODY", "x")),
        ("RET=x", {"known": ()}, ("RET", "x")),
        ("NOTIFY=x", {"verb": "RCPT"}, ("NOTIFY", "x")),
    ],
)
def test_read_tokens(word: str, how: dict[str, object], token: tuple[str, str | None]) -> None:
    """A word is a keyword as it was written and a value, found under the upper case."""
    assert {token[0].upper(): token} == read(word, **how)


@pytest.mark.parametrize(
    ("words", "how", "keyword", "shown", "requirement", "code"),
    [
        (("-a=1",), {}, None, "'-a=1'", "3461-4-01", 501),
        (("SIZE=",), {}, "SIZE", "''", "3461-4-03", 501),
        (("SIZE=",), {"lenient": True}, "SIZE", "''", "3461-4-03", 501),
        (("RET",), {}, "RET", "''", "3461-4-03", 501),
        (("A=\udcf6",), {"lenient": True}, "A", r"'\udcf6'", "3461-4-03", 501),
        (("A=δ",), {}, "A", "'δ'", "3461-4-03", 501),
        (("NOTIFY=x",), {}, "NOTIFY", "MAIL", "5321-4.1.1.11-01", 555),
        (("RET=x",), {"verb": "RCPT"}, "RET", "RCPT", "5321-4.1.1.11-01", 555),
        (("size=1",), {"known": {"BODY"}}, "SIZE", "MAIL", "5321-4.1.1.11-01", 555),
        (("A=1", "a=2"), {}, "A", "twice", "3461-4.5-02", 501),
        (("A=1", "a=2"), {"verb": "RCPT"}, "A", "twice", "3461-4.5-04", 501),
    ],
)
def test_faults(
    words: tuple[str, ...],
    how: dict[str, object],
    keyword: str | None,
    shown: str,
    requirement: str,
    code: int,
) -> None:
    """A fault names the keyword and carries the word, the requirement and the reply."""
    with pytest.raises(InvalidParameter) as caught:
        read(*words, **how)

    error = caught.value
    assert (keyword, words[-1], requirement) == (error.keyword, error.value, error.requirement)
    assert (code, "5.5.4") == (error.reply.code, str(error.reply.status))
    assert str(error).startswith(f"{keyword or 'parameter'}: ")
    assert shown in str(error)


@pytest.mark.parametrize(
    ("keyword", "value", "named", "shown", "requirement"),
    [
        ("a_b", None, None, "a_b", "3461-4-01"),
        ("size", "a b", "SIZE", "a b", "3461-4-03"),
    ],
)
def test_faults_of_a_parameter(
    keyword: str, value: str | None, named: str | None, shown: str, requirement: str
) -> None:
    """A parameter that cannot be sent is not made, and the error carries what is wrong."""
    with pytest.raises(InvalidParameter) as caught:
        EsmtpParameter(keyword, value)

    error = caught.value
    assert (named, shown, requirement) == (error.keyword, error.value, error.requirement)
    assert repr(shown) in str(error)


@pytest.mark.parametrize(
    ("keyword", "code", "line"),
    [
        ("RET", 501, "Syntax error in RET parameter"),
        (None, 501, "Syntax error in parameters"),
        ("K" * 64, 501, f"Syntax error in {'K' * 64} parameter"),
        ("K" * 65, 501, "Syntax error in parameters"),
        ("RET", 555, "Parameter RET is not supported here"),
        ("K" * 65, 555, "Parameter not supported"),
        ("", 501, "Syntax error in parameters"),
    ],
)
def test_reply_names_the_keyword(keyword: str | None, code: int, line: str) -> None:
    """The reply names the keyword, unless it is longer than any that is registered."""
    error = make_fault(keyword, "is wrong", "x", None, code=code)

    assert f"{code} 5.5.4 {line}" == str(error.reply)
    assert f"{keyword or 'parameter'}: is wrong" == str(error)


def test_keywords_ignore_case() -> None:
    """A keyword is compared without regard to case, a value with it."""
    assert EsmtpParameter("size", "a") == EsmtpParameter("SIZE", "a")
    assert EsmtpParameter("size", "a") != EsmtpParameter("size", "A")


def test_faults_are_of_syntax() -> None:
    """What no code is given for is a syntax error."""
    assert 501 == make_fault("RET", "is wrong", "x", None).reply.code


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("", ()),
        (" A=1  B ", ("A=1", "B")),
        (b"A=\xce\xb4 B", ("A=δ", "B")),
        (b"A=\xf6", ("A=\udcf6",)),
        ("A\tB\nC", ("A\tB\nC",)),
        (["A=1 B", "", "C"], ("A=1 B", "C")),
    ],
    ids=ascii,
)
def test_split_words(args: str | bytes | list[str], words: tuple[str, ...]) -> None:
    """Only spaces separate, in text and in octets; words that are words stay as they are."""
    assert words == split_words(args)


def test_places() -> None:
    """RET and ENVID belong to MAIL, NOTIFY and ORCPT to RCPT (RFC 3461 s4)."""
    assert {"RET": "MAIL", "ENVID": "MAIL", "NOTIFY": "RCPT", "ORCPT": "RCPT"} == PLACES


A, B, C = EsmtpParameter("A", "1"), EsmtpParameter("B", "2"), EsmtpParameter("C")


@pytest.mark.parametrize(
    ("received", "ours", "others", "written"),
    [
        ((), {"RET": "RET=FULL"}, (A,), ["RET=FULL", "A=1"]),
        (("a=1",), {}, (A,), ["a=1"]),
        (("a=2",), {}, (A,), ["A=1"]),
        (("a",), {}, (A,), ["A=1"]),
        (("c",), {}, (C,), ["c"]),
        (("c=",), {}, (C,), ["C"]),
        (("x=9", "a=1"), {}, (A,), ["a=1"]),
        (("b=2", "ret=full", "a=1"), {"RET": "RET=FULL"}, (A, B), ["a=1", "ret=full", "b=2"]),
        (("ret=hdrs",), {"RET": "RET=FULL"}, (), ["RET=FULL"]),
        (("a=1", "a=1"), {}, (A, B), ["a=1", "B=2"]),
        (("a=1", "b=2", "a=1"), {"RET": "RET=FULL"}, (A,), ["a=1", "RET=FULL"]),
        (("b=2",), {}, (A, B, C), ["A=1", "b=2", "C"]),
        (("\u0131d=1",), {}, (EsmtpParameter("ID", "1"),), ["ID=1"]),
    ],
)
def test_write_again(
    received: tuple[str, ...],
    ours: dict[str, str],
    others: tuple[EsmtpParameter, ...],
    written: list[str],
) -> None:
    """Ours keep their places, others the order they are given in, and spelling what holds."""

    def is_same(word: str, now: str) -> bool:
        return word.upper() == now

    assert written == write_again(received, ours, others, is_same=is_same)
