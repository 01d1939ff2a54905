"""With a seed a scenario of chance goes the same way in every process."""

from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.clients.conftest import Door
from tests.support.paths import SCENARIOS
from tests.support.processes import serving

FLAKY: Final = SCENARIOS / "flaky-network.yaml"
PATH: Final = "/_plugins/_flow_framework/workflow/Zz3DTyElZ0hGb2WwHl2r/_status"
BY_THE_WALL: Final = ("wall", "took_ms", "request")  # the latter has the port, and so another one in each process


def story(seed: int) -> list[dict[str, Any]]:
    """The journal of 40 status calls to a process of its own, but for wall times."""
    with serving("serve", str(FLAKY), "--port", "0", "--quiet", "--auto", "--seed", str(seed)) as url:
        for _ in range(40):
            try:
                with urlopen(url + PATH) as response:
                    response.read()
            except (HTTPError, OSError):
                pass
        exchanges = Door(url).journal(40)
    return [{key: value for key, value in one.items() if key not in BY_THE_WALL} for one in exchanges]


def test_the_same_seed_gives_the_same_journal_and_another_one_another() -> None:
    first = story(7)
    assert len({one["fault"] for one in first}) > 2
    assert story(7) == first
    assert story(8) != first
