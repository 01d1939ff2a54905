"""The benchmarks run and report. How fast anything is decides nothing here."""

import re
import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from tests.support.processes import PATIENCE_SECONDS, environment

TINY = ("--rounds", "1", "--without-warm-up", "--seconds", "0.3", "--workflows", "3", "--without-wrk")


def test_status_polls_are_measured_and_told() -> None:
    report = report_of("benchmarks/status.py", *TINY, "--only", "many workflows$|page")
    rows = re.findall(
        r"│ (\w[\w ]+?) +│ +[\d,]+/s │ +[\d,]+/s │ +\d+\.\d\d │ +\d+\.\d\d to \d+\.\d\d │ +(\d\.\d) │", report
    )
    assert rows == [("many workflows", "3.0"), ("page open", "2.5")]
    assert re.search(r"^(Every ratio is as wanted|Below the wanted ratio: .+)\.$", report.rstrip().splitlines()[-1])


def test_the_first_and_the_last_workflows_are_compared() -> None:
    report = report_of("benchmarks/workflows.py", "--workflows", "5")
    rows = re.findall(r"│ (\w+) +│ +\d+\.\d{3} ms │ +\d+\.\d{3} ms │ +\d+\.\d\d │", report)
    assert rows == ["create", "provision", "status", "get", "deprovision", "delete"]


def test_what_the_plugin_costs_is_told() -> None:
    report = report_of("benchmarks/fixtures.py", "--rounds", "1", "--tests", "3", "--without-warm-up")
    rows = re.findall(r"│ ([a-z][^│]+?) +│ +[-\d.]+ ms │ +[-\d.]+ to [-\d.]+ ms │ +[-\d.]+ ms │ +([\d.]+ ms) │", report)
    assert rows == [
        ("unused, in --collect-only", "15 ms"),
        ("the first use", "300 ms"),
        ("each of 2 further tests", "1.5 ms"),
    ]


def test_the_longest_pause_of_each_kind_is_told() -> None:
    """Whether a row misses its bound is a matter of the machine, so is the exit code; the statuses are not."""
    report = report_of("benchmarks/stall.py", "--quick", "--rounds", "1", "--only", "^(Host|SigV4)$", may_fail=True)
    assert re.findall(r"│ (\w+) +│ +(\d+) │ +\d\.\d\d │ +(\d+) │ +\d+ ms │ +\d+ ms │ 100 ms │", report) == [
        ("Host", "100", "200"),
        ("SigV4", "10", "401"),
    ]
    assert re.search(r"The longest pause is \d+ ms \(\w+\); \d missed their bound\.$", report.rstrip())


@pytest.mark.process
@pytest.mark.slow
def test_a_short_soak_finds_nothing_wrong() -> None:
    """No time decides it: an answer is right if one moment between request and answer gives it."""
    report = report_of("benchmarks/soak.py", "--seconds", "4", "--clients", "60", "--seed", "1")
    rows = re.findall(r"│ (\w+) +│ +([\d,]+) │ +([\d,]+) │ +0 │ +0 │ +0 │ +0 │", report)
    assert [name for name, _, _ in rows] == ["frozen", "auto", "real"]
    assert all(int(checked.replace(",", "")) > 100 for _, _, checked in rows)
    operations = ("get_status", "provision", "create", "deprovision", "search", "look", "delete", "stub", "control")
    assert all(f" {operation}" in report for operation in operations)
    assert report.rstrip().endswith("All as the core says (seed 1).")


def test_what_many_of_each_thing_cost_is_told() -> None:
    report = report_of("benchmarks/scale.py", "--size", "3", "--size", "20", "--only", "stubs of one")
    rows = re.findall(r"│ +(\d+) │ stubs of one scenario │ +[\d.]+ s │ +[\d.]+ ms │", report)
    assert rows == ["3", "20"]


def test_what_starting_costs_is_told() -> None:
    report = report_of("benchmarks/start.py", "--rounds", "1", "--files", "20")
    assert re.findall(r"^(.+?) +\d+\.\d ms +[\d.]* +target ([\d.]+)(?: ms)?$", report, re.MULTILINE) == [
        ("mockflow --version", "5"),
        ("mockflow wait", "5"),
        ("import mockflow", "5"),
        ("mockflow serve", "1.3"),
    ]
    assert re.search(r"^20 files, loaded +\d+ ms +\d+\.\d\d  target 3$", report, re.MULTILINE)


def report_of(script: str, *options: str, may_fail: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, script, *options],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment({"PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": ""}),  # compiled already
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0 or (may_fail and done.returncode == 1), done.stderr
    return done.stdout
