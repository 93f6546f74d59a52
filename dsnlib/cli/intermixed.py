"""A parser that lets options stand between arguments.

    dsnlib suppress check history.db --print may-send bob@example.org

Without it argparse takes the list behind the first argument for empty when it meets the
option.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["IntermixedParser"]


class IntermixedParser(argparse.ArgumentParser):
    """An `argparse.ArgumentParser` for a verb; of one with verbs of its own, these are some."""

    _is_within = False

    def parse_known_args(  # type: ignore[override]  # its overloads have the same meaning
        self,
        args: Sequence[str] | None = None,
        namespace: Any = None,  # noqa: ANN401  any object may take the values
    ) -> tuple[Any, list[str]]:
        """Return what was understood, and what was not."""
        has_verbs = any(each.nargs == argparse.PARSER for each in self._actions)
        if has_verbs or self._is_within:  # it calls this function itself
            return super().parse_known_args(args, namespace)
        self._is_within = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_within = False
