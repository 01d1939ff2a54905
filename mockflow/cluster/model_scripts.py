"""The scripts of models that the loaded scenarios have: which one speaks for a model, and its next answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mockflow.cluster.coverage import Part
from mockflow.core.base.wildcards import matches
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.model_scripts import ModelAnswer, ModelScript


@dataclass(eq=False)
class ActiveModel:
    """An active script. `answered` counts its answers."""

    script: ModelScript
    scenario: Scenario
    number: int
    answered: int = 0

    def next_answer(self) -> ModelAnswer:
        """The answer to this call; the last one repeats."""
        answer = self.script.answers[min(self.answered, len(self.script.answers) - 1)]
        self.answered += 1
        return answer


class ModelScripts:
    """All active scripts, in the order of their scenarios."""

    def __init__(self) -> None:
        self._of: dict[str, list[ActiveModel]] = {}

    def activate(self, scenario: Scenario, *, keep_counts: bool) -> None:
        """Puts the scripts of a scenario in place of those of the scenario of the same name."""
        before = self._of.pop(scenario.scenario, [])
        if not scenario.models:
            return
        now = [ActiveModel(script, scenario, number) for number, script in enumerate(scenario.models)]
        if keep_counts:
            for one, old in zip(now, before, strict=False):
                one.answered = old.answered if one.script == old.script else 0
        self._of[scenario.scenario] = now

    def deactivate(self, scenario: str) -> None:
        """Removes the scripts of a scenario."""
        self._of.pop(scenario, None)

    def put_in_order(self, scenarios: Iterable[str]) -> None:
        """Sorts by these names of scenarios."""
        self._of = {name: self._of[name] for name in scenarios if name in self._of}

    def restart_counts(self, scenario: str) -> None:
        """Begins the answers of a scenario's scripts anew."""
        for one in self._of.get(scenario, ()):
            one.answered = 0

    def find(self, kind: str, names: Iterable[str], connector: Iterable[str] = ()) -> ActiveModel | None:
        """The script for a ``model`` or an ``agent`` with one of these names or ids, or whose connector has one."""
        wanted = {kind: tuple(names), "connector": tuple(connector)}
        for one in (one for active in self._of.values() for one in active):
            for subject, given in wanted.items():
                pattern = getattr(one.script, subject)
                if pattern is not None and any(matches(pattern, name) for name in given):
                    return one
        return None

    def parts(self) -> Iterator[Part]:
        """The scripts for the coverage, and whether they have answered."""
        for name, active in list(self._of.items()):  # they may change while this goes on
            for one in active:
                label, optional = one.script.label, one.script.optional
                yield Part(name, "models", one.number, None, None, label, one.answered > 0, optional)
