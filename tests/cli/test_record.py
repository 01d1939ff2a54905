"""`mockflow record` against a live server, and against what is none."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from mockflow.cli import main
from mockflow.core.scenario.model import Scenario
from mockflow.loading.load import load_paths
from tests.cli.cluster_double import CERTIFICATE, Double, double
from tests.support.paths import SCENARIOS
from tests.support.processes import start
from tests.support.served import Served

API: Final = "/_plugins/_flow_framework/workflow"
ID: Final = "8xL8bowB8y25Tqfenm50"
DONE: Final = {"workflow_id": ID, "state": "COMPLETED", "provisioning_progress": "DONE"}
SECRET: Final = "pl4nted"


@pytest.fixture
def cluster() -> Iterator[Double]:
    with double() as cluster:
        yield cluster


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "recorded.yaml"


def invoke(*arguments: str | Path, **options: Any) -> Any:
    return CliRunner().invoke(main, ["record", *map(str, arguments)], prog_name="mockflow", **options)


def record(url: str, file: Path, *arguments: str | Path, ids: tuple[str, ...] = (ID,)) -> Any:
    return invoke("--from", url, "-o", file, "--interval", "10ms", *arguments, *ids)


def scenarios(file: Path) -> list[Scenario]:
    """What was written; nothing is to be said of it."""
    loading = load_paths([file])
    assert [str(problem) for problem in loading.problems] == []
    return [located.scenario for located in loading.scenarios]


def status(cluster: Double, answer: Any, workflow_id: str = ID) -> None:
    cluster.answers[f"GET {API}/{workflow_id}/_status?all=true"] = answer


# -- a cluster ---------------------------------------------------------------------------------------


def test_workflows_of_a_live_server(tmp_path: Path) -> None:
    """Two workflows and their templates, at a hundred times the speed; played back, they end as they did."""
    file = tmp_path / "recorded.yaml"
    failed = "g6DFMJcB1lSvTfrX5aPQ"
    with Served(SCENARIOS, "--speed", "100", "--quiet") as served:
        done = record(served.url, file, ids=(ID, failed, ID))
        told = [served.status(one) for one in (ID, failed)]
    assert (done.exit_code, done.stdout) == (0, f"wrote {file}: 2 scenarios\n")
    assert [scenario.workflow_id for scenario in scenarios(file)] == [ID, failed]
    assert all(scenario.template for scenario in scenarios(file))
    with Served(file, "--frozen", "--quiet") as again:
        for one in (ID, failed):
            again.status(one)
        again.advance("1h")
        assert [again.status(one) for one in (ID, failed)] == told


def test_what_changed_is_told_while_it_is_recorded(cluster: Double, file: Path) -> None:
    status(cluster, [(200, {"state": "NOT_STARTED"}), (503, b"busy"), (200, {"state": "PROVISIONING"}), (200, DONE)])
    done = record(cluster.url, file)
    assert done.exit_code == 0
    told = [line.split("  ")[-1] for line in done.stderr.splitlines()]
    assert [line for line in told if "template" not in line] == [
        "NOT_STARTED", "no response: 503: busy", "PROVISIONING", "COMPLETED",
    ]  # fmt: skip
    [scenario] = scenarios(file)
    [fault] = scenario.faults
    assert fault.during is not None
    assert fault.respond is not None
    assert (fault.on, fault.respond.status, fault.respond.body) == (("get_status",), 503, "busy")


def test_what_an_expired_token_is_told(cluster: Double, file: Path) -> None:
    """What was said, and in the file as it was said."""
    expired = {"message": "The security token is expired", "api_key": SECRET}
    status(cluster, [(200, {"state": "PROVISIONING"}), (403, expired), (200, DONE)])
    done = record(cluster.url, file)
    assert "no response: 403: The security token is expired\n" in done.stderr
    [scenario] = scenarios(file)
    [respond] = [fault.respond for fault in scenario.faults]
    assert respond is not None
    assert (respond.status, respond.body) == (403, {**expired, "api_key": "(hidden)"})
    assert SECRET not in done.output + file.read_text()


@pytest.mark.parametrize("connection", ["truncate", "wrong_length", "empty", "reset"])
def test_an_answer_that_broke_off(connection: str, tmp_path: Path, file: Path) -> None:
    """It is waited out and told, and stands for no state and for no fault."""
    script = "{timeline: [{at: 0s, state: PROVISIONING}, {at: 100ms, state: COMPLETED}]}"
    fault = f"{{on: get_status, call: 2, connection: {connection}}}"
    (broken := tmp_path / "broken.yaml").write_text(
        f"scenario: broken\nworkflow_id: w\nprovision: {script}\nfaults: [{fault}]\n"
    )
    with Served(broken, "--quiet") as served:
        done = record(served.url, file, ids=("w",))
    assert done.exit_code == 0
    assert "no response: the response broke off\n" in done.stderr
    [scenario] = scenarios(file)
    assert "the response broke off." in (scenario.description or "")
    assert scenario.faults == ()


def test_the_cluster_is_asked_as_it_wants(cluster: Double, file: Path) -> None:
    status(cluster, (200, DONE))
    assert record(cluster.url, file, "--user", "me:p:w", "--header", "X-Tenant-Id: a: b").exit_code == 0
    headers = cluster.asked[0][2]
    assert headers["authorization"] == "Basic bWU6cDp3"
    assert headers["x-tenant-id"] == "a: b"


def test_a_user_within_the_address(cluster: Double, file: Path) -> None:
    status(cluster, (200, DONE))
    done = record(cluster.url.replace("://", f"://me:{SECRET}%2F@"), file)
    assert done.exit_code == 0
    assert cluster.asked[0][2]["authorization"] == "Basic bWU6cGw0bnRlZC8="
    assert SECRET not in done.output + file.read_text()


def test_the_password_is_asked_for(cluster: Double, file: Path) -> None:
    status(cluster, (200, DONE))
    done = invoke("--from", cluster.url, "-o", file, "--user", "me", ID, input=f"{SECRET}\n")
    assert done.exit_code == 0
    assert cluster.asked[0][2]["authorization"] == "Basic bWU6cGw0bnRlZA=="
    assert SECRET not in done.output


def test_secrets_never_reach_the_file(cluster: Double, file: Path) -> None:
    """One in every place where a cluster could tell one."""
    node = {
        "id": "create_connector_1",
        "type": "create_connector",
        "user_inputs": {
            "name": "c",
            "description": f"curl -H 'Authorization: Bearer {SECRET}12345' https://me:{SECRET}@host/",
            "version": "1",
            "protocol": "aws_sigv4",
            "parameters": {"api_key": SECRET, "sessionToken": SECRET},
            "credential": {"access_key": SECRET, "secret_key": SECRET, "session_token": SECRET},
            "actions": [
                {"url": f"https://h/?api_key={SECRET}", "headers": {"X-Api-Key": SECRET, "x-amz-date": SECRET}}
            ],
        },
    }
    template = {"name": "t", "workflows": {"provision": {"nodes": [node]}}, "ui_metadata": {"password": SECRET}}
    told = {
        "user": {"name": "me", "password": SECRET},
        "user_outputs": {"token": SECRET, "url": f"http://me:{SECRET}@h"},
        "error": f"password={SECRET} is wrong",
    }
    status(cluster, (200, {**DONE, **told}))
    cluster.answers[f"GET {API}/{ID}"] = (200, template, {"Set-Cookie": f"session={SECRET}"})
    done = record(cluster.url, file, "--user", f"me:{SECRET}", "--header", f"Authorization-Extra: {SECRET}")
    assert done.exit_code == 0
    [scenario] = scenarios(file)
    assert scenario.template is not None
    assert SECRET not in file.read_text() + done.output
    assert "(hidden)" in file.read_text()


def test_follow_goes_on_until_the_time_out(cluster: Double, file: Path) -> None:
    status(cluster, [(200, {**DONE, "error": str(number)}) for number in range(3)])
    done = record(cluster.url, file, "--follow", "--timeout", "300ms")
    assert done.exit_code == 0
    [scenario] = scenarios(file)
    assert scenario.provision is not None
    assert len(scenario.provision.timeline or ()) == 3


def test_a_template_that_mockflow_does_not_take(cluster: Double, file: Path) -> None:
    status(cluster, (200, DONE))
    nodes = [{"id": "x", "type": "step_of_tomorrow"}]
    cluster.answers[f"GET {API}/{ID}"] = (200, {"name": "t", "workflows": {"provision": {"nodes": nodes}}})
    done = record(cluster.url, file)
    assert done.exit_code == 0
    assert f"{ID}: left out its template, which this version of mockflow does not accept\n" in done.stderr
    assert scenarios(file)[0].template is None


# -- interrupted -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_writes_what_it_has(cluster: Double, file: Path, number: int) -> None:
    status(cluster, (200, {"state": "PROVISIONING"}))
    process = start("record", "--from", cluster.url, "-o", file, ID)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "PROVISIONING" in line:
                break
        process.send_signal(number)
        _, stderr = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "before the end of 8xL8bowB8y25Tqfenm50 (PROVISIONING)" in stderr
    assert "Traceback" not in stderr
    assert scenarios(file)[0].workflow_id == ID


def test_the_time_out(cluster: Double, file: Path) -> None:
    status(cluster, (200, {"state": "PROVISIONING"}))
    done = record(cluster.url, file, "--timeout", "50ms")
    assert done.exit_code == 1
    assert done.stderr.endswith(f"Error: stopped after 0s, before the end of {ID} (PROVISIONING)\n")
    assert len(scenarios(file)) == 1


# -- no cluster --------------------------------------------------------------------------------------


def test_refused(file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = record(url, file)
    assert done.exit_code == 1
    assert done.stderr == f"Error: {url}: Connection refused; is the address right?\n"
    assert not file.exists()


@pytest.mark.parametrize(
    ("answer", "arguments", "told"),
    [
        ((401, b"Unauthorized"), (), "401: the cluster requires a user; use --user name:password"),
        ((401, b"Unauthorized"), ("--user", "a:b"), "401: wrong name or password"),
        ((403, {"error": {"reason": "no permissions for [x]"}}), (), "403: no permissions for [x]"),
        ((404, {"error": f"Fail to find workflow status of {ID}"}), (), f"404: no workflow {ID}; is its id right?"),
        ((400, {"error": "no handler found for uri [/x]"}), (),
         "400: no flow-framework plugin there: no handler found for uri [/x]"),
        ((404, b"<html>Not found</html>", {"Content-Type": "text/html"}), (), "404: no flow-framework plugin there"),
        ((200, b"<html>Welcome</html>", {"Content-Type": "text/html"}), (),
         "a server answers there, but not OpenSearch; is the address right?"),
        ((200, {"hello": "world"}), (), "a server answers there, but not OpenSearch; is the address right?"),
        ((200, [1]), (), "a server answers there, but not OpenSearch; is the address right?"),
        ((200, b"{", {"Content-Type": "application/json"}), (),
         "a server answers there, but not OpenSearch; is the address right?"),
    ],
)  # fmt: skip
def test_what_does_not_let_one_look(
    cluster: Double, file: Path, answer: Any, arguments: tuple[str, ...], told: str
) -> None:
    status(cluster, answer)
    done = record(cluster.url, file, *arguments)
    assert done.exit_code == 1
    assert done.stderr == f"Error: {cluster.url}: {told}\n"
    assert not file.exists()


def test_one_unknown_id_among_others_keeps_what_was_seen(cluster: Double, file: Path) -> None:
    status(cluster, (200, {"state": "PROVISIONING"}))
    done = record(cluster.url, file, ids=(ID, "typo"))
    assert done.exit_code == 1
    assert done.stderr.endswith("404: no workflow typo; is its id right?\n")
    assert len(scenarios(file)) == 1


def test_a_cluster_that_is_busy_until_the_end(cluster: Double, file: Path) -> None:
    status(cluster, (429, {"error": "busy"}))
    done = record(cluster.url, file, "--timeout", "50ms")
    assert done.exit_code == 1
    assert "(never read)" in done.stderr
    assert not file.exists()


# -- certificates ------------------------------------------------------------------------------------


def test_a_certificate_that_nobody_has_signed(file: Path) -> None:
    with double(tls=True) as cluster:
        status(cluster, (200, DONE))
        done = record(cluster.url, file)
        assert done.exit_code == 1
        assert "certificate verify failed: self-signed certificate; --ca names" in done.stderr.replace(
            "signed c", "signed c"
        )
        for trusting in (("--insecure",), ("--ca", str(CERTIFICATE))):
            done = record(cluster.url, file, "--force", *trusting)
            assert (done.exit_code, done.stdout) == (0, f"wrote {file}: 1 scenario\n")


def test_http_where_https_is_wanted(cluster: Double, file: Path) -> None:
    done = record(cluster.url.replace("http:", "https:"), file)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {cluster.url.replace('http:', 'https:')}: ")


def test_a_file_without_certificates(file: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("hello")
    done = record("https://127.0.0.1:1", file, "--ca", tmp_path / "ca.pem")
    assert done.exit_code == 1
    assert "ca.pem has no certificate in PEM" in done.stderr


# -- the file and the options ------------------------------------------------------------------------


def test_a_file_that_is_there_is_kept(cluster: Double, file: Path) -> None:
    file.write_text("mine")
    done = record(cluster.url, file)
    assert (done.exit_code, done.stderr) == (1, f"Error: {file} exists already; --force replaces it\n")
    assert file.read_text() == "mine"
    assert cluster.asked == []
    status(cluster, (200, DONE))
    assert record(cluster.url, file, "--force").exit_code == 0
    assert len(scenarios(file)) == 1


def test_a_file_that_is_there_is_kept_until_there_is_another(cluster: Double, file: Path) -> None:
    file.write_text("mine")
    assert record(cluster.url, file, "--force").exit_code == 1
    assert file.read_text() == "mine"


def test_a_link_is_written_through(cluster: Double, file: Path, tmp_path: Path) -> None:
    file.write_text("mine")
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    status(cluster, (200, DONE))
    assert record(cluster.url, link, "--force").exit_code == 0
    assert link.is_symlink()
    assert len(scenarios(file)) == 1


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("missing/recorded.yaml", "cannot be written: No such file or directory"),
        ("file/recorded.yaml", "cannot be written: Not a directory"),
        (".", "is not a file that can be replaced"),
    ],
)
def test_a_file_that_cannot_be_written_is_found_before_anything_is_asked(
    cluster: Double, tmp_path: Path, path: str, told: str
) -> None:
    (tmp_path / "file").write_text("")
    done = record(cluster.url, tmp_path / path, "--force")
    assert done.exit_code == 1
    assert told in done.stderr
    assert cluster.asked == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours(cluster: Double, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = record(cluster.url, tmp_path / "x.yaml")
    assert "cannot be written: Permission denied" in done.stderr
    assert cluster.asked == []


def test_what_cannot_be_written_at_last_is_printed(
    cluster: Double, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    status(cluster, (200, DONE))
    monkeypatch.setattr("mockflow.cli.output.Output.write", full)
    done = record(cluster.url, file)
    assert done.exit_code == 1
    assert "No space left on device; standard output has it instead" in done.stderr
    file.write_text(done.stdout)
    assert len(scenarios(file)) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--from", "ftp://x", "-o", "x", ID), "is not the address of a server"),
        (("--from", "http://h", "-o", "x"), "WORKFLOW_ID"),
        (("--from", "http://h", ID), "--output"),
        (("-o", "x", ID), "--from"),
        (("--from", "http://h", "-o", "x", "--interval", "0", ID), "the interval must be above 0"),
        (("--from", "http://h", "-o", "x", "--interval", "fast", ID), "is not a time"),
        (("--from", "http://h", "-o", "x", "--user", ":pw", ID), "a name is missing; write name:password"),
        (("--from", "http://h", "-o", "x", "--header", "nonsense", ID), "is not a header; write 'Name: value'"),
        (("--from", "http://h", "-o", "x", "--header", "A: b\nC: d", ID), "is not a header"),
        (("--from", "http://h", "-o", "x", "--ca", "missing.pem", ID), "missing.pem"),
        (("--from", "http://h", "-o", "x", "--insecure", "--ca", str(CERTIFICATE), ID), "exclude each other"),
    ],
)  # fmt: skip
def test_options_that_are_wrong(arguments: tuple[str, ...], told: str) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_without_opensearch_py(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    done = record("http://127.0.0.1:1", file)
    assert done.exit_code == 1
    assert done.stderr == ("Error: recording needs opensearch-py, which is not installed: pip install opensearch-py\n")
