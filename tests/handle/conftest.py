"""Clusters for the tests of this room."""

from collections.abc import Iterator

import pytest

from mockflow import MockFlow
from tests.support.python_api import STORY


@pytest.fixture
def cluster() -> Iterator[MockFlow]:
    """A cluster of STORY in mode auto."""
    with MockFlow(STORY) as started:
        yield started


@pytest.fixture
def frozen() -> Iterator[MockFlow]:
    """The same with a frozen clock."""
    with MockFlow(STORY, clock="frozen") as started:
        yield started
