"""OpenSearch releases and their differences, as a table.

Sources: docs/reference/plugin.md, "Releases", and docs/reference/opensearch.md, "Main page" and "Headers".
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final

from mockflow.core.base.java_hash import CopiedMaps
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


@dataclass(frozen=True)
class Behaviour:
    """The behaviour of one release. Each field is a row of the table below."""

    status_not_found: str
    """The text of the plugin's 404 for an unknown workflow id."""
    status_takes_body: bool
    """Whether the plugin's GET and DELETE calls ignore a body. Otherwise they refuse it."""
    sends_version_header: bool
    """Whether every response has the header X-OpenSearch-Version."""
    settings_refusal: str
    """The type of the error for a cluster setting that is unknown or may not be updated."""
    plugin_java_version: str
    lists_optional_extended_plugins: bool
    """Whether the plugins of a node list which of the extended plugins are optional."""
    minimum_wire_version: str
    minimum_index_version: str
    provision_accepted: int
    """The HTTP status of an accepted provision."""
    create_and_provision_accepted: int
    """The HTTP status of a create or update with provision=true or reprovision=true."""
    already_provisioned: str
    """The text of the refusal of a second provision."""
    unknown_state_status: str
    """The RestStatus of a deprovision of an unknown workflow."""
    other_users_status: str
    """The RestStatus of a call for a workflow of other backend roles."""
    deletes_named_resources: bool
    """Whether deprovisioning deletes indexes and pipelines, each only if allow_delete names it."""
    step_error: str
    """The format of a failed step's error, in `failures.ERROR_FORMATS`."""
    reprovision_step_error: str
    """The format of the error of a step that failed in a reprovisioning."""
    step_timeout_status: str
    """The RestStatus of a step that ends by its time-out."""
    tells_why_no_index: bool
    """Whether create_index passes on the reason and status of its failure."""
    takes_not_found_for_deleted: bool
    """Whether deprovisioning counts a resource as deleted whose deletion fails with an OpenSearchStatusException and
    NOT_FOUND."""
    update_looks_up_first: bool
    """Whether an update looks the workflow up before it checks the new template's graph."""
    ends_wait_on_failure: bool
    """Whether a failed run ends a request that waits for it; else the request lasts for its whole time-out and then
    answers the status."""
    reprovision_tells_state: bool
    """Whether a reprovision that waits answers the status; else its answer has the workflow's id alone."""
    aggregation_failure: tuple[str, str | None]
    """Why the plugin's searches fail where they have aggregations: the reason, and the type of the inner exception."""
    scores_keywords: bool
    """Whether a search scores terms of keyword fields; else their score is 1.0."""
    refuses_same_entry: bool
    """Whether a search refuses a path that `_source` both includes and excludes."""
    keeps_times: bool
    """Whether a template has its times: created, last updated, last provisioned."""
    marks_provisioned_resources: bool
    """Whether connectors, models and agents have the field provisioned_by."""
    json_inputs: frozenset[str]
    """The user_inputs that are stored as JSON text when they are sent as objects."""
    refuses_large_versions: bool
    """Whether a template's version may not be above 99; else only its last two digits count."""
    jackson: int
    """The major version of the library that reads and writes JSON."""
    copied_maps: CopiedMaps
    """The order of keys in a template's workflows, user_params, inputs and ui_metadata. Java draws it anew at each
    start; these are those of one start of 2.19.6 and of one of 3.8.0."""


# For each field of Behaviour: the value from a release on, a patch release if it matters.
_TABLE: Final[dict[str, tuple[tuple[tuple[int, ...], Any], ...]]] = {
    "status_not_found": (
        ((2, 12), "Fail to find workflow"),
        ((2, 13), "Fail to find workflow {id}"),
        ((2, 15), "Fail to find workflow status of {id}"),
    ),
    "status_takes_body": (((2, 12), False), ((2, 14), True)),
    "sends_version_header": (((2, 12), False), ((3, 0), True)),
    # OpenSearch pull request 4792 is in 3.0 only.
    "settings_refusal": (((2, 12), "illegal_argument_exception"), ((3, 0), "settings_exception")),
    "plugin_java_version": (((2, 12), "11"), ((3, 0), "21")),
    "lists_optional_extended_plugins": (((2, 12), False), ((2, 19), True)),
    "minimum_wire_version": (((2, 12), "7.10.0"), ((3, 0), "2.19.0")),
    "minimum_index_version": (((2, 12), "7.0.0"), ((3, 0), "2.0.0")),
    "provision_accepted": (((2, 12), 200), ((3, 0), 202)),
    "create_and_provision_accepted": (((2, 12), 201), ((3, 0), 202)),
    "already_provisioned": (
        ((2, 12), "The template has already been provisioned: {id}"),
        (
            (2, 14),
            "The workflow provisioning state is {progress} and can not be provisioned unless its state is NOT_STARTED: "
            "{id}. Deprovision the workflow to reset the state.",
        ),
    ),
    "unknown_state_status": (((2, 12), "INTERNAL_SERVER_ERROR"), ((2, 16), "NOT_FOUND")),
    "other_users_status": (((2, 12), "BAD_REQUEST"), ((3, 0), "FORBIDDEN")),
    "deletes_named_resources": (((2, 12), False), ((2, 16), True)),
    "step_error": (
        ((2, 12), "class"),
        ((2, 13), "class_and_status"),
        ((2, 14), "message"),
        ((3, 1), "class_and_message"),
    ),
    # Measured at 2.19.6 and 3.8.0; pull request 805 is in the release notes of 2.16.
    "takes_not_found_for_deleted": (((2, 12), False), ((2, 16), True)),
    # Measured at 2.19.6 and 3.8.0 in a cluster without workflows; pull request 838 is in the release notes of 2.17.
    "update_looks_up_first": (((2, 12), False), ((2, 17), True)),
    # Measured at 2.19.6 and 3.8.0; the change came with 3.0 (ProvisionWorkflowTransportAction at all tags since 2.19).
    "ends_wait_on_failure": (((2, 12), False), ((3, 0), True)),
    # Measured at 2.19.6 and 3.8.0; assumed to have come with 3.0.
    "reprovision_tells_state": (((2, 12), False), ((3, 0), True)),
    # Measured at 2.19.6 and 3.8.0: Jackson 2 and Jackson 3, whose release is not known; assumed to be that of 3.7.
    "aggregation_failure": (
        ((2, 12), ("Can not start an object, expecting field name (context: Object)", None)),
        (
            (3, 7),
            (
                "Cannot start an object, expecting a property name (context: Object)\n at [No location information]",
                "stream_write_exception",
            ),
        ),
    ),
    # Measured at 2.19.6 and 3.8.0; assumed to have come with 3.0.
    "scores_keywords": (((2, 12), True), ((3, 0), False)),
    # Measured at 2.19.6 and 3.8.0; OpenSearch pull request 21203 is in 3.7.
    "refuses_same_entry": (((2, 12), False), ((3, 7), True)),
    # Measured at 2.19.6 and 3.8.0.
    "reprovision_step_error": (((2, 12), "message"),),
    # Measured at 2.19.6 and 3.8.0. The change came with some release of 2026.
    "step_timeout_status": (((2, 12), "INTERNAL_SERVER_ERROR"), ((3, 8), "GATEWAY_TIMEOUT")),
    "tells_why_no_index": (((2, 12), False), ((2, 19, 3), True), ((3, 0), False), ((3, 2), True)),
    # The tag of 2.13 has them first.
    "keeps_times": (((2, 12), False), ((2, 13), True)),
    # Measured at 2.19.6 (none) and 3.8.0; flow-framework's pull request 1388 is in 3.7.
    "marks_provisioned_resources": (((2, 12), False), ((3, 7), True)),
    # Measured at 2.19.6 (no llm) and 3.8.0; the releases between from the plugin's release notes.
    "json_inputs": (
        ((2, 12), frozenset({"configurations"})),
        ((2, 15), frozenset({"configurations", "interface"})),
        ((3, 1), frozenset({"configurations", "interface", "llm"})),
    ),
    # Measured at 2.19.6 and 3.8.0; assumed to have come with 3.0.
    "refuses_large_versions": (((2, 12), False), ((3, 0), True)),
    # Measured at 2.19.6 and 3.8.0; the release is the one that OpenSearch issue 19597 names.
    "jackson": (((2, 12), 2), ((3, 7), 3)),
    "copied_maps": (
        ((2, 12), CopiedMaps(0xF3333333, ascending=True)),
        ((3, 0), CopiedMaps(0x13B645A1, ascending=False)),
    ),
}

# Parameters and steps that came after 2.12, by the plugin's release notes.
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
        behaviour=Behaviour(**{field.name: _value_at(_TABLE[field.name], release) for field in fields(Behaviour)}),
        parameters=frozenset(name for name, since in _PARAMETERS_SINCE.items() if since <= release),
        steps={name: step for name, step in STEPS.items() if _STEPS_SINCE.get(name, (0,)) <= release},
    )


def _value_at(values: Iterable[tuple[tuple[int, ...], Any]], release: tuple[int, ...]) -> Any:
    """The last value that holds for the release."""
    return [value for since, value in values if since <= release][-1]
