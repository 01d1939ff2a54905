"""What is secret by its name, and what is hidden within texts."""

from typing import Any

import pytest

from mockflow.core.base.secrets import (
    HIDDEN,
    is_secret,
    is_secret_header,
    target_without_secrets,
    text_without_secrets,
    without_secrets,
)

KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    "name",
    [
        *("credential", "create_connector.credential.key", "credentials", "password", "userPassword", "passwd"),
        *("secret", "client_secret", "secretArn", "access_key", "accessKey", "AccessKeyId", "secret_key", "api_key"),
        *("apiKey", "API-KEY", "x-api-key", "openAI_key", "token", "session_token", "sessionToken", "access_token"),
        *("authToken", "Authorization", "cookie", "Set-Cookie", "private_key", "x-amz-security-token", "id_token"),
    ],
)
def test_secret_names(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("key", "name", "max_tokens", "token_count", "tokenizer", "tokens", "author", "routing_key", "key_as_string"),
        *("model_id", "workflow_id", "primary", "monkey", "user", "pass_through", "content-type", ""),
    ],
)
def test_names_that_are_none(name: str) -> None:
    assert not is_secret(name)
    assert not is_secret_header(name)


@pytest.mark.parametrize("name", ["X-Amz-Date", "x-amz-content-sha256", "Proxy-Authorization", "Authorization"])
def test_secret_headers(name: str) -> None:
    assert is_secret_header(name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"password": "p"}, {"password": HIDDEN}),
        ({"password": 1234}, {"password": HIDDEN}),
        ({"credential": {"key": "k", "n": None, "more": ["a", {"b": "c"}]}},
         {"credential": {"key": HIDDEN, "n": None, "more": [HIDDEN, {"b": HIDDEN}]}}),
        ([{"a": {"api_key": "x"}}], [{"a": {"api_key": HIDDEN}}]),
        ({"credential": {}}, {"credential": {}}),
        ({"credential": {"key": "${{ key }}"}}, {"credential": {"key": "${{ key }}"}}),
        ({"Authorization": "Bearer ${credential.key}"}, {"Authorization": "Bearer ${credential.key}"}),
        ({"Authorization": "Bearer abc${credential.key}"}, {"Authorization": HIDDEN}),
        ({"max_tokens": 5, "tokenizer": "standard"}, {"max_tokens": 5, "tokenizer": "standard"}),
        (None, None),
        (3, 3),
    ],
)  # fmt: skip
def test_values_under_secret_names_are_hidden(value: Any, shown: Any) -> None:
    assert without_secrets(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://me:pw@host/x failed", f"GET https://{HIDDEN}@host/x failed"),
        ("Authorization: Bearer abcdefghijkl", f"Authorization: {HIDDEN}"),
        ("sent Basic YWRtaW46YWRtaW4=", f"sent Basic {HIDDEN}"),
        (f"user {KEY} may not", f"user {HIDDEN} may not"),
        ("https://h/x?api_key=abc&q=1", f"https://h/x?api_key={HIDDEN}&q=1"),
        ('{"password": "abc", "q": 1}', f'{{"password": "{HIDDEN}", "q": 1}}'),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.abc", HIDDEN),
        ("sk-abcdefghijklmnopqrst", HIDDEN),
        ("during step create_index_1, restStatus: BAD_REQUEST", "during step create_index_1, restStatus: BAD_REQUEST"),
        ("max_tokens=5 tokenizer: standard", "max_tokens=5 tokenizer: standard"),
        ("a basic workflow and a bearer of news", "a basic workflow and a bearer of news"),
        ("Bearer ${credential.openAI_key}", "Bearer ${credential.openAI_key}"),
    ],
)
def test_secrets_within_texts_are_hidden(text: str, shown: str) -> None:
    assert text_without_secrets(text) == shown
    assert text_without_secrets(shown) == shown


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/a?password=p&x=1", f"/a?password={HIDDEN}&x=1"),
        ("/a?api%5Fkey=p&x=%20", f"/a?api%5Fkey={HIDDEN}&x=%20"),
        ("/a?X-Amz-Signature=p", f"/a?X-Amz-Signature={HIDDEN}"),
        (f"/a?q={KEY}", f"/a?q={HIDDEN}"),
        (f"/a?q=sk%2D{KEY}", f"/a?q={HIDDEN}"),
        ("/a?q=password%3Dp", f"/a?q={HIDDEN}"),
        ("/a?source=http%3A%2F%2Fu%3Apw%40h", f"/a?source={HIDDEN}"),
        (f"/{KEY}/_doc", f"/{HIDDEN}/_doc"),
        ("http://u:pw@h/a", f"http://{HIDDEN}@h/a"),
        ("/a?password=&token", "/a?password=&token"),
        ("/_cat/indices?v&h=a,b&q=a:b", "/_cat/indices?v&h=a,b&q=a:b"),
        ("/a", "/a"),
    ],
)
def test_secrets_in_targets(target: str, shown: str) -> None:
    assert target_without_secrets(target) == shown
