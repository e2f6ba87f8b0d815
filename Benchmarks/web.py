"""The web application in Debian's Chromium, on the real server: how soon it is there, how smoothly it moves, what it weighs."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hotswap import announced
from report import Bar, Row, Section
from servers import Server, announcing, stop

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / ".build/web"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"

MESSAGES = 10_000
OPEN_MS_MAX = 500
FPS_MIN = 50
HEAP_MB_MAX = 150
STREAM_FPS_MIN = 30
STREAM_SCRIPT_SECONDS_MAX = 1.5
FCP_MS_MAX = 1_000
SCRIPT_KB_MAX = 110
STYLE_KB_MAX = 12
CHUNK_KB_MAX = 1_200
BLOCKED_MS_MAX = 100
LARGE_BLOCKED_MS_MAX = 500
SEARCH_MESSAGES = 100_000
SEARCH_MS_MAX = 50

WATCH = """
window.__long = [];
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.__long.push(entry.duration); }).observe({ entryTypes: ['longtask'] });
window.__frames = (run) => {
  const times = [];
  const state = { times, stop: false };
  const step = (now) => { times.push(now); if (!state.stop) requestAnimationFrame(step); };
  requestAnimationFrame(step);
  return state;
};
"""
#: From the click on a conversation of the list until its last message has been drawn.
OPEN = """([title, last]) => new Promise((done) => {
  const row = Array.from(document.querySelectorAll('.chat-row a')).find((link) => link.textContent.includes(title));
  const began = performance.now();
  const look = () => {
    const shown = Array.from(document.querySelectorAll('.message')).pop();
    if (shown && shown.textContent.includes(last)) requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
    else requestAnimationFrame(look);
  };
  row.click();
  look();
})"""


def measure(build: Path, rounds: int, is_quick: bool) -> Section:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return Section("The web application", [], ["Playwright is not in this Python environment; `scripts/python.sh bench` has it."])
    # Before the server starts, which looks for the built files once.
    subprocess.run([sys.executable, ROOT / "scripts/web.py", "build"], check=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nexus-bench-")))
        writer = stack.enter_context(announcing("writer", [sys.executable, str(Path(__file__).with_name("web_writer.py"))]))
        server = stack.enter_context(platform(build, folder, writer.port))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        stack.callback(browser.close)
        bench = Bench(server.port, browser, 1 if is_quick else rounds)
        rows = [*weights(), *bench.first_paint(), *bench.long_conversation(), *bench.stream(), *bench.hostile(), *bench.large(),
                *bench.search(SEARCH_MESSAGES // 10 if is_quick else SEARCH_MESSAGES)]
    return Section("The web application, in Chromium without a GPU", rows, [
        "Server, browser and model's stand-in share the machine's cores. Opening: from the click until the frame after the last "
        "message was drawn. Scrolling: 240 pixels of the wheel every 16 ms. Blocked: the longest task of the page's own thread.",
    ])


@contextmanager
def platform(build: Path, folder: Path, upstream: int) -> Iterator[Server]:
    configuration = folder / "nexus.yaml"
    configuration.write_text(f"defaultModel: writer\nmodels:\n  writer: {{url: \"http://127.0.0.1:{upstream}/v1\", upstreamModel: writer}}\n")
    with open(folder / "nexus.log", "wb") as log:
        process = subprocess.Popen(
            [build / "nexus", "serve", "--port", "0", "--data-dir", folder / "data", "--config", configuration, "--log-level", "error"],
            stdout=subprocess.PIPE, stderr=log)
        try:
            yield Server("nexus", announced(process), process.pid)
        finally:
            stop(process)


def weights() -> list[Row]:
    """What the first page loads, as it goes over the wire."""
    built = json.loads((BUILT / "build.json").read_text())

    def packed(path: str) -> float:
        twin = BUILT / (path[1:] + ".br")
        return (twin if twin.exists() else BUILT / path[1:]).stat().st_size / 1e3

    chunk = max(path.stat().st_size for path in (BUILT / "assets").rglob("*.js")) / 1e3
    return [
        Row("JavaScript of the first page, brotli", "kB", sum(map(packed, built["scripts"])), less_is_better=True, bar=Bar(SCRIPT_KB_MAX, at_least=False)),
        Row("its style sheet, brotli", "kB", packed(built["style"]), less_is_better=True, bar=Bar(STYLE_KB_MAX, at_least=False)),
        Row("largest file of JavaScript", "kB", chunk, less_is_better=True, bar=Bar(CHUNK_KB_MAX, at_least=False)),
    ]


class Bench:
    def __init__(self, port: int, browser: Any, rounds: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.browser = browser
        self.rounds = max(1, rounds)

    # MARK: Parts

    def first_paint(self) -> list[Row]:
        times = []
        for _ in range(2 * self.rounds + 1):
            with self.page() as page:
                page.locator(".composer textarea").wait_for()
                times.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        return [Row("first contentful paint, nothing cached", "ms", statistics.median(times), less_is_better=True, bar=Bar(FCP_MS_MAX, at_least=False))]

    def long_conversation(self) -> list[Row]:
        self.keep("ten thousand", [message(index) for index in range(MESSAGES)])
        opened, rates, slow, heaps = [], [], [], []
        for _ in range(self.rounds):
            with self.page() as page:
                page.locator(".chat-row a", has_text="ten thousand").wait_for()
                # The list, the model's state and the worker are at rest.
                page.wait_for_timeout(500)
                opened.append(page.evaluate(OPEN, ["ten thousand", f"Message {MESSAGES - 1}"]))
                page.wait_for_function("!document.querySelector('.log-rows .earlier')")
                page.wait_for_timeout(2_000)
                gaps = self.scroll(page)
                rates.append(1_000 / statistics.median(gaps))
                slow.append(1_000 / quantile(gaps, 0.95))
                heaps.append(self.heap(page))
        return [
            Row(f"a conversation of {MESSAGES:,} messages: click to its last message", "ms", statistics.median(opened), less_is_better=True,
                bar=Bar(OPEN_MS_MAX, at_least=False)),
            Row("scrolling through it, median", "frames/s", statistics.median(rates), bar=Bar(FPS_MIN, at_least=True)),
            Row("scrolling, slowest twentieth of the frames", "frames/s", statistics.median(slow)),
            Row("JavaScript heap after that", "MB", statistics.median(heaps), less_is_better=True, bar=Bar(HEAP_MB_MAX, at_least=False)),
        ]

    def stream(self) -> list[Row]:
        rates, scripts, longest = [], [], []
        for _ in range(self.rounds):
            with self.page() as page:
                page.locator(".picker-name", has_text="writer").wait_for()
                page.locator(".composer textarea").fill("Write.")
                metrics = page.context.new_cdp_session(page)
                metrics.send("Performance.enable")
                before = script_seconds(metrics)
                page.evaluate("window.__long.length = 0; window.__run = window.__frames()")
                began = time.monotonic()
                page.locator(".composer .send").click()
                page.locator(".message.assistant .md").wait_for()
                page.locator(".message.assistant .message-foot").wait_for(timeout=60_000)
                seconds = time.monotonic() - began
                frames = page.evaluate("(window.__run.stop = true, window.__run.times.length)")
                rates.append(frames / seconds)
                scripts.append(script_seconds(metrics) - before)
                longest.append(max(page.evaluate("window.__long"), default=0))
        return [
            Row("an answer of 5,000 tokens, 500 a second, with formulas, code and tables", "frames/s", statistics.median(rates),
                bar=Bar(STREAM_FPS_MIN, at_least=True)),
            Row("its script time in all", "s", statistics.median(scripts), less_is_better=True, bar=Bar(STREAM_SCRIPT_SECONDS_MAX, at_least=False)),
            Row("its longest task", "ms", statistics.median(longest), less_is_better=True),
        ]

    def hostile(self) -> list[Row]:
        rows = []
        for name, pattern in (("`**a *b `", "**a *b "), ("`[a](`", "[a]("), ("`> `", "> ")):
            text = (pattern * (21_000 // len(pattern) + 1))[:21_000]
            title = f"hostile {len(rows)}"
            self.keep(title, [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}])
            rows.append(Row(f"21 kB of {name}: the page is blocked", "ms", self.blocked(title, pattern.strip()[:2]), less_is_better=True,
                            bar=Bar(BLOCKED_MS_MAX, at_least=False)))
        return rows

    def large(self) -> list[Row]:
        words = "Some **bold** words, `code` and a [link](https://example.org) in a line that is long enough.\n\n"
        text = (words * (5_000_000 // len(words) + 1))[:5_000_000]
        self.keep("five megabytes", [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}])
        return [Row("a message of 5 MB: the page is blocked", "ms", self.blocked("five megabytes", "Some"), less_is_better=True,
                    bar=Bar(LARGE_BLOCKED_MS_MAX, at_least=False))]

    def search(self, count: int) -> list[Row]:
        for number in range(count // MESSAGES):
            self.keep(f"searched {number}", [message(number * MESSAGES + index) for index in range(MESSAGES)])
        times = []
        for number in range(200):
            query = f"{WORDS[number % len(WORDS)]} {WORDS[number * 7 % len(WORDS)]}" if number % 2 else f"number{number * 487 % count}"
            began = time.monotonic()
            with urllib.request.urlopen(f"{self.base}/api/v1/conversations/search?limit=50&q={query.replace(' ', '%20')}") as answer:
                json.load(answer)
            times.append((time.monotonic() - began) * 1_000)
        return [
            Row(f"search over {count + MESSAGES:,} messages, median", "ms", statistics.median(times), less_is_better=True, bar=Bar(SEARCH_MS_MAX, at_least=False)),
            Row("search, 95 of 100 below", "ms", quantile(times, 0.95), less_is_better=True),
        ]

    # MARK: Tools

    @contextmanager
    def page(self) -> Iterator[Any]:
        context = self.browser.new_context(viewport={"width": 1280, "height": 820}, bypass_csp=True)
        context.add_init_script(WATCH)
        try:
            page = context.new_page()
            page.goto(self.base + "/")
            page.locator("#main").wait_for()
            yield page
        finally:
            context.close()

    def keep(self, title: str, messages: list[dict[str, Any]]) -> None:
        entries = [{"id": f"m{index}", "parent": f"m{index - 1}" if index else None, "model": "writer", **one} for index, one in enumerate(messages)]
        body = json.dumps({"format": "llama-nexus.conversation", "version": 1, "title": title, "head": entries[-1]["id"], "messages": entries})
        request = urllib.request.Request(
            f"{self.base}/api/v1/conversations/import", body.encode(), {"Content-Type": "application/json"}, method="POST")
        with urllib.request.urlopen(request) as answer:
            answer.read()

    def scroll(self, page: Any) -> list[float]:
        """Milliseconds between frames while the wheel turns back through the conversation."""
        session = page.context.new_cdp_session(page)
        box = page.locator(".log").bounding_box()
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        page.evaluate("window.__run = window.__frames()")
        for _ in range(240):
            session.send("Input.dispatchMouseEvent", {"type": "mouseWheel", "deltaX": 0, "deltaY": -240, **place})
            time.sleep(0.016)
        times = page.evaluate("(window.__run.stop = true, window.__run.times)")
        return [after - before for before, after in zip(times, times[1:])]

    def heap(self, page: Any) -> float:
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        session.send("Performance.enable")
        return figures(session)["JSHeapUsedSize"] / 1e6

    def blocked(self, title: str, last: str) -> float:
        """The longest task from the click on a conversation until it is drawn and at rest."""
        longest = []
        for _ in range(self.rounds):
            with self.page() as page:
                page.locator(".chat-row a", has_text=title).wait_for()
                page.wait_for_timeout(500)
                page.evaluate("window.__long.length = 0")
                page.evaluate(OPEN, [title, last])
                page.wait_for_timeout(2_000)
                longest.append(max(page.evaluate("window.__long"), default=0))
        return statistics.median(longest)


WORDS = ["river", "garden", "engine", "window", "summer", "paper", "mountain", "kitchen", "signal", "harbour", "letter", "forest"]


def message(index: int) -> dict[str, Any]:
    """Texts as people write them: short questions, answers of several sentences with some marks."""
    chosen = [WORDS[(index * step + step) % len(WORDS)] for step in (1, 5, 7, 11)]
    if index % 2 == 0:
        return {"role": "user", "content": f"Message {index}: what has the {chosen[0]} to do with the {chosen[1]}? (number{index})"}
    text = f"Message {index}: the **{chosen[0]}** and the *{chosen[1]}* meet at the `{chosen[2]}`. "
    text += f"Nobody knows of the {chosen[3]} yet. " * (1 + index % 9)
    if index % 10 == 1:
        text += f"\n\n- {chosen[0]}\n- {chosen[1]}\n\n```python\nprint({index})\n```"
    return {"role": "assistant", "content": text}


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def figures(session: Any) -> dict[str, float]:
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def script_seconds(session: Any) -> float:
    return figures(session)["ScriptDuration"]
