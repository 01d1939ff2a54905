"""Coverage of scripts: which keyframes, steps and attempts clients have seen."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mockflow.cluster.workflow import Beginning, Workflow
from mockflow.core.base.bounds import ENDED_PARTS
from mockflow.core.scenario.model import Scenario
from mockflow.core.script.models import Attempt, Keyframe
from mockflow.core.script.plan import StepPlan

ADDED: Final = "(added)"
"""In place of a scenario's name: for what was added through the control API."""

PLANS: Final = "plans"
"""The kind of run of a plan that was added through the control API."""

Script = tuple[str, int]
"""Of a scenario: kind of run, attempt (from 0)."""
Seen = set[int | str]
"""The keyframes of an attempt that clients have seen, by index, and the steps of its plan that a run had, by key."""


@dataclass(frozen=True)
class Part:
    """A keyframe of an attempt, a step of its plan, or (both None) the attempt itself, a fault, a stub or an outage."""

    scenario: str
    run: str
    attempt: int
    keyframe: int | None
    step: str | None
    what: str
    seen: bool
    optional: bool = False
    """Whether it need not be seen."""


class Coverage:
    """Collects what clients see while runs begin and are polled."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[Script, Seen]] = {}  # by scenario
        self._over: dict[tuple[str, str, bool], bool] = {}

    def begun(self, workflow: Workflow, beginning: Beginning, attempt: int) -> Seen | None:
        """The set that collects what is seen of a run that begins; None where the workflow has no scenario."""
        scenario, kind = workflow.scenario, beginning.kind
        if scenario is None:
            return None
        run = "provision" if kind == "look" else kind
        last = len(_attempts(scenario, run)) - 1
        number = 0 if kind == "look" else min(attempt, max(last, 0))
        seen = self._seen.setdefault(scenario.scenario, {}).setdefault((run, number), set())
        seen.update(beginning.steps)
        return seen

    def forget(self, scenario: str) -> None:
        """Forgets what was seen of a scenario, because it is removed or replaced."""
        self._seen.pop(scenario, None)

    def end(self, kind: str, what: str, *, acted: bool, optional: bool = False) -> None:
        """Notes that a fault added through the control API was removed, or that a run has used a plan for it."""
        key = kind, what, optional
        self._over[key] = self._over.pop(key, False) or acted
        while len(self._over) > ENDED_PARTS:
            del self._over[next(iter(self._over))]

    def added(self, planned: Mapping[str, StepPlan]) -> Iterator[Part]:
        """The removed faults and the plans of the control API; `planned` are those that no run has used yet."""
        for number, ((kind, what, optional), acted) in enumerate(list(self._over.items())):
            yield Part(ADDED, kind, number, None, None, what, acted, optional)
        for number, (step, plan) in enumerate(list(planned.items()), len(self._over)):
            yield Part(ADDED, PLANS, number, None, None, step_text(step, plan), seen=False)

    def parts(self, scenarios: Iterable[Scenario]) -> Iterator[Part]:
        """All parts of the scenarios' runs, in their order."""
        for scenario in scenarios:
            for run in ("provision", "reprovision", "deprovision"):
                for number, attempt in enumerate(_attempts(scenario, run)):
                    seen = self._seen.get(scenario.scenario, {}).get((run, number))
                    for keyframe, step, what in _scripted(attempt):
                        key = keyframe if step is None else step
                        was_seen = seen is not None and (key is None or key in seen)
                        yield Part(scenario.scenario, run, number, keyframe, step, what, was_seen)


def _attempts(scenario: Scenario, run: str) -> list[object]:
    script = getattr(scenario, run)
    return [] if script is None else list(script.attempts or (script,))


def _scripted(attempt: object) -> Iterator[tuple[int | None, str | None, str]]:
    """The parts of an attempt: index of a keyframe or key of a step, and a description."""
    if not isinstance(attempt, Attempt) or not (attempt.timeline or attempt.steps):
        yield None, None, "the attempt"
        return
    for index, keyframe in enumerate(attempt.timeline or ()):
        yield index, None, _keyframe_text(keyframe)
    for step, plan in attempt.steps.items():
        yield None, step, step_text(step, plan)


def _keyframe_text(keyframe: Keyframe) -> str:
    when = keyframe.at if keyframe.at_poll is None else f"poll {keyframe.at_poll}"
    created = len(keyframe.created or ())
    return " ".join(filter(None, [f"{when}", keyframe.state, f"{created} created" if created else ""]))


def step_text(step: str, plan: StepPlan) -> str:
    """A description of a step's plan."""
    takes = f"takes {plan.takes}" if plan.takes else ""
    fails = "" if plan.fails is None else "times out" if plan.fails.timeout else f"fails with {plan.fails.status}"
    return f"step {step} {' and '.join(filter(None, [takes, fails]))}".rstrip()
