"""A directory of a site's own templates and catalogues -> a `TemplateLibrary`.

    bounce.cf           a Postfix template file: used whatever the language
    de.cf  pt_BR.cf     the letters in one language
    de.po  or  de.mo    other words for sentences and codes
    example.org/        the same for the mail of one sender domain
    .example.org/       and of all domains below it

Rules.  A bounce must leave: a file that cannot be used is told of in a `Defect`,
and ours is used in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.heredoc import LARGEST_OCTETS
from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.language.tags import read_tag
from dsnlib.compose.library import TemplateLibrary, nearest_shipped, shipped_templates
from dsnlib.compose.shipped import ENGLISH, shipped_catalogue
from dsnlib.compose.template import TemplateSet, load_templates_or_builtin
from dsnlib.compose.wording import Wording
from dsnlib.errors import CatalogueError, Defect

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.compose.postfix.parameters import Parameters

__all__ = ["read_template_directory", "read_template_file"]

_POSTFIX = "bounce.cf"
_READERS = {".po": Catalogue.from_po, ".mo": Catalogue.from_mo}


def read_template_directory(
    path: Path, *, parameters: Parameters | None = None
) -> tuple[TemplateLibrary, tuple[Defect, ...]]:
    """Return what a site has of its own, and what of it could not be used.

    Args:
        path: The directory; a link in it is followed.
        parameters: The settings that a Postfix template may name.

    Raises:
        OSError: The directory itself cannot be read.
    """
    return _read(path, parameters, is_top=True)


def read_template_file(
    path: Path, *, parameters: Parameters | None = None, language: str = ENGLISH
) -> TemplateSet:
    """Return the templates of one file, ours where it cannot be used.

    Args:
        path: The file.
        parameters: The settings that its text may name.
        language: The nearest of ours stands in for what it has not.
    """
    builtin = shipped_templates(nearest_shipped(language))
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST_OCTETS + 1)
    except OSError as error:
        return attrs.evolve(builtin, defects=(_unreadable(path, error),))
    return load_templates_or_builtin(
        octets, origin=str(path), parameters=parameters, builtin=builtin
    )


def _read(
    path: Path, parameters: Parameters | None, *, is_top: bool
) -> tuple[TemplateLibrary, tuple[Defect, ...]]:
    defects: list[Defect] = []
    plain = None
    templates: dict[str, TemplateSet] = {}
    wordings: dict[str, Wording] = {}
    domains: dict[str, TemplateLibrary] = {}
    for each in sorted(path.iterdir()):
        if each.is_dir():
            if is_top:
                # A name with a dot first is one domain and those below it.
                library, found = _read(each, parameters, is_top=False)
                domains[each.name.lower()] = library
                defects += found
        elif each.name == _POSTFIX:
            plain = read_template_file(each, parameters=parameters)
            defects += plain.defects
        elif each.suffix == ".cf" and _is_language(each, defects):
            templates[each.stem] = read_template_file(
                each, parameters=parameters, language=each.stem
            )
            defects += templates[each.stem].defects
        elif each.suffix in _READERS and _is_language(each, defects):
            wording = _wording(each, defects)
            if wording is not None:
                wordings[each.stem] = wording
    library = TemplateLibrary(plain=plain, templates=templates, wordings=wordings, domains=domains)
    return library, tuple(defects)


def _is_language(path: Path, defects: list[Defect]) -> bool:
    if read_tag(path.stem) is not None:
        return True
    message = f"{path}: {path.stem!r} is no language, so the file is not used"
    defects.append(Defect(code="template-language", message=message))
    return False


def _wording(path: Path, defects: list[Defect]) -> Wording | None:
    """Read a catalogue and lay it over ours."""
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST_OCTETS + 1)
        catalogue = _READERS[path.suffix](octets, origin=str(path))
    except CatalogueError as error:
        defects.append(Defect(code="catalogue-file", message=str(error)))
        return None
    except OSError as error:
        defects.append(_unreadable(path, error))
        return None
    under = shipped_catalogue(nearest_shipped(path.stem))
    return Wording(path.stem, catalogue.over(under))


def _unreadable(path: Path, error: OSError) -> Defect:
    return Defect(code="template-unreadable", message=f"{path}: {error.strerror or error}")
