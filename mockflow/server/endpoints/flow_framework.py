"""The flow-framework plugin's API: /_plugins/_flow_framework/workflow (contract.md)."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from mockflow.cluster import Cluster, UnknownWorkflowError, Workflow, access, operations
from mockflow.core.base.tokens import START_OBJECT, VALUE_STRING, ContentError, Tokens
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.search import STATE_INDEX, TEMPLATE_INDEX, SourceFilter, Stored, plugin_source
from mockflow.core.plugin.failures import status_in
from mockflow.core.plugin.status import status_document
from mockflow.core.plugin.steps import Step
from mockflow.core.plugin.template import Template
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.plugin.use_cases import expand
from mockflow.core.plugin.versions import SUBSTITUTIONS
from mockflow.server.endpoints.resources import no_such_index
from mockflow.server.endpoints.search import Documents, search_handler
from mockflow.server.rest.body import unexpected_start
from mockflow.server.rest.call import Action, ApiRoute, Call, Handler, Reply
from mockflow.server.rest.content import read_content
from mockflow.server.rest.errors import plugin_error
from mockflow.server.rest.waiting import run_end

BASE: Final = "/_plugins/_flow_framework/workflow"
_DISABLED: Final = "This API is disabled. To enable it, update the setting [plugins.flow_framework.enabled] to true."
_DISABLED_CREATE: Final = "This API is disabled. To enable it, set [plugins.flow_framework.enabled] to true."
_FAILED: Final = "Failed to get workflow."
"""What the plugin says where it has no words of its own (contract.md, section 1)."""
_CONTENT_INVALID: Final = "IOException: template content invalid for specified Content-Type."


Guard = Callable[[Call], None]
"""Refuses who may not do what the call asks for, where it matters who asks."""


def _for_all(_: Call) -> None:
    """Whoever asks."""


def _for_tenants(call: Call) -> None:
    """Whoever says for which tenant it asks."""
    access.check_tenant(call.cluster, call.request.caller)


def _for_owners(call: Call) -> None:
    """Those whose workflow it is."""
    _for_tenants(call)
    access.check(call.cluster, call.request.caller, call.path_value("workflow_id"))


def _plugin(handler: Handler, guard: Guard, disabled: str = _DISABLED) -> Handler:
    """`handler`, refused while the plugin is disabled, with the plugin's refusals as its answers."""

    def handle(call: Call) -> Action:
        action = handler(call)

        def act() -> Reply | Awaitable[Reply]:
            if not call.cluster.flow_framework.enabled:
                raise plugin_error(403, disabled)
            try:
                if call.cluster.is_guarded:
                    guard(call)
                reply = action()
            except FlowFrameworkError as error:
                raise plugin_error(error.code, error.message) from None
            return reply if isinstance(reply, Reply) else _awaited(reply)

        return act

    return handle


async def _awaited(reply: Awaitable[Reply]) -> Reply:
    try:
        return await reply
    except FlowFrameworkError as error:
        raise plugin_error(error.code, error.message) from None


# -- reading -------------------------------------------------------------------------------------------


def get_status(call: Call) -> Action:
    """A workflow's state and resources (contract.md, section 2)."""
    show_all = call.parameters.boolean("all")
    workflow_id = call.path_value("workflow_id")
    cluster, is_peek = call.cluster, call.is_peek
    behaviour = cluster.version.behaviour
    _ignore_body(call)

    def act() -> Reply:
        try:
            look = cluster.peek if is_peek else cluster.poll
            return Reply(200, look(workflow_id, show_all=show_all))
        except UnknownWorkflowError:
            raise plugin_error(404, behaviour.status_not_found.format(id=workflow_id)) from None

    return act


def get(call: Call) -> Action:
    """A workflow's template, without credentials (contract.md, section 3)."""
    workflow_id = call.path_value("workflow_id")
    _ignore_body(call)

    def act() -> Reply:
        if not call.cluster.has_templates:
            raise FlowFrameworkError("There are no templates in the global_context", "NOT_FOUND")
        workflow = operations.with_template(call.cluster, workflow_id)
        assert workflow.stored is not None
        return Reply(200, workflow.stored.document(workflow.owned, shows_user=_is_admin(call)))

    return act


def get_steps(call: Call) -> Action:
    """The step catalogue, or the steps named by ``workflow_step`` (contract.md, section 7)."""
    version = call.cluster.version
    wanted = call.parameters.text("workflow_step") if "workflow_step" in version.parameters else None
    names = [name.strip() for name in wanted.split(",")] if wanted else list(version.steps)
    _ignore_body(call)

    def act() -> Reply:
        unknown = [name for name in names if name not in version.steps]
        if unknown:
            raise FlowFrameworkError(f"Invalid step name: [{', '.join(unknown)}]")
        return Reply(200, {name: _step_document(version.steps[name]) for name in names})

    return act


def _step_document(step: Step) -> dict[str, Any]:
    document: dict[str, Any] = {
        "inputs": list(step.inputs),
        "outputs": list(step.outputs),
        "required_plugins": list(step.required_plugins),
    }
    return document | ({"timeout": step.timeout} if step.timeout else {})


def _is_admin(call: Call) -> bool:
    user = call.request.caller.user
    return user is not None and user.is_admin


# -- search --------------------------------------------------------------------------------------------


def _plugin_search(index: str, documents: Documents, look: Callable[[Cluster, str], object]) -> Handler:
    """A search over one of the plugin's indices, which are there from the first workflow on."""
    handler = search_handler(index, documents, look, _source)

    def handle(call: Call) -> Action:
        action = handler(call)

        def act() -> Reply | Awaitable[Reply]:
            if not call.cluster.has_templates:
                raise no_such_index(index)
            return action()

        return act

    return handle


def _source(call: Call, asked: SourceFilter | None) -> SourceFilter:
    return plugin_source(asked, for_admin=_is_admin(call))


def _stored_templates(call: Call) -> Iterable[Stored]:
    """The documents of the template index that the caller may see, in order of creation."""
    for workflow in call.cluster.workflows.values():
        if workflow.stored and access.sees(call.cluster, call.request.caller, workflow):
            document = workflow.stored.source(workflow.owned)
            yield Stored(workflow.id, document, version=workflow.stored.version)


def _stored_states(call: Call) -> Iterable[Stored]:
    """The documents of the state index that the caller may see: each workflow's status now, with all fields."""
    cluster = call.cluster
    for workflow in cluster.living():
        if not access.sees(cluster, call.request.caller, workflow):
            continue
        yield Stored(workflow.id, status_document(workflow.id, cluster.fields(workflow), show_all=True).value)


search = _plugin_search(TEMPLATE_INDEX, _stored_templates, lambda _, __: None)
search_state = _plugin_search(STATE_INDEX, _stored_states, lambda cluster, hit: _told(cluster, cluster.find(hit)))


def _told(cluster: Cluster, workflow: Workflow) -> None:
    cluster.tell(workflow)
    cluster.look(workflow)


# -- create and update ---------------------------------------------------------------------------------


def create(call: Call) -> Action:
    """Stores a template; with provision=true, provisions it at once (contract.md, section 3)."""
    return _create_or_update(call, call.parameters.text("workflow_id"))  # given, it is an update


def update(call: Call) -> Action:
    """Replaces a template or some of its fields, or reprovisions (contract.md, sections 3 and 5)."""
    return _create_or_update(call, call.path_value("workflow_id"))


def _create_or_update(call: Call, workflow_id: str | None) -> Action:
    known = call.cluster.version.parameters
    parameters = call.parameters
    validate = "all" in (parameters.text("validation") or "all").split(",")
    flags = {"provision": parameters.boolean("provision")}
    flags |= {name: name in known and parameters.boolean(name) for name in ("reprovision", "update_fields")}
    use_case = parameters.text("use_case") if "use_case" in known else None
    timeout = parameters.time(_TIMEOUT) if _TIMEOUT in known else None
    waits = timeout is not None and not _ENDLESS.fullmatch(parameters.text(_TIMEOUT) or "")
    permitted = [name for name in _PERMITTED if name in _ALWAYS_PERMITTED or name in known]
    others = parameters.rest() if SUBSTITUTIONS in known else {}
    call.ignore_body()

    def act() -> Reply | Awaitable[Reply]:
        _refuse_contradictions(flags, others, permitted, is_new=workflow_id is None, use_case=use_case, waits=waits)
        template = _template(call, use_case, update_fields=flags["update_fields"])
        cluster, caller = call.cluster, call.request.caller
        access.check_creator(cluster, caller)
        if workflow_id is not None:
            access.check(cluster, caller, workflow_id)
        accepted = 201
        if flags["reprovision"] and workflow_id is not None:
            if flags["update_fields"]:
                template = operations.with_fields(cluster, workflow_id, template)
            workflow = operations.reprovision(cluster, workflow_id, template, validate=validate)
        elif flags["update_fields"] and workflow_id is not None:
            workflow = operations.update_fields(cluster, workflow_id, template)
        elif workflow_id is not None:
            workflow = operations.update(cluster, workflow_id, template, validate=validate)
        else:
            headers = call.request.headers
            workflow = operations.create(cluster, template, validate=validate, headers=headers, caller=caller)
        if flags["provision"]:
            operations.provision(cluster, workflow.id, others, caller)
        if flags["provision"] or flags["reprovision"]:
            accepted = cluster.version.behaviour.create_and_provision_accepted
            return _accepted(cluster, workflow, accepted, timeout)
        return Reply(accepted, {"workflow_id": workflow.id})

    return act


def _refuse_contradictions(
    flags: Mapping[str, bool],
    others: Mapping[str, str],
    permitted: list[str],
    *,
    is_new: bool,
    use_case: str | None,
    waits: bool,
) -> None:
    """The refusals of parameters, in the plugin's order (contract.md, section 3)."""
    only = f"Only the parameters [{', '.join(permitted)}] are permitted unless the provision parameter is set to true."
    provision, reprovision = flags["provision"], flags["reprovision"]
    refusals = (
        (others and not provision, only),
        (
            provision and flags["update_fields"],
            "You can not use both the provision and update_fields parameters in the same request.",
        ),
        (reprovision and is_new, "You can not use the reprovision parameter to create a new template."),
        (
            reprovision and use_case is not None,
            "You cannot use the reprovision and use_case parameters in the same request.",
        ),
        (others and reprovision, only),
        (
            waits and not (provision or reprovision),
            f"Request parameter '{_TIMEOUT}' is not allowed unless the 'provision' or 'reprovision' parameter is "
            "set to true.",
        ),
    )
    for refused, message in refusals:
        if refused:
            raise FlowFrameworkError(message)


def _template(call: Call, use_case: str | None, *, update_fields: bool) -> Template:
    content, version = read_content(call.request), call.cluster.version
    try:
        if use_case is not None:
            content = expand(use_case, content, has_body=bool(call.request.body), version=version)
        return parse_template(content, update_fields=update_fields and use_case is None, version=version)
    except ContentError:
        raise FlowFrameworkError(_CONTENT_INVALID) from None


# -- provision and deprovision -------------------------------------------------------------------------


def provision(call: Call) -> Action:
    """Provisions a workflow; parameters and body are substitution values (contract.md, section 5)."""
    workflow_id = call.path_value("workflow_id")
    known = call.cluster.version.parameters
    timeout = call.parameters.time(_TIMEOUT) if _TIMEOUT in known else None
    params = call.parameters.rest() if SUBSTITUTIONS in known else {}
    call.ignore_body()

    def act() -> Reply | Awaitable[Reply]:
        values = {**params, **_string_map(call, params)}
        workflow = operations.provision(call.cluster, workflow_id, values, call.request.caller)
        return _accepted(call.cluster, workflow, call.cluster.version.behaviour.provision_accepted, timeout)

    return act


def _string_map(call: Call, params: Mapping[str, str]) -> Mapping[str, str]:
    """The body's substitution values, read by the rules of the plugin's _provision."""
    if not call.request.body:
        return {}
    tokens = Tokens(read_content(call.request))
    values: dict[str, str] = {}
    try:
        if tokens.next() != START_OBJECT:
            raise unexpected_start(call.request, tokens.kind)
        for key in tokens.fields():
            if tokens.kind != VALUE_STRING:
                raise FlowFrameworkError("Request body fields must have string values")
            if key in params:
                raise FlowFrameworkError(f"Duplicate key {key}")
            values[key] = tokens.text()
    except ContentError:
        raise FlowFrameworkError("Request body parsing failed") from None
    return values


def _accepted(cluster: Cluster, workflow: Workflow, status: int, timeout: int | None) -> Reply | Awaitable[Reply]:
    """The answer at once, or, with a timeout (-1 means none), when the run has ended or that has passed."""
    if timeout is None or timeout < 0:
        return Reply(status, {"workflow_id": workflow.id})
    return _completed(cluster, workflow, status, timeout)


async def _completed(cluster: Cluster, workflow: Workflow, status: int, timeout: int) -> Reply:
    await run_end(cluster, workflow, timeout)
    if not cluster.holds(workflow):
        gone = {"workflow_id": workflow.id, "error": _STATE_LOST, "state": "UNKNOWN"}
        return Reply(status, gone)
    cluster.tell(workflow)
    fields = cluster.fields(workflow)
    if fields.get("state") == "FAILED":
        error = fields.get("error")
        raise plugin_error(status_in(error), error or _FAILED)
    return Reply(status, status_document(workflow.id, fields, show_all=False))


def deprovision(call: Call) -> Action:
    """Takes the workflow's resources away; the request waits for it (contract.md, section 5)."""
    workflow_id = call.path_value("workflow_id")
    known = call.cluster.version.parameters
    allowed = call.parameters.text("allow_delete") if "allow_delete" in known else None
    _ignore_body(call)

    async def act() -> Reply:
        allow_delete = {name.strip() for name in (allowed or "").split(",")}
        workflow, refusal = operations.deprovision(call.cluster, workflow_id, allow_delete, call.request.caller)
        await run_end(call.cluster, workflow)
        if refusal:
            raise refusal
        return Reply(200, {"workflow_id": workflow_id})

    return act


def delete(call: Call) -> Action:
    """Deletes the template in any state (contract.md, section 5)."""
    workflow_id = call.path_value("workflow_id")
    clear_status = call.parameters.text("clear_status") if "clear_status" in call.cluster.version.parameters else None
    _ignore_body(call)

    def act() -> Reply:
        if clear_status not in (None, "", "true", "false"):  # read inside the plugin, so in its words
            raise FlowFrameworkError(_FAILED)
        if not call.cluster.has_templates:
            raise FlowFrameworkError("There are no templates in the global context", "NOT_FOUND")
        clear = clear_status in ("", "true")
        stored = operations.delete(call.cluster, workflow_id, clear_status=clear)
        return Reply(200, _delete_document(workflow_id, stored.version + 1 if stored else None, call.cluster))

    return act


def _delete_document(workflow_id: str, version: int | None, cluster: Cluster) -> dict[str, Any]:
    return {
        "_index": TEMPLATE_INDEX,
        "_id": workflow_id,
        "_version": version or 1,
        "result": "deleted" if version else "not_found",
        "forced_refresh": True,
        "_shards": {"total": 1, "successful": 1, "failed": 0},
        "_seq_no": cluster.next_sequence_number(),
        "_primary_term": 1,
    }


def _ignore_body(call: Call) -> None:
    """From 2.14 on the plugin's calls ignore a body that they have no use for."""
    if call.cluster.version.behaviour.status_takes_body:
        call.ignore_body()


_TIMEOUT: Final = "wait_for_completion_timeout"
_ENDLESS: Final = re.compile(r"\s*-0*1\s*")
"""The one negative time that counts as none."""
_ALWAYS_PERMITTED: Final = frozenset(
    {"pretty", "workflow_id", "provision", "format", "error_trace", "human", "filter_path", "validation"}
)
_PERMITTED: Final[tuple[str, ...]] = (
    *("use_case", "pretty", "workflow_id", "provision", "reprovision", "format", "error_trace", "human"),
    *("update_fields", _TIMEOUT, "filter_path", "validation"),
)
"""What the refusal of other parameters lists: all that the request has read by then, in the order of a Java set."""
_STATE_LOST: Final = "Workflow timed out, failed to fetch current state"


def _route(
    method: str,
    path: str,
    operation: str,
    handler: Handler,
    guard: Guard = _for_owners,
    disabled: str = _DISABLED,
    *,
    repeats: bool = False,
) -> ApiRoute:
    return ApiRoute(method, BASE + path, operation, _plugin(handler, guard, disabled), repeats)


ROUTES: Final = (
    _route("POST", "", "create", create, _for_tenants, _DISABLED_CREATE),
    _route("PUT", "/{workflow_id}", "update", update, _for_tenants, _DISABLED_CREATE),
    _route("GET", "/{workflow_id}", "get", get),
    _route("DELETE", "/{workflow_id}", "delete", delete),
    _route("GET", "/{workflow_id}/_status", "get_status", get_status, repeats=True),
    _route("POST", "/{workflow_id}/_provision", "provision", provision),
    _route("POST", "/{workflow_id}/_deprovision", "deprovision", deprovision),
    _route("GET", "/_steps", "get_steps", get_steps, _for_all),
    *(_route(method, "/_search", "search", search, _for_tenants) for method in ("GET", "POST")),
    *(_route(method, "/state/_search", "search_state", search_state, _for_tenants) for method in ("GET", "POST")),
)
