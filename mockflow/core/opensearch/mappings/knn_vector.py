"""The field type knn_vector of the k-NN plugin: its method, engine and space, and what does not go together.

The order and the texts are those of KNNVectorFieldMapper.TypeParser, KNNMethodContext, MethodComponent and
ParameterValidator (docs/reference/opensearch.md, "Mappings and index settings").

Not checked: whether a model exists and is trained, parameters of an encoder, which compression an engine or encoder
can do, and the dimension of a vector of bits. Releases before 2.17 worded some refusals differently.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.java import java_text
from mockflow.core.opensearch.mappings.field_parameters import MappingContext, read_int
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.settings.index_settings import text_of
from mockflow.core.opensearch.settings.setting_values import SPACE_TYPES

_GREATEST_DIMENSION: Final = 16_000


@dataclass(frozen=True)
class _Method:
    """What an engine's method can do. `parameters` are name -> Integer, Double or component."""

    spaces: frozenset[str]
    data_types: frozenset[str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    needs_training: bool = False


_HNSW: Final = {"m": "Integer", "ef_construction": "Integer"}
_METHODS: Final[Mapping[str, Mapping[str, _Method]]] = {
    "faiss": {
        "hnsw": _Method(
            frozenset({"hamming", "l2", "innerproduct", "cosinesimil"}),
            frozenset({"float", "binary", "byte"}),
            {**_HNSW, "ef_search": "Integer", "encoder": "component"},
        ),
        "ivf": _Method(
            frozenset({"hamming", "l2", "innerproduct", "cosinesimil"}),
            frozenset({"float", "binary", "byte"}),
            {"nlist": "Integer", "nprobes": "Integer", "encoder": "component"},
            needs_training=True,
        ),
    },
    "lucene": {
        "hnsw": _Method(
            frozenset({"l2", "cosinesimil", "innerproduct", "hamming"}),
            frozenset({"float", "byte", "binary"}),
            {**_HNSW, "encoder": "component"},
        ),
        "flat": _Method(
            frozenset({"l2", "cosinesimil", "innerproduct"}), frozenset({"float"}), {"encoder": "component"}
        ),
    },
    "nmslib": {
        "hnsw": _Method(frozenset({"l2", "l1", "linf", "cosinesimil", "innerproduct"}), frozenset({"float"}), _HNSW),
    },
}
_METHODS_SINCE: Final = {("lucene", "flat"): (3, 1)}
_NO_NMSLIB: Final = (3, 0)
_DEFAULT_ENGINE_FAISS: Final = (2, 18)


@dataclass(frozen=True)
class _Component:
    """A method or an encoder as a mapping writes it."""

    name: str
    parameters: Mapping[str, Any]
    engine: str | None = None
    space: str | None = None


def check_knn_vector(name: str, node: Mapping[str, Any], context: MappingContext) -> None:
    """Raises RefusedError where the parameters, each good by itself, do not make a field. `name` is its last part."""
    method = _read_method(node["method"]) if node.get("method") is not None else None
    has_model = node.get("model_id") is not None
    if method and has_model:
        raise RefusedError(f"Method and model can not be both specified in the mapping: {name}")
    if text_of(context.settings, "index.knn") != "true":
        _check_flat(name, node, has_model or method is not None)
    elif has_model:
        _check_model(name, node)
    else:
        _check_method(name, node, method, context)


def _check_flat(name: str, node: Mapping[str, Any], has_method_or_model: bool) -> None:
    """The index has no index.knn: vectors are stored and not indexed."""
    if has_method_or_model:
        raise RefusedError("Cannot set modelId or method parameters when index.knn setting is false")
    _check_dimension(name, node)
    _check_no_mode(name, node, "flat")


def _check_model(name: str, node: Mapping[str, Any]) -> None:
    if java_text(node.get("space_type", "undefined")).lower() in SPACE_TYPES:
        raise RefusedError("TopLevel Space type and model can not be both specified in the mapping")
    _check_no_mode(name, node, "model")


def _check_method(name: str, node: Mapping[str, Any], method: _Component | None, context: MappingContext) -> None:
    data_type = java_text(node.get("data_type", "float")).lower()
    if _has_mode(node) and data_type != "float":
        raise RefusedError(f"Compression and mode cannot be used for non-float32 data type for field {name}")
    space = _space(node, method, data_type)
    engine = (method and method.engine) or _default_engine(method, context)
    if engine == "nmslib" and context.minor >= _NO_NMSLIB:
        raise RefusedError(
            "nmslib engine is deprecated in OpenSearch  and cannot be used for new index creation in OpenSearch from  "
            "3.0.0."
        )
    method_name = method.name if method else "hnsw"
    known = _METHODS[engine].get(method_name)
    if known is None or context.minor < _METHODS_SINCE.get((engine, method_name), (0, 0)):
        raise RefusedError(f"Invalid method name: {method_name}")
    if known.needs_training or _needs_training(method):
        raise _validation(['"method" requires training.'])
    problems = _problems(method_name, engine, known, space, data_type, method)
    if read_int(node.get("dimension", 0)) > _GREATEST_DIMENSION:
        problems.append(
            f"Dimension value cannot be greater than {_GREATEST_DIMENSION} for vector with engine: {engine}"
        )
    if problems:
        raise _validation(problems)
    _check_dimension(name, node)


def _problems(
    name: str, engine: str, known: _Method, space: str, data_type: str, method: _Component | None
) -> list[str]:
    problems = []
    if space not in known.spaces:
        problems.append(f'"{name}" with "{engine}" configuration does not support space type: "{space}".')
    if data_type not in known.data_types:
        problems.append(f'Method "{name}" is not supported for vector data type "{data_type.upper()}".')
    given = method.parameters if method else {}
    for parameter in hash_map_order(given):
        kind = known.parameters.get(parameter)
        problem = _KINDS[kind](parameter, given[parameter]) if kind else f"Unknown parameter '{parameter}' found"
        if problem:
            problems.append(problem)
    return problems


def _integer_problem(parameter: str, value: Any) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"value is not an instance of Integer for Integer parameter [{parameter}]."
    return None if value > 0 else f"parameter validation failed for Integer parameter [{parameter}]."


def _component_problem(parameter: str, value: Any) -> str | None:
    if isinstance(value, _Component):
        return None
    return f"value is not an instance of for MethodComponentContext parameter [{parameter}]."


_KINDS: Final[Mapping[str, Callable[[str, Any], str | None]]] = {
    "Integer": _integer_problem,
    "component": _component_problem,
}


def _needs_training(method: _Component | None) -> bool:
    encoder = method.parameters.get("encoder") if method else None
    return isinstance(encoder, _Component) and encoder.name == "pq"


def _space(node: Mapping[str, Any], method: _Component | None, data_type: str) -> str:
    top = java_text(node.get("space_type", "undefined")).lower()
    top = top if top in SPACE_TYPES else ""
    inner = (method and method.space) or ""
    if top and inner and top != inner:
        raise RefusedError(f'Cannot specify conflicting space types: "[{inner}]" "[{top}]"')
    return inner or top or ("hamming" if data_type == "binary" else "l2")


def _default_engine(method: _Component | None, context: MappingContext) -> str:
    if method and method.name == "flat":
        return "lucene"
    return "faiss" if context.minor >= _DEFAULT_ENGINE_FAISS else "nmslib"


def _check_dimension(name: str, node: Mapping[str, Any]) -> None:
    if "dimension" not in node:
        raise RefusedError(f"Dimension value missing for vector: {name}")


def _has_mode(node: Mapping[str, Any]) -> bool:
    return node.get("mode") is not None or node.get("compression_level") is not None


def _check_no_mode(name: str, node: Mapping[str, Any], kind: str) -> None:
    if _has_mode(node):
        raise RefusedError(
            f"Compression and mode can not be specified in a {kind} mapping configuration for field: {name}"
        )


def _validation(problems: list[str]) -> RefusedError:
    numbered = "".join(f"{number}: {problem};" for number, problem in enumerate(problems, 1))
    return RefusedError(f"Validation Failed: {numbered}")


def _read_method(value: Any) -> _Component:
    """KNNMethodContext.parse."""
    if not isinstance(value, dict):
        raise RefusedError('Unable to parse mapping into KNNMethodContext. Object not of type "Map"')
    engine = space = None
    for key in hash_map_order(value):
        given = value[key]
        if key in ("engine", "space_type") and given is not None and not isinstance(given, str):
            raise RefusedError(f'"{key}" must be a string')
        if key == "engine":
            engine = _named(given, "engine", tuple(_METHODS))
        elif key == "space_type":
            space = _named(given, "space_type", SPACE_TYPES)
        elif key == "name" and not isinstance(given, str):
            raise RefusedError("namehas to be a string")
        elif key == "parameters" and given is not None and not isinstance(given, dict):
            raise RefusedError("Unable to parse parameters for main method component")
        elif key not in ("name", "parameters"):
            raise RefusedError(f"Invalid parameter: {key}")
    return _component(value, engine, space)


def _read_component(value: Mapping[str, Any]) -> _Component:
    """MethodComponentContext.parse."""
    for key in hash_map_order(value):
        given = value[key]
        if key == "name" and not isinstance(given, str):
            raise RefusedError("Component name should be a string")
        if key == "parameters" and given is not None and not isinstance(given, dict):
            raise RefusedError("Unable to parse parameters for  method component")
        if key not in ("name", "parameters"):
            raise RefusedError(f"Invalid parameter for MethodComponentContext: {key}")
    return _component(value)


def _component(value: Mapping[str, Any], engine: str | None = None, space: str | None = None) -> _Component:
    given = value.get("parameters") or {}
    parameters = {key: _read_component(it) if isinstance(it, dict) else it for key, it in given.items()}
    if not value.get("name"):
        raise RefusedError("name needs to be set")
    return _Component(value["name"], parameters, engine, space)


def _named(text: str | None, key: str, allowed: tuple[str, ...]) -> str | None:
    """An engine or a space type, in any case; ``undefined`` and null are none."""
    if text is None or text.lower() == "undefined":
        return None
    if text.lower() not in allowed:
        raise RefusedError(f"Invalid {key}: {text}")
    return text.lower()
