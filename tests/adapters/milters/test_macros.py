"""The macros that filters are told."""

import pytest

from dsnlib.adapters.milters.macros import DEFAULT_MACROS, MacroStage, encode_macros, macro_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [("i", "i"), ("{i}", "i"), ("auth_type", "{auth_type}"), ("{auth_type}", "{auth_type}")],
)
def test_names(name: str, expected: str) -> None:
    """One letter stands alone, more stand in braces, however they are given."""
    assert expected == macro_name(name)


def test_values_are_sent_in_the_order_wanted() -> None:
    """What has a value is sent, once."""
    values = {
        "{i}": "QID",
        "mail_addr": "ann@ex\N{LATIN SMALL LETTER A WITH DIAERESIS}mple",
        "j": "",
    }

    assert (
        "{mail_addr}\0ann@ex\N{LATIN SMALL LETTER A WITH DIAERESIS}mple\0i\0QID\0".encode()
        == encode_macros(["{mail_addr}", "i", "j", "{i}", "unknown"], values)
    )


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_values_that_would_end_early(value: str) -> None:
    """A value with a NUL, or without octets, is not sent."""
    assert b"" == encode_macros(["i"], {"i": value})


def test_octets_are_kept() -> None:
    """What came as octets that are no UTF-8 goes out as they were."""
    assert b"i\0\xff\0" == encode_macros(["i"], {"i": "\udcff"})


def test_every_stage_has_its_names() -> None:
    """There is a list for each stage."""
    assert set(MacroStage) == set(DEFAULT_MACROS)
