"""Counts the calls of a function, where a test asserts on the work and not on the time that it takes."""

from collections.abc import Callable
from typing import Any


def counting(calls: list[Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which adds the arguments of each call to `calls`."""

    def counted(*args: Any, **named: Any) -> Any:
        calls.append(args)
        return function(*args, **named)

    return counted
