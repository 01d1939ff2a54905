"""Every code block of README.md and docs/ is run or parsed. Its language says how: see `KINDS`.

A block of any other language fails. The sessions of a page are one session of a shell, the tests of all pages are one
run of pytest, and programs run in this process: a page costs little more than its servers.
"""

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from mockflow import MockFlow
from tests.docs.pages import PAGES, Block, Page
from tests.docs.sessions import PYTEST_INI, URL, furnish, has_shell, played, runs_pytest, sessions, shown
from tests.docs.yaml_files import check_command, check_yaml
from tests.support.paths import ROOT, SCENARIOS
from tests.support.processes import PATIENCE_SECONDS, run_pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

WITH_SESSIONS: Final = [page for page in PAGES if sessions(page)]
NAMES: Final = re.compile(r"^(?:async )?def test_|^    def test_", re.MULTILINE)


@pytest.mark.process
@pytest.mark.parametrize("page", WITH_SESSIONS, ids=lambda page: page.name)
def test_sessions(page: Page, tmp_path: Path) -> None:
    """What comes is what the page shows."""
    if not has_shell():
        pytest.skip("bash or curl is not installed")
    furnish(page, tmp_path)
    assert shown(played(page, tmp_path)) == shown(sessions(page))


@pytest.mark.process
def test_tests(tmp_path: Path) -> None:
    """Each block with tests passes, and has run. A page's own sessions run those that it has its readers save."""
    (tmp_path / "pytest.ini").write_text(PYTEST_INI, "utf-8")
    (tmp_path / "scenarios").symlink_to(SCENARIOS)
    files, missing = {}, []
    for page in PAGES:
        for block in page.blocks:
            if block.file or not is_test(block):
                continue
            place = f"{page.name}, line {block.line}"
            if names := uninstalled(block):
                missing.append(f"{place}: {', '.join(names)}")
                continue
            folder = tmp_path / f"{slug(page)}_{block.line}"
            folder.mkdir()
            furnish(page, folder, block.line)
            (folder / "pytest.ini").unlink()
            file = folder / f"test_{folder.name}.py"
            file.write_text(block.text, "utf-8")
            files[file.relative_to(tmp_path).as_posix()] = place
    done = run_pytest(tmp_path, "-v", "--tb=short", *files)
    assert done.returncode == 0, f"{files}\n{done.stdout}{done.stderr}"
    passed = set(re.findall(r"^(\S+?)::.* PASSED", done.stdout, re.MULTILINE))
    assert {place for file, place in files.items() if file not in passed} == set()
    if missing:
        pytest.skip(f"not installed: {'; '.join(missing)}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All other blocks, and that none is overlooked."""
    assert page.text.count("```") == 2 * len(page.blocks)
    furnish(page, tmp_path, sys.maxsize)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    for block in page.blocks:
        place = f"{page.name}, line {block.line}"
        if is_included(block):
            continue
        assert block.language in KINDS, f"{place}: nobody knows how to test {block.language or 'no language'}"
        KINDS[block.language](block, place)
        assert not (block.file and is_test(block)) or runs_pytest(page, block.line), (
            f"{place}: nothing runs these tests"
        )


def test_every_kind_is_used() -> None:
    blocks = [block for page in PAGES for block in page.blocks if not is_included(block)]
    assert {block.language for block in blocks} == KINDS.keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```ruby\nputs 1\n```\n", "line 3: nobody knows how to test ruby"),
        ("```\nputs 1\n```\n", "line 3: nobody knows how to test no language"),
        ("```yaml\na: 1\n```\n", "line 3: nobody knows how to test YAML with the keys a"),
        ("```sh\nrm -r /\n```\n", "line 3: rm"),
        ("```json\n{]\n```\n", "property name"),
        ('```go\n--8<-- "examples/none.go"\n```\n', "No such file"),
        ('```go\n--8<-- "examples/README.md:none"\n```\n', "has no section none"),
        (" ```json\n{]\n```\n", r"2 == \(2 \* 0"),
    ],
)
def test_a_block_that_cannot_be_tested_fails(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises((AssertionError, ValueError, OSError), match=message):
        test_blocks(Page("x.md", f"Text.\n\n{text}"), tmp_path, monkeypatch)


# -- what is done with a block -----------------------------------------------------------------------


def is_test(block: Block) -> bool:
    return block.language == "python" and bool(NAMES.search(block.text))


def is_included(block: Block) -> bool:
    """Whether it is nothing but files of `examples/`, which have tests there, or sections of them."""
    lines = [re.fullmatch(r'--8<-- "(examples/[\w./-]+)(?::([\w-]+))?"', line) for line in block.text.splitlines()]
    if not all(lines):
        return False
    for line in filter(None, lines):
        text = (ROOT / line[1]).read_text("utf-8")
        assert not line[2] or f"--8<-- [start:{line[2]}]" in text, f"{line[1]} has no section {line[2]}"
    return True


def slug(page: Page) -> str:
    """The page's name as part of a name of Python."""
    return re.sub(r"\W", "_", page.name.removesuffix(".md"))


def uninstalled(block: Block) -> list[str]:
    """The packages that a block imports and that are not installed here; the page's own files are."""
    names = re.findall(r"^(?:import|from) (\w+)", block.text, re.MULTILINE)
    return [name for name in names if name not in OWN and find_spec(name) is None]


def run_python(block: Block, place: str) -> None:
    """Runs the program against a server of the shipped scenarios; sleeping takes no time.

    Tests and saved files are run elsewhere. What needs a Docker engine is only compiled, and its page says so.
    """
    code = compile(block.text, place, "exec")
    if is_test(block) or block.file or "from testcontainers" in block.text:
        return
    with MockFlow("scenarios", clock="auto") as cluster:
        text = block.text.replace(URL, cluster.url).replace("asyncio.sleep(1)", "asyncio.sleep(0)")
        exec(compile(text, code.co_filename, "exec"), {"__name__": "__main__"})


def check_javascript(block: Block, place: str) -> None:
    try:
        done = subprocess.run(
            ["node", "--check", "--input-type=module"],
            input=block.text,
            text=True,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("node is not installed")
    assert done.returncode == 0, place + done.stderr


def check_shell(block: Block, place: str) -> None:
    if not has_shell():
        pytest.skip("bash is not installed")
    subprocess.run(["bash", "-n", "-c", block.text], check=True, timeout=PATIENCE_SECONDS)
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for command in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(command, comments=True)
        assert words[0] in PROGRAMS, f"{place}: {words[0]}"
        check_command(words)
        assert words[0] != "make" or words[1] in targets
        assert words[:2] != ["python", "-m"] or (ROOT / words[2].replace(".", "/")).is_dir()


def check_toml(block: Block, place: str) -> None:
    assert tomllib.loads(block.text)


def check_json(block: Block, place: str) -> None:
    assert json.loads(block.text)


def check_yaml_block(block: Block, place: str) -> None:
    check_yaml(block.text, place)


def played_above(block: Block, place: str) -> None:
    """`test_sessions` does it."""


def only_shown(block: Block, place: str) -> None:
    """On pages that are made from the code; `test_reference` compares them."""
    assert place.startswith("docs/reference/")


OWN: Final = {Path(block.file).stem for page in PAGES for block in page.blocks if block.language == "python"}
"""The modules that pages have their readers save."""
PROGRAMS: Final = ("docker", "kubectl", "make", "mockflow", "pip", "python")
KINDS: Final[dict[str, Callable[[Block, str], None]]] = {
    "console": played_above,
    "js": check_javascript,
    "json": check_json,
    "python": run_python,
    "sh": check_shell,
    "text": only_shown,
    "toml": check_toml,
    "yaml": check_yaml_block,
}
