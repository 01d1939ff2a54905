"""The pages of `docs/reference/` that are made from the code. `python -m tools.reference` writes them.

They are files of the repository, so that readers find them there too. `tests/docs/test_reference.py` compares.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tools.reference import (
    command_line,
    control_api,
    environment,
    operations,
    presets,
    pytest_options,
    python_api,
    scenario,
    scenarios,
    steps,
    versions,
)

FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"
PAGES: Final[dict[str, Callable[[], str]]] = {
    "scenario.md": scenario.page,
    "scenarios.md": scenarios.page,
    "operations.md": operations.page,
    "presets.md": presets.page,
    "steps.md": steps.page,
    "versions.md": versions.page,
    "command-line.md": command_line.page,
    "environment.md": environment.page,
    "control-api.md": control_api.page,
    "python.md": python_api.page,
    "pytest.md": pytest_options.page,
}
"""The functions that make the pages, by the names of their files."""
