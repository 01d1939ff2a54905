"""Scenario files that change while a cluster serves them. After a broken edit the last good version stays in force."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from mockflow.core.base.findings import quoted
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import Claim, claims_of
from mockflow.loading.load import Located, Versions, clash, together
from mockflow.loading.problems import Problem

InForce = Mapping[str, tuple[Located, ...]]
"""The scenarios in force, by file."""


@dataclass(frozen=True)
class Files:
    """The current versions of the files, the scenarios in force, and the current problems."""

    versions: Versions
    in_force: InForce
    problems: tuple[Problem, ...]

    @property
    def scenarios(self) -> tuple[Located, ...]:
        """The scenarios in force, in the order of the files."""
        return tuple(chain.from_iterable(self.in_force.values()))


def begun(versions: Versions) -> Files:
    """The files at the start. Scenarios without errors are in force; of two that conflict, the first."""
    loading = together(versions)
    in_force: dict[str, list[Located]] = {file: [] for file in versions}
    for located in loading.scenarios:
        in_force[located.place.file].append(located)
    return Files(versions, {file: tuple(those) for file, those in in_force.items()}, tuple(loading.problems))


def edited(before: Files, versions: Versions, others: Mapping[str, tuple[Scenario, str]]) -> Files:
    """The files after an edit. `others` are loaded scenarios that are in no file: name -> scenario and source.

    A file with errors keeps its scenarios in force. So does a file that claims a name, workflow or match of one of
    `others` or of another file. Of two files, the one that had the claim before keeps it, otherwise the first.
    """
    problems = list(together(versions).problems)
    in_force = {file: before.in_force.get(file, ()) for file in versions}
    chosen = dict(in_force)
    for file, version in versions.items():
        alone = together({file: version})
        if not alone.errors and tuple(alone.scenarios) != in_force[file]:
            chosen[file] = tuple(alone.scenarios)
    for file in list(versions):
        for problem in _taken(chosen[file], in_force[file], others):
            problems.append(problem)
            chosen[file] = in_force[file]
    reported = {frozenset((problem.place, problem.other)) for problem in problems}
    holders = {claim: file for file, held in in_force.items() for it in held for claim in claims_of(it.scenario)}
    gave_way = True
    while gave_way:
        gave_way = False
        for later, earlier, claim in list(_clashes(chosen)):
            keeps_it = holders.get(claim) == later.place.file
            mine, other = (earlier, later) if keeps_it else (later, earlier)
            file = mine.place.file
            if chosen[file] is in_force[file]:
                continue  # it was put back to its former version in this round
            chosen[file], gave_way = in_force[file], True
            problem = clash(mine, other, claim.key)
            if frozenset((problem.place, problem.other)) not in reported:
                problems.append(problem)
    return Files(versions, chosen, tuple(problems))


def _clashes(chosen: InForce) -> Iterator[tuple[Located, Located, Claim]]:
    """The later scenario, the earlier one, and the claim that both make."""
    first: dict[Claim, Located] = {}
    for located in chain.from_iterable(chosen.values()):
        for claim in claims_of(located.scenario):
            earlier = first.setdefault(claim, located)
            if earlier is not located:
                yield located, earlier, claim


def _taken(
    chosen: Iterable[Located], in_force: Iterable[Located], others: Mapping[str, tuple[Scenario, str]]
) -> Iterator[Problem]:
    """The claims of edited scenarios that one of `others` makes. One of the same name is no problem: it is replaced."""
    if not others:
        return
    known = {located.scenario.scenario: located.scenario for located in in_force}
    holders = {claim: (name, source) for name, (scenario, source) in others.items() for claim in claims_of(scenario)}
    for located in chosen:
        name = located.scenario.scenario
        if known.get(name) == located.scenario:
            continue
        for claim in claims_of(located.scenario):
            holder, source = holders.get(claim, (name, ""))
            if holder != name:
                what = "match" if claim.key == "match" else f"{claim.key} {quoted(claim.value)}"
                message = f"{what} belongs to scenario {quoted(holder)}, loaded from {source or 'elsewhere'}"
                yield Problem(located.keys[claim.key], message, "choose another, or remove that one first")
