"""The shipped scenarios, played through the public door and compared with a naive reading of their YAML."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from jsonschema import Draft202012Validator
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.cluster import Cluster, LoadedScenario, Mode, Settings
from mockflow.core.opensearch.ids import resource_id
from mockflow.core.scenario.json_schema import json_schema
from mockflow.loading.load import Located, load_paths
from mockflow.loading.yaml12 import read
from mockflow.server.app import create_app
from tests.support.paths import SCENARIOS

Body = dict[str, Any]
Client = TestClient[Request, Application]

FILES: Final = sorted(SCENARIOS.glob("*.yaml"))
SCHEMA_FILE: Final = SCENARIOS / "schema.json"
LOADING: Final = load_paths([SCENARIOS])
MODELINE: Final = "# yaml-language-server: $schema=./schema.json"
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"

EPOCH: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z, where mode auto begins
SETTLED: Final = 25  # so many equal answers in a row are the end; no shipped at_poll waits as long
MOST_POLLS: Final = 500

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
each_scenario = pytest.mark.parametrize("located", LOADING.scenarios, ids=lambda located: located.scenario.scenario)
FAULTY: Final = [it for it in LOADING.scenarios if it.scenario.faults or it.scenario.outages or it.scenario.stubs]
REST: Final = [  # the others are played in test_failure_modes.py and tests/server/endpoints/
    it for it in LOADING.scenarios if it not in FAULTY and it.scenario.has_workflow
]
TIMELINES: Final = [it for it in REST if not (it.scenario.template or it.scenario.match)]
PLANS: Final = [it for it in REST if it not in TIMELINES]  # played in test_scenario_plans.py
each_timeline = pytest.mark.parametrize("located", TIMELINES, ids=lambda located: located.scenario.scenario)
each_timeline_of_time_alone = pytest.mark.parametrize(
    "located",
    [located for located in TIMELINES if located.scenario.scenario != "by-poll-count"],
    ids=lambda located: located.scenario.scenario,
)
brief_and_all = pytest.mark.parametrize("show_all", [False, True], ids=["brief", "all"])


# -- the files ---------------------------------------------------------------------------------------


def test_nothing_is_wrong_with_them() -> None:
    assert [str(problem) for problem in LOADING.problems] == []


def test_seven_situations_besides_the_documented_one() -> None:
    names = {located.scenario.scenario for located in LOADING.scenarios}
    assert "docs-example" in names
    assert len(names - {"docs-example"}) >= 7


def test_one_scenario_in_each_file() -> None:
    assert len(LOADING.scenarios) == len(FILES)


@each_scenario
def test_is_named_like_its_file_and_described(located: Located) -> None:
    scenario = located.scenario
    assert scenario.scenario == Path(located.place.file).stem
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", scenario.scenario)
    assert scenario.description
    assert not scenario.has_workflow or re.fullmatch(r"[A-Za-z0-9_-]{20}", id_of(located))


@pytest.mark.parametrize("located", FAULTY, ids=lambda located: located.scenario.scenario)
def test_faults_are_played_until_nothing_is_unseen(located: Located) -> None:
    """In test_failure_modes.py."""
    tests = Path(__file__).with_name("test_failure_modes.py").read_text("utf-8")
    mine = [test for test in re.split(r"\n(?=(?:async )?def )", tests) if f'play("{located.scenario.scenario}"' in test]
    assert any("ask.unseen() == []" in test for test in mine)


@pytest.mark.parametrize("located", REST, ids=lambda located: located.scenario.scenario)
def test_is_told_by_a_timeline_or_by_a_plan(located: Located) -> None:
    """So that each is played: the timelines here, the plans in test_scenario_plans.py."""
    script = script_of(Path(located.place.file))
    runs = [script.get("provision", {}), *script.get("provision", {}).get("attempts", [])]
    has_timeline = any("timeline" in run for run in runs)
    has_plan = any({"steps", "step_time"} & run.keys() for run in runs)
    if located in TIMELINES:
        assert not has_plan
        assert not any(kind in script for kind in ("reprovision", "deprovision", "faults", "stubs"))
        assert "attempts" not in script.get("provision", {})
    else:
        assert has_plan
        assert not has_timeline


@each_file
def test_begins_with_the_modeline_and_says_what_it_is(file: Path) -> None:
    first, second, *_ = file.read_text("utf-8").splitlines()
    assert first == MODELINE
    assert second.startswith("# ")


# -- the schema for editors --------------------------------------------------------------------------


def test_the_schema_file_is_that_of_the_models() -> None:
    assert SCHEMA_FILE.read_text("utf-8") == json.dumps(json_schema(), indent=2) + "\n", (
        "the models have changed: mockflow schema > scenarios/schema.json"
    )


@each_file
def test_the_schema_accepts(file: Path) -> None:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(script_of(file))]
    assert errors == []


def test_every_key_of_the_schema_is_described() -> None:
    schema = json_schema()
    models = {"Scenario": schema, **schema["$defs"]}
    undescribed = [
        f"{name}.{key}"
        for name, model in models.items()
        for key, value in model.get("properties", {}).items()
        if not value.get("description")
    ]
    assert undescribed == []


# -- played through their whole timeline -------------------------------------------------------------


@brief_and_all
@each_timeline
async def test_a_polling_loop_sees_every_keyframe_once(
    aiohttp_client: AiohttpClient, located: Located, show_all: bool
) -> None:
    client = await client_of(aiohttp_client, located, "auto")
    script = script_of(Path(located.place.file))
    expected = [answer for answer, _ in answers_of(script, show_all=show_all)]

    seen = await poll_until_settled(client, id_of(located), show_all=show_all)

    assert collapsed(seen) == collapsed(expected)
    if not any("at_poll" in keyframe for keyframe in keyframes_of(script)):
        last = [expected[-1]] * (len(seen) - len(expected))
        assert seen == expected + last, "each poll moves on by one keyframe"


@brief_and_all
@each_timeline
async def test_every_answer_has_the_shape_of_a_status(
    aiohttp_client: AiohttpClient, located: Located, show_all: bool
) -> None:
    client = await client_of(aiohttp_client, located, "auto")
    schema = status_schema(show_all=show_all, any_state=located.scenario.unrealistic)
    validator = Draft202012Validator(schema)

    for body in await poll_until_settled(client, id_of(located), show_all=show_all):
        assert [error.message for error in validator.iter_errors(body)] == []
        assert list(body) == [name for name in order_of(show_all=show_all) if name in body]
        if "provision_start_time" in body and "provision_end_time" in body:
            assert body["provision_start_time"] <= body["provision_end_time"]


@each_timeline_of_time_alone
async def test_a_clock_moved_by_hand_shows_the_same(aiohttp_client: AiohttpClient, located: Located) -> None:
    client = await client_of(aiohttp_client, located, "frozen")
    now = 0
    for expected, elapsed in answers_of(script_of(Path(located.place.file)), show_all=True):
        await advance(client, f"{elapsed - now}ms")
        now = elapsed
        assert await status(client, id_of(located), show_all=True) == expected


async def test_docs_example_gives_the_documented_answers(aiohttp_client: AiohttpClient) -> None:
    client = await client_of(aiohttp_client, shipped("docs-example"), "frozen")
    workflow_id = "8xL8bowB8y25Tqfenm50"
    connector = {
        "workflow_step_name": "create_connector",
        "workflow_step_id": "create_connector_1",
        "resource_type": "connector_id",
        "resource_id": "NdjCQYwBLmvn802B0IwE",
    }
    model = {
        "workflow_step_name": "register_remote_model",
        "workflow_step_id": "register_model_2",
        "resource_type": "model_id",
        "resource_id": "N9jCQYwBLmvn802B0oyh",
    }

    assert await status(client, workflow_id) == {"workflow_id": workflow_id, "state": "NOT_STARTED"}
    await advance(client, "2s")
    assert await status(client, workflow_id) == {
        "workflow_id": workflow_id,
        "state": "PROVISIONING",
        "resources_created": [connector],
    }
    await advance(client, "4s")
    assert await status(client, workflow_id) == {
        "workflow_id": workflow_id,
        "state": "COMPLETED",
        "resources_created": [connector, model],
    }


# -- a client ----------------------------------------------------------------------------------------


def shipped(name: str) -> Located:
    return next(located for located in LOADING.scenarios if located.scenario.scenario == name)


def id_of(located: Located) -> str:
    """The workflow that the scenario brings."""
    assert located.scenario.workflow_id is not None
    return located.scenario.workflow_id


async def client_of(aiohttp_client: AiohttpClient, located: Located, mode: Mode) -> Client:
    """A client of a fresh cluster that has this scenario alone."""
    loaded = LoadedScenario(located.scenario, str(located.place))
    return await aiohttp_client(create_app(Cluster(Settings(mode=mode), (loaded,))))


async def status(client: Client, workflow_id: str, *, show_all: bool = False) -> Body:
    response = await client.get(f"{WORKFLOW}/{workflow_id}/_status", params={"all": str(show_all).lower()})
    assert response.status == 200
    body = await response.json()
    assert isinstance(body, dict)
    return body


async def advance(client: Client, duration: str) -> None:
    response = await client.post("/_mockflow/clock", json={"advance": duration})
    assert response.status == 200, await response.text()


async def poll_until_settled(client: Client, workflow_id: str, *, show_all: bool) -> list[Body]:
    """All answers of a consumer's loop that never waits, the last of them `SETTLED` times the same."""
    answers: list[Body] = []
    while len(answers) < MOST_POLLS:
        answers.append(await status(client, workflow_id, show_all=show_all))
        if answers[-SETTLED:] == [answers[-1]] * SETTLED:
            return answers
    raise AssertionError(f"still changing after {MOST_POLLS} polls")


def collapsed(answers: list[Body]) -> list[Body]:
    """Each run of equal answers as one."""
    return [answer for answer, _ in groupby(answers)]


# -- what a status looks like -----------------------------------------------

BRIEF: Final = ("workflow_id", "error", "state", "resources_created")
ALL: Final = (
    "workflow_id",
    "error",
    "state",
    "provisioning_progress",
    "provision_start_time",
    "provision_end_time",
    "user",
    "user_outputs",
    "resources_created",
    "tenant_id",
    "all_shared_principals",
)
PROGRESS: Final = {
    "NOT_STARTED": "NOT_STARTED",
    "PROVISIONING": "IN_PROGRESS",
    "COMPLETED": "DONE",
    "FAILED": "FAILED",
}
RESOURCE: Final = ("workflow_step_name", "workflow_step_id", "resource_type", "resource_id")
TEXT: Final = {"type": "string", "minLength": 1}
TEXTS: Final = {"type": "array", "items": TEXT}
MILLIS: Final = {"type": "integer", "minimum": 10**12, "exclusiveMaximum": 10**13}


def order_of(*, show_all: bool) -> tuple[str, ...]:
    return ALL if show_all else BRIEF


def status_schema(*, show_all: bool, any_state: bool) -> dict[str, Any]:
    fields = {
        "workflow_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{20}$"},
        "error": TEXT,
        "state": TEXT if any_state else {"enum": list(PROGRESS)},
        "provisioning_progress": TEXT if any_state else {"enum": list(PROGRESS.values())},
        "provision_start_time": MILLIS,
        "provision_end_time": MILLIS,
        "user": strict(
            name=TEXT,
            backend_roles=TEXTS,
            roles=TEXTS,
            custom_attribute_names=TEXTS,
            user_requested_tenant={"type": ["string", "null"]},
        ),
        "user_outputs": {"type": "object", "minProperties": 1},
        "resources_created": {
            "type": "array",
            "minItems": 1,
            "items": strict(**dict.fromkeys(RESOURCE, TEXT)),
        },
        "tenant_id": TEXT,
        "all_shared_principals": TEXTS,
    }
    shown = {name: fields[name] for name in order_of(show_all=show_all)}
    always = ["workflow_id", "state", *(["provisioning_progress"] if show_all else [])]
    return strict(**shown) | {"required": always}


def strict(**properties: Any) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# -- a naive reading of a script, apart from mockflow's compiler -------------------------------------

UNIT_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
TYPE_OF_STEP: Final = {
    "create_connector": "connector_id",
    "create_index": "index_name",
    "create_ingest_pipeline": "pipeline_id",
    "create_search_pipeline": "pipeline_id",
    "deploy_model": "model_id",
    "register_agent": "agent_id",
    "register_local_pretrained_model": "model_id",
    "register_model_group": "model_group_id",
    "register_remote_model": "model_id",
}
DERIVED: Final = ("provisioning_progress", "provision_start_time", "provision_end_time")


def script_of(file: Path) -> Body:
    documents, problems = read(file.read_bytes(), str(file))
    assert problems == []
    (document,) = documents
    assert isinstance(document.value, dict)
    return document.value


def keyframes_of(script: Body) -> list[Body]:
    keyframes: list[Body] = script.get("provision", {}).get("timeline", [])
    return keyframes


def answers_of(script: Body, *, show_all: bool) -> list[tuple[Body, int]]:
    """What each keyframe answers, and the run's elapsed time in mode auto when it is reached."""
    return [
        ({name: fields[name] for name in order_of(show_all=show_all) if name in fields}, elapsed)
        for fields, elapsed in fold(script)
    ]


def fold(script: Body) -> Iterator[tuple[Body, int]]:
    fields: Body = {"workflow_id": script["workflow_id"], "state": "NOT_STARTED"}
    written: Body = {}  # what stands in the script although it could be derived
    times: Body = {}
    for keyframe, elapsed in timed(keyframes_of(script)):
        if "state" in keyframe:
            written = {}
        written |= {name: keyframe[name] for name in DERIVED if name in keyframe}
        fields |= {name: keyframe[name] for name in ALL if name in keyframe and name not in DERIVED}
        if "resources_created" in keyframe:
            fields["resources_created"] = resources_of(script, keyframe["resources_created"])
        if "created" in keyframe:
            held = fields.get("resources_created") or []
            fields["resources_created"] = held + resources_of(script, keyframe["created"])
        if fields["state"] != "NOT_STARTED":
            times.setdefault("provision_start_time", EPOCH + elapsed)
        if fields["state"] in ("COMPLETED", "FAILED"):
            times.setdefault("provision_end_time", EPOCH + elapsed)
        answer = fields | {"provisioning_progress": PROGRESS[fields["state"]]} | times | written
        yield {name: value for name, value in answer.items() if value not in (None, [], {})}, elapsed


def timed(keyframes: list[Body]) -> Iterator[tuple[Body, int]]:
    """Each keyframe with its elapsed time; what holds before a later first one comes as an empty one."""
    begun = elapsed = 0  # `begun`: when the poll came that `at` counts from
    if not keyframes or "at_poll" in keyframes[0] or millis(keyframes[0]["at"]) > 0:
        yield {}, 0
    for keyframe in keyframes:
        if "at_poll" in keyframe:
            begun = elapsed
        elif keyframe["at"].startswith("+"):
            elapsed += millis(keyframe["at"])
        else:
            elapsed = begun + millis(keyframe["at"])
        yield keyframe, elapsed


def millis(duration: str) -> int:
    found = re.fullmatch(r"\+?(\d+)(ms|s|m|h|d)", duration)
    assert found, duration
    return int(found[1]) * UNIT_MS[found[2]]


def resources_of(script: Body, resources: list[Body] | None) -> list[Body]:
    return [resource_of(script, resource) for resource in resources or ()]


def resource_of(script: Body, resource: Body) -> Body:
    """The four fields; an id that is not written follows from the names."""
    name, step_id = resource["workflow_step_name"], resource["workflow_step_id"]
    kind = resource.get("resource_type", TYPE_OF_STEP[name])
    made = resource_id(kind, script["scenario"], script["workflow_id"], step_id)
    return dict(zip(RESOURCE, (name, step_id, kind, resource.get("resource_id", made)), strict=True))
