"""The lines of keys, in a text that tomllib has read."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.config.places import key_lines

TEXT = '''\
# a = 0
a = 1
"b" = """
c = 2
""" # """
c = [
  "]", # ]
  'd = 3',
]
'e' = { x = "}", y = 1 }
[[listen]]
  port = 25
[other]
f = \'\'\'
[[listen]]
\'\'\'
[[listen]]
port = 26 # x
profile = "mx"
'''


def test_lines() -> None:
    """Strings, lists and comments hide what looks like a key in them."""
    assert {
        ("", 0, "a"): 2,
        ("", 0, "b"): 3,
        ("", 0, "c"): 6,
        ("", 0, "e"): 10,
        ("listen", 0, ""): 11,
        ("listen", 0, "port"): 12,
        ("other", 0, ""): 13,
        ("other", 0, "f"): 14,
        ("listen", 1, ""): 17,
        ("listen", 1, "port"): 18,
        ("listen", 1, "profile"): 19,
    } == key_lines(TEXT)
    tomllib.loads(TEXT)


VALUES = st.recursive(
    st.one_of(
        st.integers(min_value=-100, max_value=100).map(str),
        st.text("ab#=[]{}'", max_size=6).map(lambda text: f'"{text}"'),
        st.text('ab#=[]{}"', max_size=6).map(lambda text: f"'{text}'"),
        st.text("ab#=[]\n", max_size=6).map(lambda text: f'"""{text}"""'),
    ),
    lambda each: st.lists(each, max_size=3).map(lambda values: f"[ {', '.join(values)} ]"),
    max_leaves=4,
)


@given(st.lists(VALUES, max_size=6))
def test_every_key_has_its_line(values: list[str]) -> None:
    """Each key of a document is found on the line that begins with it."""
    text = "".join(f"key{number} = {value} # [[x]]\n" for number, value in enumerate(values))
    lines = text.split("\n")
    found = key_lines(text)

    assert set(tomllib.loads(text)) == {name for _, _, name in found}
    for (_, _, name), line in found.items():
        assert lines[line - 1].startswith(f"{name} =")


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    """What is no TOML does no harm either."""
    key_lines(text)
