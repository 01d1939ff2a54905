"""What differs between releases, from the table of behaviour."""

from typing import Any

from mockflow.core.plugin.behaviour import MEASURED, TABLE
from mockflow.core.plugin.versions import DEFAULT_VERSION, NEWEST, OLDEST, releases
from tools.reference.markdown import code, codes, document, table

_INTRODUCTION = f"""\
mockflow behaves as one release of OpenSearch and its plugins, from {OLDEST} to {NEWEST}: `--opensearch-version
2.19.3`, `MockFlow(version="2.19.3")`, `@pytest.mark.mockflow(version="2.19.3")`. `3.2.0-SNAPSHOT` behaves as a
snapshot build. The default is {DEFAULT_VERSION}. {" and ".join(MEASURED)} are measured; [Fidelity](fidelity.md) says
how the others are known.
"""


def page() -> str:
    return document(
        "Versions",
        "`mockflow/core/plugin/versions.py` and `behaviour.py`",
        _INTRODUCTION,
        "## Releases",
        table(("release", "Lucene", "new parameters", "new steps"), _releases()),
        "## Behaviour",
        "A value holds from its release on, until the next one.",
        table(("what", "values"), ((row.words, "<br>".join(_values(row.values))) for row in TABLE.values())),
    )


def _releases() -> list[tuple[str, str, str, str]]:
    rows: list[tuple[str, str, str, str]] = []
    parameters: frozenset[str] = frozenset()
    steps: frozenset[str] = frozenset()
    for version in releases():
        new, made = version.parameters - parameters, frozenset(version.steps) - steps
        first = not rows
        number = "{}.{}".format(*version.minor)
        made_words = f"{len(made)} steps" if first else codes(sorted(made))
        rows.append((number, version.lucene, codes(sorted(new)), made_words))
        parameters, steps = version.parameters, frozenset(version.steps)
    return rows


def _values(values: Any) -> list[str]:
    return [f"{'.'.join(map(str, since.release))}: {_word(since.value)}" for since in values]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (frozenset, tuple)):
        return codes(sorted(str(each).replace("\n", "\\n") for each in value if each)) or "none"
    return code(value) if isinstance(value, (str, int)) else "an order of its own"
