"""Builds scenarios in Python instead of YAML. The models are the same, and a built scenario prints as YAML."""

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, overload

from mockflow.core.scenario.model import Scenario as ScenarioModel
from mockflow.handle.errors import ScenarioError
from mockflow.handle.faults import Delay, Respond, script_of
from mockflow.handle.script_document import begun, copied, times_created, written
from mockflow.loading.load import load_text
from mockflow.loading.writing import as_yaml

if TYPE_CHECKING:
    from typing_extensions import TypeVar, Unpack

    from mockflow.handle.keyframes import KeyframeFields, State

    S = TypeVar("S", bound=str, contravariant=True, default=State)
else:
    from typing import TypeVar

    S = TypeVar("S", contravariant=True)

_AS_BEFORE: Final[Any] = object()


class Scenario(Generic[S]):
    """A scenario builder. Each call returns a new builder, so several scenarios can share their first calls.

    The keywords are the keys of the YAML; times are OpenSearch time units such as ``"2s"``. A scenario is checked by
    `build` or when a cluster loads it. ScenarioError then lists every problem, with the YAML and its lines.

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

    A name with ``@`` begins with the shipped scenario of that name: ``Scenario("@overloaded").fault("any", ...)``.
    Raises ScenarioError if there is none.

    `unrealistic` permits states and orders that the plugin never shows; a type checker then accepts any `state`.
    """

    @overload
    def __init__(
        self: "Scenario[State]",
        name: str,
        *,
        description: str | None = None,
        unrealistic: Literal[False] = False,
        trust_inputs: bool = False,
    ) -> None: ...

    @overload
    def __init__(
        self: "Scenario[str]",
        name: str,
        *,
        description: str | None = None,
        unrealistic: bool,
        trust_inputs: bool = False,
    ) -> None: ...

    def __init__(
        self, name: str, *, description: str | None = None, unrealistic: bool = False, trust_inputs: bool = False
    ) -> None:
        keys = {"description": description, "unrealistic": unrealistic or None, "trust_inputs": trust_inputs or None}
        self._document = {**begun(name), **written(keys)}
        self._kind = "provision"

    # -- who it applies to -----------------------------------------------------------------------

    def workflow(
        self, workflow_id: str, *, template: Mapping[str, Any] | None = None, starts: str | None = None
    ) -> "Scenario[S]":
        """Adds a workflow with this id. Beside `match`, it is the id of the first matching workflow of a client.

        `template` is a template as a client sends it. `starts` says when elapsed time begins: first_status, provision
        or load.
        """
        return self._with(workflow_id=workflow_id, template=template, starts=starts)

    def match(
        self,
        *,
        name: str | None = None,
        use_case: str | None = None,
        header: Mapping[str, str] | None = None,
        everything: bool = False,
    ) -> "Scenario[S]":
        """Applies the scenario to workflows that clients create. All given conditions must hold.

        `name` is a glob such as ``"bedrock*"``.

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
        return self._with(
            match=written({"name": name, "use_case": use_case, "header": dict(header) if header else None})
        )

    # -- a timeline ------------------------------------------------------------------------------

    def at(self, time: str, *, state: "S | None" = _AS_BEFORE, **fields: "Unpack[KeyframeFields]") -> "Scenario[S]":
        """Adds a keyframe at an elapsed time of the run; ``"+2s"`` counts from the keyframe before.

        `state` is NOT_STARTED, PROVISIONING, COMPLETED or FAILED; any other needs ``unrealistic=True``. `fields` are
        other status fields such as error, user_outputs, provisioning_progress. A field that is left out stays as it
        was; None removes it.
        """
        return self._with_keyframe({"at": time, **_given(state, fields)})

    def at_poll(
        self, number: int, *, state: "S | None" = _AS_BEFORE, **fields: "Unpack[KeyframeFields]"
    ) -> "Scenario[S]":
        """Adds a keyframe at a poll of the run, counted from 1. The other arguments are as for `at`."""
        return self._with_keyframe({"at_poll": number, **_given(state, fields)})

    def created(
        self,
        step_name: str,
        step_id: str | None = None,
        *,
        resource_id: str | None = None,
        resource_type: str | None = None,
    ) -> "Scenario[S]":
        """Adds a resource to the last keyframe. `step_id` defaults to ``create_index_1``, ``create_index_2``, …"""
        new = self._copy()
        keyframes = new._run().setdefault("timeline", [{"at": "0s"}])
        entry = {
            "workflow_step_name": step_name,
            "workflow_step_id": step_id or f"{step_name}_{times_created(keyframes, step_name) + 1}",
            "resource_type": resource_type,
            "resource_id": resource_id,
        }
        keyframes[-1].setdefault("created", []).append(written(entry))
        return new

    # -- a plan ----------------------------------------------------------------------------------

    def step(
        self, step: str, *, takes: str | None = None, fails: str | Mapping[str, Any] | None = None
    ) -> "Scenario[S]":
        """Plans a step, named by its id or type. `fails` is {status, message, exception} or ``"timeout"``.

        `status` is the name of a RestStatus. Keys left out of `fails` have the plugin's defaults.
        """
        new = self._copy()
        plan = {"takes": takes, "fails": fails if fails is None or isinstance(fails, str) else dict(fails)}
        new._run().setdefault("steps", {})[step] = written(plan)
        return new

    def step_time(self, duration: str) -> "Scenario[S]":
        """Sets the duration of every step that has no plan of its own."""
        new = self._copy()
        new._run()["step_time"] = duration
        return new

    # -- more than one run -----------------------------------------------------------------------

    def attempt(self) -> "Scenario[S]":
        """The calls that follow describe the next run of the same kind, a retry."""
        new = self._copy()
        script = new._document.setdefault(self._kind, {})
        if "attempts" not in script:
            new._document[self._kind] = script = {"attempts": [script]}
        script["attempts"].append({})
        return new

    def reprovision(self) -> "Scenario[S]":
        """The calls that follow describe reprovisionings."""
        new = self._copy()
        new._kind = "reprovision"
        return new

    def deprovision(self, *, keeps: tuple[str, ...] | list[str] = (), takes: str | None = None) -> "Scenario[S]":
        """Plans the next deprovisioning; each further call plans the one after it.

        `keeps` are the ids of steps whose resources cannot be deleted, `takes` how long the request waits.
        """
        new = self._copy()
        attempts = new._document.setdefault("deprovision", {"attempts": []})["attempts"]
        attempts.append(written({"keeps": list(keeps) or None, "takes": takes}))
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
    ) -> "Scenario[S]":
        """Adds a fault for requests about the scenario's workflows. The arguments are those of `ClusterHandle.fail`.

        `keys` are further keys of the scenario language: name, scope, call, calls, every, during, probability, over,
        optional.

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

    def outage(self, at: str, *phases: tuple[str, str], name: str | None = None) -> "Scenario[S]":
        """Adds an outage of the whole cluster from the elapsed time `at` on.

        Each of `phases` is the name of a phase and its duration. The default is a rolling restart.
        """
        entries = [{"phase": phase, "takes": takes} for phase, takes in phases]
        return self._with_entry("outages", {"name": name, "at": at, "phases": entries or None})

    def stub(
        self,
        request: str | Mapping[str, Any],
        respond: Respond | Sequence[Respond],
        *,
        state: str | None = None,
        during: str | None = None,
        name: str | None = None,
        optional: bool | None = None,
    ) -> "Scenario[S]":
        """Adds a scripted response to a request such as ``"GET /path/{id}"``; several responses are sent in order.

        A strict test fails if the stub never answers, unless it is `optional`.
        """
        when = written({"state": state, "during": during}) or None
        stub = {"name": name, "request": request, "when": when, "respond": respond, "optional": optional}
        return self._with_entry("stubs", stub)

    def model(
        self,
        name: str | None = None,
        *answers: str | Mapping[str, Any],
        connector: str | None = None,
        agent: str | None = None,
        latency: str | Mapping[str, Any] | None = None,
        optional: bool | None = None,
    ) -> "Scenario[S]":
        """Adds what a model answers: the one with this name or id, with this connector, or an agent.

        An answer is a text, or a mapping with one of text, data, vector, echo, inference_results and fails; the last
        one repeats. A strict test fails if nobody asks the model, unless it is `optional`.

        >>> print(Scenario("talk").model("chat*", "Hello!", {"echo": True}).yaml())
        scenario: talk
        models:
        - model: chat*
          answers:
          - Hello!
          - echo: true
        <BLANKLINE>
        """
        entry = {"model": name, "connector": connector, "agent": agent, "answers": list(answers), "latency": latency}
        return self._with_entry("models", {**entry, "optional": optional})

    def use_case(
        self,
        name: str,
        template: Mapping[str, Any] | None = None,
        *,
        defaults: Mapping[str, str] | None = None,
        required: Sequence[str] | None = None,
    ) -> "Scenario[S]":
        """Adds a use case, or changes the plugin's of this name: its template, or without one its defaults."""
        case = {"template": template, "defaults": defaults, "required": None if required is None else list(required)}
        new = self._copy()
        new._document.setdefault("use_cases", {})[name] = written(case)
        return new

    # -- what it makes ---------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self._document["scenario"])

    def yaml(self) -> str:
        """The scenario as a YAML document."""
        return as_yaml(self._document)

    def build(self) -> ScenarioModel:
        """The checked model. Raises ScenarioError with every problem and the YAML that they refer to."""
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
        """The form in which Hypothesis prints a failing example and IPython a value."""
        printer.text(f"Scenario as YAML:\n{self.yaml()}")

    # -- how -------------------------------------------------------------------------------------

    def _copy(self) -> "Scenario[S]":
        new = copy.copy(self)
        new._document = copied(self._document)
        return new

    def _with(self, **keys: Any) -> "Scenario[S]":
        new = self._copy()
        new._document.update(written(keys))
        return new

    def _with_keyframe(self, keyframe: dict[str, Any]) -> "Scenario[S]":
        new = self._copy()
        new._run().setdefault("timeline", []).append(copied(keyframe))
        return new

    def _with_entry(self, key: str, entry: Mapping[str, Any]) -> "Scenario[S]":
        new = self._copy()
        new._document.setdefault(key, []).append(written(entry))
        return new

    def _run(self) -> dict[str, Any]:
        """The script of the run that the next call describes."""
        script: dict[str, Any] = self._document.setdefault(self._kind, {})
        attempts: list[dict[str, Any]] = script.get("attempts", [])
        return attempts[-1] if attempts else script


def _given(state: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    return dict(fields) if state is _AS_BEFORE else {"state": state, **fields}
