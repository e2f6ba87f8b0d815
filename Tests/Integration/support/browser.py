"""A real browser on the real pages. What a page logs as an error, throws, fetches elsewhere or is forbidden is remembered."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

#: Debian's; the test packages bring it.
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"

WATCH = """
window.__forbidden = [];
document.addEventListener('securitypolicyviolation', (event) =>
  window.__forbidden.push(event.violatedDirective + ' ' + event.blockedURI));
window.__long = [];
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.__long.push(entry.duration); })
  .observe({ entryTypes: ['longtask'] });
"""


@dataclass
class Tab:
    """A page, and what must not happen on it."""

    page: Page
    base: str
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    #: Texts in errors that a test makes on purpose.
    expected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(f"thrown: {error}"))
        self.page.on("request", self._look)

    def _note(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def _look(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def go(self, path: str = "/") -> None:
        self.page.goto(self.base + path)
        self.page.locator("#main").wait_for()

    def check(self) -> None:
        """Nothing was logged as an error, thrown, forbidden by a policy, or fetched from another server."""
        forbidden = self.page.evaluate("window.__forbidden")
        told = [error for error in self.errors if not any(text in error for text in self.expected)]
        assert not told and not forbidden and not self.elsewhere, (told, forbidden, self.elsewhere)

    def send(self, text: str) -> None:
        self.page.locator(".picker-name", has_text="tiny-chat").wait_for()
        self.page.locator(".composer textarea").fill(text)
        self.page.locator(".composer .send").click()

    def answered(self) -> None:
        """Waits until the last answer is complete."""
        self.page.locator(".message.assistant").last.wait_for()
        self.page.locator(".composer button[type=submit]").wait_for()


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def tab(started: Browser, base: str, **options: Any) -> Iterator[Tab]:
    context: BrowserContext = started.new_context(**({"viewport": {"width": 1280, "height": 820}} | options))
    context.add_init_script(WATCH)
    context.set_default_timeout(15_000)
    try:
        yield Tab(context.new_page(), base)
    finally:
        context.close()
