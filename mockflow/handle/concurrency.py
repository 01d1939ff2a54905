"""Inspects the other threads and tasks of the process, so that virtual sleep does not overtake running code."""

import asyncio
import sys
import threading
from collections.abc import Collection, Iterator
from types import FrameType
from typing import Any, Final

Task = asyncio.Task[Any]

_WAITING: Final = frozenset({"asyncio", "concurrent", "queue", "selectors", "threading"})
"""Packages whose code is the innermost frame of a thread that waits for another thread or in its event loop."""
_CLIENTS: Final = frozenset({"aiohttp", "elasticsearch", "httpcore", "httpx", "opensearchpy", "websockets"})
_OURS: Final = "mockflow.handle.transport"
_SERVER: Final = "aiohttp.web_protocol"


def threads_in(modules: Collection[str]) -> dict[int, FrameType]:
    """The ids of the other threads that run code of these modules, with their innermost frames."""
    me = threading.get_ident()
    return {
        thread: frame
        for thread, frame in sys._current_frames().items()
        if thread != me and any(module_of(caller) in modules for caller in _callers(frame))
    }


def is_busy_thread(frame: FrameType) -> bool:
    """Whether a thread computes or waits for I/O. A thread that calls the control API is busy.

    A thread that only waits for another thread or in its event loop is not.
    """
    if package_of(module_of(frame)) not in _WAITING:
        return True
    return any(module_of(caller) == _OURS for caller in _callers(frame))


def other_tasks() -> set[Task]:
    """The tasks of the running loop other than the current one."""
    return asyncio.all_tasks() - {asyncio.current_task()}


def awaits_response(task: Task) -> bool:
    """Whether the task awaits an HTTP client. A handler of an HTTP server does not count."""
    modules = _awaited_modules(task)
    if modules[:1] == [_SERVER]:
        return False
    return any(package_of(module) in _CLIENTS or module == "asyncio.streams" for module in modules)


def frames_of(task: Task) -> Iterator[FrameType]:
    """The frames of what the task awaits, the outermost first."""
    return _awaited(task.get_coro())


def awaits_thread(task: Task) -> bool:
    """Whether the task awaits work in another thread, which may not have started yet."""
    return "asyncio.threads" in _awaited_modules(task)


def _awaited_modules(task: Task) -> list[str]:
    return list(map(module_of, _awaited(task.get_coro())))


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _awaited(awaitable: Any) -> Iterator[FrameType]:
    """The frames of a coroutine and of everything that it awaits, the outermost first."""
    while awaitable is not None:
        frame = next((frame for name in _FRAMES if (frame := getattr(awaitable, name, None))), None)
        if frame is None:
            return
        yield frame
        awaitable = next((inner for name in _NEXT if (inner := getattr(awaitable, name, None)) is not None), None)


# The attributes of coroutines, generators and asynchronous generators.
_FRAMES: Final = ("cr_frame", "gi_frame", "ag_frame")
_NEXT: Final = ("cr_await", "gi_yieldfrom", "ag_await")


def module_of(frame: FrameType) -> str:
    """The name of the module whose code the frame runs."""
    return str(frame.f_globals.get("__name__", ""))


def package_of(module: str) -> str:
    """The top-level package of a module."""
    return module.partition(".")[0]
