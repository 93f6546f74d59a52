"""Run a command as if on a terminal, and print what it draws: `terminal.py WORD...`."""

import os
import pty
import sys


def main() -> int:
    """Return the exit code of the command."""
    os.environ["TERM"] = "xterm-256color"
    return os.waitstatus_to_exitcode(pty.spawn([sys.executable, "-m", "dsnlib", *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
