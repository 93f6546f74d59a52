"""A directory of a site's own templates and catalogues -> a `TemplateLibrary`.

    bounce.cf           a Postfix template file: used whatever the language
    de.cf  pt_BR.cf     the letters in one language
    de.po  or  de.mo    other words for sentences and codes
    example.org/        the same for the mail of one sender domain
    .example.org/       and of all domains below it

Rules.  A bounce must leave: a file that cannot be used is told of, and ours is
used in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.catalogue import Catalogue
from dsnlib.compose.library import TemplateLibrary, shipped_templates
from dsnlib.compose.load import load_templates_or_builtin
from dsnlib.compose.shipped import shipped_catalogue, shipped_languages
from dsnlib.compose.tags import read_tag
from dsnlib.compose.wording import Wording
from dsnlib.errors import Defect, DsnError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dsnlib.compose.parameters import Parameters
    from dsnlib.compose.template import TemplateSet

__all__ = ["read_template_directory"]
