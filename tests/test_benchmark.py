"""The benchmarks run and report. How fast anything is decides nothing here."""

import re
import subprocess
import sys

from tests.support.paths import ROOT
from tests.support.processes import PATIENCE_SECONDS, environment

TINY = ("--rounds", "1", "--seconds", "0.05", "--workflows", "3", "--without-wrk")


def test_status_polls_are_measured_and_told() -> None:
    report = report_of("benchmarks/status.py", *TINY)
    rows = re.findall(r"│ +(\d+) │ +(\S+) │ +[\d,]+/s │ +[\d,]+/s │ +\d+\.\d\d │ +\d+\.\d\d to \d+\.\d\d │", report)
    assert rows == [("1", "none"), ("1", "?all=true"), ("3", "none"), ("3", "?all=true")]
    assert re.search(r"every ratio 1\.0 or better, is (reached|missed)\.$", report.rstrip())


def test_they_are_measured_with_the_page_open_as_well() -> None:
    assert report_of("benchmarks/status.py", *TINY, "--page").count("/s │") == 8


def test_the_first_and_the_last_workflows_are_compared() -> None:
    report = report_of("benchmarks/workflows.py", "--workflows", "5")
    rows = re.findall(r"│ (\w+) +│ +\d+\.\d{3} ms │ +\d+\.\d{3} ms │ +\d+\.\d\d │", report)
    assert rows == ["create", "provision", "status", "get", "deprovision", "delete"]


def test_what_the_plugin_costs_is_told() -> None:
    report = report_of("benchmarks/fixtures.py", "--rounds", "1", "--tests", "3")
    rows = re.findall(r"│ ([a-z][^│]+?) +│ +[-\d.]+ ms │ +[-\d.]+ to [-\d.]+ ms │ +[-\d.]+ ms │ +(\d+ ms) │", report)
    assert rows == [
        ("unused, in --collect-only", "15 ms"),
        ("the first use", "500 ms"),
        ("each of 2 further tests", "3 ms"),
    ]


def test_what_many_of_each_thing_cost_is_told() -> None:
    report = report_of("benchmarks/scale.py", "--size", "3", "--size", "20", "--only", "stubs of one")
    rows = re.findall(r"│ +(\d+) │ stubs of one scenario │ +[\d.]+ s │ +[\d.]+ ms │", report)
    assert rows == ["3", "20"]


def report_of(script: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, script, *options],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment({"PYTHONUTF8": "1"}),
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
