"""The image is built, started as its user and as any other, asked for its health, and ended."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest
from aiohttp.test_utils import unused_port

from checks.image import buildah
from mockflow import __version__
from tests.support.paths import ROOT
from tests.support.processes import PATIENCE_SECONDS
from tests.test_container import health_command, start_command, variables

TAG: Final = "localhost/mockflow:test"
BOUND_MB: Final = 130  # what mockflow and its packages add to the base image
LABEL: Final = "org.opencontainers.image."

pytestmark = [
    pytest.mark.skipif(buildah.why_not() is not None, reason=str(buildah.why_not())),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

Container = tuple[str, Path]


@pytest.fixture(scope="module", autouse=True)
def image() -> str:
    """Where the base of the image comes from."""
    try:
        origin = buildah.ensure_base()
    except (subprocess.SubprocessError, AssertionError) as error:
        pytest.skip(f"the base image can be neither pulled nor made: {error}")
    buildah.build(TAG, {f"{LABEL}version": __version__})
    return origin


@pytest.fixture
def container() -> Iterator[Container]:
    with buildah.container_of(TAG) as made:
        yield made


def own_variables() -> dict[str, str]:
    """The image's variables; in this check it listens on this machine alone, on a free port."""
    given = dict(pair.split("=", 1) for pair in buildah.config_of(TAG)["Env"])
    return {**given, "MOCKFLOW_HOST": "127.0.0.1", "MOCKFLOW_PORT": str(unused_port())}


@contextmanager
def running(command: Sequence[str]) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A server that is ready, and the id of its own process, which is below that of the command."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    server: int | None = None
    try:
        assert process.stdout
        line = process.stdout.readline()
        if not line.startswith("mockflow ready at "):
            process.kill()
            raise AssertionError(f"not ready: {line}{process.communicate()}")
        server = innermost(process.pid)
        yield process, server
    finally:
        if process.poll() is None:
            os.kill(server or process.pid, signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)


def innermost(pid: int) -> int:
    """The last of a process's children, children's children and so on."""
    for task in sorted(Path(f"/proc/{pid}/task").iterdir()):
        for child in (task / "children").read_text().split():
            return innermost(int(child))
    return pid


def ends_at_sigterm(process: "subprocess.Popen[str]", server: int) -> bool:
    os.kill(server, signal.SIGTERM)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output + errors
    return True


def state_of(variables: Mapping[str, str], workflow: str) -> str:
    url = f"http://127.0.0.1:{variables['MOCKFLOW_PORT']}/_plugins/_flow_framework/workflow/{workflow}/_status"
    with urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return str(json.load(answer)["state"])


def test_says_what_it_is_and_how_it_runs() -> None:
    config = buildah.config_of(TAG)
    assert config["User"] == "10001:10001"
    assert config["Cmd"] == start_command()
    assert config["Healthcheck"]["Test"] == ["CMD", *health_command()]
    assert config["ExposedPorts"] == {"9200/tcp": {}}
    labels = config["Labels"]
    assert labels[f"{LABEL}version"] == __version__
    assert all(labels[LABEL + name] for name in ("title", "description", "licenses", "source", "documentation"))
    assert variables().items() <= dict(pair.split("=", 1) for pair in config["Env"]).items()


def test_starts_as_its_user_passes_its_health_check_and_ends(container: Container) -> None:
    name, _ = container
    given = own_variables()
    health = buildah.run_command(name, given, health_command())
    with running(buildah.run_command(name, given, start_command())) as (process, server):
        status = Path(f"/proc/{server}/status").read_text()
        assert "Uid:\t10001\t10001\t10001\t10001" in status
        assert "Gid:\t10001\t10001\t10001\t10001" in status
        assert state_of(given, "DHbSspcB1LfCdk0qTsPw") == "COMPLETED"
        subprocess.run(health, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
        assert ends_at_sigterm(process, server)
    after = subprocess.run(health, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert after.returncode != 0
    assert "127.0.0.1" in after.stderr


@pytest.mark.parametrize("uid", [54321, 10001])
def test_runs_with_any_uid_and_a_read_only_root_as_process_1(container: Container, uid: int) -> None:
    _, root = container
    given = own_variables()
    command = buildah.strict_command(root, uid, {**given, "MOCKFLOW_TLS": "1"}, start_command())
    with running(command) as (process, server):
        status = Path(f"/proc/{server}/status").read_text()
        assert f"Uid:\t{uid}\t" in status
        assert f"NSpid:\t{server}\t1\n" in status
        assert "CapEff:\t0000000000000000" in status
        assert ends_at_sigterm(process, server)
    denied = buildah.strict_command(root, uid, given, ["touch", "/tmp/file"])
    done = subprocess.run(denied, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert "Read-only file system" in done.stderr  # else the check above says nothing


def test_has_the_extras(container: Container) -> None:
    name, _ = container
    for words in (["record", "--help"], ["check", "/scenarios"]):
        done = subprocess.run(
            buildah.run_command(name, {}, ["mockflow", *words]),
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    imports = buildah.run_command(name, {}, ["python", "-c", "import opensearchpy, trustme, watchfiles"])
    subprocess.run(imports, check=True, capture_output=True, timeout=PATIENCE_SECONDS)


def test_has_no_compiler_no_pip_of_its_own_no_cache_and_is_small(
    container: Container, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, root = container
    own = root / "opt/mockflow"
    files = [file for file in own.rglob("*") if file.is_file() and not file.is_symlink()]
    size = sum(file.stat().st_size for file in files) / 1e6
    with capsys.disabled():
        print(f"\nthe image has {size:.0f} MB besides its base ({image})")
    assert size < BOUND_MB
    assert not list(own.glob("lib/python*/site-packages/pip"))
    assert not [tool for tool in ("gcc", "cc", "g++") if (root / "usr/bin" / tool).exists()]
    assert not [place for place in ("root/.cache", "src") if (root / place).exists()]
    assert not [file for file in files if file.stat().st_uid != 0]


def test_docker_compose_reads_the_compose_file() -> None:
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and subprocess.run([*command, "version"], capture_output=True).returncode == 0:
            break
    else:
        pytest.skip("docker compose is not installed")
    done = subprocess.run(
        [*command, "--file", str(ROOT / "docker-compose.yml"), "config"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "service_healthy" in done.stdout
