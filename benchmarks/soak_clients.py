"""The clients of `benchmarks/soak.py`."""

import asyncio
import time
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from soak_http import BROKEN, Connection
from soak_oracle import Moment, Provisioned, Span, idle, is_right, parsed
from soak_owner import OWNER
from soak_scenarios import FAULT_BODY, HEADER, REFUSED, STUB_BODY, Script
from soak_world import World

from mockflow.core.plugin.versions import DEFAULT_VERSION, parse_version

FLOW: Final = "/_plugins/_flow_framework/workflow"
_TOO_MANY: Final = 429
_BEHAVIOUR: Final = parse_version(DEFAULT_VERSION).behaviour
_ACCEPTED: Final = _BEHAVIOUR.provision_accepted
_OWN_5XX: Final = b'{"error":"Failed to get template '
_REFUSAL: Final = _BEHAVIOUR.already_provisioned.rpartition("}")[2].encode()


class Void(Exception):  # noqa: N818 - no error
    """The world was reset meanwhile: what the client knows of its workflow holds no longer."""


class Client:
    """Creates workflows one after another and follows each through its life."""

    def __init__(self, world: World, number: int, random: Random) -> None:
        self._world = world
        self._number = number
        self._random = random
        self._lives = 0
        self._connection = Connection(world.url)

    async def run(self) -> None:
        while not self._world.is_over:
            try:
                await self._live()
            except Void:
                await asyncio.sleep(0)
        self._connection.close()

    async def _live(self) -> None:
        world, random = self._world, self._random
        self._reset_count = world.resets
        if world.resets_sent != world.resets:
            await asyncio.sleep(0.01)
            return
        self._versions = random.choice(world.versions)
        self._lives += 1
        name = f"soak {self._number} {self._lives}"
        workflow_id = await self._create(name)
        if random.random() < 0.2:
            await self._search(name, workflow_id)
        if random.random() < 0.2:
            await self._stub()
        await self._idle(workflow_id)
        for attempt in range(random.randint(1, 3)):
            run = await self._provision(workflow_id, attempt)
            moments: list[Moment] = []
            for _ in range(random.randint(1, 12)):
                moments = await self._poll(run) or moments
                if world.mode == "real":
                    await asyncio.sleep(random.random() * 0.1)
                if random.random() < 0.1:
                    await self._look(run)
                if world.is_over:
                    return
            if random.random() < 0.2:
                await self._delete(run, name)
                return
            await self._deprovision(workflow_id)
            await self._idle(workflow_id)
        await self._delete(None, name, workflow_id)

    # -- one operation each ----------------------------------------------------------------------------

    async def _create(self, name: str) -> str:
        template = {"name": name, "workflows": {"provision": {"nodes": [{"id": "n", "type": "noop"}]}}}
        status, body, _ = await self._ask("create", "POST", FLOW, template, {HEADER: self._script.name})
        self._world.check(status == 201, "create", (status, body))
        if status != 201:
            raise Void
        workflow_id: str = parsed(body)["workflow_id"]
        return workflow_id

    async def _search(self, name: str, workflow_id: str) -> None:
        query = {"query": {"term": {"name.keyword": name}}}
        status, body, _ = await self._ask("search", "POST", f"{FLOW}/_search", query)
        found = [hit["_id"] for hit in parsed(body)["hits"]["hits"]] if status == 200 else status
        self._world.check(found == [workflow_id], f"search for {name}", found)

    async def _stub(self) -> None:
        status, body, _ = await self._ask("stub", "GET", f"/soak/{self._number}")
        expected = {**STUB_BODY, "is": str(self._number)}
        self._world.check(status == 200 and parsed(body) == expected, "stub", (status, body))

    async def _idle(self, workflow_id: str) -> None:
        """The status of a workflow that is not provisioned, asked for until no fault answers."""
        status, body, _ = await self._until_answered("get_status", "GET", f"{FLOW}/{workflow_id}/_status")
        self._world.check(status == 200 and parsed(body) == idle(workflow_id), "idle status", (status, body))

    async def _provision(self, workflow_id: str, attempt: int) -> Provisioned:
        target = f"{FLOW}/{workflow_id}/_provision"
        status, body, span = await self._until_answered("provision", "POST", target)
        self._world.check(
            status == _ACCEPTED and parsed(body) == {"workflow_id": workflow_id}, "provision", (status, body)
        )
        if status != _ACCEPTED:
            raise Void
        in_turn = self._world.mode == "auto"
        run = Provisioned(self._versions, workflow_id, attempt, span, in_turn, started=None if in_turn else span)
        if self._random.random() < 0.1:
            status, body, _ = await self._until_answered("provision", "POST", target)
            self._world.check(status == 400 and _REFUSAL in body, "a second provision", (status, body))
        return run

    async def _poll(self, run: Provisioned) -> list[Moment]:
        """Polls once; the moments that the answer may have shown, none where a fault answered."""
        show_all = self._random.random() < 0.3
        first = self._versions.confirmed
        began = time.monotonic()
        target = f"{FLOW}/{run.workflow_id}/_status{'?all=true' if show_all else ''}"
        status, body, now = await self._ask("get_status", "GET", target)
        self._world.findings.polls.append((began, time.monotonic() - began))
        loses_reply = any(fault.get("connection") == "lost_reply" for fault in self._script.faults)
        if status != 200 and not (status == BROKEN and loses_reply):
            self._world.check(self._is_asked("get_status", status, body), "poll", (status, body))
            return []
        moments = run.moments(first, now, is_poll=True)
        shown = moments
        if status == 200:
            answer = parsed(body)
            shown = [moment for moment in moments if is_right(run, moment, answer, show_all=show_all)]
            what = f"poll {run.polls} of {self._script.name} at {run.elapsed(now)}, versions from {first}"
            self._world.check(bool(shown), what, answer)
        run.skip(shown, now)
        return shown

    async def _look(self, run: Provisioned) -> None:
        """The control API's status at a time, which is no poll."""
        if self._script.counts_polls:
            return
        at = self._random.randint(0, 1500)
        first = self._versions.confirmed
        target = f"{OWNER}/workflows/{run.workflow_id}/status?at={at}ms"
        status, body, _ = await self._ask("look", "GET", target)
        still = Provisioned(self._versions, run.workflow_id, run.attempt, Span(0, 0), in_turn=False)
        moments = still.moments(first, Span(at, at), is_poll=False)
        answer = parsed(body)
        is_one = status == 200 and any(is_right(still, moment, answer, show_all=True) for moment in moments)
        self._world.check(is_one, f"status at {at} of {self._script.name}", (status, answer))

    async def _deprovision(self, workflow_id: str) -> None:
        status, body, _ = await self._ask("deprovision", "POST", f"{FLOW}/{workflow_id}/_deprovision")
        self._world.check(status == 200 and parsed(body) == {"workflow_id": workflow_id}, "deprovision", (status, body))
        if status != 200:
            raise Void

    async def _delete(self, run: Provisioned | None, name: str, workflow_id: str = "") -> None:
        """Deletes the workflow; its status stays while it is provisioned, or for the resources that it has."""
        workflow_id = run.workflow_id if run else workflow_id
        first = self._versions.confirmed
        status, body, now = await self._ask("delete", "DELETE", f"{FLOW}/{workflow_id}")
        is_deleted = status == 200 and parsed(body)["result"] == "deleted" and parsed(body)["_id"] == workflow_id
        self._world.check(is_deleted, "delete", (status, body))
        keeps = {False}
        if run:
            moments = run.moments(first, now, is_poll=False)
            fields = [moment.timeline.fields(moment.position) for moment in moments]
            keeps = {one["state"] == "PROVISIONING" or bool(one.get("resources_created")) for one in fields}
        status, body, _ = await self._until_answered("get_status", "GET", f"{FLOW}/{workflow_id}/_status")
        self._world.check(status in {200 if keep else 404 for keep in keeps}, "status after delete", (status, body))
        await self._search_none(name)

    async def _search_none(self, name: str) -> None:
        query = {"query": {"term": {"name.keyword": name}}}
        status, body, _ = await self._ask("search", "POST", f"{FLOW}/_search", query)
        none = (200, 404)  # 404: no template is left at all
        self._world.check(status in none and (status == 404 or not parsed(body)["hits"]["hits"]), "search", body)

    # -- requests --------------------------------------------------------------------------------------

    @property
    def _script(self) -> Script:
        return self._versions.script

    async def _until_answered(
        self, operation: str, method: str, target: str, body: Any = None
    ) -> tuple[int, bytes, Span]:
        """Asks until no fault answers."""
        while True:
            status, answer, span = await self._ask(operation, method, target, body)
            if not self._is_asked(operation, status, answer):
                return status, answer, span

    async def _ask(
        self, operation: str, method: str, target: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, Span]:
        """The answer and the time within which it was made. Raises Void where a reset came between."""
        world = self._world
        if world.resets_sent != self._reset_count:
            raise Void
        low = world.clock.earliest()
        removed = world.removed
        status, answer = await world.ask(self._connection, method, target, body, headers)
        self._may_be_added = world.added > removed
        span = Span(low, world.clock.latest())
        world.findings.done[operation] += 1
        key = (self._script.name, operation)
        if world.resets_sent != self._reset_count:
            is_own = _OWN_5XX in answer  # the new world has no template at all yet
            if status >= 500 and not is_own and parsed(answer) != FAULT_BODY:
                world.findings.unasked.append(f"{world.mode}: {method} {target} during a reset: {status} {answer!r}")
            raise Void
        world.calls[key] += 1
        is_asked = self._is_asked(operation, status, answer)
        world.acted[key] += is_asked and not (status == REFUSED and operation == "get_status")
        if (status >= 500 or status == BROKEN) and not is_asked:
            world.findings.unasked.append(f"{world.mode}: {method} {target}: {status} {answer[:200]!r}")
        return status, answer, span

    def _is_asked(self, operation: str, status: int, body: bytes) -> bool:
        """Whether a fault of the scenario, or one that the owner has added, gives this answer."""
        faults = [fault for fault in self._script.faults if fault["on"] == operation]
        if status == BROKEN:
            return any("connection" in fault for fault in faults)
        if status == _TOO_MANY:
            return any(fault.get("respond") == "too_many_requests" for fault in faults)
        if status == REFUSED and body and parsed(body) == FAULT_BODY:
            return bool(faults) if operation == "provision" else self._may_be_added and operation == "get_status"
        return False
