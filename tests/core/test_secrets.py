"""What is a secret, and what only looks like one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.secrets import without_secrets


@pytest.mark.parametrize(
    "value",
    [
        {"credential": {"key": "hush", "deep": [{"x": "hush"}]}},
        {"create_connector.credential.key": "hush"},
        {"Credentials": "hush"},
        {"Authorization": "Basic hush"},
        {"api_key": "hush"},
        {"x-api-key": "hush"},
        {"openAIApiKey": "hush"},
        {"client_secret": "hush"},
        {"session_token": "hush"},
        {"token": "hush"},
        {"password": "hush"},
        {"Cookie": "hush"},
        {"url": "https://me:hush@example.com/x"},
        {"url": "https://example.com/x?a=b&api_key=hush"},
        {"headers": [{"X-Any": "Bearer hushhushhush"}]},
        {"x": "the key is sk-hushhushhushhush12, remember"},
    ],
)
def test_secrets(value: Any) -> None:
    hidden = without_secrets(value)
    assert "hush" not in str(hidden)
    assert hidden.keys() == value.keys()


@pytest.mark.parametrize(
    "value",
    [
        {"Authorization": "Bearer ${credential.openAI_key}"},
        {"Authorization": "${{ create_connector.credential.key }}"},
        {"url": "https://${parameters.endpoint}/v1/embeddings?api-version=1"},
        {"url": "http://localhost:9200/_plugins"},
        {"max_tokens": 100, "max_tokens_to_sample": "8000", "tokenizer": "standard", "key": "title"},
        {"auth": "Sig_V4", "password_policy_checked": None},
        {"request_body": '{ "prompt":"${parameters.prompt}" }'},
        {"credential": None, "x": [1, 2.5, True]},
    ],
)
def test_what_is_none(value: Any) -> None:
    assert without_secrets(value) == value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(json_values)
def test_under_a_credential_nothing_is_left_but_its_shape(value: Any) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items()}
        return [shape(item) for item in value] if isinstance(value, list) else None

    hidden = without_secrets({"credential": value})["credential"]
    assert shape(hidden) == shape(value)
