"""The built documentation, looked at without a browser: `make docs` ends with it.

    python -m tests.interop.site docs/_build/html           complain, exit 1 if there is reason
    python -m tests.interop.site docs/_build/html --list    print the links to other sites

Rules.
- Each link within the site leads to a page that is there, and to a place on it.
- A page takes pictures, styles and scripts from the site alone.
- Each public name has an entry in `objects.inv`, which other projects link by.
- A link to another site is https and looks as such a link does.  Whether it answers is
  not asked: a build needs no network.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import attrs

import dsnlib

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Link", "complaints", "links", "main", "public_names"]

ROOT = Path(__file__).resolve().parents[2]
# What a link to a host has to look like; of other hosts only https is asked.
FORMS = {
    "www.rfc-editor.org": r"/(rfc/rfc\d{3,5}(\.html|\.txt)?|errata/(eid|rfc)\d+)",
    "datatracker.ietf.org": r"/doc/(html/)?(rfc\d{3,5}|draft-[a-z0-9-]+)/?",
    "www.iana.org": r"/assignments/[a-z0-9-]+(/[a-z0-9.-]+)?/?",
    "pypi.org": r"/project/[A-Za-z0-9._-]+/?",
}
_RFC_PLACE = re.compile(r"(section|appendix|page)-[0-9A-Za-z.]+\Z")
# Tags that fetch something while the page is shown.
_FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
# Of <link>, what is fetched; the rest are relations such as `next`.
_FETCHED_RELATIONS = {"stylesheet", "icon", "preload"}


@attrs.frozen
class Link:
    """One link of a page.

    Args:
        page: The page, relative to the site.
        target: The address as it is written.
        is_fetched: Whether the page needs it to be shown.
    """

    page: str
    target: str
    is_fetched: bool


class _Page(HTMLParser):
    """The links of a page, and the places on it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.places: set[str] = {""}
        self.links: list[Link] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one tag says."""
        said = {name: value or "" for name, value in attrs}
        self.places |= {said[name] for name in ("id", "name") if name in said}
        source = _FETCHED.get(tag)
        if tag == "link" and not _FETCHED_RELATIONS & set(said.get("rel", "").split()):
            source = None
        if tag == "a" and "href" in said:
            self.links.append(Link(self.name, said["href"], is_fetched=False))
        elif source in said:
            self.links.append(Link(self.name, said[str(source)], is_fetched=True))


def read_pages(site: Path) -> dict[str, _Page]:
    """Return the pages of a site by their names."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        page = _Page(path.relative_to(site).as_posix())
        page.feed(path.read_text("utf-8"))
        pages[page.name] = page
    return pages


def links(site: Path) -> list[Link]:
    """Return the links of all pages."""
    return [link for page in read_pages(site).values() for link in page.links]


def complaints(site: Path) -> Iterator[str]:
    """Yield what is wrong with a site, a line each.

    Args:
        site: The directory that was built.
    """
    pages = read_pages(site)
    if not pages:
        yield f"{site}: no page"
        return
    for page in pages.values():
        for link in page.links:
            wrong = _wrong(link, pages, site)
            if wrong:
                yield f"{link.page}: {link.target}: {wrong}"
    found = entries(site / "objects.inv")
    for name in public_names():
        if name not in found:
            yield f"objects.inv: {name}: no entry"


def _wrong(link: Link, pages: dict[str, _Page], site: Path) -> str:
    """Return what is wrong with a link, or ``""``."""
    parts = urlsplit(link.target)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        return "it is fetched from another site" if link.is_fetched else _wrong_form(link.target)
    place = unquote(parts.fragment)
    path = (site / link.page).parent / unquote(parts.path) if parts.path else site / link.page
    path = path.resolve()
    if not path.is_file():
        return "there is no such file"
    other = pages.get(path.relative_to(site.resolve()).as_posix())
    if other is not None and place not in other.places:
        return "there is no such place on that page"
    return ""


def _wrong_form(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme == "mailto":
        return ""
    if parts.scheme != "https":
        return "it is not https"
    form = FORMS.get(parts.netloc)
    if form is not None and not re.fullmatch(form, parts.path):
        return f"it is no address of {parts.netloc} that we know"
    is_rfc = parts.netloc == "www.rfc-editor.org"
    if is_rfc and parts.fragment and not _RFC_PLACE.match(parts.fragment):
        return "an RFC has no such place"
    return ""


def entries(inventory: Path) -> set[str]:
    """Return the names of an inventory of Sphinx, version 2: four lines, then zlib."""
    octets = inventory.read_bytes()
    *_, packed = octets.split(b"\n", 4)
    lines = zlib.decompress(packed).decode("utf-8").splitlines()
    return {line.split(" ", 1)[0] for line in lines if " py:" in line}


def public_names() -> list[str]:
    """Return the full names of what `from dsnlib import ...` gives, as its imports say."""
    tree = ast.parse(Path(dsnlib.__file__).with_suffix(".pyi").read_text("utf-8"))
    return sorted(
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dsnlib.")
        for alias in node.names
    )


def main() -> int:
    """Look at a site; return 1 if there is something to complain about."""
    parser = argparse.ArgumentParser(description="Check the built documentation.")
    parser.add_argument("site", type=Path, help="the directory that was built")
    parser.add_argument("--list", action="store_true", help="print the links to other sites")
    arguments = parser.parse_args()
    if arguments.list:
        away = {each.target for each in links(arguments.site) if urlsplit(each.target).netloc}
        sys.stdout.writelines(f"{each}\n" for each in sorted(away))
        return 0
    found = sorted(set(complaints(arguments.site)))
    sys.stderr.writelines(f"{each}\n" for each in found)
    if not found:
        count = len(links(arguments.site))
        sys.stdout.write(f"{count} links and {len(public_names())} public names: sound\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
