"""Scenario files as people and machines break them: every one is good, or has problems with their places."""

from pathlib import Path
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from mockflow import MockFlow, MockFlowError
from mockflow.loading.load import load_text
from tests.fuzz.conftest import bounded

_SHIPPED: Final = [path.read_text("utf-8") for path in sorted(Path("scenarios").glob("*.yaml"))]
_TEXT: Final = """
scenario workflow_id match starts provision reprovision deprovision attempts timeline at at_poll state error created
faults on call calls every during while probability respond delay connection over outages phases stubs request when
body headers preset takes fails name scope any get_status PROVISIONING 2..3 1s 1s..2s reset
"""
_MARKS: Final = ["{", "}", "[", "]", ":", "- ", "\n", "  ", "&a", "*a", "!!str", "'", '"', "|", "#"]
_WORDS: Final = st.sampled_from([*_TEXT.split(), *_MARKS])


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """A shipped file with some pieces taken out, doubled or replaced by words of the language or by anything."""
    text = draw(st.sampled_from(_SHIPPED))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        piece = draw(_WORDS | st.text(max_size=8) | st.just(text[start:end] * 2))
        text = text[:start] + piece + text[end:]
    return text


def test_texts(cluster: MockFlow) -> None:
    @bounded
    @given(_texts() | st.lists(_WORDS, max_size=40).map(" ".join))
    def load(text: str) -> None:
        loading = load_text(text, "fuzz.yaml")
        assert loading.scenarios or loading.problems
        for problem in loading.problems:
            assert str(problem).startswith("fuzz.yaml")
            assert "\n" not in str(problem)
        try:
            cluster.load(text + "\n")
        except MockFlowError as error:
            if error.status not in (400, 409):
                raise
        else:
            for name in cluster.scenarios():
                cluster.remove(name)

    load()
