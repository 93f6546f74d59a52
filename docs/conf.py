"""How the documentation is built: `make docs`, without the network."""

import builtins
import collections.abc
import importlib
import importlib.metadata
import inspect
import re
import sys
import typing
from pathlib import Path, PurePosixPath

from docutils import nodes
from sphinx.addnodes import desc_annotation, pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.transforms.post_transforms import SphinxPostTransform

import dsnlib

project = "dsnlib"
author = "The dsnlib authors"
copyright = "2026, the dsnlib authors"
release = importlib.metadata.version("dsnlib")
version = ".".join(release.split(".")[:2])

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = [
    "**/_*.md",  # what several pages include
    "_build",
    "changes",  # one sentence per change, gathered into CHANGELOG.md
    "examples",  # messages that pages refer to
]

html_theme = "furo"
html_title = f"dsnlib {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "show-inheritance": True}
LONGEST_VALUE = 72  # of a constant that is shown; characters
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# Types of these are named in signatures.  Their own documentation is elsewhere,
# and a build never asks the network for its index.
_ELSEWHERE = frozenset(sys.stdlib_module_names) | {
    "aiosmtpd",
    "aiosmtplib",
    "anymail",
    "attr",
    "attrs",
    "babel",
    "jinja2",
    "mailparser",
    "matplotlib",
    "opentelemetry",
    "pa",  # pyarrow, as everybody shortens it
    "prometheus_client",
    "psycopg",
    "pyarrow",
    "ray",
    "rich",
    "urllib3",
}
_BUILTIN = frozenset(vars(builtins)) | frozenset(vars(typing)) | frozenset(vars(collections.abc))
# Type names that modules of the standard library export and annotations use bare.
_BARE = frozenset(
    {
        "AbstractContextManager",
        "AnymailTrackingEvent",
        "EmailMessage",
        "Enum",
        "Flag",
        "IntEnum",
        "Message",
        "Path",
    }
    | {"date", "datetime", "timedelta", "dt"}
)
# Names for types that are spelled out where they are defined.
_ALIASES = frozenset(
    {
        "Address",
        "Bodies",
        "CountingNotifier",
        "Dialogue",
        "HopAddress",
        "Line",
        "Lookup",
        "Names",
        "Note",
        "Offered",
        "OnUnknown",
        "Place",
        "Row",
        "Rule",
        "Scripted",
        "SessionT",
        "Step",
        "Token",
        "Value",
        "_Finding",
        "_Product",
        "_T",
        "_Value",
        "_Writable",
    }
)


def resolve_short_name(
    _app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.Element | None:
    """The place a bare name means: `Raises: InvalidXtext` links to dsnlib.errors.

    A name of the standard library stays plain text.  Anything else is left to
    Sphinx, which reports it: that is a mistake in a docstring.
    """
    if node.get("refdomain") != "py":
        return None
    target = str(node.get("reftarget", ""))
    domain = env.domains.python_domain
    places = [name for name in domain.objects if name.endswith(f".{target}")]
    if len(places) == 1:
        return domain.resolve_xref(
            env, env.current_document.docname, _app.builder, "obj", places[0], node, contnode
        )
    if (
        target.partition(".")[0] in _ELSEWHERE | _BUILTIN | _BARE
        or target.rpartition(".")[2] in _ALIASES
    ):
        return contnode
    return None


def set_off_lists(
    _app: Sphinx, _what: str, _name: str, _obj: object, _options: object, lines: list[str]
) -> None:
    """Put an empty line before a list: our docstrings write it right below its heading."""
    for index in range(len(lines) - 1, 0, -1):
        before, line = lines[index - 1], lines[index]
        if line.startswith("- ") and before and not before.startswith(("- ", "  ")):
            lines.insert(index, "")


def keep_constants(
    _app: Sphinx,
    what: str,
    name: str,
    member: object,
    skip: bool,  # noqa: FBT001  as Sphinx gives it
    _options: object,
) -> bool | None:
    """Have every name of `__all__` in the reference, also a constant without a docstring."""
    is_constant = not inspect.isroutine(member) and not inspect.isclass(member)
    return False if skip and what == "module" and is_constant and name[0] != "_" else None


def tell_constant(
    _app: Sphinx, what: str, name: str, member: object, _options: object, lines: list[str]
) -> None:
    """Say of a constant without a docstring how large it is, instead of what its type is."""
    module, _, short = name.rpartition(".")
    if what != "data" or ("", short) in ModuleAnalyzer.for_module(module).find_attr_docs():
        return
    is_long = len(repr(member)) > LONGEST_VALUE
    lines[:] = (
        [f"A table of {len(member)}; the source has it."]
        if is_long and isinstance(member, collections.abc.Sized)
        else []
    )


def shorten_constant(_app: Sphinx, _domain: str, objtype: str, content: nodes.Element) -> None:
    """Leave out the value of a constant that is too long for a line."""
    if objtype != "data" or content.parent is None:
        return
    for annotation in list(content.parent.findall(desc_annotation)):
        if annotation.astext().startswith(" = ") and len(annotation.astext()) > LONGEST_VALUE:
            annotation.parent.remove(annotation)


# ---- Man pages


COMMANDS = PurePosixPath("reference/commands")


def manual_name(docname: str) -> str | None:
    """The man page that a document is: `dsnlib-parse`; `None` for other documents."""
    path = PurePosixPath(docname)
    if path.parent != COMMANDS or path.name == "index":
        return None
    return path.name if path.name == "dsnlib" else f"dsnlib-{path.name}"


def manual_pages() -> list[tuple[str, str, str, list[str], int]]:
    """What `man_pages` wants of each command; its first paragraph is what man calls NAME."""
    pages: list[tuple[str, str, str, list[str], int]] = []
    for path in sorted((Path(__file__).parent / COMMANDS).glob("[a-z]*.md")):
        docname = str(COMMANDS / path.stem)
        name = manual_name(docname)
        if name is not None:
            purpose = path.read_text(encoding="utf-8").split("\n\n")[1].rstrip(".").replace("`", "")
            pages.append((docname, name, purpose[0].lower() + purpose[1:], [], 1))
    return pages


man_pages = manual_pages()


class NameManualPages(SphinxPostTransform):
    """In a man page, call another one `dsnlib-parse(1)`, and do not say twice what NAME says.

    Other documents are called by their titles: a man page is read where the site is not.
    """

    default_priority = 5  # before anything resolves references
    builders = ("man",)

    def run(self, **_kwargs: object) -> None:
        """Change the tree of one document."""
        for reference in list(self.document.findall(pending_xref)):
            if reference["refdomain"] == "doc":  # as MyST calls it: [](page.md)
                title = self.env.titles[reference["reftarget"]].astext()
                name = manual_name(reference["reftarget"])
                page = nodes.strong("", f"{name}(1)") if name else nodes.emphasis("", title)
                reference.replace_self(page)
            elif reference["reftype"] == "myst":  # a place on this page
                reference.replace_self(nodes.inline("", reference.astext()))
        purpose = next(self.document.findall(nodes.paragraph))
        purpose.parent.remove(purpose)


# ---- Public names


# Where each is defined: the table that `from dsnlib import ...` itself looks into.
PUBLIC_HOMES = {
    name: module
    for module, names in dsnlib._NAMES.items()  # noqa: SLF001  its reader is no other module
    for name in names.split()
}


def docstring_of(module: str, name: str) -> str:
    """The docstring of a public name; that of a constant stands below it in the source."""
    value = getattr(importlib.import_module(module), name)
    if callable(value):
        return inspect.getdoc(value) or ""
    return "\n".join(ModuleAnalyzer.for_module(module).find_attr_docs()["", name])


def first_sentence(docstring: str) -> str:
    """The first sentence of a docstring, as Markdown of one line."""
    paragraph = " ".join(docstring.partition("\n\n")[0].split())
    sentence = re.split(r"(?<=[.:])\s", paragraph)[0].rstrip(":")
    return re.sub(r"([|<>*_\[\]])", r"\\\1", sentence)


def list_public_names(app: Sphinx, docname: str, source: list[str]) -> None:
    """Write the table of `from dsnlib import ...` where its page asks for it."""
    if docname != "reference/names":
        return
    app.env.note_dependency(str(dsnlib.__file__))
    rows = ["| name | module | what it is |", "|---|---|---|"]
    for name in sorted(PUBLIC_HOMES, key=str.lower):
        home = PUBLIC_HOMES[name]
        link = f"{{py:obj}}`{name} <{home}.{name}>`"
        module = f"{{py:mod}}`{home.removeprefix('dsnlib.')} <{home}>`"
        rows.append(f"| {link} | {module} | {first_sentence(docstring_of(home, name))} |")
    source[0] = source[0].replace("@@NAMES@@", "\n".join(rows))


def setup(app: Sphinx) -> None:
    """Add the lookup of bare names, lists, the table of public names, and man pages."""
    app.connect("missing-reference", resolve_short_name)
    app.connect("autodoc-process-docstring", set_off_lists)
    app.connect("autodoc-skip-member", keep_constants)
    app.connect("autodoc-process-docstring", tell_constant)
    app.connect("object-description-transform", shorten_constant)
    app.connect("source-read", list_public_names)
    app.add_post_transform(NameManualPages)
