"""Which scenario matches a create request, against a comparison with all of them."""

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from mockflow.cluster import Cluster, LoadedScenario, Settings, scenarios
from mockflow.cluster.changes import changes
from mockflow.core.scenario.match import Match
from mockflow.core.scenario.model import Scenario
from tests.support.counting import counting

NAMES = ("a", "ab", "b[c]", "", "xay")
GLOBS = ("a", "ab", "a*", "*a*", "?b", "b[c]", "b[*", "*", "**")
conditions = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(GLOBS),
        "use_case": st.sampled_from(["U", "V"]),
        "header": st.dictionaries(st.sampled_from(["X-A", "x-b"]), st.sampled_from(["1", "2"]), min_size=1),
    },
).map(lambda match: match or "everything")
requests = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "use_case": st.sampled_from(["U", "V", ""]),
        "headers": st.dictionaries(st.sampled_from(["X-A", "X-B", "Other"]), st.sampled_from(["1", "2"])),
    }
)
steps = st.lists(st.tuples(st.sampled_from(["put", "delete", "reload"]), st.integers(0, 5), conditions), max_size=12)


def scenario(name: str, match: Any) -> LoadedScenario:
    return LoadedScenario(Scenario.model_validate({"scenario": name, "match": match, "provision": {"step_time": 0}}))


def naively(cluster: Cluster, request: dict[str, Any]) -> str | None:
    """The first loaded of the most specific ones that match."""
    found = [one.scenario for one in cluster.world.scenarios.values()]
    found = [one for one in found if one.match and one.match.covers(**request)]
    return max(found, key=lambda one: one.match.specificity).scenario if found else None  # type: ignore[union-attr]


@given(steps, requests)
def test_the_most_specific_one_wins_and_of_several_the_first(steps: Any, request: dict[str, Any]) -> None:
    request["headers"] = CIMultiDict(request["headers"])
    cluster = Cluster(Settings(mode="frozen"))
    logging.getLogger("mockflow").disabled = True
    try:
        for kind, number, match in steps:
            name = f"s{number}"
            try:
                if kind == "put":
                    scenarios.load(cluster.world, [scenario(name, match)])
                elif kind == "delete":
                    scenarios.remove(cluster.world, name)
                else:
                    after = (scenario(name, match), *(s for s in cluster.startup if s.name != name))
                    cluster.reload(changes(cluster.startup, after))
            except (scenarios.ClaimedError, scenarios.UnknownScenarioError):
                pass
            best = scenarios.matching(cluster.world, **request)
            assert (best and best.scenario) == naively(cluster, request)
    finally:
        logging.getLogger("mockflow").disabled = False


def test_what_cannot_match_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[dict[str, Any]] = [{"name": f"n{number}"} for number in range(300)]
    written += [{"use_case": f"u{number}"} for number in range(300)]
    written += [{"header": {"X-Case": f"{number}"}} for number in range(300)]
    written += [{"name": f"glob {number} *"} for number in range(300)]
    cluster = Cluster(Settings(), tuple(scenario(f"s{number}", match) for number, match in enumerate(written)))
    compared: list[Any] = []
    monkeypatch.setattr(Match, "covers", counting(compared, Match.covers))
    headers = CIMultiDict({"X-Case": "7"})
    requests: list[tuple[dict[str, Any], str | None]] = [
        ({"name": "n7", "use_case": "", "headers": {}}, "s7"),
        ({"name": "", "use_case": "u7", "headers": {}}, "s307"),
        ({"name": "n7", "use_case": "u7", "headers": headers}, "s607"),
        ({"name": "glob 7 x", "use_case": "", "headers": {}}, "s907"),
        ({"name": "none", "use_case": "none", "headers": {}}, None),
    ]
    for request, name in requests:
        compared.clear()
        best = scenarios.matching(cluster.world, **request)
        assert (best and best.scenario) == name
        assert len(compared) <= 1
