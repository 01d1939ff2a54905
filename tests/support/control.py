"""A client of the control API that holds each answer against the OpenAPI document."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator

from tests.support.server import OWNER, Answer, Server

Json = Any
_TEMPLATE: Final = re.compile(r"{\w+}")


class Owner:
    """Asks below /_mockflow; an answer that the document does not describe fails the test."""

    def __init__(self, server: Server, document: Mapping[str, Any]) -> None:
        self.server = server
        self.document = document

    @classmethod
    async def of(cls, server: Server) -> "Owner":
        return cls(server, (await server.ask(f"{OWNER}/openapi.json")).json)

    async def answer(self, method: str, path: str, body: Json = None) -> Answer:
        """The whole answer; a `body` that is no text is sent as JSON."""
        text = body if isinstance(body, (str, bytes)) else json.dumps(body) if body is not None else b""
        answer = await self.server.ask(OWNER + path, method, text)
        self._check(method, OWNER + path.partition("?")[0], body, answer)
        return answer

    async def get(self, path: str) -> Json:
        return self._good(await self.answer("GET", path))

    async def post(self, path: str, body: Json = None) -> Json:
        return self._good(await self.answer("POST", path, body))

    async def put(self, path: str, body: Json) -> Json:
        return self._good(await self.answer("PUT", path, body))

    async def delete(self, path: str) -> Json:
        return self._good(await self.answer("DELETE", path))

    async def clock(self, **change: Json) -> Json:
        """Changes the clock; returns it."""
        return await self.post("/clock", change)

    async def refused(self, status: int, method: str, path: str, body: Json = None) -> str:
        """The message of a refusal with this status."""
        answer = await self.answer(method, path, body)
        assert answer.status == status, answer.body
        assert list(answer.json) == ["error"]
        assert list(answer.json["error"]) == ["message", "problems"]
        message = answer.json["error"]["message"]
        assert isinstance(message, str)
        return message

    def _good(self, answer: Answer) -> Json:
        assert answer.status == 200, answer.body
        return answer.json

    def _check(self, method: str, path: str, body: Json, answer: Answer) -> None:
        operation = self._operation(method, path)
        if operation is None:
            assert answer.status in (404, 405), answer.body
            self._conforms({"$ref": "#/components/schemas/ErrorView"}, answer.json)
            return
        described = operation["responses"].get(str(answer.status))
        assert described, f"{method} {path} does not speak of {answer.status}: {answer.body!r}"
        self._conforms(described["content"]["application/json"]["schema"], answer.json)
        taken = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if taken and answer.status == 200 and isinstance(body, dict):
            self._conforms(taken, body)

    def _operation(self, method: str, path: str) -> Any:
        segments = path.rstrip("/").split("/")
        for template, operations in self.document["paths"].items():
            parts = template.split("/")
            if len(parts) == len(segments) and all(
                part == segment or _TEMPLATE.fullmatch(part) for part, segment in zip(parts, segments, strict=True)
            ):
                return operations.get(method.lower())
        return None

    def _conforms(self, schema: Mapping[str, Any], value: Json) -> None:
        whole = {**schema, "components": self.document["components"]}
        assert [error.message for error in Draft202012Validator(whole).iter_errors(value)] == []
