"""Collects the exchanges between a client and a real cluster, and turns them into scenarios."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from pydantic import ValidationError

from mockflow.core.base.secrets import without_secrets
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.use_cases import expand
from mockflow.core.scenario.model import Scenario
from mockflow.loading.yaml12 import read
from mockflow.recording.exchanges import Exchange
from mockflow.recording.scenario import accepted, sendable
from mockflow.recording.stubs import Stubs, answer_of
from mockflow.recording.workflows import RecordedWorkflow, Refusal

# Parameters that do not change the fields of a status. With any other, such as filter_path, fields may be missing.
_HARMLESS: Final = frozenset({"all", "pretty", "human", "error_trace", "format", "wait_for_completion_timeout"})
# Statuses of responses that do not come from the plugin: security, a proxy, a busy or broken node; 0: no response.
_REFUSALS: Final = frozenset({0, 401, 403, 408, 429, *range(500, 600)})
# Of these, the ones that do not depend on the state of the workflow, even if the plugin words them.
_INDEPENDENT_OF_RUN: Final = frozenset({0, 401, 429})


class Recorder:
    """Collects exchanges. `epoch` is the time 0 of their clock in epoch ms, `about` the scenarios' description.

    The time of a request counts, not the time of its response: in playback a response takes no time, so the recorded
    status must hold when the request arrives.
    """

    def __init__(self, epoch: int, about: str = "") -> None:
        self._epoch = epoch
        self._about = about
        self._workflows: dict[str, RecordedWorkflow] = {}
        self._left_out: dict[str, set[str]] = {}
        self._stubs = Stubs()
        self._refused_creates: dict[str | None, list[Refusal]] = {}
        """By the name of the template."""
        self._creates: Counter[str | None] = Counter()
        """How many creates there were, by the name of the template."""

    def add(self, exchange: Exchange) -> bool:
        """Records an exchange; returns whether it changed a workflow's state or resources."""
        if not exchange.is_flow_frameworks:
            self._stubs.add(exchange)
            return False
        self._count(exchange)
        record = _RECORDERS.get(exchange.operation or "")
        return record(self, exchange) if record else False

    def scenarios(self) -> list[Scenario]:
        """All that was recorded so far."""
        self._left_out = {"requests": set(self._stubs.left_out)}
        scenarios: list[Scenario] = []
        first: dict[str, str] = {}
        for workflow in self._workflows.values():
            known_as = workflow.id if workflow.match is None else str(workflow.match)
            other = first.setdefault(known_as, workflow.id)
            if other != workflow.id:
                self._left_out[workflow.id] = {
                    f"all of it: {other} has a template of the same name and is played instead"
                }
                continue
            try:
                for document, left_out in workflow.documents(self._epoch, self._about):
                    scenarios.append(accepted(document, left_out))
                    if left_out:
                        self._left_out[workflow.id] = left_out
            except ValidationError as error:
                self._left_out[workflow.id] = {f"all of it: {error.errors()[0]['msg']}"}
        created = {workflow.template_name for workflow in self._workflows.values()}
        for name in [name for name in self._refused_creates if name not in created]:
            template = f"the template {name}" if name else "a template without a name"
            self._left_out["requests"].add(f"a refused create: no workflow of {template} was created later")
        if stubs := list(self._stubs.documents()):
            document = {"scenario": "recorded-requests", "description": self._about, "stubs": stubs}
            scenarios.append(accepted(document, self._left_out["requests"]))
        return scenarios

    @property
    def left_out(self) -> Iterator[str]:
        """Descriptions of what `scenarios` could not express."""
        for subject, things in self._left_out.items():
            yield from (f"{subject}: {thing}" for thing in sorted(things))

    # -- one exchange ------------------------------------------------------------------------------

    def _workflow(self, workflow_id: str | None) -> RecordedWorkflow:
        assert workflow_id is not None
        return self._workflows.setdefault(workflow_id, RecordedWorkflow(workflow_id))

    def _count(self, exchange: Exchange) -> None:
        """Counts a call of a workflow. A call that did not reach the plugin becomes a fault."""
        operation = exchange.operation
        if operation is None or operation == "create":
            return
        workflow = self._workflow(exchange.workflow_id)
        workflow.calls[operation] += 1
        if not _is_refusal(exchange):
            return
        try:
            refusal = Refusal(operation, workflow.calls[operation], _does(exchange), exchange.began)
        except ValueError as error:
            workflow.left_out.add(f"a refused {operation}: {error}")
            return
        workflow.refusals.append(refusal)
        if operation == "provision":
            workflow.unsure = refusal
        if operation == "get_status" and workflow.is_running:
            refusal.run = workflow.runs[-1]
            refusal.run.history.record_gap(exchange.began, f"{exchange.status}", refusal.does)

    def _status(self, exchange: Exchange) -> bool:
        if exchange.status != 200:
            return _is_refusal(exchange)
        if not exchange.query.keys() <= _HARMLESS or "state" not in exchange.answer:
            return False
        return self._workflow(exchange.workflow_id).read_status(exchange)

    def _get(self, exchange: Exchange) -> bool:
        workflow = self._workflow(exchange.workflow_id)
        if exchange.status == 200 and exchange.query.keys() <= _HARMLESS and "workflows" in exchange.answer:
            workflow.template = workflow.template or sendable(exchange.answer)
        return False

    def _create(self, exchange: Exchange) -> bool:
        name = _template_name(exchange)
        self._creates[name] += 1
        if _is_refusal(exchange):
            with suppress(ValueError):
                refusal = Refusal("create", self._creates[name], _does(exchange), exchange.began)
                self._refused_creates.setdefault(name, []).append(refusal)
        workflow_id = exchange.answer.get("workflow_id")
        if not exchange.is_accepted or not isinstance(workflow_id, str):
            return False
        workflow = self._workflows[workflow_id] = RecordedWorkflow(workflow_id)
        workflow.match, workflow.template_name = {"name": name} if name else {}, name
        workflow.refusals = list(self._refused_creates.get(name, []))
        if exchange.is_true("provision"):
            workflow.begin_at("provision", exchange)
        return True

    def _provision(self, exchange: Exchange) -> bool:
        if exchange.is_accepted or (exchange.waits and "can not be provisioned" not in str(exchange.answer)):
            self._workflow(exchange.workflow_id).begin_at("provision", exchange)
            return True
        return False

    def _update(self, exchange: Exchange) -> bool:
        if not exchange.is_accepted:
            return False
        workflow = self._workflow(exchange.workflow_id)
        workflow.is_running = workflow.is_running and exchange.is_true("update_fields")
        for kind in ("provision", "reprovision"):
            if exchange.is_true(kind):
                workflow.begin_at(kind, exchange)
        return True

    def _deprovision(self, exchange: Exchange) -> bool:
        workflow = self._workflow(exchange.workflow_id)
        if exchange.status not in (200, 202, 403):
            return False
        workflow.deprovision(exchange)
        return True


_RECORDERS: Final = {
    "create": Recorder._create,
    "get": Recorder._get,
    "get_status": Recorder._status,
    "provision": Recorder._provision,
    "update": Recorder._update,
    "deprovision": Recorder._deprovision,
}


def _is_refusal(exchange: Exchange) -> bool:
    """Whether the response does not come from the plugin, which never answers `get_status` with these statuses."""
    is_worded = isinstance(exchange.answer.get("error"), str) and exchange.operation != "get_status"
    return exchange.status in (_INDEPENDENT_OF_RUN if is_worded else _REFUSALS)


def _does(exchange: Exchange) -> dict[str, Any]:
    """The keys of a fault with the same response, or with none. Raises ValueError if no fault can give it."""
    return {"respond": answer_of(exchange)} if exchange.is_answered else {"connection": "empty"}


def _template_name(exchange: Exchange) -> str | None:
    """The name of the template in a create request, or of the template of its use case."""
    documents, problems = read(exchange.request_body, "request") if exchange.request_body else ([], [])
    sent = documents[0].value if documents and not problems else {}
    if use_case := exchange.query.get("use_case"):
        try:
            sent = expand(use_case, sent)
        except FlowFrameworkError:
            return None
    name = sent.get("name") if isinstance(sent, Mapping) else None
    return str(without_secrets(name)) if isinstance(name, str) and name else None
