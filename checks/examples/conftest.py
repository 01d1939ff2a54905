"""The last line of `make examples` counts the examples, the skipped ones included."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        failed = len(reporter.stats.get("failed", [])) + len(reporter.stats.get("error", []))
        counts = {"passed": len(reporter.stats.get("passed", [])), "failed": failed}
        counts["skipped"] = len(reporter.stats.get("skipped", []))
        reporter.write_line("Examples: " + ", ".join(f"{number} {word}" for word, number in counts.items()))
