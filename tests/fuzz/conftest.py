"""Fuzzing: a short round in every test run, a long one by ``make fuzz`` (MOCKFLOW_FUZZ tells how many examples)."""

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from mockflow import MockFlow

EXAMPLES = int(os.environ.get("MOCKFLOW_FUZZ", "8"))

bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[MockFlow]:
    """One server for all examples: what one leaves behind, the next one meets."""
    with MockFlow("scenarios/", clock="auto", step_time="1ms", max_polls=1_000_000) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever is asked, nothing fails inside."""
    yield
    told = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert told == []
