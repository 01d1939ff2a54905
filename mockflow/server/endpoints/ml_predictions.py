"""ML Commons: predictions of models, and the execution of agents (docs/reference/opensearch.md, "ML Commons")."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from mockflow.cluster import predictions
from mockflow.cluster.predictions import Answered
from mockflow.cluster.world import World
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.plugin.resources import Made
from mockflow.core.plugin.step_checks.models import FUNCTIONS
from mockflow.server.endpoints import ml_tenants
from mockflow.server.endpoints.machine_learning import KINDS, missing
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import refused
from mockflow.server.rest.worker import in_thread

Ask = Callable[[World, Made, Mapping[str, Any], str | None], Answered]
"""Asks a model or an agent; the last is the name of the caller, None where there are no users."""


def _asking(kind: str, ask: Ask) -> Handler:
    def handle(call: Call) -> Action:
        resource_id = call.path_value("id")
        algorithm = call.path_value("algorithm_name")
        body = read_object(call)
        if algorithm and algorithm.upper() not in FUNCTIONS:
            raise refused(RefusedError("Wrong function name"))

        async def act() -> Reply:
            ml_tenants.check_tenant(call)
            made = read_resource(call.cluster, kind, resource_id)
            if made is None:
                raise missing(call.world, KINDS[kind], KINDS[kind].change, resource_id)
            ml_tenants.check_access(call, made.key)
            try:
                user = call.request.caller.user
                answered = ask(call.world, made, body, user.name if user else None)
            except RefusedError as error:
                raise refused(error) from None
            try:
                content = await in_thread(answered.make) if answered.takes_long else answered.make()
            except RefusedError as error:
                raise refused(error) from None
            if answered.delay_ms:
                await asyncio.sleep(answered.delay_ms / 1000)
            if answered.refusal:
                raise refused(answered.refusal)
            return Reply(200, content)

        return act

    return handle


predict = _asking("model", lambda world, model, body, _: predictions.predict(world, model, body))
execute_agent = _asking("agent", predictions.execute)
