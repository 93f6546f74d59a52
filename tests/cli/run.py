"""What a verb did: the fixture `run` of `conftest` gives it."""

__all__ = ["Run"]

Run = tuple[int, str, str]
"""The exit code, standard output, and standard error."""
