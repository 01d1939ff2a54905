"""What commands cost before they do anything: the CPU time of a process, as a multiple of `python -c pass`.

    python benchmarks/start.py [--rounds 20]

The commands take turns, and the lowest time of each counts: on a busy machine the others say little. The target is 5
or less for `--version` and `wait`, which run as health checks; click alone is about 3.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Final

PASS: Final = "python -c pass"
TARGET: Final = 5
HELD_TO_IT: Final = ("mockflow --version", "mockflow wait")


class Ready(BaseHTTPRequestHandler):
    """Answers what `wait` asks."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def cpu_seconds(command: list[str], environment: dict[str, str]) -> float:
    """The CPU time of a process, user and system."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return used.ru_utime + used.ru_stime


def measured(commands: dict[str, list[str]], rounds: int, environment: dict[str, str]) -> dict[str, float]:
    """The lowest CPU time of each command."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(cpu_seconds(command, environment))
    return {name: min(all_times) for name, all_times in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    server = HTTPServer(("127.0.0.1", 0), Ready)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        # As the script that pip installs does.
        script = Path(folder) / "mockflow"
        script.write_text("import sys\nfrom mockflow.cli import main\nsys.exit(main())\n", "utf-8")
        run = [sys.executable, str(script)]
        url = f"http://127.0.0.1:{server.server_port}"
        commands = {
            PASS: [sys.executable, "-c", "pass"],
            "python -c 'import click'": [sys.executable, "-c", "import click"],
            "mockflow --version": [*run, "--version"],
            "mockflow --help": [*run, "--help"],
            "mockflow wait": [*run, "wait", url],
            "mockflow completion bash": [*run, "completion", "bash"],
            "mockflow check --help": [*run, "check", "--help"],
            "mockflow serve --help": [*run, "serve", "--help"],
        }
        root = str(Path(__file__).parent.parent)
        environment = {**os.environ, "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": ""}
        times = measured(commands, rounds, environment)
    server.shutdown()
    for name, seconds in times.items():
        ratio = seconds / times[PASS]
        said = f"  target {TARGET}" if name in HELD_TO_IT else ""
        print(f"{name:<28}{seconds * 1000:7.1f} ms {ratio:6.1f}{said}")


if __name__ == "__main__":
    main()
