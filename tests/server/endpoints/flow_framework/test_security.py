"""The security plugin, filtering by backend roles and tenants."""

import base64
from typing import Any, Final

import pytest

from mockflow.core.opensearch.security import parse_user
from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import DEPLOYMENT, NOOP, WORKFLOW, Answer, Body, Door, node, template

USERS: Final = (
    "admin:secret",
    "ann:pw:team-a",
    "abe:pw:team-a,team-x",
    "bob:pw:team-b",
    "reader:pw:flow_framework_read_access,team-a",
    "lone:pw:flow_framework_full_access",
    "lion:pw:own_index",
)
ROLE_FILTER: Final = {"persistent": {"plugins.flow_framework.filter_by_backend_roles": True}}
ALL: Final[Body] = {"query": {"match_all": {}}}


def basic(name: str, password: str = "pw") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


ADMIN: Final = basic("admin", "secret")


@pytest.fixture
async def secure(open_door: Open) -> Door:
    """A server with users."""
    return await open_door(users=tuple(map(parse_user, USERS)))


@pytest.fixture
async def filtered(secure: Door) -> Door:
    """The same, filtering by backend roles."""
    assert (await secure.ask("PUT", "/_cluster/settings", ROLE_FILTER, headers=ADMIN)).status == 200
    return secure


async def owned(door: Door, name: str, **more: str) -> str:
    return await door.create(NOOP, headers={**basic(name), **more})


async def test_a_user_whose_roles_give_nothing(secure: Door) -> None:
    workflow_id = await owned(secure, "ann")
    answers = [
        await secure.ask(method, f"{WORKFLOW}/{workflow_id}{path}", body, headers=basic("lion"))
        for method, path, body in CALLS
    ]
    answers.append(await secure.post("", NOOP, headers=basic("lion")))
    answers.append(await secure.ask("POST", f"{WORKFLOW}/_search", ALL, headers=basic("lion")))
    answers.append(await secure.ask("GET", f"{WORKFLOW}/_steps", headers=basic("lion")))
    assert {answer.status for answer in answers} == {403}
    assert all(answer.json["error"]["type"] == "security_exception" for answer in answers)


async def found(door: Door, path: str, headers: dict[str, str]) -> set[str]:
    """The ids of a search's hits."""
    answer = await door.ask("POST", f"{WORKFLOW}/{path}", ALL, headers=headers)
    assert answer.status == 200, answer
    return {hit["_id"] for hit in answer.json["hits"]["hits"]}


# -- who asks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"admin").decode(),
        "Basic " + base64.b64encode(b"admin:").decode(),
        "Basic " + base64.b64encode(b"admin:wrong").decode(),
        "Basic " + base64.b64encode(b"nobody:secret").decode(),
        "Basic " + base64.b64encode(b":-").decode(),
        "Basic " + base64.b64encode(b":").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Bearer secret",
        "admin:secret",
    ],
)
@pytest.mark.parametrize("path", ["/", f"{WORKFLOW}/w/_status", "/_nope/x", f"{WORKFLOW}/w/_status?nope=1"])
async def test_who_does_not_log_in_is_told_in_text(secure: Door, authorization: str | None, path: str) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with secure.session.get(secure.url + path, headers=headers) as answer:
        assert (answer.status, await answer.text()) == (401, "Unauthorized")
        assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="OpenSearch Security"'


async def test_a_head_without_login_has_no_body(secure: Door) -> None:
    answer = await secure.ask("HEAD", "/")
    assert (answer.status, answer.text) == (401, "")


async def test_it_asks_in_text_whatever_format_is_wanted(secure: Door) -> None:
    answer = await secure.ask("GET", "/?format=yaml&pretty&filter_path=x")
    assert (answer.status, answer.content_type, answer.text) == (401, "text/plain; charset=UTF-8", "Unauthorized")


async def test_who_logs_in_is_answered_as_ever(secure: Door) -> None:
    for headers in (ADMIN, {"Authorization": ADMIN["Authorization"].replace("Basic", "basic")}):
        assert (await secure.ask("GET", "/", headers=headers)).status == 200
        assert (await secure.ask("GET", "/_nope/x", headers=headers)).status == 400


async def test_without_users_any_credentials_are_taken(open_door: Open) -> None:
    door = await open_door()
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/es/aws4_request, Signature=0"}
    for headers in ({}, basic("x", "y"), signed, {**signed, "x-amz-date": "20260101T000000Z"}, {"Authorization": "??"}):
        assert (await door.ask("GET", "/", headers=headers)).status == 200


async def test_an_aws_access_key_stands_for_the_user_of_that_name(secure: Door) -> None:
    signed = "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/es/aws4_request, SignedHeaders=host, Signature=00"
    answer = await secure.ask("GET", "/", headers={"Authorization": signed.format("admin")})
    assert answer.status == 200
    answer = await secure.ask("GET", "/", headers={"Authorization": signed.format("AKIANOBODY")})
    assert answer.told == (403, {"message": "The security token included in the request is invalid."})


# -- what it may do --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("POST", "", "admin/opensearch/flow_framework/workflow/create"),
        ("PUT", "/w", "admin/opensearch/flow_framework/workflow/create"),
        ("POST", "/w/_provision", "admin/opensearch/flow_framework/workflow/provision"),
        ("POST", "/w/_deprovision", "admin/opensearch/flow_framework/workflow/deprovision"),
        ("DELETE", "/w", "admin/opensearch/flow_framework/workflow/delete"),
    ],
)
async def test_the_read_role_may_not_change_anything(secure: Door, method: str, path: str, action: str) -> None:
    answer = await secure.ask(method, WORKFLOW + path, NOOP if method != "DELETE" else None, headers=basic("reader"))
    reason = (
        f"no permissions for [cluster:{action}] and User [name=reader, backend_roles=[team-a], requestedTenant=null]"
    )
    cause = {"type": "security_exception", "reason": reason}
    assert answer.told == (403, {"error": {"root_cause": [cause], **cause}, "status": 403})


async def test_the_read_role_polls_reads_and_searches(secure: Door) -> None:
    workflow_id = await owned(secure, "ann")
    for path in (f"/{workflow_id}/_status", f"/{workflow_id}", "/_steps"):
        assert (await secure.ask("GET", WORKFLOW + path, headers=basic("reader"))).status == 200
    assert await found(secure, "_search", basic("reader")) == {workflow_id}
    assert await found(secure, "state/_search", basic("reader")) == {workflow_id}


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("reader", "/", 403),
        ("reader", "/_cluster/health", 403),
        ("ann", "/", 200),
        ("ann", "/_cluster/health", 200),
        ("ann", "/_cat/health", 200),
        ("ann", "/_plugins/_ml/models/x", 403),
        ("ann", "/_ingest/pipeline", 403),
    ],
)
async def test_roles_reach_as_far_as_the_plugins_own(secure: Door, name: str, path: str, status: int) -> None:
    assert (await secure.ask("GET", path, headers=basic(name))).status == status


async def test_only_admins_change_settings(secure: Door) -> None:
    answer = await secure.ask("PUT", "/_cluster/settings", ROLE_FILTER, headers=basic("ann"))
    assert (answer.status, answer.json["error"]["type"]) == (403, "security_exception")


# -- whose a workflow is -----------------------------------------------------------------------------------


async def test_status_and_template_name_their_user(secure: Door) -> None:
    workflow_id = await owned(secure, "abe")
    user = {
        "name": "abe",
        "backend_roles": ["team-a", "team-x"],
        "roles": ["flow_framework_full_access"],
        "custom_attribute_names": [],
        "user_requested_tenant": None,
    }
    path = f"{WORKFLOW}/{workflow_id}"
    status = await secure.ask("GET", f"{path}/_status?all=true", headers=basic("ann"))
    assert status.json["user"] == user
    assert "user" not in (await secure.ask("GET", f"{path}/_status", headers=basic("ann"))).json
    template = (await secure.ask("GET", path, headers=ADMIN)).json
    assert template["user"] == user
    assert list(template).index("user") == list(template).index("created_time") - 1
    assert "user" not in (await secure.ask("GET", path, headers=basic("ann"))).json, "to admins only"


async def test_the_user_stays_through_a_run(secure: Door) -> None:
    workflow_id = await owned(secure, "ann")
    path = f"{WORKFLOW}/{workflow_id}"
    for action in ("_provision", "_deprovision"):
        assert (await secure.ask("POST", f"{path}/{action}", headers=basic("ann"))).status in (200, 202)
        await secure.advance("1h")
        status = (await secure.ask("GET", f"{path}/_status?all=true", headers=basic("ann"))).json
        assert status["user"]["name"] == "ann"
    held = await secure.ask("GET", f"/_mockflow/workflows/{workflow_id}/status")
    assert held.json["user"]["name"] == "ann", "its owner is told too"


async def test_a_search_shows_users_to_admins_only(secure: Door) -> None:
    await owned(secure, "ann")
    for path in ("_search", "state/_search"):
        for headers, shown in ((ADMIN, True), (basic("ann"), False)):
            answer = await secure.ask("POST", f"{WORKFLOW}/{path}", ALL, headers=headers)
            [hit] = answer.json["hits"]["hits"]
            assert ("user" in hit["_source"]) is shown


# -- filtered by backend roles -----------------------------------------------------------------------------

Calls = tuple[tuple[str, str, Any], ...]
CALLS: Final[Calls] = (
    ("GET", "", None),
    ("GET", "/_status", None),
    ("PUT", "", NOOP),
    ("POST", "/_provision", None),
    ("POST", "/_deprovision", None),
    ("DELETE", "", None),
)


@pytest.mark.parametrize(("version", "status"), [("2.12.0", 400), ("2.19.3", 400), ("3.0.0", 403), ("3.2.0", 403)])
async def test_a_workflow_of_others_is_refused(open_door: Open, version: str, status: int) -> None:
    door = await open_door(users=tuple(map(parse_user, USERS)), opensearch_version=version)
    assert (await door.ask("PUT", "/_cluster/settings", ROLE_FILTER, headers=ADMIN)).status == 200
    workflow_id = await owned(door, "ann")
    refusal = {"error": f"User does not have permissions to access workflow: {workflow_id}"}
    for name in ("bob", "lone"):
        for method, path, body in CALLS:
            if name == "lone" and method == "PUT":
                continue  # refused for having no backend role at all
            answer = await door.ask(method, f"{WORKFLOW}/{workflow_id}{path}", body, headers=basic(name))
            assert answer.told == (status, refusal), (method, path)


async def test_a_workflow_is_everybodys_who_shares_a_role_and_the_admins(filtered: Door) -> None:
    workflow_id = await owned(filtered, "ann")
    for headers in (basic("abe"), basic("reader"), ADMIN):
        answer = await filtered.ask("GET", f"{WORKFLOW}/{workflow_id}/_status", headers=headers)
        assert answer.told == (200, {"workflow_id": workflow_id, "state": "NOT_STARTED"})


async def test_a_search_finds_what_one_may_see(filtered: Door) -> None:
    ann, bob = await owned(filtered, "ann"), await owned(filtered, "bob")
    for path in ("_search", "state/_search"):
        assert await found(filtered, path, basic("reader")) == {ann}
        assert await found(filtered, path, basic("bob")) == {bob}
        assert await found(filtered, path, basic("lone")) == set()
        assert await found(filtered, path, ADMIN) == {ann, bob}


async def test_who_has_no_backend_role_may_not_create(filtered: Door) -> None:
    answer = await filtered.post("", NOOP, headers=basic("lone"))
    told = "Filter by backend roles is enabled, but User lone does not have any backend roles configured"
    assert answer.told == (403, {"error": told})


async def test_a_workflow_that_is_not_there_is_told_as_ever(filtered: Door) -> None:
    await owned(filtered, "ann")
    answer = await filtered.ask("GET", f"{WORKFLOW}/nope/_status", headers=basic("bob"))
    assert answer.told == (404, {"error": "Fail to find workflow status of nope"})


async def test_a_scenario_says_whose_its_workflow_is(filtered: Door) -> None:
    scenario = (
        "{{scenario: {id}, workflow_id: {id}, provision: {{timeline: [{{at: 0s, state: PROVISIONING, {user}}}]}}}}"
    )
    user = "user: {name: bob, backend_roles: [team-b], roles: [], custom_attribute_names: []}"
    await filtered.load(scenario.format(id="bobs", user=user), scenario.format(id="all", user="error: x"))
    bobs = await filtered.ask("GET", f"{WORKFLOW}/bobs/_status", headers=basic("bob"))
    assert bobs.status == 200
    assert (await filtered.ask("GET", f"{WORKFLOW}/bobs/_status", headers=basic("ann"))).status == 403
    assert (await filtered.ask("GET", f"{WORKFLOW}/all/_status", headers=basic("ann"))).status == 200


# -- tenants -----------------------------------------------------------------------------------------------


@pytest.fixture
async def shared(open_door: Open) -> Door:
    """A server of several tenants, without users."""
    return await open_door(multi_tenancy=True)


def tenant(name: str) -> dict[str, str]:
    return {"x-tenant-id": name}


@pytest.mark.parametrize("headers", [{}, {"x-tenant-id": ""}])
async def test_who_names_no_tenant_is_refused(shared: Door, headers: dict[str, str]) -> None:
    refusal = (403, {"error": "Tenant ID header is missing or has no value"})
    assert (await shared.post("", NOOP, headers=headers)).told == refusal
    for method, path, body in CALLS:
        assert (await shared.ask(method, f"{WORKFLOW}/w{path}", body, headers=headers)).told == refusal
    for path in ("_search", "state/_search"):
        assert (await shared.ask("POST", f"{WORKFLOW}/{path}", ALL, headers=headers)).told == refusal
    assert (await shared.ask("GET", f"{WORKFLOW}/_steps", headers=headers)).told == refusal
    unread = await shared.ask("GET", f"{WORKFLOW}/_steps?workflow_step=noop", headers=headers)
    assert unread.reason == f"request [{WORKFLOW}/_steps] contains unrecognized parameter: [workflow_step]"
    assert (await shared.ask("GET", "/", headers=headers)).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", ""), ("GET", "/_status"), ("POST", "/_deprovision"), ("POST", "/_provision"), ("GET", "")],
)
async def test_the_template_is_looked_up_first(shared: Door, method: str, path: str) -> None:
    async def ask(workflow_id: str) -> tuple[int, Any]:
        return (await shared.ask(method, f"{WORKFLOW}/{workflow_id}{path}", headers=tenant("one"))).told

    assert await ask("nope") == (500, {"error": "Failed to get workflow."}), "before the first workflow"
    workflow_id = await shared.create(DEPLOYMENT, "?provision=true", headers=tenant("one"))
    assert await ask("nope") == (404, {"error": "Failed to retrieve template (nope) from global context."})
    await shared.ask("DELETE", f"{WORKFLOW}/{workflow_id}", headers=tenant("one"))
    error = f"Failed to retrieve template ({workflow_id}) from global context."
    assert await ask(workflow_id) == (404, {"error": error}), "although its status is there"


async def test_a_reprovision_counts_as_a_provision(shared: Door) -> None:
    setting = {"persistent": {"plugins.flow_framework.max_active_provisions_per_tenant": 1}}
    assert (await shared.ask("PUT", "/_cluster/settings", setting)).status == 200
    first = await shared.create(NOOP, "?provision=true", headers=tenant("one"))
    await shared.advance("1h")
    await shared.create(NOOP, "?provision=true", headers=tenant("one"))
    more = template(node("a"), node("b"))
    answer = await shared.put(first, more, "?reprovision=true", headers=tenant("one"))
    assert answer.told == (429, {"error": "Exceeded max simultaneous provisioning requests: 1"})
    await shared.advance("1h")
    assert (await shared.put(first, more, "?reprovision=true", headers=tenant("one"))).status == 202


async def test_what_a_workflow_made_is_its_tenants_alone(shared: Door) -> None:
    agent = template(node("a", "register_agent", name="agent", type="flow"))
    workflow_id = await shared.create(agent, "?provision=true", headers=tenant("one"))
    await shared.advance("1h")
    status = await shared.ask("GET", f"{WORKFLOW}/{workflow_id}/_status", headers=tenant("one"))
    path = f"/_plugins/_ml/agents/{status.json['resources_created'][0]['resource_id']}"
    found_by = {}
    for name in ("one", "two"):
        hits = await shared.ask("POST", "/_plugins/_ml/agents/_search", ALL, headers=tenant(name))
        found_by[name] = hits.json["hits"]["total"]["value"]
    assert found_by == {"one": 1, "two": 0}
    for method in ("GET", "DELETE"):
        other = await shared.ask(method, path, headers=tenant("two"))
        assert (other.status, other.reason) == (403, "You don't have permission to access this resource")
        nobody = await shared.ask(method, path)
        assert (nobody.status, nobody.reason) == (403, "Tenant ID header is missing or has no value")
    assert (await shared.ask("GET", path, headers=tenant("one"))).json["tenant_id"] == "one"
    assert (await shared.ask("DELETE", path, headers=tenant("one"))).status == 200


async def test_a_workflow_is_its_tenants_alone(shared: Door) -> None:
    workflow_id = await shared.create(NOOP, headers=tenant("one"))
    path = f"{WORKFLOW}/{workflow_id}"
    mine = await shared.ask("GET", f"{path}/_status?all=true", headers=tenant("one"))
    assert list(mine.json.items())[-1] == ("tenant_id", "one")
    template = await shared.ask("GET", path, headers=tenant("one"))
    assert list(template.json.items())[-1] == ("tenant_id", "one")
    for method, rest, body in CALLS:
        answer = await shared.ask(method, path + rest, body, headers=tenant("two"))
        assert answer.told == (403, {"error": "No permission to access this resource"}), (method, rest)
    for search in ("_search", "state/_search"):
        assert await found(shared, search, tenant("one")) == {workflow_id}
        assert await found(shared, search, tenant("two")) == set()


async def test_a_tenant_has_so_many_runs_at_once(shared: Door) -> None:
    one = [await shared.create(NOOP, headers=tenant("one")) for _ in range(3)]
    other = await shared.create(NOOP, headers=tenant("two"))
    for workflow_id in one[:2]:
        assert (await shared.provision(workflow_id, headers=tenant("one"))).status == 202
    refused = await shared.provision(one[2], headers=tenant("one"))
    assert refused.told == (429, {"error": "Exceeded max simultaneous provisioning requests: 2"})
    assert (await shared.provision(other, headers=tenant("two"))).status == 202
    await shared.advance("1h")
    assert (await shared.provision(one[2], headers=tenant("one"))).status == 202


async def test_the_header_says_nothing_without_tenants(open_door: Open) -> None:
    door = await open_door()
    workflow_id = await door.create(NOOP, headers=tenant("one"))
    status = await door.ask("GET", f"{WORKFLOW}/{workflow_id}/_status?all=true", headers=tenant("two"))
    assert status.status == 200
    assert "tenant_id" not in status.json


async def test_the_settings_tell_of_tenants(shared: Door) -> None:
    key = "plugins.flow_framework.multi_tenancy_enabled"
    settings = await shared.ask("GET", "/_cluster/settings?include_defaults&flat_settings")
    assert settings.json["defaults"][key] == "true"
    assert (await shared.ask("PUT", "/_cluster/settings", {"persistent": {key: False}})).status == 400


# -- the owner ---------------------------------------------------------------------------------------------


async def test_the_owner_needs_no_login_and_may_change_the_users(secure: Door) -> None:
    assert (await secure.ask("GET", "/_mockflow/clock")).status == 200
    assert (await secure.ask("POST", "/_mockflow/reset", {"users": ["eve:new"]})).status == 200
    assert (await secure.ask("GET", "/", headers=ADMIN)).status == 401
    assert (await secure.ask("GET", "/", headers=basic("eve", "new"))).status == 200
    assert (await secure.ask("POST", "/_mockflow/reset", {"users": [], "multi_tenancy": True})).status == 200
    assert (await secure.ask("GET", "/")).status == 200
    assert (await secure.ask("GET", f"{WORKFLOW}/w/_status")).status == 403
    assert (await secure.ask("POST", "/_mockflow/reset")).status == 200
    assert (await secure.ask("GET", "/", headers=ADMIN)).status == 200


@pytest.mark.parametrize("users", [["eve"], ["eve:a", "eve:b"], ["eve:pw:flow_framework_none"], [1], "eve:pw"])
async def test_users_that_are_none_change_nothing(secure: Door, users: Any) -> None:
    answer = await secure.ask("POST", "/_mockflow/reset", {"users": users})
    assert answer.status == 400
    assert answer.json["error"]["message"]
    assert (await secure.ask("GET", "/", headers=ADMIN)).status == 200


async def test_the_journal_hides_passwords_and_tells_of_refusals(secure: Door) -> None:
    await secure.ask("GET", "/", headers=ADMIN)
    await secure.ask("GET", f"{WORKFLOW}/w/_status")
    journal: Answer = await secure.ask("GET", "/_mockflow/journal")
    assert [exchange["status"] for exchange in journal.json["exchanges"]] == [200, 401]
    assert ADMIN["Authorization"].split()[1] not in journal.text
