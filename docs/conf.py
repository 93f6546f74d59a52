"""How the documentation is built: `make docs`, without the network."""

import builtins
import collections.abc
import importlib.metadata
import sys
import typing

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

project = "dsnlib"
author = "The dsnlib authors"
copyright = "2026, the dsnlib authors"
release = importlib.metadata.version("dsnlib")
version = ".".join(release.split(".")[:2])

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = [
    "_build",
    "changes",  # one sentence per change, gathered into CHANGELOG.md
    "examples",  # messages that pages refer to
]

html_theme = "furo"
html_title = f"dsnlib {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "show-inheritance": True}
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


def setup(app: Sphinx) -> None:
    """Add the lookup of bare names, and lists."""
    app.connect("missing-reference", resolve_short_name)
    app.connect("autodoc-process-docstring", set_off_lists)
