"""JSONPath (RFC 9535), by a library that is imported only where a scenario uses it."""

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1024)
def parse_json_path(expression: str) -> Any:
    """The compiled expression. Raises ValueError that says what is wrong with it."""
    import jsonpath

    try:
        return jsonpath.compile(expression)
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise ValueError(str(error).partition("\n")[0] or "write such as $.query.match_all") from None


def find_all(expression: str, value: Any) -> list[Any]:
    """What the expression finds in a JSON value."""
    try:
        return list(parse_json_path(expression).findall(value))
    except Exception:
        return []
