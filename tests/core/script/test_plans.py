"""The scenario language's plans: runs told by their steps, attempts, and whom a scenario speaks for.

Played through HTTP; what `check` says of a plan is tested where a text is loaded.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from textwrap import dedent
from typing import Any, Final

import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.cluster import Cluster, LoadedScenario, Mode, Settings
from mockflow.core.scenario.match import Match
from mockflow.loading.load import load_text
from mockflow.server.app import create_app

Body = dict[str, Any]
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"

_CONNECTOR: Final = {
    "description": "d",
    "version": "1",
    "protocol": "http",
    "parameters": {},
    "credential": {"key": "k"},
    "actions": [],
}
# Two connectors and a pipeline, one after the other.
NODES: Final[list[Body]] = [
    {"id": "first", "type": "create_connector", "user_inputs": {**_CONNECTOR, "name": "1"}},
    {
        "id": "second",
        "type": "create_connector",
        "previous_node_inputs": {"first": "connector_id"},
        "user_inputs": {**_CONNECTOR, "name": "2"},
    },
    {
        "id": "pipeline",
        "type": "create_ingest_pipeline",
        "previous_node_inputs": {"second": "connector_id"},
        "user_inputs": {"pipeline_id": "p", "configurations": {"processors": []}},
    },
]


def template_of(nodes: list[Body], name: str = "t", use_case: str = "") -> Body:
    return {"name": name, "use_case": use_case, "workflows": {"provision": {"nodes": nodes}}}


class Door:
    """A client of a cluster, and the workflow that it has created last."""

    def __init__(self, client: TestClient[Request, Application]) -> None:
        self.client = client
        self.id = ""

    async def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        response = await self.client.request(method, path, json=body, headers=headers)
        return response.status, await response.json()

    async def create(self, template: Body, headers: Mapping[str, str] | None = None) -> str:
        code, body = await self.ask("POST", WORKFLOW, template, headers)
        assert code == 201, body
        self.id = body["workflow_id"]
        return self.id

    async def provision(self) -> None:
        assert (await self.ask("POST", f"{WORKFLOW}/{self.id}/_provision"))[0] == 202

    async def deprovision(self, parameters: str = "") -> tuple[int, Body]:
        answer: tuple[int, Body] = await self.ask("POST", f"{WORKFLOW}/{self.id}/_deprovision{parameters}")
        return answer

    async def status(self) -> Body:
        code, body = await self.ask("GET", f"{WORKFLOW}/{self.id}/_status")
        assert code == 200
        assert isinstance(body, dict)
        return body

    async def moments(self) -> list[tuple[int, str, int]]:
        """The run's whole timeline: each moment's elapsed ms, state and number of resources."""
        _, workflow = await self.ask("GET", f"/_mockflow/workflows/{self.id}")
        return [
            (moment["at_ms"], moment["status"]["state"], len(moment["status"].get("resources_created", ())))
            for moment in workflow["timeline"]
        ]

    async def end(self) -> Body:
        """Provisions and goes to the end of the run."""
        await self.provision()
        await self.advance("1d")
        return await self.status()

    async def advance(self, duration: str) -> None:
        assert (await self.ask("POST", "/_mockflow/clock", {"advance": duration}))[0] == 200


Open = Callable[..., Awaitable[Door]]


@pytest.fixture
def opened(aiohttp_client: AiohttpClient) -> Open:
    """Opens a frozen cluster with these scenarios, in YAML."""

    async def open_(*texts: str, mode: Mode = "frozen", step_time: int = 1000) -> Door:
        loading = load_text("\n---\n".join(map(dedent, texts)), "t.yaml") if texts else None
        assert not loading or loading.problems == []
        scenarios = tuple(LoadedScenario(it.scenario, str(it.place)) for it in loading.scenarios) if loading else ()
        return Door(await aiohttp_client(create_app(Cluster(Settings(mode=mode, step_time=step_time), scenarios))))

    return open_


# -- steps -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "ends"),
    [
        ("{}", [7_000, 14_000, 21_000]),
        ("{step_time: 500ms}", [500, 1_000, 1_500]),
        ("{step_time: 0}", [0, 0, 0]),
        ("{steps: {second: {takes: 2s}}}", [7_000, 9_000, 16_000]),
        ("{steps: {create_connector: {takes: 2s}}}", [2_000, 4_000, 11_000]),
        ("{step_time: 1s, steps: {create_connector: {takes: 2s}, first: {takes: 3s}}}", [3_000, 5_000, 6_000]),
        ("{step_time: 1s, steps: {first: {takes: 3s}, create_connector: {takes: 2s}}}", [3_000, 5_000, 6_000]),
        ("{step_time: 1s, steps: {first: {}, create_connector: {takes: 2s}}}", [1_000, 3_000, 4_000]),
        ("{step_time: 1s, steps: {pipeline: {takes: 0}}}", [1_000, 2_000, 2_000]),
        ("{step_time: 1s, steps: {second: {takes: 1h}}}", [1_000, 3_601_000, 3_602_000]),
    ],
)
async def test_how_long_steps_take(opened: Open, plan: str, ends: list[int]) -> None:
    """By the step's id, else by its type, else step_time, else the server's own."""
    door = await opened(f"scenario: s\nmatch: everything\nprovision: {plan}", step_time=7_000)
    await door.create(template_of(NODES))
    await door.provision()
    moments = {0: ("PROVISIONING", 0)}
    moments |= {end: ("PROVISIONING", number) for number, end in enumerate(ends, 1)}
    moments[ends[-1]] = ("COMPLETED", 3)
    assert await door.moments() == [(time, *moment) for time, moment in moments.items()]


@pytest.mark.parametrize(
    ("fails", "error"),
    [
        ("{}", "WorkflowStepException during step pipeline, Failed to create ingest pipeline, "
               "restStatus: INTERNAL_SERVER_ERROR"),
        ("{status: CONFLICT}", "WorkflowStepException during step pipeline, Failed to create ingest pipeline, "
                               "restStatus: CONFLICT"),
        ("{message: no}", "WorkflowStepException during step pipeline, no, restStatus: INTERNAL_SERVER_ERROR"),
        ("{status: NOT_FOUND, message: 'where, then?'}",
         "WorkflowStepException during step pipeline, where, then?, restStatus: NOT_FOUND"),
        ("{exception: IOException, message: unseen}",
         "IOException during step pipeline, restStatus: INTERNAL_SERVER_ERROR"),
        ("{exception: FlowFrameworkException, status: BAD_REQUEST, message: seen}",
         "FlowFrameworkException during step pipeline, seen, restStatus: BAD_REQUEST"),
        ("timeout", "TimeoutException during step pipeline, restStatus: INTERNAL_SERVER_ERROR"),
        ("{timeout: true}", "TimeoutException during step pipeline, restStatus: INTERNAL_SERVER_ERROR"),
    ],
)  # fmt: skip
async def test_how_a_step_fails(opened: Open, fails: str, error: str) -> None:
    door = await opened(
        f"scenario: s\nmatch: everything\nprovision: {{steps: {{create_ingest_pipeline: {{fails: {fails}}}}}}}"
    )
    await door.create(template_of(NODES))
    failed = await door.end()
    assert (failed["state"], failed["error"]) == ("FAILED", error)
    assert [entry["workflow_step_id"] for entry in failed["resources_created"]] == ["first", "second"]


@pytest.mark.parametrize(
    ("step", "end"),
    [
        ("{fails: {}}", 3_000),
        ("{takes: 30s, fails: {}}", 32_000),
        ("{fails: timeout}", 12_000),  # the plugin's default is 10 s
        ("{takes: 200ms, fails: timeout}", 2_200),
    ],
)
async def test_when_a_step_fails(opened: Open, step: str, end: int) -> None:
    door = await opened(f"scenario: s\nmatch: everything\nprovision: {{steps: {{pipeline: {step}}}}}")
    await door.create(template_of(NODES))
    await door.provision()
    assert (await door.moments())[-1] == (end, "FAILED", 2)


@pytest.mark.parametrize(
    ("step", "end"),
    [
        ({"type": "deploy_model", "user_inputs": {"model_id": "m"}}, 15_000),
        ({"type": "register_model_group", "user_inputs": {"name": "n", "node_timeout": "45s"}}, 45_000),
    ],
)
async def test_a_time_out_takes_as_long_as_the_step_has(opened: Open, step: Body, end: int) -> None:
    door = await opened("scenario: s\nmatch: everything\nprovision: {steps: {n: {fails: timeout}}}")
    await door.create(template_of([{"id": "n", **step}]))
    await door.provision()
    assert await door.moments() == [(0, "PROVISIONING", 0), (end, "FAILED", 0)]


async def test_what_waits_for_a_failed_step_never_begins(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: everything\nprovision: {steps: {first: {fails: {}}}}")
    await door.create(template_of(NODES))
    await door.provision()
    assert await door.moments() == [(0, "PROVISIONING", 0), (1_000, "FAILED", 0)]


async def test_a_step_of_the_plan_that_no_node_has_is_logged_when_the_run_starts(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    door = await opened(
        "scenario: mine\nmatch: everything\nprovision: {steps: {pipelin: {takes: 1s}, pipeline: {takes: 2s}}}"
    )
    with caplog.at_level(logging.WARNING, "mockflow"):
        await door.create(template_of(NODES))
        assert caplog.messages == []
        await door.provision()
        await door.status()
    assert caplog.messages == [
        f'scenario mine: no step "pipelin" in the template of workflow {door.id}; did you mean pipeline?'
    ]


# -- attempts ----------------------------------------------------------------------------------------


async def test_attempts_come_in_turn_and_the_last_repeats(opened: Open) -> None:
    door = await opened(
        """
        scenario: s
        match: everything
        provision:
          attempts:
            - steps: {first: {fails: {}}}
            - steps: {second: {fails: {}}}
            - {}
        """
    )
    await door.create(template_of(NODES))
    seen = []
    for _ in range(5):
        body = await door.end()
        seen.append((body["state"], len(body.get("resources_created", ()))))
        assert (await door.deprovision("?allow_delete=p"))[0] == 200
    assert seen == [("FAILED", 0), ("FAILED", 1), ("COMPLETED", 3), ("COMPLETED", 3), ("COMPLETED", 3)]


async def test_a_plan_without_attempts_holds_for_every_run(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: everything\nprovision: {steps: {first: {fails: {}}}}")
    await door.create(template_of(NODES))
    for _ in range(3):
        assert (await door.end())["state"] == "FAILED"
        assert (await door.deprovision())[0] == 200


async def test_a_refused_provision_is_no_attempt(opened: Open) -> None:
    door = await opened(
        "scenario: s\nmatch: everything\nprovision: {attempts: [{}, {steps: {first: {fails: {}}}}]}",
    )
    await door.create(template_of(NODES[:1]))
    assert (await door.end())["state"] == "COMPLETED"
    assert (await door.ask("POST", f"{WORKFLOW}/{door.id}/_provision"))[0] == 400
    assert (await door.deprovision())[0] == 200
    assert (await door.end())["state"] == "FAILED", "the second attempt, not the third"


async def test_each_workflow_has_attempts_of_its_own(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: everything\nprovision: {attempts: [{steps: {first: {fails: {}}}}, {}]}")
    for _ in range(2):
        await door.create(template_of(NODES[:1]))
        assert (await door.end())["state"] == "FAILED"


async def test_each_run_makes_resources_of_its_own(opened: Open) -> None:
    door = await opened()
    await door.create(template_of(NODES))
    seen = []
    for _ in range(3):
        seen.append([entry["resource_id"] for entry in (await door.end())["resources_created"]])
        await door.deprovision("?allow_delete=p")
    assert len({names[0] for names in seen}) == 3
    assert {names[2] for names in seen} == {"p"}, "a name is a name"


async def test_an_attempt_may_be_a_timeline(opened: Open) -> None:
    door = await opened(
        """
        scenario: s
        match: everything
        provision:
          attempts:
            - timeline:
                - {at: 4s, state: FAILED, error: told by a timeline}
            - step_time: 2s
        """
    )
    await door.create(template_of(NODES[:1]))
    await door.provision()
    assert await door.moments() == [(0, "PROVISIONING", 0), (4_000, "FAILED", 0)]
    await door.advance("4s")
    assert (await door.status())["error"] == "told by a timeline"
    await door.deprovision()
    await door.provision()
    assert await door.moments() == [(0, "PROVISIONING", 0), (2_000, "COMPLETED", 1)]


# -- deprovision and reprovision ---------------------------------------------------------------------


async def test_keeps_are_steps_whose_resources_cannot_be_deleted(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: everything\ndeprovision: {keeps: [first, pipeline]}")
    await door.create(template_of(NODES))
    made = await door.end()
    first = made["resources_created"][0]["resource_id"]
    listed = {"pipeline": "pipeline_id p", "first": f"connector_id {first}"}
    order = ["pipeline", "first"]
    for _ in range(3):
        told = f"Failed to deprovision some resources: [{', '.join(listed[step] for step in order)}]."
        assert await door.deprovision("?allow_delete=p") == (202, {"error": told})
        left = await door.status()
        assert left["state"] == "COMPLETED"
        assert [entry["workflow_step_id"] for entry in left["resources_created"]] == order
        order.reverse()  # the last listed is tried first, and what is left is listed as it was tried


async def test_what_is_kept_and_not_allowed_either_is_told_as_not_allowed(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: everything\ndeprovision: {keeps: [pipeline]}")
    await door.create(template_of(NODES))
    await door.end()
    told = "These resources require the allow_delete parameter to deprovision: [pipeline_id p]."
    assert await door.deprovision() == (403, {"error": told})


async def test_deprovisionings_have_attempts_too(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: everything\ndeprovision: {attempts: [{keeps: [first]}, {}]}")
    await door.create(template_of(NODES[:1]))
    for codes in ([202, 200], [200]):
        await door.end()
        assert [(await door.deprovision())[0] for _ in codes] == codes


@pytest.mark.parametrize(("takes", "waits"), [("{takes: 900ms}", 900), ("{attempts: [{takes: 2s}, {}]}", 2_000)])
async def test_the_request_waits_while_resources_disappear(opened: Open, takes: str, waits: int) -> None:
    door = await opened(f"scenario: s\nmatch: everything\ndeprovision: {takes}")
    await door.create(template_of(NODES[:2]))
    await door.end()
    request = asyncio.ensure_future(door.deprovision())
    for _ in range(1_000):
        if (await door.moments())[-1] == (waits, "NOT_STARTED", 0):
            break
    assert await door.moments() == [
        (0, "COMPLETED", 2),
        (waits // 3, "COMPLETED", 1),
        (waits * 2 // 3, "COMPLETED", 0),
        (waits, "NOT_STARTED", 0),
    ]
    await door.advance(f"{waits - 1}ms")
    assert not request.done()
    await door.advance("1ms")
    assert (await request)[0] == 200


async def test_without_takes_nobody_waits(opened: Open) -> None:
    door = await opened()
    await door.create(template_of(NODES[:2]))
    await door.end()
    assert (await door.deprovision())[0] == 200


async def test_a_reprovisioning_has_a_plan_of_its_own(opened: Open) -> None:
    door = await opened(
        """
        scenario: s
        match: everything
        provision: {step_time: 1s}
        reprovision:
          attempts:
            - {step_time: 3s, steps: {pipeline: {fails: {message: not yet}}}}
            - {steps: {create_ingest_pipeline: {takes: 5s}}}
        """
    )
    await door.create(template_of(NODES[:2]))
    await door.end()
    reprovision = f"{WORKFLOW}/{door.id}?reprovision=true"
    assert (await door.ask("PUT", reprovision, template_of(NODES)))[0] == 202
    assert await door.moments() == [(0, "PROVISIONING", 2), (3_000, "FAILED", 2)]
    await door.advance("3s")
    assert "not yet" in (await door.status())["error"]

    changed = [
        *NODES[:2],
        NODES[2] | {"user_inputs": {"pipeline_id": "p", "configurations": {"description": "new", "processors": []}}},
    ]
    assert (await door.ask("PUT", reprovision, template_of(changed)))[0] == 202
    assert (await door.moments())[-1][:2] == (5_000, "COMPLETED")
    assert "error" not in await door.status()


async def test_a_reprovisioning_may_be_a_timeline(opened: Open) -> None:
    door = await opened(
        """
        scenario: s
        match: everything
        reprovision:
          timeline:
            - {at: 9s, state: FAILED, error: by the timeline}
        """
    )
    await door.create(template_of(NODES[:2]))
    await door.end()
    assert (await door.ask("PUT", f"{WORKFLOW}/{door.id}?reprovision=true", template_of(NODES)))[0] == 202
    await door.advance("8999ms")
    assert (await door.status())["state"] == "PROVISIONING"
    await door.advance("1ms")
    assert (await door.status())["error"] == "by the timeline"


# -- timelines and plans for workflows of one or the other -------------------------------------------


async def test_a_timeline_for_a_clients_workflow(opened: Open) -> None:
    """PROVISIONING once the provision was accepted, then as scripted."""
    door = await opened(
        """
        scenario: s
        match: {name: t}
        provision:
          timeline:
            - at: 1s
              created:
                - {workflow_step_name: create_connector, workflow_step_id: first, resource_id: mine}
            - {at: 5s, state: COMPLETED}
        """
    )
    await door.create(template_of(NODES))
    await door.advance("1m")
    assert await door.status() == {"workflow_id": door.id, "state": "NOT_STARTED"}
    await door.provision()
    assert await door.status() == {"workflow_id": door.id, "state": "PROVISIONING"}
    await door.advance("1s")
    body = await door.status()
    assert (body["state"], body["resources_created"][0]["resource_id"]) == ("PROVISIONING", "mine")
    _, connector = await door.ask("GET", "/_plugins/_ml/connectors/mine")
    assert connector["name"] == "1", "with the inputs of the template's node"
    await door.advance("4s")
    assert (await door.status())["state"] == "COMPLETED"


async def test_the_plugin_refuses_a_template_before_any_timeline(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: everything\nprovision: {timeline: [{at: 1s, state: COMPLETED}]}")
    await door.ask("POST", f"{WORKFLOW}?validation=none", template_of([{"id": "n", "type": "create_index"}]))
    _, workflows = await door.ask("GET", "/_mockflow/workflows")
    code, body = await door.ask("POST", f"{WORKFLOW}/{workflows[0]['workflow_id']}/_provision")
    assert code == 400
    assert "missing the following required inputs" in body["error"]


OWN: Final = """
    scenario: s
    workflow_id: w
    template:
      name: t
      workflows:
        provision:
          nodes:
            - id: g
              type: create_connector
              user_inputs:
                {name: n, description: d, version: "1", protocol: http, parameters: {}, credential: {k: v}, actions: []}
"""


@pytest.mark.parametrize(
    ("starts", "first"),
    [("first_status", "PROVISIONING"), ("provision", "NOT_STARTED"), ("load", "PROVISIONING")],
)
async def test_when_the_plan_of_a_scenarios_own_workflow_begins(opened: Open, starts: str, first: str) -> None:
    door = await opened(dedent(OWN) + f"starts: {starts}\nprovision: {{step_time: 4s}}")
    door.id = "w"
    await door.advance("1s")
    assert (await door.status())["state"] == first
    await door.advance("3s")
    states = {"load": "COMPLETED", "first_status": "PROVISIONING", "provision": "NOT_STARTED"}
    assert (await door.status())["state"] == states[starts]
    await door.advance("1s")
    states["first_status"] = "COMPLETED"
    assert (await door.status())["state"] == states[starts]


async def test_the_first_provision_begins_anew_what_a_look_has_begun(opened: Open) -> None:
    door = await opened(
        dedent(OWN) + "provision: {attempts: [{step_time: 4s}, {step_time: 1s, steps: {g: {fails: {}}}}]}"
    )
    door.id = "w"
    assert (await door.status())["state"] == "PROVISIONING"
    await door.advance("1h")
    looked = await door.status()
    assert looked["state"] == "COMPLETED"

    await door.provision()
    assert await door.status() == {"workflow_id": "w", "state": "PROVISIONING"}
    assert await door.moments() == [(0, "PROVISIONING", 0), (4_000, "COMPLETED", 1)]
    await door.advance("4s")
    assert await door.status() == looked, "the same run once more: the same attempt, the same ids"
    assert (await door.ask("POST", f"{WORKFLOW}/w/_provision"))[0] == 400, "from now on the plugin's rules hold"
    await door.deprovision()
    assert (await door.end())["state"] == "FAILED", "the second attempt"


async def test_the_first_provision_during_a_run_that_a_look_has_begun(opened: Open) -> None:
    door = await opened(dedent(OWN) + "provision: {step_time: 4s}")
    door.id = "w"
    await door.status()
    await door.advance("3s")
    await door.provision()
    await door.advance("3999ms")
    assert (await door.status())["state"] == "PROVISIONING"
    await door.advance("1ms")
    assert (await door.status())["state"] == "COMPLETED"


async def test_a_run_that_a_look_has_begun_and_a_deprovision_ended_was_the_first(opened: Open) -> None:
    door = await opened(dedent(OWN) + "provision: {attempts: [{steps: {g: {fails: {}}}}, {}]}")
    door.id = "w"
    await door.status()
    await door.advance("1s")
    assert (await door.status())["state"] == "FAILED"
    assert (await door.deprovision())[0] == 200
    assert (await door.end())["state"] == "COMPLETED"


# -- match -------------------------------------------------------------------------------------------

HEADER: Final = {"X-Mockflow-Scenario": "slow"}
# From the most specific to the least.
RANKED: Final = [
    "{header: {X-Mockflow-Scenario: slow}, name: bedrock-search}",
    "{header: {X-Mockflow-Scenario: slow}}",
    "{name: bedrock-search, use_case: SEMANTIC_SEARCH}",
    "{name: bedrock-search}",
    '{name: "bedrock-*"}',
    '{name: "be*", use_case: SEMANTIC_SEARCH}',
    '{name: "be*"}',
    "{use_case: SEMANTIC_SEARCH}",
    "everything",
]


@pytest.mark.parametrize("number", range(len(RANKED)))
@pytest.mark.parametrize("backwards", [False, True], ids=["loaded-in-order", "loaded-backwards"])
async def test_the_most_specific_match_wins(
    opened: Open, number: int, backwards: bool, caplog: pytest.LogCaptureFixture
) -> None:
    scenarios = [
        f"scenario: s{rank}\nmatch: {match}\nprovision: {{step_time: {rank + 1}s}}"
        for rank, match in enumerate(RANKED)
        if rank >= number
    ]
    door = await opened(*(reversed(scenarios) if backwards else scenarios))
    await door.create(template_of(NODES[:1], "bedrock-search", "SEMANTIC_SEARCH"), HEADER)
    await door.provision()
    assert (await door.moments())[-1][0] == (number + 1) * 1_000
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("match", "meant", "others"),
    [
        ("{name: t}", [("t", "", {})], [("tt", "", {}), ("T", "", {}), ("", "", {})]),
        ('{name: "bed*"}', [("bed", "", {}), ("bedrock", "", {})], [("be", "", {}), ("Bedrock", "", {})]),
        ('{name: "*search*"}', [("my search 2", "", {})], [("sear ch", "", {})]),
        ('{name: "a[b]*"}', [("a[b]c", "", {})], [("ab", "", {}), ("abc", "", {})]),
        ('{name: "*"}', [("t", "", {}), ("", "", {})], []),
        ("{use_case: RAG}", [("t", "RAG", {})], [("t", "", {}), ("t", "rag", {}), ("RAG", "", {})]),
        (
            "{header: {X-Mockflow-Scenario: slow}}",
            [("t", "", HEADER), ("t", "", {"x-mockflow-scenario": "slow"})],
            [("t", "", {}), ("t", "", {"X-Mockflow-Scenario": "SLOW"}), ("t", "", {"X-Mockflow-Scenario": ""})],
        ),
        (
            "{header: {A: '1', B: '2'}}",
            [("t", "", {"b": "2", "a": "1"})],
            [("t", "", {"A": "1"}), ("t", "", {"A": "1", "B": "1"})],
        ),
        ("{name: t, use_case: RAG}", [("t", "RAG", {})], [("t", "", {}), ("u", "RAG", {})]),
        ("everything", [("t", "", {}), ("", "RAG", HEADER)], []),
        ("{everything: true}", [("t", "", {})], []),
    ],
)
async def test_all_that_is_named_must_hold(
    opened: Open, match: str, meant: list[tuple[str, str, Body]], others: list[tuple[str, str, Body]]
) -> None:
    door = await opened(f"scenario: s\nmatch: {match}\nprovision: {{step_time: 42s}}")
    for speaks, workflows in ((42_000, meant), (1_000, others)):
        for name, use_case, headers in workflows:
            await door.create(template_of(NODES[:1], name, use_case), headers)
            await door.provision()
            assert (await door.moments())[-1][0] == speaks, (name, use_case, headers)


async def test_of_two_that_match_alike_the_first_loaded_speaks_with_a_warning(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    door = await opened(
        'scenario: one\nmatch: {name: "a*"}\nprovision: {step_time: 2s}',
        'scenario: two\nmatch: {name: "*b"}\nprovision: {step_time: 3s}',
    )
    with caplog.at_level(logging.WARNING, "mockflow"):
        await door.create(template_of(NODES[:1], "ax"))
        assert caplog.messages == [], "only one of them matches"
        await door.create(template_of(NODES[:1], "ab"))
    assert caplog.messages == ["scenarios one, two match workflow ab equally; one is used"]
    await door.provision()
    assert (await door.moments())[-1][0] == 2_000


async def test_the_first_that_matches_gets_the_workflow_id(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: {name: t}\nworkflow_id: chosen\nprovision: {step_time: 9s}")
    assert (await door.ask("GET", f"{WORKFLOW}/chosen/_status"))[0] == 404, "not there until a client creates it"
    other = await door.create(template_of(NODES[:1], "another"))
    assert other != "chosen"
    assert await door.create(template_of(NODES[:1])) == "chosen"
    later = await door.create(template_of(NODES[:1]))
    assert later not in ("chosen", other)
    assert len(later) == 20
    await door.provision()
    assert (await door.moments())[-1][0] == 9_000, "the scenario speaks for the later ones too"


async def test_the_id_is_free_again_after_the_delete(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: {name: t}\nworkflow_id: chosen")
    assert await door.create(template_of(NODES[:1])) == "chosen"
    assert (await door.ask("DELETE", f"{WORKFLOW}/chosen"))[0] == 200
    assert await door.create(template_of(NODES[:1])) == "chosen"


async def test_the_name_at_the_creation_decides(opened: Open) -> None:
    door = await opened("scenario: s\nmatch: {name: t}\nprovision: {step_time: 9s}")
    await door.create(template_of(NODES[:1], "u"))
    assert (await door.ask("PUT", f"{WORKFLOW}/{door.id}", template_of(NODES[:1], "t")))[0] == 201
    await door.provision()
    assert (await door.moments())[-1][0] == 1_000


async def test_without_any_scenario_each_step_takes_the_servers_step_time(opened: Open) -> None:
    door = await opened(step_time=250)
    await door.create(template_of(NODES))
    await door.provision()
    assert [time for time, _, _ in await door.moments()] == [0, 250, 500, 750]


def test_specificity_is_an_order() -> None:
    """A longer glob is more, whatever its marks; a header is more than any of them."""
    ranked = [
        Match(header={"a": "b"}),
        Match(name="exact"),
        Match(name="a-rather-long-*"),
        Match(name="a-r?*"),
        Match(name="*"),
        Match(use_case="X"),
        Match(everything=True),
    ]
    assert sorted(ranked, key=lambda match: match.specificity, reverse=True) == ranked


# -- what check says ---------------------------------------------------------------------------------

MATCHED: Final = "scenario: s\nmatch: everything\n"
BROUGHT: Final = (
    "scenario: s\nworkflow_id: w\ntemplate: {name: t, workflows: {provision: {nodes: [{id: node_1, type: noop}]}}}\n"
)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            MATCHED + "provision: {timeline: [{at: 1s}], steps: {}}",
            [
                "3:35: steps beside a timeline (the other is at t.yaml:3:13); "
                "a run has a timeline or a plan: keep one of the two"
            ],
        ),
        (
            MATCHED + "reprovision: {attempts: [{timeline: [{at: 1s}], step_time: 1s}]}",
            [
                "3:49: step_time beside a timeline (the other is at t.yaml:3:27); "
                "a run has a timeline or a plan: keep one of the two"
            ],
        ),
        (
            MATCHED + "provision: {attempts: [{}], steps: {a: {}}}",
            ["3:29: steps beside attempts (the other is at t.yaml:3:13); move it into the attempts that it is for"],
        ),
        (
            MATCHED + "deprovision: {attempts: [{}], keeps: [a], takes: 1s}",
            [
                "3:31: keeps beside attempts (the other is at t.yaml:3:15); move it into the attempts that it is for",
                "3:43: takes beside attempts (the other is at t.yaml:3:15); move it into the attempts that it is for",
            ],
        ),
        (
            MATCHED + "template: {name: t}",
            [
                "3:1: template beside match (the other is at t.yaml:2:1); "
                "leave it out: the client's own template is used"
            ],
        ),
        (
            MATCHED + "starts: load",
            [
                "3:1: starts: load beside match (the other is at t.yaml:2:1); "
                "leave it out: a client's workflow starts when it is provisioned"
            ],
        ),
        (
            "scenario: s\nworkflow_id: w\nprovision: {steps: {a: {takes: 1s}}}",
            ["3:1: a plan needs the template with its steps; write template, or a timeline"],
        ),
        (
            "scenario: s\nworkflow_id: w\nreprovision: {attempts: [{step_time: 1s}]}",
            ["3:26: a plan needs the template with its steps; write template, or a timeline"],
        ),
        (
            "scenario: s",
            [
                "1:1: the scenario applies to no workflow; "
                "write workflow_id for a workflow of its own, or match for those that clients create"
            ],
        ),
    ],
)
def test_check_of_what_does_not_go_together(text: str, problems: list[str]) -> None:
    assert said(text) == problems


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("{fails: {status: REQUEST_TIMEOT}}", 'unknown status "REQUEST_TIMEOT"; did you mean REQUEST_TIMEOUT?'),
        ("{fails: {status: 408}}", "408 is a number; write its name, REQUEST_TIMEOUT"),
        ('{fails: {status: "408"}}', "408 is a number; write its name, REQUEST_TIMEOUT"),
        ("{fails: {status: OK}}", "OK is not a failure; write a status of 400 or above, such as INTERNAL_SERVER_ERROR"),
        (
            "{fails: {status: 202}}",
            "202 is not a failure; write a status of 400 or above, such as INTERNAL_SERVER_ERROR",
        ),
        ("{fails: {state: NOT_FOUND}}", 'unknown key "state"; did you mean status?'),
        ("{fails: timout}", 'unknown word "timout"; write timeout, or a mapping'),
        (
            "{fails: {timeout: true, status: NOT_FOUND}}",
            "a time-out has its own status and message; write fails: timeout",
        ),
        ("{take: 1s}", 'unknown key "take"; did you mean takes?'),
        ("{takes: 1.5s}", '"1.5s" is not a time; '),
        ("{takes: 10}", 'unit: "10s" or "10ms"'),
        ("{takes: +1s}", '"+1s" is not a time'),
    ],
)
def test_check_of_a_step(step: str, problem: str) -> None:
    (message,) = said(MATCHED + f"provision: {{steps: {{a: {step}}}}}")
    assert message.startswith("3:")
    assert problem in message


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("provision: {step: {a: {}}}", 'unknown key "step"; did you mean steps?'),
        ("provision: {attempt: [{}]}", 'unknown key "attempt"; did you mean attempts?'),
        ("provision: {steptime: 1s}", 'unknown key "steptime"; did you mean step_time?'),
        ("provision: {attempts: []}", "attempts is empty; the first run, the second, and so on"),
        ("deprovision: {keep: [a]}", 'unknown key "keep"; did you mean keeps?'),
        ("deprovison: {keeps: [a]}", 'unknown key "deprovison"; did you mean deprovision?'),
        ("deprovision: {keeps: a}", "keeps must be a list"),
    ],
)
def test_check_of_a_misspelled_key(line: str, problem: str) -> None:
    messages = said(MATCHED + line)
    assert len(messages) == 1
    assert problem in messages[0]


@pytest.mark.parametrize(
    ("match", "problem"),
    [
        ("{}", "match is empty; write match: everything, or conditions: use_case, name, header"),
        ("{name: null}", "match is empty; write match: everything, or conditions: use_case, name, header"),
        ("{everything: true, name: x}", "match has everything beside other keys; write match: everything, or"),
        ("anything", 'unknown word "anything"; write everything, or a mapping'),
        ("{usecase: x}", 'unknown key "usecase"; did you mean use_case?'),
        ("{headers: {a: b}}", 'unknown key "headers"; did you mean header?'),
        ("{header: {}}", "header is empty"),
        ("{header: {a: 1}}", 'must be text, and 1 is a number; quote it: "1"'),
        ("[a]", "match must be a mapping"),
    ],
)
def test_check_of_a_match(match: str, problem: str) -> None:
    messages = said(f"scenario: s\nmatch: {match}\n")
    assert problem in messages[0]
    assert messages[0].startswith("2:")


def test_check_of_two_scenarios_for_the_same_workflows() -> None:
    text = "scenario: a\nmatch: {name: x, use_case: U}\n---\nscenario: b\nmatch: {use_case: U, name: x}\n"
    assert said(text) == [
        "5:8: two scenarios for the same workflows of clients (the other is at t.yaml:2:8); "
        "let one of the two match less or more"
    ]


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        ("[{id: a, type: noop}, {id: b, type: create_indx}]", "5:64: the plugin has no step"),
        ("[{id: a, type: noop}, {id: b, type: create_indx}]", '"create_indx"; did you mean create_index?'),
        (
            "[{id: a, type: create_index, user_inputs: {index_name: x}}]",
            "the plugin would refuse this template: "
            "Invalid workflow, node [a] missing the following required inputs : [configurations]",
        ),
        ("[{id: a, type: noop}, {id: a, type: noop}]", "the plugin would refuse this template: Duplicate node id a."),
        ("[]", "the plugin would refuse this template: A workflow must have at least one node."),
        ("[{id: a}]", "the plugin would refuse this template: An node object requires both an id and type field."),
        ("[{id: [a], type: noop}]", "a list where text belongs; ids and names are text"),
        ("{id: a, type: noop}", "an object where a list belongs; ids and names are text"),
    ],
)
def test_check_of_a_template_that_the_plugin_would_refuse(nodes: str, problem: str) -> None:
    text = f"scenario: s\nworkflow_id: w\ntemplate:\n  name: t\n  workflows: {{provision: {{nodes: {nodes}}}}}\n"
    (message,) = said(text)
    assert problem in message


def test_check_of_a_template_without_anything_to_provision() -> None:
    text = "scenario: s\nworkflow_id: w\ntemplate: {name: t, workflows: {}}\n"
    assert said(text) == ["3:1: the template has no workflow to provision; write workflows: {provision: ...}"]


def test_check_warns_of_steps_that_the_scenarios_own_template_has_not() -> None:
    text = (
        BROUGHT + "provision: {steps: {nod_1: {}, noop: {}, node_1: {}}}\ndeprovision: {attempts: [{keeps: [noop]}]}\n"
    )
    assert said(text) == [
        '4:21: warning: no step "nod_1" in the template; did you mean node_1?',
        '5:35: warning: no step with the id "noop" in the template; one of node_1',
    ]


def test_check_does_not_warn_of_steps_that_a_reprovisioning_may_bring() -> None:
    text = BROUGHT + "provision: {step_time: 1s}\nreprovision: {steps: {later: {}}}\ndeprovision: {keeps: [later]}\n"
    assert said(text) == []


def test_check_does_not_warn_of_steps_in_a_clients_template() -> None:
    assert said(MATCHED + "provision: {steps: {whatever: {}}}\ndeprovision: {keeps: [x]}\n") == []


def said(text: str) -> list[str]:
    """What `check` tells, without the file's name."""
    return [str(problem).removeprefix("t.yaml:") for problem in load_text(text, "t.yaml").problems]
