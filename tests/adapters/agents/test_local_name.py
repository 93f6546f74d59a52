"""Accounts, extensions and the keys of tables."""

import pytest

from dsnlib.adapters.agents.local_name import extend_address, split_extension, table_keys


@pytest.mark.parametrize(
    ("local_part", "delimiter", "name", "extension"),
    [
        ("ann", "+", "ann", ""),
        ("Ann+News", "+", "ann", "+News"),
        ("ann+a+b", "+", "ann", "+a+b"),
        ("ann-a+b", "+-", "ann", "-a+b"),
        ("+ann", "+", "+ann", ""),
        ("ann+x", "", "ann+x", ""),
        ('"ann lee+x"', "+", "ann lee", "+x"),
        ("double-bounce", "-", "double-bounce", ""),
        ("owner-list", "-", "owner-list", ""),
        ("list-request", "-", "list-request", ""),
        ("owner+list", "+", "owner", "+list"),
    ],
)
def test_split_extension(local_part: str, delimiter: str, name: str, extension: str) -> None:
    """The extension begins at the first delimiter that leaves somebody."""
    assert (name, extension) == split_extension(local_part, delimiter)


def test_table_keys() -> None:
    """From one address to all of a domain; in a local domain the name is a key."""
    keys = [key for key, _ in table_keys("Ann+X@Example.org", "+", is_local=True)]

    assert ["ann+x@example.org", "ann@example.org", "ann+x", "ann", "@example.org"] == keys


@pytest.mark.parametrize(
    ("address", "extension", "extended"),
    [
        ("bob@example.org", "", "bob@example.org"),
        ("bob@example.org", "+x", "bob+x@example.org"),
        ('"bob lee"@example.org', "+x", '"bob lee+x"@example.org'),
        ("bob@example.org", '+x"y', '"bob+x\\"y"@example.org'),
    ],
)
def test_extend_address(address: str, extension: str, extended: str) -> None:
    """What cannot stand as it is is quoted."""
    assert extended == extend_address(address, extension)
