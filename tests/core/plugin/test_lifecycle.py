"""What runs make of a status, as the pure functions tell it."""

import itertools
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.lifecycle import (
    Deprovisioned,
    DeprovisionRules,
    deprovisioned,
    fresh,
    keeps_status_after_delete,
)
from mockflow.core.plugin.reprovision_changes import changes_between
from mockflow.core.plugin.status import Fields, Resource
from mockflow.core.plugin.template import Graph, Node
from mockflow.core.script.run import Run
from mockflow.core.script.timeline import Timeline

START: Final = 1_000_000  # epoch ms

# Step name, its resource type, and what its deprovision step does with it.
KINDS: Final = (
    ("create_connector", "connector_id", "delete"),
    ("register_remote_model", "model_id", "delete"),
    ("deploy_model", "model_id", "delete"),
    ("register_agent", "agent_id", "delete"),
    ("register_model_group", "model_group_id", "noop"),
    ("reindex", "index_name", "noop"),
    ("create_index", "index_name", "if allowed"),
    ("create_ingest_pipeline", "pipeline_id", "if allowed"),
    ("create_search_pipeline", "pipeline_id", "if allowed"),
)
RULE: Final = {step: rule for step, _, rule in KINDS}


def entry(number: int, kind: tuple[str, str, str]) -> Resource:
    step, resource_type, _ = kind
    names = ("workflow_step_name", "workflow_step_id", "resource_type", "resource_id")
    return dict(zip(names, (step, f"step{number}", resource_type, f"id{number}"), strict=True))


@st.composite
def statuses(draw: st.DrawFn) -> dict[str, Any]:
    """A provisioned or failed workflow with some resources."""
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=8))
    failed = draw(st.booleans())
    status: dict[str, Any] = {
        "state": "FAILED" if failed else "COMPLETED",
        "provisioning_progress": "FAILED" if failed else "DONE",
        "provision_start_time": 1,
        "provision_end_time": 2,
        "resources_created": [entry(number, kind) for number, kind in enumerate(kinds)],
    }
    if failed:
        status["error"] = "it failed"
    if draw(st.booleans()):
        status |= {"user": {"name": "u"}, "tenant_id": "t"}
    return status


ids = st.sets(st.integers(0, 7).map(str))


def outcome_of(before: Fields, allowed: set[str], kept: set[str], takes: int = 0) -> Deprovisioned:
    return deprovisioned(
        before, allow_delete={f"id{n}" for n in allowed}, keeps={f"step{n}" for n in kept}, takes=takes
    )


def fields_at(outcome: Deprovisioned, elapsed: int) -> Fields:
    run = Run(Timeline.of(outcome.moments), START)
    return run.fields(run.position(elapsed))


@given(statuses(), ids, ids, st.integers(0, 5_000))
def test_what_is_left_is_what_may_not_or_cannot_be_deleted(
    before: dict[str, Any], allowed: set[str], kept: set[str], takes: int
) -> None:
    left = fields_at(outcome_of(before, allowed, kept, takes), takes).get("resources_created", [])
    for resource in before["resources_created"]:
        number = resource["resource_id"].removeprefix("id")
        needs_more = RULE[resource["workflow_step_name"]] == "if allowed" and number not in allowed
        assert (resource in left) is (needs_more or number in kept)


@given(statuses(), ids, ids)
def test_the_answer_names_each_one_that_is_left(before: dict[str, Any], allowed: set[str], kept: set[str]) -> None:
    outcome = outcome_of(before, allowed, kept)
    left = fields_at(outcome, 0).get("resources_created", [])
    if not left:
        assert outcome.refusal is None
        return
    assert outcome.refusal
    failed, _, forbidden = outcome.refusal.message.rpartition("These resources require the allow_delete")
    for resource in left:
        told = f"{resource['resource_type']} {resource['resource_id']}"
        needs_more = resource["resource_id"].removeprefix("id") not in allowed
        is_forbidden = RULE[resource["workflow_step_name"]] == "if allowed" and needs_more
        assert told in (forbidden if is_forbidden else failed or outcome.refusal.message)
    assert outcome.refusal.code == (202 if outcome.refusal.message.startswith("Failed") else 403)


@given(statuses(), ids)
def test_where_nothing_is_left_the_document_is_a_fresh_one(before: dict[str, Any], kept: set[str]) -> None:
    outcome = outcome_of(before, set("01234567"), set())
    assert outcome.refusal is None
    after = fields_at(outcome, 0)
    owner: Fields = {name: before[name] for name in ("user", "tenant_id") if name in before}
    assert after == {"state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED", **owner}
    assert after == fresh(before)


@given(statuses(), ids, ids, st.integers(0, 5_000))
def test_where_something_is_left_the_old_error_and_begin_stay(
    before: dict[str, Any], allowed: set[str], kept: set[str], takes: int
) -> None:
    outcome = outcome_of(before, allowed, kept, takes)
    if outcome.refusal is None:
        return
    after = dict(fields_at(outcome, takes))
    assert (after.pop("state"), after.pop("provisioning_progress")) == ("COMPLETED", "DONE")
    assert after.pop("provision_end_time") == START + takes
    assert after.pop("resources_created")
    gone = ("state", "provisioning_progress", "provision_end_time", "resources_created")
    assert after == {name: value for name, value in before.items() if name not in gone}


@given(statuses(), ids, ids, st.integers(10, 5_000))
def test_they_disappear_one_by_one_the_last_first(
    before: dict[str, Any], allowed: set[str], kept: set[str], takes: int
) -> None:
    outcome = outcome_of(before, allowed, kept, takes)
    seen = [fields_at(outcome, elapsed) for elapsed in dict(outcome.moments) if elapsed < takes]
    assert all(fields["state"] == before["state"] for fields in seen), "there is no DEPROVISIONING"
    lists = [fields["resources_created"] for fields in seen]
    gone = [resource for one, other in itertools.pairwise(lists) for resource in one if resource not in other]
    positions = [before["resources_created"].index(resource) for resource in gone]
    assert positions == sorted(positions, reverse=True)
    assert all(len(one) == len(other) + 1 for one, other in itertools.pairwise(lists))


@given(statuses(), ids, ids)
def test_what_a_noop_takes_off_the_list_stays_in_the_cluster(
    before: dict[str, Any], allowed: set[str], kept: set[str]
) -> None:
    outcome = outcome_of(before, allowed, kept)
    assert all(RULE[resource["workflow_step_name"]] == "noop" for resource in outcome.forgotten)
    assert all(RULE[resource["workflow_step_name"]] != "noop" for resource in outcome.deleted)
    left = fields_at(outcome, 0).get("resources_created", [])
    together = [*outcome.forgotten, *outcome.deleted, *left]
    assert sorted(map(str, together)) == sorted(map(str, before["resources_created"]))


@given(statuses(), ids)
def test_a_release_that_deletes_no_indexes_forgets_them(before: dict[str, Any], kept: set[str]) -> None:
    outcome = deprovisioned(
        before, allow_delete=(), keeps={f"step{n}" for n in kept}, rules=DeprovisionRules(deletes_named=False)
    )
    assert all(RULE[resource["workflow_step_name"]] == "delete" for resource in outcome.deleted)
    assert outcome.refusal is None or "allow_delete" not in outcome.refusal.message


@pytest.mark.parametrize("progress", ["NOT_STARTED", "IN_PROGRESS", "DONE", "FAILED"])
@pytest.mark.parametrize("resources", [[], [entry(0, KINDS[0])]])
@pytest.mark.parametrize("clear_status", [True, False])
def test_a_status_goes_with_its_template(progress: str, resources: list[Resource], clear_status: bool) -> None:
    fields = {"provisioning_progress": progress, "resources_created": resources}
    goes = (clear_status or not resources) and progress != "IN_PROGRESS"
    assert keeps_status_after_delete(fields, clear_status=clear_status) is not goes


# -- reprovisioning ------------------------------------------------------------------------------------

INDEX: Final = Node("index", "create_index", {}, {"index_name": "i", "configurations": {}})
AGENT: Final = Node("agent", "register_agent", {}, {"name": "a", "type": "flow"})


def changed(node: Node, **inputs: Any) -> Node:
    return Node(node.id, node.type, node.previous_node_inputs, {**node.user_inputs, **inputs})


@pytest.mark.parametrize(
    ("new", "changes"),
    [
        ((INDEX, AGENT, Node("more", "noop")), {"index": "keep", "agent": "keep", "more": "create"}),
        ((changed(INDEX, configurations={"x": 1}), AGENT), {"index": "update", "agent": "keep"}),
        ((AGENT, changed(INDEX, index_name="j")), {"agent": "keep", "index": "update"}),
    ],
)
def test_what_becomes_of_each_node(new: tuple[Node, ...], changes: dict[str, str]) -> None:
    assert changes_between(Graph((INDEX, AGENT)), Graph(new)) == changes


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ((INDEX,), "Workflow Step deletion is not supported when reprovisioning a template."),
        (
            (changed(INDEX, index_name="j"), Node("other", "noop")),
            "Workflow Step deletion is not supported when reprovisioning a template.",
        ),
        ((INDEX, changed(AGENT, name="b")), "Workflow Step agent does not support updates when reprovisioning."),
        (
            (INDEX, Node("agent", "register_agent", {"index": "index_name"}, AGENT.user_inputs)),
            "Workflow Step agent does not support updates when reprovisioning.",
        ),
        ((INDEX, Node("agent", "noop")), "Unable to find update step for step: noop"),
        ((INDEX, Node("agent", "create_tool")), "Unable to find update step for step: create_tool"),
        ((INDEX, Node("agent", "reindex")), "Workflow Step agent does not support updates when reprovisioning."),
        ((INDEX, AGENT), "Template does not contain any modifications"),
        ((AGENT, INDEX), "Template does not contain any modifications"),
    ],
)
def test_what_a_reprovisioning_cannot_do(new: tuple[Node, ...], message: str) -> None:
    with pytest.raises(FlowFrameworkError) as refused:
        changes_between(Graph((INDEX, AGENT)), Graph(new))
    assert (refused.value.message, refused.value.code) == (message, 400)


# -- what is gone --------------------------------------------------------------------------------------


def listed(step: str, kind: str, resource_id: str) -> dict[str, str]:
    return {
        "workflow_step_name": step,
        "workflow_step_id": resource_id,
        "resource_type": kind,
        "resource_id": resource_id,
    }


@pytest.mark.parametrize(
    ("step", "kind", "is_left"),
    [
        ("create_index", "index_name", True),
        ("create_ingest_pipeline", "pipeline_id", True),
        ("create_search_pipeline", "pipeline_id", True),
        ("deploy_model", "model_id", True),
        ("register_remote_model", "model_id", False),
        ("create_connector", "connector_id", False),
        ("register_agent", "agent_id", False),
        ("register_model_group", "model_group_id", False),
    ],
)
def test_what_others_have_deleted(step: str, kind: str, is_left: bool) -> None:
    both = [listed(step, kind, "x"), listed("create_connector", "c", "y")]
    before = {"state": "COMPLETED", "resources_created": both}
    outcome = deprovisioned(before, allow_delete=["x"], exists=lambda resource: resource["resource_id"] != "x")
    if is_left:
        assert outcome.refusal is not None
        assert outcome.refusal.message == f"Failed to deprovision some resources: [{kind} x]."
        assert outcome.moments[-1][1]["resources_created"] == [listed(step, kind, "x")]
    else:
        assert outcome.refusal is None


def test_credentials_that_were_encrypted_again_equal_no_others() -> None:
    connector = Node("c", "create_connector", {}, {"credential": {"key": "k"}})
    graph = Graph((INDEX, connector))
    with pytest.raises(FlowFrameworkError) as refusal:
        changes_between(graph, graph, renewed_credentials=True)
    assert refusal.value.message == "Workflow Step c does not support updates when reprovisioning."
    with pytest.raises(FlowFrameworkError) as refusal:
        changes_between(Graph((INDEX,)), Graph((INDEX,)), renewed_credentials=True)
    assert refusal.value.message == "Template does not contain any modifications"
