"""Creating and updating workflows, with the plugin's rules for the parameters of these calls."""

import re
from collections.abc import Awaitable, Mapping
from typing import Final

from mockflow.cluster import access, operations
from mockflow.cluster.operations import NO_PARAMS
from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.base.tokens import ContentError
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.versions import SUBSTITUTIONS
from mockflow.server.endpoints.flow_framework.plugin import TIMEOUT, is_refused
from mockflow.server.endpoints.flow_framework.runs import accepted_reply
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.template_body import read_template

_CONTENT_INVALID: Final = "IOException: template content invalid for specified Content-Type."
_ENDLESS: Final = re.compile(r"\s*-0*1\s*")
"""The one negative time that counts as none."""
# The parameters that the refusal of others lists: all that the request has read by then.
_ALWAYS_PERMITTED: Final = (
    *("pretty", "format", "error_trace", "human", "filter_path"),
    *("workflow_id", "validation", "provision"),
)
_PERMITTED_WHERE_KNOWN: Final = ("use_case", "reprovision", "update_fields", TIMEOUT)


def create(call: Call) -> Action:
    """Stores a template; with provision=true a new one is also provisioned.

    Source: docs/reference/plugin.md, "Create and update".
    """
    return _create_or_update(call, call.parameters.text("workflow_id"))  # with an id it is an update


def update(call: Call) -> Action:
    """Replaces a template or some of its fields, or reprovisions.

    Sources: docs/reference/plugin.md, "Create and update", "Reprovision".
    """
    return _create_or_update(call, call.path_value("workflow_id"))


def _create_or_update(call: Call, workflow_id: str | None) -> Action:
    known = call.world.version.parameters
    parameters = call.parameters
    validate = _asks_for_validation(parameters.text("validation"))
    flags = {"provision": parameters.boolean("provision")}
    flags |= {name: name in known and parameters.boolean(name) for name in ("reprovision", "update_fields")}
    use_case = parameters.text("use_case") if "use_case" in known else None
    timeout = parameters.time(TIMEOUT) if TIMEOUT in known else None
    waits = timeout is not None and not _ENDLESS.fullmatch(parameters.text(TIMEOUT) or "")
    permitted = hash_map_order([*_ALWAYS_PERMITTED, *(name for name in _PERMITTED_WHERE_KNOWN if name in known)])
    reads_others = flags["provision"] or not is_refused(call)  # else the core refuses the other parameters
    others = parameters.rest() if SUBSTITUTIONS in known and reads_others else {}
    call.ignore_body()

    def act() -> Reply | Awaitable[Reply]:
        _refuse_contradictions(flags, others, permitted, is_new=workflow_id is None, use_case=use_case, waits=waits)
        try:
            own = call.world.own_use_cases()
            template = read_template(call.request, use_case, flags["update_fields"], call.world.version, own)
        except ContentError:
            raise FlowFrameworkError(_CONTENT_INVALID) from None
        cluster, caller = call.cluster, call.request.caller
        access.check_creator(cluster.world, caller)
        if workflow_id is not None:
            access.check(cluster.world, caller, workflow_id)
        accepted = 201
        if flags["reprovision"] and workflow_id is not None:
            workflow = operations.reprovision(
                cluster.world,
                workflow_id,
                template,
                validate=validate,
                fields_only=flags["update_fields"],
                caller=caller,
            )
        elif flags["update_fields"] and workflow_id is not None:
            workflow = operations.update_fields(cluster.world, workflow_id, template)
        elif workflow_id is not None:
            workflow = operations.update(cluster.world, workflow_id, template, validate=validate)
        else:
            headers = call.request.headers
            workflow = operations.create(cluster.world, template, validate=validate, headers=headers, caller=caller)
        behaviour = cluster.world.version.behaviour
        if flags["provision"] or flags["reprovision"]:
            accepted = behaviour.create_and_provision_accepted
        if flags["provision"] and workflow_id is None:  # an update with provision=true provisions nothing
            # The time-out replaces all other parameters on their way to the provisioning.
            operations.provision(cluster.world, workflow.id, NO_PARAMS if waits else others, caller)
            return accepted_reply(call, workflow, accepted, timeout)
        if flags["reprovision"]:
            return accepted_reply(call, workflow, accepted, timeout, tells_state=behaviour.reprovision_tells_state)
        return Reply(accepted, {"workflow_id": workflow.id})

    return act


def _asks_for_validation(text: str | None) -> bool:
    """Whether the list is `all` alone, which is the default."""
    return text is None or text.rstrip(",") == "all"


def _refuse_contradictions(
    flags: Mapping[str, bool],
    others: Mapping[str, str],
    permitted: list[str],
    *,
    is_new: bool,
    use_case: str | None,
    waits: bool,
) -> None:
    """Refuses contradictory parameters, in the plugin's order (docs/reference/plugin.md, "Create and update")."""
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
            f"Request parameter '{TIMEOUT}' is not allowed unless the 'provision' or 'reprovision' parameter is "
            "set to true.",
        ),
    )
    for refused, message in refusals:
        if refused:
            raise FlowFrameworkError(message)
