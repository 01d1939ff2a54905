"""The benchmark runs and reports. How fast anything is decides nothing here."""

import re
import subprocess
import sys

from tests.serving import PATIENCE_SECONDS, ROOT, environment

TINY = ("--rounds", "1", "--seconds", "0.05", "--workflows", "3", "--without-wrk")


def test_status_polls_are_measured_and_told() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/status.py", *TINY],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment({"PYTHONUTF8": "1"}),
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = re.findall(
        r"│ +(\d+) │ +(\S+) │ +[\d,]+/s │ +[\d,]+/s │ +\d+\.\d\d │ +\d+\.\d\d to \d+\.\d\d │", done.stdout
    )
    assert rows == [("1", "none"), ("1", "?all=true"), ("3", "none"), ("3", "?all=true")]
    assert re.search(r"every ratio 1\.0 or better, is (reached|missed)\.$", done.stdout.rstrip())
