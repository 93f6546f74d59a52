"""Expressions: what is found, what is filled in, and what RE2 cannot do."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue, TableError
from dsnlib.replies.pattern_table import PatternTable, parse_pattern_table


def table(text: str, kind: str = "pcre", *, allow_backtracking: bool = False) -> PatternTable:
    """Return the table of a text."""
    return parse_pattern_table(
        text, kind=kind, origin="checks", allow_backtracking=allow_backtracking
    )


BOTH = ("regexp", "pcre")


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        pytest.param("/^a/ A", "abc", "A", id="found"),
        pytest.param("/^a/ A", "bac", None, id="not found"),
        pytest.param("/^A$/ A", "a", "A", id="any case"),
        pytest.param("/^A$/i A", "a", None, id="this case"),
        pytest.param("/^A$/ii A", "a", "A", id="flag twice"),
        pytest.param("/a.c/ A", "a\nc", "A", id="line end is a character"),
        pytest.param("/^b$/ A", "a\nb\nc", None, id="one line"),
        pytest.param("/^b$/m A", "a\nb\nc", "A", id="lines"),
        pytest.param("/b$/ A", "b\n", None, id="the very end"),
        pytest.param("/a/ A\n/b/ B", "ab", "A", id="first rule"),
        pytest.param("!/a/ A", "b", "A", id="not found, and asked so"),
        pytest.param("!/a/ A", "a", None, id="found, and asked not"),
        pytest.param("|a/b| A", "a/b", "A", id="another delimiter"),
        pytest.param(r"/a\/b/ A", "a/b", "A", id="delimiter in the pattern"),
        pytest.param(r"/a\\/ A", "a\\", "A", id="backslash at the end"),
        pytest.param("/a b/ A", "a b", "A", id="blank in the pattern"),
        pytest.param("/a/ A\n  B", "a", "A  B", id="continued"),
        pytest.param("/(a+)(b+)/ <$2$1>", "xaabbx", "<bbaa>", id="groups"),
        pytest.param("/(a)|(b)/ <${1}|$(2)>", "b", "<|b>", id="group that took no part"),
        pytest.param("/a/ $$1", "a", "$1", id="dollar"),
        pytest.param("/(.*)/ $1 $$1", "$1 ${1} $$", "$1 ${1} $$ $1", id="filled in once"),
        pytest.param("/(a)/ A", "a", "A", id="group that is not asked for"),
        pytest.param("if /a/\n/b/ A\nendif\n/b/ B", "b", "B", id="if does not apply"),
        pytest.param("if /a/\n/b/ A\nendif\n/b/ B", "ab", "A", id="if applies"),
        pytest.param("if /a/\n/c/ A\nendif\n/b/ B", "ab", "B", id="nothing in the block"),
        pytest.param("if !/a/\n/b/ A\nendif", "b", "A", id="if not"),
        pytest.param("if /a/\nif /b/\n/c/ A\nendif\n/d/ B\nendif", "ad", "B", id="nested"),
        pytest.param("/\xe4/ A", "\xe4", "A", id="UTF-8"),
        pytest.param("/^..$/ A", "\xe4", "A", id="octets"),
        pytest.param("/^a.b$/ A", "a\udcffb", "A", id="no UTF-8"),
        pytest.param("/(.)$/ <$1>", "a\udcff", "<\udcff>", id="no UTF-8 in a group"),
        pytest.param("/a/ A", "a\ud800", None, id="no octets"),
        pytest.param(r"/^\w\s\d\S\b/ A", "a 1b", "A", id="escapes"),
        pytest.param(r"/^[\w\d]+$/ A", "a1", "A", id="escapes in a class"),
        pytest.param("/^[[:alpha:]]+[[:digit:]]$/ A", "ab1", "A", id="classes"),
        pytest.param("/^[^[:space:]]$/ A", " ", None, id="class turned round"),
        pytest.param("", "a", None, id="empty"),
    ],
)
def test_lookup(kind: str, text: str, key: str, expected: str | None) -> None:
    """The rules are asked in the order of the file, in both syntaxes."""
    assert expected == table(text, kind).lookup(key)


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        pytest.param("/a.c/s A", "a\nc", None, id="s"),
        pytest.param("/ a [ ] c # d/x A", "a c", "A", id="x"),
        pytest.param(r"/a\ b\#/x A", "a b#", "A", id="x with escapes"),
        pytest.param("/a b/xx A", "a b", "A", id="x twice"),
        pytest.param("/b/A A", "ab", None, id="A"),
        pytest.param("/b/A A", "ba", "A", id="A at the start"),
        pytest.param("/a|b/A A", "cb", None, id="A with alternatives"),
        pytest.param("/^(a+)/U <$1>", "aaa", "<a>", id="U"),
        pytest.param("/^a$/EX A", "a", "A", id="E and X"),
        pytest.param(r"/^a\h[\hb]\e\R\Z/ A", "a\tb\x1b\r\n", "A", id="escapes of PCRE"),
        pytest.param(r"/\Qa.[\E[b]/ A", "a.[b", "A", id="quoted"),
        pytest.param(r"/[\Q]^\E]\Qa b/x A", "^a b", "A", id="quoted in a class"),
        pytest.param("/(a|ab)(c|bcd)/ <$1$2>", "abcd", "<abcd>", id="first alternative"),
        pytest.param("/(*UTF8)^.$/ A", "\xe4", "A", id="characters"),
        pytest.param("/(*UTF)^\xc4$/ A", "\xe4", "A", id="case of characters"),
        pytest.param(r"/(*UTF8)^\x{3b4}/ A", "\u03b4", "A", id="number of a character"),
        pytest.param("/(*UTF8)^a.b$/ A", "a\udcffb", None, id="no character"),
        pytest.param("/(?i)a(?:b)(?P<c>c)(?<d>d)/i <$2>", "ABCD", "<D>", id="groups of Perl"),
    ],
)
def test_pcre(text: str, key: str, expected: str | None) -> None:
    """The flags and the syntax of PCRE, as far as RE2 has them."""
    assert expected == table(text).lookup(key)


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        pytest.param("/a|ab/ A", "ab", "A", id="alternatives"),
        pytest.param("/(a|ab)(c|bcd)?/ <$1$2>", "abcd", "<abcd>", id="the longest"),
        pytest.param("/^(x*)(xx)?/ <$1|$2>", "xx", "<xx|>", id="groups of the longest"),
        pytest.param("/a.c/m A", "a\nc", None, id="line end is none with m"),
        pytest.param("/[.]/ A", "a", None, id="dot in a class"),
        pytest.param("/a{2}{2}/ A", "aaaa", "A", id="repetition of a repetition"),
        pytest.param(r"/[\<]a/ A", "<a", "A", id="ambiguous escape in a class"),
        pytest.param("/x{0,2}y[{,]/ A", "y{", "A", id="braces"),
    ],
)
def test_regexp(text: str, key: str, expected: str | None) -> None:
    """The extended syntax of POSIX: of all matches at one place the longest."""
    assert expected == table(text, "regexp").lookup(key)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("pcre", "/a/", "the pattern '/a/' has no value"),
        ("pcre", "/a A", "the pattern '/a A' has no second /"),
        ("pcre", "a A", "'a A' does not begin a pattern, as / does"),
        ("pcre", r"\a\ A", r"'\\a\\ A' does not begin a pattern, as / does"),
        ("pcre", "if", "'' does not begin a pattern, as / does"),
        ("pcre", "!!a! A", "'!a! A' does not begin a pattern, as / does"),
        ("pcre", "/a/q A", "unknown flag 'q'; pcre has i, m, s, x, A, E, U, X"),
        ("regexp", "/a/s A", "unknown flag 's'; regexp has i, m, x"),
        ("regexp", "/a/x A", "flag x: there is only the extended syntax of POSIX, no basic one"),
        ("pcre", "/(a)/ $2", "$2: the pattern has 1 groups"),
        ("pcre", "/a/ $x", "'$x' is no group; write ${1}, or $$ for a dollar"),
        ("pcre", "!/(a)/ $1", "$1: a pattern that must not be found has no groups"),
        ("pcre", "/(a/ A", "'(a': missing ): (a"),
        ("pcre", "/[[:x:]]/ A", "'[[:x:]]': invalid character class range: [:x:]"),
        ("pcre", r"/\y/ A", r"'\\y': invalid escape sequence: \y"),
        ("pcre", "if /a/", "if without an endif"),
        ("pcre", "endif", "endif without an if"),
        ("pcre", "/a/ bad", "'bad' is none"),
        ("pcre", "/a/ A\ud800", r"'\ud800' has no octets"),
        ("regexp", r"/\<a/ A", r"'\\<a': \< is not < everywhere; write \b or <"),
        ("regexp", "/a{,2}/ A", "'a{,2}': write {0, for {,"),
        ("regexp", "/a(?:b)/ A", "'a(?:b)': no argument for repetition operator: ?"),
    ],
)
def test_what_is_no_rule(kind: str, text: str, message: str) -> None:
    """A fault names the file, the line and what is wrong."""

    def check(value: str) -> None:
        if value == "bad":
            what = "'bad' is none"
            raise InvalidValue(what)

    with pytest.raises(TableError) as caught:
        parse_pattern_table(f"# Ours\n\n{text}\n", kind=kind, origin="checks", check=check)

    assert f"checks:3: {message}" == str(caught.value)


# Expression -> what RE2 has not, a key that `re` finds, and one that it does not.
LACKING = {
    "^a(?=b)": ("look-ahead", "ab", "ac"),
    "^a(?!b)": ("look-ahead", "ac", "ab"),
    "(?<=a)b": ("look-behind", "ab", "b"),
    "(?<!a)b": ("look-behind", "b", "ab"),
    r"^(a|b)\1": ("back references", "aa", "ab"),
    "^(?P<x>a|b)(?P=x)": ("back references", "bb", "ab"),
    "^a++b": ("repetition of a repetition", "aab", "b"),
    "^(?>a+)b": ("atomic groups", "aab", "b"),
    "^(a)?(?(1)b|c)$": ("conditions", "c", "b"),
    "^a(?#b)c": ("comments", "ac", "abc"),
    r"^(?=a)\h*\Qa.\E\z": ("look-ahead", "a.", "a"),
    "^(?=[[:alpha:]])[[:alnum:][:punct:]]+$": ("look-ahead", "a-1", "1"),
    "^(?=[[a])a": ("look-ahead", "a", "b"),
}


@pytest.mark.parametrize("expression", LACKING)
def test_what_re2_lacks(expression: str) -> None:
    """What takes more than linear time is refused, unless the caller takes the danger."""
    lacking, found, other = LACKING[expression]
    with pytest.raises(TableError) as caught:
        table(f"/{expression}/ A")

    assert str(caught.value).startswith(f"checks:1: {expression!r}: RE2 has no {lacking};")
    backtracking = table(f"/{expression}/ A", allow_backtracking=True)
    assert ("A", None) == (backtracking.lookup(found), backtracking.lookup(other))


@pytest.mark.parametrize(
    ("kind", "text", "key", "expected"),
    [
        pytest.param("pcre", "/^A(?=B)/ A", "ab", "A", id="any case"),
        pytest.param("pcre", "/^A(?=B)/i A", "ab", None, id="this case"),
        pytest.param("pcre", "/^b(?=.)/m A", "a\nb\nc", "A", id="m"),
        pytest.param("pcre", "/a(?=.)/s A", "a\nb", None, id="s"),
        pytest.param("pcre", "/ a (?=.) # b/x A", "ab", "A", id="x"),
        pytest.param("pcre", "/a(?=.)/A A", "bab", None, id="A"),
        pytest.param("pcre", "/(a)(?=(.))/ <$2$1>", "ab", "<ba>", id="groups"),
        pytest.param("pcre", "/(?!a)^..$/ A", "\xe4", "A", id="octets"),
        pytest.param("regexp", r"/^(.)x\1$/ A", "\nx\n", "A", id="regexp"),
        pytest.param("regexp", r"/^(.)x\1$/m A", "\nx\n", None, id="regexp with m"),
    ],
)
def test_flags_of_backtracking(kind: str, text: str, key: str, expected: str | None) -> None:
    """Flags mean the same, whichever library does the work."""
    assert expected == table(text, kind, allow_backtracking=True).lookup(key)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/(?|a)/ A", "'(?|a)': unknown extension"),
        ("/a(?=b)/U A", "flag U: re has none"),
        ("/(?=a)(b/ A", "missing )"),
        ("/(?=a{99999999999})/ A", ""),
        ("/(b/ A", "missing )"),
        ("/" + "(" * 5000 + "(?=a)" + ")" * 5000 + "/ A", ""),
    ],
    ids=["neither", "flag", "fault", "number", "fault of both", "depth"],
)
def test_what_neither_can_do(text: str, message: str) -> None:
    """An expression that `re` cannot do either is a fault of its line."""
    with pytest.raises(TableError) as caught:
        table(text, allow_backtracking=True)

    assert 1 == caught.value.line
    assert message in str(caught.value)


def test_longest_pattern() -> None:
    """A pattern has a bound, and the error for one that is longer does not repeat it."""
    assert table(f"/{'a' * 65_535}/ A").lookup("a") is None
    with pytest.raises(TableError, match=r"^checks:1: the pattern has more than 65,535 char"):
        table(f"/{'a' * 65_536}/ A")


def test_values_with_groups_in_the_first_word_are_not_checked() -> None:
    """What a value says only when a pattern is found cannot be checked before."""
    asked: list[str] = []
    text = "/(a)/ $1\n/(b)/ OK $1\n/c/ OK\n/d/ OK\n/(e)/ x$1 y\n/f/ \x1e\n"
    parse_pattern_table(text, kind="pcre", origin="checks", check=asked.append)

    assert ["OK $1", "OK", "\x1e"] == asked


def test_text_without_a_meaning_is_told() -> None:
    """What follows the pattern of an `if`, or an `endif`, is passed over and told."""
    found = table("if /a/ x\n/a/ A\nendif !y\n")

    assert "A" == found.lookup("a")
    assert ["checks:1: 'x' has no meaning here", "checks:3: '!y' has no meaning here"] == [
        defect.message for defect in found.defects
    ]


def test_has_no_fixed_keys() -> None:
    """Parts of an address are no keys of a table of patterns."""
    found = table("/a/ A", "regexp")

    assert ("regexp:checks", False) == (found.name, found.has_fixed_keys)


def test_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library the error says what to install."""
    monkeypatch.setitem(sys.modules, "re2", None)

    with pytest.raises(TableError, match=r"^checks: .*dsnlib\[tables\]"):
        table("/a/ A")


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """A bad expression is told in the error, and not on standard error besides."""
    with pytest.raises(TableError):
        table("/(a/ A")

    assert ("", "") == capfd.readouterr()


@given(st.text(), st.sampled_from(BOTH))
def test_text_that_was_found_is_never_expanded(key: str, kind: str) -> None:
    """Whatever a stranger writes stands in the value as it is."""
    assert f"<{key}>" == table("/^(.*)$/ <$1>", kind).lookup(key)


@given(st.text(alphabet=r"ab[]()\^:alph{},|$.?*+# Q=!<", max_size=20), st.text(max_size=10))
def test_any_expression_is_one_or_a_fault(expression: str, key: str) -> None:
    """No expression does anything but compile or fail with its line."""
    for kind in BOTH:
        for flags in ("", "x", "imsxAU"):
            found, line = None, 1
            try:
                found = table(f"~{expression}~{flags} A", kind)
            except TableError as error:
                line = error.line
            assert 1 == line
            assert found is None or found.lookup(key) in ("A", None)
