"""The journal as an HTTP Archive: GET /_mockflow/journal.har."""

from datetime import datetime
from typing import Final

import pytest

from tests.support.control import Owner
from tests.support.server import WORKFLOW, Servers

BROKEN: Final = """
scenario: broken
workflow_id: w
faults:
  - {on: get_status, call: 2, connection: reset}
"""
REQUEST: Final = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
RESPONSE: Final = {
    *("status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"),
}


async def test_it_has_what_the_format_requires(serve: Servers) -> None:
    server = await serve(BROKEN)
    owner = await Owner.of(server)
    await server.status(query="?pretty&all=true")
    with pytest.raises(ConnectionError):
        await server.status()
    headers = {"Content-Type": "application/json", "Authorization": "Basic YWRtaW46YWRtaW4="}
    await server.ask(f"{WORKFLOW}?validation=none", "POST", '{"name": "n", "password": "s3cret"}', headers)
    log = (await owner.get("/journal.har"))["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "mockflow")
    status, reset, create = log["entries"]
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        assert {"send", "wait", "receive"} <= set(entry["timings"])
        assert set(entry["request"]) - {"postData"} == REQUEST
        assert set(entry["response"]) >= RESPONSE
        assert {"size", "mimeType"} <= set(entry["response"]["content"])
        assert datetime.fromisoformat(entry["startedDateTime"].replace("Z", "+00:00")).tzinfo
    assert status["request"]["url"] == f"http://mockflow{WORKFLOW}/w/_status?pretty&all=true"
    assert status["request"]["queryString"] == [{"name": "pretty", "value": ""}, {"name": "all", "value": "true"}]
    assert '"state": "NOT_STARTED"' in status["response"]["content"]["text"]
    assert (reset["response"]["status"], reset["_connection"]) == (0, "reset")
    assert "call 2" in reset["_fault"]
    assert (create["request"]["method"], create["response"]["statusText"]) == ("POST", "Bad Request")
    assert create["request"]["postData"]["mimeType"] == "application/json"
    assert "s3cret" not in str(log)
    assert "YWRtaW4" not in str(log)
    only = await owner.get("/journal.har?operation=create")
    assert only["log"]["entries"] == [create]
