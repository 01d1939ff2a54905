"""What tests show: the story of a failed one, strict ones, loops that never end, the table at the end."""

from collections.abc import Callable

import pytest

from tests.plugin.conftest import ID, Suite

REASON = f"a client was cut off: workflow {ID}: the same answer 20 times, and nothing in its script changes any more"


def test_a_failed_test_tells_the_story(suite: Suite) -> None:
    tests = """
@pytest.mark.mockflow(STUCK)
def test_x(mockflow):
    assert state(mockflow.url) == 'COMPLETED'

def test_y(mockflow):
    state(mockflow.url)

def test_passes(mockflow):
    pass
"""
    result = suite.run(tests)
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*- mockflow -*",
            "mockflow received 1 request, clock auto:",
            f"*GET /workflow/{ID}/_status -> 200 PROVISIONING",
            "",
            f"workflow {ID}, by scenario stuck, *",
            "*PROVISIONING  [[]seen by 1 poll[]]",
            "*- mockflow -*",
            f"*GET /workflow/{ID}/_status -> 404 *",
        ]
    )
    assert result.stdout.str().count("mockflow received") == 2


def test_a_failed_fixture_tells_the_story(suite: Suite) -> None:
    tests = """
@pytest.fixture
def deployed(mockflow):
    mockflow.load(STUCK)
    assert state(mockflow.url) == "COMPLETED"

def test_x(deployed): pass
"""
    result = suite.run(tests)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["mockflow received 1 request, clock auto:"])


# -- loops that would never end ----------------------------------------------------------------------


LOOPS = {
    "is told": """
    while state(mockflow.url) != "COMPLETED":
        pass
""",
    "swallows it once": """
    for _ in range(30):
        try:
            state(mockflow.url)
        except OSError:
            break
""",
    "swallows errors for ever": """
    done = False
    while not done:
        try:
            done = state(mockflow.url) == "COMPLETED"
        except Exception:
            pass
""",
    "swallows everything for a long time": """
    for _ in range(100):
        try:
            state(mockflow.url)
        except:
            pass
    assert False
""",
    "polls in a thread": """
    def poll():
        while state(mockflow.url) != "COMPLETED":
            pass
    threading.excepthook = lambda args: None
    elsewhere(poll).join()
""",
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_a_loop_that_would_never_end_fails(suite: Suite, loop: str) -> None:
    tests = f"""
@pytest.mark.mockflow(STUCK, max_polls=20)
def test_cut_off(mockflow):{loop}

def test_goes_on(mockflow):
    assert mockflow.stuck is None
"""
    result = suite.run(tests)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([f"*{REASON}*", "mockflow received * requests, clock auto:"])


def test_the_connection_is_closed_without_an_answer(suite: Suite) -> None:
    tests = """
import http.client

@pytest.mark.mockflow(STUCK, max_polls=3)
def test_x(mockflow):
    state(mockflow.url), state(mockflow.url), state(mockflow.url)
    with pytest.raises(http.client.RemoteDisconnected):
        state(mockflow.url)
    print("closed")
"""
    result = suite.run(tests)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["closed"])


def test_an_asynchronous_loop_that_swallows_errors_fails_too(suite: Suite) -> None:
    tests = """
@pytest.mark.asyncio
@pytest.mark.mockflow(STUCK, max_polls=20)
async def test_cut_off(mockflow_async_client):
    while True:
        try:
            await mockflow_async_client.plugins.flow_framework.get_status(workflow_id=ID)
        except Exception:
            pass

@pytest.mark.asyncio
async def test_goes_on(mockflow_async_client):
    await mockflow_async_client.info()
"""
    result = suite.run(tests)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*a client keeps polling although its connection is closed*", f"*{REASON}*"])


def test_a_fixture_that_would_poll_for_ever_fails(suite: Suite) -> None:
    tests = """
@pytest.fixture
def deployed(mockflow):
    while True:
        try:
            state(mockflow.url)
        except Exception:
            pass

@pytest.mark.mockflow(STUCK, max_polls=20)
def test_x(deployed): pass
"""
    result = suite.run(tests)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*a client keeps polling although its connection is closed*", f"*{REASON}*"])


def test_who_polls_in_time_is_left_alone(suite: Suite) -> None:
    tests = """
@pytest.mark.mockflow(STUCK, max_polls=20)
def test_x(mockflow):
    for _ in range(20):
        state(mockflow.url)
"""
    suite.run(tests).assert_outcomes(passed=1)


# -- strict ------------------------------------------------------------------------------------------


def test_strict_tests_see_everything_that_is_scripted(suite: Suite) -> None:
    tests = """
@pytest.mark.mockflow("story.yaml", strict=True)
@pytest.mark.parametrize("polls", [0, 1, 2])
def test_polls(mockflow, polls):
    for _ in range(polls):
        state(mockflow.url)
"""
    result = suite.run(tests)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "strict: scripted but never observed:",
            "  story: provision: 0s PROVISIONING",
            "  story: provision: 5s COMPLETED",
            "strict: scripted but never observed:",
            "  story: provision: 5s COMPLETED",
        ]
    )


def test_what_a_strict_test_plans_has_to_act(suite: Suite) -> None:
    tests = """
from mockflow import Scenario

STRICT = pytest.mark.mockflow(strict=True)

@STRICT
def test_a_step(mockflow):
    mockflow.fail_step("create_index")

@STRICT
def test_a_fault_that_was_removed(mockflow):
    mockflow.fail("provision", respond="unauthorized").remove()

@pytest.mark.mockflow(Scenario("s").stub("GET /x", {"status": 200}), strict=True)
def test_a_stub(mockflow):
    pass

@pytest.mark.mockflow(Scenario("s").stub("GET /x", {"status": 200}, optional=True), strict=True)
def test_what_need_not_act(mockflow):
    mockflow.fail("provision", respond="unauthorized", probability=0.5)
    mockflow.fail("provision", respond="unauthorized", optional=True)
"""
    result = suite.run(tests, "--mockflow-report")
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            "strict: scripted but never observed:",
            "  (added): plans: step create_index fails with INTERNAL_SERVER_ERROR",
            "strict: scripted but never observed:",
            "  (added): faults: provision: unauthorized",
            "strict: scripted but never observed:",
            "  s: stubs: GET /x",
            "never seen: (added): plans: step create_index fails with INTERNAL_SERVER_ERROR",
            "never seen: (added): faults: provision: unauthorized",
            "never seen: (added): faults: provision probability 0.5: unauthorized (optional)",
            "never seen: s: stubs: GET /x",
        ]
    )


def test_a_strict_test_that_fails_by_itself_says_that_alone(suite: Suite) -> None:
    tests = """
@pytest.mark.mockflow("story.yaml", strict=True)
def test_x(mockflow):
    assert 1 == 2
"""
    result = suite.run(tests)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("strict:*")


# -- the table at the end ----------------------------------------------------------------------------


@pytest.mark.parametrize("run", [Suite.run, Suite.run_on_workers], ids=["alone", "xdist"])
def test_the_report_and_the_story(suite: Suite, run: Callable[..., pytest.RunResult]) -> None:
    tests = """
@pytest.mark.mockflow("story.yaml")
@pytest.mark.parametrize("number", range(2))
def test_looks_once(mockflow, number):
    state(mockflow.url)

@pytest.mark.mockflow(STUCK)
def test_fails(mockflow):
    assert state(mockflow.url) == "COMPLETED"
"""
    result = run(suite, tests, "--mockflow-report")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*- mockflow -*", "mockflow received 1 request, clock auto:"])
    result.stdout.fnmatch_lines(
        [
            "*= mockflow: what clients have seen of the scripts =*",
            "story     1 of 2     50 %",
            "stuck     1 of 1    100 %",
            "all       2 of 3     66 %",
            "never seen: story: provision: 5s COMPLETED",
        ],
        consecutive=True,
    )


def test_what_one_test_has_seen_counts_for_all(suite: Suite) -> None:
    tests = """
@pytest.mark.mockflow("story.yaml")
def test_looks_once(mockflow):
    state(mockflow.url)

@pytest.mark.mockflow("story.yaml", clock="frozen")
def test_looks_at_the_end(mockflow):
    state(mockflow.url)
    mockflow.clock.advance("5s")
    state(mockflow.url)
"""
    result = suite.run(tests, "--mockflow-report")
    result.stdout.fnmatch_lines(["story     2 of 2    100 %"])
    result.stdout.no_fnmatch_line("never seen*")


def test_the_report_lists_what_mockflow_does_not_serve(suite: Suite) -> None:
    tests = """
import urllib.error, urllib.request

@pytest.mark.parametrize("index", ["a", "b"])
def test_rolls_over(mockflow, index):
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(urllib.request.Request(f"{mockflow.url}/{index}/_rollover", method="POST"))
"""
    result = suite.run(tests, "--mockflow-report")
    result.stdout.fnmatch_lines(
        [
            "*= mockflow: requests that OpenSearch has and mockflow does not serve =*",
            "   2  POST /{alias}/_rollover (indices.rollover)",
            "these stubs in a scenario answer them:",
            "stubs:",
            "  - request: POST /{alias}/_rollover",
            "    respond: {status: 200, body: {}}",
        ],
        consecutive=True,
    )


def test_the_report_of_a_run_without_scenarios(suite: Suite) -> None:
    suite.run("def test_x(): pass", "--mockflow-report").stdout.fnmatch_lines(["no test used a scenario"])


def test_no_report_unless_asked(suite: Suite) -> None:
    suite.run("def test_x(mockflow): pass").stdout.no_fnmatch_line("*mockflow: what clients*")
