"""Replaces `time` and `asyncio.sleep` in the globals of modules. All other code keeps real time."""

import sys
from types import ModuleType, TracebackType
from typing import Any, ClassVar, Final

from mockflow.core.base.suggest import closest
from mockflow.handle.errors import MockFlowError
from mockflow.handle.hangs import NotDrivenError, Watch, advice
from mockflow.handle.sleeping import VirtualSleep
from mockflow.handle.transport import Transport

# The packages that keep real time, in addition to the standard library.
_REAL: Final = frozenset(
    name
    for group in (
        "mockflow",
        "anyio sniffio tornado trio twisted uvloop",  # event loops
        "aiohttp elasticsearch httpcore httpx opensearchpy requests urllib3 websockets yarl",  # HTTP clients
        "gunicorn hypercorn uvicorn werkzeug",  # servers
        "coverage debugpy execnet freezegun hypothesis pydevd time_machine",
        "pluggy py _pytest pytest pytest_aiohttp pytest_asyncio pytest_timeout xdist",
    )
    for name in group.split()
)


_DRIVEN: Final = frozenset({"anyio._backends._asyncio", "urllib3.util.retry"})
"""Modules of these packages that only sleep, on behalf of the program."""


class PatchedSleep:
    """A context manager; see `ClusterHandle.patch_sleep`."""

    _in_force: ClassVar[list[VirtualSleep]] = []

    def __init__(self, sleep: VirtualSleep, modules: tuple[str, ...], transport: Transport) -> None:
        self._sleep = sleep
        self._names = modules
        self._patched: frozenset[str] = frozenset()
        self._watch = Watch(transport, lambda: sleep.begun, self._advice)
        self._replaced: list[tuple[dict[str, Any], str, Any]] = []

    def __enter__(self) -> None:
        if any(sleep is not self._sleep for sleep in self._in_force):
            raise MockFlowError("patch_sleep of another cluster is active; a program has one clock at a time")
        modules = self._wanted()
        self._patched = frozenset(modules)
        self._sleep.begin(self._patched)
        self._in_force.append(self._sleep)
        self._replace(modules)
        self._watch.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        hang: NotDrivenError | None = None
        try:
            self._watch.end()
        except NotDrivenError as found:
            hang = found
        try:
            self._restore()
        except MockFlowError:
            if error is None:
                raise  # otherwise the cluster is gone, and the first error is the more useful one
        if hang:
            raise hang from None  # instead of the interruption

    def _advice(self, module: str) -> str:
        return advice(module, self._patched, keeps_real_time=_keeps_real_time(module))

    def _replace(self, modules: dict[str, ModuleType]) -> None:
        replacements: dict[int, Any] = {}
        for name, functions in self._sleep.functions().items():
            original = sys.modules[name]
            replacements[id(original)] = _standing_in(original, functions)
            replacements |= {id(getattr(original, key)): function for key, function in functions.items()}
        for module in modules.values():
            for key, value in list(vars(module).items()):
                if (replacement := replacements.get(id(value))) is not None:
                    self._replaced.append((vars(module), key, value))
                    vars(module)[key] = replacement  # not setattr, which some modules override

    def _restore(self) -> None:
        if self._sleep not in self._in_force:
            raise MockFlowError("patch_sleep is not active; use it in a with statement: with cluster.patch_sleep()")
        while self._replaced:
            names, key, value = self._replaced.pop()
            names[key] = value
        self._in_force.remove(self._sleep)
        self._sleep.end(self._patched)

    def _wanted(self) -> dict[str, ModuleType]:
        """The modules to patch, by name: the given ones and their submodules, or all that do not keep real time."""
        loaded = {name: module for name, module in list(sys.modules.items()) if isinstance(module, ModuleType)}
        for name in self._names:
            if name not in loaded:
                advice = closest(name, loaded)
                hint = f"did you mean {advice}?" if advice else "import it first, or correct the name"
                raise MockFlowError(f'patch_sleep: no module "{name}" is imported; {hint}')
            if _keeps_real_time(name):
                raise MockFlowError(f'patch_sleep: "{name}" keeps real time; name the modules of the code under test')
        return {name: module for name, module in loaded.items() if self._is_wanted(name)}

    def _is_wanted(self, name: str) -> bool:
        if _keeps_real_time(name):
            return False
        return not self._names or any(name == wanted or name.startswith(f"{wanted}.") for wanted in self._names)


def _keeps_real_time(module: str) -> bool:
    if module in _DRIVEN:
        return False
    package = module.partition(".")[0]
    return package in _REAL or package in sys.stdlib_module_names


def _standing_in(module: ModuleType, functions: Any) -> ModuleType:
    """A copy of the module with these functions replaced."""
    copy = ModuleType(module.__name__, module.__doc__)
    copy.__dict__.update({**vars(module), **functions})
    return copy
