"""Both OpenAPI documents, the plugin's and the owner's: what they permit is answered, and what they do not."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import given
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance

from mockflow import MockFlow
from mockflow.server.control import openapi
from mockflow.server.control.routes import ROUTES
from tests.fuzz.conftest import bounded
from tests.support import specification


def _operations(document: dict[str, Any]) -> Iterator[Any]:
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok)
        yield found.ok()


OWNERS: Final = list(_operations(openapi.document(ROUTES)))
_OUR_OWN: Final = "internal error of mockflow"
PLUGINS: Final = list(_operations(specification.read())) if specification.FILE.exists() else []


def _is_stream(operation: Any) -> bool:
    return str(operation.path).endswith("/events")  # it never ends


@pytest.mark.parametrize("operation", [o for o in OWNERS if not _is_stream(o)], ids=lambda o: f"{o.method} {o.path}")
def test_the_owners_door(operation: Any, cluster: MockFlow) -> None:
    @bounded
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        response = case.call(base_url=cluster.url, timeout=20)
        assert response.status_code < 500, response.text
        case.validate_response(response, checks=[response_schema_conformance])

    ask()


@pytest.mark.skipif(not PLUGINS, reason="the public API specification is not here (../shared/spec)")
@pytest.mark.parametrize("operation", PLUGINS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_the_plugin(operation: Any, cluster: MockFlow) -> None:
    @bounded
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        response = case.call(base_url=cluster.url, timeout=20)
        assert _OUR_OWN not in response.text, response.text  # the plugin's own 500 and 501 are as they should be

    ask()
