"""Which dialects are asked about a text, and in which order."""

from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.index import DialectIndex
from dsnlib.bounces.words.signs import WORD


def dialect(*needles: str, name: str = "acme", within: int | None = None) -> Dialect:
    """Return a dialect of these needles."""
    return Dialect(name=name, needles=needles, within=within)


def names(found: list[Dialect]) -> list[str]:
    """Return how dialects are called."""
    return [each.name for each in found]


def test_the_longest_needle_first() -> None:
    """Who says more of what is there is surer; one that is not there is not asked."""
    index = DialectIndex(
        [
            dialect("mail system", name="short"),
            dialect("the mail system at host", "says", name="long"),
            dialect("the mail system of acme", name="other"),
        ]
    )

    assert ["long", "short"] == names(index.find("this is the mail system at host mx, says bob"))


def test_the_first_that_was_declared() -> None:
    """Of two with the same needle, the one that was declared first is asked first."""
    index = DialectIndex([dialect("no such user", name=name) for name in ("z", "a", "m")])

    assert ["z", "a", "m"] == names(index.find("550 no such user"))


def test_a_dialect_is_asked_once() -> None:
    """Several needles that are there ask one dialect once, as the longest says."""
    one = dialect("no user", "no such user here", name="one")
    two = dialect("such user", name="two")

    assert [one, two] == DialectIndex([two, one]).find("no such user here, no user")


def test_needles_in_other_scripts() -> None:
    """A needle is found with letters of Europe, and in scripts without blanks."""
    index = DialectIndex(
        [
            dialect("empfänger unbekannt", name="german"),
            dialect("адрес не найден", name="russian"),
            dialect("このメールは「acme」が", name="japanese"),
            dialect("送信できません", name="other"),
        ]
    )

    assert ["german"] == names(index.find("der empfänger unbekannt."))
    assert ["russian"] == names(index.find("** адрес не найден **"))
    assert ["japanese", "other"] == names(index.find("このメールは「acme」が送信できません。"))
    assert [] == index.find("nothing of the kind")


def test_a_needle_without_letters() -> None:
    """A needle that has no word at all is looked for as it is, in other scripts."""
    assert ["acme"] == names(DialectIndex([dialect("失敗")]).find("送信失敗"))


def test_words_may_be_given() -> None:
    """Whoever has the words of the text already gives them."""
    index = DialectIndex([dialect("no such user")])
    text = "550 no such user"

    assert index.find(text) == index.find(text, set(WORD.findall(text)))
    assert [] == index.find(text, {"other"})


def test_within() -> None:
    """A needle that has to be at the beginning is not looked for further on."""
    index = DialectIndex([dialect("your mail to", within=10)])

    assert ["acme"] == names(index.find("hello, your mail to bob"))
    assert [] == index.find("hello, dear ann, your mail to bob")


def test_an_index_is_its_dialects() -> None:
    """An index is iterated over in the order of declaration."""
    both = [dialect("b", name="b"), dialect("a", name="a")]
    index = DialectIndex(iter(both))

    assert both == list(index)
    assert 2 == len(index)
    assert [] == DialectIndex([]).find("anything")


WORDS = st.lists(st.sampled_from(["no", "such", "user", "bob", "ü", "失敗"]), max_size=8)


@given(st.lists(WORDS.filter(bool), min_size=1, max_size=6), WORDS)
def test_looking_words_up(needles: list[list[str]], words: list[str]) -> None:
    """To look needles up by a word finds what a search for each of them would."""
    text = f" {' '.join(words)} "
    dialects = [dialect(f"{' '.join(each)}", name=f"n{n}") for n, each in enumerate(needles)]
    padded = [each for each in dialects if f" {each.needles[0]} " in text]

    assert set(padded) <= set(DialectIndex(dialects).find(text))
    assert all(each.needles[0] in text for each in DialectIndex(dialects).find(text))
