"""How OpenSearch reads the value of a setting from its text, kind by kind, and what it says of a bad one.

Every reader takes the setting's key, the text and the bounds, and raises BadValueError. The texts are those of
Setting, ByteSizeValue and of the classes that own the settings.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mockflow.core.opensearch.values import MAX_INTEGER, BadValueError, boolean, integer, time_value


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest value as the table writes them; empty is none."""

    least: str = ""
    greatest: str = ""


Reader = Callable[[str, str, Bounds], object]

_BYTE_UNITS: Final = {
    "pb": 2**50, "tb": 2**40, "gb": 2**30, "mb": 2**20, "kb": 2**10,
    "p": 2**50, "t": 2**40, "g": 2**30, "m": 2**20, "k": 2**10, "b": 1,
}  # fmt: skip
_LONG: Final = 2**63


def read_value(kind: str, key: str, text: str, bounds: Bounds) -> None:
    """Raises BadValueError for a text that is no value of that kind."""
    READERS[kind](key, text, bounds)


def _int(key: str, text: str, bounds: Bounds) -> None:
    integer(key, text, int(bounds.least or -MAX_INTEGER - 1), int(bounds.greatest or MAX_INTEGER))


def _long(key: str, text: str, bounds: Bounds) -> None:
    if not re.fullmatch(r"[-+]?\d{1,19}", text, re.ASCII) or not -_LONG <= int(text) < _LONG:
        raise BadValueError(f"Failed to parse value [{text}] for setting [{key}]", not_a_number=text)
    if bounds.least and int(text) < int(bounds.least):
        raise BadValueError(f"Failed to parse value [{text}] for setting [{key}] must be >= {bounds.least}")


def _double(key: str, text: str, bounds: Bounds) -> None:
    try:
        number = float(text.replace("_", "x"))
    except ValueError:
        raise BadValueError(f"Failed to parse value [{text}] for setting [{key}]", not_a_number=text) from None
    for broken, rule in (
        (bounds.least and number < float(bounds.least), f">= {bounds.least}"),
        (bounds.greatest and number > float(bounds.greatest), f"<= {bounds.greatest}"),
    ):
        if broken:
            raise BadValueError(f"Failed to parse value [{text}] for setting [{key}] must be {rule}")


def _bool(_key: str, text: str, _bounds: Bounds) -> None:
    boolean(text)


def _time(key: str, text: str, bounds: Bounds) -> None:
    milliseconds = time_value(key, text)
    if bounds.least and milliseconds < int(bounds.least.removesuffix("ms")):
        raise BadValueError(f"failed to parse value [{text}] for setting [{key}], must be >= [{bounds.least}]")


def _bytes(key: str, text: str, bounds: Bounds) -> None:
    size = _byte_size(key, text)
    if bounds.least and size < int(bounds.least.removesuffix("b")):
        raise BadValueError(f"failed to parse value [{text}] for setting [{key}], must be >= [{bounds.least}]")


def _byte_size(key: str, text: str) -> int:
    folded = text.strip().lower()
    if folded in ("-1", "0"):
        return int(folded)
    unit = next((unit for unit in _BYTE_UNITS if folded.endswith(unit)), None)
    if unit is None:
        raise BadValueError(
            f"failed to parse setting [{key}] with value [{text}] as a size in bytes: unit is missing or unrecognized"
        )
    try:
        number = float(folded.removesuffix(unit).strip())
    except ValueError:
        raise BadValueError(f"failed to parse [{text}]") from None
    if number < 0:
        raise BadValueError(f"Values less than -1 bytes are not supported: {folded}")
    return int(number * _BYTE_UNITS[unit])


def _anything(_key: str, _text: str, _bounds: Bounds) -> None:
    pass


def _auto_expand(_key: str, text: str, _bounds: Bounds) -> None:
    """``false``, ``0-all`` or ``0-5``."""
    if text == "false":
        return
    dash = text.find("-")
    least, greatest = text[: max(dash, 0)], text[dash + 1 :]
    if dash < 0 or not _is_int(least) or not (greatest == "all" or _is_int(greatest)):
        raise BadValueError(f"failed to parse [index.auto_expand_replicas] from value: [{text}] at index {dash}")
    if greatest != "all" and int(least) > int(greatest):
        raise BadValueError(
            f"[index.auto_expand_replicas] minReplicas must be =< maxReplicas but wasn't {int(least)} > {int(greatest)}"
        )


def _active_shards(_key: str, text: str, _bounds: Bounds) -> None:
    if text in ("all", "null"):
        return
    if not _is_int(text):
        raise BadValueError(f"cannot parse ActiveShardCount[{text}]")
    if int(text) < 0:
        raise BadValueError("shard count cannot be a negative value")


def _cfs_ratio(_key: str, text: str, _bounds: Bounds) -> None:
    if text.strip().lower() in ("true", "false"):
        return
    try:
        number = float(text)
    except ValueError:
        raise BadValueError(f"Expected a boolean or a value in the interval [0..1] but was: [{text}]") from None
    if not 0 <= number <= 1:
        raise BadValueError(f"NoCFSRatio must be in the interval [0..1] but was: [{text}]")


def _codec(_key: str, text: str, _bounds: Bounds) -> None:
    """The codecs of OpenSearch, of custom-codecs, and those that Lucene and k-NN register by class name."""
    if text not in _CODECS and not text.startswith(("Lucene", "KNN", "Zstd", "Star")):
        raise BadValueError(
            f"unknown value for [index.codec] must be one of [default, lz4, best_compression, zlib] but was: {text}"
        )


def _slowlog_source(_key: str, text: str, _bounds: Bounds) -> None:
    if not _is_int(text):
        boolean(text)


def _similarity(key: str, _text: str, _bounds: Bounds) -> None:
    name = key.removeprefix("index.similarity.").partition(".")[0]
    if name in ("BM25", "boolean", "LegacyBM25", "classic"):
        raise BadValueError(f"illegal value for [index.similarity.{name}] cannot redefine built-in similarity")


def _each(allowed: tuple[str, ...], message: str) -> Reader:
    """A list whose members are names in any case."""

    def read(_key: str, text: str, _bounds: Bounds) -> None:
        for member in text.removeprefix("[").removesuffix("]").split(","):
            if member.strip().lower() not in allowed:
                raise BadValueError(message.format(member.strip()))

    return read


def _one_of(allowed: tuple[str, ...], message: str, shown: Callable[[str], str] = str) -> Reader:
    """One of these names, after `shown` has given the text the case in which OpenSearch compares it."""

    def read(_key: str, text: str, _bounds: Bounds) -> None:
        if shown(text) not in allowed:
            raise BadValueError(message.format(shown(text)))

    return read


def _is_int(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d{1,10}", text, re.ASCII) is not None


_CODECS: Final = frozenset(
    "default lz4 best_compression zlib lucene_default zstd zstd_no_dict qat_lz4 qat_deflate qat_zstd".split()  # noqa: SIM905
)
_REBALANCE_TYPES: Final = ("always", "indices_primaries_active", "indices_all_active")
SPACE_TYPES: Final = ("l2", "cosinesimil", "l1", "linf", "innerproduct", "hamming")
NO_SUCH_SPACE: Final = "Unable to find space: {} . Valid values are: [" + ", ".join(SPACE_TYPES) + "]"

READERS: Final[Mapping[str, Reader]] = {
    "int": _int,
    "long": _long,
    "double": _double,
    "bool": _bool,
    "time": _time,
    "bytes": _bytes,
    "string": _anything,
    "list": _anything,
    "auto_expand": _auto_expand,
    "active_shards": _active_shards,
    "cfs_ratio": _cfs_ratio,
    "codec": _codec,
    "slowlog_source": _slowlog_source,
    "similarity": _similarity,
    "durability": _one_of(
        ("ASYNC", "REQUEST"), "No enum constant org.opensearch.index.translog.Translog.Durability.{}", str.upper
    ),
    "slowlog_level": _one_of(
        ("WARN", "TRACE", "INFO", "DEBUG"), "No enum constant org.opensearch.index.SlowLogLevel.{}", str.upper
    ),
    "replication_type": _one_of(
        ("DOCUMENT", "SEGMENT"),
        "Could not parse ReplicationStrategy for [{}]",
        lambda text: text if text != text.lower() else text.upper(),
    ),
    "allocation": _one_of(
        ("NONE", "NEW_PRIMARIES", "PRIMARIES", "ALL"), "Illegal allocation.enable value [{}]", str.upper
    ),
    "rebalance": _one_of(("NONE", "PRIMARIES", "REPLICAS", "ALL"), "Illegal rebalance.enable value [{}]", str.upper),
    "task_allocation": _one_of(("NONE", "ALL"), "Illegal allocation.enable value [{}]", str.upper),
    "allow_rebalance": _one_of(
        _REBALANCE_TYPES,
        "Illegal value for cluster.routing.allocation.allow_rebalance: {}",
        lambda text: text.lower() if text.lower() in _REBALANCE_TYPES else text,
    ),
    "log_level": _one_of(
        ("OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL"),
        "Unknown level constant [{}].",
        str.upper,
    ),
    "check_on_startup": _one_of(
        ("false", "true", "checksum"),
        "unknown value for [index.shard.check_on_startup] must be one of [true, false, checksum] but was: {}",
    ),
    "search_mode": _one_of(("all", "none", "auto"), "Setting value must be one of [all, none, auto]"),
    "fielddata_cache": _one_of(("node", "none"), "failed to parse [{}] must be one of [node,none]"),
    "fs_lock": _one_of(("native", "simple"), 'unrecognized [index.store.fs.fs_lock] "{}": must be native or simple'),
    "merge_policy": _one_of(
        ("tiered", "log_byte_size", "default"),
        "The setting has unsupported policy specified: {}. Please use one of: tiered, log_byte_size, default",
    ),
    "space_type": _one_of(SPACE_TYPES, NO_SUCH_SPACE, str.lower),
    "sort_order": _each(("asc", "desc"), "Illegal sort order:{}"),
    "sort_mode": _each(("min", "max"), "Illegal sort mode: {}"),
    "sort_missing": _each(("_last", "_first"), "Illegal missing value:[{}], must be one of [_last, _first]"),
}
