"""The key `use_cases` of a scenario: use cases of vendors, beside the plugin's or in their place."""

from typing import Any, Final

import pytest

from mockflow.loading.load import load_text
from tests.server.endpoints.test_ml_changes import ask
from tests.support.paths import SCENARIOS
from tests.support.server import OWNER, WORKFLOW, Server, Servers

VENDOR: Final = (SCENARIOS / "vendor-use-case.yaml").read_text("utf-8")


async def template_of(server: Server, use_case: str, body: Any) -> Any:
    created = await ask(server, "POST", f"{WORKFLOW}?use_case={use_case}", body)
    assert created.status == 201, created.body
    return (await server.ask(f"{WORKFLOW}/{created.json['workflow_id']}")).json


async def test_a_use_case_of_a_vendor(serve: Servers) -> None:
    server = await serve(VENDOR)
    template = await template_of(server, "vendor_log_index", {"create_index.name": "logs"})
    [node] = template["workflows"]["provision"]["nodes"]
    assert node["user_inputs"] == {
        "configurations": '{"settings":{"number_of_shards":"2"}}',
        "index_name": "logs",
    }
    refused = await ask(server, "POST", f"{WORKFLOW}?use_case=vendor_log_index", {})
    assert (refused.status, refused.error) == (
        400,
        "Missing the following required parameters for use case [vendor_log_index] : [create_index.name]",
    )


async def test_other_defaults_of_a_use_case_of_the_plugin(server: Server) -> None:
    body = {"create_ingest_pipeline.model_id": "m"}
    before = str(await template_of(server, "semantic_search", body))
    await server.ask(f"{OWNER}/scenarios", "PUT", VENDOR, {"Content-Type": "application/yaml"})
    assert "vendor-index" not in before
    assert "vendor-index" in str(await template_of(server, "semantic_search", body))
    own = {**body, "create_index.name": "chosen"}
    assert "vendor-index" not in str(await template_of(server, "semantic_search", own))
    await server.ask(f"{OWNER}/scenarios/vendor-use-case", "DELETE")
    assert str(await template_of(server, "semantic_search", body)) == before
    refused = await ask(server, "POST", f"{WORKFLOW}?use_case=vendor_log_index", {"create_index.name": "x"})
    assert refused.error == "Unable to find substitution ready file for use case: vendor_log_index"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nope: {defaults: {a: b}}", 'the plugin has no use case "nope"'),
        ("semantic_serch: {defaults: {a: b}}", "did you mean semantic_search?"),
        ("x: {templat: {}}", "template"),
        ("x: {template: {}, defaults: {a: [1]}}", "a must be text, not a list"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(content: str, message: str) -> None:
    loading = load_text(f"scenario: s\nuse_cases:\n  {content}\n", "s.yaml")
    problems = "\n".join(problem.text for problem in loading.errors)
    assert message in problems
    assert "s.yaml:3" in problems
