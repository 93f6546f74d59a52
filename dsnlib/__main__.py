"""`python -m dsnlib` is the command `dsnlib`."""

import sys

from dsnlib.cli import main

if __name__ == "__main__":
    sys.exit(main())
