"""The plugins that the cluster has installed, in the order of their names (consumers.md, section 4.3)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Plugin:
    """One plugin, as its descriptor tells of it. Its version is that of OpenSearch with a fourth part."""

    name: str
    description: str
    classname: str
    extends: tuple[str, ...] = ()
    """The plugins that it builds on."""


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
