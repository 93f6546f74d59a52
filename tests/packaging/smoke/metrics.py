"""A feed that Prometheus may ask, asked once: `metrics.py HISTORY DIRECTORY`."""

import socket
import subprocess
import sys
import time
import urllib.request

_PATIENCE_SECONDS = 60


def main() -> int:
    """Print the first measure, return the exit code of the command if it ends by itself."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    verb = ["ingest", sys.argv[1], "--watch", "--metrics", place, sys.argv[2]]
    with subprocess.Popen([sys.executable, "-m", "dsnlib", *verb]) as feed:
        end = time.monotonic() + _PATIENCE_SECONDS
        while feed.poll() is None and time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"http://{place}/metrics", timeout=5) as answer:
                    print(
                        *[line for line in answer.read().decode().splitlines() if "dsnlib" in line]
                    )
                    feed.terminate()
                    return 0
            except OSError:  # it does not listen yet
                time.sleep(0.1)
        feed.kill()
    return feed.returncode


if __name__ == "__main__":
    sys.exit(main())
