"""Typical durations of the plugin's steps, for drafts. The values are plausible, not measured.

They depend on the kind of work of a step (docs/reference/plugin.md, "Steps and resources") and stay well below the
step's time-out, which successful runs do not reach.
"""

from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.durations import parse_duration
from mockflow.core.plugin.graph import node_timeout
from mockflow.core.plugin.template import Node


@dataclass(frozen=True)
class Work:
    """A kind of work: a description and its typical duration."""

    what: str
    takes: str


_NOTHING: Final = Work("no request to the cluster", "10ms")
_DOCUMENT: Final = Work("one document of ML Commons", "500ms")
_CLUSTER_STATE: Final = Work("a change of the cluster state", "300ms")
_INDEX: Final = Work("an index, its shards and mappings", "800ms")
_COPY: Final = Work("copies documents; grows with the source", "5s")
_REMOTE_MODEL: Final = Work("a task that the step waits for", "1s")
_DOWNLOAD: Final = Work("downloads a model in chunks, and waits for the task", "25s")
_DEPLOY: Final = Work("loads a model on its nodes, and waits for the task", "6s")

WORK: Final = {
    "noop": _NOTHING,
    "create_tool": _NOTHING,
    "create_index": _INDEX,
    "update_index": _CLUSTER_STATE,
    "delete_index": _CLUSTER_STATE,
    "reindex": _COPY,
    "create_ingest_pipeline": _CLUSTER_STATE,
    "update_ingest_pipeline": _CLUSTER_STATE,
    "delete_ingest_pipeline": _CLUSTER_STATE,
    "create_search_pipeline": _CLUSTER_STATE,
    "update_search_pipeline": _CLUSTER_STATE,
    "delete_search_pipeline": _CLUSTER_STATE,
    "create_connector": _DOCUMENT,
    "delete_connector": _DOCUMENT,
    "register_model_group": _DOCUMENT,
    "register_agent": _DOCUMENT,
    "delete_agent": _DOCUMENT,
    "delete_model": _DOCUMENT,
    "register_remote_model": _REMOTE_MODEL,
    "register_local_custom_model": _DOWNLOAD,
    "register_local_pretrained_model": _DOWNLOAD,
    "register_local_sparse_encoding_model": _DOWNLOAD,
    "deploy_model": _DEPLOY,
    "undeploy_model": _REMOTE_MODEL,
}
"""Step of the plugin -> kind of work."""


def typical_work(node: Node) -> Work:
    """The work of a step, with a duration below its time-out. A register step with `deploy: true` also deploys."""
    work = WORK[node.type]
    milliseconds, what = parse_duration(work.takes), work.what
    if work in (_REMOTE_MODEL, _DOWNLOAD) and _deploys(node.user_inputs.get("deploy")):
        milliseconds, what = milliseconds + parse_duration(_DEPLOY.takes), f"{what}; deploys it too"
    return Work(what, f"{min(milliseconds, node_timeout(node) * 3 // 4)}ms")


def _deploys(value: Any) -> bool:
    return str(value).lower() == "true"
