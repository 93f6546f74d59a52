"""The options of the sendmail command, which are older than every library that reads options.

    -f ann@example.org   -fann@example.org   -oi   -ti   -N success,delay   -bs   -q   --

Rules.
- A value stands in the same word or is the next one.  `-q` and `-d` have theirs in the
  same word or none.
- Letters can share a word, the last with a value: `-tif ann@example.org`.
- The first word that is no option ends them; so does `--`.
- What other sendmails know and nothing here depends on is passed over; what nobody
  knows is an error.
- A bad value of -N, -V, -R or -B is told of and passed over, as the command of Postfix
  does it: a letter is worth more than a remark about it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.request import encode_xtext

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MODES", "Options", "read_options"]

# letters that take a value
_WITH_VALUE = frozenset("ABCFLNORVXbefhopr")
# letters whose value is in the same word or not there
_WITH_OWN_VALUE = frozenset("dq")
_ALONE = frozenset("GIUacimntvx")
# What other sendmails have it for, and what nothing here depends on.
_PASSED_OVER = frozenset("ALUacdehmpx")

MODES = {
    "d": "daemon",
    "D": "daemon",
    "i": "newaliases",
    "I": "newaliases",
    "m": "submit",
    "p": "mailq",
    "s": "session",
    "v": "verify",
}
"""What `-b` may say, and the mode that it means."""

_NOTIFY_WORDS = ("NEVER", "SUCCESS", "FAILURE", "DELAY")
# RFC 3461 s4.4: "1 to 100 characters" once encoded.
_ENVID_LIMIT = 100
_LONGEST_SHOWN = 60
_YES = frozenset({"", "1", "on", "t", "true", "y", "yes"})


class Options:
    """What the command line says.

    Attributes:
        mode: `submit`, or another one of `MODES`, or `flush`.
        config: The file behind -C, or `None`.
        sender: The address behind -f, or `None`.
        full_name: That behind -F, or `None`.
        notify: What -N says, or `None`.
        envid: What -V says, or `None`.
        ret: What -R says, or `None`.
        is_8bit: Whether -B says so.
        requiretls: Whether -O says so.
        reads_recipients: Whether the header names them: -t.
        ignores_dots: Whether a lone dot is text: -i.
        is_gateway: Whether the header is to stay as it is: -G.
        is_verbose: Whether to show what is said: -v.
        recipients: The words behind the options.
        notes: What was passed over.
    """

    def __init__(self) -> None:
        self.mode = "submit"
        self.config: str | None = None
        self.sender: str | None = None
        self.full_name: str | None = None
        self.notify: str | None = None
        self.envid: str | None = None
        self.ret: str | None = None
        self.is_8bit = False
        self.requiretls = False
        self.reads_recipients = False
        self.ignores_dots = False
        self.is_gateway = False
        self.is_verbose = False
        self.recipients: tuple[str, ...] = ()
        self.notes: list[str] = []

    def set(self, letter: str, value: str) -> None:
        """Take one option.

        Args:
            letter: It.
            value: What belongs to it, or `""`.

        Raises:
            SubmissionFault: It cannot be carried out.
        """
        if letter in _PASSED_OVER:
            return
        flag = _FLAGS.get(letter)
        if flag is not None:
            setattr(self, flag, True)
            return
        getattr(self, f"_set_{letter}")(value)

    def _set_b(self, value: str) -> None:
        mode = MODES.get(value[:1])
        if mode is None or len(value) > 1:
            raise SubmissionFault(os.EX_USAGE, f"there is no mode -b{value[:_LONGEST_SHOWN]}")
        self.mode = mode

    def _set_I(self, _: str) -> None:  # noqa: N802  the letter of an option
        self.mode = "newaliases"

    def _set_C(self, value: str) -> None:  # noqa: N802  the letter of an option
        self.config = value

    def _set_F(self, value: str) -> None:  # noqa: N802  the letter of an option
        self.full_name = value

    def _set_f(self, value: str) -> None:
        self.sender = value

    _set_r = _set_f

    def _set_n(self, _: str) -> None:
        # To take an address as it is was never safe to half believe.
        raise SubmissionFault(
            os.EX_USAGE, "-n: aliases belong to the server; it cannot be had here"
        )

    def _set_o(self, value: str) -> None:
        # Other options of one letter are as good as any default of ours.
        if value == "i":
            self.ignores_dots = True

    def _set_q(self, value: str) -> None:
        if value[:1].isdigit():
            return  # how often a daemon looks is in its configuration
        if value:
            text = f"-q{value[:_LONGEST_SHOWN]}: name messages by `dsnlib queue flush`"
            raise SubmissionFault(os.EX_USAGE, text)
        self.mode = "flush"

    def _set_O(self, value: str) -> None:  # noqa: N802  the letter of an option
        name, _, said = value.partition("=")
        if name.strip().lower() == "requiretls":
            self.requiretls = said.strip().lower() in _YES

    def _set_X(self, value: str) -> None:  # noqa: N802  the letter of an option
        if value.startswith("V"):
            self._pass_over("X", value, "one letter to all has one return path here")

    def _set_B(self, value: str) -> None:  # noqa: N802  the letter of an option
        if value not in ("7BIT", "8BITMIME"):
            self._pass_over("B", value, "it is neither 7BIT nor 8BITMIME")
        self.is_8bit = value == "8BITMIME"

    def _set_N(self, value: str) -> None:  # noqa: N802  the letter of an option
        words = value.upper().split(",") if value.isascii() else [value]
        unknown = next((each for each in words if each not in _NOTIFY_WORDS), None)
        if unknown is not None:
            self._pass_over("N", value, f"{unknown!r} is none of never, success, failure, delay")
        elif "NEVER" in words and len(words) > 1:
            self._pass_over("N", value, "never stands alone")
        else:
            self.notify = ",".join(each for each in _NOTIFY_WORDS if each in words)

    def _set_R(self, value: str) -> None:  # noqa: N802  the letter of an option
        if value.upper() not in ("FULL", "HDRS"):
            self._pass_over("R", value, "it is neither full nor hdrs")
        else:
            self.ret = value.upper()

    def _set_V(self, value: str) -> None:  # noqa: N802  the letter of an option
        if not value or not value.isascii() or not value.isprintable():
            self._pass_over("V", value, "an envelope identifier is printable US-ASCII")
        elif len(encode_xtext(value)) > _ENVID_LIMIT:
            self._pass_over("V", value, f"it takes more than {_ENVID_LIMIT} characters")
        else:
            self.envid = value

    def _pass_over(self, letter: str, value: str, reason: str) -> None:
        shown = repr(value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}...")
        self.notes.append(f"-{letter} {shown} is passed over: {reason}")


_FLAGS = {
    "G": "is_gateway",
    "i": "ignores_dots",
    "t": "reads_recipients",
    "v": "is_verbose",
}


def read_options(arguments: Sequence[str]) -> Options:
    """Return what a command line says.

    Args:
        arguments: The words behind the name of the command.

    Raises:
        SubmissionFault: An option is unknown, or lacks its value, or two contradict.
    """
    options = Options()
    words = list(arguments)
    place = 0
    while place < len(words):
        word = words[place]
        if word == "--":
            place += 1
            break
        if not word.startswith("-") or word == "-":
            break
        place += 1
        if _read_word(options, word, words[place] if place < len(words) else None):
            place += 1
    options.recipients = tuple(words[place:])
    _check(options, words[:place])
    return options


def _read_word(options: Options, word: str, following: str | None) -> bool:
    """Take the options of one word; tell whether the next word is a value of theirs."""
    for index in range(1, len(word)):
        letter, rest = word[index], word[index + 1 :]
        if letter in _ALONE:
            options.set(letter, "")
        elif letter in _WITH_OWN_VALUE:
            options.set(letter, rest)
            return False
        elif letter not in _WITH_VALUE:
            raise SubmissionFault(os.EX_USAGE, f"there is no option -{letter} ({word!r})")
        elif rest:
            options.set(letter, rest)
            return False
        elif following is None:
            raise SubmissionFault(os.EX_USAGE, f"-{letter} lacks its value")
        else:
            options.set(letter, following)
            return True
    return False


def _check(options: Options, words: Sequence[str]) -> None:
    """Refuse what contradicts itself."""
    if options.mode == "verify" and options.reads_recipients:
        raise SubmissionFault(os.EX_USAGE, "-bv reads no message, and -t wants one")
    if "--" in words:
        return
    behind = next((each for each in options.recipients if each.startswith("-")), None)
    if behind is not None:
        text = f"{behind[:_LONGEST_SHOWN]!r} stands behind a recipient: options come first"
        raise SubmissionFault(os.EX_USAGE, text)
