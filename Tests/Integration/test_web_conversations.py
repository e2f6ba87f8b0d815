"""Many conversations in a real browser: tabs, side by side, folders, tags, archive, search, links, files, branches."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Route, expect
from support.browser import Tab, browser, tab
from support.people import CONFIGURATION, People
from support.polling import until
from support.servers import NAME, Nexus

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"}, "dark": {"color_scheme": "dark"}, "right": {"locale": "ar"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
}
HOSTILE = '"><img src=x onerror="window.harmed=1"><script>window.harmed=2</script>{{7*7}}\u202e'


@pytest.fixture
def clean(nexus: Nexus) -> Nexus:
    for archived in ("false", "true"):
        for one in nexus.http.get(f"/api/v1/conversations?limit=500&archived={archived}").json()["conversations"]:
            nexus.http.delete(f"/api/v1/conversations/{one['id']}")
    return nexus


@pytest.fixture
def page(chromium: Browser, clean: Nexus) -> Iterator[Tab]:
    with tab(chromium, clean.url) as opened:
        yield opened
        opened.check()


def talk(nexus: Nexus, title: str, *texts: str, **order: Any) -> str:
    """A conversation of question and answer in turn; tells its id."""
    made = nexus.http.post("/api/v1/conversations", json={"title": title, "settings": {"model": NAME}} | order)
    assert made.status_code == 201, made.text
    identifier = made.json()["id"]
    for index, text in enumerate(texts or ("?", f"Answer of {title}.")):
        body = {"role": "assistant" if index % 2 else "user", "content": text} | ({"model": NAME} if index % 2 else {})
        assert nexus.http.post(f"/api/v1/conversations/{identifier}/messages", json=body).status_code == 201
    return identifier


def told(nexus: Nexus, identifier: str) -> dict[str, Any]:
    return nexus.http.get(f"/api/v1/conversations/{identifier}").json()


def tabs(opened: Tab) -> list[str]:
    return opened.page.locator("[data-tab] > span[dir]").all_inner_texts()


def strip(opened: Tab, title: str) -> Locator:
    return opened.page.locator("[data-tab]", has_text=title)


def choose(opened: Tab, *names: str) -> None:
    """Items of menus, one after the other."""
    for name in names:
        opened.page.locator(".popup-menu button", has_text=name).first.click()


def open_kept(opened: Tab, *identifiers: str) -> None:
    """Each in a tab that stays."""
    for identifier in identifiers:
        opened.go(f"/app/c/{identifier}")
        opened.page.locator(f"[data-tab='{identifier}']").dblclick()
        expect(opened.page.locator(".tab.preview")).to_have_count(0)


# MARK: Tabs


def test_tabs_open_close_and_survive_a_reload(page: Tab, clean: Nexus) -> None:
    ids = [talk(clean, title) for title in ("One", "Two", "Three")]
    page.go(f"/app/c/{ids[0]}")
    expect(page.page.locator(".message.assistant")).to_contain_text("Answer of One")
    page.page.locator(".chat-row a", has_text="Two").click()
    expect(page.page.locator(".message.assistant")).to_contain_text("Answer of Two")
    # What is only looked at takes one tab; what is kept stays.
    assert tabs(page) == ["Two"]
    strip(page, "Two").dblclick()
    page.page.locator(".chat-row a", has_text="Three").click()
    expect(strip(page, "Three")).to_have_attribute("aria-current", "page")
    assert tabs(page) == ["Two", "Three"]
    page.page.reload()
    expect(strip(page, "Three")).to_have_attribute("aria-current", "page")
    # Titles come with the list of conversations.
    expect(strip(page, "Two")).to_have_count(1)
    assert tabs(page) == ["Two", "Three"]
    kept = json.loads(page.page.evaluate("localStorage.getItem('nexus.tabs')"))
    assert [one["id"] for one in kept["tabs"]] == ids[1:] and "Two" not in json.dumps(kept), "titles are kept too"
    strip(page, "Two").click(button="middle")
    expect(strip(page, "Two")).to_have_count(0)
    page.page.keyboard.press("Alt+w")
    expect(page.page.locator("[data-tab]")).to_have_count(0)
    expect(page.page.locator(".welcome")).to_be_visible()
    page.page.keyboard.press("Alt+z")
    expect(strip(page, "Three")).to_have_attribute("aria-current", "page")


def test_tabs_are_dragged_pinned_and_grouped(page: Tab, clean: Nexus) -> None:
    open_kept(page, *[talk(clean, title) for title in ("A1", "B2", "C3", "D4")])
    strip(page, "D4").drag_to(strip(page, "A1"), target_position={"x": 4, "y": 10})
    expect(page.page.locator("[data-tab]").first).to_contain_text("D4")
    assert tabs(page) == ["D4", "A1", "B2", "C3"]
    strip(page, "C3").click(button="right")
    choose(page, "Pin the tab")
    assert tabs(page) == ["C3", "D4", "A1", "B2"]
    strip(page, "A1").click(button="right")
    choose(page, "New group with it")
    page.page.get_by_label("Name of the group").fill(HOSTILE[:40])
    page.page.get_by_role("button", name="Green").click()
    page.page.get_by_role("button", name="Save").click()
    group = page.page.locator(".tab-group")
    expect(group).to_have_class(re.compile("colour-green"))
    expect(group.locator(".tab-group-name")).to_contain_text("<img src=x")
    strip(page, "B2").click(button="right")
    choose(page, "Into group")
    expect(group.locator("[data-tab]")).to_have_count(2)
    # The tab that is shown is in the group: folding it shows another one.
    strip(page, "B2").click()
    group.locator(".tab-group-name").click()
    expect(group.locator("[data-tab]")).to_have_count(0)
    expect(strip(page, "C3")).to_have_attribute("aria-current", "page")
    page.page.reload()
    expect(page.page.locator(".tab-group-name")).to_have_attribute("aria-expanded", "false")
    page.page.locator(".tab-group-name").click()
    expect(page.page.locator("[data-tab]")).to_have_count(4)
    assert page.page.evaluate("window.harmed") is None


def test_tabs_by_keyboard(page: Tab, clean: Nexus) -> None:
    open_kept(page, *[talk(clean, title) for title in ("A1", "B2", "C3")])
    page.page.keyboard.press("Alt+PageDown")
    expect(strip(page, "A1")).to_have_attribute("aria-current", "page")
    page.page.keyboard.press("Alt+PageUp")
    expect(strip(page, "C3")).to_have_attribute("aria-current", "page")
    strip(page, "C3").focus()
    page.page.keyboard.press("Control+Shift+ArrowLeft")
    expect(page.page.locator("[data-tab]").nth(1)).to_contain_text("C3")
    expect(strip(page, "C3")).to_be_focused()
    page.page.keyboard.press("Home")
    expect(strip(page, "A1")).to_be_focused()
    page.page.keyboard.press("Enter")
    expect(strip(page, "A1")).to_have_attribute("aria-current", "page")
    strip(page, "A1").focus()
    page.page.keyboard.press("ArrowRight")
    expect(strip(page, "C3")).to_be_focused()
    page.page.keyboard.press("Delete")
    expect(strip(page, "C3")).to_have_count(0)
    expect(strip(page, "B2")).to_be_focused()
    strip(page, "B2").press("Shift+F10")
    expect(page.page.locator(".popup-menu button").first).to_be_focused()
    page.page.keyboard.press("Escape")
    expect(page.page.locator(".popup-menu")).to_have_count(0)
    expect(strip(page, "B2")).to_be_focused()


def test_a_late_conversation_leaves_the_focus(page: Tab, clean: Nexus) -> None:
    first, *others = [talk(clean, title) for title in ("A1", "B2", "C3")]
    open_kept(page, first, *others)
    page.page.reload()
    expect(page.page.locator(".composer textarea")).to_be_focused()
    held: list[Route] = []
    page.page.route(f"**/api/v1/conversations/{first}*", lambda route: held.append(route))

    def let() -> None:
        while not held:
            page.page.wait_for_timeout(20)
        while held:
            held.pop().continue_()
        expect(page.page.locator(".message.assistant", has_text="Answer of A1")).to_be_visible()
        page.page.wait_for_timeout(100)

    # Along the tabs by keys.
    strip(page, "A1").focus()
    page.page.keyboard.press("Enter")
    expect(strip(page, "A1")).to_have_attribute("aria-current", "page")
    page.page.keyboard.press("ArrowRight")
    let()
    expect(strip(page, "B2")).to_be_focused()
    # Writing at the side.
    page.page.keyboard.press("Alt+Shift+S")
    side = page.page.locator("section.pane .composer textarea")
    expect(side).to_be_visible()
    page.page.reload()
    side.click()
    let()
    expect(side).to_be_focused()


def test_windows_follow_each_other(chromium: Browser, clean: Nexus) -> None:
    first, second = talk(clean, "First"), talk(clean, "Second")
    with tab(chromium, clean.url) as one:
        open_kept(one, first, second)
        other = Tab(one.page.context.new_page(), clean.url)
        other.go(f"/app/c/{first}")
        expect(other.page.locator("[data-tab]")).to_have_count(2)
        strip(one, "First").click(button="middle")
        expect(strip(one, "First")).to_have_count(0)
        # The other window goes on to show what it shows.
        expect(strip(other, "First")).to_have_attribute("aria-current", "page")
        strip(one, "Second").click(button="right")
        choose(one, "Pin the tab")
        expect(other.page.locator(".tab.pinned")).to_contain_text("Second")
        # A name that changes here changes there.
        one.page.locator(".chat-row a", has_text="Second").dblclick()
        one.page.locator("input.rename").fill("Renamed")
        one.page.keyboard.press("Enter")
        expect(other.page.locator(".chat-row", has_text="Renamed")).to_have_count(1)
        one.check()
        other.check()


def test_two_side_by_side_answer_on_their_own(page: Tab, clean: Nexus) -> None:
    left, right = talk(clean, "Left"), talk(clean, "Right")
    open_kept(page, left, right)
    strip(page, "Left").click(button="right")
    choose(page, "Open at the side")
    panes = page.page.locator(".pane")
    expect(panes).to_have_count(2)
    expect(panes.nth(0).locator(".message.assistant")).to_contain_text("Answer of Right")
    expect(panes.nth(1).locator(".message.assistant")).to_contain_text("Answer of Left")
    for pane in (panes.nth(0), panes.nth(1)):
        pane.locator(".picker-name", has_text=NAME).wait_for()
        pane.locator(".composer textarea").fill("What is 3 + 4?")
        pane.locator(".composer .send").click()
    for pane in (panes.nth(0), panes.nth(1)):
        expect(pane.locator(".message.assistant")).to_have_count(2)
        pane.locator(".composer button[type=submit]").wait_for()
    until(lambda: told(clean, left)["messages"] == told(clean, right)["messages"] == 4, "both answers are kept")
    page.page.get_by_role("button", name="Change places").click()
    expect(panes.nth(0).locator(".message.assistant").first).to_contain_text("Answer of Left")
    page.page.reload()
    expect(panes).to_have_count(2)
    page.page.get_by_role("button", name="Close the side").click()
    expect(panes).to_have_count(1)
    page.page.keyboard.press("Alt+Shift+s")
    expect(panes).to_have_count(2)
    page.page.set_viewport_size({"width": 600, "height": 800})
    expect(panes).to_have_count(1)


def test_a_message_is_context_for_another_conversation(page: Tab, clean: Nexus) -> None:
    source, target = talk(clean, HOSTILE, "?", "The needle is `sharp`.\n```\nfence\n```"), talk(clean, "Target")
    open_kept(page, source, target)
    strip(page, "img src").click()
    page.page.locator(".message.assistant").get_by_role("button", name="More").click()
    choose(page, "Use message as context")
    page.page.locator(".choice-list button", has_text="Target").click()
    page.page.locator(".toast button", has_text="Go there").click()
    expect(page.page.locator(".composer .file")).to_contain_text("<img src=x")
    page.page.locator(".picker-name", has_text=NAME).wait_for()
    page.page.locator(".composer textarea").fill("What is this?")
    page.page.locator(".composer .send").click()
    page.answered()

    def last() -> str:
        messages = clean.http.get(f"/api/v1/conversations/{target}/messages").json()["messages"]
        return [one for one in messages if one["role"] == "user"][-1]["content"]

    until(lambda: "What is this?" in last(), "the server has the message")
    assert "The needle is `sharp`." in last() and "````" in last(), "the quote could be closed from inside"
    # A whole conversation goes too.
    strip(page, "img src").click(button="right")
    choose(page, "Use as context")
    page.page.locator(".choice-list button", has_text="Target").click()
    expect(page.page.locator(".composer .file")).to_have_count(1)
    assert page.page.evaluate("window.harmed") is None


# MARK: Sidebar


def test_folders_are_a_tree(page: Tab, clean: Nexus) -> None:
    ids = [talk(clean, "Report", folder="Work/2026"), talk(clean, "Loose")]
    page.go(f"/app/c/{ids[1]}")
    rows = page.page.locator(".folder-row")
    expect(rows).to_have_count(1)
    rows.first.locator(".folder-name").click()
    expect(rows).to_have_count(2)
    rows.nth(1).locator(".folder-name").click()
    expect(page.page.locator(".chat-row a", has_text="Report")).to_be_visible()
    page.page.locator(".chat-row a", has_text="Loose").drag_to(rows.nth(1))
    expect(page.page.locator(".toast")).to_contain_text("Work/2026")
    expect(rows.nth(1)).to_contain_text("2")
    until(lambda: told(clean, ids[1])["folder"] == "Work/2026", "the folder is saved")
    rows.first.click(button="right")
    choose(page, "Rename")
    page.page.get_by_label("Name", exact=True).fill("Büro <b>")
    page.page.get_by_role("button", name="Save").click()
    expect(rows.first).to_contain_text("Büro <b>")
    expect(page.page.locator(".toast").last).to_contain_text("is now")
    for identifier in ids:
        until(lambda one=identifier: told(clean, one)["folder"] == "Büro <b>/2026", "it is filed anew")
    rows.first.click(button="right")
    choose(page, "Remove the folder only")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("2026")
    page.page.locator(".toast", has_text="what was in it stays").get_by_role("button", name="Undo").click()
    expect(rows.first).to_contain_text("Büro <b>")
    rows.first.click(button="right")
    choose(page, "Remove with its 2 conversations")
    expect(page.page.locator(".chat-row")).to_have_count(0)
    page.page.locator(".toast").last.get_by_role("button", name="Undo").click()
    expect(rows.first).to_contain_text("2")
    assert {told(clean, identifier)["folder"] for identifier in ids} == {"Büro <b>/2026"}


def test_a_conversation_is_filed_by_menu(page: Tab, clean: Nexus) -> None:
    identifier = talk(clean, "Plan")
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="More about this conversation").click()
    choose(page, "Move to a folder")
    page.page.get_by_role("button", name="New folder").click()
    page.page.get_by_label("Name", exact=True).fill(" Home // Garden ")
    page.page.get_by_role("button", name="Save").click()
    expect(page.page.locator(".folder-row")).to_have_count(2)
    until(lambda: told(clean, identifier)["folder"] == "Home/Garden", "the folder is saved")
    # A new chat in a folder is kept there.
    page.page.locator(".folder-row", has_text="Garden").hover()
    page.page.get_by_role("button", name="More about folder Garden").click()
    choose(page, "New chat in it")
    page.send("What is 3 + 4?")
    page.answered()
    made = clean.http.get("/api/v1/conversations", params={"folder": "Home/Garden"}).json()["conversations"]
    assert len(made) == 2
    # A folder that has nothing yet.
    page.page.locator(".chat-group").get_by_role("button", name="New folder").click()
    page.page.get_by_label("Name", exact=True).fill("Empty")
    page.page.get_by_role("button", name="Save").click()
    expect(page.page.locator(".folder-row", has_text="Empty")).to_be_visible()
    page.page.reload()
    expect(page.page.locator(".folder-row", has_text="Empty")).to_be_visible()


def test_tags_pins_and_the_archive(page: Tab, clean: Nexus) -> None:
    identifier, other = talk(clean, "Tagged"), talk(clean, "Other", tags=["known"])
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="More about this conversation").click()
    choose(page, "Tags")
    page.page.get_by_label("Add a tag").fill(HOSTILE[:60])
    page.page.keyboard.press("Enter")
    page.page.locator("button.chip", has_text="known").click()
    expect(page.page.locator("li.chip")).to_have_count(2)
    page.page.get_by_role("button", name="Save").click()
    until(lambda: len(told(clean, identifier)["tags"]) == 2, "both tags are kept")
    row = page.page.locator(".chat-row", has_text="Tagged")
    row.click(button="right")
    choose(page, "Pin")
    expect(page.page.locator(".chat-group").first).to_contain_text("Pinned")
    row.click(button="right")
    choose(page, "Archive")
    expect(row).to_have_count(0)
    page.page.get_by_role("link", name="Library").click()
    page.page.get_by_role("button", name="Archived").click()
    card = page.page.locator(".archived li", has_text="Tagged")
    expect(card).to_contain_text("<img src=x")
    card.get_by_role("button", name="Out of the archive").click()
    expect(row).to_have_count(1)
    until(lambda: told(clean, identifier)["archived"] is False, "it is out of the archive")
    assert told(clean, other)["archived"] is False
    assert page.page.evaluate("window.harmed") is None


def test_a_temporary_chat_is_in_no_list(page: Tab, clean: Nexus) -> None:
    page.go()
    page.page.get_by_role("button", name="Temporary chat").click()
    page.send("What is 3 + 4?")
    page.answered()
    assert page.page.locator(".chat-row").count() == 0
    identifier = page.page.url.rsplit("/", 1)[1]
    assert told(clean, identifier)["temporary"] is True
    page.page.reload()
    expect(page.page.locator(".message.assistant .md")).not_to_be_empty()
    page.page.get_by_role("button", name="Keep it").click()
    expect(page.page.locator(".chat-row")).to_have_count(1)
    until(lambda: told(clean, identifier)["temporary"] is False, "it is kept")


def test_search_with_filters_shows_the_message(page: Tab, clean: Nexus) -> None:
    long = [f"Word {index}" for index in range(80)]
    long[4] = "The Danube rises near <b>Donaueschingen</b>."
    identifier = talk(clean, HOSTILE, *long, tags=["geo"])
    talk(clean, "Other", "The Danube again", "Yes", tags=["other"])
    page.go()
    page.page.keyboard.press("Control+Shift+f")
    page.page.get_by_role("searchbox", name="Search conversations").fill("danube")
    hits = page.page.locator(".hit")
    expect(hits).to_have_count(2)
    expect(hits.first.locator("mark").first).to_have_text("Danube")
    page.page.get_by_role("combobox", name="Tag").select_option("geo")
    expect(hits).to_have_count(1)
    page.page.get_by_role("combobox", name="Written by").select_option("assistant")
    expect(page.page.locator(".empty")).to_contain_text("No message fits")
    page.page.get_by_role("combobox", name="Written by").select_option("user")
    page.page.get_by_label("Until").fill("2001-01-01")
    expect(page.page.locator(".empty")).to_contain_text("No message fits")
    page.page.locator(".empty").get_by_role("button", name="Clear filters").click()
    expect(hits).to_have_count(2)
    hits.filter(has_text="Donaueschingen").click()
    expect(page.page).to_have_url(re.compile(identifier))
    expect(page.page.locator(".message.found")).to_contain_text("<b>Donaueschingen</b>")
    expect(page.page.locator(".message.found")).to_be_in_viewport()
    assert page.page.evaluate("window.harmed") is None


def parameters(nexus: Nexus, path: str) -> dict[str, Any]:
    operation = nexus.http.get("/openapi.json").json()["paths"][path]["get"]
    return {one["name"]: one.get("schema", {}) for one in operation["parameters"]}


def test_what_the_server_offers_is_offered(page: Tab, clean: Nexus) -> None:
    """Search by meaning, media, and PDF are shown where the API's document has them, and only there."""
    searching = parameters(clean, "/api/v1/conversations/search")
    formats = parameters(clean, "/api/v1/conversations/{conversation}/export")["format"]["enum"]
    identifier = talk(clean, "Offers", "The Danube rises in the forest.", "Yes.")
    page.go("/app/library")
    page.page.get_by_role("searchbox").fill("danube")
    expect(page.page.locator(".hit")).to_have_count(1)
    expect(page.page.get_by_role("group", name="Search by")).to_have_count(int("mode" in searching))
    expect(page.page.get_by_role("combobox", name="Media")).to_have_count(int("media" in searching))
    if "mode" in searching:
        page.page.get_by_role("button", name="Both").click()
        expect(page.page.locator(".hit")).to_have_count(1)
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="More about this conversation").click()
    choose(page, "Export")
    expect(page.page.locator(".choice-list button")).to_have_count(len(formats))
    if "pdf" in formats:
        with page.page.expect_download() as printed:
            page.page.locator(".choice-list button", has_text="PDF").click()
        assert Path(printed.value.path()).read_bytes().startswith(b"%PDF")


# MARK: Links


def test_a_link_is_made_read_and_revoked(page: Tab, chromium: Browser, clean: Nexus) -> None:
    identifier = talk(clean, HOSTILE, "Show **me** <i>x</i>", "# Title\n\n**bold** <img src=x onerror=window.harmed=3> [a](javascript:window.harmed=4)")
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="Share").first.click()
    page.page.get_by_role("button", name="A day").click()
    page.page.get_by_role("button", name="Make a link").click()
    address = page.page.locator("#share-address").input_value()
    assert "/app/shared#" in address
    expect(page.page.locator(".link-rows li")).to_have_count(1)
    with tab(chromium, clean.url) as reader:
        reader.page.goto(address)
        expect(reader.page.locator("h1")).to_contain_text("<img src=x")
        expect(reader.page.locator(".message.assistant strong")).to_have_text("bold")
        assert reader.page.locator("a[href^='javascript'], [onerror], .composer").count() == 0
        assert reader.page.evaluate("window.harmed") is None
        page.page.get_by_role("button", name="Revoke…").click()
        page.page.get_by_role("button", name="Revoke now").click()
        expect(page.page.locator(".link-rows li")).to_have_count(0)
        reader.page.reload()
        expect(reader.page.locator("h1")).to_have_text("This link leads nowhere")
        reader.expected = ["status of 404"]
        reader.check()


def test_a_link_needs_no_session(chromium: Browser, start: Callable[..., Nexus], tmp_path: Path) -> None:
    config = tmp_path / "nexus.yaml"
    config.write_text(CONFIGURATION)
    people = People(start("--config", str(config)))
    try:
        with people.browser("bob") as bob:
            made = bob.post("/api/v1/conversations", json={"title": "Bob's"}).json()["id"]
            bob.post(f"/api/v1/conversations/{made}/messages", json={"role": "user", "content": "Hello"})
            secret = bob.post(f"/api/v1/conversations/{made}/shares", json={}).json()["secret"]
        with tab(chromium, people.server.url) as reader:
            asked: list[str] = []
            reader.page.on("request", lambda request: asked.append(request.url))
            reader.page.goto(f"{people.server.url}/app/shared#{secret}")
            expect(reader.page.locator("h1")).to_have_text("Bob's")
            expect(reader.page.locator(".message.user")).to_contain_text("Hello")
            api = [url for url in asked if "/api/" in url]
            assert len(api) == 1 and "/api/v1/shared/" in api[0], api
            reader.check()
    finally:
        people.close()


def test_a_link_has_a_title_and_a_date_of_its_own(page: Tab, chromium: Browser, clean: Nexus) -> None:
    identifier = talk(clean, "A secret name", "Hello?", "Hello!")
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="Share").first.click()
    dialog = page.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Until a date").click()
    when = dialog.get_by_label("Until a date")
    when.fill("2001-01-01T00:00")
    dialog.get_by_role("button", name="Make a link").click()
    expect(dialog.get_by_role("alert")).to_contain_text("a minute away")
    assert clean.http.get(f"/api/v1/conversations/{identifier}/shares").json()["shares"] == []
    year = datetime.now(UTC).year + 2
    when.fill(f"{year}-03-04T05:06")
    dialog.get_by_label("Title for readers").fill("For <b>you</b>")
    dialog.get_by_role("button", name="Make a link").click()
    row = dialog.locator(".link-rows li")
    expect(row).to_contain_text("For <b>you</b>")
    expect(row).to_contain_text(str(year))
    made = clean.http.get(f"/api/v1/conversations/{identifier}/shares").json()["shares"]
    assert [(one["title"], one["expires_at"][:4]) for one in made] == [("For <b>you</b>", str(year))]
    with tab(chromium, clean.url) as reader:
        reader.page.goto(dialog.locator("#share-address").input_value())
        expect(reader.page.locator("h1")).to_have_text("For <b>you</b>")
        expect(reader.page.locator("main")).to_contain_text(f"until 3/4/{year}")
        expect(reader.page.locator("body")).not_to_contain_text("A secret name")
        reader.check()
    # The path that the API tells is a page too.
    link = clean.http.post(f"/api/v1/conversations/{identifier}/shares", json={}).json()
    with tab(chromium, clean.url) as reader:
        reader.page.goto(clean.url + link["path"])
        expect(reader.page.locator("h1")).to_have_text("A secret name")
        reader.check()


# MARK: Files


def test_export_and_import_again(page: Tab, clean: Nexus, tmp_path: Path) -> None:
    identifier = talk(clean, "Taken along", "?", "one", "??", "two")
    talk(clean, "Old", archived=True)
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="More about this conversation").click()
    choose(page, "Export")
    with page.page.expect_download() as markdown:
        page.page.locator(".choice-list button", has_text="Markdown").click()
    assert "two" in Path(markdown.value.path()).read_text() and markdown.value.suggested_filename.endswith(".md")
    page.page.get_by_role("link", name="Library").click()
    page.page.get_by_role("button", name="Export all").click()
    with page.page.expect_download() as everything:
        page.page.locator(".choice-list button", has_text="JSON").click()
    archive = tmp_path / "all.json"
    everything.value.save_as(archive)
    assert len(json.loads(archive.read_text())["conversations"]) == 2
    page.page.get_by_role("button", name="Import", exact=True).click()
    page.page.locator("dialog input[type=file]").set_input_files(archive)
    expect(page.page.locator(".import-done")).to_contain_text("2 conversations with 6 messages")
    page.page.locator(".import-list button", has_text="Taken along").click()
    expect(page.page.locator(".message.assistant").last).to_contain_text("two")
    assert page.page.url.rsplit("/", 1)[1] != identifier


def chatgpt(title: str) -> dict[str, Any]:
    return {"title": title, "current_node": "b", "mapping": {
        "a": {"id": "a", "parent": None, "message": {"author": {"role": "user"}, "create_time": 1, "content": {"parts": ["Hi"]}}},
        "b": {"id": "b", "parent": "a", "message": {"author": {"role": "assistant"}, "create_time": 2, "content": {"parts": ["Hello!"]}}}}}


def test_archives_of_others_and_broken_ones(page: Tab, clean: Nexus) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("user.json", "{}")
        archive.writestr("conversations.json", json.dumps([chatgpt(HOSTILE), chatgpt("Second")]))
    page.go("/app/library")
    page.page.get_by_role("button", name="Import", exact=True).click()
    files = page.page.locator("dialog input[type=file]")
    broken: list[tuple[str, bytes, str]] = [
        ("<b>bad</b>.json", json.dumps([chatgpt("Good"), {"mapping": 7}]).encode(), "conversations[1].mapping"),
        ("cut.json", b'[{"title": "x"', "not valid JSON"), ("cut.zip", packed.getvalue()[:-40], "cut off"),
        ("empty.json", b"", "empty"), ("other.json", b'{"a": 1}', "known here"),
    ]
    for name, content, wanted in broken:
        files.set_input_files([{"name": name, "mimeType": "application/json", "buffer": content}])
        expect(page.page.locator("dialog [role=alert]")).to_contain_text(wanted)
        expect(page.page.locator("dialog")).to_contain_text(name)
    assert clean.http.get("/api/v1/conversations").json()["conversations"] == []
    files.set_input_files([{"name": "export.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}])
    expect(page.page.locator(".import-list li")).to_have_count(2)
    page.page.locator(".import-list button", has_text="<img src=x").click()
    expect(page.page.locator(".message.assistant")).to_contain_text("Hello!")
    # The same by letting it fall onto the page.
    page.page.get_by_role("link", name="Library").click()
    page.page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], 'dropped.json', { type: 'application/json' }));
            document.querySelector('.drop-page').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }""", json.dumps(chatgpt("Dropped")))
    expect(page.page.locator(".import-done")).to_contain_text("One conversation")
    assert page.page.evaluate("window.harmed") is None
    page.expected = ["the server responded with a status of 400"]


CLAUDE = [{
    "uuid": "c1", "name": "Hats & <b>coats</b>", "created_at": "2025-02-03T04:05:06.000000Z", "updated_at": "2025-02-03T05:05:06.000000Z",
    "account": {"uuid": "someone"}, "chat_messages": [
        {"uuid": "1", "sender": "human", "text": "Why hats?", "created_at": "2025-02-03T04:05:06.000000Z", "attachments": [], "files": [],
         "content": [{"type": "text", "text": "Why hats?"}]},
        {"uuid": "2", "sender": "assistant", "text": "", "created_at": "2025-02-03T04:05:09.000000Z", "attachments": [], "files": [],
         "content": [{"type": "thinking", "thinking": "The sun is hot."}, {"type": "text", "text": "Because of the **sun**."}]}]}]
WEBUI = [{
    "id": "w1", "user_id": "someone", "title": "Maps", "chat": {"title": "Maps", "models": ["other-model"], "tags": ["geo"], "history": {
        "currentId": "y2", "messages": {
            "x": {"id": "x", "parentId": None, "childrenIds": ["y1", "y2"], "role": "user", "content": "Where is up?", "timestamp": 1738555506},
            "y1": {"id": "y1", "parentId": "x", "childrenIds": [], "role": "assistant", "content": "South.", "timestamp": 1738555507, "model": "other-model"},
            "y2": {"id": "y2", "parentId": "x", "childrenIds": [], "role": "assistant", "content": "North.", "timestamp": 1738555508,
                   "model": "other-model"}}}},
    "updated_at": 1738555508, "created_at": 1738555506, "archived": False, "pinned": False}]


def take_in(opened: Tab, name: str, content: bytes, title: str) -> None:
    """Imports a file by the page of files, and opens what came of it."""
    opened.go("/app/library")
    opened.page.get_by_role("button", name="Import", exact=True).click()
    opened.page.locator("dialog input[type=file]").set_input_files([{"name": name, "mimeType": "application/octet-stream", "buffer": content}])
    expect(opened.page.locator(".import-done")).to_be_visible()
    opened.page.locator(".import-list button", has_text=title).click()


def zipped(name: str, content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.json", "[]")
        archive.writestr(name, content)
    return packed.getvalue()


def test_what_claude_exported_is_taken_in(page: Tab, clean: Nexus) -> None:
    take_in(page, "data-2025.zip", zipped("conversations.json", json.dumps(CLAUDE)), "Hats & <b>coats</b>")
    expect(page.page.locator(".message")).to_have_count(2)
    expect(page.page.locator(".message.user")).to_contain_text("Why hats?")
    answer = page.page.locator(".message.assistant")
    expect(answer.locator(".md strong")).to_have_text("sun")
    answer.locator(".thinking button, .thinking summary").first.click()
    expect(answer).to_contain_text("The sun is hot.")
    made = clean.http.get("/api/v1/conversations").json()["conversations"]
    assert [(one["title"], one["messages"]) for one in made] == [("Hats & <b>coats</b>", 2)]
    # A message of nobody: nothing of the file is taken.
    wrong = json.loads(json.dumps(CLAUDE))
    del wrong[0]["chat_messages"][1]["sender"]
    page.go("/app/library")
    page.page.get_by_role("button", name="Import", exact=True).click()
    page.page.locator("dialog input[type=file]").set_input_files([{"name": "wrong.json", "mimeType": "application/json", "buffer": json.dumps(CLAUDE + wrong).encode()}])
    expect(page.page.locator("dialog [role=alert]")).to_contain_text("chat_messages[1].sender")
    assert len(clean.http.get("/api/v1/conversations").json()["conversations"]) == 1
    page.expected = ["the server responded with a status of 400"]


def test_what_open_webui_exported_is_taken_in_with_its_branches(page: Tab, clean: Nexus) -> None:
    take_in(page, "chat-export.json", json.dumps(WEBUI).encode(), "Maps")
    answer = page.page.locator(".message.assistant")
    expect(answer).to_have_count(1)
    expect(answer.locator(".md")).to_have_text("North.")
    expect(answer.locator(".who")).to_contain_text("other-model")
    answer.get_by_role("button", name="Previous version").click()
    expect(answer.locator(".md")).to_have_text("South.")
    made = clean.http.get("/api/v1/conversations").json()["conversations"]
    assert [(one["title"], one["tags"], one["messages"]) for one in made] == [("Maps", ["geo"], 3)]


# MARK: Branches


def test_branches_are_compared_merged_exported_and_removed(page: Tab, clean: Nexus) -> None:
    identifier = talk(clean, "Branches", "Green?", "Yes, green.")
    root = clean.http.get(f"/api/v1/conversations/{identifier}/messages").json()["messages"][0]["id"]
    other = clean.http.post(f"/api/v1/conversations/{identifier}/messages", json={
        "role": "assistant", "content": "No, black.", "parent": root, "model": NAME}).json()["id"]
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="Branches", exact=True).click()
    boxes = page.page.locator(".tree input")
    expect(boxes).to_have_count(3)
    boxes.nth(1).check()
    boxes.nth(2).check()
    page.page.get_by_role("button", name="Compare branches").click()
    columns = page.page.locator(".branch-column")
    expect(columns.nth(0)).to_contain_text("Yes, green.")
    expect(columns.nth(1)).to_contain_text("No, black.")
    expect(page.page.locator(".branch-common")).to_contain_text("Green?")
    page.page.keyboard.press("Escape")
    # The branch that is shown ends with the other answer; the first one is taken over behind it.
    page.page.get_by_role("button", name="Take one over").click()
    expect(page.page.locator(".message.assistant")).to_have_count(2)
    expect(page.page.locator(".message.assistant").last).to_contain_text("Yes, green.")
    shown = clean.http.get(f"/api/v1/conversations/{identifier}/messages?leaf={other}").json()
    assert clean.http.get(f"/api/v1/conversations/{identifier}").json()["messages"] == 4 and shown["count"] == 2
    page.page.locator(".message.assistant").last.get_by_role("button", name="More").click()
    choose(page, "Remove from here on")
    expect(page.page.locator(".message.assistant")).to_have_count(1)
    page.page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.page.locator(".message.assistant")).to_have_count(2)
    page.page.locator(".message.assistant").first.get_by_role("button", name="More").click()
    choose(page, "Export up to here")
    page.page.locator(".choice-list button", has_text="Continue in a new chat").click()
    expect(page.page).not_to_have_url(re.compile(identifier))
    expect(page.page.locator(".message.assistant")).to_have_count(1)


# MARK: Looks


def views(opened: Tab, ids: list[str], look: str) -> Iterator[str]:
    """Each thing that can be seen, one after the other."""
    page = opened.page
    if look != "phone":
        open_kept(opened, *ids)
        page.locator("[data-tab]").nth(1).click(button="right")
        yield "menu"
        page.keyboard.press("Escape")
        page.keyboard.press("Alt+Shift+s")
        expect(page.locator(".pane")).to_have_count(2)
        yield "split"
        page.keyboard.press("Alt+Shift+s")
    else:
        opened.go(f"/app/c/{ids[0]}")
        page.locator(".message.assistant").wait_for()
        page.locator(".top-bar button").first.click()
        yield "drawer"
        page.locator(".scrim").click(position={"x": 340, "y": 400})
    for icon, name in (("share-2", "share"), ("download", "export"), ("message-square-quote", "context"), ("folder-input", "move"), ("tag", "tags")):
        page.locator(".chat-head [aria-haspopup=menu]").last.click()
        page.locator(f".popup-menu button:has([data-icon='{icon}'])").click()
        page.locator("dialog h2").wait_for()
        expect(page.locator(".skeleton")).to_have_count(0)
        yield name
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
    opened.go("/app/library")
    yield "library"
    page.locator(".search-box input").fill("answer")
    page.locator(".hit").first.wait_for()
    yield "hits"
    page.locator(".page-head .actions button").first.click()
    page.locator(".drop-zone").wait_for()
    yield "import"
    page.keyboard.press("Escape")
    opened.go("/app/library#archived")
    page.locator(".archived li").first.wait_for()
    yield "archived"


@pytest.mark.parametrize("look", LOOKS)
def test_everything_is_accessible(chromium: Browser, clean: Nexus, look: str) -> None:
    titles = ["Rivers of Europe", "الأنهار في العالم", "A rather long title that will not fit into any tab at all"]
    ids = [talk(clean, title, folder="Work/2026" if index else "", tags=["geo"]) for index, title in enumerate(titles)]
    talk(clean, "Long ago", archived=True, tags=["old"])
    secret = clean.http.post(f"/api/v1/conversations/{ids[0]}/shares", json={}).json()["secret"]
    problems: dict[str, list[str]] = {}
    # The judge is injected, which the policy forbids; that the policy is kept is checked by all other tests.
    with tab(chromium, clean.url, bypass_csp=True, reduced_motion="reduce", **LOOKS[look]) as opened:
        def judge(name: str) -> None:
            violations = Axe().run(opened.page).response["violations"]
            if found := [f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for one in violations for node in one["nodes"]]:
                problems[name] = found
            wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} can be moved sideways by {wide} pixels"

        for name in views(opened, ids, look):
            judge(name)
        for name, hash in (("shared", secret), ("gone", "nothing")):
            opened.page.goto(f"{clean.url}/app/shared#{hash}")
            opened.page.reload()
            opened.page.locator("h1:not(.visually-hidden)").wait_for()
            judge(name)
        opened.expected = ["status of 404"]
        assert problems == {}
        opened.check()
