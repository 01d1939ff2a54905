"""The pytest plugin: fixtures, the marker `mockflow`, options. It imports the server only when a fixture is used."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

if TYPE_CHECKING:
    from mockflow.handle import ClusterHandle
    from mockflow.testing.worlds import RemoteSession, Session, World

SETTINGS: Final[dict[str, tuple[Callable[[Any], Any], str]]] = {
    "clock": (str, "auto (the default), frozen or real"),
    "speed": (float, "virtual seconds for each second, with clock real"),
    "version": (str, "the OpenSearch version"),
    "step_time": (str, "the duration of steps without a plan"),
    "seed": (int, "the seed of generated ids"),
    "epoch": (int, "epoch milliseconds at which the virtual clock begins"),
    "max_polls": (int, "the test fails after this many equal statuses if nothing can change any more"),
    "users": (str.split, "name:password or name:password:roles, separated by spaces; turns security on"),
    "multi_tenancy": (bool, "whether requests name their tenant in the header x-tenant-id"),
    "trust_inputs": (bool, "steps succeed whatever their inputs are"),
    "max_documents": (int, "how many documents all indices together hold; a further one is refused"),
    "body_files": (
        str.split,
        "folders from which body_file may read, relative to the rootdir, separated by spaces",
    ),
    "strict": (bool, "fail a test if parts of its scripts were never observed"),
}
"""The marker's keyword arguments, each also an ini option `mockflow_...`: type and help text."""

_MARKER: Final = (
    "mockflow(*scenarios, clock='auto', speed=1.0, version='3.2.0', step_time='1s', seed=0, epoch=None, "
    "max_polls=1000, users=(), multi_tenancy=False, trust_inputs=False, max_documents=100000, body_files=(), "
    "strict=False): "
    "how the mockflow fixture of this test is set up; scenarios are files or folders, "
    "relative to the test file, then to the rootdir, shipped ones such as '@overloaded', YAML text, or built in Python"
)


def _why_unusable() -> str | None:
    """What the plugin lacks here; None if nothing. A suite that does not use it must run with any pytest."""
    try:
        pytest.hookimpl(wrapper=True)
    except TypeError:
        return "the fixtures of mockflow need pluggy 1.2 or newer: pip install -U pluggy"
    if not hasattr(pytest, "StashKey"):
        return f"the fixtures of mockflow need pytest 7.0 or newer; this is pytest {pytest.__version__}"
    return None


_UNUSABLE: Final = _why_unusable()


def _key() -> Any:
    return None if _UNUSABLE else pytest.StashKey()


_WORLD: pytest.StashKey[World] = _key()
"""The world of a test of its own."""
_TOLD: pytest.StashKey[bool] = _key()
"""Whether a report of the test has its story."""
_WORLDS: pytest.StashKey[list[World]] = _key()
"""The worlds of the fixtures in use."""
_ENDED: pytest.StashKey[list[tuple[str, Any]]] = _key()
"""The coverage of shared worlds that have ended, for the next report."""
_COVERAGE: Final = "mockflow_coverage"
_NOT_SERVED: Final = "mockflow_not_served"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mockflow")
    group.addoption(
        "--mockflow-url",
        action="extend",
        type=lambda urls: urls.split(","),
        default=[],
        help="use a mockflow server that runs already; under xdist, give one URL for each worker",
    )
    group.addoption(
        "--mockflow-report", action="store_true", help="report at the end which parts of the scripts were never seen"
    )
    parser.addini(
        "mockflow_scenarios", "scenario files and folders for every test, relative to the rootdir", "linelist"
    )
    for name, (kind, purpose) in SETTINGS.items():
        written: Literal["bool"] | None = "bool" if kind is bool else None
        parser.addini(f"mockflow_{name}", purpose, written, default=None)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    if not _UNUSABLE:
        config.stash[_WORLDS], config.stash[_ENDED] = [], []
    urls, workers = config.getoption("--mockflow-url"), config.getoption("tx", None) or ()
    if urls and len(urls) < len(workers):
        raise pytest.UsageError(
            f"--mockflow-url: {len(workers)} workers and {len(urls)} server{'s' * (len(urls) != 1)}; give one URL for "
            "each worker: tests cannot share a server"
        )


def pytest_report_header() -> str | None:
    """Why the plugin is switched off, if it is."""
    return _UNUSABLE


def _wrapper(*, tryfirst: bool = False) -> Callable[[Any], Any]:
    """Marks a wrapper of a hook; where the plugin is unusable, there is none."""
    return (lambda _: None) if _UNUSABLE else pytest.hookimpl(wrapper=True, tryfirst=tryfirst)


# -- fixtures ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def mockflow_server(pytestconfig: pytest.Config) -> Iterator[Session | RemoteSession]:
    """The server of this test process. Its `url` stays the same and serves the world of the running test."""
    if _UNUSABLE:
        pytest.fail(_UNUSABLE, pytrace=False)
    was_enabled = gc.isenabled()
    gc.disable()  # collections during the import take a fifth of its time and find nothing
    try:
        from mockflow.testing.worlds import start_session
    finally:
        if was_enabled:
            gc.enable()
    session = start_session(pytestconfig)
    yield session
    session.stop()


@pytest.fixture
def mockflow(request: pytest.FixtureRequest, mockflow_server: Session | RemoteSession) -> Iterator[ClusterHandle]:
    """A fresh fake OpenSearch for this test: `mockflow.url`, `clock`, `load(...)`, `workflow(...)`, `journal`."""
    with _world(request, mockflow_server, is_shared=False) as world:
        request.node.stash[_WORLD] = world
        yield world.handle


@pytest.fixture(scope="module")
def mockflow_module(
    request: pytest.FixtureRequest, mockflow_server: Session | RemoteSession
) -> Iterator[ClusterHandle]:
    """A fake OpenSearch that all tests of a module share, with the settings of the module's `pytestmark`."""
    with _world(request, mockflow_server, is_shared=True) as world:
        yield world.handle


@pytest.fixture(scope="session")
def mockflow_session(
    request: pytest.FixtureRequest, mockflow_server: Session | RemoteSession
) -> Iterator[ClusterHandle]:
    """A fake OpenSearch that all tests of this process share, with the settings of the ini file."""
    with _world(request, mockflow_server, is_shared=True) as world:
        yield world.handle


@contextmanager
def _world(request: pytest.FixtureRequest, server: Session | RemoteSession, *, is_shared: bool) -> Iterator[World]:
    """A world while a fixture is in use."""
    __tracebackhide__ = True
    from mockflow.testing.worlds import begin_world

    stash = request.config.stash
    world = begin_world(request, server, SETTINGS, is_shared=is_shared)
    stash[_WORLDS].append(world)
    world.interrupter.enable()  # until the setup ends: other fixtures may poll
    try:
        yield world
        if is_shared:
            if request.config.getoption("--mockflow-report"):
                stash[_ENDED].extend(_seen(world))
            world.check_complete()
    finally:
        stash[_WORLDS].remove(world)
        server.end(world)


@pytest.fixture
def mockflow_url(mockflow: ClusterHandle) -> str:
    """The URL of this test's cluster."""
    return mockflow.url


@pytest.fixture
def mockflow_client(request: pytest.FixtureRequest, mockflow: ClusterHandle) -> Iterator[Any]:
    """An opensearch-py client of this test's cluster; it logs in as the first of `users`."""
    opensearchpy = pytest.importorskip("opensearchpy", reason="mockflow_client needs opensearch-py")
    client = opensearchpy.OpenSearch(mockflow.url, http_auth=request.node.stash[_WORLD].login)
    yield client
    client.close()


@pytest.fixture
def mockflow_async_client(request: pytest.FixtureRequest, mockflow: ClusterHandle) -> Any:
    """An asynchronous opensearch-py client of this test's cluster, closed when the test function ends."""
    opensearchpy = pytest.importorskip("opensearchpy", reason="mockflow_async_client needs opensearch-py[async]")
    from mockflow.testing.clients import closing_afterwards

    client = opensearchpy.AsyncOpenSearch(mockflow.url, http_auth=request.node.stash[_WORLD].login)
    closing_afterwards(request.node, client)
    return client


# -- test results --------------------------------------------------------------------------------------


@_wrapper(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Forgets what earlier tests have used, and ends the interruption of endless polls when the setup ends."""
    if used := sys.modules.get("mockflow.handle.used"):
        used.test_begins()
    for world in item.config.stash[_WORLDS]:
        world.test_begins()
        world.interrupter.enable()
    try:
        return (yield)
    finally:
        for world in item.config.stash[_WORLDS]:
            world.interrupter.disable()


@_wrapper(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fails a passed test if a client asked without end, or if it is strict and parts of its scripts were not seen."""
    for world in item.config.stash[_WORLDS]:
        world.interrupter.enable()
    try:
        result = yield
    finally:
        for world in item.config.stash[_WORLDS]:
            world.interrupter.disable()
    for world in item.config.stash[_WORLDS]:
        world.verify()
    return result


@_wrapper()
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the story to a failed test's report, and with --mockflow-report the coverage to each test's report."""
    report = yield
    if report.when == "setup":
        item.stash[_TOLD] = False
    if report.failed and not item.stash[_TOLD] and "mockflow.handle.used" in sys.modules:
        from mockflow.testing.stories import stories

        told = stories(item, call.excinfo.value if call.excinfo else None)
        report.sections.extend(told)
        item.stash[_TOLD] = True  # once for each test: its teardown may fail too
    if report.when == "teardown":
        if _WORLD in item.stash:
            del item.stash[_WORLD]  # pytest keeps items until the end of the session
        ended = item.config.stash[_ENDED]
        report.user_properties.extend(ended)
        ended.clear()
    elif report.when == "call" and item.config.getoption("--mockflow-report") and _WORLD in item.stash:
        report.user_properties.extend(_seen(item.stash[_WORLD]))
    return report


def _seen(world: World) -> list[tuple[str, Any]]:
    """What the summary at the end tells of a world."""
    return [(_COVERAGE, world.coverage()), (_NOT_SERVED, world.not_served())]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """With --mockflow-report, prints the coverage of each scenario, and what mockflow does not serve."""
    if not config.getoption("--mockflow-report"):
        return
    _report_coverage(terminalreporter)
    _report_not_served(terminalreporter)


def _report_not_served(terminalreporter: Any) -> None:
    calls: dict[str, int] = {}
    stubs: dict[str, str] = {}
    for kinds in _properties(terminalreporter, _NOT_SERVED):
        for what, number, stub in kinds:
            calls[what] = calls.get(what, 0) + number
            stubs[what] = stub
    if not calls:
        return
    terminalreporter.section("mockflow: requests that OpenSearch has and mockflow does not serve")
    for what, number in calls.items():
        terminalreporter.line(f"{number:>4}  {what}")
    for line in ("these stubs in a scenario answer them:", "stubs:"):
        terminalreporter.line(line)
    for stub in stubs.values():
        for line in stub.splitlines()[1:]:
            terminalreporter.line(line)


def _properties(terminalreporter: Any, name: str) -> Iterator[Any]:
    """The values that the tests' reports have under this name."""
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        yield from (value for key, value in getattr(report, "user_properties", ()) if key == name)


def _report_coverage(terminalreporter: Any) -> None:
    seen: dict[str, dict[str, bool]] = {}
    for parts in _properties(terminalreporter, _COVERAGE):
        for scenario, part, was_seen in parts:
            by_part = seen.setdefault(scenario, {})
            by_part[part] = by_part.get(part, False) or was_seen
    terminalreporter.section("mockflow: what clients have seen of the scripts")
    if not seen:
        terminalreporter.line("no test used a scenario")
        return
    wholes = {"all": {part: was for parts in seen.values() for part, was in parts.items()}}
    width = max(map(len, seen)) + 2
    for scenario, parts in {**dict(sorted(seen.items())), **(wholes if len(seen) > 1 else {})}.items():
        number = sum(parts.values())
        terminalreporter.line(f"{scenario:<{width}}{number:>4} of {len(parts):<4} {100 * number // len(parts):>3} %")
    unseen = [part for parts in seen.values() for part, was_seen in parts.items() if not was_seen]
    for part in unseen:
        terminalreporter.line(f"never seen: {part}")
