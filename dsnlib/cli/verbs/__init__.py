"""The verbs of the command `dsnlib`: a module each, or a room where a verb has parts.

Each has `add_arguments(parser)` and `run(args)`, which returns the exit code; `dsnlib.cli`
loads the one that is asked for, and no other.
"""
