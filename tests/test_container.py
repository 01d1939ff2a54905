"""The container's files, as far as they can be tried without a container engine.

The Dockerfile's commands are read out of it and run: its install command in a virtual environment of its own, from
nothing but what it copies; its start command and health check from there.
"""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp.test_utils import unused_port

from mockflow.cli import main
from mockflow.cli.readiness import url_from
from mockflow.loading.yaml12 import read
from tests.support.environments import OWN, PIP, Environment, bare, link
from tests.support.paths import ROOT, SCENARIOS
from tests.support.processes import PATIENCE_SECONDS, environment, serving
from tests.support.project import PROJECT, REPOSITORY

Instruction = tuple[str, str]

WORKFLOW: Final = "8xL8bowB8y25Tqfenm50"


def instructions() -> list[Instruction]:
    """The Dockerfile's instructions and their arguments, lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines)]


def arguments_of(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def argument_of(word: str) -> str:
    [argument] = arguments_of(word)
    return argument


def variables() -> dict[str, str]:
    """Those of mockflow; one instruction has them."""
    [ours] = [argument for argument in arguments_of("ENV") if argument.startswith("MOCKFLOW_")]
    return dict(pair.split("=", 1) for pair in shlex.split(ours))


def labels() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(argument_of("LABEL")))


def start_command() -> list[str]:
    command: list[str] = json.loads(argument_of("CMD"))
    return command


def health_command() -> list[str]:
    command: list[str] = json.loads(argument_of("HEALTHCHECK").partition("CMD ")[2])
    return command


def copies() -> list[list[str]]:
    """What is copied from the checkout, and where to, for each COPY that does not name another stage."""
    arguments = map(shlex.split, arguments_of("COPY"))
    return [words for words in arguments if not words[0].startswith("--from=")]


def copied() -> set[str]:
    """What the build gets from the checkout."""
    return {source for *sources, _ in copies() for source in sources}


def compose() -> dict[str, Any]:
    [document], problems = read((ROOT / "docker-compose.yml").read_text("utf-8"), "docker-compose.yml")
    assert problems == []
    services: dict[str, Any] = document.value["services"]
    return services


# -- the Dockerfile ----------------------------------------------------------------------------------


def test_does_not_run_as_root() -> None:
    words = [word for word, _ in instructions()]
    user, _, group = argument_of("USER").partition(":")  # numbers: the orchestrator can tell that it is not root
    assert int(user) > 0
    assert int(group) > 0
    assert words.index("USER") > max(place for place, word in enumerate(words) if word == "RUN")


def test_the_image_gets_what_was_installed_and_not_what_installs() -> None:
    words = [word for word, _ in instructions()]
    last = len(words) - words[::-1].index("FROM") - 1
    assert words.count("FROM") == 2
    assert "RUN" not in words[last:]  # so that an image of another architecture is put together without emulation
    assert arguments_of("FROM")[0].removesuffix(" AS build") == arguments_of("FROM")[1]  # one Python for both
    [venv] = re.findall(r"python -m venv --without-pip (\S+) ", argument_of("RUN"))
    assert f"--from=build {venv} {venv}" in arguments_of("COPY")
    assert any(argument.startswith(f"PATH={venv}/bin:") for argument in arguments_of("ENV"))


def test_the_labels_say_what_the_project_file_says() -> None:
    name = "org.opencontainers.image."
    assert labels()[f"{name}licenses"] == PROJECT["license"]
    assert labels()[f"{name}source"] == REPOSITORY
    assert labels()[f"{name}documentation"] == PROJECT["urls"]["Documentation"]
    assert PROJECT["description"].startswith(labels()[f"{name}description"])
    assert labels()[f"{name}base.name"].removeprefix("docker.io/library/") == arguments_of("FROM")[1]


def test_listens_for_other_containers_on_the_port_that_it_exposes() -> None:
    assert variables()["MOCKFLOW_HOST"] == "0.0.0.0"
    assert variables()["MOCKFLOW_PORT"] == argument_of("EXPOSE") == "9200"
    assert variables().keys() <= {f"MOCKFLOW_{option.name}".upper() for option in main.load("serve").params}


def test_serves_the_folder_that_the_scenarios_are_copied_to() -> None:
    assert f"scenarios {variables()['MOCKFLOW_PATHS']}" in arguments_of("COPY")


def test_checks_its_health_with_what_is_in_the_image() -> None:
    program, command, *options = health_command()
    assert program == start_command()[0] == "mockflow"
    context = main.load(command).make_context(command, options, **main.context_settings)
    assert context.params["url"] is None  # so that it follows the port, TLS and the port of the control API
    assert url_from(variables()) == f"http://127.0.0.1:{variables()['MOCKFLOW_PORT']}"
    [limit] = re.findall(r"--timeout=(\d+)s", argument_of("HEALTHCHECK"))
    assert context.params["timeout"] < int(limit) * 1000  # it tells the reason before it is killed


def test_the_build_sees_what_the_dockerfile_copies_and_little_else() -> None:
    everything, *rules = [
        line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")
    ]
    assert everything == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == {
        source.removeprefix("./").rstrip("/") for source in copied()
    }
    assert fnmatch.fnmatch("mockflow/core/__pycache__", next(rule for rule in rules if "__pycache__" in rule))


# -- the compose file --------------------------------------------------------------------------------


def test_serves_the_scenarios_beside_it_on_9200() -> None:
    service = compose()["opensearch"]
    assert service["build"] == "."
    assert service["ports"] == ["9200:9200"]
    assert service["volumes"] == [f"./scenarios:{variables()['MOCKFLOW_PATHS']}:ro"]
    assert SCENARIOS.is_dir()


def test_compose_has_the_images_health_check() -> None:
    check = compose()["opensearch"]["healthcheck"]
    assert check["test"] == ["CMD", *health_command()]
    assert all(re.fullmatch(r"\d+s", check[key]) for key in ("interval", "timeout"))


def test_the_consumer_waits_until_it_is_healthy() -> None:
    services = compose()
    consumer = services["consumer"]
    assert consumer["depends_on"] == {"opensearch": {"condition": "service_healthy"}}
    host, _, port = consumer["environment"]["OPENSEARCH_URL"].removeprefix("http://").partition(":")
    assert host in services
    assert port == argument_of("EXPOSE")
    assert not consumer["image"].endswith(":latest")


@pytest.mark.parametrize(
    ("workflow", "states", "code"),
    [
        pytest.param(WORKFLOW, ["NOT_STARTED", "PROVISIONING", "COMPLETED"], 0, id="completed"),
        pytest.param("XgviMJkBivIhH57kh40e", ["PROVISIONING", "FAILED"], 1, id="failed"),
        pytest.param("nobody", [], 1, id="unknown"),
    ],
)
def test_the_consumer_polls_to_the_end(workflow: str, states: list[str], code: int) -> None:
    need("sh", "curl")
    with serving("serve", "scenarios", "--auto", "--port", "0", "--quiet") as url:
        ended = consume(url, workflow)
    assert [json.loads(line)["state"] for line in ended.stdout.splitlines()] == states
    assert ended.returncode == code


def consume(url: str, workflow: str) -> subprocess.CompletedProcess[str]:
    """Runs the consumer's command as Compose would, without its pauses."""
    consumer = compose()["consumer"]
    given = {**consumer["environment"], "OPENSEARCH_URL": url, "WORKFLOW_ID": workflow, "PAUSE": "0"}
    return subprocess.run(
        [word.replace("$$", "$") for word in consumer["command"]],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], **given},
        timeout=PATIENCE_SECONDS,
        check=False,
    )


# -- installed as the Dockerfile says ----------------------------------------------------------------


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the image's root, the commands in ``bin``.

    What the package requires is linked there before, and what builds it is lent to the install command.
    """
    root = tmp_path_factory.mktemp("image") / "root"
    make, install = argument_of("RUN").split(" && ")
    program, option, python, *words, wanted = shlex.split(install)
    assert [program, option, python] == ["pip", "--python", f"{shlex.split(make)[-1]}/bin/python"]
    venv = Environment(root, wanted.replace(".", OWN, 1), "pip")
    source = root / argument_of("WORKDIR").lstrip("/")
    source.mkdir()
    for *sources, target in copies():
        for name in sources:
            copy(ROOT / name, source, root, target)
    build = root.with_name("build")
    build.mkdir()
    link(build, "hatchling", "hatch-fancy-pypi-readme")
    done = subprocess.run(
        [str(venv.python), "-m", "pip", *words, wanted, *PIP, "--no-build-isolation"],
        capture_output=True,
        text=True,
        cwd=source,
        env=bare({"PYTHONPATH": str(build)}),
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def copy(source: Path, folder: Path, root: Path, target: str) -> None:
    """One source of a COPY instruction."""
    place = root / target.lstrip("/") if target.startswith("/") else folder / target
    if source.is_dir():
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, place)


def run(command: list[str], folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**environment(), **environ},
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def port(image: Path) -> Iterator[int]:
    """Where the start command serves. The port is another one, and the folder lies under the image's root."""
    number = unused_port()
    changed = {"MOCKFLOW_PORT": str(number), "MOCKFLOW_PATHS": f"{image}{variables()['MOCKFLOW_PATHS']}"}
    command = [str(image / "bin" / start_command()[0]), *start_command()[1:]]
    with serving(command=command, variables={**variables(), **changed}, folder=image):
        yield number


def check_health(image: Path, host: str, port: int) -> subprocess.CompletedProcess[str]:
    program, *words = health_command()
    changed = {"MOCKFLOW_HOST": host, "MOCKFLOW_PORT": str(port)}
    return run([str(image / "bin" / program), *words], image, **{**variables(), **changed})


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address of this machine")
def test_the_start_command_listens_on_all_addresses(image: Path, port: int) -> None:
    assert check_health(image, "127.0.0.2", port).returncode == 0


def test_the_health_check_passes_while_it_serves(image: Path, port: int) -> None:
    assert check_health(image, "0.0.0.0", port).returncode == 0


def test_the_health_check_fails_where_nothing_listens(image: Path) -> None:
    port = unused_port()
    checked = check_health(image, "0.0.0.0", port)
    assert checked.returncode == 1
    assert f"127.0.0.1:{port}" in checked.stderr


def test_the_shipped_scenarios_are_served(port: int) -> None:
    need("sh", "curl")
    status = consume(f"http://127.0.0.1:{port}", "DHbSspcB1LfCdk0qTsPw")
    assert json.loads(status.stdout)["state"] == "COMPLETED"


def need(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
