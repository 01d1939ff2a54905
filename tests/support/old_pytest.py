"""Runs a small suite with the pytest of this environment, and checks what the plugin does there.

Run as ``python tests/support/old_pytest.py`` in an environment with mockflow and any pytest, for ``make test-lower``.
It imports nothing of the tests. With pytest 7 the fixtures work; with an older one a suite that does not use them runs
as if the plugin were not there, and one that does is told in one sentence.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

PLAIN = """
def test_plain():
    assert 1 + 1 == 2
"""
USES_IT = """
import json, urllib.request
import pytest

@pytest.mark.mockflow("@docs-example", clock="frozen")
def test_it(mockflow):
    path = "/_plugins/_flow_framework/workflow/8xL8bowB8y25Tqfenm50/_status"
    with urllib.request.urlopen(mockflow.url + path) as response:
        assert json.load(response)["state"] == "NOT_STARTED"
"""


def output_of(text: str) -> str:
    """What pytest prints for a suite of this text."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_suite.py").write_text(text, "utf-8")
        command = [sys.executable, "-m", "pytest", "--strict-markers", "-p", "no:cacheprovider"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
        return done.stdout + done.stderr


def main() -> None:
    """Exits with a message if something is wrong."""
    import pytest

    plain, using = output_of(PLAIN), output_of(USES_IT)
    is_old = int(pytest.__version__.split(".")[0]) < 7
    sentence = f"the fixtures of mockflow need pytest 7.0 or newer; this is pytest {pytest.__version__}"
    wanted = [
        "1 passed" in plain,
        plain.count(sentence) == is_old,
        ("1 error" if is_old else "1 passed") in using,
        (sentence in using) == is_old,
        "Traceback" not in plain + using,
    ]
    if not all(wanted):
        sys.exit(f"with pytest {pytest.__version__}: {wanted}\n{plain}\n{using}")
    print(f"with pytest {pytest.__version__} the plugin {'says what it needs' if is_old else 'works'}")


if __name__ == "__main__":
    main()
