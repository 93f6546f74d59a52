"""Compile the catalogues while a wheel is built: `hatchling` calls this.

The compiled files are made in a temporary folder and put into the wheel from
there, so a working copy never has a `.mo` that is older than its `.po`.
"""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["CatalogueHook", "compiled"]

# hatchling dates the files of a wheel so: the same source, the same wheel.
_DATE = datetime(2020, 2, 2, tzinfo=UTC)


def compiled(text: str) -> bytes:
    """Return the `.mo` file of a `.po` file; fuzzy messages are left out.

    Raises what Babel's `read_po` does.
    """
    catalog = read_po(io.StringIO(text), abort_invalid=True)
    catalog.creation_date = catalog.revision_date = _DATE
    output = io.BytesIO()
    write_mo(output, catalog)
    return output.getvalue()


class CatalogueHook(BuildHookInterface[Any]):
    """Puts a compiled catalogue into the wheel for each language."""

    _folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; an editable wheel reads the text where it is."""
        if version == "editable":
            return
        root = Path(self.root)
        self._folder = tempfile.TemporaryDirectory(prefix="dsnlib-locale-")
        for source in sorted(root.glob("dsnlib/compose/locale/*/LC_MESSAGES/dsnlib.po")):
            place = source.relative_to(root).with_suffix(".mo")
            target = Path(self._folder.name, place)
            target.parent.mkdir(parents=True)
            target.write_bytes(compiled(source.read_text(encoding="utf-8")))
            build_data["force_include"][str(target)] = place.as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  as hatchling calls it
        """Remove the temporary folder."""
        if self._folder is not None:
            self._folder.cleanup()
