"""Dates in the names of indices. The clock is frozen at 2026-01-01T00:00:00Z."""

from urllib.parse import quote

import pytest

from tests.server.endpoints.documents.conftest import Index
from tests.support.server import OWNER


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("<logs-{now}>", "logs-2026.01.01"),
        ("<logs-{now/d}>", "logs-2026.01.01"),
        ("<logs-{now/d-1d}>", "logs-2025.12.31"),
        ("<logs-{now-1M/M{yyyy.MM}}>", "logs-2025.12"),
        ("<logs-{now+2M{uuuu-MM-dd}}-x>", "logs-2026-03-01-x"),
        ("<logs-{now-1h/d{yyyyMMdd}}>", "logs-20251231"),
        ("<logs-{now/d{yyyy.MM.dd|-01:00}}>", "logs-2025.12.31"),
        ("<logs-{now{yyyy.MM.dd|+12:00}}>", "logs-2026.01.01"),
        ("<logs-{now/w}>", "logs-2025.12.29"),
        ("<logs-{now/y-1s{yy-MM-dd-HH-mm-ss}}>", "logs-25-12-31-23-59-59"),
        ("<plain>", "plain"),
    ],
)
async def test_a_date_in_a_name(index: Index, expression: str, name: str) -> None:
    target = f"/{quote(expression, safe='')}"
    assert (await index.done("PUT", target))["index"] == name
    assert list(await index.done("GET", target)) == [name]
    assert (await index.done("PUT", f"{target}/_doc/1", {"n": 1}))["_index"] == name
    assert (await index.done("GET", f"{target}/_doc/1"))["_index"] == name
    assert (await index.done("GET", f"{target}/_count"))["count"] == 1
    [item] = await index.bulk({"index": {"_index": expression, "_id": "2"}}, {"n": 2})
    assert item["_index"] == name
    copied = await index.done("POST", "/_reindex", {"source": {"index": expression}, "dest": {"index": "copy"}})
    assert copied["created"] == 2


async def test_a_write_goes_to_the_index_of_the_day(index: Index) -> None:
    target = f"/{quote('<logs-{now/d}>', safe='')}/_doc"
    assert (await index.done("POST", target, {}))["_index"] == "logs-2026.01.01"
    await index.ask("POST", f"{OWNER}/clock", {"advance": "1d"})
    assert (await index.done("POST", target, {}))["_index"] == "logs-2026.01.02"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("<a-{now>", "invalid dynamic name expression [a-{now>]. date math placeholder is open ended"),
        ("<a-now}>", "invalid dynamic name expression [a-now}>]. invalid character at position [6]."),
        ("<>", "nothing captured"),
        ("<a-{now{}}>", "invalid dynamic name expression [now{}]. missing date format"),
        ("<a-{now*2}>", "operator not supported for date math [*2]"),
        ("<a-{2026-01-01||/d}>", "mockflow does not support the date math [2026-01-01||/d]"),
        ("<a-{now{EEE}}>", "mockflow does not support the date format [EEE]"),
        ("<a-{now{yyyy|Europe/Paris}}>", "mockflow does not support the time zone [Europe/Paris]"),
        ("<a-{now+999999999y}>", "mockflow does not support the date [now+999999999y]"),
    ],
)
async def test_what_is_no_date(index: Index, expression: str, reason: str) -> None:
    target = f"/{quote(expression, safe='')}"
    for method, path, body in (("PUT", target, None), ("GET", target, None), ("POST", f"{target}/_doc", {"n": 1})):
        status, _, why = await index.refused(method, path, body)
        assert status == 400
        assert why.startswith(reason)
