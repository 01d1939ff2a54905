"""mockflow answers the measured cases as the real node did, but for the exceptions, each of which has its reason."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from mockflow.core.plugin.behaviour import MEASURED
from tests.measured.player import FOLDER, played
from tests.support.paths import ROOT

EXCEPTIONS: Final[list[Mapping[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("exceptions.yml").read_text("utf-8")
)
PAGE: Final = (ROOT / "docs" / "reference" / "fidelity.md").read_text("utf-8")
LEAST_CASES: Final = 0.97
LEAST_ANSWERS: Final = 0.99


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the measured cases are not there: {FOLDER}")
@pytest.mark.parametrize("release", MEASURED)
def test_the_answers_are_those_of_the_real_node(release: str) -> None:
    listed = {
        name: bool(exception.get("chance"))
        for exception in EXCEPTIONS
        if release in exception.get("releases", MEASURED)
        for name in exception["cases"]
    }
    cases = answers = 0
    differing: dict[str, list[tuple[int, str]]] = {}
    for case, differences in played(release):
        cases += 1
        answers += sum("wait" not in step and step.get("compare", True) for step in case["steps"])
        if differences:
            differing[case["case"]] = differences
    unlisted = {
        name: found for name, found in differing.items() if not any(fnmatchcase(name, known) for known in listed)
    }
    assert unlisted == {}
    assert [
        known
        for known, by_chance in listed.items()
        if not by_chance and not any(fnmatchcase(n, known) for n in differing)
    ] == []
    assert len(differing) <= cases * (1 - LEAST_CASES)
    assert sum(len({place for place, _ in found}) for found in differing.values()) <= answers * (1 - LEAST_ANSWERS)


@pytest.mark.parametrize("reason", sorted({exception["reason"] for exception in EXCEPTIONS}))
def test_each_reason_is_explained_to_users(reason: str) -> None:
    assert f"\n### {reason}\n" in PAGE
