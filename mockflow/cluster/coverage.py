"""Which keyframes and attempts of the scripts clients have seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mockflow.cluster.workflow import RunKind, Workflow
from mockflow.core.durations import format_duration
from mockflow.core.scenario import Keyframe, Scenario

Script = tuple[str, str, int]
"""Scenario, kind of run, attempt (from 0)."""


@dataclass(frozen=True)
class Part:
    """A keyframe of an attempt, or (keyframe None) the attempt itself."""

    scenario: str
    run: str
    attempt: int
    keyframe: int | None
    what: str
    seen: bool


class Coverage:
    """Gathers while runs begin and are polled; tells when somebody asks."""

    def __init__(self) -> None:
        self._seen: dict[Script, set[int]] = {}

    def begun(self, workflow: Workflow, kind: RunKind) -> set[int] | None:
        """The set that gathers the keyframes seen of a run that begins; None where no script speaks for it."""
        scenario = workflow.scenario
        if scenario is None:
            return None
        run = "provision" if kind == "look" else kind
        last = len(_attempts(scenario, run)) - 1
        number = 0 if kind == "look" else min(workflow.attempts[kind], max(last, 0))
        return self._seen.setdefault((scenario.scenario, run, number), set())

    def parts(self, scenarios: Iterable[Scenario]) -> Iterator[Part]:
        """Everything that the scenarios script, in their order."""
        for scenario in scenarios:
            for run in ("provision", "reprovision", "deprovision"):
                for number, timeline in enumerate(_attempts(scenario, run)):
                    seen = self._seen.get((scenario.scenario, run, number))
                    yield from _parts(scenario.scenario, run, number, timeline, seen)


def _attempts(scenario: Scenario, run: str) -> list[tuple[Keyframe, ...] | None]:
    """The timeline of each attempt that is scripted; None for one that has none."""
    script = getattr(scenario, run)
    if script is None:
        return []
    return [getattr(attempt, "timeline", None) for attempt in script.attempts or (script,)]


def _parts(
    scenario: str, run: str, number: int, timeline: tuple[Keyframe, ...] | None, seen: set[int] | None
) -> Iterator[Part]:
    if timeline is None:
        yield Part(scenario, run, number, None, "the attempt", seen is not None)
    for index, keyframe in enumerate(timeline or ()):
        yield Part(scenario, run, number, index, _told(keyframe), seen is not None and index in seen)


def _told(keyframe: Keyframe) -> str:
    when = keyframe.at if keyframe.at_poll is None else f"poll {keyframe.at_poll}"
    created = len(keyframe.created or ())
    what = [keyframe.state or "", f"{created} created" if created else ""]
    return " ".join(filter(None, [when or format_duration(0), *what]))
