"""What of a conversation goes into its prompt: cuts that keep the prefix cache, summaries, titles, settings, PDF."""

import io
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest
from support.polling import until
from support.servers import Nexus
from test_conversations import LONG, Talks

SHORT = {"max_tokens": 24, "temperature": 0}


@pytest.fixture
def talks(nexus: Nexus) -> Iterator[Talks]:
    with httpx.Client(
            base_url=nexus.url, timeout=60, event_hooks={"response": [nexus.judge]}) as http:
        yield Talks(http)


def context(talks: Talks, talk: str, **query: Any) -> dict[str, Any]:
    return talks.ok(talks.http.get(f"/api/v1/conversations/{talk}/context", params=query))


def turn(talks: Talks, talk: str, text: str) -> dict[str, Any]:
    talks.say(talk, text)
    done = talks.finished(talk, talks.answer(talk)["id"])
    assert done["status"] == "complete", done
    return done


@pytest.mark.parametrize("mode", ["truncate", "summarise"])
def test_cuts_are_seldom_and_all_other_turns_reuse_the_prompt(talks: Talks, mode: str) -> None:
    talk = talks.new(title="Long", settings=SHORT | {"system": "You are a kind gardener who answers in one sentence."})["id"]
    path = f"/api/v1/conversations/{talk}/context"
    talks.ok(talks.http.put(path, json={"mode": mode, "budget_tokens": 600}))
    turns = []
    for number in range(24):
        turns.append(turn(talks, talk, f"Question {number}: what should I do with my roses and the {number} trees in the garden?"))
    cuts = []
    for number, (before, after) in enumerate(zip(turns, turns[1:]), 1):
        prompt = before["usage"]["prompt_tokens"]
        if after["report"].get("context", {}).get("cut") in ("made", "prepared"):
            cuts.append(number)
            continue
        assert after["usage"]["cached_tokens"] >= 0.95 * prompt, (number, after["usage"], before["usage"])
    sizes = [one["usage"]["prompt_tokens"] for one in turns]
    assert max(sizes) <= 600, (sizes, [one["report"].get("context") for one in turns])
    # A turn has about 45 tokens, and a cut makes room for 240: one in five turns or fewer.
    assert 2 <= len(cuts) <= 6, cuts
    assert all(second - first >= 3 for first, second in zip(cuts, cuts[1:])), cuts
    plan = context(talks, talk)
    decisions = {one["decision"] for one in plan["messages"]}
    assert plan["exact"] and plan["fits"] and "keep" in decisions
    if mode == "summarise":
        assert plan["summary"]["text"] and plan["summary"]["messages"] > 0 and "summarise" in decisions
    else:
        assert plan["summary"] is None and "drop" in decisions
    assert plan["total"] < plan["total_uncut"]


def test_the_plan_counts_what_the_model_counts(talks: Talks) -> None:
    talk = talks.new(settings=SHORT)["id"]
    done = turn(talks, talk, "Hello, who are you, and what is your name?")
    question = talks.say(talk, "And where do you live?")
    plan = context(talks, talk)
    next_ = talks.finished(talk, talks.answer(talk)["id"])
    assert abs(plan["total"] - next_["usage"]["prompt_tokens"]) <= 8
    assert plan["limit"] <= plan["window"] and 0 < plan["fill"] < 1 and not plan["will_cut"]
    assert [one["id"] for one in plan["messages"]][-1] == question["id"]
    typed = context(talks, talk, text="more words " * 50)
    assert typed["total"] > plan["total"] + 50
    assert len(typed["messages"]) == len(plan["messages"]) + 1
    assert context(talks, talk, limit=1)["has_more"] is True
    assert done["title"] if "title" in done else True


def test_marks_and_policies_are_previewed_and_kept(talks: Talks) -> None:
    talk = talks.new(settings=SHORT)["id"]
    ids = []
    for number in range(20):
        ids.append(talks.say(talk, f"Fact {number}: " + "the garden has many roses and trees. " * 3,
                             role="user" if number % 2 == 0 else "assistant")["id"])
    talks.say(talk, "What now?")
    path = f"/api/v1/conversations/{talk}"
    body = {"policy": {"mode": "truncate", "budget_tokens": 300}, "importance": {ids[2]: "pinned", ids[19]: "low"}}
    seen = talks.ok(talks.http.post(path + "/context/preview", json=body))
    shown = {one["id"]: one for one in seen["messages"]}
    assert seen["will_cut"] and seen["fits"] and seen["limit"] == 300
    assert (shown[ids[2]]["decision"], shown[ids[2]]["reason"]) == ("keep", "pinned")
    assert (shown[ids[19]]["decision"], shown[ids[19]]["reason"]) == ("drop", "unimportant")
    assert shown[ids[0]]["decision"] == "drop" and shown[ids[0]]["tokens_kept"] == 0
    # Nothing of it was kept.
    assert context(talks, talk)["limit"] != 300
    assert talks.ok(talks.http.get(f"{path}/messages/{ids[2]}"))["importance"] == "normal"
    revision = talks.ok(talks.http.get(f"{path}/messages/{ids[2]}"))["revision"]
    marked = talks.ok(talks.http.patch(f"{path}/messages/{ids[2]}", json={"importance": "pinned", "revision": revision}))
    assert marked["importance"] == "pinned" and marked["pinned"] is True
    policy = talks.ok(talks.http.put(path + "/context", json={"mode": "truncate", "budget_tokens": 300}))
    assert (policy["mode"], policy["budget_tokens"], policy["source"]) == ("truncate", 300, "conversation")
    done = talks.finished(talk, talks.answer(talk)["id"])
    assert done["report"]["context"]["cut"] == "made" and done["usage"]["prompt_tokens"] <= 300
    assert talks.ok(talks.http.delete(path + "/context/cuts"))["removed"] == 1
    for wrong in ({"mode": "sometimes"}, {"budget_tokens": 1}, {"cut_to": 2}):
        assert talks.http.put(path + "/context", json=wrong).status_code == 400
    assert talks.http.post(path + "/context/preview", json={"importance": {ids[0]: "vital"}}).status_code == 400


def test_a_huge_message_is_shortened_to_its_head_and_tail(talks: Talks) -> None:
    talk = talks.new(settings=SHORT)["id"]
    talks.ok(talks.http.put(f"/api/v1/conversations/{talk}/context", json={"budget_tokens": 400}))
    talks.say(talk, "The first word is apple. " + "Nothing much happens here. " * 2000 + "The last word is pear.")
    done = talks.finished(talk, talks.answer(talk)["id"])
    assert done["status"] == "complete" and done["usage"]["prompt_tokens"] <= 400
    plan = context(talks, talk)
    assert plan["messages"][0]["decision"] == "shorten" and plan["messages"][0]["reason"] == "too_large"


def test_the_system_prompt_comes_from_the_settings_wherever_the_branch_began(talks: Talks) -> None:
    talk = talks.new(settings=SHORT)["id"]
    before = turn(talks, talk, "Hello")["usage"]["prompt_tokens"]
    talks.ok(talks.http.patch(f"/api/v1/conversations/{talk}", json={"settings": SHORT | {"system": "Be brief. " * 20}}))
    plan = context(talks, talk, text="And you?")
    assert plan["system"]["tokens"] > 40
    after = turn(talks, talk, "And you?")["usage"]["prompt_tokens"]
    assert after > before + 40


def test_a_summary_is_asked_for_and_kept(talks: Talks) -> None:
    talk = talks.new(settings=SHORT)["id"]
    path = f"/api/v1/conversations/{talk}/summary"
    assert talks.ok(talks.http.get(path)) == {"summary": None}
    assert talks.http.post(path, json={}).status_code == 400
    turn(talks, talk, "Tell me something about a little dog.")
    made = talks.ok(talks.http.post(path, json={}), 201)["summary"]
    assert made["text"] and made["model"] and made["stale"] is False
    assert talks.ok(talks.http.get(path))["summary"] == made
    talks.say(talk, "More!")
    assert talks.ok(talks.http.get(path))["summary"]["stale"] is True


def test_conversations_get_a_title_unless_somebody_says_otherwise(talks: Talks) -> None:
    def title(talk: str) -> str:
        return talks.ok(talks.http.get(f"/api/v1/conversations/{talk}"))["title"]

    talk = talks.new(settings=SHORT)["id"]
    turn(talks, talk, "What is a good name for a little dog?")
    made = until(lambda: title(talk), "a title")
    assert 0 < len(made) <= 80 and "\n" not in made
    own = talks.new(title="Mine", settings=SHORT)["id"]
    turn(talks, own, "Hello")
    talks.ok(talks.http.patch("/api/v1/settings", json={"settings": {"titles": False}}))
    try:
        off = talks.new(settings=SHORT)["id"]
        turn(talks, off, "Hello")
        again = talks.new(settings=SHORT)["id"]
        turn(talks, again, "Hello")
        assert (title(own), title(off)) == ("Mine", "")
    finally:
        talks.ok(talks.http.patch("/api/v1/settings", json={"settings": {"titles": None}}))


def test_settings_and_profiles_follow_the_user_and_tell_of_conflicts(talks: Talks) -> None:
    http = talks.http
    seen = talks.ok(http.get("/api/v1/settings"))
    put = {"settings": seen["settings"] | {"theme": "dark"}, "revision": seen["revision"]}
    assert talks.ok(http.put("/api/v1/settings", json=put))["revision"] == seen["revision"] + 1
    assert http.put("/api/v1/settings", json=put).status_code == 409
    patched = talks.ok(http.patch("/api/v1/settings", json={"settings": {"theme": None, "tabs": {"a": 1}}}))
    assert "theme" not in patched["settings"] and patched["settings"]["tabs"] == {"a": 1}
    for wrong in ({"settings": {"context": {"mode": "x"}}}, {"settings": {"x": "x" * 70_000}}, {"settings": 7}):
        assert http.patch("/api/v1/settings", json=wrong).status_code == 400
    made = talks.ok(http.post("/api/v1/profiles", json={
        "name": "Coding", "parameters": {"temperature": 0.1}, "system": "Be exact.", "preset": "coding"}), 201)
    path = f"/api/v1/profiles/{made['id']}"
    changed = talks.ok(http.put(path, json={"name": "Exact", "system": None, "revision": 1}))
    assert (changed["name"], changed["system"], changed["revision"]) == ("Exact", None, 2)
    assert http.put(path, json={"name": "Late", "revision": 1}).status_code == 409
    assert made["id"] in [one["id"] for one in talks.ok(http.get("/api/v1/profiles"))["profiles"]]
    assert talks.ok(http.delete(path))["deleted"] is True
    assert http.get(path).status_code == 404
    assert http.post("/api/v1/profiles", json={"name": ""}).status_code == 400


def test_the_policy_of_the_settings_holds_where_the_conversation_says_nothing(talks: Talks) -> None:
    talk = talks.new(settings=SHORT)["id"]
    talks.say(talk, "Hello")
    try:
        talks.ok(talks.http.patch("/api/v1/settings", json={"settings": {"context": {"budget_tokens": 333}}}))
        plan = context(talks, talk)
        assert (plan["limit"], plan["policy"]["source"]) == (333, "user")
        talks.ok(talks.http.put(f"/api/v1/conversations/{talk}/context", json={"mode": "off"}))
        plan = context(talks, talk)
        assert (plan["limit"], plan["policy"]["mode"]) == (None, "off")
    finally:
        talks.ok(talks.http.patch("/api/v1/settings", json={"settings": {"context": None}}))


MARKDOWN = """# Brewing tea

Some **bold**, *soft* and `code` words, and [a link](https://example.org/tea).

- green
- black
  1. Assam

> said somebody

```python
def brew(minutes: int) -> str: ...
```

| tea | minutes |
|-----|---------|
| green | 2 |

$$e^{i\\pi}+1=0$$

مرحبا بالعالم · 漢字とかな · Привет
"""


def test_a_branch_is_exported_as_a_pdf(talks: Talks) -> None:
    talk = talks.new(title="Tea & more")["id"]
    talks.say(talk, "How do I brew tea?")
    talks.say(talk, MARKDOWN, role="assistant", model="brewer")
    answer = talks.http.get(f"/api/v1/conversations/{talk}/export", params={"format": "pdf"})
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    assert "tea-more.pdf" in answer.headers["content-disposition"]
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    assert len(reader.pages) == 1 and reader.metadata and reader.metadata.title == "Tea & more"
    text = reader.pages[0].extract_text()
    for word in ("How do I brew tea?", "Brewing tea", "bold", "Assam", "def brew(minutes", "green", "e^{i", "brewer", "Привет", "漢字"):
        assert word in text, (word, text)
    links = [one.get_object()["/A"]["/URI"] for one in reader.pages[0]["/Annots"]]
    assert links == ["https://example.org/tea"]


def test_a_hostile_conversation_is_a_pdf_too_or_a_clear_refusal(talks: Talks) -> None:
    talk = talks.new(title="x" * 500)["id"]
    talks.say(talk, "**a *b " * 3000)
    talks.say(talk, "> " * 5000 + "deep", role="assistant")
    talks.say(talk, "\u0001\u001b[31m</w:p> %PDF-1.7 \u202e <script>alert(1)</script>")
    talks.say(talk, "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + ("|" + "b|" * 500 + "\n") * 20, role="assistant")
    path = f"/api/v1/conversations/{talk}/export"
    answer = talks.http.get(path, params={"format": "pdf"})
    assert answer.status_code == 200, answer.text
    assert "deep" in "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    talks.say(talk, "All work and no play makes Jack a dull boy.\n" * 116_000)
    answer = talks.http.get(path, params={"format": "pdf"})
    assert answer.status_code in (200, 400), answer.text[:200]
    if answer.status_code == 200:
        assert answer.content.startswith(b"%PDF-")
    else:
        assert "too long for a PDF" in answer.text
    assert talks.http.get(path, params={"format": "docx"}).status_code == 400


def test_temporary_conversations_go_and_it_is_told_before_what_goes(start: Callable[..., Nexus]) -> None:
    server = start(configuration="conversations:\n  keepTemporary: 60s\n  keepArchived: 30d\n")
    with httpx.Client(base_url=server.url, timeout=30) as http:
        Talks(http).new(temporary=True)
        classes = {one["name"]: one for one in http.get("/api/v1/retention").json()["classes"]}
    assert {name: one["keep_seconds"] for name, one in classes.items()} == {
        "temporary": 60, "archived": 30 * 86_400, "conversations": None}
    assert all(one["would_remove"] == 0 for one in classes.values())


def test_answers_of_a_node_that_died_are_settled_by_another_one(
    start: Callable[..., Nexus], postgres: str, tmp_path: Path,
) -> None:
    first = start("--storage.url", postgres)
    second = start("--storage.url", postgres)
    with httpx.Client(base_url=first.url, timeout=30) as one, httpx.Client(base_url=second.url, timeout=30) as two:
        talks, others = Talks(one), Talks(two)
        long = LONG | {"max_tokens": 1800}
        talk = talks.new(settings=long)["id"]
        question = talks.say(talk, "Tell me a long story.")["id"]
        answers = [talks.answer(talk, parent=question)["id"] for _ in range(4)]
        alive = others.answer(talk, parent=question)["id"]

        def status(message: str) -> str:
            return others.ok(two.get(f"/api/v1/conversations/{talk}/messages/{message}"))["status"]

        assert {status(message) for message in [*answers, alive]} == {"writing"}
        first.kill()
        until(lambda: {status(message) for message in answers} <= {"stopped", "complete"}, "the dead are settled", 45)
        assert status(alive) in ("writing", "complete")
        done = others.finished(talk, alive)
        assert done["status"] == "complete"
