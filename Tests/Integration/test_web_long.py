"""Long conversations and long texts in a real browser: only what is in view is drawn, and heavy work is done off the page's thread."""

import re

import pytest
from playwright.sync_api import expect
from support.browser import Tab, browser
from support.servers import Nexus
from test_web_chat import keep, said

MESSAGES = 3_000

#: Whether a message stands in the middle of the log.
FILLED = """() => {
  const box = document.querySelector('.log').getBoundingClientRect();
  return [0.2, 0.5, 0.8].every((share) => {
    const found = document.elementFromPoint(box.left + box.width / 2, box.top + box.height * share);
    return found !== null && (found.closest('.log-row') !== null || found.closest('.log-rows') !== null && !found.classList.contains('log-space'));
  });
}"""
#: The first message in view, and where it stands.
FIRST = """() => {
  const top = document.querySelector('.log').getBoundingClientRect().top;
  const row = Array.from(document.querySelectorAll('.log-row')).find((one) => one.getBoundingClientRect().bottom > top + 8);
  return [row.querySelector('.body').textContent, row.getBoundingClientRect().top];
}"""


@pytest.fixture
def long(page: Tab, nexus: Nexus) -> Tab:
    """A page with a long conversation whose messages differ in height."""
    identifier = keep(nexus, "long", [
        {"role": "assistant" if index % 2 else "user", "content": f"Message {index}. " + "Some more words of it. " * (index * 7 % 31)}
        for index in range(MESSAGES)])
    page.go(f"/app/c/{identifier}")
    page.page.locator(".message", has_text=f"Message {MESSAGES - 1}.").wait_for()
    expect(page.page.locator(".log-rows .earlier")).to_have_count(0)
    return page


def test_only_what_is_in_view_is_drawn(long: Tab) -> None:
    page = long.page
    box = page.locator(".log").bounding_box()
    assert box
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    for _ in range(40):
        page.mouse.wheel(0, -700)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate(FILLED), "there is nothing to read"
        assert page.locator(".log-row").count() <= 80
    page.locator(".log").focus()
    page.keyboard.press("Home")
    page.locator(".message", has_text=re.compile(r"^\W*You\W*Message 0\.|Message 0\.")).first.wait_for()
    assert page.locator(".log-row").count() <= 80
    page.get_by_role("button", name="To the newest message").click()
    page.locator(".message", has_text=f"Message {MESSAGES - 1}.").wait_for()


def test_what_is_read_stays_in_its_place(long: Tab) -> None:
    """Heights that turn out otherwise than guessed do not move the text under the eyes."""
    page = long.page
    page.locator(".log").evaluate("(log) => { log.dispatchEvent(new WheelEvent('wheel', { deltaY: -1, bubbles: true })); log.scrollTop = log.scrollHeight / 2; }")
    page.evaluate("() => new Promise((done) => setTimeout(done, 300))")
    before = page.evaluate(FIRST)
    page.evaluate("() => new Promise((done) => setTimeout(done, 500))")
    assert page.evaluate(FIRST) == before
    for _ in range(6):
        text, top = page.evaluate(FIRST)
        page.locator(".log").evaluate("(log) => { log.scrollTop -= 60; }")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))")
        moved = page.evaluate(
            "(text) => Array.from(document.querySelectorAll('.log-row')).find((row) => row.querySelector('.body').textContent === text)?.getBoundingClientRect().top", text)
        assert moved is not None and abs(moved - top - 60) < 4, (text[:20], top, moved)


def test_an_answer_in_a_long_conversation_stays_in_view(long: Tab) -> None:
    long.send("What is 3 + 4?")
    long.answered()
    distance = long.page.locator(".log").evaluate("(log) => log.scrollHeight - log.scrollTop - log.clientHeight")
    assert distance < 4
    expect(long.page.locator(".message.assistant").last).to_be_in_viewport()


LONG_TEXT = "\n\n".join(f"## Part {index}\n\nSome **bold** words and `code` of part {index}." for index in range(1_200)) + "\n\nThe very end."


def test_long_texts_are_read_by_a_worker(page: Tab, nexus: Nexus) -> None:
    said(page, nexus, LONG_TEXT)
    text = page.page.locator(".message.assistant .md")
    expect(text.locator("p", has_text="The very end.")).to_be_attached(timeout=20_000)
    assert text.locator("h4").count() == 1_200
    assert [worker for worker in page.page.workers if "worker-heavy" in worker.url], "it was done in the page"


def test_without_a_worker_the_page_does_it(page: Tab, nexus: Nexus) -> None:
    page.page.route("**/assets/worker-heavy-*.js", lambda route: route.abort())
    said(page, nexus, LONG_TEXT)
    expect(page.page.locator(".message.assistant .md p", has_text="The very end.")).to_be_attached(timeout=20_000)
    page.expected = ["net::ERR_FAILED"]


def test_long_code_is_coloured(page: Tab, nexus: Nexus) -> None:
    code = "\n".join(f"def function_{index}(value): return value + {index}" for index in range(300))
    said(page, nexus, f"```python\n{code}\n```")
    expect(page.page.locator(".tok-keyword")).to_have_count(600)
    assert page.page.locator("figure.code code").inner_text() == code


def test_five_megabytes_do_not_freeze_the_page(page: Tab, nexus: Nexus) -> None:
    keep(nexus, "large", [{"role": "user", "content": "?"}, {"role": "assistant", "content": "Some **words** of a line.\n\n" * 190_000}])
    page.go()
    page.page.locator(".chat-row a", has_text="large").click()
    page.page.locator(".message.assistant .md strong").first.wait_for()
    # The page answers: a menu opens and closes while the text is being drawn.
    page.page.locator(".composer textarea").fill("still here")
    expect(page.page.locator(".composer textarea")).to_have_value("still here")
    button = page.page.get_by_role("button", name=re.compile("more characters"))
    expect(button).to_be_visible()
    # A frozen page would take many seconds: a generous bound that a slow machine keeps.
    assert max(page.page.evaluate("window.__long"), default=0) < 3_000
