"""What differs between the scenarios of files before and after an edit."""

from mockflow.cluster.changes import Changes, LoadedScenario, changes
from mockflow.core.scenario.model import Scenario


def loaded(name: str, source: str = "f", **more: str) -> LoadedScenario:
    return LoadedScenario(Scenario(scenario=name, **more), source)  # type: ignore[arg-type]


A, B, C = loaded("a"), loaded("b"), loaded("c")


def test_nothing() -> None:
    assert changes([], []) == Changes(())
    assert changes([A, B], [A, B]) == Changes((A, B))


def test_new_ones() -> None:
    assert changes([B], [A, B, C]) == Changes((A, B, C), new=(A, C))


def test_those_that_are_gone_as_they_were() -> None:
    assert changes([A, B, C], [B]) == Changes((B,), gone=(A, C))


def test_a_changed_script() -> None:
    after = loaded("a", workflow_id="w")
    assert changes([A, B], [after, B]) == Changes((after, B), changed=(after,))


def test_a_changed_script_that_stands_elsewhere_is_changed() -> None:
    after = loaded("a", "g", workflow_id="w")
    assert changes([A], [after]) == Changes((after,), changed=(after,))


def test_the_same_script_elsewhere_has_only_moved() -> None:
    after = loaded("a", "g")
    assert changes([A, B], [B, after]) == Changes((B, after), moved=((A, after),))


def test_another_order_changes_nothing_but_the_order() -> None:
    assert changes([A, B], [B, A]) == Changes((B, A))


def test_another_name_is_another_scenario() -> None:
    assert changes([A], [B]) == Changes((B,), new=(B,), gone=(A,))
