"""Each example passes its own tests. What a machine has not skips, and says so."""

import pytest

from checks.examples.programs import ALL, Example, MissingError, play


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.folder)
def test_example(example: Example) -> None:
    try:
        play(example)
    except MissingError as missing:
        pytest.skip(f"{example.folder}: {missing}")
