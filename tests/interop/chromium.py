"""A headless Chromium, spoken to by its debugging pipe: no driver, no port, no network.

The protocol is the Chrome DevTools Protocol: JSON objects, each with a NUL behind it, on
file descriptors 3 and 4 of the browser.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["Chromium", "chromium_running"]

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip
_TROUBLE = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
_PATIENCE_SECONDS = 20


class Chromium:
    """One page of a browser.

    Args:
        commands: Where the browser reads.
        answers: Where it writes.
    """

    def __init__(self, commands: BinaryIO, answers: BinaryIO) -> None:
        self._commands, self._answers = commands, answers
        self._number = 0
        self._session: str | None = None
        self._events: list[dict[str, Any]] = []

    def start(self) -> None:
        """Open a page and have its events told."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM", "Accessibility"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Return what a method of the protocol gives."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while (answer := self._read()).get("id") != self._number:
            self._events.append(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> dict[str, Any]:
        octets = bytearray()
        while not octets.endswith(b"\0"):
            octet = self._answers.read(1)
            assert octet, "the browser has ended"
            octets += octet
        answer: dict[str, Any] = json.loads(octets[:-1])
        return answer

    def close(self) -> None:
        """End the browser."""
        self._session = None  # that is what is spoken to, not the page
        self.call("Browser.close")

    def open(self, place: Path | str) -> None:
        """Open a file or an address, and wait until it is shown."""
        self._events.clear()
        self.call("Page.navigate", url=place if isinstance(place, str) else place.as_uri())
        while not any(each.get("method") == "Page.loadEventFired" for each in self._events):
            self._events.append(self._read())

    def run(self, script: str) -> Any:  # noqa: ANN401  what a script gives is anything of JSON
        """Return the value of an expression of JavaScript."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def resize(self, width: int, height: int = 800) -> None:
        """Make the window as wide as a device, in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def prefer(self, scheme: str, medium: str = "") -> None:
        """Have a reader who prefers `light` or `dark`, on a screen or on paper (`print`)."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=medium, features=features)

    def press(self, key: str, code: int) -> None:
        """Press a key and let it go."""
        for type_ in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=type_, key=key, code=key, windowsVirtualKeyCode=code
            )

    def requests(self) -> list[str]:
        """Return what was asked for since the page was opened."""
        return [
            each["params"]["request"]["url"]
            for each in self._events
            if each.get("method") == "Network.requestWillBeSent"
        ]

    def troubles(self) -> list[dict[str, Any]]:
        """Return what the browser complained about since the page was opened."""
        return [each for each in self._events if each.get("method") in _TROUBLE]


@contextlib.contextmanager
def chromium_running(*flags: str) -> Iterator[Chromium]:
    """Yield a browser; skip the test where there is none."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no Chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        # A shell gives the pipes their numbers: what runs between fork and exec in Python
        # may hang in a process with threads.
        command = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        process = subprocess.Popen(
            ["/bin/bash", "-c", command, program, *_FLAGS, *flags, f"--user-data-dir={directory}"],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        with process, open(ours_out, "wb") as commands, open(ours_in, "rb") as answers:  # noqa: PTH123  they are numbers, not names
            browser = Chromium(commands, answers)
            try:
                browser.start()
                yield browser
            finally:
                with contextlib.suppress(AssertionError, OSError):  # it may have ended
                    browser.close()
                try:
                    process.wait(_PATIENCE_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
