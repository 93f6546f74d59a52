"""What flufl.bounce finds, in the form that is scored: to be held beside `dsnlib parse`.

    python -m tests.accuracy.flufl < PATHS > LINES

A path a line in; a JSON object a line out, with the keys of `dsnlib parse --jsonl` that are
scored.  A recipient that it calls temporary was delayed, and has class 4; the others failed,
and have class 5.  What it raises is an error of that message.
"""

from __future__ import annotations

import email
import json
import logging
import sys
from pathlib import Path
from typing import Any

from flufl.bounce import all_failures

_ACTIONS = (("delayed", "4"), ("failed", "5"))


def find(octets: bytes) -> list[dict[str, str]]:
    """Return an object for each recipient.

    Args:
        octets: A message.
    """
    found: Any = all_failures(email.message_from_bytes(octets))
    return [
        {"recipient": address.decode("utf-8", "replace"), "action": action, "cls": class_}
        for addresses, (action, class_) in zip(found, _ACTIONS, strict=True)
        for address in sorted(addresses)
    ]


def main() -> None:
    """Read paths, write what was found."""
    logging.disable()
    for line in sys.stdin:
        path = Path(line.strip())
        record: dict[str, Any] = {"file": str(path), "is_bounce": False, "reports": []}
        try:
            record["reports"] = find(path.read_bytes())
            record["is_bounce"] = bool(record["reports"])
            record["error"] = None
        except Exception as error:  # noqa: BLE001  odd mail makes it raise anything
            record["error"] = {"code": "raised", "message": repr(error)}
        sys.stdout.write(json.dumps(record) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
