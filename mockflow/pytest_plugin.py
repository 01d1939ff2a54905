"""The pytest plugin: fixtures, the marker `mockflow`, options. Nothing heavy is imported until a fixture is used."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockflow.handle import ClusterHandle
    from mockflow.testing import Session

_HANDLE: pytest.StashKey[ClusterHandle] = pytest.StashKey()

_MARKER = (
    "mockflow(*scenarios, clock='auto', speed=1.0, version='3.2.0', step_time='1s', seed=0, epoch=None, "
    "max_polls=1000, strict=False): how the mockflow fixture of this test is set up; scenarios are files or folders, "
    "relative to the test file, then to the rootdir, YAML text, or built in Python"
)
# ini option: its type, and what it is for. The marker's words are theirs.
_INI = {
    "mockflow_scenarios": ("linelist", "scenario files and folders that every test has, relative to the rootdir"),
    "mockflow_clock": ("string", "auto (the default), frozen or real"),
    "mockflow_version": ("string", "the OpenSearch version"),
    "mockflow_step_time": ("string", "how long a step takes that no scenario speaks of"),
    "mockflow_strict": ("bool", "a test fails whose scripted keyframes were never observed"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mockflow")
    group.addoption(
        "--mockflow-url",
        action="append",
        default=[],
        help="run against a mockflow that is up already; under xdist, once for each worker",
    )
    group.addoption(
        "--mockflow-report", action="store_true", help="tell at the end which parts of the scripts were never seen"
    )
    for name, (kind, help_text) in _INI.items():
        parser.addini(name, help_text, type=kind, default=None)  # type: ignore[arg-type]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)


# -- fixtures ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def mockflow_server(pytestconfig: pytest.Config) -> Iterator[Session]:
    """The server of this test process: `url` stays the same all session and leads to the running test's world."""
    from mockflow.testing import start_session

    session = start_session(pytestconfig)
    yield session
    session.stop()


@pytest.fixture
def mockflow(request: pytest.FixtureRequest, mockflow_server: Session) -> Iterator[ClusterHandle]:
    """A fresh fake OpenSearch for this test: `mockflow.url`, `clock`, `load(...)`, `workflow(...)`, `journal`."""
    from mockflow.testing import setup_of

    with mockflow_server.world(setup_of(request)) as handle:
        request.node.stash[_HANDLE] = handle
        yield handle


@pytest.fixture
def mockflow_url(mockflow: ClusterHandle) -> str:
    """Where clients find this test's cluster."""
    return mockflow.url


@pytest.fixture
def mockflow_client(mockflow: ClusterHandle) -> Iterator[Any]:
    """An opensearch-py client of this test's cluster."""
    opensearchpy = pytest.importorskip("opensearchpy", reason="mockflow_client needs opensearch-py")
    client = opensearchpy.OpenSearch(mockflow.url)
    yield client
    client.close()


@pytest.fixture
def mockflow_async_client(request: pytest.FixtureRequest, mockflow: ClusterHandle) -> Any:
    """An asynchronous opensearch-py client of this test's cluster; it is closed when the test function ends."""
    opensearchpy = pytest.importorskip("opensearchpy", reason="mockflow_async_client needs opensearch-py[async]")
    from mockflow.testing import closing_afterwards

    client = opensearchpy.AsyncOpenSearch(mockflow.url)
    closing_afterwards(request.node, client)
    return client


# -- what a test shows ---------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that passed fails after all where a client was cut off, or where it is strict and saw too little."""
    result = yield
    if _HANDLE in item.stash:
        from mockflow.testing import verify

        verify(item, item.stash[_HANDLE])
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test tells the story; with --mockflow-report, each test which parts of its scripts were seen."""
    report = yield
    if report.when == "call" and _HANDLE in item.stash:
        from mockflow.testing import covered_parts, story_of

        handle = item.stash[_HANDLE]
        if report.failed:
            report.sections.append(("mockflow", story_of(handle)))
        if item.config.getoption("--mockflow-report"):
            report.user_properties.append(("mockflow_coverage", covered_parts(handle)))
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not config.getoption("--mockflow-report"):
        return
    seen: dict[str, bool] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, parts in getattr(report, "user_properties", ()):
                if name == "mockflow_coverage":
                    for part, was_seen in parts:
                        seen[part] = seen.get(part, False) or was_seen
    terminalreporter.section("mockflow: scripted parts that clients have seen")
    if not seen:
        terminalreporter.line("no test has used a scenario")
        return
    total = sum(seen.values())
    terminalreporter.line(f"{total} of {len(seen)} ({100 * total / len(seen):.0f} %)")
    for part, was_seen in seen.items():
        if not was_seen:
            terminalreporter.line(f"  never seen: {part}")
