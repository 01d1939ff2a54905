"""Scenarios that change while workflows run: by the owner's PUT and DELETE, and by an edit of files."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from mockflow.cluster import (
    ClaimedError,
    Cluster,
    LoadedScenario,
    Mode,
    Settings,
    UnknownScenarioError,
    UnknownWorkflowError,
    index_listing,
    moving,
    operations,
    polling,
)
from mockflow.cluster.changes import changes
from mockflow.cluster.scenarios import load, remove
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.scenario.model import Scenario

Body = dict[str, Any]

CONNECTOR: Final = {
    "id": "connector",
    "type": "create_connector",
    "user_inputs": {
        "name": "c",
        "description": "d",
        "version": "1",
        "protocol": "http",
        "parameters": {},
        "credential": {"key": "k"},
        "actions": [],
    },
}
INDEX: Final = {"id": "index", "type": "create_index", "user_inputs": {"index_name": "films", "configurations": "{}"}}
MORE: Final = {"id": "more", "type": "create_index", "user_inputs": {"index_name": "more", "configurations": "{}"}}


def template_of(*nodes: Body) -> Body:
    return {"name": "films", "workflows": {"provision": {"nodes": list(nodes)}}}


TEMPLATE: Final = template_of(CONNECTOR, INDEX)


def at(time: str, state: str, **more: Any) -> Body:
    return {"at": time, "state": state, **more}


def brought(*keyframes: Body, scenario: str = "s", workflow_id: str = "w", **more: Any) -> Body:
    script = {"provision": {"timeline": list(keyframes)}} if keyframes else {}
    return {"scenario": scenario, "workflow_id": workflow_id, **script, **more}


def matching(scenario: str = "m", **more: Any) -> Body:
    return {"scenario": scenario, "match": {"everything": True}, **more}


SLOW = brought(at("0s", "PROVISIONING"), at("10s", "COMPLETED"))
QUICK = brought(at("0s", "PROVISIONING"), at("2s", "FAILED", error="e"))


class World:
    """A frozen cluster whose scenarios come from files."""

    def __init__(self, *scenarios: Body, mode: Mode = "frozen") -> None:
        self.files = self._loaded(scenarios)
        self.cluster = Cluster(Settings(mode=mode), self.files)

    def reload(self, *scenarios: Body) -> None:
        """The files hold these now."""
        before, self.files = self.files, self._loaded(scenarios)
        self.cluster.reload(changes(before, self.files))

    def put(self, *scenarios: Body) -> None:
        load(self.cluster.world, self._loaded(scenarios, "request"))

    def create(self, *, provision: bool = True, template: Body = TEMPLATE) -> str:
        workflow = operations.create(self.cluster.world, parse_template(template), validate=False, headers={})
        if provision:
            operations.provision(self.cluster.world, workflow.id)
        return workflow.id

    def advance(self, seconds: float) -> None:
        self.cluster.world.clock.advance(int(seconds * 1000))

    def poll(self, workflow_id: str = "w") -> Mapping[str, Any]:
        answer: Mapping[str, Any] = polling.poll(self.cluster.world, workflow_id, show_all=True).value
        return answer

    def state(self, workflow_id: str = "w") -> Any:
        return self.poll(workflow_id)["state"]

    def speaker(self, workflow_id: str) -> str | None:
        scenario = self.cluster.world.find(workflow_id).scenario
        return scenario.scenario if scenario else None

    def _loaded(self, scenarios: tuple[Body, ...], source: str = "file") -> tuple[LoadedScenario, ...]:
        return tuple(
            LoadedScenario(Scenario.model_validate(body), f"{source}:{n}") for n, body in enumerate(scenarios, 1)
        )


# -- a workflow that a scenario brings -----------------------------------------------------------------


def test_a_run_keeps_its_beginning_and_elapsed_time_and_goes_by_the_new_script() -> None:
    world = World(SLOW)
    begun = world.poll()["provision_start_time"]
    world.advance(5)
    world.reload(QUICK)
    assert world.cluster.world.elapsed(world.cluster.world.find("w")) == 5000
    assert world.poll() == {
        "workflow_id": "w",
        "error": "e",
        "state": "FAILED",
        "provisioning_progress": "FAILED",
        "provision_start_time": begun,
        "provision_end_time": begun + 2000,
    }
    world.reload(SLOW)
    assert world.state() == "PROVISIONING"
    world.advance(5)
    assert world.state() == "COMPLETED"


def test_a_run_that_was_at_its_end_goes_on_where_the_new_script_has_more() -> None:
    world = World(QUICK)
    world.poll()
    world.advance(5)
    world.reload(SLOW)
    assert world.state() == "PROVISIONING"


def test_a_workflow_that_nobody_has_looked_at_has_no_run() -> None:
    world = World(SLOW)
    world.advance(60)
    world.reload(QUICK)
    assert world.state() == "PROVISIONING"


def test_one_that_now_starts_when_it_is_loaded_starts_now() -> None:
    world = World(SLOW)
    world.reload({**QUICK, "starts": "load"})
    world.advance(2)
    assert world.state() == "FAILED"


def test_polls_count_for_an_at_poll_of_the_new_script_at_the_time_they_came() -> None:
    world = World(SLOW)
    for _ in range(3):
        world.poll()
        world.advance(1)
    world.reload(
        brought(
            at("0s", "PROVISIONING"), {"at_poll": 2, "state": "COMPLETED"}, {"at": "+3s", "error": "after the poll"}
        )
    )
    start = world.poll()["provision_start_time"]
    assert (world.poll()["provision_end_time"] - start, "error" in world.poll()) == (1000, False)
    world.advance(1)
    assert world.poll()["error"] == "after the poll"


def test_an_at_poll_that_has_not_been_reached_waits_for_the_polls_that_are_missing() -> None:
    world = World(SLOW)
    world.poll()
    world.poll()
    world.reload(brought(at("0s", "PROVISIONING"), {"at_poll": 4, "state": "COMPLETED"}))
    assert [world.state() for _ in range(2)] == ["PROVISIONING", "COMPLETED"]


def test_polls_that_the_owner_has_skipped_count_too() -> None:
    world = World(brought(at("0s", "PROVISIONING"), {"at_poll": 5, "state": "FAILED"}))
    moving.advance_to_next(world.cluster.world, "w")
    world.reload(brought(at("0s", "PROVISIONING"), {"at_poll": 4, "state": "COMPLETED"}))
    assert world.cluster.world.fields(world.cluster.world.find("w"))["state"] == "COMPLETED"


def test_more_polls_than_anybody_remembers() -> None:
    world = World(SLOW)
    for _ in range(1500):
        world.poll()
    for poll, state in ((1400, "COMPLETED"), (1502, "PROVISIONING")):
        world.reload(brought(at("0s", "PROVISIONING"), {"at_poll": poll, "state": "COMPLETED"}))
        assert world.cluster.world.fields(world.cluster.world.find("w"))["state"] == state


def test_in_auto_every_keyframe_of_the_new_script_that_is_ahead_is_seen() -> None:
    world = World(SLOW, mode="auto")
    assert world.state() == "PROVISIONING"  # and skips to 10 s
    later = [at("0s", "PROVISIONING"), at("11s", "PROVISIONING", error="1"), at("12s", "COMPLETED")]
    world.reload(brought(*later, {"at_poll": 2, "state": "FAILED"}))
    assert [world.state() for _ in range(4)] == ["PROVISIONING", "PROVISIONING", "COMPLETED", "FAILED"]


def test_the_same_script_at_another_place_changes_nothing_that_was_seen() -> None:
    world = World(QUICK, SLOW | {"scenario": "t", "workflow_id": "v"})
    world.poll()
    run = world.cluster.world.find("w").run
    before = list(world.cluster.world.coverage.parts(it.scenario for it in world.cluster.world.scenarios.values()))
    world.reload(SLOW | {"scenario": "t", "workflow_id": "v"}, QUICK)
    assert world.cluster.world.find("w").run is run
    assert [loaded.source for loaded in world.cluster.world.scenarios.values()] == ["file:1", "file:2"]
    after = list(world.cluster.world.coverage.parts(it.scenario for it in world.cluster.world.scenarios.values()))
    assert sorted(before, key=str) == sorted(after, key=str)


def test_coverage_of_a_changed_script_begins_anew_and_gathers_what_is_told() -> None:
    world = World(SLOW)
    world.poll()
    world.reload(QUICK)

    def seen() -> list[bool]:
        return [part.seen for part in world.cluster.world.coverage.parts([world.cluster.world.scenarios["s"].scenario])]

    assert seen() == [False, False]
    world.poll()
    world.advance(2)
    world.poll()
    assert seen() == [True, True]


def test_another_name_with_the_same_workflow_is_an_edit_of_it() -> None:
    world = World(SLOW)
    world.poll()
    world.advance(3)
    world.reload({**QUICK, "scenario": "renamed"})
    assert (world.state(), list(world.cluster.world.scenarios)) == ("FAILED", ["renamed"])


def test_another_workflow_id_is_another_workflow() -> None:
    world = World(SLOW)
    world.poll()
    world.advance(3)
    world.reload({**QUICK, "workflow_id": "v"})
    with pytest.raises(UnknownWorkflowError):
        world.poll("w")
    assert world.state("v") == "PROVISIONING"


def test_a_scenario_that_is_gone_takes_its_workflow_along() -> None:
    world = World(SLOW, brought(scenario="t", workflow_id="v"))
    world.reload(brought(scenario="t", workflow_id="v"))
    assert (list(world.cluster.world.workflows), list(world.cluster.world.scenarios)) == (["v"], ["t"])


def test_two_scenarios_that_swap_their_workflows() -> None:
    world = World(SLOW, {**QUICK, "scenario": "t", "workflow_id": "v"})
    world.poll("w")
    world.poll("v")
    world.advance(5)
    world.reload({**SLOW, "workflow_id": "v"}, {**QUICK, "scenario": "t", "workflow_id": "w"})
    assert (world.state("v"), world.state("w")) == ("PROVISIONING", "FAILED")


def test_a_run_that_a_client_has_begun_goes_by_its_own_attempt() -> None:
    failing, right = at("1s", "FAILED", error="e"), at("1s", "COMPLETED")
    script = brought()
    script["provision"] = {"attempts": [{"timeline": [failing]}, {"timeline": [failing]}]}
    world = World(script)
    operations.provision(world.cluster.world, "w")
    world.advance(1)
    operations.deprovision(world.cluster.world, "w", ())
    operations.provision(world.cluster.world, "w")
    world.advance(1)
    assert world.state() == "FAILED"
    script["provision"] = {"attempts": [{"timeline": [failing]}, {"timeline": [right]}]}
    world.reload(script)
    assert world.state() == "COMPLETED"


def test_a_deprovisioning_under_way_ends_as_it_began() -> None:
    world = World({**SLOW, "deprovision": {"takes": "5s"}})
    world.poll()
    operations.deprovision(world.cluster.world, "w", ())
    world.reload({**QUICK, "deprovision": {"takes": "50s"}})
    world.advance(5)
    assert world.state() == "NOT_STARTED"


def test_what_a_script_lists_is_there_and_what_it_lists_no_more_is_not() -> None:
    def script(*indexes: str) -> Body:
        created = [
            {"workflow_step_name": "create_index", "workflow_step_id": f"n{name}", "resource_id": name}
            for name in indexes
        ]
        return brought(at("0s", "PROVISIONING", created=created))

    world = World(script("one", "two"))
    world.poll()

    def names() -> list[str]:
        return [row.name for row in index_listing.indices(world.cluster.world) if not row.name.startswith(".")]

    assert names() == ["one", "two"]
    world.reload(script("two", "three"))
    assert sorted(names()) == ["three", "two"]
    world.cluster.world.resources.delete(("index", "two"))
    world.reload(script("two"))
    assert names() == []  # somebody has deleted it


def test_the_template_follows_the_script_unless_a_client_has_sent_another() -> None:
    world = World({**SLOW, "template": {"name": "one"}}, {**QUICK, "scenario": "t", "workflow_id": "v"})
    operations.update_fields(world.cluster.world, "v", parse_template({"name": "mine"}))
    world.reload(
        {**SLOW, "template": {"name": "two"}}, {**SLOW, "scenario": "t", "workflow_id": "v", "description": "other"}
    )
    names = [workflow.stored.template.name for workflow in world.cluster.world.workflows.values() if workflow.stored]
    assert names == ["two", "mine"]


# -- workflows of clients ------------------------------------------------------------------------------


def test_a_removed_scenario_leaves_the_clients_workflow_with_its_run() -> None:
    world = World(matching(provision={"step_time": "4s"}))
    workflow_id = world.create()
    world.poll(workflow_id)
    world.advance(4)
    before = world.poll(workflow_id)
    assert len(before["resources_created"]) == 2
    remove(world.cluster.world, "m")
    assert (world.poll(workflow_id), world.speaker(workflow_id)) == (before, None)
    assert world.cluster.world.find(workflow_id).polls == 3
    assert world.cluster.world.resources.find(("index", "films"))
    operations.deprovision(world.cluster.world, workflow_id, {"films"})
    operations.provision(world.cluster.world, workflow_id)
    world.advance(2)
    assert world.state(workflow_id) == "COMPLETED"  # step by step, a second each


@pytest.mark.parametrize("by", ["put", "reload"])
def test_a_replaced_one_goes_on_speaking_for_it(by: str) -> None:
    world = World(matching(provision={"step_time": "4s"}))
    workflow_id = world.create()
    world.advance(3)
    fails = {"index": {"fails": {"message": "disk full"}}}
    getattr(world, by)(matching(provision={"step_time": "3s", "steps": fails}))
    assert world.speaker(workflow_id) == "m"
    answer = world.poll(workflow_id)
    assert answer["state"] == "FAILED"
    assert "disk full" in answer["error"]
    assert [resource["workflow_step_id"] for resource in answer["resources_created"]] == ["connector"]
    assert world.cluster.world.resources.find(("index", "films")) is None


def test_the_new_plan_meets_what_the_old_one_met_and_makes_the_same() -> None:
    world = World(matching(provision={"step_time": "4s"}))
    workflow_id = world.create()
    world.advance(10)
    before = world.poll(workflow_id)
    world.reload(matching(provision={"step_time": "5s"}))  # its own index is no reason to fail
    after = world.poll(workflow_id)
    assert after["state"] == "COMPLETED"
    assert after["resources_created"] == before["resources_created"]
    assert after["provision_end_time"] == before["provision_end_time"] + 1000
    index = world.cluster.world.resources.find(("index", "films"))
    assert index is not None
    assert index.created == after["provision_end_time"]


def test_attempts_count_on() -> None:
    fails: Body = {"steps": {"index": {"fails": {}}}}
    world = World(matching(provision={"attempts": [fails, fails]}))
    workflow_id = world.create()
    world.advance(5)
    world.put(matching(provision={"attempts": [fails, {}]}))
    assert world.state(workflow_id) == "FAILED"
    operations.deprovision(world.cluster.world, workflow_id, ())
    operations.provision(world.cluster.world, workflow_id)
    world.advance(5)
    assert world.state(workflow_id) == "COMPLETED"


def test_what_the_owner_planned_for_the_run_holds_in_the_new_script() -> None:
    world = World(matching())
    world.cluster.world.next_steps["index"] = Scenario.model_validate(
        matching(provision={"steps": {"index": {"takes": "9s"}}})
    ).provision.steps["index"]  # type: ignore[union-attr]
    workflow_id = world.create()
    world.reload(matching(provision={"step_time": "2s"}))
    world.advance(8)
    assert world.state(workflow_id) == "PROVISIONING"
    world.advance(1)
    assert world.state(workflow_id) == "COMPLETED"


def test_a_timeline_in_place_of_a_plan_and_back() -> None:
    plan = matching(provision={"step_time": "2s"})
    world = World(plan)
    workflow_id = world.create()
    world.advance(1)
    world.reload(matching(provision={"timeline": [at("1s", "FAILED", error="e")]}))
    assert world.state(workflow_id) == "FAILED"
    world.reload(plan)
    assert world.state(workflow_id) == "PROVISIONING"


def test_one_that_comes_back_speaks_again_for_those_it_spoke_for() -> None:
    world = World(matching(), matching("other", match={"name": "other*"}))
    mine, other = world.create(), world.create(template={**TEMPLATE, "name": "others"})
    world.reload()
    assert (world.speaker(mine), world.speaker(other)) == (None, None)
    world.reload(matching(provision={"step_time": "7s"}))
    assert (world.speaker(mine), world.speaker(other)) == ("m", None)
    world.advance(6)
    assert world.state(mine) == "PROVISIONING"


def test_one_that_matches_nothing_any_more_speaks_for_none() -> None:
    world = World(matching())
    workflow_id = world.create()
    world.reload(brought(scenario="m"))
    assert world.speaker(workflow_id) is None
    world.advance(5)
    assert world.state(workflow_id) == "COMPLETED"


def test_a_workflow_that_was_created_without_a_scenario_stays_so() -> None:
    world = World()
    workflow_id = world.create()
    world.reload(matching(provision={"step_time": "1h"}))
    world.advance(5)
    assert (world.state(workflow_id), world.speaker(workflow_id)) == ("COMPLETED", None)
    assert world.speaker(world.create(template={**TEMPLATE, "name": "later"})) == "m"


def test_a_reprovisioning_goes_by_the_new_script_too() -> None:
    world = World(matching())
    workflow_id = world.create()
    world.advance(5)
    template = parse_template(template_of(CONNECTOR, INDEX, MORE))
    operations.reprovision(world.cluster.world, workflow_id, template, validate=False)
    world.advance(2)
    assert world.state(workflow_id) == "COMPLETED"
    world.reload(matching(reprovision={"steps": {"more": {"takes": "3s"}}}))
    assert world.state(workflow_id) == "PROVISIONING"
    world.advance(1)
    answer = world.poll(workflow_id)
    steps = [resource["workflow_step_id"] for resource in answer["resources_created"]]
    assert (answer["state"], steps) == ("COMPLETED", ["connector", "index", "more"])


def test_the_limit_of_steps_that_was_lowered_meanwhile_leaves_the_run_as_it_is() -> None:
    world = World(matching(provision={"step_time": "4s"}))
    workflow_id = world.create()
    world.cluster.world.flow_framework = replace(world.cluster.world.flow_framework, max_workflow_steps=1)
    world.reload(matching(provision={"step_time": "9s"}))
    world.advance(4)
    assert world.state(workflow_id) == "COMPLETED"


# -- files and what the owner does ---------------------------------------------------------------------


def test_the_order_is_that_of_the_files_and_then_the_owners() -> None:
    world = World(brought(scenario="b", workflow_id="b"))
    world.put(brought(scenario="owner", workflow_id="o"))
    world.reload(brought(scenario="a", workflow_id="a"), brought(scenario="b", workflow_id="b"))
    assert list(world.cluster.world.scenarios) == ["a", "b", "owner"]


def test_what_the_owner_has_put_in_place_of_a_files_stays_until_the_file_changes() -> None:
    world = World(SLOW, brought(scenario="t", workflow_id="v"))
    world.put(QUICK)
    world.reload(SLOW, brought(scenario="t", workflow_id="x"))
    assert world.cluster.world.scenarios["s"].source == "request:1"
    world.reload(brought(at("1s", "COMPLETED")), brought(scenario="t", workflow_id="x"))
    assert world.cluster.world.scenarios["s"].source == "file:1"
    world.put(QUICK)
    world.reload()
    assert list(world.cluster.world.scenarios) == ["s"]


def test_what_the_owner_has_removed_stays_away_until_the_file_changes() -> None:
    world = World(SLOW)
    remove(world.cluster.world, "s")
    world.reload(SLOW, brought(scenario="t", workflow_id="v"))
    assert list(world.cluster.world.scenarios) == ["t"]
    world.reload(QUICK, brought(scenario="t", workflow_id="v"))
    assert list(world.cluster.world.scenarios) == ["s", "t"]


def test_a_reset_begins_with_the_files_as_they_are_now() -> None:
    world = World(SLOW)
    world.reload(QUICK, brought(scenario="t", workflow_id="v"))
    world.cluster.reset()
    assert list(world.cluster.world.scenarios) == ["s", "t"]
    assert world.state() == "PROVISIONING"
    world.advance(2)
    assert world.state() == "FAILED"


def test_what_is_claimed_by_the_owners_is_refused_and_nothing_has_changed() -> None:
    world = World(SLOW)
    world.put(brought(scenario="owner", workflow_id="o"))
    world.poll()
    world.advance(5)
    with pytest.raises(ClaimedError, match='workflow_id "o" of scenario "t" belongs to scenario "owner"'):
        world.reload(QUICK, brought(scenario="t", workflow_id="o"))
    assert (world.state(), list(world.cluster.world.scenarios)) == ("PROVISIONING", ["s", "owner"])


def test_what_a_gone_one_claimed_is_free() -> None:
    world = World(SLOW, matching())
    world.reload(matching("n"))
    world.put(brought(scenario="owner"))
    with pytest.raises(ClaimedError):
        world.put(matching("third"))
    with pytest.raises(UnknownScenarioError):
        remove(world.cluster.world, "m")
    remove(world.cluster.world, "n")
    world.put(matching("third"))


# -- faults and stubs ----------------------------------------------------------------------------------


def faulty(*faults: Body, scenario: str = "f", **more: Any) -> Body:
    return {"scenario": scenario, "faults": list(faults), **more}


BUSY: Final = {"on": "get_status", "calls": "1..2", "respond": "too_many_requests"}
LATE: Final = {"on": "get_status", "delay": "5ms"}


def test_a_fault_that_is_as_it_was_goes_on_counting_and_a_changed_one_begins_anew() -> None:
    world = World(faulty(BUSY, LATE))
    for fault in world.cluster.world.active.faults:
        fault.calls = 3
    world.reload(faulty(BUSY, {**LATE, "delay": "6ms"}, description="other"))
    assert [fault.calls for fault in world.cluster.world.active.faults] == [3, 0]


def test_faults_act_in_the_order_of_the_files() -> None:
    world = World(faulty(BUSY, scenario="b"), faulty(LATE, scenario="c"))
    world.reload(faulty(LATE, scenario="a"), faulty(BUSY, LATE, scenario="b"), faulty(LATE, scenario="c"))
    names = [fault.scenario.scenario for fault in world.cluster.world.active.faults if fault.scenario]
    assert names == ["a", "b", "b", "c"]


def test_the_faults_of_a_scenario_that_is_gone_are_gone() -> None:
    world = World(faulty(BUSY))
    assert world.cluster.world.intercepts
    world.reload()
    assert not world.cluster.world.intercepts
    assert world.cluster.world.active.faults == []
    world.reload(faulty(BUSY))
    assert world.cluster.world.intercepts
