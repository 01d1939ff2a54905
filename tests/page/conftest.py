"""A browser, and pages in it that look at a cluster of a test's own. Whatever a page complains of fails its test."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest
import pytest_asyncio

from tests.support.paths import ROOT
from tests.support.server import STORY, Server, Servers

ARTEFACTS: Final = ROOT / "build" / "screenshots"
"""What the pages looked like at the end of each test; git ignores the folder."""
_ARGUMENTS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_MS: Final = 15_000
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")

Open = Callable[..., Awaitable[Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Any]:
    """Chromium of the system."""
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed (the extra browser)")
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    async with playwright.async_playwright() as driver:
        launched = await driver.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def serve() -> AsyncIterator[Servers]:
    """Starts servers of some scenarios in a mode; ends them all."""
    servers = Servers()
    yield servers
    await servers.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def server(serve: Servers) -> Server:
    """A server of STORY, its clock frozen."""
    return await serve(STORY)


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(browser: Any, request: pytest.FixtureRequest) -> AsyncIterator[Open]:
    """Opens the page of a server; `options` are those of a browser context."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def heard(said: Any) -> None:
        if said.type in ("error", "warning"):
            complaints.append(said.text)

    def heard_but_refusals(said: Any) -> None:
        if "the server responded with a status of 4" not in said.text:
            heard(said)

    async def open_page(server: Server, fragment: str = "", *, is_refused: bool = False, **options: Any) -> Any:
        context = await browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(_PATIENCE_MS)
        contexts.append(context)
        page = await context.new_page()
        page.on("console", heard_but_refusals if is_refused else heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{server.url}/_mockflow/{fragment}")
        await page.locator("#live[data-online=true]").wait_for()
        return page

    yield open_page
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for number, context in enumerate(contexts):
        for page in context.pages:
            name = f"{request.node.name}{f'-{number}' if number else ''}.png".replace(os.sep, "-")
            await page.screenshot(path=ARTEFACTS / name)
        await context.close()
    assert complaints == []
