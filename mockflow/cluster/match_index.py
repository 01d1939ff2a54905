"""The scenarios that match workflows of clients, found by what a create request has.

A scenario is looked up by one condition that has to hold: a header, the exact name, the use case. Names with wildcards
are compared one by one, the longest first, and only where nothing more specific matches.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mockflow.core.base.groups import remove_from
from mockflow.core.scenario.match import Match, longest_text
from mockflow.core.scenario.model import Scenario

_Key = tuple[str, ...]
_EVERYTHING: Final[_Key] = ("everything",)


class MatchIndex:
    """Scenarios with `match`, in the order of loading."""

    def __init__(self) -> None:
        self._by_key: dict[_Key, dict[str, Scenario]] = {}
        self._globs: dict[int, dict[str, tuple[str, Scenario]]] = {}  # by length; with what every name has
        self._headers: dict[str, int] = {}  # name in lower case -> number of scenarios that are found by it
        self._places: dict[str, int] = {}
        self._next_place = 0

    def put(self, scenario: Scenario) -> None:
        """Adds a scenario. One that replaces another of the same name, which is removed before, keeps its place."""
        if scenario.scenario not in self._places:
            self._places[scenario.scenario] = self._next_place
            self._next_place += 1
        if scenario.match:
            if _is_compared(scenario.match):
                glob = scenario.match.name or ""
                self._globs.setdefault(len(glob), {})[scenario.scenario] = longest_text(glob), scenario
            else:
                self._by_key.setdefault(_key(scenario.match), {})[scenario.scenario] = scenario
            if header := _first_header(scenario.match):
                self._headers[header[0]] = self._headers.get(header[0], 0) + 1

    def remove(self, scenario: Scenario, *, keeps_place: bool) -> None:
        """Removes a scenario that was put in before."""
        if not keeps_place:
            del self._places[scenario.scenario]
        if scenario.match is None:
            return
        if header := _first_header(scenario.match):
            self._headers[header[0]] -= 1
            if not self._headers[header[0]]:
                del self._headers[header[0]]
        if _is_compared(scenario.match):
            remove_from(self._globs, len(scenario.match.name or ""), scenario.scenario)
        else:
            remove_from(self._by_key, _key(scenario.match), scenario.scenario)

    def put_in_order(self, names: Iterable[str]) -> None:
        """Sets the order of all scenarios."""
        self._places = {name: place for place, name in enumerate(names)}
        self._next_place = len(self._places)

    def best(self, *, name: str, use_case: str, headers: Mapping[str, str]) -> list[Scenario]:
        """The scenarios that match best, the first loaded first; several are equally specific."""
        for candidates in self._by_rank(name, use_case, headers):
            found = [
                one
                for one in candidates
                if one.match and one.match.covers(name=name, use_case=use_case, headers=headers)
            ]
            if found:
                most = max(map(_specificity, found))
                best = [one for one in found if _specificity(one) == most]
                return sorted(best, key=lambda one: self._places[one.scenario])
        return []

    def _by_rank(self, name: str, use_case: str, headers: Mapping[str, str]) -> Iterator[Iterable[Scenario]]:
        """Groups of scenarios that may match; each group is more specific than those after it."""
        with_header: list[Scenario] = []
        for header, value in self._sent(headers).items():
            with_header += self._by_key.get(("header", header, value), {}).values()
        yield with_header
        yield self._by_key.get(("name", name), {}).values()
        for length in sorted(self._globs, reverse=True):
            yield [scenario for text, scenario in self._globs[length].values() if text in name]
        yield self._by_key.get(("use_case", use_case), {}).values()
        yield self._by_key.get(_EVERYTHING, {}).values()

    def _sent(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """The headers of a request by which scenarios are found, their names in lower case."""
        return {lower: headers[name] for name in headers if (lower := name.lower()) in self._headers}


def _is_compared(match: Match) -> bool:
    """Whether a scenario is found by comparing its name alone."""
    return match.has_glob and not match.header


def _key(match: Match) -> _Key:
    if header := _first_header(match):
        return ("header", *header)
    if match.name is not None:
        return ("name", match.name)
    return _EVERYTHING if match.use_case is None else ("use_case", match.use_case)


def _first_header(match: Match) -> tuple[str, str] | None:
    return next(((name.lower(), value) for name, value in (match.header or {}).items()), None)


def _specificity(scenario: Scenario) -> tuple[bool, bool, int, bool]:
    assert scenario.match is not None
    return scenario.match.specificity
