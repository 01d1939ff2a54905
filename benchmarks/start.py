"""What starting costs: commands that do nothing yet, a server until it is ready, `import mockflow`, and loading files.

    python benchmarks/start.py [--rounds 20] [--files 1000 --files 20000]

Everything is compared with something else in the same run, in turns, and the lowest CPU time of each counts: on a busy
machine the others say little.

- A command, as a multiple of `python -c pass`: 5 or less for `--version` and `wait`, which run as health checks; click
  alone is about 3.
- A server with one scenario until it is ready, as a multiple of a bare aiohttp application: 1.3 or less.
- Scenario files, read and loaded, as a multiple of reading them with yaml.CSafeLoader: 3 or less for 1,000 files, 4 for
  20,000.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PASS: Final = "python -c pass"
BARE: Final = "a bare aiohttp application"
SERVE: Final = "mockflow serve"
TARGETS: Final = {"mockflow --version": 5.0, "mockflow wait": 5.0, SERVE: 1.3, "import mockflow": 5.0}
"""Ratios; of the import milliseconds."""
FEW_FILES: Final = 1_000
"""Up to so many files the target is 3, else 4."""
SCENARIO: Final = """\
scenario: s{number}
workflow_id: w{number}
provision:
  timeline:
    - {{at: 0s, state: PROVISIONING}}
    - {{at: 5s, state: COMPLETED}}
"""


class Ready(BaseHTTPRequestHandler):
    """Answers what `wait` asks."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--files", type=int, action="append", help="Of each number; 1000 and 20000 if not given.")
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(json.dumps(loading(options.load)))
        return
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands(folder, options.rounds, environment)
        servers(folder, options.rounds, environment)
        for number in options.files or (FEW_FILES, 20_000):
            files(folder / f"{number}", number, environment)


def commands(folder: Path, rounds: int, environment: Mapping[str, str]) -> None:
    server = HTTPServer(("127.0.0.1", 0), Ready)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # As the script that pip installs does.
    script = folder / "mockflow"
    script.write_text("import sys\nfrom mockflow.cli import main\nsys.exit(main())\n", "utf-8")
    run = [sys.executable, str(script)]
    url = f"http://127.0.0.1:{server.server_port}"
    measured = {
        PASS: [sys.executable, "-c", "pass"],
        "python -c 'import click'": [sys.executable, "-c", "import click"],
        "mockflow --version": [*run, "--version"],
        "mockflow --help": [*run, "--help"],
        "mockflow wait": [*run, "wait", url],
        "mockflow completion bash": [*run, "completion", "bash"],
        "mockflow check --help": [*run, "check", "--help"],
        "mockflow serve --help": [*run, "serve", "--help"],
        "import mockflow": [sys.executable, "-c", "import mockflow"],
    }
    times = lowest(measured, rounds, lambda command: cpu_seconds(command, environment))
    server.shutdown()
    imported = max(0.0, times.pop("import mockflow") - times[PASS])
    tell(times, PASS)
    print(f"{'import mockflow':<28}{imported * 1000:7.1f} ms         target {TARGETS['import mockflow']:.0f} ms\n")


def servers(folder: Path, rounds: int, environment: Mapping[str, str]) -> None:
    bodies, scenario = folder / "bodies.json", folder / "scenario.yaml"
    bodies.write_text('{"w": "{}"}', "utf-8")
    scenario.write_text(SCENARIO.format(number=0), "utf-8")
    measured = {
        BARE: [sys.executable, str(ROOT / "benchmarks" / "bare.py"), str(bodies)],
        SERVE: [sys.executable, "-m", "mockflow", "serve", "--quiet", "--port", "0", str(scenario)],
    }
    tell(lowest(measured, rounds, lambda command: cpu_seconds(command, environment, until_ready=True)), BARE)
    print()


def files(folder: Path, number: int, environment: Mapping[str, str]) -> None:
    folder.mkdir()
    for one in range(number):
        (folder / f"{one:06}.yaml").write_text(SCENARIO.format(number=one), "utf-8")
    done = subprocess.run(
        [sys.executable, __file__, "--load", str(folder)], env=environment, stdout=subprocess.PIPE, check=True
    )
    times: dict[str, float] = json.loads(done.stdout)
    target = 3 if number <= FEW_FILES else 4
    first, *others = times
    for name, seconds in times.items():
        said = f"  target {target}" if name == others[0] else ""
        print(f"{number:,} files, {name:<20}{seconds * 1000:7.0f} ms {seconds / times[first]:6.2f}{said}")


def loading(folder: Path) -> dict[str, float]:
    """The CPU time of reading the folder's files with PyYAML alone, of loading them, and of a cluster with them."""
    import yaml

    from mockflow.cluster import Cluster, LoadedScenario, Settings
    from mockflow.loading.load import load_paths

    def plain() -> None:
        for file in sorted(folder.iterdir()):
            yaml.load(file.read_bytes(), yaml.CSafeLoader)

    def loaded() -> tuple[LoadedScenario, ...]:
        found = load_paths([folder])
        assert not found.problems, found.problems[0]
        return tuple(LoadedScenario(one.scenario, str(one.place)) for one in found.scenarios)

    def served() -> None:
        Cluster(Settings(), loaded())

    loaded()  # warms up
    ways: dict[str, Callable[[], object]] = {"yaml.CSafeLoader": plain, "loaded": loaded, "loaded and served": served}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(3):
        for name, way in ways.items():
            gc.collect()
            began = time.process_time()
            way()
            times[name].append(time.process_time() - began)
    return {name: min(several) for name, several in times.items()}


def cpu_seconds(command: list[str], environment: Mapping[str, str], *, until_ready: bool = False) -> float:
    """The CPU time of a process, user and system: of all its life, or until it has printed a line."""
    output = subprocess.PIPE if until_ready else subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.DEVNULL) as process:
        if process.stdout:
            assert b"ready at" in process.stdout.readline(), command
            process.kill()
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return used.ru_utime + used.ru_stime


def lowest(measured: Mapping[str, list[str]], rounds: int, measure: Callable[[list[str]], float]) -> dict[str, float]:
    """The lowest of each, measured in turns."""
    times: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(rounds):
        for name, command in measured.items():
            times[name].append(measure(command))
    return {name: min(several) for name, several in times.items()}


def tell(times: Mapping[str, float], reference: str) -> None:
    for name, seconds in times.items():
        said = f"  target {TARGETS[name]:g}" if name in TARGETS else ""
        print(f"{name:<28}{seconds * 1000:7.1f} ms {seconds / times[reference]:6.2f}{said}")


if __name__ == "__main__":
    main()
