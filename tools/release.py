"""What has to agree before a version is published: ``python -m tools.release v0.1.0 owner/name``."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


def problems(root: Path, tag: str, repository: str) -> Iterator[str]:
    """Why this tag of this repository, such as ``owner/name``, cannot be published from a checkout."""
    version = _found(r'__version__ = "(.+)"', (root / "mockflow/_version.py").read_text("utf-8"))
    if tag != f"v{version}":
        yield f"the tag is {tag}, and mockflow/_version.py says {version}: the tag should be v{version}"
    changelog = (root / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        yield f"CHANGELOG.md has no heading with the version and the day: ## [{version}] - 2026-01-31"
    url = _found(r'Repository = "(.+)"', (root / "pyproject.toml").read_text("utf-8"))
    if url != f"https://github.com/{repository}":
        yield f"pyproject.toml, project.urls, says {url}, and this is https://github.com/{repository}"


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


if __name__ == "__main__":
    found = list(problems(ROOT, *sys.argv[1:]))
    print("\n".join(found) or "ready to be published")
    sys.exit(1 if found else 0)
