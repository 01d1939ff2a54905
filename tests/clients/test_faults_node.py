"""Each preset and each broken connection, as @opensearch-project/opensearch raises it."""

from typing import Any, Final

import pytest

from tests.clients.conftest import Door, Reset
from tests.clients.test_node import FOLDER
from tests.support.npm import told_by
from tests.support.trouble import BROKEN, PATH, PRESETS, PROVISIONING, SCENARIO, Broken, Told

Outcomes = dict[str, dict[str, Any]]

POLL: Final = {"method": "GET", "path": PATH, "timeout": 10_000}
CASES: Final = {
    **{name: POLL | {"fault": {"on": ["get_status"], "respond": {"preset": name}}} for name in PRESETS},
    **{
        f"connection {name}": POLL
        | {"fault": {"on": ["get_status"], **broken.fault}, "timeout": int(broken.client_timeout * 1000)}
        for name, broken in BROKEN.items()
    },
}


@pytest.fixture(scope="module")
def outcomes(process: str, reset: Reset) -> Outcomes:
    """What came of each case."""
    reset()
    Door(process).load(SCENARIO)
    result: Outcomes = told_by(FOLDER, "faults.mjs", process, {"cases": CASES})
    return result


@pytest.mark.parametrize(("preset", "told"), PRESETS.items(), ids=PRESETS)
def test_preset(outcomes: Outcomes, preset: str, told: Told) -> None:
    """A body that is no JSON is text; the message says nothing but of an object error."""
    outcome = outcomes[preset]
    assert (outcome["error"], outcome["status"]) == ("ResponseError", told.status)
    assert outcome["body"] == (told.info if told.is_json else told.body)
    assert outcome["attempts"] == told.attempts
    is_object = told.is_json and isinstance(told.info.get("error"), dict)
    assert (outcome["message"] == "Response Error") != is_object


@pytest.mark.parametrize(("name", "broken"), BROKEN.items(), ids=BROKEN)
def test_connection(outcomes: Outcomes, name: str, broken: Broken) -> None:
    outcome = outcomes[f"connection {name}"]
    if broken.node is None:
        assert (outcome["status"], outcome["body"], outcome["attempts"]) == (200, PROVISIONING, 1)
    else:
        kind, attempts = broken.node
        assert (outcome["error"], outcome["attempts"]) == (kind, attempts)
        assert "status" not in outcome
