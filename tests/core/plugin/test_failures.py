"""The text of a failed step, release by release."""

import pytest

from mockflow.core.opensearch.rest_status import FAILURES, REST_STATUS
from mockflow.core.plugin.failures import ERROR_FORMATS, Failure, status_in
from mockflow.core.plugin.versions import parse_version

OWN = Failure("REQUEST_TIMEOUT", "no answer")
FOREIGN = Failure("NOT_FOUND", "no such thing", "OpenSearchStatusException")
QUALIFIED = Failure("INTERNAL_SERVER_ERROR", "it is not there", "com.example.Odd")
TIMED_OUT = Failure("INTERNAL_SERVER_ERROR", "Execute timed out for s", "TimeoutException")

OWN_CLASS = "org.opensearch.flowframework.exception.WorkflowStepException"


@pytest.mark.parametrize(
    ("release", "failure", "text"),
    [
        ("2.12.0", OWN, f"{OWN_CLASS} during step s"),
        ("2.12.0", FOREIGN, "org.opensearch.OpenSearchStatusException during step s"),
        ("2.12.0", QUALIFIED, "com.example.Odd during step s"),
        ("2.12.0", TIMED_OUT, "java.util.concurrent.TimeoutException during step s"),
        ("2.13.0", OWN, f"{OWN_CLASS} during step s, restStatus: REQUEST_TIMEOUT"),
        ("2.13.0", FOREIGN, "org.opensearch.OpenSearchStatusException during step s, restStatus: NOT_FOUND"),
        ("2.14.0", OWN, "no answer during step s, restStatus: REQUEST_TIMEOUT"),
        ("2.19.4", OWN, "no answer during step s, restStatus: REQUEST_TIMEOUT"),
        ("3.0.0", OWN, "no answer during step s, restStatus: REQUEST_TIMEOUT"),
        ("3.0.0", FOREIGN, "org.opensearch.OpenSearchStatusException during step s, restStatus: NOT_FOUND"),
        ("3.1.0", OWN, "WorkflowStepException during step s, no answer, restStatus: REQUEST_TIMEOUT"),
        ("3.8.0", OWN, "WorkflowStepException during step s, no answer, restStatus: REQUEST_TIMEOUT"),
        ("3.8.0", FOREIGN, "OpenSearchStatusException during step s, restStatus: NOT_FOUND"),
        ("3.8.0", QUALIFIED, "Odd during step s, restStatus: INTERNAL_SERVER_ERROR"),
        ("3.8.0", TIMED_OUT, "TimeoutException during step s, restStatus: INTERNAL_SERVER_ERROR"),
    ],
)
def test_each_release_has_its_text(release: str, failure: Failure, text: str) -> None:
    assert ERROR_FORMATS[parse_version(release).behaviour.step_error]("s", failure) == text


@pytest.mark.parametrize("status", FAILURES)
@pytest.mark.parametrize("name", [name for name in ERROR_FORMATS if name != "class"])
def test_the_status_can_be_read_from_the_text(name: str, status: str) -> None:
    """As the answer of a request that waits for the run has it."""
    assert status_in(ERROR_FORMATS[name]("s", Failure(status, "restStatus: OK"))) == REST_STATUS[status]


@pytest.mark.parametrize("error", [None, "", "it failed", "java.lang.X during step s", "restStatus: NO_SUCH_STATUS"])
def test_a_text_without_one_is_an_internal_error(error: str | None) -> None:
    assert status_in(error) == 500
