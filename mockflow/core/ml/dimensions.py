"""The dimension of a model's embeddings: what its configuration says, else what is known of models by their names."""

import re
from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.base.json_writer import loads
from mockflow.core.ml.vectors import MAX_DIMENSION

DEFAULT_DIMENSION: Final = 768

_KEYS: Final = ("embedding_dimension", "dimensions", "dimension", "output_dimension", "outputDimension")
# Parts of models' names, from the vendors' documentation; the first that a name has counts.
_KNOWN: Final = (
    ("text-embedding-3-large", 3072),
    ("text-embedding-3-small", 1536),
    ("text-embedding-ada-002", 1536),
    ("titan-embed-text-v2", 1024),
    ("titan-embed-image", 1024),
    ("titan-embed-text-v1", 1536),
    ("titan-embed", 1536),
    ("embed-english-light", 384),
    ("embed-multilingual-light", 384),
    ("embed-english", 1024),
    ("embed-multilingual", 1024),
    ("minilm-l6", 384),
    ("minilm-l12", 384),
    ("all-mpnet-base", 768),
    ("msmarco-distilbert", 768),
)


def dimension_of(model: Mapping[str, Any], connector: Mapping[str, Any]) -> int:
    """The number of dimensions of a model with this connector (both as ML Commons has them)."""
    configuration = model.get("model_config")
    for source in (_object(configuration), _object(connector.get("parameters"))):
        for key in _KEYS:
            if found := _whole(source.get(key)):
                return found
    names = [model.get("name"), _object(connector.get("parameters")).get("model"), connector.get("name")]
    names += [action.get("url") for action in connector.get("actions") or () if isinstance(action, dict)]
    words = [re.sub(r"[\s_]+", "-", str(name).lower()) for name in names if name]
    return next((size for part, size in _KNOWN for word in words if part in word), DEFAULT_DIMENSION)


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _whole(value: Any) -> int | None:
    text = str(value)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return number if 1 <= number <= MAX_DIMENSION else None
