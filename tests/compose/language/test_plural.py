"""Plural formulas choose a form for every number, and those that cannot are refused."""

import pickle

import pytest
from babel.messages.plurals import PLURALS
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.language.plural import ENGLISH_FORMS, PluralForms
from dsnlib.errors import CatalogueError

POLISH = "nplurals=3; plural=n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2;"


@pytest.mark.parametrize(
    ("header", "forms"),
    [
        ("nplurals=1; plural=0;", [0, 0, 0, 0, 0, 0]),
        ("nplurals=2; plural=n != 1;", [1, 0, 1, 1, 1, 1]),
        ("nplurals=2; plural=(n > 1)", [0, 0, 1, 1, 1, 1]),
        (" nplurals = 2 ;\tplural = n>1 ; ", [0, 0, 1, 1, 1, 1]),
        (POLISH, [2, 0, 1, 2, 1, 2]),
    ],
)
def test_forms(header: str, forms: list[int]) -> None:
    """Each number has the form that its formula says."""
    rule = PluralForms.parse(header)

    assert forms == [rule.form(number) for number in (0, 1, 2, 5, 10**6 + 2, 10**50)]


def test_text_round_trip() -> None:
    """A rule survives being written, read and carried to another process."""
    rule = PluralForms.parse(POLISH)

    assert rule == PluralForms.parse(str(rule))
    assert rule == pickle.loads(pickle.dumps(rule))  # noqa: S301 - our own octets
    assert 1 == pickle.loads(pickle.dumps(rule)).form(10_002)  # noqa: S301 - the same


def test_negative_numbers() -> None:
    """A number below nought has the form of its amount."""
    assert [0, 1] == [ENGLISH_FORMS.form(-1), ENGLISH_FORMS.form(-2000)]


def test_fails_where_it_was_not_tried() -> None:
    """A formula that fails for a great number only gives the last form for it."""
    divides_by_nought = PluralForms.parse("nplurals=2; plural=n%(n-5000)*0;")
    out_of_range = PluralForms.parse("nplurals=2; plural=n>5000 ? 7 : 0;")

    assert [0, 1] == [divides_by_nought.form(number) for number in (5001, 5000)]
    assert [0, 1] == [out_of_range.form(number) for number in (5000, 5001)]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "2",
        "nplurals=2",
        "nplurals=2; plural=;",
        "nplurals=0; plural=0;",
        "nplurals=11; plural=0;",
        "nplurals=x; plural=0;",
        "nplurals=2; plural=n; plural=n;",
        "nplurals=2; plural=n;",
        "nplurals=2; plural=2;",
        "nplurals=2; plural=n%0;",
        "nplurals=2; plural=1/n;",
        "nplurals=2; plural=-1;",
        "nplurals=2; plural=0-1;",
        "nplurals=2; plural=n n;",
        "nplurals=2; plural=m;",
        "nplurals=2; plural=n **9**9;",
        "nplurals=2; plural=__import__('os').abort();",
        "nplurals=2; plural=" + "(" * 400 + "n" + ")" * 400 + ";",
        "nplurals=2; plural=" + "9" * 990 + ";",
        "nplurals=2; plural=" + "n*" * 499 + "n;",
        "nplurals=2; plural=n" + "+n" * 500 + ";",
        "nplurals=2; plural=" + "0" * 100_000 + ";",
    ],
    ids=lambda header: header[:50],
)
def test_refused(header: str) -> None:
    """What is no formula, gives no form for a number, or is a bomb, is refused."""
    with pytest.raises(CatalogueError, match="Plural-Forms"):
        PluralForms.parse(header)


@pytest.mark.parametrize("formula", ["!" * 900 + "n", "n?0:" * 240 + "1", "n%2*" * 240 + "1"])
def test_long_formula(formula: str) -> None:
    """What is long but within the bounds may be read, and then is answered at once."""
    rule = PluralForms.parse(f"nplurals=2; plural={formula};")

    assert {0, 1} >= {rule.form(number) for number in (0, 7, 10**9, 10**900)}


@pytest.mark.parametrize("language", sorted(PLURALS))
def test_every_language_of_babel(language: str) -> None:
    """The formulas that are in use are all read."""
    count, formula = PLURALS[language]

    assert count == PluralForms.parse(f"nplurals={count}; plural={formula};").count


@given(st.text(alphabet="n0123456789%=!<>&|?:()+-*/ "), st.integers())
def test_any_formula(formula: str, number: int) -> None:
    """A formula is refused, or gives a form that there is, for any number."""
    try:
        rule = PluralForms.parse(f"nplurals=3; plural={formula};")
    except CatalogueError:
        return

    assert rule.form(number) in {0, 1, 2}
