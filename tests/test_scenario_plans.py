"""The shipped scenarios that are told by plans, played through the public door and compared with a naive reading.

Their templates are chains, one step after the other, so that a few lines can tell what each moment shows.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.cluster import Cluster, LoadedScenario, Mode, Settings
from mockflow.core.opensearch.ids import resource_id
from mockflow.core.opensearch.rest_status import REST_STATUS
from mockflow.loading.load import Located
from mockflow.server.app import create_app
from tests.test_scenarios import (
    EPOCH,
    LOADING,
    PLANS,
    PROGRESS,
    RESOURCE,
    TYPE_OF_STEP,
    WORKFLOW,
    Body,
    Client,
    advance,
    brief_and_all,
    id_of,
    millis,
    order_of,
    poll_until_settled,
    script_of,
    status,
    status_schema,
)

each_plan = pytest.mark.parametrize("located", PLANS, ids=lambda located: located.scenario.scenario)

# What a client of its own brings to a scenario that matches.
OWN_TEMPLATE: Final[Body] = {
    "name": "my search",
    "workflows": {
        "provision": {
            "nodes": [
                {
                    "id": "connector",
                    "type": "create_connector",
                    "user_inputs": {
                        "name": "mine",
                        "description": "a model elsewhere",
                        "version": "1",
                        "protocol": "http",
                        "parameters": {},
                        "credential": {"key": "secret"},
                        "actions": [],
                    },
                },
                {
                    "id": "model",
                    "type": "register_remote_model",
                    "previous_node_inputs": {"connector": "connector_id"},
                    "user_inputs": {"name": "m", "function_name": "remote", "deploy": True},
                },
                {
                    "id": "pipeline",
                    "type": "create_search_pipeline",
                    "previous_node_inputs": {"model": "model_id"},
                    "user_inputs": {"pipeline_id": "my-search", "configurations": {}},
                },
            ]
        }
    },
}


# -- the first run -----------------------------------------------------------------------------------


@brief_and_all
@each_plan
async def test_a_polling_loop_sees_every_step_once(
    aiohttp_client: AiohttpClient, located: Located, show_all: bool
) -> None:
    client = await client_of(aiohttp_client, [located], "auto")
    await introduce(client, located)
    assert await status(client, id_of(located)) == {"workflow_id": id_of(located), "state": "NOT_STARTED"}
    expected = [answer for answer, _ in answers_of(located, 0, show_all=show_all)]

    assert await post(client, located, "_provision") == (202, {"workflow_id": id_of(located)})
    seen = await poll_until_settled(client, id_of(located), show_all=show_all)

    assert seen == expected + [expected[-1]] * (len(seen) - len(expected))
    validator = Draft202012Validator(status_schema(show_all=show_all, any_state=False))
    for body in seen:
        assert [error.message for error in validator.iter_errors(body)] == []
        assert list(body) == [name for name in order_of(show_all=show_all) if name in body]


@each_plan
async def test_a_clock_moved_by_hand_shows_the_same(aiohttp_client: AiohttpClient, located: Located) -> None:
    client = await client_of(aiohttp_client, [located], "frozen")
    await introduce(client, located)
    assert (await post(client, located, "_provision"))[0] == 202
    now = 0
    for expected, elapsed in answers_of(located, 0, show_all=True):
        if elapsed > now:
            await advance(client, f"{elapsed - now - 1}ms")
            before = await status(client, id_of(located), show_all=True)
            assert before != expected, "not a millisecond too early"
            await advance(client, "1ms")
            now = elapsed
        assert await status(client, id_of(located), show_all=True) == expected


@each_plan
async def test_a_provision_that_waits_is_answered_with_the_end(aiohttp_client: AiohttpClient, located: Located) -> None:
    client = await client_of(aiohttp_client, [located], "auto")
    await introduce(client, located)
    last, _ = list(answers_of(located, 0, show_all=False))[-1]
    answer = await post(client, located, "_provision?wait_for_completion_timeout=1h")
    if last["state"] == "COMPLETED":
        assert answer == (202, last)
    else:
        named = last["error"].rpartition("restStatus: ")[2]
        assert answer == (REST_STATUS[named], {"error": last["error"]})
    assert await status(client, id_of(located)) == last


async def test_beside_each_other_they_end_as_each_alone(aiohttp_client: AiohttpClient) -> None:
    client = await client_of(aiohttp_client, LOADING.scenarios, "auto")
    for located in PLANS:
        await introduce(client, located)
        assert (await post(client, located, "_provision"))[0] == 202
    for located in PLANS:
        seen = await poll_until_settled(client, id_of(located), show_all=False)
        assert seen[-1] == list(answers_of(located, 0, show_all=False))[-1][0]


# -- attempts ----------------------------------------------------------------------------------------


@each_plan
async def test_every_attempt_goes_as_written(aiohttp_client: AiohttpClient, located: Located) -> None:
    """And one more than is written: the last repeats."""
    client = await client_of(aiohttp_client, [located], "auto")
    await introduce(client, located)
    script = script_of(Path(located.place.file))
    ends = deprovision_attempts(script)
    for number in range(len(provision_attempts(script)) + 1):
        assert (await post(client, located, "_provision"))[0] == 202
        seen = await poll_until_settled(client, id_of(located), show_all=False)
        expected = [plainly(answer) for answer, _ in answers_of(located, number, show_all=False)]
        assert [plainly(body) for body in seen[: len(expected)]] == expected
        while (left := await deprovisioned(client, located, seen[-1], next(ends))) is not None:
            if left == seen[-1]:
                return  # kept for ever, so there is no further provision
            seen = [left]


async def deprovisioned(client: Client, located: Located, before: Body, how: Body) -> Body | None:
    """Deprovisions with leave for everything; what is left then, None where nothing is."""
    held = before.get("resources_created", [])
    names = ",".join(resource["resource_id"] for resource in held)
    code, body = await post(client, located, f"_deprovision?allow_delete={names}")
    kept = [resource for resource in reversed(held) if resource["workflow_step_id"] in how.get("keeps", ())]
    now = await status(client, id_of(located))
    if not kept:
        assert (code, body) == (200, {"workflow_id": id_of(located)})
        assert now == {"workflow_id": id_of(located), "state": "NOT_STARTED"}
        return None
    listed = ", ".join(f"{resource['resource_type']} {resource['resource_id']}" for resource in kept)
    assert (code, body) == (202, {"error": f"Failed to deprovision some resources: [{listed}]."})
    assert (now["state"], now["resources_created"]) == ("COMPLETED", kept)
    return now


def provision_attempts(script: Body) -> list[Body]:
    attempts: list[Body] = script["provision"].get("attempts", [script["provision"]])
    return attempts


def deprovision_attempts(script: Body) -> Iterator[Body]:
    """How each one goes; the last for ever."""
    script = script.get("deprovision", {})
    attempts: list[Body] = script.get("attempts", [script])
    yield from attempts
    while True:
        yield attempts[-1]


def plainly(body: Body) -> Body:
    """An answer without the ids that are new in each run."""
    resources = [
        (resource["workflow_step_name"], resource["workflow_step_id"]) for resource in body.get("resources_created", ())
    ]
    return {"state": body["state"], "error": body.get("error"), "resources": resources}


# -- a client ----------------------------------------------------------------------------------------


async def client_of(aiohttp_client: AiohttpClient, scenarios: list[Located], mode: Mode) -> Client:
    loaded = tuple(LoadedScenario(located.scenario, str(located.place)) for located in scenarios)
    return await aiohttp_client(create_app(Cluster(Settings(mode=mode), loaded)))


async def introduce(client: Client, located: Located) -> None:
    """Creates the workflow where it is a client's to create."""
    match = script_of(Path(located.place.file)).get("match")
    if match:
        response = await client.post(WORKFLOW, json=OWN_TEMPLATE, headers=match["header"])
        assert (response.status, await response.json()) == (201, {"workflow_id": id_of(located)})


async def post(client: Client, located: Located, call: str) -> tuple[int, Body]:
    response = await client.post(f"{WORKFLOW}/{id_of(located)}/{call}")
    return response.status, await response.json()


# -- a naive reading of a plan, apart from mockflow's simulation -------------------------------------

NAME_OF_STEP: Final = {
    "create_index": "index_name",
    "create_ingest_pipeline": "pipeline_id",
    "create_search_pipeline": "pipeline_id",
}
TIMEOUT_OF_STEP: Final = {"deploy_model": "15s"}


def answers_of(located: Located, run: int, *, show_all: bool) -> Iterator[tuple[Body, int]]:
    """What each moment of a run answers, and its elapsed time; times are those of a first run."""
    script = script_of(Path(located.place.file))
    attempts = provision_attempts(script)
    plan = attempts[min(run, len(attempts) - 1)]
    moments: dict[int, Body] = {0: {"state": "PROVISIONING"}}  # of two at one time, the last holds
    listed: list[Body] = []
    elapsed = 0
    error = None
    for node in chain(script.get("template", OWN_TEMPLATE)):
        step = plan.get("steps", {}).get(node["id"]) or plan.get("steps", {}).get(node["type"], {})
        fails = step.get("fails")
        default = TIMEOUT_OF_STEP[node["type"]] if fails == "timeout" else plan.get("step_time", "1s")
        elapsed += millis(step.get("takes", default))
        if fails:
            error = error_of(node["id"], fails)
            break
        listed = listed + entries_of(script, node, listed)
        moments[elapsed] = {"state": "PROVISIONING", "resources_created": listed}
    last: Body = {"state": "FAILED", "error": error} if error else {"state": "COMPLETED"}
    moments[elapsed] = last | {"resources_created": listed, "provision_end_time": EPOCH + elapsed}
    for time, fields in moments.items():
        answer = fields | {
            "workflow_id": id_of(located),
            "provisioning_progress": PROGRESS[fields["state"]],
            "provision_start_time": EPOCH,
        }
        yield {name: answer[name] for name in order_of(show_all=show_all) if answer.get(name)}, time


def chain(template: Body) -> list[Body]:
    """The nodes, each of which waits for the one before it and for no other."""
    graph: Body = template["workflows"]["provision"]
    nodes: list[Body] = graph["nodes"]
    edges = {(edge["source"], edge["dest"]) for edge in graph.get("edges", ())}
    edges |= {(source, node["id"]) for node in nodes for source in node.get("previous_node_inputs", ())}
    assert edges == {(one["id"], other["id"]) for one, other in pairwise(nodes)}
    return nodes


def error_of(step_id: str, fails: Any) -> str:
    """In the format of the version that is the default."""
    if fails == "timeout":
        return f"TimeoutException during step {step_id}, restStatus: INTERNAL_SERVER_ERROR"
    return f"WorkflowStepException during step {step_id}, {fails['message']}, restStatus: {fails['status']}"


def entries_of(script: Body, node: Body, before: list[Body]) -> list[Body]:
    name, inputs = node["type"], node.get("user_inputs", {})
    kind = TYPE_OF_STEP[name]
    made = resource_id(kind, script["scenario"], script["workflow_id"], node["id"])
    if name in NAME_OF_STEP:
        made = inputs[NAME_OF_STEP[name]]
    elif name == "deploy_model":
        made = before[-1]["resource_id"]
    names = [name, "deploy_model"] if inputs.get("deploy") else [name]
    return [dict(zip(RESOURCE, (each, node["id"], kind, made), strict=True)) for each in names]
