"""Programs that people write mail with, each told which sendmail to run.

    shell      sendmail itself, with options
    mutt       -oem -oi -f .. -N .. -R .. -- recipients     set dsn_notify, dsn_return
    s-nail     -i, what mta-arguments has, -f .. -- recipients
    bsd-mailx  -i -t -f ..                                  recipients from the header

Rules.
- No file of the user is read or written: each has a home of its own.
- A letter is the same whoever sends it; what a program cannot ask for is left out.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING, TypeAlias

import attrs

from tests.interop.peers.peer import needed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["MAILERS", "Letter", "write_script"]

_TIMEOUT_SECONDS = 30

Done: TypeAlias = "subprocess.CompletedProcess[str]"


@attrs.frozen(kw_only=True)
class Letter:
    """What somebody writes, and what is asked for.

    Args:
        sender: The return path, and the author.
        to: Recipients that all see.
        blind: Recipients that nobody sees.
        subject: The subject.
        body: The text, as it is typed.
        notify: As `-N` has it; `""` without.
        ret: As `-R` has it; `""` without.
        envid: As `-V` has it; `""` without.
    """

    sender: str = "ann@here.example"
    to: tuple[str, ...] = ("bob@far.example", "cee@far.example")
    blind: tuple[str, ...] = ()
    subject: str = "a letter"
    body: str = "first line\n.\n.. and more\nlast line\n"
    notify: str = ""
    ret: str = ""
    envid: str = ""

    @property
    def options(self) -> list[str]:
        """The options of sendmail that ask for it."""
        asked = (("-N", self.notify), ("-V", self.envid), ("-R", self.ret))
        return [word for option, value in asked if value for word in (option, value)]


def write_script(path: Path, command: Sequence[str | Path], environment: dict[str, str]) -> Path:
    """Write a program that runs another one, with the arguments that it is given.

    Args:
        path: Where.
        command: What it runs, and the arguments that come first.
        environment: Variables to set.
    """
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    words = " ".join(shlex.quote(str(word)) for word in command)
    path.write_text(f'#!/bin/sh\nexec env {settings} {words} "$@"\n', "utf-8")
    path.chmod(0o755)
    return path


def _by_shell(sendmail: Path, letter: Letter, home: Path) -> Done:
    header = f"From: {letter.sender}\nTo: {', '.join(letter.to)}\nSubject: {letter.subject}\n\n"
    recipients = [*letter.to, *letter.blind]
    command: list[str | Path] = [
        sendmail,
        *letter.options,
        "-i",
        "-f",
        letter.sender,
        "--",
        *recipients,
    ]
    return _run(command, f"{header}{letter.body}", home)


def _by_mutt(sendmail: Path, letter: Letter, home: Path) -> Done:
    peer = needed("mutt")
    settings = {
        "sendmail": f"{sendmail} -oem -oi",
        "sendmail_wait": "0",
        "from": letter.sender,
        "realname": "Ann",
        "use_envelope_from": "yes",
        "record": "",
        "copy": "no",
        "charset": "utf-8",
        "dsn_notify": letter.notify,
        "dsn_return": letter.ret,
    }
    lines = [f'set {name}="{value}"\n' for name, value in settings.items()]
    (home / "muttrc").write_text("".join(lines), "utf-8")
    blind = [word for each in letter.blind for word in ("-b", each)]
    command: list[str | Path] = [
        peer.program("mutt"), "-n", "-F", home / "muttrc", "-s", letter.subject, *blind,
        "--", *letter.to,
    ]  # fmt: skip
    return _run(command, letter.body, home, peer.environment)


def _by_s_nail(sendmail: Path, letter: Letter, home: Path) -> Done:
    peer = needed("s-nail")
    options = " ".join(f'"{word}"' for word in letter.options)
    settings = f"set mta={sendmail}\nset sendwait nosave ttycharset=utf-8\n"
    # It dies of an empty one.
    settings += f"set mta-arguments='{options}'\n" if options else ""
    (home / "mailrc").write_text(settings, "utf-8")
    blind = [word for each in letter.blind for word in ("-b", each)]
    command: list[str | Path] = [
        peer.program("s-nail"), "-n", "-r", letter.sender, "-s", letter.subject, *blind,
        *letter.to,
    ]  # fmt: skip
    return _run(command, letter.body, home, {**peer.environment, "MAILRC": str(home / "mailrc")})


def _by_bsd_mailx(sendmail: Path, letter: Letter, home: Path) -> Done:
    peer = needed("bsd-mailx")
    (home / "bsdrc").write_text(f"set sendmail={sendmail}\nset sendwait\nunset save\n", "utf-8")
    blind = [word for each in letter.blind for word in ("-b", each)]
    command: list[str | Path] = [
        peer.program("bsd-mailx"), "-n", "-I", "-r", letter.sender, "-s", letter.subject, *blind,
        "--", *letter.to,
    ]  # fmt: skip
    return _run(command, letter.body, home, {**peer.environment, "MAILRC": str(home / "bsdrc")})


def _run(
    command: Sequence[str | Path], text: str, home: Path, environment: dict[str, str] | None = None
) -> Done:
    """Run a program in a home of its own, to its end."""
    own = {"HOME": str(home), "PATH": os.environ.get("PATH", os.defpath), "DEAD": "/dev/null"}
    return subprocess.run(
        command,
        input=text,
        encoding="utf-8",
        env={**own, **(environment or {})},
        cwd=home,
        check=False,
        capture_output=True,
        timeout=_TIMEOUT_SECONDS,
    )


MAILERS: dict[str, Callable[[Path, Letter, Path], Done]] = {
    "shell": _by_shell,
    "mutt": _by_mutt,
    "s-nail": _by_s_nail,
    "bsd-mailx": _by_bsd_mailx,
}
"""What sends a letter by a sendmail, from a home, and returns how that ended."""
