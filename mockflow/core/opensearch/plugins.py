"""The installed plugins of the cluster, in order of their names (docs/reference/opensearch.md, "Nodes")."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Plugin:
    """A plugin with the fields of its descriptor. Its version is OpenSearch's with a fourth part."""

    name: str
    description: str
    classname: str
    extends: tuple[str, ...] = ()
    """The plugins that it extends."""


PLUGINS: Final = (
    Plugin(
        "opensearch-flow-framework",
        "OpenSearch plugin that enables builders to innovate AI apps on OpenSearch",
        "org.opensearch.flowframework.FlowFrameworkPlugin",
    ),
    Plugin(
        "opensearch-job-scheduler",
        "OpenSearch Job Scheduler plugin",
        "org.opensearch.jobscheduler.JobSchedulerPlugin",
    ),
    Plugin("opensearch-knn", "OpenSearch k-NN plugin", "org.opensearch.knn.plugin.KNNPlugin", ("lang-painless",)),
    Plugin("opensearch-ml", "machine learning plugin for opensearch", "org.opensearch.ml.plugin.MachineLearningPlugin"),
    Plugin(
        "opensearch-neural-search",
        "A plugin that adds dense neural retrieval into the OpenSearch ecosytem",
        "org.opensearch.neuralsearch.plugin.NeuralSearch",
        ("opensearch-knn",),
    ),
)
