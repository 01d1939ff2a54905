"""The cases of `make parity`, played on mockflow itself, and the player's own work."""

import dataclasses
from typing import Any

import pytest

from mockflow import MockFlow
from tests.parity.__main__ import main
from tests.parity.cases import RELEASES, Answer, all_cases, answers_of
from tests.parity.player import Names, asking, differences, play


def _play_all(url: str) -> dict[str, list[Answer | None]]:
    ask = asking(url)
    return {case.name: play(case, ask, f"u{count}", lambda: None) for count, case in enumerate(all_cases())}


@pytest.mark.parametrize("release", RELEASES)
def test_mockflow_answers_as_the_release(release: str) -> None:
    real = answers_of(release)
    with MockFlow(version=release, step_time="1ms", clock="auto", max_polls=10**9) as cluster:
        here = _play_all(cluster.url)
    assert list(here) == list(real)
    found = [found for case in all_cases() for found in differences(case, real[case.name], here[case.name])]
    assert found == []


def test_another_release_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--release", "3.8.0", "--only", "provision: a request that waits for a failure"]
    with MockFlow(version="2.19.6", step_time="1ms", clock="auto") as cluster, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["parity", cluster.url, *arguments])
        assert main() == 1
    told = capsys.readouterr().out
    assert "is OpenSearch 2.19.6; its answers are compared with those of 3.8.0" in told
    assert "\n  status\n    3.8.0: 400\n    here:  201\n" in told
    assert told.endswith("\n0 of 1 cases are as on 3.8.0\n")


def test_no_cluster_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["parity", "http://127.0.0.1:1"])
    assert main() == 2
    assert "http://127.0.0.1:1 does not answer as OpenSearch" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda answer: answer | {"status": 418}, "status"),
        (lambda answer: answer | {"type": "text/plain"}, "type"),
        (lambda answer: answer | {"body": {**answer["body"], "more": 1}}, "body.more"),
        (lambda answer: answer | {"body": {}}, "body.workflow_id"),
    ],
)
def test_each_part_of_an_answer_is_compared(change: Any, path: str) -> None:
    case = next(case for case in all_cases() if case.name == "create: create, read and delete")
    case = dataclasses.replace(case, steps=case.steps[:1])
    real = answers_of("3.8.0")[case.name][:1]
    assert list(differences(case, real, real)) == []
    assert [found.path for found in differences(case, real, [change(real[0])])] == [path]


def test_what_differs_from_run_to_run_has_a_name() -> None:
    names = Names("u1")
    names.keep("<W>", "kDVRH6IBSZb8lOGWqeqi")
    assert names.filled("workflow/<W>?name=idx-<U>") == "workflow/kDVRH6IBSZb8lOGWqeqi?name=idx-u1"
    body = {"workflow_id": "kDVRH6IBSZb8lOGWqeqi", "took": 7, "reason": "no template nTVRH6IBSZb8lOGWvOr4 for idx-u1"}
    assert names.named(body) == {"workflow_id": "<W>", "took": "<took>", "reason": "no template <id> for idx-<U>"}
