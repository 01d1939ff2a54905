"""Parameters that many of OpenSearch's endpoints share (docs/reference/opensearch.md, "Parameters")."""

from collections.abc import Mapping

from mockflow.core.opensearch import values
from mockflow.core.opensearch.indices.listing import DEFAULT_OPTIONS, IndicesOptions
from mockflow.server.rest.errors import illegal_argument, object_error
from mockflow.server.rest.parameters import Parameters

_STATES = frozenset({"open", "closed", "hidden"})


def with_options(defaults: IndicesOptions, given: Mapping[str, str]) -> IndicesOptions:
    """The options that a header of a multi-search gives, as if they were parameters."""
    return read_indices_options(Parameters(given, {}), defaults) if given else defaults


def check_keep_alive(keep_alive: int | None, given: str | None, setting: str) -> None:
    """Refuses to keep a scroll or a point in time for more than a day; `setting` is the limit's name in OpenSearch."""
    if keep_alive is not None and keep_alive > _DAY:
        raise illegal_argument(
            f"Keep alive for request ({given}) is too large. It must be less than (1d). This limit can be set by "
            f"changing the [{setting}] cluster level setting."
        )


_DAY = 24 * 3_600_000  # ms


def read_manager_timeout(parameters: Parameters) -> None:
    """``cluster_manager_timeout``, which is ``master_timeout`` in older programs; 400 for both at once."""
    parameters.time("cluster_manager_timeout")
    if parameters.text("master_timeout") is None:
        return
    if parameters.text("cluster_manager_timeout") is not None:
        names = "master_timeout, cluster_manager_timeout"
        raise object_error(400, "parse_exception", f"Please only use one of the request parameters [{names}].")
    parameters.time("master_timeout")


def read_indices_options(parameters: Parameters, defaults: IndicesOptions = DEFAULT_OPTIONS) -> IndicesOptions:
    """How the index expression of the path is resolved. 400 for values that OpenSearch does not know."""
    expands_to = _expands_to(parameters, defaults)
    options = IndicesOptions(
        ignore_unavailable=_option(parameters, "ignore_unavailable", defaults.ignore_unavailable),
        allow_no_indices=_option(parameters, "allow_no_indices", defaults.allow_no_indices),
        expands_to=expands_to,
        forbids_closed=defaults.forbids_closed,
    )
    _option(parameters, "ignore_throttled", False)
    return options


def read_wait_for_shards(parameters: Parameters) -> None:
    """``wait_for_active_shards``: a number or ``all``, else 400. Nothing waits, for shards are active at once."""
    text = parameters.text("wait_for_active_shards")
    if text is None or text == "all":
        return
    try:
        number = int(text)
    except ValueError:
        cause = {"type": "number_format_exception", "reason": f'For input string: "{text}"'}
        raise illegal_argument(f"cannot parse ActiveShardCount[{text}]", cause) from None
    if number < 0:
        raise illegal_argument("shard count cannot be a negative value")


def _expands_to(parameters: Parameters, defaults: IndicesOptions) -> frozenset[str]:
    text = parameters.text("expand_wildcards")
    if text is None:
        return defaults.expands_to
    states: frozenset[str] = frozenset()
    for state in text.split(","):
        if state == "none":
            states = frozenset()
        elif state == "all":
            states = _STATES
        elif state in _STATES:
            states |= {state}
        else:
            raise illegal_argument(f"No valid expand wildcard value [{state}]")
    return states


def _option(parameters: Parameters, name: str, default: bool) -> bool:
    """A boolean without a default for a missing value: ``?ignore_unavailable`` alone is refused."""
    text = parameters.text(name)
    if text is None:
        return default
    try:
        return values.boolean(text)
    except values.BadValueError as error:
        cause = {"type": "illegal_argument_exception", "reason": error.reason}
        raise illegal_argument(f"Could not convert [{name}] to boolean", cause) from None
