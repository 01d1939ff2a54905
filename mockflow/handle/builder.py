"""Scenarios in Python, for people who want no YAML. They make the same models, and print as YAML."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from mockflow.core.scenario.model import Scenario as ScenarioModel
from mockflow.handle.errors import ScenarioError
from mockflow.handle.faults import Delay, Respond, script_of
from mockflow.loading.load import load_text
from mockflow.loading.writing import as_yaml


class Scenario:
    """A scenario, word by word. Each call gives a new one, so that a beginning can be shared.

    The words are those of the YAML (README), times are OpenSearch time units such as ``"2s"``. Nothing is checked
    before `build`, or before a cluster loads it: ScenarioError then has every problem, and the YAML with its lines.

    >>> slow = (
    ...     Scenario("slow")
    ...     .workflow("8xL8bowB8y25Tqfenm50")
    ...     .at("0s", state="NOT_STARTED")
    ...     .at("2s", state="PROVISIONING")
    ...     .created("create_connector", "create_connector_1")
    ...     .at("6s", state="COMPLETED")
    ... )
    >>> cluster.remove("docs-example")
    >>> cluster.load(slow)
    >>> deploy(cluster.url)
    'COMPLETED'
    """

    def __init__(self, name: str, *, description: str | None = None, unrealistic: bool = False) -> None:
        self._document: dict[str, Any] = {"scenario": name}
        if description is not None:
            self._document["description"] = description
        if unrealistic:
            self._document["unrealistic"] = True
        self._kind = "provision"

    # -- who it applies to -----------------------------------------------------------------------

    def workflow(
        self, workflow_id: str, *, template: Mapping[str, Any] | None = None, starts: str | None = None
    ) -> "Scenario":
        """Brings a workflow of this id; beside `match`, the id of the first workflow that a client creates so.

        `template` is what a client would send; `starts`, when its time begins: first_status, provision or load.
        """
        return self._with(workflow_id=workflow_id, template=template, starts=starts)

    def match(
        self,
        *,
        name: str | None = None,
        use_case: str | None = None,
        header: Mapping[str, str] | None = None,
        everything: bool = False,
    ) -> "Scenario":
        """Speaks for workflows that clients create. `name` is a glob: ``"bedrock*"``. All that is named must hold.

        >>> failing = Scenario("failing").match(name="bedrock*").step("register_remote_model", takes="30s", fails={})
        >>> print(failing)
        scenario: failing
        match:
          name: bedrock*
        provision:
          steps:
            register_remote_model:
              takes: 30s
              fails: {}
        <BLANKLINE>
        """
        if everything:
            return self._with(match="everything")
        wanted = {"name": name, "use_case": use_case, "header": dict(header) if header else None}
        return self._with(match={key: value for key, value in wanted.items() if value is not None})

    # -- a timeline ------------------------------------------------------------------------------

    def at(self, time: str, **fields: Any) -> "Scenario":
        """From this elapsed time of the run on (``"+2s"``: after the keyframe before), these fields hold.

        `fields` are those of the status, such as state, error, user_outputs; None takes a field away.
        """
        return self._with_keyframe({"at": time, **fields})

    def at_poll(self, number: int, **fields: Any) -> "Scenario":
        """From the poll with this number of the run on, these fields hold."""
        return self._with_keyframe({"at_poll": number, **fields})

    def created(
        self,
        step_name: str,
        step_id: str | None = None,
        *,
        resource_id: str | None = None,
        resource_type: str | None = None,
    ) -> "Scenario":
        """The keyframe before it adds this resource. Without `step_id`, ``create_index_1``, ``create_index_2``, …"""
        new = self._copy()
        keyframes = new._run().setdefault("timeline", [{"at": "0s"}])
        entry = {
            "workflow_step_name": step_name,
            "workflow_step_id": step_id or f"{step_name}_{_times_created(keyframes, step_name) + 1}",
            "resource_type": resource_type,
            "resource_id": resource_id,
        }
        keyframes[-1].setdefault("created", []).append({k: v for k, v in entry.items() if v is not None})
        return new

    # -- a plan ----------------------------------------------------------------------------------

    def step(self, step: str, *, takes: str | None = None, fails: str | Mapping[str, Any] | None = None) -> "Scenario":
        """How a step goes, by its id or type. `fails`: {status, message, exception}, or ``"timeout"``.

        `status` is the name of a RestStatus; what is left out of `fails` is the plugin's usual.
        """
        new = self._copy()
        plan = {"takes": takes, "fails": fails if fails is None or isinstance(fails, str) else dict(fails)}
        steps = new._run().setdefault("steps", {})
        steps[step] = {key: value for key, value in plan.items() if value is not None}
        return new

    def step_time(self, duration: str) -> "Scenario":
        """How long each other step takes."""
        new = self._copy()
        new._run()["step_time"] = duration
        return new

    # -- more than one run -----------------------------------------------------------------------

    def attempt(self) -> "Scenario":
        """What follows is about the next run of the same kind: a retry."""
        new = self._copy()
        script = new._document.setdefault(self._kind, {})
        if "attempts" not in script:
            new._document[self._kind] = script = {"attempts": [script]}
        script["attempts"].append({})
        return new

    def reprovision(self) -> "Scenario":
        """What follows is about reprovisionings."""
        new = self._copy()
        new._kind = "reprovision"
        return new

    def deprovision(self, *, keeps: tuple[str, ...] | list[str] = (), takes: str | None = None) -> "Scenario":
        """How the next deprovisioning goes; called again, the one after it. `keeps`: steps whose resources stay."""
        new = self._copy()
        attempts = new._document.setdefault("deprovision", {"attempts": []})["attempts"]
        wanted = {"keeps": list(keeps) or None, "takes": takes}
        attempts.append({key: value for key, value in wanted.items() if value is not None})
        return new

    # -- what goes wrong ---------------------------------------------------------------------------

    def fault(
        self,
        on: str | Sequence[str],
        *,
        respond: Respond | None = None,
        delay: Delay | None = None,
        connection: str | None = None,
        state: str | None = None,
        **keys: Any,
    ) -> "Scenario":
        """Requests for its workflows go wrong, as `ClusterHandle.fail` has it.

        Further keys are those of the scenario language: name, scope, call, calls, every, during, probability, over.

        >>> print(Scenario("slow").match(everything=True).fault("any", delay="5ms"))
        scenario: slow
        match: everything
        faults:
        - 'on': any
          delay: 5ms
        <BLANKLINE>
        """
        script = script_of(on, respond=respond, delay=delay, connection=connection, state=state, **keys)
        return self._with_entry("faults", script)

    def outage(self, at: str, *phases: tuple[str, str], name: str | None = None) -> "Scenario":
        """The cluster is not what it should be from `at` on; `phases` are each a word and a duration.

        Without any it goes as a rolling restart does.
        """
        told = [{"phase": phase, "takes": takes} for phase, takes in phases]
        return self._with_entry("outages", {"name": name, "at": at, "phases": told or None})

    def stub(
        self,
        request: str | Mapping[str, Any],
        respond: Respond | Sequence[Respond],
        *,
        state: str | None = None,
        during: str | None = None,
        name: str | None = None,
    ) -> "Scenario":
        """Answers ``"GET /path/{id}"`` in the cluster's place; several answers come one after the other."""
        when = {key: value for key, value in (("state", state), ("during", during)) if value is not None}
        return self._with_entry("stubs", {"name": name, "request": request, "when": when or None, "respond": respond})

    # -- what it makes ---------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self._document["scenario"])

    def yaml(self) -> str:
        """The scenario as a YAML document."""
        return as_yaml(self._document)

    def build(self) -> ScenarioModel:
        """The checked model; ScenarioError with every problem, and the YAML that they speak of."""
        text = self.yaml()
        loading = load_text(text, f'Scenario("{self.name}")')
        if loading.errors:
            listed = "\n".join(map(str, loading.errors))
            raise ScenarioError(f"{listed}\n\n{text}", problems=[problem.as_json() for problem in loading.errors])
        return loading.scenarios[0].scenario

    def __str__(self) -> str:
        return self.yaml()

    def __repr__(self) -> str:
        return f"<Scenario {self.name}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """As Hypothesis shows a failing example, and IPython a value."""
        printer.text(f"Scenario as YAML:\n{self.yaml()}")

    # -- how -------------------------------------------------------------------------------------

    def _copy(self) -> "Scenario":
        return copy.deepcopy(self)

    def _with(self, **keys: Any) -> "Scenario":
        new = self._copy()
        new._document.update({key: copy.deepcopy(value) for key, value in keys.items() if value is not None})
        return new

    def _with_keyframe(self, keyframe: dict[str, Any]) -> "Scenario":
        new = self._copy()
        new._run().setdefault("timeline", []).append(copy.deepcopy(keyframe))
        return new

    def _with_entry(self, key: str, entry: Mapping[str, Any]) -> "Scenario":
        new = self._copy()
        written = {name: value for name, value in entry.items() if value is not None}
        new._document.setdefault(key, []).append(copy.deepcopy(written))
        return new

    def _run(self) -> dict[str, Any]:
        """The script of the run that is being told."""
        script: dict[str, Any] = self._document.setdefault(self._kind, {})
        attempts: list[dict[str, Any]] = script.get("attempts", [])
        return attempts[-1] if attempts else script


def _times_created(keyframes: list[dict[str, Any]], step_name: str) -> int:
    return sum(
        entry["workflow_step_name"] == step_name for keyframe in keyframes for entry in keyframe.get("created", ())
    )
