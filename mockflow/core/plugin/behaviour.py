"""What differs between releases of OpenSearch and the plugin, as a table, and how each row is known.

Sources: docs/reference/plugin.md, "Releases", and docs/reference/opensearch.md, "Main page" and "Headers".
`docs/reference/fidelity.md` shows the table to users.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from mockflow.core.base.java_hash import CopiedMaps

Release = tuple[int, ...]
"""Major and minor number, and the patch release if it matters."""
Known = Literal["read", "assumed"]
"""How it is known that a value begins with its release: read in the sources or the release notes, or assumed. The
values themselves are measured at `MEASURED`."""

MEASURED: Final = ("2.19.6", "3.8.0")
"""The releases of which a real node was asked."""


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


@dataclass(frozen=True)
class Since:
    """A value that holds from a release on, until the next one of its row."""

    release: Release
    value: Any
    known: Known = "read"


@dataclass(frozen=True)
class Row:
    """The values of one field, the oldest first. `words` say to users what it is."""

    words: str
    values: tuple[Since, ...]
    is_measured: bool = True
    """Whether the values at `MEASURED` were measured; else they were read, too."""


TABLE: Final[Mapping[str, Row]] = {
    "status_not_found": Row(
        "the 404 of `_status`",
        (
            Since((2, 12), "Fail to find workflow"),
            Since((2, 13), "Fail to find workflow {id}"),
            Since((2, 15), "Fail to find workflow status of {id}"),
        ),
    ),
    "status_takes_body": Row(
        "GET and DELETE of the plugin ignore a body", (Since((2, 12), False), Since((2, 14), True))
    ),
    "sends_version_header": Row("the header `X-OpenSearch-Version`", (Since((2, 12), False), Since((3, 0), True))),
    # OpenSearch pull request 4792 is in 3.0 only.
    "settings_refusal": Row(
        "the error type of a refused cluster setting",
        (Since((2, 12), "illegal_argument_exception"), Since((3, 0), "settings_exception")),
    ),
    "plugin_java_version": Row(
        "the Java release of the plugins", (Since((2, 12), "11"), Since((3, 0), "21")), is_measured=False
    ),
    "lists_optional_extended_plugins": Row(
        "`optional_extended_plugins` of a plugin", (Since((2, 12), False), Since((2, 19), True)), is_measured=False
    ),
    "minimum_wire_version": Row(
        "`minimum_wire_compatibility_version`", (Since((2, 12), "7.10.0"), Since((3, 0), "2.19.0"))
    ),
    "minimum_index_version": Row(
        "`minimum_index_compatibility_version`", (Since((2, 12), "7.0.0"), Since((3, 0), "2.0.0"))
    ),
    "provision_accepted": Row("the status of an accepted provision", (Since((2, 12), 200), Since((3, 0), 202))),
    "create_and_provision_accepted": Row(
        "the status of a create or update with provision or reprovision", (Since((2, 12), 201), Since((3, 0), 202))
    ),
    "already_provisioned": Row(
        "the refusal of a second provision",
        (
            Since((2, 12), "The template has already been provisioned: {id}"),
            Since(
                (2, 14),
                "The workflow provisioning state is {progress} and can not be provisioned unless its state is "
                "NOT_STARTED: {id}. Deprovision the workflow to reset the state.",
            ),
        ),
    ),
    "unknown_state_status": Row(
        "the status of a deprovision of an unknown workflow",
        (Since((2, 12), "INTERNAL_SERVER_ERROR"), Since((2, 16), "NOT_FOUND")),
    ),
    "other_users_status": Row(
        "the status of a call for another user's workflow",
        (Since((2, 12), "BAD_REQUEST"), Since((3, 0), "FORBIDDEN")),
        is_measured=False,
    ),
    "deletes_named_resources": Row(
        "a deprovision deletes indices and pipelines that `allow_delete` names",
        (Since((2, 12), False), Since((2, 16), True)),
    ),
    "step_error": Row(
        "the format of a failed step's error",
        (
            Since((2, 12), "class"),
            Since((2, 13), "class_and_status"),
            Since((2, 14), "message"),
            Since((3, 1), "class_and_message"),
        ),
    ),
    "reprovision_step_error": Row("the format of the error of a failed reprovision", (Since((2, 12), "message"),)),
    # The change came with some release of 2026.
    "step_timeout_status": Row(
        "the status of a step that reaches its time-out",
        (Since((2, 12), "INTERNAL_SERVER_ERROR"), Since((3, 8), "GATEWAY_TIMEOUT", "assumed")),
    ),
    "tells_why_no_index": Row(
        "create_index passes on why it failed",
        (Since((2, 12), False), Since((2, 19, 3), True), Since((3, 0), False), Since((3, 2), True)),
    ),
    # Pull request 805 is in the release notes of 2.16.
    "takes_not_found_for_deleted": Row(
        "a resource that is not found counts as deprovisioned", (Since((2, 12), False), Since((2, 16), True))
    ),
    # Pull request 838 is in the release notes of 2.17. Measured in a cluster without workflows.
    "update_looks_up_first": Row(
        "an update looks the workflow up before it checks the graph", (Since((2, 12), False), Since((2, 17), True))
    ),
    # ProvisionWorkflowTransportAction at all tags since 2.19.
    "ends_wait_on_failure": Row(
        "a failed run ends a request that waits for it", (Since((2, 12), False), Since((3, 0), True))
    ),
    "reprovision_tells_state": Row(
        "a reprovision that waits answers the status", (Since((2, 12), False), Since((3, 0), True))
    ),
    "aggregation_failure": Row(
        "the error of a search with aggregations",
        (
            Since((2, 12), ("Can not start an object, expecting field name (context: Object)", None)),
            Since(
                (3, 7),
                (
                    "Cannot start an object, expecting a property name (context: Object)\n"
                    " at [No location information]",
                    "stream_write_exception",
                ),
                "assumed",  # with Jackson 3
            ),
        ),
    ),
    "scores_keywords": Row(
        "terms of keyword fields are scored", (Since((2, 12), True), Since((3, 0), False, "assumed"))
    ),
    # OpenSearch pull request 21203 is in 3.7.
    "refuses_same_entry": Row(
        "a field that `_source` includes and excludes is refused", (Since((2, 12), False), Since((3, 7), True))
    ),
    # The tag of 2.13 has them first.
    "keeps_times": Row("the times of a template", (Since((2, 12), False), Since((2, 13), True))),
    # Pull request 1388 of flow-framework is in 3.7.
    "marks_provisioned_resources": Row(
        "`provisioned_by` of connectors, models and agents", (Since((2, 12), False), Since((3, 7), True))
    ),
    # 2.19.6 has no llm; the releases between from the plugin's release notes.
    "json_inputs": Row(
        "the inputs that are stored as JSON text",
        (
            Since((2, 12), frozenset({"configurations"})),
            Since((2, 15), frozenset({"configurations", "interface"})),
            Since((3, 1), frozenset({"configurations", "interface", "llm"})),
        ),
    ),
    "refuses_large_versions": Row(
        "a template's version above 99 is refused", (Since((2, 12), False), Since((3, 0), True, "assumed"))
    ),
    # The release is the one that OpenSearch issue 19597 names.
    "jackson": Row(
        "the texts of malformed JSON, and escapes beyond the BMP (Jackson 2 or 3)",
        (Since((2, 12), 2), Since((3, 7), 3)),
    ),
    "copied_maps": Row(
        "the order of keys in a template",
        (
            Since((2, 12), CopiedMaps(0xF3333333, ascending=True), "assumed"),
            Since((3, 0), CopiedMaps(0x13B645A1, ascending=False), "assumed"),
        ),
    ),
}
"""For each field of `Behaviour` its values."""
