"""What ML Commons says about ``model_config`` of a model that a client registers or changes.

Source: TextEmbeddingModelConfig and RemoteModelConfig of ML Commons 3.8 (read; docs/reference/opensearch.md,
"ML Commons"). The configurations of other kinds of models are not checked.
"""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.plugin.step_checks.models import FRAMEWORKS
from mockflow.core.plugin.versions import Version

_LOCAL: Final = "TEXT_EMBEDDING"
_REMOTE: Final = "REMOTE"
_OF_REMOTE_SINCE: Final = (3, 1)
_FRAMEWORK: Final = "framework_type"


def check_model_config(function: str, config: Any, version: Version) -> None:
    """Raises RefusedError for a configuration that lacks something. A model need not have one."""
    if not isinstance(config, Mapping):
        return
    if config.get(_FRAMEWORK) is not None and str(config[_FRAMEWORK]).upper() not in FRAMEWORKS:
        raise RefusedError("Wrong framework type")
    if function == _LOCAL:
        _require(config, _OF_LOCAL)
    elif function == _REMOTE and version.minor >= _OF_REMOTE_SINCE:
        _require(config, {"model_type": "model type is null"})
        if str(config["model_type"]).lower() == "text_embedding":
            more = config.get("additional_config")
            _require(
                {**config, "space_type": more.get("space_type") if isinstance(more, Mapping) else None}, _OF_REMOTE
            )


def _require(config: Mapping[str, Any], texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        if config.get(name) is None:
            raise RefusedError(text)


_OF_LOCAL: Final = {
    "model_type": "model type is null",
    "embedding_dimension": "embedding dimension is null",
    _FRAMEWORK: "framework type is null",
}
_OF_REMOTE: Final = {
    "embedding_dimension": "Embedding dimension must be provided for remote text embedding model",
    _FRAMEWORK: "Framework type must be provided for remote text embedding model",
    "space_type": "Space type must be provided in additional_config for remote text embedding model",
}
