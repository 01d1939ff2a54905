"""The shipped scenarios, from their files."""

import re

from mockflow.loading.load import load_paths
from mockflow.loading.shipped import ALL, files
from tools.reference.markdown import document, prose, table

_INTRODUCTION = """\
Each scenario is a situation that programs meet with the real plugin. They are installed with mockflow: `mockflow
serve @overloaded` or `@all`, `MockFlow("@overloaded")`, `Scenario("@overloaded")` to add to it, and
`@pytest.mark.mockflow("@overloaded")`. `mockflow scenarios` lists them, `mockflow scenarios show overloaded` prints
one, and `mockflow init --with overloaded` copies it.
"""
_MORE = """\
[examples/cluster-starts-slowly.yaml](../../examples/cluster-starts-slowly.yaml) is served alone: `GET /` answers at
once, all other calls get 503, then health goes from red over yellow to green.
"""


def page() -> str:
    loaded = {one.scenario.scenario: one.scenario.description or "" for one in load_paths([ALL]).scenarios}
    rows = [(f"[{name}](#{name})", " ".join(loaded[name].split())) for name in files()]
    sections = [f"## {name}\n\n{_comment(name)}\n\n[Its file](../../scenarios/{name}.yaml)" for name in files()]
    return document(
        "Shipped scenarios",
        "the files in `scenarios/`",
        _INTRODUCTION,
        table(("scenario", "situation"), rows),
        _MORE,
        *sections,
    )


def _comment(name: str) -> str:
    """What the first lines of the file say: the situation, and the mistakes that it catches."""
    lines = []
    for line in files()[name].read_text("utf-8").splitlines():
        if not line.startswith("#"):
            break
        if "yaml-language-server" not in line:
            lines.append(line.removeprefix("#").strip())
    text = re.sub(r"(?<!^)\bCatches: ", "\n\n**Catches:** ", " ".join(lines))
    return prose(re.sub(r"(?<!`)\b([\w.]*\[\"?\w+\"?\](?:\[\d+\])*)", r"`\1`", text))
