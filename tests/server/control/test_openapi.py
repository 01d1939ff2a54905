"""The OpenAPI document of the control API. That answers conform to it, every test of that door checks (`Owner`)."""

import re

import pytest
from openapi_spec_validator import validate

from mockflow._version import __version__
from tests.support.control import Owner


async def test_it_is_valid(owner: Owner) -> None:
    validate(dict(owner.document))
    assert owner.document["openapi"].startswith("3.1.")
    assert owner.document["info"]["version"] == __version__


async def test_it_describes_every_call(owner: Owner) -> None:
    described = {
        f"{method.upper()} {path}" for path, operations in owner.document["paths"].items() for method in operations
    }
    index = await owner.get("")
    assert set(index["calls"]) == described
    assert index["mockflow"] == __version__
    assert len(described) >= 12


async def test_every_operation_says_what_it_is(owner: Owner) -> None:
    names = []
    for path, operations in owner.document["paths"].items():
        for method, operation in operations.items():
            names.append(operation["operationId"])
            assert operation["summary"].endswith(".")
            assert {"200", "400"} <= set(operation["responses"])
            declared = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))
            assert ("requestBody" in operation) == (method in ("post", "put") and not path.endswith("/restart"))
    assert len(names) == len(set(names))


async def test_the_checking_client_does_check(owner: Owner) -> None:
    """Guards the other tests: with another schema the same answer fails."""
    owner.document["components"]["schemas"]["ClockView"]["properties"]["now"] = {"type": "string"}
    with pytest.raises(AssertionError):
        await owner.get("/clock")
    del owner.document["paths"]["/_mockflow/scenarios/{name}"]["delete"]["responses"]["404"]
    with pytest.raises(AssertionError):
        await owner.answer("DELETE", "/scenarios/nope")


@pytest.mark.parametrize("duration", ["3s", "250ms", "0", "1 h"])
async def test_its_pattern_takes_the_times_that_the_door_takes(owner: Owner, duration: str) -> None:
    await owner.clock(advance=duration)
