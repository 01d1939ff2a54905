"""The asynchronous client of a test."""

import functools
import inspect
from typing import Any


def closing_afterwards(item: Any, client: Any) -> None:
    """Closes an asynchronous client in the event loop of the test function."""
    function = getattr(item, "obj", None)
    if function is None or not inspect.iscoroutinefunction(function):
        return

    @functools.wraps(function)
    async def closing(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*args, **kwargs)
        finally:
            await client.close()

    item.obj = closing
