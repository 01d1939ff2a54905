"""The marker and the ini options."""

from typing import Final

import pytest

from tests.plugin.conftest import STORY, Suite


def test_every_argument(suite: Suite) -> None:
    tests = """
@pytest.mark.mockflow("story.yaml", clock="frozen", version="2.19.0", step_time="10ms")
def test_frozen(mockflow, mockflow_client):
    assert state(mockflow.url) == state(mockflow.url) == "PROVISIONING"
    mockflow.clock.advance_to(state="COMPLETED")
    assert state(mockflow.url) == "COMPLETED"
    assert mockflow_client.info()["version"]["number"] == "2.19.0"

@pytest.mark.mockflow(clock="real", speed=20)
def test_real(mockflow):
    assert (mockflow.clock.mode, mockflow.clock.speed) == ("real", 20)

@pytest.mark.mockflow(epoch=1_000, clock="frozen")
def test_epoch(mockflow):
    assert mockflow.clock.now == 1_000

@pytest.mark.mockflow(clock="frozen", step_time="10ms")
def test_step_time(mockflow, mockflow_client):
    node = {"id": "a", "type": "create_index", "user_inputs": {"index_name": "a", "configurations": "{}"}}
    template = {"name": "x", "workflows": {"provision": {"nodes": [node]}}}
    id = mockflow_client.plugins.flow_framework.create(body=template)["workflow_id"]
    mockflow_client.plugins.flow_framework.provision(workflow_id=id)
    assert mockflow.workflow(id).status["state"] == "PROVISIONING"
    mockflow.clock.advance("10ms")
    assert mockflow.workflow(id).status["state"] == "COMPLETED"
"""
    suite.run(tests).assert_outcomes(passed=4)


def test_users_and_tenants(suite: Suite) -> None:
    tests = """
from opensearchpy.exceptions import AuthorizationException
from urllib.error import HTTPError

@pytest.mark.asyncio
@pytest.mark.mockflow("story.yaml", users=["ann:pw:flow_framework_read_access", "root:pw"], clock="frozen")
async def test_the_clients_log_in_as_the_first(mockflow, mockflow_client, mockflow_async_client):
    status = mockflow_client.plugins.flow_framework.get_status
    workflow_id = mockflow.workflow().id
    assert status(workflow_id=workflow_id)["state"] == "PROVISIONING"
    assert (await mockflow_async_client.plugins.flow_framework.get_status(workflow_id=workflow_id))["workflow_id"]
    with pytest.raises(AuthorizationException):
        mockflow_client.plugins.flow_framework.provision(workflow_id=workflow_id)
    with pytest.raises(HTTPError, match="401"):
        state(mockflow.url)

@pytest.mark.mockflow("story.yaml", multi_tenancy=True)
def test_tenants(mockflow):
    with pytest.raises(HTTPError, match="403"):
        state(mockflow.url)

BAD = {"name": "x", "workflows": {"provision": {"nodes": [
    {"id": "a", "type": "create_index", "user_inputs": {"index_name": "A", "configurations": {}}}
]}}}

@pytest.mark.mockflow(trust_inputs=True)
def test_inputs_that_are_trusted(mockflow, mockflow_client):
    id = mockflow_client.plugins.flow_framework.create(body=BAD, params={"provision": "true"})["workflow_id"]
    assert mockflow_client.plugins.flow_framework.get_status(workflow_id=id)["state"] == "PROVISIONING"
    assert mockflow_client.plugins.flow_framework.get_status(workflow_id=id)["state"] == "COMPLETED"

def test_inputs_that_are_checked(mockflow, mockflow_client):
    id = mockflow_client.plugins.flow_framework.create(body=BAD, params={"provision": "true"})["workflow_id"]
    assert mockflow_client.plugins.flow_framework.get_status(workflow_id=id)["state"] == "PROVISIONING"
    assert mockflow_client.plugins.flow_framework.get_status(workflow_id=id)["state"] == "FAILED"

@pytest.mark.mockflow(users=["ann"])
def test_no_user(mockflow):
    pass
"""
    result = suite.run(tests)
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(['*mockflow: user "ann" should be name:password or name:password:role,role*'])


def test_every_kind_of_scenario(suite: Suite) -> None:
    suite.write("tests/beside.yaml", STORY.replace("story", "beside"))
    suite.write("tests/story.yaml", STORY.replace("story", "nearer"))
    suite.write("folder/one.yaml", STORY.replace("story", "one"))
    suite.write("folder/two.yaml", STORY.replace("story", "two").replace("8xL8", "9xL8"))
    tests = f"""
from pathlib import Path

@pytest.mark.mockflow("beside.yaml")
def test_beside_the_test_file(mockflow):
    assert mockflow.scenarios() == ["beside"]

@pytest.mark.mockflow("story.yaml")
def test_the_test_files_folder_comes_first(mockflow):
    assert mockflow.scenarios() == ["nearer"]

@pytest.mark.mockflow("folder")
def test_a_folder_below_the_rootdir(mockflow):
    assert sorted(mockflow.scenarios()) == ["one", "two"]

@pytest.mark.mockflow(Path(__file__).parent.parent / "story.yaml")
def test_an_absolute_path(mockflow):
    assert mockflow.scenarios() == ["story"]

@pytest.mark.mockflow('''{STORY}''')
def test_yaml_text(mockflow):
    assert mockflow.scenarios() == ["story"]

@pytest.mark.mockflow(STUCK, Scenario("other").match(name="x").step_time("1s"))
def test_built_ones(mockflow):
    assert mockflow.scenarios() == ["stuck", "other"]
"""
    suite.run(tests, file="tests/test_it.py").assert_outcomes(passed=6)


def test_a_changed_file_is_read_again(suite: Suite) -> None:
    tests = """
from pathlib import Path

@pytest.mark.parametrize("name", ["story", "storm"])
@pytest.mark.mockflow("story.yaml")
def test_it(mockflow, name):
    assert mockflow.scenarios() == [name]
    path = Path("story.yaml")
    path.write_text(path.read_text().replace("scenario: story", "scenario: storm"))
"""
    suite.run(tests).assert_outcomes(passed=2)


def test_markers_of_module_class_and_test_add_up_and_the_nearest_wins(suite: Suite) -> None:
    tests = """
pytestmark = pytest.mark.mockflow("story.yaml", clock="frozen", version="2.19.0")

@pytest.mark.mockflow(Scenario("class").match(name="c").step_time("1s"), version="2.12.0")
class TestClass:
    @pytest.mark.mockflow(Scenario("test").match(name="t").step_time("1s"), version="2.13.0")
    def test_both(self, mockflow, mockflow_client):
        assert mockflow.scenarios() == ["story", "class", "test"]
        assert mockflow.clock.mode == "frozen"
        assert mockflow_client.info()["version"]["number"] == "2.13.0"

    def test_class(self, mockflow, mockflow_client):
        assert mockflow.scenarios() == ["story", "class"]
        assert mockflow_client.info()["version"]["number"] == "2.12.0"
"""
    suite.run(tests).assert_outcomes(passed=2)


WRONG: Final = {
    "missing": ('"nowhere.yaml"', 'no scenario "nowhere.yaml"; looked for */nowhere.yaml'),
    "unknown": ("speeed=3", "unknown keyword speeed; the marker takes clock, speed, *"),
    "no path": ("3", "the marker takes paths, YAML text and built scenarios, not 3"),
    "version": ('version="1.0.0"', "*OpenSearch 1.0.0 is not supported*"),
    "clock": ('clock="forzen"', 'unknown clock "forzen"; did you mean frozen?'),
    "speed": ('clock="real", speed=0', "a speed is above 0*"),
    "step_time": ('step_time="soon"', "*soon*"),
    "epoch": ("epoch=10**400", "*an epoch is in milliseconds since 1970, and is at most 253402300799999*"),
    "seed": ('seed="random"', '*a seed is a whole number, not "random"*'),
    "max_polls": ('max_polls=float("nan")', '*max_polls is a whole number, not "nan"*'),
    "yaml": ('"scenario: x\\nworkflowid: y\\n"', "*text:2:1: *workflowid*"),
    "two alike": ('STUCK, "story.yaml"', "*workflow_id*belongs to scenario*stuck*"),
}


@pytest.mark.parametrize(("marker", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_marker_says_what_would_be_right(suite: Suite, marker: str, message: str) -> None:
    result = suite.run(f"@pytest.mark.mockflow({marker})\ndef test_x(mockflow): pass\ndef test_y(mockflow): pass\n")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([f"mockflow: {message}"])
    result.stdout.no_fnmatch_line("*testing.py*")
    result.stdout.no_fnmatch_line("*another exception occurred*")


def test_folders_of_body_files(suite: Suite) -> None:
    suite.write("bodies/a.txt", "text")
    suite.write("some/s.yaml", "scenario: s\nstubs: [{request: GET /x, respond: {body_file: ../bodies/a.txt}}]\n")
    suite.settings("mockflow_body_files = bodies")
    tests = """
@pytest.mark.mockflow("some")
def test_allowed_by_the_ini_file(mockflow):
    mockflow.load("some")

@pytest.mark.mockflow("some", body_files=[])
def test_not_allowed(mockflow):
    pass
"""
    result = suite.run(tests)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*is outside of the folder of the scenario's file*"])


def test_ini_options(suite: Suite) -> None:
    suite.settings(
        "mockflow_scenarios = story.yaml",
        "mockflow_clock = frozen",
        "mockflow_version = 2.12.0",
        "mockflow_epoch = 5000",
        "mockflow_max_polls = 3",
        "mockflow_strict = true",
    )
    tests = """
@pytest.mark.mockflow(strict=False)
def test_defaults(mockflow, mockflow_client):
    assert (mockflow.scenarios(), mockflow.clock.mode, mockflow.clock.now) == (["story"], "frozen", 5000)
    assert mockflow_client.info()["version"]["number"] == "2.12.0"

def test_strict(mockflow):
    pass

@pytest.mark.mockflow(clock="auto", version="2.19.0")
def test_the_marker_wins(mockflow, mockflow_client):
    assert mockflow_client.info()["version"]["number"] == "2.19.0"
    assert [state(mockflow.url), state(mockflow.url)] == ["PROVISIONING", "COMPLETED"]

def test_max_polls(mockflow):
    while True:
        state(mockflow.url)
"""
    result = suite.run(tests)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*the same answer 3 times*"])


def test_a_wrong_ini_option_names_itself(suite: Suite) -> None:
    suite.settings("mockflow_seed = many")
    result = suite.run("def test_x(mockflow): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["mockflow: ini option mockflow_seed should be a number, not 'many'"])


def test_pytest_lists_marker_and_options(suite: Suite) -> None:
    suite.run("", "--markers").stdout.fnmatch_lines(["@pytest.mark.mockflow(*scenarios, clock='auto', *"])
    suite.run("", "--help").stdout.fnmatch_lines(["*--mockflow-url=*", "*--mockflow-report*", "*mockflow_max_polls (*"])
