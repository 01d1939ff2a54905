"""What a type checker tells the author of a test: mypy --strict on a small file, as users run it."""

import re
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT

FILE: Final = """
from mockflow import MockFlow, Scenario

slow = Scenario("slow").workflow("w").at("0s", state="PROVISIONING").at("+5s", state="COMPLETED", user_outputs={"a": 1})
entry = {"workflow_step_name": "create_index", "workflow_step_id": "a"}
more = slow.at_poll(3, state=None, error=None, created=[{"workflow_step_name": "noop", "workflow_step_id": "b"}])
odd = Scenario("odd", unrealistic=True).workflow("v").at("0s", state="SLEEPING")


def load(scenario: Scenario) -> None:
    with MockFlow(scenario, clock="frozen") as cluster, MockFlow.connect(cluster.url) as same:
        same.clock.advance("1s")


load(slow)
load(odd)
slow.at("6s", state="DONE")  # E: arg-type
slow.at("6s", stat="FAILED")  # E: call-arg
slow.at("6s", provisioning_progress="COMPLETED")  # E: arg-type
slow.at("6s", created=[{"workflow_step_name": "a"}])  # E: typeddict-item
Scenario("x").at_poll(1, state="SLEEPING")  # E: arg-type
MockFlow(slow, clock="fast")  # E: arg-type
"""


@pytest.mark.slow
def test_a_strict_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest.importorskip("mypy.api")
    file = tmp_path / "user.py"
    file.write_text(FILE, "utf-8")
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    options = ["--strict", "--config-file=", "--follow-imports=silent", f"--cache-dir={tmp_path}"]
    limit = sys.getrecursionlimit()
    try:
        told, problems, _ = api.run([*options, f"--python-executable={sys.executable}", str(file)])
    finally:
        sys.setrecursionlimit(limit)  # mypy raises it
    assert problems == ""
    errors = [(int(line), code) for line, code in re.findall(r"user\.py:(\d+): error: .*\[([\w-]+)\]", told)]
    wanted = [(n, line.rpartition("# E: ")[2]) for n, line in enumerate(FILE.splitlines(), 1) if "# E: " in line]
    assert errors == wanted, told
