"""What the YAML blocks of the pages have to be, by their keys."""

import shlex
from collections.abc import Callable
from typing import Any, Final

from mockflow.cli import main
from mockflow.loading.load import load_text
from mockflow.loading.yaml12 import read


def check_yaml(text: str, place: str) -> None:
    """Fails unless it is valid, and some kind of file whose rules are known here."""
    documents, problems = read(text, place)
    assert problems == []
    for document in documents:
        value = document.value
        kinds = [check for keys, check in KINDS.items() if keys <= value.keys()]
        assert kinds, f"{place}: nobody knows how to test YAML with the keys {', '.join(value)}"
        kinds[0](value, text, place)


def check_command(words: list[str]) -> None:
    """Parses a command of mockflow's, without running it."""
    if words[:1] == ["mockflow"] and words[1:] != ["--version"]:
        main.load(words[1]).make_context(words[1], words[2:], **main.context_settings)


def check_lines(lines: str) -> None:
    """Parses the commands of mockflow's among the lines of a script."""
    for line in lines.splitlines():
        if "mockflow " in line:
            check_command(shlex.split(line.partition(" > ")[0].removesuffix("&"), comments=True))


def check_variables(variables: dict[str, Any]) -> None:
    """Those of the server's container."""
    known = {f"MOCKFLOW_{parameter.name}".upper() for parameter in main.load("serve").params}
    assert {name for name in variables if name.startswith("MOCKFLOW_")} <= known
    assert all(isinstance(value, str) for value in variables.values())


def _scenario(value: Any, text: str, place: str) -> None:
    assert [str(problem) for problem in load_text(text, place).problems] == []


def _compose(value: Any, text: str, place: str) -> None:
    services = value["services"]
    for service in services.values():
        assert service.keys() & {"image", "build"}
        check_variables(service.get("environment", {}))
        for other, condition in service.get("depends_on", {}).items():
            assert other in services
            assert condition == {"condition": "service_healthy"}


def _actions(value: Any, text: str, place: str) -> None:
    assert value.keys() <= {"name", "on", "jobs"}
    for job in value["jobs"].values():
        for service in job.get("services", {}).values():
            check_variables(service["env"])
        for step in job["steps"]:
            assert len(step.keys() & {"run", "uses"}) == 1
            check_lines(step.get("run", ""))


def _gitlab(value: Any, text: str, place: str) -> None:
    for name, job in value.items():
        if name != "stages":
            assert job["stage"] in value["stages"]
            for service in job.get("services", ()):
                check_variables(service["variables"])
            for line in job["script"]:
                check_lines(line)


def _kubernetes(value: Any, text: str, place: str) -> None:
    pod = value["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is False
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in pod["initContainers"] + pod["containers"]:
        check_variables({variable["name"]: variable["value"] for variable in container["env"]})
        assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes


KINDS: Final[dict[frozenset[str], Callable[[Any, str, str], None]]] = {
    frozenset({"scenario"}): _scenario,
    frozenset({"services"}): _compose,
    frozenset({"on", "jobs"}): _actions,
    frozenset({"stages"}): _gitlab,
    frozenset({"apiVersion", "kind"}): _kubernetes,
}
