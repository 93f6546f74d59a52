"""A mail server for a moment: it takes mail, delivers it, and tells of what it could not deliver.

`dsnlib serve` in a directory of its own on the loopback interface, and a sink as the next
system, which refuses what its address asks it to refuse.
"""

# ruff: noqa: INP001, S603, T201  an example is no package, runs the command, and prints
import contextlib
import json
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dsnlib.adapters.sink import Sink

CONFIG = """
myhostname = "mail.example.org"
mydestination = ["example.org", "$myhostname"]
queue_directory = "{base}/queue"
mail_spool_directory = "{base}/mail"
alias_maps = ["texthash:{base}/aliases"]
relayhost = "[{sink.host}]:{sink.port}"

[[listen]]
address = "127.0.0.1"
port = 0
"""
SECONDS = 20


@contextlib.contextmanager
def served(base: Path, sink: Sink) -> Iterator[int]:
    """Run the server, and yield its port."""
    (base / "aliases").write_text("team: bob, eve\n")
    config, ready = base / "dsnlib.toml", base / "ready.json"
    config.write_text(CONFIG.format(base=base, sink=sink))
    command = [sys.executable, "-m", "dsnlib", "serve", "--config", str(config)]
    with subprocess.Popen([*command, "--ready-file", str(ready), "--allow-root"]) as server:
        try:
            wait_for(lambda: ready.exists() or server.poll() is not None, "the server")
            yield json.loads(ready.read_text())["listeners"][0]["port"]
        finally:
            server.send_signal(signal.SIGTERM)


def wait_for(is_there: Callable[[], bool], what: str) -> None:
    """Wait until something is there, and not for ever."""
    end = time.monotonic() + SECONDS
    while not is_there():
        if time.monotonic() > end:
            sys.exit(f"{what} did not come in {SECONDS} seconds")
        time.sleep(0.05)


def main() -> None:
    """Send two messages, and show what came back."""
    with tempfile.TemporaryDirectory() as folder, Sink() as sink:
        base = Path(folder)
        told = base / "mail" / "ann" / "new"
        with served(base, sink) as port:
            for recipient in ("team@example.org", sink.address("bounce-5.2.2")):
                with smtplib.SMTP("127.0.0.1", port, local_hostname="ann.example.org") as client:
                    client.sendmail(
                        "ann@example.org", [recipient], b"Subject: Minutes\r\n\r\nHere.\r\n",
                        mail_options=["ENVID=QQ314159"], rcpt_options=["NOTIFY=SUCCESS,FAILURE"],
                    )  # fmt: skip
            wait_for(lambda: told.is_dir() and len(list(told.iterdir())) == 2, "the news")
        print("\nWhat Ann is told:\n", flush=True)
        subprocess.run([sys.executable, "-m", "dsnlib", "parse", str(told)], check=True)


if __name__ == "__main__":
    main()
