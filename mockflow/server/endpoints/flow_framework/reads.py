"""Reads of workflows: status, template, step catalogue, and the two searches."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Final

from mockflow.cluster import Cluster, Workflow, access, operations, polling, skipping
from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.plugin_indices import STATE_INDEX, TEMPLATE_INDEX
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.search import SourceFilter, Stored, plugin_source
from mockflow.core.opensearch.search.errors import failed_on_indices, no_such_index
from mockflow.core.plugin.status import status_document
from mockflow.core.plugin.steps import Step, listed_steps
from mockflow.server.endpoints.flow_framework.plugin import ignore_body, is_admin, is_refused, refuse_early
from mockflow.server.endpoints.search import Documents, SearchRules, refused, search_handler
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.worker import in_thread


def get(call: Call) -> Action:
    """A workflow's template, without credentials (docs/reference/plugin.md, "Template")."""
    workflow_id = call.path_value("workflow_id")
    ignore_body(call)

    def act() -> Reply | Awaitable[Reply]:
        if not call.world.has_templates:
            raise FlowFrameworkError("There are no templates in the global_context", "NOT_FOUND")
        workflow = operations.with_template(call.world, workflow_id)
        assert workflow.stored is not None
        document = partial(workflow.stored.document, dict(workflow.owned), shows_user=is_admin(call))
        if workflow.stored.template.width > _MANY_INPUTS:
            return _written_later(document)
        return Reply(200, document())

    return act


_MANY_INPUTS: Final = 2_000


async def _written_later(document: Callable[[], dict[str, Any]]) -> Reply:
    return Reply(200, await in_thread(document))


def get_steps(call: Call) -> Action:
    """The step catalogue, or the steps named by ``workflow_step`` (docs/reference/plugin.md, "Steps and resources")."""
    version = call.world.version
    known = listed_steps(version.steps)
    names = list(known)
    if "workflow_step" in version.parameters and call.parameters.has("workflow_step") and not is_refused(call):
        wanted = (call.parameters.text("workflow_step") or "").rstrip(",")
        names = wanted.split(",") if wanted else names  # as Java splits: empty parts at the end do not count
    ignore_body(call)

    def act() -> Reply:
        if not known.keys() >= set(names):
            raise FlowFrameworkError("Failed to retrieve workflow step json.")
        return Reply(200, {name: _step_document(known[name]) for name in hash_map_order(dict.fromkeys(names))})

    return act


def _step_document(step: Step) -> dict[str, Any]:
    document: dict[str, Any] = {
        "inputs": list(step.inputs),
        "outputs": list(step.outputs),
        "required_plugins": list(step.required_plugins),
    }
    return document | ({"timeout": step.timeout} if step.timeout else {})


# -- search --------------------------------------------------------------------------------------------


def _plugin_search(index: str, documents: Documents, on_hit: Callable[[Cluster, str], object]) -> Handler:
    """A search over one of the plugin's indices, which exist from the first workflow on.

    Source: docs/reference/plugin.md, "Search".
    """
    handler = search_handler(
        index, documents, on_hit, SearchRules(_source, partial(failed_on_indices, index), fails_on_aggregations=True)
    )

    def handle(call: Call) -> Action:
        refuse_early(call)  # before the request is parsed
        action = handler(call)

        def act() -> Reply | Awaitable[Reply]:
            if index not in call.world.plugin_indices:
                raise refused(no_such_index(index))
            return action()

        return act

    return handle


def _source(call: Call, requested: SourceFilter | None) -> SourceFilter:
    return plugin_source(requested, for_admin=is_admin(call))


def stored_templates(call: Call) -> Iterable[Stored]:
    """The documents of the template index that the caller may read, in order of their last write."""
    found = []
    for workflow in call.world.workflows.values():
        stored = workflow.stored
        if stored and access.sees(call.world, call.request.caller, workflow):
            found.append(Stored(workflow.id, stored.source(workflow.owned), stored.version, stored.seq_no))
    return sorted(found, key=lambda document: document.seq_no)


def stored_states(call: Call) -> Iterable[Stored]:
    """The documents of the state index that the caller may read, in order of their last write.

    Each is the workflow's status now, with all fields.
    """
    world = call.world
    seen = [workflow for workflow in world.living() if access.sees(world, call.request.caller, workflow)]
    for workflow in sorted(seen, key=lambda workflow: workflow.last_write(world.elapsed(workflow))):
        yield Stored(workflow.id, status_document(workflow.id, world.fields(workflow), show_all=True).value)


search = _plugin_search(TEMPLATE_INDEX, stored_templates, lambda _, __: None)
search_state = _plugin_search(
    STATE_INDEX, stored_states, lambda cluster, hit: _count_read(cluster, cluster.world.find(hit))
)


def _count_read(cluster: Cluster, workflow: Workflow) -> None:
    """Marks the status as seen by a client; in mode auto the run then skips to its next moment."""
    polling.mark_seen(cluster.world, workflow)
    skipping.after_read(cluster.world, workflow)
