"""HTTPS, as clients see it: opensearch-py verifies it with the CA, both its ways."""

import asyncio
import ssl
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import trustme
from opensearchpy import AsyncOpenSearch, OpenSearch
from opensearchpy.exceptions import AuthenticationException, AuthorizationException, SSLError

from mockflow import MockFlow, MockFlowError
from mockflow.server.tls import TlsError, loaded, made
from tests.support.server import NOT_STARTED, STORY, Servers

USERS: Final = ("admin:secret", "reader:pw:flow_framework_read_access")
READER: Final = ("reader", "pw")


@pytest.fixture
def pem(tmp_path: Path) -> dict[str, str]:
    """A CA, and a certificate of it with its key, as files."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = ca.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    for place, part in enumerate(certificate.cert_chain_pems):
        part.write_to_path(tmp_path / "cert.pem", append=place > 0)
    return {name: str(tmp_path / f"{name}.pem") for name in ("ca", "cert", "key")}


def test_opensearch_py_verifies_it_and_logs_in(tmp_path: Path) -> None:
    with MockFlow(STORY, clock="frozen", users=USERS, tls=True) as cluster:
        assert cluster.url.startswith("https://127.0.0.1:")
        (tmp_path / "ca.pem").write_text(cluster.ca)
        how: dict[str, Any] = {"ca_certs": str(tmp_path / "ca.pem"), "verify_certs": True}
        with OpenSearch(cluster.url, http_auth=READER, **how) as client:
            assert client.plugins.flow_framework.get_status(workflow_id="w") == NOT_STARTED
            with pytest.raises(AuthorizationException) as forbidden:
                client.plugins.flow_framework.provision(workflow_id="w")
            assert (forbidden.value.status_code, forbidden.value.error) == (403, "security_exception")
        with OpenSearch(cluster.url, http_auth=("admin", "wrong"), **how) as client:
            with pytest.raises(AuthenticationException) as unauthorized:
                client.info()
            assert (unauthorized.value.status_code, unauthorized.value.error) == (401, "Unauthorized")
        with OpenSearch(cluster.url, verify_certs=True) as client, pytest.raises(SSLError):
            client.info()
        cluster.clock.advance("2s")
        assert cluster.workflow().state == "PROVISIONING"


async def test_so_does_its_asynchronous_client(tmp_path: Path) -> None:
    async with MockFlow(STORY, clock="frozen", users=USERS, tls=True) as cluster:
        (tmp_path / "ca.pem").write_text(cluster.ca)
        async with AsyncOpenSearch(
            cluster.url, http_auth=READER, verify_certs=True, ca_certs=str(tmp_path / "ca.pem")
        ) as client:
            assert await client.plugins.flow_framework.get_status(workflow_id="w") == NOT_STARTED
            with pytest.raises(AuthorizationException):
                await client.plugins.flow_framework.provision(workflow_id="w")
        async with AsyncOpenSearch(
            cluster.url, http_auth=("x", "y"), verify_certs=True, ca_certs=str(tmp_path / "ca.pem")
        ) as client:
            with pytest.raises(AuthenticationException):
                await client.plugins.flow_framework.get_status(workflow_id="w")


async def test_with_a_certificate_of_ones_own(serve: Servers, pem: dict[str, str]) -> None:
    server = await serve(STORY, tls=loaded(pem["cert"], pem["key"]))
    async with AsyncOpenSearch(server.url, verify_certs=True, ca_certs=pem["ca"]) as client:
        assert await client.plugins.flow_framework.get_status(workflow_id="w") == NOT_STARTED


async def test_http_on_its_port_is_closed_and_it_goes_on(serve: Servers, pem: dict[str, str]) -> None:
    server = await serve(STORY, tls=loaded(pem["cert"], pem["key"]))
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        assert b"HTTP" not in await reader.read()
    except ConnectionError:
        pass
    writer.close()
    async with AsyncOpenSearch(server.url, verify_certs=True, ca_certs=pem["ca"]) as client:
        assert await client.ping()


@pytest.mark.parametrize(
    ("cert", "key", "told"),
    [
        ("missing.pem", "key", r"missing\.pem and .*key\.pem cannot be read: No such file"),
        ("key", "cert", r"key\.pem and .*cert\.pem are not a certificate and its key in PEM"),
        ("cert", "ca", r"cert\.pem and .*ca\.pem are not a certificate and its key in PEM"),
    ],
)
def test_a_certificate_that_is_none(pem: dict[str, str], cert: str, key: str, told: str) -> None:
    with pytest.raises(TlsError, match=told):
        loaded(pem.get(cert, cert), pem.get(key, key))


def test_without_trustme_it_says_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(TlsError, match=r"pip install trustme.*--cert and --key"):
        made("127.0.0.1")
    with pytest.raises(MockFlowError, match="trustme"):
        MockFlow(tls=True)


def test_a_made_certificate_is_for_this_machine_and_the_host_of_choice() -> None:
    context, ca = made("mock.example.org")
    assert isinstance(context, ssl.SSLContext)
    assert ca.startswith(b"-----BEGIN CERTIFICATE-----")
    assert made("0.0.0.0")[1] != ca, "each start has its own"


def test_a_cluster_without_tls_has_no_ca() -> None:
    with pytest.raises(MockFlowError, match=r"MockFlow\(tls=True\)"):
        _ = MockFlow().ca


def test_from_python_the_door_is_not_open_to_everybody() -> None:
    with pytest.raises(MockFlowError, match="control_token"), MockFlow(host="0.0.0.0"):
        pass
    with MockFlow(STORY, clock="frozen", control=False) as cluster:
        with pytest.raises(MockFlowError, match="is it mockflow"):
            _ = MockFlow.connect(cluster.url).clock.mode
        assert cluster.clock.mode == "frozen", "the handle itself needs no door"


def test_a_remote_handle_brings_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with MockFlow(STORY, control_token="tok", tls=True) as cluster:
        (tmp_path / "ca.pem").write_text(cluster.ca)
        ca = str(tmp_path / "ca.pem")
        assert MockFlow.connect(cluster.url, token="tok", ca=ca).scenarios() == ["story"]
        with pytest.raises(MockFlowError, match="needs a token"):
            MockFlow.connect(cluster.url, ca=ca).scenarios()
        with pytest.raises(MockFlowError, match="certificate verify failed"):
            MockFlow.connect(cluster.url, token="tok").scenarios()
        with pytest.raises(MockFlowError, match="is not a CA in PEM"):
            MockFlow.connect(cluster.url, ca="missing.pem")
        monkeypatch.setenv("MOCKFLOW_CONTROL_TOKEN", "tok")
        monkeypatch.setenv("MOCKFLOW_CA", ca)
        assert MockFlow.connect(cluster.url).scenarios() == ["story"]


def test_a_certificate_is_made_where_no_folder_can_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_folder(*_: object, **__: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", no_folder)
    if sys.platform == "linux":
        context, ca = made()
        assert context.cert_store_stats()["x509"] == 0
        assert ca.startswith(b"-----BEGIN CERTIFICATE-----")
    else:
        with pytest.raises(TlsError, match="--cert and --key: No usable temporary directory"):
            made()


def test_says_what_helps_where_a_temporary_file_is_needed_and_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_folder(*_: object, **__: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", no_folder)
    monkeypatch.setattr("mockflow.server.tls.sys.platform", "darwin")
    with pytest.raises(TlsError, match="--cert and --key: No usable temporary directory"):
        made()
