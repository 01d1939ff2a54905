"""Rules of single field types that no parameter has by itself: required parameters, parameters that exclude each other.

The texts are those of the mappers of OpenSearch and of the plugins k-NN and neural-search. Not checked: the model of
a semantic field, and the parameters of the method of a sparse_vector.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from mockflow.core.opensearch.java import java_text
from mockflow.core.opensearch.mappings.field_parameters import MappingContext
from mockflow.core.opensearch.mappings.knn_vector import check_knn_vector
from mockflow.core.opensearch.refusal import RefusedError

Node = Mapping[str, Any]
Check = Callable[[str, Node, MappingContext], None]
"""Takes the field's name, its parameters and the context; raises RefusedError."""


def _need_scaling_factor(name: str, node: Node, _context: MappingContext) -> None:
    if "scaling_factor" not in node:
        raise RefusedError(f"Field [{name}] misses required parameter [scaling_factor]")


def _need_analyzer(name: str, node: Node, context: MappingContext) -> None:
    if "analyzer" not in node:
        context.at_build.append(RefusedError(f"Analyzer must be set for field [{name}] but wasn't."))


def _need_value(name: str, node: Node, _context: MappingContext) -> None:
    if "value" not in node:
        raise RefusedError(f"Field [{name}] is missing required parameter [value]")
    if not isinstance(node["value"], str):
        raise RefusedError(f"Field [{name}] is expected to be a string value")


def _check_semantic(name: str, node: Node, _context: MappingContext) -> None:
    """SemanticFieldMapper of neural-search. Its model is not looked up."""
    raw = node.get("raw_field_type", "text")
    if raw not in _RAW_FIELD_TYPES:
        listed = ", ".join(_RAW_FIELD_TYPES)
        raise RefusedError(f"raw_field_type {java_text(raw)} is not supported. It should be one of [{listed}]")
    search, analyzer = node.get("search_model_id"), node.get("semantic_field_search_analyzer")
    if search is not None and analyzer is not None:
        raise RefusedError(
            f"search_model_id can not coexist with semantic_field_search_analyzer in semantic field {name}"
        )
    for key, value in (("search_model_id", search), ("semantic_field_search_analyzer", analyzer)):
        if value == "":
            raise RefusedError(f"{key} can not be empty string in semantic field {name}")


def _check_sparse_vector(_name: str, node: Node, _context: MappingContext) -> None:
    """SparseTokensFieldMapper of neural-search. The parameters of its method are not checked."""
    method = node.get("method")
    if not isinstance(method, dict):
        raise RefusedError("[sparse_vector] requires [method] parameter")
    if method.get("name") != "seismic":
        raise RefusedError(f"[method.name]: {java_text(method.get('name', ''))} is not supported")


EXTRAS: Final[Mapping[str, Check]] = {
    "scaled_float": _need_scaling_factor,
    "token_count": _need_analyzer,
    "constant_keyword": _need_value,
    "knn_vector": check_knn_vector,
    "semantic": _check_semantic,
    "sparse_vector": _check_sparse_vector,
}
_RAW_FIELD_TYPES: Final = ("text", "keyword", "match_only_text", "wildcard", "token_count", "binary")
