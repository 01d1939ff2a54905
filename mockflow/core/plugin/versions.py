"""OpenSearch releases: their numbers, builds, parameters and steps, and their behaviour, which `behaviour` has.

Sources: docs/reference/plugin.md, "Releases", and docs/reference/opensearch.md, "Main page".
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from mockflow.core.plugin.behaviour import TABLE, Behaviour, Row
from mockflow.core.plugin.steps import STEPS, Step

DEFAULT_VERSION: Final = "3.2.0"

# The Lucene of each release, a patch release where it changed there. Its first two numbers are the minor releases that
# mockflow supports. 2.19.6 and 3.8.0 are measured; the others up to 3.5 were read in the tags. Those of 3.6, 3.7 and
# 3.9 are assumed from the dates of OpenSearch's pull requests 20735 and 22898.
_LUCENE: Final[tuple[tuple[tuple[int, ...], str], ...]] = (
    ((2, 12), "9.9.2"),
    ((2, 13), "9.10.0"),
    ((2, 14), "9.10.0"),
    ((2, 15), "9.10.0"),
    ((2, 16), "9.11.1"),
    ((2, 17), "9.11.1"),
    ((2, 18), "9.12.0"),
    ((2, 19), "9.12.1"),
    ((2, 19, 3), "9.12.2"),
    ((2, 19, 4), "9.12.3"),
    ((3, 0), "10.1.0"),
    ((3, 1), "10.2.1"),
    ((3, 2), "10.2.2"),
    ((3, 3), "10.3.1"),
    ((3, 4), "10.3.2"),
    ((3, 5), "10.3.2"),
    ((3, 6), "10.4.0"),
    ((3, 7), "10.4.0"),
    ((3, 8), "10.5.0"),
    ((3, 9), "10.5.1"),
)
_MINORS: Final = sorted({release[:2] for release, _ in _LUCENE})
OLDEST: Final = "{}.{}".format(*_MINORS[0])
NEWEST: Final = "{}.{}".format(*_MINORS[-1])

# Hash and date of the builds that were measured. Those of other releases are made up.
_BUILDS: Final = {
    "2.19.6": ("97d3c13bf22a4a72ac11dc503fe44c97662b9161", "2026-07-01T04:27:16.038403104Z"),
    "3.8.0": ("e5a3c5691be87af6c12dbe3e158c59c04ee72973", "2026-08-01T18:48:00.452816924Z"),
}
_SOME_DAY: Final = "2026-01-01T00:00:00.000000000Z"
_OPENSEARCH: Final = 0x08000000  # what tells the ids of OpenSearch's versions from Elasticsearch's


# Parameters and steps that came after 2.12, read in the plugin's release notes; measured at 2.19.6 and 3.8.0.
SUBSTITUTIONS: Final = "${{ }}"
"""Stands for parameters with any name, which are filled into a template."""
_PARAMETERS_SINCE: Final = {
    SUBSTITUTIONS: (2, 13),
    "use_case": (2, 13),
    "workflow_step": (2, 13),
    "clear_status": (2, 15),
    "allow_delete": (2, 16),
    "update_fields": (2, 16),
    "reprovision": (2, 17),
    "wait_for_completion_timeout": (2, 19),
}
_STEPS_SINCE: Final = {
    "create_index": (2, 13),
    "create_ingest_pipeline": (2, 13),
    "create_search_pipeline": (2, 13),
    "reindex": (2, 15),
    "delete_index": (2, 16),
    "delete_ingest_pipeline": (2, 16),
    "delete_search_pipeline": (2, 16),
    "update_index": (2, 17),
    "update_ingest_pipeline": (2, 17),
    "update_search_pipeline": (2, 17),
}


@dataclass(frozen=True)
class Version:
    """A release of OpenSearch, such as 3.2.0, or a snapshot build of it."""

    number: str
    is_snapshot: bool
    lucene: str
    behaviour: Behaviour
    parameters: frozenset[str]
    """The plugin's parameters of this release that came after 2.12."""
    steps: Mapping[str, Step]
    """The step catalogue."""

    @property
    def minor(self) -> tuple[int, int]:
        """Major and minor number, such as (3, 2)."""
        major, minor, _ = self.number.split(".")
        return int(major), int(minor)

    @property
    def build_hash(self) -> str:
        """40 hexadecimal digits: those of the release where they are known, else derived from the number."""
        known = _BUILDS.get(self.build)
        return known[0] if known else hashlib.sha1(self.number.encode(), usedforsecurity=False).hexdigest()

    @property
    def build_date(self) -> str:
        """With nanoseconds; of no meaning where the release's own is not known."""
        return _BUILDS.get(self.build, ("", _SOME_DAY))[1]

    @property
    def id(self) -> int:
        """The number of the release in the settings of an index, such as 137297827 for 3.8.0."""
        major, minor, patch = map(int, self.number.split("."))
        return _OPENSEARCH ^ (major * 1_000_000 + minor * 10_000 + patch * 100 + 99)

    @property
    def plugin(self) -> str:
        """The version of its plugins: four parts, such as 3.2.0.0."""
        return f"{self.number}.0{self._suffix}"

    @property
    def build(self) -> str:
        """The number in `GET /`, with the suffix of a snapshot."""
        return self.number + self._suffix

    @property
    def _suffix(self) -> str:
        return "-SNAPSHOT" if self.is_snapshot else ""


@lru_cache
def parse_version(text: str) -> Version:
    """``"3.2.0"`` or ``"3.2.0-SNAPSHOT"`` -> Version. Raises ValueError for an unknown release."""
    found = re.fullmatch(r"(\d{1,2})\.(\d{1,3})\.(\d{1,3})(-SNAPSHOT)?", text)
    if not found:
        raise ValueError(f'"{text}" is not an OpenSearch version; write one such as {DEFAULT_VERSION}')
    release = (int(found[1]), int(found[2]), int(found[3]))
    if release[:2] not in _MINORS:
        raise ValueError(f"OpenSearch {text} is not supported; supported are {OLDEST} to 2.19 and 3.0 to {NEWEST}")
    return Version(
        number=text.removesuffix("-SNAPSHOT"),
        is_snapshot=found[4] is not None,
        lucene=_value_at(_LUCENE, release),
        behaviour=Behaviour(**{name: _value_at(_pairs(row), release) for name, row in TABLE.items()}),
        parameters=frozenset(name for name, since in _PARAMETERS_SINCE.items() if since <= release),
        steps={name: step for name, step in STEPS.items() if _STEPS_SINCE.get(name, (0,)) <= release},
    )


def releases() -> list[Version]:
    """The first release of each minor release that mockflow supports, the oldest first."""
    return [parse_version("{}.{}.0".format(*minor)) for minor in _MINORS]


def _pairs(row: Row) -> list[tuple[tuple[int, ...], Any]]:
    return [(since.release, since.value) for since in row.values]


def _value_at(values: Iterable[tuple[tuple[int, ...], Any]], release: tuple[int, ...]) -> Any:
    """The last value that holds for the release."""
    return [value for since, value in values if since <= release][-1]
