"""The key `models` of a scenario: what models and agents answer."""

from typing import Any, Final

import pytest

from mockflow.loading.load import load_text
from tests.server.endpoints.test_ml_changes import ASKED, ask, good, remote_model
from tests.support.server import OWNER, Server, Servers

ECHO: Final = """
scenario: talk
models:
  - model: "chat*"
    answers: [hello, {echo: true}, {fails: {status: 429, message: slow down}}]
  - model: never asked
    answers: x
    optional: true
  - connector: chat connector
    answers: {data: {completion: by connector}}
  - agent: helper
    answers: [{echo: true}, done]
"""


def text_of(answer: Any) -> str:
    return str(answer["inference_results"][0]["output"][0]["dataAsMap"]["choices"][0]["message"]["content"])


async def test_answers_come_in_turn_and_the_last_repeats(serve: Servers) -> None:
    server = await serve(ECHO)
    path = f"models/{await remote_model(server)}/_predict"
    assert text_of(await good(server, "POST", path, ASKED)) == "hello"
    assert text_of(await good(server, "POST", path, ASKED)) == "hi"
    for _ in range(2):
        answer = await ask(server, "POST", path, ASKED)
        assert (answer.status, answer.error["type"], answer.reason) == (
            429,
            "status_exception",
            "Error from remote service: slow down",
        )
    other = await good(server, "POST", f"models/{await remote_model(server, 'other')}/_predict", ASKED)
    assert other["inference_results"][0]["output"][0]["dataAsMap"] == {"completion": "by connector"}
    parts = (await server.ask(f"{OWNER}/coverage")).json["parts"]
    assert [(part["what"], part["seen"], part["optional"]) for part in parts] == [
        ("model chat*", True, False),
        ("model never asked", False, True),
        ("connector chat connector", True, False),
        ("agent helper", False, False),
    ]


async def test_agents_say_what_their_script_says(serve: Servers) -> None:
    server = await serve(ECHO)
    agent = {"name": "helper", "type": "flow", "tools": [{"type": "ListIndexTool"}]}
    agent_id = (await good(server, "POST", "agents/_register", agent))["agent_id"]
    results = [
        (await good(server, "POST", f"agents/{agent_id}/_execute", {"parameters": {"question": "why?"}}))
        for _ in range(2)
    ]
    texts = [result["inference_results"][0]["output"][0]["result"] for result in results]
    assert texts == ["why?", "done"]


async def test_a_vector_takes_the_form_of_the_model(serve: Servers) -> None:
    server = await serve('scenario: v\nmodels: [{model: "huggingface/all*", answers: {vector: [1.0, 0.5]}}]')
    registered = await good(
        server,
        "POST",
        "models/_register?deploy=true",
        {"name": "huggingface/all", "model_format": "ONNX", "version": "1"},
    )
    await server.advance("1s")
    model_id = (await good(server, "GET", f"tasks/{registered['task_id']}"))["model_id"]
    answer = await good(server, "POST", f"models/{model_id}/_predict", {"text_docs": ["a", "b"]})
    outputs = [result["output"][0] for result in answer["inference_results"]]
    assert [(one["name"], one["data"]) for one in outputs] == [("sentence_embedding", [1.0, 0.5])] * 2


async def test_a_reload_keeps_the_place_and_a_removal_ends_it(server: Server) -> None:
    await server.ask(f"{OWNER}/scenarios", "PUT", ECHO, {"Content-Type": "application/yaml"})
    path = f"models/{await remote_model(server)}/_predict"
    assert text_of(await good(server, "POST", path, ASKED)) == "hello"
    await server.ask(f"{OWNER}/scenarios/talk", "DELETE")
    assert "mockflow" in text_of(await good(server, "POST", path, ASKED))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{model: m, connector: c, answers: x}", "model and connector; keep one of them"),
        ("{answers: x}", "no subject; write model, connector, agent"),
        ("{model: m, answers: {text: a, echo: true}}", "text and echo; keep one of them"),
        ("{model: m, answers: {}}", "an answer is empty; write text,"),
        ("{model: m, answers: {fails: {status: 299}}}", "299 is no status of a failure"),
        ("{model: m}", "answers"),
        ("{model: m, answer: x}", "answers"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(entry: str, message: str) -> None:
    loading = load_text(f"scenario: s\nmodels:\n  - {entry}\n", "s.yaml")
    [problem] = loading.errors
    assert message in problem.text
    assert "s.yaml:3" in problem.text
