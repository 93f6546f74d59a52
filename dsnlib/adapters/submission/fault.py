"""Why a letter cannot be handed over, with the exit code that says so."""

from __future__ import annotations

__all__ = ["SubmissionFault"]


class SubmissionFault(Exception):
    """Nothing was handed over.

    Attributes:
        code: One of `sysexits.h`, as `os.EX_...` has them.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
