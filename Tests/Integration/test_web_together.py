"""Two tabs on one conversation, a network that goes away, instructions that come late, and what the next prompt would hold."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from support.browser import Tab, tab
from support.servers import Nexus
from test_web_chat import keep, precise, said


def rewrite(opened: Tab, text: str) -> None:
    """Opens the answer for writing and puts other words in it, without sending them."""
    opened.page.locator(".message.assistant").get_by_role("button", name="Edit").click()
    opened.page.get_by_label("Edit message").fill(text)


@pytest.mark.parametrize("choice", ["Keep what is there", "Put mine in its place", "Keep both: mine as a branch"])
def test_two_tabs_change_one_message(page: Tab, nexus: Nexus, chromium: Browser, choice: str) -> None:
    said(page, nexus, "as it was")
    path = page.page.url.removeprefix(page.base)
    with tab(chromium, nexus.url) as other:
        other.go(path)
        other.page.locator(".message.assistant .md").wait_for()
        rewrite(page, "mine")
        rewrite(other, "theirs")
        other.page.get_by_role("button", name="Change in place").click()
        expect(other.page.locator(".message.assistant .md")).to_have_text("theirs")
        other.check()
    page.page.get_by_role("button", name="Change in place").click()
    dialog = page.page.get_by_role("dialog", name="Changed elsewhere")
    expect(dialog.locator("pre").nth(0)).to_have_text("theirs")
    expect(dialog.locator("pre").nth(1)).to_have_text("mine")
    dialog.get_by_role("button", name=choice).click()
    expect(dialog).to_have_count(0)
    answer = page.page.locator(".message.assistant .md")
    expect(answer).to_have_text("theirs" if choice.startswith("Keep what") else "mine")
    identifier = path.split("/")[-1]

    def kept() -> list[str]:
        messages = nexus.http.get(f"/api/v1/conversations/{identifier}/export?format=json").json()["messages"]
        return sorted(message["content"] for message in messages if message["role"] == "assistant")

    wanted = {"Keep what is there": ["theirs"], "Put mine in its place": ["mine"]}.get(choice, ["mine", "theirs"])
    for _ in range(100):
        if kept() == wanted:
            break
        page.page.wait_for_timeout(20)
    assert kept() == wanted
    page.expected = ["the server responded with a status of 409"]


def test_the_conflict_can_be_read_by_everybody(chromium: Browser, nexus: Nexus) -> None:
    with tab(chromium, nexus.url, bypass_csp=True, reduced_motion="reduce") as page:
        said(page, nexus, "as it was", "conflict")
        identifier = page.page.url.split("/")[-1]
        message = nexus.http.get(f"/api/v1/conversations/{identifier}/messages").json()["messages"][-1]
        rewrite(page, "mine")
        changed = nexus.http.patch(f"/api/v1/conversations/{identifier}/messages/{message['id']}", json={"content": "theirs"})
        assert changed.status_code == 200
        page.page.get_by_role("button", name="Change in place").click()
        page.page.get_by_text("What differs").click()
        expect(page.page.locator(".diff ins")).to_contain_text("mine")
        assert Axe().run(page.page).response["violations"] == []


def test_an_answer_goes_on_when_the_network_is_back(page: Tab, nexus: Nexus) -> None:
    page.go()
    page.page.get_by_role("button", name="Parameters").click()
    page.page.get_by_role("button", name="Pattern").click()
    page.page.locator("textarea.mono").fill("(long ){120}the end")
    page.page.locator(".side-head button").click()
    # The way to the answer is cut while it is being written.
    blocked = [True]
    page.page.route("**/events", lambda route: route.abort("internetdisconnected") if blocked[0] else route.continue_())
    page.send("A long one, please.")
    notice = page.page.get_by_role("alert").filter(has_text="No connection")
    expect(notice).to_be_visible()
    blocked[0] = False
    page.page.evaluate("window.dispatchEvent(new Event('online'))")
    page.answered()
    expect(page.page.locator(".message.assistant .md")).to_contain_text("the end")
    expect(notice).to_have_count(0)
    page.expected = ["ERR_INTERNET_DISCONNECTED"]


def test_instructions_that_come_late_reach_the_server(page: Tab, nexus: Nexus) -> None:
    paths = nexus.http.get("/openapi.json").json()["paths"]
    if "/api/v1/conversations/{conversation}/context" not in paths:
        pytest.skip("this server keeps no instructions with the settings")
    page.go()
    precise(page)
    page.send("What is 3 + 4?")
    page.answered()
    page.page.get_by_role("button", name="Parameters").click()
    page.page.get_by_label("Instructions").fill("Answer in one word.")
    page.page.locator(".side-head button").click()
    with page.page.expect_request("**/answers") as asked:
        page.send("What is 2 + 2?")
    assert asked.value.post_data_json["request"]["system"] == "Answer in one word."
    page.answered()
    identifier = page.page.url.split("/")[-1]
    assert nexus.http.get(f"/api/v1/conversations/{identifier}").json()["settings"]["system"] == "Answer in one word."
    page.page.reload()
    page.page.get_by_role("button", name="Parameters").click()
    expect(page.page.get_by_label("Instructions")).to_have_value("Answer in one word.")


def test_what_the_next_prompt_holds(page: Tab, nexus: Nexus) -> None:
    identifier = keep(nexus, "many", [
        {"role": "assistant" if index % 2 else "user", "content": f"Message {index} of many. " * 6} for index in range(60)])
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="Context window").click()
    panel = page.page.get_by_role("complementary", name="Context window")
    expect(panel.locator(".plan-total")).to_contain_text("tokens")
    expect(panel.locator(".plan-message").first).to_contain_text("Message 59")
    panel.get_by_label("Importance of: Message 59").select_option("pinned")
    expect(panel.get_by_label("Importance of: Message 59")).to_have_value("pinned")


def test_voices_say_what_they_lack(page: Tab, nexus: Nexus) -> None:
    said(page, nexus, "words")
    # It is marked as disabled, and still says why when it is pressed.
    page.page.get_by_role("button", name="Read aloud").focus()
    page.page.keyboard.press("Enter")
    expect(page.page.locator(".toast")).to_contain_text("needs a speech model")
    assert page.page.get_by_role("button", name="Dictate").get_attribute("aria-disabled") == "true"


def test_versions_are_compared_line_by_line(page: Tab, nexus: Nexus) -> None:
    made = nexus.http.post("/api/v1/conversations/import", json={
        "format": "llama-nexus.conversation", "version": 1, "title": "two", "head": "c", "messages": [
            {"id": "a", "parent": None, "role": "user", "content": "?"},
            {"id": "b", "parent": "a", "role": "assistant", "content": "same\none\nend"},
            {"id": "c", "parent": "a", "role": "assistant", "content": "same\ntwo\nend"}]}).json()
    page.go(f"/app/c/{made['imported'][0]['id']}")
    page.page.get_by_role("button", name="Branches").click()
    page.page.locator(".tree input").nth(1).check()
    page.page.locator(".tree input").nth(2).check()
    page.page.get_by_role("button", name="Compare", exact=True).click()
    changes = page.page.locator(".diff")
    expect(changes.locator("ins")).to_have_count(1)
    expect(changes.locator("del")).to_have_count(1)
    assert json.dumps(changes.locator("> span").all_inner_texts()) == json.dumps(["same", "end"])
