"""Every page in a real browser: accessible in light, dark, from the right and on a phone; and what the pages do."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from support.browser import Tab, browser, tab
from support.servers import Nexus

PAGES = ["/", "/app/models", "/app/models/tiny-chat", "/app/deploy", "/app/deploy/tiny-chat", "/app/engine", "/app/hardware",
         "/app/usage", "/app/keys", "/app/users", "/app/settings", "/app/memory", "/app/audit",
         "/app/sign-in", "/app/no-such-page"]
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"}, "dark": {"color_scheme": "dark"}, "right": {"locale": "ar"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
}


def settle(opened: Tab) -> None:
    """Until nothing is being loaded."""
    expect(opened.page.locator(".skeleton")).to_have_count(0)


def violations(opened: Tab) -> list[str]:
    found = Axe().run(opened.page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible(chromium: Browser, nexus: Nexus, look: str) -> None:
    # The judge is injected, which the policy forbids; that the policy is kept is checked by all other tests.
    with tab(chromium, nexus.url, bypass_csp=True, reduced_motion="reduce", **LOOKS[look]) as opened:
        told = {}
        for path in PAGES:
            opened.go(path)
            settle(opened)
            if found := violations(opened):
                told[path] = found
            wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{path} can be moved sideways by {wide} pixels"
        opened.go()
        opened.send("What is 3 + 4?")
        opened.answered()
        opened.page.locator(".facts-button").click()
        if found := violations(opened):
            told["chat"] = found
        assert told == {}
        assert not opened.errors and not opened.elsewhere


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_breaks_its_policy(chromium: Browser, nexus: Nexus, look: str) -> None:
    with tab(chromium, nexus.url, **LOOKS[look]) as opened:
        for path in PAGES:
            opened.go(path)
            expect(opened.page.locator("h1").first).to_be_attached()
            opened.check()


def test_the_engine_is_seen_live(page: Tab, nexus: Nexus) -> None:
    with nexus.client() as client:
        client.chat.completions.create(model="tiny-chat", messages=[{"role": "user", "content": "What is 3 + 4?"}])
    page.go("/app/engine")
    expect(page.page.locator(".slots li")).to_have_count(4)
    expect(page.page.locator(".figure", has_text="Busy slots")).to_contain_text("0 / 4")
    rows = page.page.locator("table.dense tbody tr")
    expect(rows.first).to_be_visible()
    before = rows.count()
    rows.last.get_by_role("button").click()
    expect(page.page.locator(".toast")).to_contain_text("forgotten")
    expect(rows).not_to_have_count(before)
    assert rows.count() < before


def test_a_deployment_is_changed_and_rolled_back(page: Tab, start: Any) -> None:
    server = start()
    with_page = page
    with_page.base = server.url
    with_page.go("/app/deploy/tiny-chat")
    expect(with_page.page.locator(".estimate-head")).to_contain_text("fits")
    with_page.page.get_by_role("spinbutton", name="Context").fill("2048")
    expect(with_page.page.locator(".warning")).to_contain_text("trained")
    with_page.page.get_by_role("button", name="Apply").click()
    expect(with_page.page.locator(".toast")).to_contain_text("saved")
    with_page.page.get_by_role("button", name="Versions").click()
    expect(with_page.page.locator(".versions li")).to_have_count(2)
    with_page.page.get_by_role("button", name="Go back to it").first.click()
    expect(with_page.page.locator(".versions li")).to_have_count(3)
    with_page.page.get_by_role("button", name="Log", exact=True).click()
    expect(with_page.page.locator(".log-lines span").first).to_be_attached()
    assert server.http.get("/api/v1/deployments/tiny-chat").json()["version"] == 3


def test_models_are_imported(page: Tab, start: Any, tmp_path: Any) -> None:
    from support.program import MODEL

    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "another.gguf").write_bytes(MODEL.read_bytes())
    server = start()
    page.base = server.url
    page.go("/app/models")
    page.page.get_by_role("button", name="Import", exact=True).click()
    page.page.get_by_label("Folder or file").fill("/nowhere")
    page.page.locator("dialog button[type=submit]").click()
    expect(page.page.locator("dialog [role=alert]")).to_be_visible()
    page.page.get_by_label("Folder or file").fill(str(tmp_path / "more"))
    page.page.locator("dialog button[type=submit]").click()
    expect(page.page.locator(".model-row", has_text="another")).to_be_visible()
    page.expected = ["the server responded with a status of 4"]


def test_words_in_three_languages(page: Tab) -> None:
    page.go("/app/settings")
    page.page.get_by_role("button", name="Deutsch").click()
    expect(page.page.locator("h1")).to_have_text("Einstellungen")
    page.page.get_by_role("button", name="العربية").click()
    expect(page.page.locator("h1")).to_have_text("الإعدادات")
    assert page.page.evaluate("document.documentElement.dir") == "rtl"
    page.page.reload()
    expect(page.page.locator("h1")).to_have_text("الإعدادات")
