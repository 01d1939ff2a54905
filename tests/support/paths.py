"""Where the files are that tests read."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
"""The checkout."""

SCENARIOS: Final = ROOT / "scenarios"
"""The shipped scenarios."""

SHARED: Final = ROOT.parent / "shared"
"""Tables and templates of the plugin beside the checkout; tests that read them are skipped where it is missing."""
