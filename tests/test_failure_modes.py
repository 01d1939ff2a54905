"""Failure modes that programs meet, each as its exact sequence of requests and answers.

Numbered as there. Most play a shipped scenario of the same name; where none is needed, the test says why. What a
client library makes of the faults among them is in tests/clients.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from aiohttp import ClientConnectionError, ClientPayloadError
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.cluster import Cluster, LoadedScenario, Mode, Settings
from mockflow.loading.load import load_paths
from mockflow.server.app import create_app
from tests.support.paths import ROOT

Body = dict[str, Any]
Answer = tuple[int, Body]

SCENARIOS: Final = {
    located.scenario.scenario: located.scenario
    for located in load_paths([ROOT / "scenarios", ROOT / "examples" / "cluster-starts-slowly.yaml"]).scenarios
}
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
UNKNOWN: Final = "aaaaaaaaaaaaaaaaaaaa"


class Consumer:
    """A client of a fresh cluster, and the workflow that it speaks of: ``W`` in its calls."""

    def __init__(self, client: TestClient[Request, Application], workflow_id: str) -> None:
        self.client = client
        self.id = workflow_id

    async def __call__(self, call: str, body: Any = None) -> Answer:
        """Sends a call such as ``POST W/_provision``; answers with status code and body."""
        method, path = call.split(" ", 1)
        if not path.startswith("/"):
            path = f"{WORKFLOW}/{path.replace('W', self.id, 1)}".replace("/?", "?").rstrip("/")
        response = await self.client.request(method, path, json=body)
        return response.status, await response.json()

    async def raw(self, call: str) -> tuple[int, str]:
        """As a call, for answers that are no JSON."""
        method, path = call.split(" ", 1)
        response = await self.client.request(method, f"{WORKFLOW}/{path.replace('W', self.id, 1)}")
        return response.status, await response.text()

    async def unseen(self) -> list[str]:
        """The parts of the script that no client has seen so far."""
        _, coverage = await self("GET /_mockflow/coverage")
        return [f"{part['run']}: {part['what']}" for part in coverage["parts"] if not part["seen"]]

    async def status(self) -> Body:
        code, body = await self("GET W/_status")
        assert code == 200
        return body

    async def statuses(self, number: int) -> list[tuple[str, int]]:
        """The answers of so many polls in a row, as state and number of resources."""
        seen = [await self.status() for _ in range(number)]
        assert all(body["resources_created"] for body in seen if "resources_created" in body)
        return [(body["state"], len(body.get("resources_created", ()))) for body in seen]

    async def provisioned(self) -> Body:
        """Provisions and polls until the end."""
        assert (await self("POST W/_provision"))[0] in (200, 202)
        for _ in range(100):
            body = await self.status()
            if body["state"] in ("COMPLETED", "FAILED"):
                return body
        raise AssertionError(f"no end in sight: {body}")

    async def pass_(self, duration: str) -> None:
        assert (await self("POST /_mockflow/clock", {"advance": duration}))[0] == 200

    async def begun(self, call: str) -> "asyncio.Task[Answer]":
        """A call that waits, once the cluster has begun to act on it."""
        before = await self._run()
        task = asyncio.ensure_future(self(call))
        for _ in range(1000):
            if await self._run() != before:
                return task
        raise AssertionError(f"{call} begins no run")

    async def _run(self) -> Any:
        return (await self(f"GET /_mockflow/workflows/{self.id}"))[1]["run"]

    @property
    def accepted(self) -> Body:
        return {"workflow_id": self.id}

    def not_provisionable(self, progress: str) -> Answer:
        """The refusal of a provision from 2.14 on."""
        return 400, {
            "error": f"The workflow provisioning state is {progress} and can not be provisioned unless its state is "
            f"NOT_STARTED: {self.id}. Deprovision the workflow to reset the state."
        }

    def unknown(self) -> Answer:
        """The 404 of _status from 2.15 on."""
        return 404, {"error": f"Fail to find workflow status of {self.id}"}


Play = Callable[..., Awaitable[Consumer]]


@pytest.fixture
def play(aiohttp_client: AiohttpClient) -> Play:
    """Begins a story with one shipped scenario, or without any."""

    async def begin(scenario: str | None = None, *, mode: Mode = "auto", version: str = "3.2.0") -> Consumer:
        loaded = (LoadedScenario(SCENARIOS[scenario], scenario),) if scenario else ()
        cluster = Cluster(Settings(mode=mode, opensearch_version=version), loaded)
        client = await aiohttp_client(create_app(cluster))
        return Consumer(client, (SCENARIOS[scenario].workflow_id if scenario else None) or UNKNOWN)

    return begin


def ids(body: Body) -> dict[str, str]:
    """Step type -> the id of what it has created; of two entries of one type, the last."""
    return {entry["workflow_step_name"]: entry["resource_id"] for entry in body.get("resources_created", ())}


# -- 1. slow provisioning ----------------------------------------------------------------------------

SUCCESS_OF_PROVISION: Final = [("2.19.0", 200), ("3.0.0", 202), ("3.2.0", 202)]


@pytest.mark.parametrize(("version", "accepted"), SUCCESS_OF_PROVISION)
async def test_01_slow_provisioning(play: Play, version: str, accepted: int) -> None:
    ask = await play("slow-provisioning", version=version)
    assert await ask("POST W/_provision") == (accepted, ask.accepted)
    assert await ask("GET W/_status") == (200, {"workflow_id": ask.id, "state": "NOT_STARTED"})
    assert await ask("GET W/_status") == (200, {"workflow_id": ask.id, "state": "PROVISIONING"})
    assert await ask.statuses(6) == [("PROVISIONING", number) for number in range(1, 7)]
    assert await ask.statuses(3) == [("COMPLETED", 6)] * 3


async def test_01_slow_provisioning_by_the_clock(play: Play) -> None:
    ask = await play("slow-provisioning", mode="frozen")
    assert (await ask("POST W/_provision"))[0] == 202
    seen = {}
    for second in range(0, 241, 5):
        seen[second] = (await ask.statuses(1))[0]
        await ask.pass_("5s")
    assert seen[0] == ("NOT_STARTED", 0)
    assert seen[5] == ("PROVISIONING", 0)
    assert seen[90] == ("PROVISIONING", 1)
    assert seen[95] == seen[175] == ("PROVISIONING", 2)
    assert seen[235] == ("PROVISIONING", 6)
    assert seen[240] == ("COMPLETED", 6)


async def test_01_slow_provisioning_by_the_number_of_polls(play: Play) -> None:
    ask = await play("by-poll-count")
    assert (await ask("POST W/_provision"))[0] == 202
    assert await ask.statuses(7) == [
        ("NOT_STARTED", 0),
        ("PROVISIONING", 0),
        ("PROVISIONING", 0),
        ("PROVISIONING", 1),
        ("PROVISIONING", 2),
        ("PROVISIONING", 2),
        ("COMPLETED", 2),
    ]


# -- 2. stuck in PROVISIONING ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "frozen"])
async def test_02_stuck_in_provisioning(play: Play, mode: Mode) -> None:
    ask = await play("stuck-in-provisioning", mode=mode)
    assert await ask("POST W/_provision") == (202, ask.accepted)
    if mode == "frozen":
        assert await ask.statuses(1) == [("PROVISIONING", 0)]
        await ask.pass_("1d")
    else:
        assert await ask.statuses(2) == [("PROVISIONING", 0), ("PROVISIONING", 1)]
    assert await ask.statuses(30) == [("PROVISIONING", 2)] * 30

    assert await ask("POST W/_provision") == ask.not_provisionable("IN_PROGRESS")
    code, deleted = await ask("DELETE W?clear_status=true")
    assert (code, deleted["_id"], deleted["result"]) == (200, ask.id, "deleted")
    assert (await ask("GET W"))[0] == 404
    assert await ask.statuses(5) == [("PROVISIONING", 2)] * 5


# -- 3. FAILED, with leftovers -----------------------------------------------------------------------


async def test_03_failed_with_leftovers(play: Play) -> None:
    ask = await play("failed-with-leftovers")
    assert await ask("POST W/_provision") == (202, ask.accepted)
    assert await ask.statuses(4) == [("PROVISIONING", number) for number in range(4)]
    failed = await ask.status()
    assert list(failed) == ["workflow_id", "error", "state", "resources_created"]
    assert failed["state"] == "FAILED"
    assert "during step create_index_4" in failed["error"]
    assert len(failed["resources_created"]) == 3

    assert await ask("POST W/_provision") == ask.not_provisionable("FAILED")
    assert await ask("POST W/_deprovision?allow_delete=product-search-ingest") == (200, ask.accepted)
    assert await ask("GET W/_status") == (200, {"workflow_id": ask.id, "state": "NOT_STARTED"})
    assert await ask("POST W/_provision") == (202, ask.accepted)


async def test_03_a_retry_succeeds_after_the_deprovision(play: Play) -> None:
    ask = await play("retry-succeeds-after-deprovision")
    assert await ask("POST W/_provision") == (202, ask.accepted)
    assert await ask.statuses(3) == [("PROVISIONING", 0), ("PROVISIONING", 1), ("PROVISIONING", 2)]
    failed = await ask.status()
    error = (
        "WorkflowStepException during step register_model_3, Failed to register remote model, "
        "restStatus: SERVICE_UNAVAILABLE"
    )
    assert (failed["state"], failed["error"]) == ("FAILED", error)
    assert list(ids(failed)) == ["create_ingest_pipeline", "create_connector"]

    assert await ask("POST W/_provision") == ask.not_provisionable("FAILED")
    assert await ask("POST W/_deprovision") == (
        403,
        {"error": "These resources require the allow_delete parameter to deprovision: [pipeline_id faq-ingest]."},
    )
    left = await ask.status()
    assert (left["state"], left["error"], list(ids(left))) == ("COMPLETED", error, ["create_ingest_pipeline"])
    assert await ask("POST W/_provision") == ask.not_provisionable("DONE")

    assert await ask("POST W/_deprovision?allow_delete=faq-ingest") == (200, ask.accepted)
    done = await ask.provisioned()
    assert done["state"] == "COMPLETED"
    assert "error" not in done
    assert [entry["workflow_step_name"] for entry in done["resources_created"]] == [
        "create_ingest_pipeline",
        "create_connector",
        "register_remote_model",
        "deploy_model",
    ]
    assert ids(done)["create_connector"] != ids(failed)["create_connector"]


MESSAGE: Final = "Failed to find connector with the provided connector id: dVqQDJsBZ1McTf8lNw3a"
CLASS: Final = "org.opensearch.flowframework.exception.WorkflowStepException"
ERROR_OF_VERSION: Final = [
    ("2.12.0", f"{CLASS} during step register_model_2"),
    ("2.13.0", f"{CLASS} during step register_model_2, restStatus: NOT_FOUND"),
    ("2.14.0", f"{MESSAGE} during step register_model_2, restStatus: NOT_FOUND"),
    ("2.19.4", f"{MESSAGE} during step register_model_2, restStatus: NOT_FOUND"),
    ("3.0.0", f"{MESSAGE} during step register_model_2, restStatus: NOT_FOUND"),
    ("3.1.0", f"WorkflowStepException during step register_model_2, {MESSAGE}, restStatus: NOT_FOUND"),
    ("3.2.0", f"WorkflowStepException during step register_model_2, {MESSAGE}, restStatus: NOT_FOUND"),
]


@pytest.mark.parametrize(("version", "error"), ERROR_OF_VERSION)
async def test_03_the_error_has_four_formats(play: Play, version: str, error: str) -> None:
    ask = await play("synchronous-provision-fails", version=version)
    failed = await ask.provisioned()
    assert (failed["state"], failed["error"]) == ("FAILED", error)


@pytest.mark.parametrize("version", ["2.12.0", "2.13.0"])
async def test_03_the_retry_is_refused_in_older_words(play: Play, version: str) -> None:
    ask = await play("synchronous-provision-fails", version=version)
    await ask.provisioned()
    refused = (400, {"error": f"The template has already been provisioned: {ask.id}"})
    assert await ask("POST W/_provision") == refused
    assert await ask("POST W/_deprovision") == (200, ask.accepted)
    assert await ask("POST W/_provision") == (200, ask.accepted)
    assert await ask("POST W/_provision") == refused


@pytest.mark.parametrize("version", ["2.14.0", "2.19.0"])
async def test_03_the_class_stands_for_a_message_that_is_not_the_plugins(play: Play, version: str) -> None:
    ask = await play("synchronous-provision-times-out", version=version)
    await ask.provisioned()
    await ask("POST W/_deprovision")
    failed = await ask.provisioned()
    assert re.fullmatch(
        r"(java\.util\.concurrent\.)?TimeoutException during step deploy_model_3, restStatus: INTERNAL_SERVER_ERROR",
        failed["error"],
    )


async def test_03_failed_without_leftovers(play: Play) -> None:
    ask = await play("failed-at-once")
    failed = await ask.provisioned()
    assert list(failed) == ["workflow_id", "error", "state"]
    assert await ask("POST W/_deprovision") == (200, ask.accepted)
    assert (await ask("POST W/_provision"))[0] == 202


# -- 4. a second run against what is there already ---------------------------------------------------


async def test_04_second_run_against_existing_resources(play: Play) -> None:
    ask = await play("second-run-against-existing-resources")
    assert await ask("POST W/_provision") == (202, ask.accepted)
    assert await ask.statuses(2) == [("PROVISIONING", 0), ("PROVISIONING", 1)]
    failed = await ask.status()
    assert failed["state"] == "FAILED"
    assert re.fullmatch(
        r"WorkflowStepException during step create_index_2, index \[articles/\w{22}\] already exists, "
        "restStatus: BAD_REQUEST",
        failed["error"],
    )
    assert ids(failed) == {"create_ingest_pipeline": "articles-ingest"}


SET_UP: Final[Body] = {
    "name": "articles",
    "workflows": {
        "provision": {
            "nodes": [
                {
                    "id": "pipeline",
                    "type": "create_ingest_pipeline",
                    "user_inputs": {"pipeline_id": "articles-ingest", "configurations": {"processors": []}},
                },
                {
                    "id": "index",
                    "type": "create_index",
                    "previous_node_inputs": {"pipeline": "pipeline_id"},
                    "user_inputs": {"index_name": "articles", "configurations": {}},
                },
            ]
        }
    },
}
HIDDEN: Final = "Failed to create the index articles"
TOLD: Final = r"index \[articles(/[\w-]+)?\] already exists"
SECOND_INDEX: Final = [
    ("2.19.2", rf"{HIDDEN} during step index, restStatus: INTERNAL_SERVER_ERROR"),
    ("2.19.3", rf"{TOLD} during step index, restStatus: BAD_REQUEST"),
    ("3.0.0", rf"{HIDDEN} during step index, restStatus: INTERNAL_SERVER_ERROR"),
    ("3.1.0", rf"WorkflowStepException during step index, {HIDDEN}, restStatus: INTERNAL_SERVER_ERROR"),
    ("3.2.0", rf"WorkflowStepException during step index, {TOLD}, restStatus: BAD_REQUEST"),
]


@pytest.mark.parametrize(("version", "error"), SECOND_INDEX)
async def test_04_two_workflows_of_a_client_for_one_index(play: Play, version: str, error: str) -> None:
    """No scenario speaks here: the cluster knows what is there."""
    ask = await play(version=version)
    first, second = [(await ask("POST ", SET_UP))[1]["workflow_id"] for _ in range(2)]
    ask.id = first
    assert (await ask.provisioned())["state"] == "COMPLETED"
    ask.id = second
    failed = await ask.provisioned()
    assert failed["state"] == "FAILED"
    assert re.fullmatch(error, failed["error"])
    assert ids(failed) == {"create_ingest_pipeline": "articles-ingest"}

    assert (await ask("GET /_ingest/pipeline/articles-ingest"))[0] == 200
    assert await ask("POST W/_deprovision?allow_delete=articles-ingest") == (200, ask.accepted)
    assert (await ask("GET /_ingest/pipeline/articles-ingest"))[0] == 404, "the first one's pipeline is gone"
    ask.id = first
    assert ids(await ask.status()) == {"create_ingest_pipeline": "articles-ingest", "create_index": "articles"}


# -- 5. the provision that waits, and fails ----------------------------------------------------------

FAILED_WAITING: Final = [
    ("2.19.0", f"{MESSAGE} during step register_model_2, restStatus: NOT_FOUND"),
    ("3.2.0", f"WorkflowStepException during step register_model_2, {MESSAGE}, restStatus: NOT_FOUND"),
]


@pytest.mark.parametrize(("version", "error"), FAILED_WAITING)
@pytest.mark.parametrize("mode", ["auto", "frozen"])
async def test_05_synchronous_provision_fails(play: Play, mode: Mode, version: str, error: str) -> None:
    ask = await play("synchronous-provision-fails", mode=mode, version=version)
    if mode == "frozen":
        waiting = await ask.begun("POST W/_provision?wait_for_completion_timeout=10s")
        await ask.pass_("399ms")
        assert await ask.statuses(1) == [("PROVISIONING", 1)]
        assert not waiting.done()
        await ask.pass_("1ms")
        if version < "3":
            await ask.pass_("9599ms")
            assert not waiting.done(), "the failure does not end the wait"
            await ask.pass_("1ms")
        answer = await waiting
    else:
        answer = await ask("POST W/_provision?wait_for_completion_timeout=10s")
    failed = await ask.status()
    assert answer == ((404, {"error": error}) if version >= "3" else (200, failed))
    assert (failed["state"], failed["error"], list(ids(failed))) == ("FAILED", error, ["create_connector"])
    assert await ask("POST W/_provision?wait_for_completion_timeout=10s") == ask.not_provisionable("FAILED")


async def test_05_before_2_19_the_parameter_is_a_substitution(play: Play) -> None:
    ask = await play("synchronous-provision-fails", version="2.18.0")
    assert await ask("POST W/_provision?wait_for_completion_timeout=10s") == (200, ask.accepted)
    assert await ask.statuses(1) == [("PROVISIONING", 0)]


@pytest.mark.parametrize(
    ("fails", "code"), [("BAD_REQUEST", 400), ("TOO_MANY_REQUESTS", 429), ("INTERNAL_SERVER_ERROR", 500)]
)
async def test_05_the_code_is_that_of_the_failed_step(play: Play, fails: str, code: int) -> None:
    ask = await play()
    script = {
        "scenario": "s",
        "match": "everything",
        "provision": {"steps": {"pipeline": {"fails": {"status": fails, "message": "no"}}}},
    }
    assert (await ask("PUT /_mockflow/scenarios", script))[0] == 200
    answer = await ask("POST ?provision=true&wait_for_completion_timeout=1m", SET_UP)
    assert answer == (code, {"error": f"WorkflowStepException during step pipeline, no, restStatus: {fails}"})


# -- 6. the provision that waits, and times out ------------------------------------------------------


@pytest.mark.parametrize(("version", "accepted"), [("2.19.0", 200), ("3.0.0", 202), ("3.2.0", 202)])
async def test_06_synchronous_provision_times_out(play: Play, version: str, accepted: int) -> None:
    ask = await play("synchronous-provision-times-out", version=version)
    code, body = await ask("POST W/_provision?wait_for_completion_timeout=10s")
    assert code == accepted
    assert list(body) == ["workflow_id", "state", "resources_created"]
    assert (body["state"], list(ids(body))) == ("PROVISIONING", ["create_connector"])
    assert await ask("POST W/_provision") == ask.not_provisionable("IN_PROGRESS")
    assert await ask.statuses(3) == [("PROVISIONING", 1), ("PROVISIONING", 2), ("COMPLETED", 3)]
    assert await ask("POST W/_provision") == ask.not_provisionable("DONE")


async def test_06_after_the_time_out_it_may_fail(play: Play) -> None:
    ask = await play("synchronous-provision-times-out")
    assert (await ask.provisioned())["state"] == "COMPLETED"
    assert await ask("POST W/_deprovision") == (200, ask.accepted)

    code, body = await ask("POST W/_provision?wait_for_completion_timeout=10s")
    assert (code, body["state"]) == (202, "PROVISIONING")
    assert await ask.statuses(2) == [("PROVISIONING", 1), ("PROVISIONING", 2)]
    failed = await ask.status()
    assert failed["state"] == "FAILED"
    assert failed["error"] == "TimeoutException during step deploy_model_3, restStatus: INTERNAL_SERVER_ERROR"


async def test_06_the_request_waits_as_long_as_it_said(play: Play) -> None:
    ask = await play("synchronous-provision-times-out", mode="frozen")
    waiting = await ask.begun("POST W/_provision?wait_for_completion_timeout=10s")
    await ask.pass_("9999ms")
    assert await ask.statuses(1) == [("PROVISIONING", 1)]
    assert not waiting.done()
    await ask.pass_("1ms")
    code, body = await waiting
    assert (code, body["state"]) == (202, "PROVISIONING")
    await ask.pass_("24s")
    assert await ask.statuses(1) == [("COMPLETED", 3)]


async def test_06_the_client_gives_up_first(play: Play) -> None:
    """The workflow goes on, and the retry is refused."""
    ask = await play("synchronous-provision-times-out", mode="frozen")
    waiting = await ask.begun("POST W/_provision?wait_for_completion_timeout=10s")
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert await ask("POST W/_provision?wait_for_completion_timeout=10s") == ask.not_provisionable("IN_PROGRESS")
    await ask.pass_("1m")
    assert await ask.statuses(1) == [("COMPLETED", 3)]
    assert await ask("POST W/_provision?wait_for_completion_timeout=10s") == ask.not_provisionable("DONE")


async def test_06_the_status_is_lost_while_the_request_waits(play: Play) -> None:
    ask = await play("synchronous-provision-times-out", mode="frozen")
    waiting = await ask.begun("POST W/_provision?wait_for_completion_timeout=10s")
    assert (await ask("DELETE /_mockflow/scenarios/synchronous-provision-times-out"))[0] == 200
    await ask.pass_("10s")
    assert await waiting == (
        202,
        {
            "workflow_id": ask.id,
            "error": "Workflow timed out, failed to fetch current state",
            "state": "UNKNOWN",
        },
    )


# -- 7. deprovision needs allow_delete ---------------------------------------------------------------

NOT_ALLOWED: Final = (
    "These resources require the allow_delete parameter to deprovision: "
    "[pipeline_id reviews-ingest, index_name reviews]."
)


async def test_07_deprovision_needs_allow_delete(play: Play) -> None:
    ask = await play("deprovision-needs-allow-delete")
    made = ids(await ask.provisioned())
    assert (await ask(f"GET /_plugins/_ml/models/{made['register_remote_model']}"))[0] == 200

    assert await ask("POST W/_deprovision") == (403, {"error": NOT_ALLOWED})
    left = await ask.status()
    assert left["state"] == "COMPLETED"
    assert ids(left) == {"create_ingest_pipeline": "reviews-ingest", "create_index": "reviews"}
    assert (await ask(f"GET /_plugins/_ml/models/{made['register_remote_model']}"))[0] == 404
    assert (await ask("GET /reviews"))[0] == 200

    assert await ask("POST W/_deprovision?allow_delete=reviews") == (
        403,
        {"error": "These resources require the allow_delete parameter to deprovision: [pipeline_id reviews-ingest]."},
    )
    assert await ask("POST W/_deprovision?allow_delete=reviews,reviews-ingest") == (200, ask.accepted)
    assert await ask("GET W/_status") == (200, {"workflow_id": ask.id, "state": "NOT_STARTED"})
    assert (await ask("GET /reviews"))[0] == 404
    assert (await ask("GET /_ingest/pipeline/reviews-ingest"))[0] == 404


async def test_07_allowed_at_once(play: Play) -> None:
    ask = await play("deprovision-needs-allow-delete")
    await ask.provisioned()
    assert await ask("POST W/_deprovision?allow_delete=reviews,reviews-ingest") == (200, ask.accepted)
    assert await ask("GET W/_status") == (200, {"workflow_id": ask.id, "state": "NOT_STARTED"})


async def test_07_before_2_16_nothing_is_asked_and_nothing_deleted(play: Play) -> None:
    ask = await play("deprovision-needs-allow-delete", version="2.15.0")
    await ask.provisioned()
    assert (await ask("POST W/_deprovision?allow_delete=reviews"))[0] == 400, "there is no such parameter yet"
    assert await ask("POST W/_deprovision") == (200, ask.accepted)
    assert await ask("GET W/_status") == (200, {"workflow_id": ask.id, "state": "NOT_STARTED"})
    assert (await ask("GET /reviews"))[0] == 200


# -- 8. partial deprovision --------------------------------------------------------------------------


async def test_08_partial_deprovision(play: Play) -> None:
    ask = await play("partial-deprovision")
    made = ids(await ask.provisioned())
    kept = f"[model_id {made['register_remote_model']}, connector_id {made['create_connector']}]"

    assert await ask("POST W/_deprovision?allow_delete=tickets-ingest") == (
        202,
        {"error": f"Failed to deprovision some resources: {kept}."},
    )
    left = await ask.status()
    assert (left["state"], list(ids(left))) == ("COMPLETED", ["register_remote_model", "create_connector"])
    assert await ask("POST W/_provision") == ask.not_provisionable("DONE")

    assert await ask("POST W/_deprovision") == (200, ask.accepted)
    assert await ask("GET W/_status") == (200, {"workflow_id": ask.id, "state": "NOT_STARTED"})


async def test_08_both_kinds_are_one_message_of_two_sentences(play: Play) -> None:
    ask = await play("partial-deprovision")
    made = ids(await ask.provisioned())
    assert await ask("POST W/_deprovision") == (
        202,
        {
            "error": "Failed to deprovision some resources: "
            f"[model_id {made['register_remote_model']}, connector_id {made['create_connector']}]. "
            "These resources require the allow_delete parameter to deprovision: [pipeline_id tickets-ingest]."
        },
    )
    assert await ask.statuses(1) == [("COMPLETED", 3)]
    assert (await ask("POST W/_deprovision"))[0] == 403, "model and connector are gone, the pipeline is not"
    assert await ask("POST W/_deprovision?allow_delete=tickets-ingest") == (200, ask.accepted)


async def test_08_for_ever(play: Play) -> None:
    ask = await play("partial-deprovision-for-ever")
    made = ids(await ask.provisioned())
    kept = f"[model_id {made['register_local_pretrained_model']}]"
    for _ in range(5):
        assert await ask("POST W/_deprovision") == (202, {"error": f"Failed to deprovision some resources: {kept}."})
        assert await ask.statuses(1) == [("COMPLETED", 1)]


async def test_08_the_request_lasts_and_resources_disappear_meanwhile(play: Play) -> None:
    ask = await play("partial-deprovision", mode="frozen")
    await ask("POST W/_provision")
    await ask.pass_("1m")
    waiting = await ask.begun("POST W/_deprovision?allow_delete=tickets-ingest")
    assert await ask.statuses(1) == [("COMPLETED", 3)], "there is no state of its own for it"
    await ask.pass_("1299ms")
    assert await ask.statuses(1) == [("COMPLETED", 2)], "the pipeline is gone"
    assert not waiting.done()
    await ask.pass_("1ms")
    assert (await waiting)[0] == 202


async def test_08_the_client_gives_up_first(play: Play) -> None:
    ask = await play("partial-deprovision-for-ever", mode="frozen")
    await ask("POST W/_provision")
    await ask.pass_("1m")
    waiting = await ask.begun("POST W/_deprovision")
    waiting.cancel()
    await asyncio.wait([waiting])
    assert await ask.statuses(1) == [("COMPLETED", 2)]
    await ask.pass_("1200ms")
    assert await ask.statuses(1) == [("COMPLETED", 1)], "the deletion went on"


# -- 9. resources deleted out of band ----------------------------------------------------------------


async def test_09_deprovision_of_vanished_resources(play: Play) -> None:
    ask = await play("deprovision-of-vanished-resources")
    done = await ask.provisioned()
    model = ids(done)["register_local_pretrained_model"]
    assert await ask("DELETE /recipes") == (200, {"acknowledged": True})
    assert (await ask(f"DELETE /_plugins/_ml/models/{model}"))[0] == 200
    assert (await ask("GET /recipes"))[0] == 404
    assert await ask.status() == done, "the workflow does not know"

    for _ in range(2):
        error = {"error": "Failed to deprovision some resources: [index_name recipes]."}
        assert await ask("POST W/_deprovision?allow_delete=recipes") == (202, error)
        status = await ask.status()
        assert (status["state"], list(ids(status))) == ("COMPLETED", ["create_index"])
    assert (await ask("DELETE W?clear_status=true"))[0] == 200
    assert (await ask("GET W/_status"))[0] == 404


async def test_09_a_vanished_index_has_to_be_allowed_all_the_same(play: Play) -> None:
    ask = await play("deprovision-of-vanished-resources")
    await ask.provisioned()
    await ask("DELETE /recipes")
    assert await ask("POST W/_deprovision") == (
        403,
        {"error": "These resources require the allow_delete parameter to deprovision: [index_name recipes]."},
    )


# -- 10. delete and the state document ---------------------------------------------------------------


async def test_10a_delete_keeps_the_status_of_resources(play: Play) -> None:
    ask = await play("delete-keeps-status")
    done = await ask.provisioned()
    code, deleted = await ask("DELETE W")
    assert code == 200
    assert list(deleted) == [
        "_index",
        "_id",
        "_version",
        "result",
        "forced_refresh",
        "_shards",
        "_seq_no",
        "_primary_term",
    ]
    assert deleted["_index"] == ".plugins-flow-framework-templates"
    assert (deleted["_id"], deleted["result"]) == (ask.id, "deleted")
    assert await ask("GET W") == (404, {"error": f"Failed to retrieve template ({ask.id}) from global context."})
    assert [await ask.status() for _ in range(10)] == [done] * 10
    assert await ask("POST W/_provision") == (
        404,
        {"error": f"Failed to retrieve template ({ask.id}) from global context."},
    )

    code, deleted = await ask("DELETE W?clear_status=true")
    assert (code, deleted["result"]) == (200, "not_found")
    assert await ask("GET W/_status") == ask.unknown()


async def test_10a_clear_status_at_once(play: Play) -> None:
    ask = await play("delete-keeps-status")
    done = await ask.provisioned()
    code, deleted = await ask("DELETE W?clear_status=true")
    assert (code, deleted["result"]) == (200, "deleted")
    assert await ask("GET W/_status") == ask.unknown()
    assert (await ask(f"GET /_plugins/_ml/models/{ids(done)['register_local_pretrained_model']}"))[0] == 200


async def test_10a_deprovision_after_the_delete_takes_the_status(play: Play) -> None:
    ask = await play("delete-keeps-status")
    await ask.provisioned()
    await ask("DELETE W")
    assert await ask("POST W/_deprovision") == (200, ask.accepted)
    assert await ask("GET W/_status") == ask.unknown()


async def test_10a_before_2_15_nothing_clears_the_status(play: Play) -> None:
    ask = await play("delete-keeps-status", version="2.14.0")
    await ask.provisioned()
    assert (await ask("DELETE W?clear_status=true"))[0] == 400, "there is no such parameter yet"
    assert (await ask("DELETE W"))[1]["result"] == "deleted"
    assert await ask.statuses(3) == [("COMPLETED", 2)] * 3


async def test_10b_delete_without_resources_takes_the_status(play: Play) -> None:
    ask = await play("not-provisioned")
    assert (await ask("DELETE W"))[1]["result"] == "deleted"
    await ask("GET W/_status")  # which may still be 200, for the plugin does not wait for it
    assert await ask("GET W/_status") == ask.unknown()


async def test_10c_delete_of_an_unknown_workflow(play: Play) -> None:
    """No scenario: every id that nobody has is unknown."""
    ask = await play("not-provisioned")
    ask.id = UNKNOWN
    code, deleted = await ask("DELETE W")
    assert (code, deleted["_id"], deleted["result"]) == (200, UNKNOWN, "not_found")


async def test_10d_delete_where_nothing_was_ever_created(play: Play) -> None:
    ask = await play()
    assert await ask("DELETE W") == (404, {"error": "There are no templates in the global context"})


# -- 11. unknown id, empty cluster -------------------------------------------------------------------

STATUS_OF_UNKNOWN: Final = [
    ("2.12.0", "Fail to find workflow"),
    ("2.13.0", f"Fail to find workflow {UNKNOWN}"),
    ("2.14.0", f"Fail to find workflow {UNKNOWN}"),
    ("2.15.0", f"Fail to find workflow status of {UNKNOWN}"),
    ("3.2.0", f"Fail to find workflow status of {UNKNOWN}"),
]
cluster_with_and_without = pytest.mark.parametrize("scenario", [None, "not-provisioned"], ids=["empty", "other"])


@cluster_with_and_without
@pytest.mark.parametrize(("version", "error"), STATUS_OF_UNKNOWN)
async def test_11_status_of_an_unknown_workflow(play: Play, scenario: str | None, version: str, error: str) -> None:
    """No scenario: each server without scenarios is an empty cluster, and every other id is unknown."""
    ask = await play(scenario, version=version)
    ask.id = UNKNOWN
    error = error if scenario else f"Failed to get workflow status of: {UNKNOWN}"
    assert await ask("GET W/_status") == (404, {"error": error})
    assert await ask("GET W/_status?all=true") == (404, {"error": error})


async def test_11_get(play: Play) -> None:
    ask = await play()
    assert await ask("GET W") == (404, {"error": "There are no templates in the global_context"})
    ask = await play("not-provisioned")
    ask.id = UNKNOWN
    assert await ask("GET W") == (404, {"error": f"Failed to retrieve template ({UNKNOWN}) from global context."})


@cluster_with_and_without
async def test_11_provision(play: Play, scenario: str | None) -> None:
    ask = await play(scenario)
    ask.id = UNKNOWN
    error = f"Failed to retrieve template ({UNKNOWN}) from global context."
    wanted = (404, {"error": error}) if scenario else (500, {"error": f"Failed to get template {UNKNOWN}"})
    assert await ask("POST W/_provision") == wanted


@cluster_with_and_without
@pytest.mark.parametrize(("version", "code"), [("2.12.0", 500), ("2.15.0", 500), ("2.16.0", 404), ("3.2.0", 404)])
async def test_11_deprovision(play: Play, scenario: str | None, version: str, code: int) -> None:
    ask = await play(scenario, version=version)
    ask.id = UNKNOWN
    error = f"Failed to get workflow state for workflow {UNKNOWN}"
    assert await ask("POST W/_deprovision") == (code, {"error": error})


@pytest.mark.parametrize(
    ("path", "index"),
    [("_search", ".plugins-flow-framework-templates"), ("state/_search", ".plugins-flow-framework-state")],
)
async def test_11_search(play: Play, path: str, index: str) -> None:
    ask = await play()
    code, body = await ask(f"POST {path}", {"query": {"match_all": {}}})
    assert (code, body["status"]) == (404, 404)
    cause = body["error"] if body["error"]["type"] != "status_exception" else body["error"]["caused_by"]
    assert (cause["type"], cause["reason"]) == ("index_not_found_exception", f"no such index [{index}]")


# -- 12. updates and reprovisions that are refused ---------------------------------------------------


def catalogue() -> Body:
    """The template of update-refusals, as its owner has it."""
    template = SCENARIOS["update-refusals"].template
    assert template is not None
    return template


def with_nodes(nodes: list[Body]) -> Body:
    return catalogue() | {"workflows": {"provision": {"nodes": nodes}}}


NODES: Final[list[Body]] = catalogue()["workflows"]["provision"]["nodes"]
SEARCH_PIPELINE: Final[Body] = {
    "id": "create_search_pipeline_3",
    "type": "create_search_pipeline",
    "user_inputs": {"pipeline_id": "catalogue-search", "configurations": {}},
}


async def test_12_update_refusals(play: Play) -> None:
    ask = await play("update-refusals")
    not_updatable = {
        "error": f"The template can not be updated unless its provisioning state is NOT_STARTED: {ask.id}. "
        "Deprovision the workflow to reset the state."
    }
    not_reprovisionable = {
        "error": f"The template can not be reprovisioned unless its provisioning state is DONE or FAILED: {ask.id}"
    }
    longer = with_nodes([*NODES, SEARCH_PIPELINE])

    assert await ask("PUT W?reprovision=true", longer) == (400, not_reprovisionable), "not provisioned at all yet"
    assert await ask("PUT W", catalogue()) == (201, ask.accepted)
    assert await ask("POST W/_provision") == (202, ask.accepted)
    assert await ask("PUT W", catalogue()) == (400, not_updatable)
    assert await ask("PUT W?reprovision=true", longer) == (400, not_reprovisionable)
    assert await ask.statuses(3) == [("PROVISIONING", 0), ("PROVISIONING", 1), ("COMPLETED", 2)]

    assert await ask("PUT W", catalogue()) == (400, not_updatable)
    assert await ask("PUT W?reprovision=true", catalogue()) == (
        400,
        {"error": "Template does not contain any modifications"},
    )
    assert await ask("PUT W?reprovision=true", with_nodes(NODES[:1])) == (
        400,
        {"error": "Workflow Step deletion is not supported when reprovisioning a template."},
    )
    assert await ask.statuses(1) == [("COMPLETED", 2)]

    assert await ask("PUT W?reprovision=true", longer) == (202, ask.accepted)
    assert await ask("PUT W?reprovision=true", longer) == (400, not_reprovisionable)
    assert await ask.statuses(2) == [("PROVISIONING", 2), ("COMPLETED", 3)]


async def test_12_by_the_clock(play: Play) -> None:
    ask = await play("update-refusals", mode="frozen")
    await ask("POST W/_provision")
    await ask.pass_("6999ms")
    longer = with_nodes([*NODES, SEARCH_PIPELINE])
    assert (await ask("PUT W?reprovision=true", longer))[0] == 400
    await ask.pass_("1ms")
    assert (await ask("PUT W?reprovision=true", longer))[0] == 202
    await ask.pass_("1999ms")
    assert await ask.statuses(1) == [("PROVISIONING", 2)]
    await ask.pass_("1ms")
    assert await ask.statuses(1) == [("COMPLETED", 3)]


# -- 6 and 8, told by a client that gives up first ---------------------------------------------------


async def given_up(ask: Consumer, call: str) -> None:
    """The call, by a client whose time-out is short."""
    method, path = call.split(" ", 1)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(ask.client.request(method, f"{WORKFLOW}/{path.replace('W', ask.id, 1)}"), 0.1)


@pytest.mark.parametrize("query", ["", "?wait_for_completion_timeout=10s"])
async def test_06_and_08_slower_than_the_client(play: Play, query: str) -> None:
    ask = await play("slower-than-the-client")
    await given_up(ask, f"POST W/_provision{query}")
    assert await ask(f"POST W/_provision{query}") == ask.not_provisionable("DONE" if query else "IN_PROGRESS")
    assert (await ask.statuses(3))[-1] == ("COMPLETED", 2)

    await given_up(ask, "POST W/_deprovision")
    assert await ask.status() == {"workflow_id": ask.id, "state": "NOT_STARTED"}
    assert await ask("POST W/_deprovision") == (200, ask.accepted), "nothing left to do"
    assert await ask.unseen() == []


# -- 13. not ready, and a rolling restart ------------------------------------------------------------

INFO: Final = "GET /"
HEALTH: Final = "GET /_cluster/health"


def block(kind: str, reason: str | None) -> Body:
    cause = {"type": kind, "reason": reason}
    return {"error": {"root_cause": [cause], **cause}, "status": 503}


UNRECOVERED: Final = block(
    "cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];"
)
NO_MANAGER: Final = block("cluster_manager_not_discovered_exception", None)


async def test_13_the_cluster_starts_slowly(play: Play) -> None:
    ask = await play("cluster-starts-slowly", mode="frozen")
    seen = []
    for _ in range(16):
        info, (code, health) = (await ask(INFO))[0], await ask(HEALTH)
        seen.append((info, code, health.get("status")))
        await ask.pass_("1s")
    assert seen == [(200, 503, 503)] * 8 + [(200, 200, "red")] * 2 + [(200, 200, "yellow")] * 5 + [(200, 200, "green")]
    assert await ask.statuses(1) == [("NOT_STARTED", 0)]
    assert await ask.unseen() == []


async def test_13_a_loop_on_the_health_ends(play: Play) -> None:
    ask = await play("cluster-starts-slowly")
    assert await ask("GET W/_status") == (503, UNRECOVERED)
    assert [(await ask(HEALTH))[1]["status"] for _ in range(4)] == ["red", "yellow", "green", "green"]
    assert (await ask("GET W/_status"))[0] == 200


async def test_13_rolling_restart_while_polling(play: Play) -> None:
    ask = await play("rolling-restart")
    assert await ask.statuses(2) == [("PROVISIONING", 0), ("PROVISIONING", 1)]
    with pytest.raises(ClientConnectionError):
        await ask.status()
    assert await ask.raw("GET W/_status") == (503, "OpenSearch Security not initialized.")
    assert await ask("GET W/_status") == (503, UNRECOVERED)
    assert (await ask(INFO))[0] == 200
    assert await ask("GET W/_status") == (503, NO_MANAGER)
    assert (await ask(HEALTH))[1]["status"] == "yellow"
    assert (await ask(HEALTH))[1]["status"] == "green"
    assert await ask.statuses(2) == [("PROVISIONING", 1), ("COMPLETED", 2)]
    assert await ask.unseen() == []


async def test_13_rolling_restart_by_the_clock(play: Play) -> None:
    ask = await play("rolling-restart", mode="frozen")
    assert await ask.statuses(1) == [("PROVISIONING", 0)]
    await ask.pass_("4300ms")
    assert await ask.raw("GET W/_status") == (503, "OpenSearch Security not initialized.")
    await ask.pass_("699ms")
    assert (await ask.raw("GET W/_status"))[1].startswith("OpenSearch")
    await ask.pass_("1ms")
    assert await ask("GET W/_status") == (503, UNRECOVERED)
    await ask.pass_("2s")
    assert await ask.statuses(1) == [("PROVISIONING", 1)]
    assert (await ask(HEALTH))[1]["status"] == "yellow"
    await ask.pass_("5s")
    assert await ask.statuses(1) == [("COMPLETED", 2)]


# -- 14. throttled and overloaded --------------------------------------------------------------------


async def test_14_overloaded(play: Play) -> None:
    ask = await play("overloaded")
    assert await ask("POST W/_provision") == (429, {"error": "Exceeded max simultaneous provisioning requests: 2"})
    assert await ask("POST W/_provision") == (202, ask.accepted)
    seen = [await ask("GET W/_status") for _ in range(6)]
    assert [body.get("state") or body["error"]["type"] for _, body in seen] == [
        "PROVISIONING",
        "rejected_execution_exception",
        "rejected_execution_exception",
        "PROVISIONING",
        "circuit_breaking_exception",
        "COMPLETED",
    ]
    assert [code for code, _ in seen] == [200, 429, 429, 200, 429, 200]
    assert await ask.unseen() == []


# -- 15. auth changes in between ---------------------------------------------------------------------


async def test_15_credentials_expire(play: Play) -> None:
    ask = await play("credentials-expire")
    assert await ask.statuses(1) == [("PROVISIONING", 0)]
    assert await ask.raw("GET W/_status") == (401, "Unauthorized")
    assert await ask.statuses(2) == [("PROVISIONING", 0), ("PROVISIONING", 1)]
    assert await ask("GET W/_status") == (403, {"message": "The security token included in the request is expired"})
    assert await ask.statuses(1) == [("COMPLETED", 1)]
    assert await ask.unseen() == []


async def test_15_may_look_but_not_provision(play: Play) -> None:
    ask = await play("may-look-but-not-provision")
    assert (await ask("GET W"))[0] == 200
    for call, permission in (
        ("POST W/_provision", "workflow/provision"),
        ("POST W/_deprovision", "workflow/deprovision"),
        ("DELETE W", "workflow/delete"),
    ):
        code, body = await ask(call)
        assert code == 403
        assert body["error"]["reason"].startswith(
            f"no permissions for [cluster:admin/opensearch/flow_framework/{permission}]"
        )
    assert await ask.statuses(2) == [("NOT_STARTED", 0)] * 2
    assert await ask.unseen() == []


# -- 16. the answer is lost, and the retry makes a duplicate -----------------------------------------


async def test_16_lost_reply_makes_a_duplicate(play: Play) -> None:
    ask = await play("lost-reply-makes-a-duplicate")
    template = {**SET_UP, "name": "duplicate of mine"}
    with pytest.raises(ClientConnectionError):
        await ask("POST ", template)
    code, second = await ask("POST ", template)
    assert code == 201
    assert second["workflow_id"] != ask.id, "that one is the first, of which nobody was told"
    _, found = await ask("POST /_plugins/_flow_framework/workflow/_search", {"query": {"match_all": {}}})
    assert {hit["_id"] for hit in found["hits"]["hits"]} == {ask.id, second["workflow_id"]}
    assert (await ask.provisioned())["state"] == "COMPLETED"
    assert await ask.unseen() == []


# -- 17. the proxy gives up --------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?wait_for_completion_timeout=1m"])
async def test_17_proxy_gives_up(play: Play, query: str) -> None:
    ask = await play("proxy-gives-up")
    code, page = await ask.raw(f"POST W/_provision{query}")
    assert code == 504
    assert "<title>504 Gateway Time-out</title>" in page
    assert await ask("POST W/_provision") == ask.not_provisionable("DONE" if query else "IN_PROGRESS")
    assert (await ask.raw("GET W/_status"))[0] == 502
    assert (await ask.statuses(2))[-1] == ("COMPLETED", 1)
    assert bool(query) or await ask.unseen() == []


# -- 18. truncated JSON ------------------------------------------------------------------------------


async def test_18_truncated_json(play: Play) -> None:
    ask = await play("truncated-json")
    assert await ask.statuses(1) == [("PROVISIONING", 0)]
    for _ in range(2):
        with pytest.raises(ClientPayloadError):
            await ask.status()
    assert await ask.statuses(2) == [("PROVISIONING", 1), ("COMPLETED", 1)]
    assert await ask.unseen() == []


# -- what else is shipped with faults and stubs ------------------------------------------------------


async def test_a_flaky_network(play: Play) -> None:
    """Chance hides no keyframe from a loop that goes on."""
    ask = await play("flaky-network")
    states: list[Any] = []
    for _ in range(200):
        try:
            code, text = await ask.raw("GET W/_status")
        except ClientConnectionError:
            code, text = 0, ""
        if code == 200:
            body = json.loads(text)
            states.append((body["state"], len(body.get("resources_created", ()))))
    assert list(dict.fromkeys(states)) == [("PROVISIONING", 0), ("PROVISIONING", 1), ("COMPLETED", 1)]
    assert 100 < len(states) < 180
    assert await ask.unseen() == []


async def test_predict_is_stubbed(play: Play) -> None:
    ask = await play("predict-is-stubbed")
    predict = "POST /_plugins/_ml/models/Cc4EUzFmA1iHc3XxKo5u/_predict"
    code, body = await ask(predict, {})
    assert (code, body["error"]["reason"]) == (404, "Failed to find model")
    assert (await ask.statuses(2))[-1] == ("COMPLETED", 1)
    assert await ask(predict, {}) == (503, {"error": "Model Cc4EUzFmA1iHc3XxKo5u is not ready yet", "status": 503})
    for _ in range(2):
        code, body = await ask(predict, {})
        assert (code, body["inference_results"][0]["output"][0]["data"]) == (200, [0.1, 0.2, 0.3])
    assert await ask.unseen() == []


# -- 14. the limit of workflows ----------------------------------------------------------------------


async def test_14_the_limit_of_workflows(play: Play) -> None:
    """No scenario: the setting is the cluster's own."""
    ask = await play()
    assert (await ask("PUT /_cluster/settings", {"persistent": {"plugins.flow_framework.max_workflows": 2}}))[0] == 200
    created = [await ask("POST ", SET_UP) for _ in range(3)]
    assert [code for code, _ in created] == [201, 201, 400]
    assert created[2][1] == {"error": "Maximum workflows limit reached: 2"}

    ask.id = created[0][1]["workflow_id"]
    assert (await ask("DELETE W"))[0] == 200
    assert (await ask("POST ", SET_UP))[0] == 201
