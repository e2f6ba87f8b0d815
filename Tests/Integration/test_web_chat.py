"""The chat in a real browser, with the starter model: answers, branches, keyboards, hostile texts, no network."""

import json
import re

import pytest
from playwright.sync_api import Browser, Route, expect
from support.browser import Tab, browser, tab
from support.servers import NAME, Engine, Nexus

RICH = """# Title

Some **bold**, $e^{i\\pi} + 1 = 0$ and `code`.

| a | b |
|---|--:|
| 1 | 2 |

```python
def f(): return 1
```

```mermaid
flowchart LR
  A --> B
```
"""

HOSTILE = """<script>window.harmed = 1</script><img src=x onerror="window.harmed = 2"><svg onload="window.harmed = 3">

[a](javascript:window.harmed=4) [b](data:text/html,<script>window.harmed=5</script>) <a href="javascript:window.harmed=6">c</a>

![p](https://tracker.example/pixel.png) ![q](javascript:window.harmed=7)

$\\href{javascript:window.harmed=8}{x}$ $\\includegraphics{https://tracker.example/x.png}$

```mermaid
flowchart LR
  A["<img src=x onerror=parent.harmed=9>"] --> B
  click A "javascript:window.harmed=10"
```

```html
<script>parent.harmed = 11; top.location = "https://tracker.example"</script>
```
"""


def keep(nexus: Nexus, title: str, messages: list[dict]) -> str:
    """Puts a conversation onto the server, each message after the one before. Tells its id there."""
    entries = [
        {"id": f"m{index}", "parent": f"m{index - 1}" if index else None, "model": NAME, **message}
        for index, message in enumerate(messages)]
    made = nexus.http.post("/api/v1/conversations/import", json={
        "format": "llama-nexus.conversation", "version": 1, "title": title, "head": entries[-1]["id"], "messages": entries})
    assert made.status_code == 201, made.text
    return made.json()["imported"][0]["id"]


def said(opened: Tab, nexus: Nexus, text: str, title: str = "kept") -> None:
    """Opens a conversation whose answer has this text."""
    identifier = keep(nexus, title, [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}])
    opened.go(f"/app/c/{identifier}")
    opened.page.locator(".message.assistant .md").wait_for()


def precise(opened: Tab) -> None:
    """Takes chance out of the answers."""
    opened.page.locator(".picker-name", has_text=NAME).wait_for()
    opened.page.get_by_role("button", name="Parameters").click()
    opened.page.get_by_role("button", name="Precise").click()
    opened.page.locator(".side-head button").click()


def test_a_question_is_answered_and_kept(page: Tab) -> None:
    page.go()
    precise(page)
    page.send("What is 3 + 4?")
    page.answered()
    answer = page.page.locator(".message.assistant .md")
    expect(answer).to_have_text("7")
    expect(page.page.locator(".facts-button")).to_contain_text("tokens")
    assert re.search(r"/app/c/\w+$", page.page.url)
    page.page.reload()
    expect(answer).to_have_text("7")
    expect(page.page.locator(".chat-row")).to_have_count(1)


@pytest.mark.parametrize("way", ["Enter", "button"])
def test_a_message_that_is_written_before_the_models_are_known_is_sent_when_they_are(page: Tab, way: str) -> None:
    held: list[Route] = []
    answers = False
    page.page.route("**/v1/models", lambda route: route.continue_() if answers else held.append(route))
    page.go()
    area = page.page.locator(".composer textarea")
    area.fill("What is 3 + 4?")
    if way == "Enter":
        area.press("Enter")
    else:
        page.page.locator(".composer button[type=submit]").click()
    expect(page.page.locator(".composer [role=status]")).to_contain_text("as soon as")
    expect(page.page.locator(".message")).to_have_count(0)
    answers = True
    for route in held:
        route.continue_()
    page.answered()
    expect(page.page.locator(".message.user")).to_contain_text("What is 3 + 4?")
    expect(area).to_have_value("")


def test_who_has_no_model_to_ask_is_told_so(page: Tab) -> None:
    page.page.route("**/v1/models", lambda route: route.fulfill(json={"object": "list", "data": []}))
    page.go()
    area = page.page.locator(".composer textarea")
    area.fill("What is 3 + 4?")
    expect(page.page.locator(".picker-button")).to_contain_text("No model")
    area.press("Enter")
    expect(page.page.locator(".toasts", has_text="Choose a model")).to_be_visible()
    expect(area).to_have_value("What is 3 + 4?")


def test_the_reason_for_each_millisecond(page: Tab) -> None:
    page.go()
    page.send("Tell me a story about a fox.")
    page.answered()
    page.page.locator(".facts-button").click()
    facts = page.page.locator(".facts")
    expect(facts).to_contain_text("Writing")
    expect(facts.locator(".bar")).to_be_visible()
    expect(page.page.locator(".context-meter")).to_contain_text("1,024")


def test_stop_stops_the_engine(page: Tab, nexus: Nexus) -> None:
    page.go()
    page.page.get_by_role("button", name="Parameters").click()
    page.page.get_by_label("Pattern").or_(page.page.get_by_role("button", name="Pattern")).first.click()
    page.page.locator("textarea.mono").fill("[a-z ]{900}")
    page.send("Go on and on.")
    page.page.locator(".message.assistant .md", has_text=re.compile("[a-z]")).wait_for()
    page.page.locator(".send.stop").click()
    expect(page.page.locator(".badge", has_text="stopped")).to_be_visible()

    def idle() -> bool:
        replicas = nexus.http.get("/api/v1/deployments/tiny-chat/engine").json()["replicas"]
        return all(slot["state"] == "idle" for replica in replicas for slot in replica["slots"])

    expect(page.page.locator(".composer button[type=submit]")).to_be_visible()
    for _ in range(100):
        if idle():
            break
        page.page.wait_for_timeout(20)
    assert idle(), "the engine writes on"


def test_edit_regenerate_and_branches(page: Tab) -> None:
    page.go()
    page.send("What is 3 + 4?")
    page.answered()
    page.page.get_by_role("button", name="Answer again").click()
    page.answered()
    pager = page.page.locator(".message.assistant .pager")
    expect(pager).to_contain_text("2 / 2")
    pager.get_by_role("button", name="Previous version").click()
    expect(pager).to_contain_text("1 / 2")
    page.page.locator(".message.user").hover()
    page.page.locator(".message.user").get_by_role("button", name="Edit").click()
    page.page.get_by_label("Edit message").fill("What is 2 + 2?")
    page.page.locator(".editor button[type=submit]").click()
    page.answered()
    expect(page.page.locator(".message.user .plain")).to_have_text("What is 2 + 2?")
    page.page.get_by_role("button", name="Branches").click()
    expect(page.page.locator(".tree li")).to_have_count(5)
    boxes = page.page.locator(".tree input")
    boxes.nth(1).check()
    boxes.nth(2).check()
    page.page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.page.locator(".compare section")).to_have_count(2)


def test_markdown_formulas_colours_and_diagrams(page: Tab, nexus: Nexus) -> None:
    said(page, nexus, RICH)
    text = page.page.locator(".message.assistant .md")
    expect(text.locator("h3")).to_have_text("Title")
    expect(text.locator("strong")).to_have_text("bold")
    expect(text.locator(".katex").first).to_be_visible()
    expect(text.locator("table tbody td").nth(1)).to_have_css("text-align", "right")
    expect(text.locator(".tok-keyword").first).to_have_text("def")
    diagram = text.locator(".diagram img")
    expect(diagram).to_be_visible()
    assert diagram.evaluate("(image) => image.naturalWidth") > 20
    page.page.evaluate("document.fonts.ready")


def test_hostile_texts_do_nothing(page: Tab, nexus: Nexus) -> None:
    said(page, nexus, HOSTILE)
    page.page.locator(".diagram img, .diagram .problem").first.wait_for()
    text = page.page.locator(".message.assistant .md")
    expect(text).to_contain_text("<script>window.harmed = 1</script>")
    assert text.locator("script, iframe, object, embed, svg[onload], [onerror], a[href^='javascript'], a[href^='data']").count() == 0
    text.get_by_role("button", name="Open").last.click()
    page.page.locator("iframe.artifact-page").wait_for()
    page.page.frame_locator("iframe.artifact-page").locator("script").first.wait_for(state="attached")
    assert page.page.evaluate("window.harmed") is None
    assert page.page.url.startswith(page.base)
    # The frames are let try what they may not do; that is told on the console.
    page.expected = [
        "Unsafe attempt to initiate navigation", "Blocked a frame with origin", "harmed", "sandboxed",
        "Executing inline event handler violates"]


SCRIPT = """```js
console.log("sum", [1, 2, 3].reduce((a, b) => a + b), { a: 1 });
await fetch("/api/v1/models").then(() => console.log("reached"), () => console.log("no network"));
console.log(typeof document, "<b>no markup</b>");
throw new Error("on purpose");
```"""


def test_a_script_is_run_apart_from_everything(page: Tab, nexus: Nexus) -> None:
    said(page, nexus, SCRIPT)
    page.page.locator(".message.assistant .md").get_by_role("button", name="Open").last.click()
    page.page.locator(".artifact-source").wait_for()
    page.page.get_by_role("button", name="Run").click()
    frame = page.page.frame_locator("iframe.artifact-page")
    expect(frame.locator("pre")).to_have_text(
        ['sum 6 {\n "a": 1\n}', "no network", "undefined <b>no markup</b>", "Error: on purpose"])
    expect(frame.locator("b")).to_have_count(0)
    # One that never ends: the page goes on, and it is stopped.
    page.page.get_by_role("button", name="Source").click()
    page.page.locator(".artifact-source").fill("while (true) {}")
    page.page.get_by_role("button", name="Run").click()
    page.page.locator(".composer textarea").fill("still here")
    expect(frame.locator("pre")).to_have_text(["Stopped after ten seconds."], timeout=15_000)
    page.expected = ["Content Security Policy", "fetch"]


@pytest.mark.parametrize("pattern", ["**a *b ", "[a](", "`` a ` ", "> ", "- x\n", "| a ", "$a", "<b>", "_a*"])
def test_hostile_markdown_does_not_block(page: Tab, nexus: Nexus, pattern: str) -> None:
    """The parser alone; what the screen takes is the browser's."""
    text = (pattern * (21_000 // len(pattern) + 1))[:21_000]
    keep(nexus, "long", [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}])
    said(page, nexus, "short", "first")
    page.page.evaluate("window.__long = []")
    page.page.locator(".chat-row a", has_text="long").click()
    page.page.locator(".message.assistant .md").wait_for()
    expect(page.page.locator(".message-foot").first).to_be_attached()
    # A frozen page would take seconds: a generous bound that a slow machine keeps.
    assert max(page.page.evaluate("window.__long"), default=0) < 2_000


def test_names_and_titles_are_text(page: Tab, nexus: Nexus) -> None:
    name = "<img src=x onerror=window.harmed=1>"
    keep(nexus, name, [{"role": "user", "content": name}, {"role": "assistant", "content": "ok"}])
    page.go()
    row = page.page.locator(".chat-row a")
    expect(row).to_have_text(name)
    row.click()
    expect(page.page.locator(".message.user .plain")).to_have_text(name)
    assert page.page.evaluate("window.harmed") is None


def test_files_are_attached(page: Tab) -> None:
    page.go()
    page.page.locator(".picker-name", has_text="tiny-chat").wait_for()
    chooser = page.page.locator(".composer input[type=file]")
    chooser.set_input_files([{"name": "<b>.txt", "mimeType": "text/plain", "buffer": b"hello"}])
    expect(page.page.locator(".composer .file")).to_contain_text("<b>.txt")
    chooser.set_input_files([{"name": "p.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n"}])
    expect(page.page.locator(".composer [role=alert]")).to_contain_text("cannot read images")
    expect(page.page.locator(".composer .send")).to_be_disabled()
    page.page.get_by_role("button", name="Take p.png away").click()
    chooser.set_input_files([{"name": "x.bin", "mimeType": "application/octet-stream", "buffer": bytes(range(256))}])
    expect(page.page.locator(".toast.error")).to_contain_text("neither an image nor text")
    page.page.locator(".composer .send").click()
    page.answered()
    expect(page.page.locator(".message.user .file")).to_contain_text("<b>.txt")


def test_constraints_shape_the_answer(page: Tab) -> None:
    page.go()
    page.page.get_by_role("button", name="Parameters").click()
    page.page.get_by_role("button", name="Schema").click()
    expect(page.page.locator(".schema-row")).to_have_count(2)
    page.page.locator("textarea.mono").fill(json.dumps({
        "type": "object", "required": ["name", "age"], "additionalProperties": False,
        "properties": {"name": {"type": "string", "maxLength": 8}, "age": {"type": "integer", "minimum": 0, "maximum": 99}}}))
    page.page.get_by_role("button", name="Write an example").click()
    shown = page.page.locator(".constraint .preview")
    expect(shown).to_contain_text('"name"')
    assert page.page.evaluate("(text) => typeof JSON.parse(text).age", shown.inner_text()) == "number"
    page.page.locator("textarea.mono").fill("{")
    expect(page.page.locator(".constraint [role=alert]")).to_be_visible()
    expect(page.page.get_by_role("button", name="Write an example")).to_be_disabled()


def test_errors_are_told_with_a_way_on(page: Tab) -> None:
    page.go()
    page.page.get_by_role("button", name="Parameters").click()
    page.page.get_by_role("button", name="Grammar").click()
    page.page.locator("textarea.mono").fill("root ::= missing")
    page.send("hello")
    expect(page.page.locator(".message .problem-box")).to_contain_text("missing")
    page.page.get_by_role("button", name="Free").click()
    page.page.locator(".problem-box").get_by_role("button", name="Try again").click()
    page.answered()
    expect(page.page.locator(".message.assistant .md")).not_to_be_empty()
    page.expected = ["the server responded with a status of 400"]


def test_removing_can_be_undone(page: Tab, nexus: Nexus) -> None:
    said(page, nexus, "kept text")
    page.page.locator(".chat-row").hover()
    page.page.locator(".chat-row").get_by_role("button", name="Remove").click()
    expect(page.page.locator(".chat-row")).to_have_count(0)
    page.page.get_by_role("button", name="Undo").click()
    expect(page.page.locator(".chat-row")).to_have_count(1)
    page.page.locator(".chat-row a").click()
    expect(page.page.locator(".message.assistant .md")).to_have_text("kept text")


def test_everything_by_keyboard(page: Tab, nexus: Nexus) -> None:
    said(page, nexus, "the needle is here", "haystack")
    page.page.keyboard.press("Control+k")
    expect(page.page.get_by_role("combobox")).to_be_focused()
    page.page.keyboard.type("needle")
    option = page.page.locator("[role=option]", has_text="haystack")
    expect(option).to_be_visible()
    page.page.keyboard.press("Escape")
    page.page.locator("body").click(position={"x": 640, "y": 300})
    page.page.evaluate("document.activeElement.blur()")
    page.page.keyboard.press("g")
    page.page.keyboard.press("e")
    expect(page.page.locator("h1")).to_have_text("Engine")
    page.page.keyboard.press("?")
    expect(page.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("Control+Shift+o")
    expect(page.page.locator(".composer textarea")).to_be_visible()


def test_ten_thousand_messages(page: Tab, nexus: Nexus) -> None:
    messages = [
        {"role": "assistant" if index % 2 else "user", "content": f"Message {index} with **words**."} for index in range(10_000)]
    keep(nexus, "large", messages)
    page.go()
    page.page.locator(".chat-row a", has_text="large").click()
    page.page.locator(".message", has_text="Message 9999").wait_for()
    assert page.page.locator(".message").count() < 200
    expect(page.page.locator(".log-rows .earlier")).to_have_count(0)
    log = page.page.locator(".log")
    log.evaluate("(element) => { element.scrollTop = 0; element.dispatchEvent(new Event('scroll')); }")
    page.page.get_by_text("Message 0 with", exact=False).wait_for()


def test_an_answer_goes_on_when_nobody_looks(page: Tab, nexus: Nexus, chromium: Browser) -> None:
    page.go()
    page.page.get_by_role("button", name="Parameters").click()
    page.page.get_by_role("button", name="Pattern").click()
    page.page.locator("textarea.mono").fill("(long ){300}")
    page.send("A long one, please.")
    page.page.locator(".message.assistant .md", has_text="o").wait_for()
    path = page.page.url.removeprefix(page.base)
    page.page.reload()
    with tab(chromium, nexus.url) as second:
        second.go(path)
        expect(second.page.locator(".message.assistant .md")).to_contain_text("o")
        second.answered()
        page.answered()
        texts = [one.page.locator(".message.assistant .md").inner_text() for one in (page, second)]
        assert texts[0] == texts[1] and len(texts[0]) > 900
        second.check()


def test_an_engine_alone_keeps_conversations_in_the_browser(chromium: Browser, engine: Engine) -> None:
    with tab(chromium, engine.url) as opened:
        opened.go()
        precise(opened)
        opened.send("What is 3 + 4?")
        opened.answered()
        opened.page.reload()
        expect(opened.page.locator(".message.assistant .md")).to_have_text("7")
        # It has neither a document of its API nor users.
        opened.expected = ["/openapi.json"]
        opened.check()


def test_it_opens_without_a_network(chromium: Browser, nexus: Nexus) -> None:
    with tab(chromium, nexus.url) as opened:
        said(opened, nexus, "read me offline")
        opened.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        opened.page.reload()
        opened.page.locator(".message.assistant .md").wait_for()
        opened.page.context.set_offline(True)
        opened.page.reload()
        expect(opened.page.locator(".message.assistant .md")).to_have_text("read me offline")
        opened.page.keyboard.press("Control+k")
        opened.page.locator("[role=option]", has_text="Settings").click()
        expect(opened.page.locator("h1")).to_have_text("Settings")
        opened.expected = ["ERR_INTERNET_DISCONNECTED"]
        opened.check()
