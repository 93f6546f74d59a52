"""What `make docs` says of a site: `tests/interop/site.py`."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING

import pytest

from tests.interop import site

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b"# Sphinx inventory version 2\n# Project: p\n# Version: 1\n# zlib\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A sound site of two pages, in which every public name has an entry."""
    lines = "".join(f"{name} py:class 1 a.html#$ -\n" for name in site.public_names())
    (tmp_path / "objects.inv").write_bytes(HEAD + zlib.compress(lines.encode()))
    (tmp_path / "sub").mkdir()
    (tmp_path / "style.css").write_text("")
    (tmp_path / "sub" / "b.html").write_text('<h1 id="top">B</h1><a href="../a.html">a</a>')
    show(tmp_path, '<a href="sub/b.html#top">b</a><a href="#">up</a>')
    return tmp_path


def show(directory: Path, body: str) -> None:
    """Write the first page."""
    (directory / "a.html").write_text(f'<link rel="stylesheet" href="style.css">{body}')


def test_a_sound_site(directory: Path) -> None:
    """There is nothing to say of links that lead somewhere and names that have entries."""
    assert [] == list(site.complaints(directory))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('<a href="gone.html">', "a.html: gone.html: there is no such file"),
        ('<a href="sub/b.html#no">', "a.html: sub/b.html#no: there is no such place on that page"),
        ('<a href="#no">', "a.html: #no: there is no such place on that page"),
        ('<img src="gone.png">', "a.html: gone.png: there is no such file"),
        ('<script src="https://x.example/a.js">', "fetched from another site"),
        ('<link rel="icon" href="//x.example/a.png">', "fetched from another site"),
        ('<a href="http://x.example">', "it is not https"),
        ('<a href="https://www.rfc-editor.org/rfc3461">', "no address of www.rfc-editor.org"),
        ('<a href="https://www.rfc-editor.org/rfc/rfc3461#4.1">', "an RFC has no such place"),
        ('<a href="https://pypi.org/dsnlib">', "no address of pypi.org that we know"),
    ],
    ids=range(10),
)
def test_complaints(directory: Path, body: str, complaint: str) -> None:
    """A link that leads nowhere, fetches from elsewhere or is malformed is told."""
    show(directory, body)

    (found,) = site.complaints(directory)

    assert complaint in found


@pytest.mark.parametrize(
    "body",
    [
        '<a href="https://www.rfc-editor.org/rfc/rfc3461#section-4.1">',
        '<a href="https://www.rfc-editor.org/rfc/rfc3464.html#appendix-B">',
        '<a href="https://www.iana.org/assignments/mail-parameters/mail-parameters.xhtml">',
        '<a href="https://any.example/where?it=is">',
        '<a href="mailto:ann@example.org">',
        '<img src="data:image/png;base64,AAAA">',
        '<link rel="next" href="https://any.example/">',
    ],
    ids=range(7),
)
def test_sound_links(directory: Path, body: str) -> None:
    """What is well formed, or is fetched by nobody, is not told."""
    show(directory, body)

    assert [] == list(site.complaints(directory))


def test_names_without_entries(directory: Path) -> None:
    """A public name that the index does not have is told."""
    (directory / "objects.inv").write_bytes(HEAD + zlib.compress(b"x py:class 1 a.html#$ -\n"))

    found = list(site.complaints(directory))

    assert len(site.public_names()) == len(found)
    assert "objects.inv: dsnlib.model.xtext.encode_xtext: no entry" in found


@pytest.mark.parametrize("body", ["", '<a href="gone.html">'], ids=["sound", "not sound"])
def test_as_a_program(
    directory: Path, body: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with 1 if there is something to say, and says it on standard error."""
    show(directory, body)
    monkeypatch.setattr(sys, "argv", ["site", str(directory)])

    code = site.main()

    assert bool(body) == code
    assert bool(body) == bool(capsys.readouterr().err)


def test_an_empty_site(tmp_path: Path) -> None:
    """A directory without a page is no site."""
    assert [f"{tmp_path}: no page"] == list(site.complaints(tmp_path))
