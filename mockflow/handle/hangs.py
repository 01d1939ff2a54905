"""Finds programs that wait by real time although their sleep is patched: a test would hang until their own time-out."""

import asyncio
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from mockflow.core.plugin.status import FINAL_STATES
from mockflow.handle.concurrency import Task, frames_of, module_of, package_of
from mockflow.handle.errors import MockFlowError
from mockflow.handle.transport import Transport

CHECK_SECONDS: Final = 0.25
WAIT_SECONDS: Final = 4.0
"""A program that has polled, and then waits for this time, or polls again and again, without a virtual sleep, hangs."""
_FEW_POLLS: Final = 3
_AGAIN_SECONDS: Final = 1.0
"""After this time an interruption that was caught is repeated."""
_BUSY: Final = (0.1, 0.5)
"""The CPU time for each second, of the program's thread and of the process, from which it computes."""
_DEBUGGERS: Final = frozenset({"IPython", "_pydevd_bundle", "bdb", "debugpy", "pdb", "pydevd"})
_OURS: Final = frozenset({"mockflow", "_pytest", "pluggy", "pytest", "pytest_asyncio", "pytest_aiohttp"})
_REAL_TIME: Final = (
    "no patch reaches this wait; make its length a setting that the test sets to a few ms, or let the clock run: "
    'clock="real", speed=1000 (mockflow serve --speed 1000)'
)


@dataclass(frozen=True)
class _Place:
    """Who waits: the frames from the innermost to the outermost, as module, function, file and line."""

    who: str
    frames: tuple[tuple[str, str, str, int], ...]


class NotDrivenError(MockFlowError):
    """The program under `patch_sleep` waits by real time. The message says where, and what to do."""


class Watch:
    """Watches one `patch_sleep`, from `begin` to `end`, in a thread. `sleeps` returns how many virtual sleeps began."""

    def __init__(self, transport: Transport, sleeps: Callable[[], int], advise: Callable[[str], str]) -> None:
        self._transport = transport
        self._sleeps = sleeps
        self._advise = advise
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="mockflow-watch", daemon=True)
        self.found: str | None = None
        """Where the program waits, once it was interrupted."""

    def begin(self) -> None:
        """Watches from now on, on behalf of the current thread or task."""
        self._program = threading.get_ident()
        try:
            self._task: Task | None = asyncio.current_task()
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._task = None
        self._first = self._count()  # here: the thread may start after the program's first request
        self._thread.start()

    def end(self) -> None:
        """Ends the watch. Raises NotDrivenError if the program was interrupted."""
        try:
            self._close()
        except KeyboardInterrupt:  # sent by the watch just before
            self._close()
        if self.found:
            raise NotDrivenError(self.found)

    def _close(self) -> None:
        with self._lock:
            self._over.set()

    def _run(self) -> None:
        try:
            self._watch()
        except MockFlowError:
            pass  # the cluster is gone, which the program will see

    def _watch(self) -> None:
        first = number = self._first
        sleeps, since_sleep, since_request = self._sleeps(), time.monotonic(), time.monotonic()
        cpu, before = self._cpu(), _places_now()
        while not self._over.wait(CHECK_SECONDS):
            now, slept, asked = time.monotonic(), self._sleeps(), self._count()
            places = _places_now()
            if slept != sleeps:
                sleeps, first, since_sleep, cpu = slept, asked, now, self._cpu()
            if asked != number:
                if number == first:
                    since_sleep, cpu = now, self._cpu()
                number, since_request = asked, now
            elif places != before:
                since_request = max(since_request, now - CHECK_SECONDS)
            before = places
            waits = now - since_request >= WAIT_SECONDS
            repeats = number - first >= _FEW_POLLS and now - since_sleep >= WAIT_SECONDS
            used = [later - earlier for later, earlier in zip(self._cpu(), cpu, strict=True)]
            computes = any(cost > busy * (now - since_sleep) for cost, busy in zip(used, _BUSY, strict=True))
            if number == first or computes or not (waits or repeats) or not places:
                continue
            if self._awaits_end(first):
                self.found = self._text(places, number - first)
                break
        else:
            return
        self._interrupt()
        while not self._over.wait(_AGAIN_SECONDS):  # a program may catch everything
            self._interrupt()

    def _cpu(self) -> tuple[float, float]:
        """The seconds of CPU time of the program's thread, where the system tells them, and of the process."""
        clock_of = getattr(time, "pthread_getcpuclockid", None)
        is_alive = any(thread.ident == self._program for thread in threading.enumerate())  # of an ended one: a crash
        own = time.clock_gettime(clock_of(self._program)) if clock_of and is_alive else 0.0
        return own, time.process_time()

    def _count(self) -> int:
        counted = self._transport.count()
        return counted[1] if counted else int(self._transport.read("/journal?limit=0")["counted"])

    def _awaits_end(self, since: int) -> bool:
        """Whether the last status that the program got is not the end of a run."""
        polls = [
            one
            for one in self._transport.read(f"/journal?operation=get_status&since={since}&limit=50")["exchanges"]
            if one["is_poll"] and isinstance(one["response"], dict)
        ]
        return bool(polls) and polls[-1]["response"].get("state") not in FINAL_STATES

    def _interrupt(self) -> None:
        with self._lock:
            if self._over.is_set():
                return
            if self._task:
                self._loop.call_soon_threadsafe(self._task.cancel)
            elif (
                self._program == threading.main_thread().ident
                and callable(signal.getsignal(signal.SIGINT))
                and hasattr(signal, "pthread_kill")
            ):
                signal.pthread_kill(self._program, signal.SIGINT)  # interrupts a sleep at once
            else:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._program), ctypes.py_object(KeyboardInterrupt)
                )

    def _text(self, places: list[_Place], asked: int) -> str:
        lines = [
            f"patch_sleep: the program asked {asked} time{'s' * (asked != 1)} and waits by real time, but the "
            "cluster's clock moves by virtual sleeps only:"
        ]
        for place in places:
            shown = [frame for frame in place.frames if package_of(frame[0]) not in _OURS][:_SHOWN]
            lines.append(f"  {place.who}:")
            lines += [
                f"    {module}.{function} ({os.path.relpath(file)}:{line})" for module, function, file, line in shown
            ]
            lines.append(f"    -> {self._advise(_waiting_module(place))}")
        return "\n".join(lines)


_SHOWN: Final = 5


def _waiting_module(place: _Place) -> str:
    """The module that waits: the innermost that is not asyncio's own sleep."""
    module, function, *_ = place.frames[0]
    if (module, function) == ("asyncio.tasks", "sleep") and len(place.frames) > 1:
        return place.frames[1][0]
    return module


def advice(module: str, patched: Collection[str], *, keeps_real_time: bool) -> str:
    """What to do about a wait in `module`."""
    if module in patched:
        return (
            f"{module} calls a sleep that it got before: a default argument, an attribute, or an import within a "
            "function; let it call time.sleep as a global name, or pass sleep=lambda seconds: time.sleep(seconds)"
        )
    return _REAL_TIME if keeps_real_time else f'name it: patch_sleep(..., "{module}")'


def _places_now() -> list[_Place]:
    try:
        return list(_places())
    except RuntimeError:  # a thread or task ended while it was looked at
        return []


def _places() -> Iterator[_Place]:
    """The threads and tasks that run a program's code; none while a debugger has stopped it."""
    me, names = threading.get_ident(), {thread.ident: thread.name for thread in threading.enumerate()}
    stacks = {thread: list(_stack(frame)) for thread, frame in sys._current_frames().items() if thread != me}
    if any(package_of(module_of(frame)) in _DEBUGGERS for stack in stacks.values() for frame in stack):
        return
    for thread, stack in stacks.items():
        loop = next((frame.f_locals.get("self") for frame in stack if _is_loop(frame)), None)
        name = names.get(thread, str(thread))
        if name == "mockflow":
            continue
        tasks = [frames for task in _tasks(loop) if (frames := list(frames_of(task))[::-1])]
        for frames in tasks or [stack]:
            place = _Place(f"a task in {name}" if tasks else name, tuple(map(_described, frames)))
            if any(_is_program(frame[0]) for frame in place.frames):
                yield place


def _tasks(loop: Any) -> list[Task]:
    if not isinstance(loop, asyncio.AbstractEventLoop):
        return []
    try:
        return [task for task in asyncio.all_tasks(loop) if not task.done()]
    except RuntimeError:  # the set changed meanwhile
        return []


def _is_loop(frame: FrameType) -> bool:
    return frame.f_code.co_name == "run_forever" and module_of(frame) == "asyncio.base_events"


def _is_program(module: str) -> bool:
    package = package_of(module)
    return package not in sys.stdlib_module_names and package not in _OURS and package != "aiohttp"


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _described(frame: FrameType) -> tuple[str, str, str, int]:
    return module_of(frame), frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno
