"""A web server that is told of the events of a history: `receiver.py HISTORY`."""

import subprocess
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer


class Receiver(BaseHTTPRequestHandler):
    """Takes what is posted."""

    octets = 0

    def do_POST(self) -> None:
        """Count it, say yes."""
        Receiver.octets += len(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def main() -> int:
    """Have the events sent here, return the exit code of the command."""
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/events"
        verb = ["events", sys.argv[1], "--name", "web", "--webhook", url]
        done = subprocess.run([sys.executable, "-m", "dsnlib", *verb], check=False, timeout=60)
        server.shutdown()
    print(f"received {Receiver.octets} octets")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
