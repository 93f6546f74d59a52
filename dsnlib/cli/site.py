"""What a site has of its own, as the verbs that write notifications take it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from dsnlib.compose.library import TemplateLibrary
    from dsnlib.compose.postfix.parameters import Parameters
    from dsnlib.errors import Defect

__all__ = ["add_template_option", "load_library"]


def add_template_option(parser: argparse._ActionsContainer) -> None:
    """Add `--templates`."""
    parser.add_argument(
        "--templates",
        metavar="PATH",
        help="a template file, or a directory of the site's templates and catalogues",
    )


def load_library(
    path: str | None, parameters: Parameters
) -> tuple[TemplateLibrary, tuple[Defect, ...]]:
    """Return the templates of `--templates`, and what of them could not be used.

    Args:
        path: A file or a directory; `None` for ours.
        parameters: The settings that a Postfix template may name.

    Raises:
        OSError: A directory cannot be read.
    """
    # Only who writes needs all of that.
    from dsnlib.adapters.templates import read_template_directory, read_template_file
    from dsnlib.compose.library import TemplateLibrary

    if path is None:
        return TemplateLibrary(), ()
    if Path(path).is_dir():
        return read_template_directory(Path(path), parameters=parameters)
    templates = read_template_file(Path(path), parameters=parameters)
    if templates.language is None:
        return TemplateLibrary(plain=templates), templates.defects
    return TemplateLibrary(templates={templates.language: templates}), templates.defects
