"""The page of what is remembered, the context window's plan and what follows the user, where the server has them."""


import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from support.browser import Tab, tab
from support.polling import until
from support.servers import Nexus
from test_web_chat import keep

LOOKS = {
    "light": {"color_scheme": "light"}, "dark": {"color_scheme": "dark"}, "right": {"locale": "ar"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
}


def needs(nexus: Nexus, *paths: str) -> None:
    known = nexus.http.get("/openapi.json").json()["paths"]
    if missing := [path for path in paths if path not in known]:
        pytest.skip(f"this server has no {missing[0]}")


@pytest.fixture
def memories(nexus: Nexus) -> str:
    """Where memories are kept. None of them is there."""
    needs(nexus, "/api/v1/contexts")
    known = nexus.http.get("/openapi.json").json()["paths"]
    path = "/api/v1/memories" if "/api/v1/memories" in known else "/api/v1/memory"
    assert nexus.http.delete(f"{path}?all=true").status_code == 200
    for space in nexus.http.get("/api/v1/contexts").json()["contexts"]:
        nexus.http.delete(f"/api/v1/contexts/{space['id']}")
    return path


def test_something_is_remembered_changed_and_forgotten(page: Tab, nexus: Nexus, memories: str) -> None:
    at = page.page
    page.go("/app/memory")
    expect(at.locator(".empty")).to_contain_text("Nothing is remembered yet")
    at.get_by_role("button", name="Remember something").click()
    dialog = at.get_by_role("dialog")
    dialog.get_by_label("What is to be remembered").fill("Lives in <b>Berlin</b>.")
    dialog.get_by_label("Who or what").fill("user")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("How it relates").fill("lives in")
    dialog.get_by_label("To what").fill("Berlin")
    dialog.get_by_role("button", name="Save").click()
    row = at.locator(".memory")
    expect(row).to_contain_text("Lives in <b>Berlin</b>.")
    row.get_by_role("button", name="Edit").click()
    dialog.get_by_label("What is to be remembered").fill("Lives in Hamburg.")
    dialog.get_by_label("To what").fill("Hamburg")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Lives in Hamburg.")
    row.get_by_role("button", name="History").click()
    expect(dialog.locator("li")).to_have_count(2)
    dialog.get_by_role("button", name="Close").click()
    at.get_by_label("State").select_option("past")
    expect(row).to_contain_text("Berlin")
    at.get_by_label("State").select_option("valid")
    row.get_by_role("button", name="Not true any more").click()
    expect(row).to_have_count(0)
    at.get_by_label("State").select_option("all")
    expect(row).to_have_count(2)
    row.first.get_by_role("button", name="Forget").click()
    expect(row).to_have_count(1)
    until(lambda: len(nexus.http.get(f"{memories}?state=all").json()["memories"]) == 1, "it is forgotten")


def test_relations_are_a_picture_and_a_list(page: Tab, nexus: Nexus, memories: str) -> None:
    for subject, predicate, thing in (("user", "lives in", "Berlin"), ("user", "likes", "tea"), ("Berlin", "is in", "Germany")):
        nexus.http.post(memories, json={"text": f"{subject} {predicate} {thing}.", "subject": subject, "predicate": predicate, "object": thing})
    page.go("/app/memory/graph")
    expect(page.page.locator(".graph .node")).to_have_count(4)
    expect(page.page.locator("tbody tr")).to_have_count(3)
    page.page.locator(".graph").focus()
    page.page.keyboard.press("ArrowRight")
    expect(page.page.locator(".graph .node.chosen")).to_have_count(1)
    assert page.page.locator("tbody tr").count() < 3
    page.page.keyboard.press("Escape")
    expect(page.page.locator("tbody tr")).to_have_count(3)


def test_spaces_are_made_filled_and_deleted(page: Tab, nexus: Nexus, memories: str) -> None:
    at = page.page
    page.go("/app/memory/spaces")
    at.get_by_role("button", name="New context").click()
    dialog = at.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Work")
    dialog.get_by_label("Instructions").fill("Be brief.")
    dialog.get_by_role("button", name="Save").click()
    space = at.locator(".spaces > li")
    expect(space).to_contain_text("Be brief.")
    space.get_by_role("button", name="documents").click()
    space.locator("input[type=file]").set_input_files([{"name": "<i>.txt", "mimeType": "text/plain", "buffer": b"hello"}])
    expect(space.locator(".documents")).to_contain_text("<i>.txt")
    space.get_by_role("button", name="Edit").click()
    dialog.get_by_label("Name").fill("Play")
    dialog.get_by_role("button", name="Save").click()
    expect(space.locator("h2")).to_have_text("Play")
    space.get_by_role("button", name="Delete context").click()
    dialog.get_by_role("button", name="keep conversations").click()
    expect(space).to_have_count(0)
    until(lambda: nexus.http.get("/api/v1/contexts").json()["contexts"] == [], "the context is deleted")


def test_an_answer_shows_the_memories_it_used(page: Tab, nexus: Nexus, memories: str) -> None:
    at = page.page
    texts = ["Likes <b>France</b> and its capital.", "Wants friendly answers about the capital of France."]
    made = [nexus.http.post(memories, json={"text": text, "kind": "preference"}).json()["id"] for text in texts]
    page.go()
    page.send("What is the capital of France?")
    page.answered()
    line = at.get_by_role("button", name="2 memories used")
    expect(line).to_have_attribute("aria-expanded", "false")
    line.click()
    told = at.get_by_role("region", name="What this answer was told from memory")
    expect(told.locator("li")).to_have_count(2)
    for text in texts:
        expect(told).to_contain_text(text)
    # What is forgotten is told no more, and the count says so.
    assert nexus.http.delete(f"{memories}/{made[0]}").status_code == 200
    at.reload()
    at.get_by_role("button", name="One memory used").click()
    expect(told.locator("li")).to_have_text([texts[1]])
    told.get_by_role("link", name="All memories").click()
    expect(at.locator(".memory")).to_contain_text(texts[1])
    # An answer of another branch is told of by the server when it is shown.
    at.go_back()
    at.get_by_role("button", name="Answer again").click()
    page.answered()
    expect(at.get_by_role("button", name="One memory used")).to_be_visible()
    at.get_by_role("button", name="Previous version").click()
    expect(at.get_by_role("button", name="One memory used")).to_be_visible()
    # One that was told nothing has no such line.
    nexus.http.delete(f"{memories}?all=true")
    page.go()
    page.send("What is 3 + 4?")
    page.answered()
    expect(at.locator(".message-foot").last).to_be_visible()
    expect(at.locator(".memories-used")).to_have_count(0)


def test_a_conversation_is_put_into_a_context_and_out_again(page: Tab, nexus: Nexus, memories: str) -> None:
    at = page.page
    names = ["Work <i>2026</i>", "Home"]
    work, home = [nexus.http.post("/api/v1/contexts", json={"name": name}).json()["id"] for name in names]
    identifier = keep(nexus, "Plans", [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}])

    def context() -> str | None:
        return nexus.http.get(f"/api/v1/conversations/{identifier}").json()["context"]

    def choose(name: str) -> None:
        at.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
        expect(at.get_by_role("dialog")).to_have_count(0)

    page.go(f"/app/c/{identifier}")
    at.get_by_role("button", name="More about this conversation").click()
    at.get_by_role("menuitem", name="Context…", exact=True).click()
    expect(at.get_by_role("dialog").get_by_role("button", name="No context")).to_be_disabled()
    choose(names[0])
    chip = at.locator(".chat-head .space-chip")
    expect(chip).to_have_text(names[0])
    until(lambda: context() == work, "it belongs to the context")
    at.reload()
    chip.click()
    expect(at.get_by_role("dialog").get_by_role("button", name=names[0])).to_be_disabled()
    choose("Home")
    expect(chip).to_have_text("Home")
    until(lambda: context() == home, "it belongs to the other context")
    chip.click()
    choose("No context")
    expect(chip).to_have_count(0)
    until(lambda: context() is None, "it belongs to none")
    # A context that is gone meanwhile is refused, and the page shows what is true.
    at.get_by_role("button", name="More about this conversation").click()
    at.get_by_role("menuitem", name="Context…", exact=True).click()
    at.get_by_role("dialog").get_by_role("button", name="Home").wait_for()
    nexus.http.delete(f"/api/v1/contexts/{home}")
    choose("Home")
    expect(at.locator(".toast.error")).to_be_visible()
    expect(chip).to_have_count(0)
    assert context() is None
    page.expected = ["the server responded with a status of 4"]
    # A new chat that is begun in one stays there.
    page.go("/app/memory/spaces")
    at.locator(".spaces > li", has_text="Work").get_by_role("button", name="New chat in it").click()
    expect(chip).to_have_text(names[0])
    page.send("What is 3 + 4?")
    page.answered()
    expect(chip).to_have_text(names[0])
    made = nexus.http.get(f"/api/v1/conversations?context={work}").json()["conversations"]
    assert [one["id"] for one in made] == [at.url.rsplit("/", 1)[1]]


@pytest.mark.parametrize("look", LOOKS)
def test_memories_used_and_contexts_are_accessible(chromium: Browser, nexus: Nexus, memories: str, look: str) -> None:
    nexus.http.post(memories, json={"text": "Wants friendly answers.", "kind": "preference"})
    work = nexus.http.post("/api/v1/contexts", json={"name": "A long name of a context that fits into no head"}).json()["id"]
    nexus.http.post(memories, json={"text": "Wants short answers.", "kind": "preference", "context": work})
    made = nexus.http.post("/api/v1/conversations", json={"title": "Plans", "context": work}).json()["id"]
    with tab(chromium, nexus.url, bypass_csp=True, reduced_motion="reduce", **LOOKS[look]) as opened:
        at = opened.page
        opened.go(f"/app/c/{made}")
        opened.send("What is 3 + 4?")
        opened.answered()
        at.locator(".memories-used > button").click()
        at.locator(".space-chip").wait_for()
        told = {}
        for name in ("answer", "dialog"):
            if found := Axe().run(at).response["violations"]:
                told[name] = [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
            wide = at.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} can be moved sideways by {wide} pixels"
            if name == "answer":
                at.locator(".space-chip").click()
                at.locator("dialog .choice-list button").nth(1).wait_for()
        assert told == {} and not opened.errors


def test_memory_is_switched_off(page: Tab, nexus: Nexus, memories: str) -> None:
    page.go("/app/memory/settings")
    box = page.page.get_by_role("checkbox", name="Use what is remembered in answers")
    before = box.is_checked()
    with page.page.expect_response("**/settings"):
        box.click()
    assert nexus.http.get(f"{memories}/settings").json()["use"] is not before
    nexus.http.put(f"{memories}/settings", json={"use": before})


@pytest.mark.parametrize("look", LOOKS)
def test_the_memory_page_is_accessible(chromium: Browser, nexus: Nexus, memories: str, look: str) -> None:
    nexus.http.post(memories, json={"text": "Likes tea.", "kind": "preference", "subject": "user", "predicate": "likes", "object": "tea"})
    nexus.http.post("/api/v1/contexts", json={"name": "Work", "instructions": "Be brief."})
    keep(nexus, "thought about", [
        {"role": "user", "content": "What is 3 + 4?"},
        {"role": "assistant", "content": "7", "reasoning_content": "Let me add.\n\nWait, I'll check: 7."}])
    with tab(chromium, nexus.url, bypass_csp=True, reduced_motion="reduce", **LOOKS[look]) as opened:
        told = {}
        for name in ("", "/spaces", "/graph", "/stats", "/settings"):
            opened.go(f"/app/memory{name}")
            expect(opened.page.locator(".skeleton")).to_have_count(0)
            if name == "/stats":
                expect(opened.page.locator(".move")).to_have_count(5)
            if found := Axe().run(opened.page).response["violations"]:
                told[name] = [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
            wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} can be moved sideways by {wide} pixels"
        assert told == {} and not opened.errors


def test_the_plan_of_the_next_prompt(page: Tab, nexus: Nexus) -> None:
    needs(nexus, "/api/v1/conversations/{conversation}/context/preview")
    identifier = keep(nexus, "planned", [
        {"role": "assistant" if index % 2 else "user", "content": f"Message {index} of a long talk about rivers. " * 4} for index in range(80)])
    page.go(f"/app/c/{identifier}")
    page.page.get_by_role("button", name="Context window").click()
    panel = page.page.get_by_role("complementary", name="Context window")
    panel.get_by_role("button", name="Leave out the oldest").click()
    expect(panel.locator(".plan-message.drop, .plan-message .badge.bad").first).to_be_attached()
    panel.get_by_role("button", name="Save for this conversation").click()
    expect(page.page.locator(".toast")).to_contain_text("Saved")
    assert nexus.http.get(f"/api/v1/conversations/{identifier}/context").json()["policy"]["mode"] == "truncate"
    with page.page.expect_response("**/messages/*"):
        panel.locator(".plan-message select").first.select_option("pinned")
    messages = nexus.http.get(f"/api/v1/conversations/{identifier}/messages?limit=1").json()["messages"]
    assert messages[-1]["importance"] == "pinned"


def test_settings_and_profiles_follow_the_user(page: Tab, nexus: Nexus, chromium: Browser) -> None:
    needs(nexus, "/api/v1/settings", "/api/v1/profiles")
    with page.page.expect_response("**/api/v1/settings"):
        page.go("/app/settings")
    with page.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.page.get_by_role("button", name="Dark").click()
    page.go("/")
    page.page.get_by_role("button", name="Parameters").click()
    page.page.get_by_role("button", name="Precise").click()
    page.page.get_by_label("Name of the profile").fill("Careful")
    page.page.get_by_role("button", name="Save as profile").click()
    expect(page.page.locator(".toast")).to_contain_text("Careful is saved")
    with tab(chromium, nexus.url) as device:
        device.go("/")
        expect(device.page.locator("html[data-theme=dark]")).to_be_attached()
        device.page.get_by_role("button", name="Parameters").click()
        device.page.get_by_label("Profile", exact=True).select_option(label="Careful")
        expect(device.page.get_by_role("button", name="Precise")).to_have_attribute("aria-pressed", "true")
        device.page.get_by_role("button", name="Delete profile Careful").click()
        expect(device.page.locator(".toast")).to_contain_text("deleted")
        device.check()
    nexus.http.put("/api/v1/settings", json={"settings": {}, "revision": nexus.http.get("/api/v1/settings").json()["revision"]})
