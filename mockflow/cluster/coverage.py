"""Which keyframes, steps and attempts of the scripts clients have seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mockflow.cluster.workflow import Beginning, Workflow
from mockflow.core.scenario.model import Scenario
from mockflow.core.script.models import Attempt, Keyframe
from mockflow.core.script.plan import StepPlan

Script = tuple[str, int]
"""Of a scenario: kind of run, attempt (from 0)."""
Seen = set[int | str]
"""The keyframes of an attempt that clients were told, by index, and the steps of its plan that a run had, by key."""


@dataclass(frozen=True)
class Part:
    """A keyframe of an attempt, a step of its plan, or (both None) the attempt itself."""

    scenario: str
    run: str
    attempt: int
    keyframe: int | None
    step: str | None
    what: str
    seen: bool


class Coverage:
    """Gathers while runs begin and are polled; tells when somebody asks."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[Script, Seen]] = {}  # by scenario

    def begun(self, workflow: Workflow, beginning: Beginning, attempt: int) -> Seen | None:
        """The set that gathers what is seen of a run that begins; None where no script speaks for it."""
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
        """A scenario is gone, or another of its name takes its place."""
        self._seen.pop(scenario, None)

    def parts(self, scenarios: Iterable[Scenario]) -> Iterator[Part]:
        """Everything that the scenarios script, in their order."""
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
    """What there is to see of an attempt: keyframe, step, and both in people's words."""
    if not isinstance(attempt, Attempt) or not (attempt.timeline or attempt.steps):
        yield None, None, "the attempt"
        return
    for index, keyframe in enumerate(attempt.timeline or ()):
        yield index, None, _told(keyframe)
    for step, plan in attempt.steps.items():
        yield None, step, _told_step(step, plan)


def _told(keyframe: Keyframe) -> str:
    when = keyframe.at if keyframe.at_poll is None else f"poll {keyframe.at_poll}"
    created = len(keyframe.created or ())
    return " ".join(filter(None, [f"{when}", keyframe.state, f"{created} created" if created else ""]))


def _told_step(step: str, plan: StepPlan) -> str:
    takes = f"takes {plan.takes}" if plan.takes else ""
    fails = "" if plan.fails is None else "times out" if plan.fails.timeout else f"fails with {plan.fails.status}"
    return f"step {step} {' and '.join(filter(None, [takes, fails]))}".rstrip()
