"""A thread for work that would hold the event loop: large bodies to read, large responses to write.

The work must be pure: it reads no world, for the loop changes it meanwhile.
"""

import asyncio
import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from mockflow.core.base.collection import without_collection

LARGE: Final = 32 * 1024
"""From so many bytes on a body is read, and a response written, in another thread; less takes a few milliseconds."""

Result = TypeVar("Result")
Value = TypeVar("Value")


async def in_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """The result of `work`, done in another thread; the same error if it raises one.

    One piece of work is done at a time: each further thread that computes would delay the loop.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def run() -> None:
        with _TURN.lock, _without_objects_of_work():
            try:
                finish, outcome = done.set_result, work(*arguments)
            except BaseException as error:
                finish, outcome = done.set_exception, error  # type: ignore[assignment]
        try:
            loop.call_soon_threadsafe(_settle, done, finish, outcome)
        except RuntimeError:
            pass  # the loop was closed meanwhile

    threading.Thread(target=run, name="mockflow work", daemon=True).start()
    return await done


async def of_unchanged(read: Callable[[], Value], work: Callable[[Value], Result]) -> Result:
    """What `work` makes in another thread of the value that `read` gives, and still gives when it is done.

    So the caller may put the result in the place of the value at once, as if it had done the work itself. Where others
    replace the value meanwhile, the work is done again; after some times in the loop, so that it ends.
    """
    for _ in range(_TIMES):
        before = read()
        result = await in_thread(work, before)
        if read() is before:
            return result
    return work(read())


_TIMES: Final = 5


@contextmanager
def _without_objects_of_work() -> Iterator[None]:
    """Suspends garbage collection: of the many objects of a large body it holds all threads for tenths of a second.

    For the same reason very many new objects are excluded from it later. They go when nothing refers to them.
    """
    with without_collection():
        yield
        if gc.get_count()[0] > _MANY_OBJECTS:
            gc.freeze()


def keep_out_of_collection() -> None:
    """Excludes the objects that there are now from garbage collection, for work on the loop that makes very many.

    They go when nothing refers to them.
    """
    gc.freeze()


_MANY_OBJECTS: Final = 40_000
"""So many are gone through in 10 ms."""


def _settle(done: "asyncio.Future[Any]", finish: Callable[[Any], None], outcome: object) -> None:
    if not done.done():  # else the request was cancelled
        finish(outcome)


class _Turn:
    """The lock that the threads take in turn. A forked child has none of them, so it begins with another lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.lock = threading.Lock()


_TURN: Final = _Turn()
