"""`dsnlib serve`: run the mail server of a configuration.

Rules.
- What keeps it from starting is one line on standard error: 65 for what the
  configuration says, 66 for a file that cannot be read, 74 for a port, a queue or a disk.
- 0 after SIGTERM or SIGINT, when all that was under way is done or back in the queue.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import printable
from dsnlib.cli.verbs.config import complain_of, load

if TYPE_CHECKING:
    import argparse

    from dsnlib.adapters.config.settings import Settings
    from dsnlib.adapters.service.build import BuiltServer
    from dsnlib.errors import DsnError

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "--config", required=True, metavar="FILE", help="the configuration, such as dsnlib.toml"
    )
    parser.add_argument(
        "--check", action="store_true", help="do all but open ports and the queue, and end"
    )
    parser.add_argument(
        "--ready-file",
        metavar="FILE",
        help="write where it listens to this file, as JSON, when it is ready",
    )
    parser.add_argument(
        "--allow-root", action="store_true", help="stay root if there is no mail_owner: for tests"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until a signal, return the exit code."""
    settings = load(args.config)
    if isinstance(settings, Exit):
        return settings
    from dsnlib.adapters.config.settings import InvalidSettings
    from dsnlib.adapters.service.build import build

    try:
        built = build(settings)
    except InvalidSettings as error:
        return complain_of(error)
    if args.check:
        output.write(f"{printable(args.config)}: fine\n")
        return Exit.FINE
    return _serve(args, settings, built)


def _serve(args: argparse.Namespace, settings: Settings, built: BuiltServer) -> int:
    from dsnlib.adapters.queue import QueueUnavailable
    from dsnlib.adapters.service.process import Process
    from dsnlib.adapters.service.sockets import PortTaken
    from dsnlib.errors import ConfigurationError

    ready_file = None if args.ready_file is None else Path(args.ready_file)
    try:
        Process(settings, built, may_be_root=args.allow_root, ready_file=ready_file).run()
    except PortTaken as error:
        return _complain(error, Exit.IO_ERROR)
    except ConfigurationError as error:
        return _complain(error, Exit.BAD_DATA)
    except QueueUnavailable as error:
        return _complain(error, Exit.IO_ERROR)
    except Exception as error:  # noqa: BLE001  the log has where it came from
        output.write(f"dsnlib: the server has failed: {printable(repr(error))}\n", sys.stderr)
        return Exit.BUG
    return Exit.FINE


def _complain(error: DsnError, code: Exit) -> Exit:
    # Nobody may be there to read it.
    with contextlib.suppress(OSError):
        output.write(f"dsnlib: {printable(str(error))}\n", sys.stderr)
    return code
