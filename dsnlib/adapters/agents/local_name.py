"""A local part -> the account and its extension, and its keys in tables.

Rules.
- Names are compared in lower case, and without the quotes of a quoted-string.
- The extension begins at the first delimiter: `ann+news` is `ann` with `news`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.model.local_part import bare_local_part, quote_local_part, split_address

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["extend_address", "split_extension", "table_keys"]

# Names with a delimiter in them that begins no extension.
_WHOLE = frozenset({"mailer-daemon", "double-bounce"})


def split_extension(local_part: str, delimiter: str) -> tuple[str, str]:
    """Return the name of the account, in lower case, and the extension with its delimiter.

    >>> split_extension("Ann+News", "+")
    ('ann', '+News')

    Args:
        local_part: With or without quotes.
        delimiter: The characters that can begin an extension.
    """
    bare = bare_local_part(local_part)
    name = bare.lower()
    # Lists of old have owner-list and list-request as addresses of their own.
    if name in _WHOLE or (
        delimiter == "-" and (name.startswith("owner-") or name.endswith("-request"))
    ):
        return name, ""
    # A delimiter in front would leave nobody.
    places = [place for each in delimiter if (place := bare.find(each)) > 0]
    if not places:
        return name, ""
    return bare[: min(places)].lower(), bare[min(places) :]


def table_keys(address: str, delimiter: str, *, is_local: bool) -> Iterator[tuple[str, str]]:
    """Yield the keys that stand for an address, and the extension that each leaves over.

    >>> list(table_keys("Ann+x@a.org", "+", is_local=False))
    [('ann+x@a.org', ''), ('ann@a.org', '+x'), ('@a.org', '')]

    Args:
        address: With a domain.
        delimiter: The characters that can begin an extension.
        is_local: Whether the name alone is a key too.
    """
    local_part, _, domain = split_address(address)
    domain = domain.lower()
    whole = bare_local_part(local_part).lower()
    name, extension = split_extension(local_part, delimiter)
    names = [(whole, "")] if name == whole else [(whole, ""), (name, extension)]
    for each, left in names:
        yield f"{each}@{domain}", left
    if is_local:
        yield from names
    yield f"@{domain}", ""


def extend_address(address: str, extension: str) -> str:
    """Return an address with an extension added to its local part.

    >>> extend_address("bob@example.org", "+news")
    'bob+news@example.org'
    """
    if not extension:
        return address
    local_part, at, domain = split_address(address)
    return f"{quote_local_part(bare_local_part(local_part) + extension)}{at}{domain}"
