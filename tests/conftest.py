"""Settings of all tests, and what watches over all of them."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from unittest.mock import patch

import pytest
from hypothesis import settings

from mockflow.cluster import Cluster
from mockflow.server.answer import answer
from mockflow.server.http.messages import Request, Response
from tests.support import specification
from tests.support.server import Servers

FUZZ = "MOCKFLOW_FUZZ"  # how many examples `make fuzz` draws

# Properties of chance: few examples in each run, many in `make fuzz`. A timing never decides a test.
settings.register_profile("mockflow", deadline=None, max_examples=40)
settings.register_profile("long", settings.get_profile("mockflow"), max_examples=int(os.environ.get(FUZZ, "500")))
settings.register_profile("quick", settings.get_profile("mockflow"), max_examples=10)  # make test-quick
settings.load_profile("mockflow")

CHECKER = specification.load()
LAST = "test_specification.py"


@pytest.fixture(scope="session", autouse=True)
def _answers_are_held_against_the_specification() -> Iterator[None]:
    """Looks at every answer that a server of this process gives, and tells of them at the end."""
    if CHECKER is None:
        yield
        return
    checker = CHECKER

    async def watched(cluster: Cluster, request: Request) -> Response:
        response = await answer(cluster, request)
        if not _is_scripted(cluster):
            checker.look_at(request, response)
        return response

    with patch("mockflow.server.app.answer", watched):
        yield
    assert checker.mismatches == {}  # also where workers share the tests, each of which sees but some answers


@pytest.fixture
async def servers() -> AsyncIterator[Servers]:
    """Starts servers in this process; they end with the test."""
    started = Servers()
    yield started
    await started.stop()


def _is_scripted(cluster: Cluster) -> bool:
    """Whether a fault or a stub stood in place of the answer that was given last: it may be anything at all."""
    return any(last.scripted and not last.scripted.is_own for last in cluster.world.journal.latest(0, 1))


def pytest_collection_finish() -> None:
    """What is there now stays until the end: the garbage collector shall not go through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks back on all other tests runs last."""
    items.sort(key=lambda item: item.path.name == LAST)
