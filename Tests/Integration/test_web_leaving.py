"""What was done a moment before the page is left is done all the same."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from support.browser import Tab, tab
from support.polling import until
from support.servers import Nexus
from test_web_conversations import choose, talk, told


@pytest.fixture
def page(chromium: Browser, nexus: Nexus) -> Iterator[Tab]:
    before = nexus.http.get("/api/v1/settings").json()
    nexus.http.put("/api/v1/settings", json={"settings": {}, "revision": before["revision"]})
    with tab(chromium, nexus.url) as opened:
        yield opened
        opened.check()
    now = nexus.http.get("/api/v1/settings").json()
    nexus.http.put("/api/v1/settings", json={"settings": before["settings"], "revision": now["revision"]})


def chosen(nexus: Nexus) -> dict[str, object]:
    return nexus.http.get("/api/v1/settings").json()["settings"].get("web", {})


def test_removals_are_done_when_the_page_is_left_before(page: Tab, nexus: Nexus) -> None:
    gone, cut, back = talk(nexus, "Goes"), talk(nexus, "Is cut", "?", "Stays.", "??", "Goes too."), talk(nexus, "Comes back")
    page.go(f"/app/c/{cut}")
    for title in ("Goes", "Comes back"):
        page.page.locator(".chat-row", has_text=title).click(button="right")
        choose(page, "Remove")
        expect(page.page.locator(".chat-row", has_text=title)).to_have_count(0)
    page.page.locator(".toast", has_text="Comes back").get_by_role("button", name="Undo").click()
    page.page.locator(".message.assistant").last.get_by_role("button", name="More").click()
    choose(page, "Remove from here on")
    expect(page.page.locator(".message.assistant")).to_have_count(1)
    assert told(nexus, gone)["title"] == "Goes" and told(nexus, cut)["messages"] == 4, "there was no time to think better of it"
    page.page.goto(f"{page.base}/app/hardware")
    until(lambda: nexus.http.get(f"/api/v1/conversations/{gone}").status_code == 404, "it is removed", 4)
    until(lambda: told(nexus, cut)["messages"] == 3, "the branch is removed", 4)
    assert told(nexus, back)["title"] == "Comes back"
    page.go(f"/app/c/{cut}")
    expect(page.page.locator(".message")).to_have_count(3)
    expect(page.page.locator(".chat-row", has_text="Comes back")).to_have_count(1)


def test_settings_are_kept_when_the_page_is_left_at_once(page: Tab, nexus: Nexus) -> None:
    with page.page.expect_response("**/api/v1/settings"):
        page.go("/app/settings")
    # The page's clock stands still: only leaving can send what was chosen.
    page.page.clock.install()
    page.page.clock.pause_at("2030-01-01")
    page.page.get_by_role("button", name="Dark").click()
    assert "theme" not in chosen(nexus)
    page.page.goto(f"{page.base}/app/hardware")
    until(lambda: chosen(nexus).get("theme") == "dark", "the theme is kept", 4)


def test_parameters_are_kept_when_the_page_is_left_at_once(page: Tab, nexus: Nexus) -> None:
    identifier = talk(nexus, "Tuned")
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="Parameters").click()
    page.page.get_by_role("button", name="Precise").wait_for()
    page.page.clock.install()
    page.page.clock.pause_at("2030-01-01")
    page.page.get_by_role("button", name="Precise").click()
    assert "temperature" not in told(nexus, identifier)["settings"]
    page.page.goto(f"{page.base}/app/hardware")
    until(lambda: "temperature" in told(nexus, identifier)["settings"], "the parameters are kept", 4)


def test_a_folder_without_conversations_is_on_the_second_device(page: Tab, nexus: Nexus, chromium: Browser) -> None:
    talk(nexus, "Any")
    with page.page.expect_response("**/api/v1/settings"):
        page.go()
    page.page.locator(".chat-row a", has_text="Any").click(button="right")
    choose(page, "Move to a folder")
    # Where there are folders already, the sidebar has a button of that name, too.
    page.page.get_by_role("dialog").get_by_role("button", name="New folder").click()
    page.page.get_by_label("Name", exact=True).fill("Ideas")
    page.page.get_by_role("button", name="Save").click()
    page.page.locator(".folder-row", has_text="Ideas").click(button="right")
    choose(page, "New folder in it")
    page.page.get_by_label("Name", exact=True).fill("Ideas/Later <b>")
    page.page.get_by_role("button", name="Save").click()
    until(lambda: chosen(nexus).get("folders") == ["Ideas/Later <b>"], "the settings have it")
    with tab(chromium, nexus.url) as device:
        device.go()
        rows = device.page.locator(".folder-row")
        rows.filter(has_text="Ideas").first.locator(".folder-name").click()
        expect(rows.filter(has_text="Later <b>")).to_be_visible()
        rows.filter(has_text="Later <b>").click(button="right")
        choose(device, "Remove the folder")
        until(lambda: chosen(nexus).get("folders") == [], "it is gone from the settings")
        device.check()
    page.page.reload()
    expect(page.page.locator(".folder-row", has_text="Ideas")).to_be_visible()
    expect(page.page.locator(".folder-row", has_text="Later")).to_have_count(0)
