"""Which names an index or an alias may have.

The rules, their order and their texts are those of MetadataCreateIndexService.validateIndexOrAliasName and
AliasValidator (docs/reference/opensearch.md, "Indices"). A name in angle brackets is date math, which OpenSearch
resolves before it looks at the name; it is not resolved here and passes.
"""

from typing import Final

from mockflow.core.opensearch.refusal import RefusedError

_LONGEST: Final = 255  # bytes in UTF-8
_NO_FILE_NAME: Final = '\\/*?"<>| ,'
_NO_FILE_NAME_SHOWN: Final = '[ , ", *, \\, <, |, ,, >, /, ?]'


def check_index_name(name: str) -> None:
    """Raises RefusedError for a name that no index can have."""
    if name.startswith("<") and name.endswith(">"):
        return
    reason = _reason(name) or (None if name == name.lower() else "must be lowercase")
    if reason:
        raise RefusedError(f"Invalid index name [{name}], {reason}", "InvalidIndexNameException")


def check_alias_name(name: str) -> None:
    """Raises RefusedError for a name that no alias can have. Capitals are allowed."""
    if not name.strip():
        raise RefusedError("alias name is required")
    if reason := _reason(name):
        raise RefusedError(f"Invalid alias name [{name}]: {reason}", "InvalidAliasNameException")


def _reason(name: str) -> str | None:
    """Why neither an index nor an alias can have the name; the first rule that it breaks."""
    size = len(name.encode("utf-8", "surrogatepass"))
    rules = (
        (
            any(char in _NO_FILE_NAME for char in name),
            f"must not contain the following characters {_NO_FILE_NAME_SHOWN}",
        ),
        (not name, "must not be empty"),
        ("#" in name, "must not contain '#'"),
        (":" in name, "must not contain ':'"),
        (name[:1] in ("_", "-", "+"), "must not start with '_', '-', or '+'"),
        (size > _LONGEST, f"index name is too long, ({size} > {_LONGEST})"),
        (name in (".", ".."), "must not be '.' or '..'"),
    )
    return next((reason for broken, reason in rules if broken), None)
