"""The HTML form says what the text says, loads nothing and escapes everything."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.html import format_html
from dsnlib.compose.letter import Letter


class Reader(HTMLParser):
    """Collects text, tags and attributes."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._is_style = False
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.attributes.extend(attrs)
        self._is_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  the base class names it
        """Note its end."""
        self._is_style = False

    def handle_data(self, data: str) -> None:
        """Note text that is shown."""
        if not self._is_style:
            self.text.append(data)


def letter(paragraphs: str, language: str = "en", *, is_right_to_left: bool = False) -> Letter:
    """Return a letter with that text."""
    return Letter(
        language=language,
        is_right_to_left=is_right_to_left,
        from_="x",
        subject="Subject <b>",
        charset="utf-8",
        paragraphs=paragraphs,
    )


def test_paragraphs_and_what_is_set_apart() -> None:
    """A blank line parts paragraphs, indented lines are a quotation."""
    document = format_html([letter("One.\nTwo.\n\n  550 no\n\nThree.\n")], [])

    assert "<p>One.<br>\nTwo.</p>\n<blockquote>550 no</blockquote>\n<p>Three.</p>" in document


def test_each_part_names_its_language_and_direction() -> None:
    """Screen readers and browsers need both."""
    document = format_html(
        [letter("שלום\n", "he", is_right_to_left=True), letter("Hello\n")], ["between\nboth"]
    )

    assert '<html lang="he" dir="rtl">' in document
    assert '<section lang="he" dir="rtl">' in document
    assert '<section lang="en" dir="ltr">' in document
    assert '<p lang="he" dir="rtl">between</p>\n<p lang="en" dir="ltr">both</p>' in document


@given(st.text(st.sampled_from("a <>&\"'/:w.\n="), max_size=300))
def test_nothing_a_stranger_wrote_is_markup(text: str) -> None:
    """Only our tags are there; no link, no source, no style of theirs."""
    reader = Reader(format_html([letter(text)], []))

    ours = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "section",
        "p",
        "br",
        "blockquote",
        "wbr",
    }
    assert set(reader.tags) <= ours
    assert {name for name, _ in reader.attributes} <= {"lang", "dir", "charset", "name", "content"}
    shown = "".join("".join(reader.text).split())
    assert "".join(text.split()) in shown


def test_it_loads_nothing_and_sets_no_colour() -> None:
    """Light and dark are the reader's choice."""
    document = format_html([letter("see http://x.example/ and www.x.example\n")], [])

    assert "http://x.example" not in document
    assert "url(" not in document
    assert "color:" not in document.replace("color-scheme", "")
    assert '<meta name="color-scheme" content="light dark">' in document


def test_lines_stay_under_998_octets() -> None:
    """RFC 5322 s2.1.1 holds for HTML too."""
    document = format_html([letter("ж& " * 3000)], [])

    assert all(len(line.encode()) <= 998 for line in document.split("\n"))
