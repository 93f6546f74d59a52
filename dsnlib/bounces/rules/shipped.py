"""The rules that are shipped with dsnlib, read when they are first asked for.

This is the one module of this layer that reads files, and only those of the
package: immutable data, kept as files because they are edited by whoever knows
mail systems, and because the files of a user look the same.
"""

from __future__ import annotations

import functools
from importlib import resources

from dsnlib.bounces.rules.rule_file import load_rules
from dsnlib.bounces.rules.rule_set import RuleSet

__all__ = ["shipped_rules"]

# Where two needles are of one length, the first file counts.
_FILES = (
    "providers.toml",
    "recipient.toml",
    "sender.toml",
    "content.toml",
    "policy.toml",
    "infrastructure.toml",
    "languages.toml",
    "loose.toml",
)


@functools.cache
def shipped_rules() -> RuleSet:
    """Return the rules of dsnlib, the same set each time.

    Raises:
        ConfigurationError: A file of the package is broken, which the tests
            rule out.
    """
    folder = resources.files("dsnlib.bounces.rules") / "data"
    sets = [load_rules((folder / name).read_bytes(), origin=name) for name in _FILES]
    return RuleSet(
        [rule for each in sets for rule in each.rules],
        [provider for each in sets for provider in each.providers],
    )
