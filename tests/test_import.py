"""`import dsnlib` is light: a filter that starts once per message pays for it."""

import subprocess
import sys

HEAVY = frozenset({"asyncio", "babel", "email", "email_validator", "mailparser", "rich"})

# Only what dsnlib adds counts: a coverage tool may have loaded its own before.
PROBE = """
import sys
before = set(sys.modules)
import dsnlib
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def test_import_loads_no_heavy_library() -> None:
    """A fresh process that imports dsnlib has none of the libraries used later."""
    probe = subprocess.run(
        [sys.executable, "-c", PROBE], check=True, capture_output=True, text=True, timeout=60
    )
    loaded = set(probe.stdout.split())

    assert "dsnlib" in loaded
    assert set() == HEAVY & loaded
