"""A real headless Chromium, and pages opened in it from files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from driver.inspection.page.page import page as write_page
from driver.inspection.page.report import Report
from tests.browser.opened import Open, Opened

_NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str:
    """Find the machine's Chromium; without one the test is skipped."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"there is no Chromium on the PATH: none of {', '.join(_NAMES)}")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = find_chromium()
    with sync_playwright() as playwright:
        # In a container, Chromium's own sandbox has no privileges to be made with.
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open reports: written to a file, shown in a window of their own."""
    contexts = []

    def open_it(
        report: Report,
        *,
        width: int = 1280,
        scheme: str = "light",
        has_script: bool = True,
    ) -> Opened:
        path = tmp_path / "report.html"
        path.write_text(write_page(report), encoding="utf-8")
        context = browser.new_context(
            viewport=ViewportSize(width=width, height=800),
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=has_script,
        )
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: opened.troubles.append(message.text))
        opened.page.on("pageerror", lambda error: opened.troubles.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(path.as_uri())
        return opened

    yield open_it
    for context in contexts:
        context.close()
