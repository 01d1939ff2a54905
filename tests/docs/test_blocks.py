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
from pathlib import Path
from typing import Final

import pytest

from mockflow import MockFlow
from tests.docs.pages import PAGES, Block, Page
from tests.docs.sessions import URL, furnish, has_shell, played, sessions, shown
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
    """Each block with tests passes, and has run."""
    (tmp_path / "pytest.ini").write_text(PYTEST_INI, "utf-8")
    (tmp_path / "scenarios").symlink_to(SCENARIOS)
    files = {}
    for number, page in enumerate(PAGES):
        blocks = [block for block in page.blocks if is_test(block)]
        if blocks:
            folder = tmp_path / f"page_{number}"
            folder.mkdir()
            furnish(page, folder)
        for block in blocks:
            file = folder / (block.file or f"test_{number}_{block.line}.py")
            file.write_text(block.text, "utf-8")
            files[file.relative_to(tmp_path).as_posix()] = f"{page.name}, line {block.line}"
    done = run_pytest(tmp_path, "-v", "--tb=short", *files)
    assert done.returncode == 0, f"{files}\n{done.stdout}{done.stderr}"
    passed = set(re.findall(r"^(\S+?)::.* PASSED", done.stdout, re.MULTILINE))
    assert {place for file, place in files.items() if file not in passed} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All other blocks, and that none is overlooked."""
    assert page.text.count("```") == 2 * len(page.blocks)
    furnish(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    for block in page.blocks:
        place = f"{page.name}, line {block.line}"
        assert block.language in KINDS, f"{place}: nobody knows how to test {block.language or 'no language'}"
        KINDS[block.language](block, place)


def test_every_kind_is_used() -> None:
    assert {block.language for page in PAGES for block in page.blocks} == KINDS.keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```ruby\nputs 1\n```\n", "line 3: nobody knows how to test ruby"),
        ("```\nputs 1\n```\n", "line 3: nobody knows how to test no language"),
        ("```yaml\na: 1\n```\n", "line 3: nobody knows how to test YAML with the keys a"),
        ("```sh\nrm -r /\n```\n", "line 3: rm"),
        ("```json\n{]\n```\n", "property name"),
        (" ```json\n{]\n```\n", r"2 == \(2 \* 0"),
    ],
)
def test_a_block_that_cannot_be_tested_fails(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises((AssertionError, ValueError), match=message):
        test_blocks(Page("x.md", f"Text.\n\n{text}"), tmp_path, monkeypatch)


# -- what is done with a block -----------------------------------------------------------------------


def is_test(block: Block) -> bool:
    return block.language == "python" and bool(NAMES.search(block.text))


def run_python(block: Block, place: str) -> None:
    """Runs the program against a server of the shipped scenarios; sleeping takes no time."""
    code = compile(block.text, place, "exec")
    if is_test(block) or block.file:
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


def check_toml(block: Block, place: str) -> None:
    assert tomllib.loads(block.text)


def check_json(block: Block, place: str) -> None:
    assert json.loads(block.text)


def check_yaml_block(block: Block, place: str) -> None:
    check_yaml(block.text, place)


def played_above(block: Block, place: str) -> None:
    """`test_sessions` does it."""


PYTEST_INI: Final = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
PROGRAMS: Final = ("docker", "make", "mockflow", "pip")
KINDS: Final[dict[str, Callable[[Block, str], None]]] = {
    "console": played_above,
    "js": check_javascript,
    "json": check_json,
    "python": run_python,
    "sh": check_shell,
    "yaml": check_yaml_block,
}
