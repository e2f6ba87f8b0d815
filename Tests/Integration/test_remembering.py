"""Memory, contexts, and search by meaning: with the real sentence encoder that set-up makes."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.encoders import minilm
from support.people import People, begin
from support.polling import until
from support.servers import Nexus, command
from support.upstream import Handler, Upstream
from test_conversations import Talks

Start = Callable[..., Nexus]
FILE = "models/all-MiniLM-L6-v2-F16.gguf"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of set-up's with the encoder in it."""
    module = minilm()
    try:
        source = module.source()
    except module.MiniLMError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("cache")
    (folder / "models").mkdir()
    done = command(
        folder, "models", "convert", source, folder / FILE, "--name", "all-MiniLM-L6-v2", "--data-dir", folder / "own")
    assert done.returncode == 0, done.stderr
    yield folder
    shutil.rmtree(folder)


class Mind(Talks):
    """The API of memory of one server, in the name of one user."""

    def search(self, text: str, mode: str = "semantic", **query: object) -> dict[str, Any]:
        return self.ok(self.http.get("/api/v1/conversations/search", params={"q": text, "mode": mode} | query))

    def found(self, text: str, mode: str = "semantic", **query: object) -> list[str]:
        return [hit["message"] for hit in self.search(text, mode, **query)["hits"]]

    def remember(self, text: str, status: int = 201, **fields: object) -> dict[str, Any]:
        return self.ok(self.http.post("/api/v1/memories", json={"text": text} | fields), status)

    def memories(self, **query: object) -> list[dict[str, Any]]:
        return self.ok(self.http.get("/api/v1/memories", params=query))["memories"]

    def settings(self, **changes: object) -> dict[str, Any]:
        if changes:
            return self.ok(self.http.put("/api/v1/memories/settings", json=changes))
        return self.ok(self.http.get("/api/v1/memories/settings"))

    def context(self, name: str, **fields: object) -> str:
        return self.ok(self.http.post("/api/v1/contexts", json={"name": name} | fields), 201)["id"]

    def settled(self, count: int) -> None:
        """Waits until so many texts have vectors and no other waits for its own."""
        until(lambda: (meaning := self.settings()["meaning"])["pending"] == 0 and meaning["indexed"] >= count,
              f"{count} texts have vectors", 60)


@pytest.fixture(scope="module")
def server(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    server = Nexus(tmp_path_factory.mktemp("mind"), variables={"NEXUS_CACHE_DIR": str(cache)})
    yield server
    server.stop()


@pytest.fixture
def mind(server: Nexus) -> Iterator[Mind]:
    with httpx.Client(
            base_url=server.url, timeout=60, event_hooks={"response": [server.judge]}) as http:
        mind = Mind(http)
        yield mind
        for talk in mind.ok(http.get("/api/v1/conversations"))["conversations"]:
            mind.ok(http.delete(f"/api/v1/conversations/{talk['id']}"))
        for space in mind.ok(http.get("/api/v1/contexts"))["contexts"]:
            mind.ok(http.delete(f"/api/v1/contexts/{space['id']}"))
        mind.ok(http.delete("/api/v1/memories", params={"all": "true"}))


SAYINGS = [
    "My cat refuses to eat her food since yesterday.", "The stock market fell sharply on Tuesday.",
    "Please translate this letter into French.", "How do I bake bread with a sourdough starter?",
]


def test_messages_are_found_by_what_they_mean(mind: Mind) -> None:
    talk = mind.new(title="Everything", tags=["mixed"])["id"]
    cat, stocks, letter, bread = [mind.say(talk, text)["id"] for text in SAYINGS]
    mind.settled(4)
    for question, expected in (("a pet that has no appetite", cat), ("share prices dropped", stocks),
                               ("dough for a loaf", bread), ("render a text in another language", letter)):
        assert mind.found(question)[0] == expected, question
        assert mind.search(question, "text")["hits"] == [], "no word of it stands there"
    answer = mind.search("cat", "hybrid")
    assert answer["mode"] == "hybrid" and answer["hits"][0]["message"] == cat
    assert answer["hits"][0]["found_by"] == ["text", "meaning"] and answer["meaning"]["model"] == "embed"
    hit = mind.search("a pet that has no appetite")["hits"][0]
    assert hit["found_by"] == ["meaning"] and 0.2 < hit["score"] <= 1 and "cat" in hit["excerpt"][0]["text"]
    assert mind.found("a pet", tag="mixed") and mind.found("a pet", tag="other") == []
    assert mind.found("a pet", role="assistant") == [] and mind.found("a pet", attachments="true") == []


def test_what_is_removed_or_changed_is_not_found(mind: Mind) -> None:
    talk = mind.new()["id"]
    cat, stocks = mind.say(talk, SAYINGS[0], parent=None)["id"], mind.say(talk, SAYINGS[1], parent=None)["id"]
    mind.settled(2)
    path = f"/api/v1/conversations/{talk}"
    mind.ok(mind.http.patch(f"{path}/messages/{cat}", json={"content": "Volcanoes erupt with lava."}))
    until(lambda: mind.found("molten rock from a mountain")[:1] == [cat], "the new text is found")
    mind.settled(2)
    assert cat not in mind.found("a pet that has no appetite")
    mind.ok(mind.http.delete(f"{path}/messages/{stocks}"))
    assert stocks not in mind.found("share prices dropped")
    mind.ok(mind.http.patch(path, json={"temporary": True}))
    assert mind.found("molten rock from a mountain") == []
    assert mind.settings()["meaning"]["indexed"] == 0, "a temporary conversation leaves no vectors"


def test_contexts_are_worlds_of_their_own(mind: Mind) -> None:
    work = mind.context("Work", data={"budget": 5}, tags=["x"])
    home = mind.context("Home")
    inside, outside = mind.new(context=work)["id"], mind.new()["id"]
    first, second = mind.say(inside, SAYINGS[0])["id"], mind.say(outside, SAYINGS[0])["id"]
    mind.settled(2)
    assert set(mind.found("a hungry pet")) == {first, second}
    assert mind.found("a hungry pet", context=work) == [first]
    assert mind.found("a hungry pet", context="none") == [second]
    assert mind.found("a hungry pet", context=home) == []
    assert [one["id"] for one in mind.ok(
        mind.http.get("/api/v1/conversations", params={"context": work}))["conversations"]] == [inside]
    shown = mind.ok(mind.http.get(f"/api/v1/contexts/{work}"))
    assert shown["data"] == {"budget": 5} and shown["conversations"] == 1 and shown["memory"] is None
    changed = mind.http.patch(f"/api/v1/contexts/{work}", json={"name": "Office", "memory": "off", "revision": 1})
    assert mind.ok(changed)["name"] == "Office" and changed.json()["memory"] == "off"
    assert mind.http.patch(f"/api/v1/contexts/{work}", json={"name": "Late", "revision": 1}).status_code == 409
    assert mind.http.post("/api/v1/conversations", json={"context": "ctx_" + "0" * 26}).status_code == 404
    gone = mind.ok(mind.http.delete(f"/api/v1/contexts/{work}", params={"conversations": "remove"}))
    assert gone["conversations"] == 1
    assert mind.http.get(f"/api/v1/conversations/{inside}").status_code == 404
    assert mind.found("a hungry pet") == [second]


def test_documents_are_kept_and_read_where_they_can_be(mind: Mind) -> None:
    space = mind.context("Files")
    path = f"/api/v1/contexts/{space}/documents"

    def add(name: str, content: bytes, kind: str) -> httpx.Response:
        return mind.http.post(path, params={"name": name}, content=content, headers={"Content-Type": kind})

    text = mind.ok(add("analysis.txt", b"The reactor runs at 300 degrees.", "text/plain"), 201)
    assert text["is_text"] is True and text["note"] is None and text["bytes"] == 32
    sheet = mind.ok(add("sheet.pdf", b"%PDF-1.7 \x00\xff", "application/pdf"), 201)
    assert sheet["is_text"] is False and "not read yet" in sheet["note"]
    assert [one["name"] for one in mind.ok(mind.http.get(path))["documents"]] == ["analysis.txt", "sheet.pdf"]
    page = mind.ok(add("<script>.html", b"<script>alert(1)</script>", "text/html"), 201)
    raw = mind.http.get(f"{path}/{page['id']}")
    assert raw.content == b"<script>alert(1)</script>" and raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["content-disposition"] == "attachment"
    assert add("", b"x", "text/plain").status_code == 400 and add("a", b"", "text/plain").status_code == 400
    assert add("a", b"x" * ((16 << 20) + 1), "text/plain").status_code == 413
    mind.settled(1)
    assert mind.http.delete(f"{path}/{text['id']}").status_code == 200
    assert mind.http.get(f"{path}/{text['id']}").status_code == 404


def test_facts_change_and_nothing_is_overwritten(mind: Mind) -> None:
    def lives(city: str) -> dict[str, Any]:
        return mind.remember(f"Lives in {city}.", subject="user", predicate="lives in", object=city)

    berlin, tea = lives("Berlin"), mind.remember("Likes tea.", subject="user", predicate="likes", object="tea")
    paris = lives("Paris")
    assert paris["closed"] == [berlin["id"]] and paris["replaces"] == berlin["id"]
    assert {one["id"] for one in mind.memories()} == {tea["id"], paris["id"]}
    assert [one["id"] for one in mind.memories(state="past")] == [berlin["id"]]
    rome = mind.ok(mind.http.patch(f"/api/v1/memories/{paris['id']}", json={"text": "Lives in Rome.", "object": "Rome"}), 201)
    assert rome["id"] != paris["id"] and rome["replaces"] == paris["id"]
    history = mind.ok(mind.http.get(f"/api/v1/memories/{rome['id']}/history"))["memories"]
    assert [one["object"] for one in history] == ["Berlin", "Paris", "Rome"]
    assert [one["valid_to"] is None for one in history] == [False, False, True]
    assert mind.remember("lives in rome", status=200)["id"] == rome["id"], "known already"
    pinned = mind.ok(mind.http.patch(f"/api/v1/memories/{tea['id']}", json={"pinned": True, "revision": 1}))
    assert pinned["pinned"] and pinned["id"] == tea["id"]
    assert mind.http.patch(f"/api/v1/memories/{tea['id']}", json={"pinned": False, "revision": 1}).status_code == 409
    ended = mind.ok(mind.http.patch(f"/api/v1/memories/{tea['id']}", json={"ended": True}))
    assert ended["valid_to"] is not None
    graph = mind.ok(mind.http.get("/api/v1/memories/graph"))
    assert [(edge["from"], edge["label"], edge["to"]) for edge in graph["edges"]] == [("user", "lives in", "rome")]
    past = mind.ok(mind.http.get("/api/v1/memories/graph", params={"past": "true"}))
    assert len(past["edges"]) == 4 and {node["id"] for node in past["nodes"]} == {"user", "berlin", "paris", "rome", "tea"}
    export = mind.ok(mind.http.get("/api/v1/memories/export"))
    assert export["format"] == "llama-nexus.memory" and len(export["memories"]) == 4
    assert mind.ok(mind.http.delete(f"/api/v1/memories/{rome['id']}"))["deleted"] is True
    assert mind.http.get(f"/api/v1/memories/{rome['id']}").status_code == 404


def test_memories_are_found_by_words_and_by_meaning(mind: Mind) -> None:
    dog = mind.remember("Has a dog called Rex.")
    job = mind.remember("Works as a nurse in a hospital.", kind="profile")
    until(lambda: len(mind.memories(q="what animal is mine", mode="semantic")) > 0, "vectors of memories")
    assert mind.memories(q="pets", mode="semantic")[0]["id"] == dog["id"]
    assert mind.memories(q="what is my profession", mode="semantic")[0]["id"] == job["id"]
    assert [one["id"] for one in mind.memories(q="rex", mode="text")] == [dog["id"]]
    assert mind.memories(q="rex dog")[0]["id"] == dog["id"]
    assert [one["id"] for one in mind.memories(q="hospital", kind="fact", mode="text")] == []


def test_numbers_are_told(mind: Mind) -> None:
    space = mind.context("Work")
    for text, where in (("This is great, thanks!", space), ("That is wrong.", None), ("The sky is blue.", None)):
        mind.say(mind.new(context=where)["id"], text)
    mind.remember("Likes tea.", kind="preference", pinned=True)
    told = mind.ok(mind.http.get("/api/v1/memories/stats"))
    assert told["memories"]["total"] == told["memories"]["pinned"] == told["memories"]["by_kind"]["preference"] == 1
    assert told["conversations"]["total"] == 3
    assert {one["name"]: one["conversations"] for one in told["conversations"]["by_context"]} == {"Work": 1, None: 2}
    tone = told["sentiment"]
    assert (tone["positive"], tone["negative"], tone["unknown"]) == (1, 1, 1) and "word list" in tone["method"]


def test_thinking_is_summed_up_over_conversations(mind: Mind) -> None:
    before = mind.ok(mind.http.get("/api/v1/memories/stats"))["thinking"]
    assert before["average_steps"] is None and before["answers"] == before["moves"]["plan"] == 0
    for thought in ("Let me add.\n\nWait, that is 7.", "So the answer is 7.", None):
        path = f"/api/v1/conversations/{mind.new()['id']}/messages"
        answer = {"role": "assistant", "content": '7, not "reasoning":"8"'} | ({"reasoning_content": thought} if thought else {})
        mind.ok(mind.http.post(path, json={"role": "user", "content": "What is 3 + 4?"}), 201)
        mind.ok(mind.http.post(path, json=answer), 201)
    told = mind.ok(mind.http.get("/api/v1/memories/stats"))["thinking"]
    assert told["answers"] == 2 and told["average_steps"] == 1.5 and 0.3 < told["share"] < 1
    assert told["moves"] == {"plan": 1, "check": 0, "correct": 1, "alternative": 0, "conclude": 1}


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("POST", "/memories", {}, 400), ("POST", "/memories", {"text": ""}, 400), ("POST", "/memories", {"text": "x" * 1001}, 400),
    ("POST", "/memories", {"text": "a\x00b"}, 400), ("POST", "/memories", {"text": "tea", "kind": "secret"}, 400),
    ("POST", "/memories", {"text": "tea", "subject": "user"}, 400), ("POST", "/memories", {"text": "tea", "confidence": 2}, 400),
    ("POST", "/memories", {"text": "tea", "context": "ctx_" + "0" * 26}, 404), ("POST", "/memories", {"text": "...", }, 400),
    ("POST", "/memories", {"text": "tea", "conversation": "conv_" + "0" * 26}, 404), ("DELETE", "/memories", None, 400),
    ("GET", "/memories?state=odd", None, 400), ("GET", "/memories/mem_nonsense", None, 404),
    ("PUT", "/memories/settings", {"budget_tokens": 7}, 400), ("PUT", "/memories/settings", {"keep_unused_days": 0}, 400),
    ("POST", "/contexts", {}, 400), ("POST", "/contexts", {"name": "a", "data": 7}, 400),
    ("POST", "/contexts", {"name": "a", "data": {"x": "y" * (257 << 10)}}, 400),
    ("GET", "/contexts/ctx_nonsense", None, 404), ("GET", "/conversations/search?q=x&mode=odd", None, 400),
])
def test_what_is_not_allowed_is_refused(mind: Mind, method: str, path: str, body: object, status: int) -> None:
    answer = mind.http.request(method, f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["hint"]


def test_without_a_model_only_words_are_found(start: Start) -> None:
    with httpx.Client(base_url=start().url, timeout=30) as http:
        mind = Mind(http)
        said = mind.say(mind.new()["id"], SAYINGS[0])["id"]
        assert mind.found("cat", "hybrid") == [said] and mind.search("cat", "hybrid")["mode"] == "text"
        refused = http.get("/api/v1/conversations/search", params={"q": "cat", "mode": "semantic"})
        assert refused.status_code in (400, 409, 501) and "mode=text" in refused.json()["hint"]
        meaning = mind.search("cat", "hybrid")["meaning"]
        assert meaning == {"available": False, "model": None, "indexed": 0, "pending": 1}
        assert mind.remember("Has a cat.") and mind.memories(q="cat")[0]["text"] == "Has a cat."


def test_what_waits_for_vectors_survives_kill_9(start: Start, cache: Path, tmp_path: Path) -> None:
    variables = {"NEXUS_CACHE_DIR": str(cache)}
    server = start(folder=tmp_path, variables=variables)
    archive = {"format": "llama-nexus.conversation", "version": 1, "title": "Long", "messages": [
        {"id": str(number), "parent": None, "role": "user", "content": f"{SAYINGS[number % 4]} Number {number}."}
        for number in range(300)]}
    with httpx.Client(base_url=server.url, timeout=60) as http:
        Mind(http).ok(http.post("/api/v1/conversations/import", json=archive), 201)
        Mind(http).remember("Has a cat.")
    server.kill()
    again = start(folder=tmp_path, variables=variables)
    with httpx.Client(base_url=again.url, timeout=60) as http:
        mind = Mind(http)
        mind.settled(300)
        assert mind.settings()["meaning"]["indexed"] == 300
        assert len(mind.found("share prices dropped", limit=75)) == 75
        until(lambda: mind.memories(q="a pet", mode="semantic"), "the memory has its vector")


LESSON = {"memories": [
    {"kind": "profile", "text": "Lives in Paris.", "subject": "user", "predicate": "lives in", "object": "Paris",
     "confidence": "high", "change": "new"},
    {"kind": "preference", "text": "Wants short answers.", "subject": "", "predicate": "", "object": "",
     "confidence": "medium", "change": "new"}]}


def test_a_turn_teaches_who_wants_that(start: Start) -> None:
    def teach(handler: Handler) -> None:
        handler.say(json.dumps(LESSON))

    with Upstream(teach) as teacher:
        server = start(configuration=f"models: {{teacher: {{url: '{teacher.url}'}}}}\nmemory: {{teacher: teacher}}\n"
                       "defaultModel: tiny-chat\n")
        with httpx.Client(
            base_url=server.url, timeout=30, event_hooks={"response": [server.judge]}) as http:
            mind = Mind(http)
            mind.remember("Lives in Berlin.", subject="user", predicate="lives in", object="Berlin")

            def turn(**fields: object) -> str:
                talk = mind.new(settings={"max_tokens": 4, "model": "tiny-chat"}, **fields)["id"]
                mind.say(talk, "I have moved to Paris. Be brief.")
                assert mind.finished(talk, mind.answer(talk)["id"])["status"] == "complete"
                return talk

            turn()
            assert mind.settings()["learn"] is False
            mind.settings(learn=True)
            turn(temporary=True)
            turn(memory="off")
            talk = turn()
            until(lambda: len(mind.memories()) == 2, "the turn was learned from", 20)
            paris = next(one for one in mind.memories() if one["object"] == "Paris")
            assert paris["origin"] == "model" and paris["source"]["conversation"] == talk and paris["confidence"] == 0.9
            assert [one["object"] for one in mind.memories(state="past")] == ["Berlin"]
            assert len(teacher.requests) == 1, "of four turns one was to be learned from"
            asked = teacher.requests[0]
            assert asked["response_format"]["type"] == "json_schema"
            assert json.loads(asked["messages"][-1]["content"])["user_message"] == "I have moved to Paris. Be brief."
            gone = mind.ok(http.delete("/api/v1/memories", params={"conversation": talk}))
            assert gone == {"deleted": 2}


def test_any_model_gives_lessons_that_can_be_read(start: Start) -> None:
    server = start()
    with httpx.Client(
            base_url=server.url, timeout=60, event_hooks={"response": [server.judge]}) as http:
        mind = Mind(http)
        mind.settings(learn=True)
        talk = mind.new(settings={"max_tokens": 4})["id"]
        mind.say(talk, "My name is Ada and I like tea.")
        mind.finished(talk, mind.answer(talk)["id"])
        # The tiny model knows nothing: what it writes is held to the schema, and counts as a request of the user.
        until(lambda: sum(one["requests"] for one in mind.ok(http.get("/api/v1/usage"))["usage"]) >= 2, "a lesson", 60)
        for one in mind.memories(state="all"):
            assert one["origin"] == "model" and one["source"]["conversation"] == talk


def test_everybody_has_a_memory_of_their_own(start: Start, cache: Path) -> None:
    people: People = begin(start, variables={"NEXUS_CACHE_DIR": str(cache)})
    with people.browser("bob") as bobs, people.browser("carl") as carls, people.browser("ada") as adas:
        bob, carl, ada = Mind(bobs), Mind(carls), Mind(adas)
        memory = bob.remember("Has a cat that is ill.")["id"]
        bob.say(bob.new()["id"], SAYINGS[0])
        bob.settled(1)
        assert len(bob.found("a hungry pet")) == 1
        for other in (carl, ada):
            assert other.found("a hungry pet") == [] and other.found("cat", "hybrid") == []
            assert other.memories(state="all") == [] and other.memories(q="pet") == []
            assert other.http.get(f"/api/v1/memories/{memory}").status_code == 404
            assert other.http.delete(f"/api/v1/memories/{memory}").status_code == 404
            assert other.ok(other.http.delete("/api/v1/memories", params={"all": "true"})) == {"deleted": 0}
        assert [one["id"] for one in bob.memories()] == [memory]
        with people.browser("vera") as vera:
            assert vera.get("/api/v1/memories").status_code == 403
    people.close()


def test_commands_remember_and_forget(server: Nexus, mind: Mind) -> None:
    where = ("--data-dir", server.folder / "data")
    done = command(server.folder, "memory", "add", "Likes tea.", "--kind", "preference", "--pin", "--json", *where)
    assert done.returncode == 0, done.stderr
    memory = json.loads(done.stdout)
    assert memory["pinned"] and [one["id"] for one in mind.memories()] == [memory["id"]], "open and local are one user"
    listed = command(server.folder, "memory", "list", *where)
    assert "Likes tea." in listed.stdout and memory["id"] in listed.stdout
    assert json.loads(command(server.folder, "memory", "export", *where).stdout)["memories"][0]["id"] == memory["id"]
    assert command(server.folder, "memory", "forget", memory["id"], *where).returncode == 0
    assert mind.memories(state="all") == []
    assert command(server.folder, "memory", "forget", memory["id"], *where).returncode != 0


QUIET = {"max_tokens": 12, "temperature": 0, "ignore_eos": True}


def test_memory_in_a_turn_keeps_the_prompt_of_the_turn_before(mind: Mind) -> None:
    """Frozen where it was first told: turn N+1 re-uses at least 95 % of turn N's prompt, with memory and retrieval on."""
    dog = mind.remember("Has a dog called Rex who likes the garden.")
    wish = mind.remember("Wants friendly answers.", kind="preference")
    other = mind.new(title="Earlier")["id"]
    earlier = mind.say(other, "Our garden has a pond with seven goldfish.")["id"]
    mind.settled(1)
    until(lambda: len(mind.memories(q="pet", mode="semantic")) > 0, "vectors of memories")
    talk = mind.new(settings=QUIET)["id"]
    done: list[dict[str, Any]] = []
    used: list[list[dict[str, Any]]] = []
    for question in ("What could my dog Rex do in the garden?", "Which animals live in our garden pond?", "And what then?"):
        mind.say(talk, question)
        done.append(mind.finished(talk, mind.answer(talk)["id"]))
        assert done[-1]["status"] == "complete", done[-1]
        shown = mind.ok(mind.http.get(f"/api/v1/conversations/{talk}/messages/{done[-1]['id']}"))
        used.append(shown.get("memories_used", []))
    assert {one["id"] for one in used[0]} >= {dog["id"], wish["id"]}
    assert next(one for one in used[0] if one["id"] == dog["id"])["text"] == "Has a dog called Rex who likes the garden."
    told = [one["id"] for part in used for one in part]
    assert earlier in told and len(told) == len(set(told)), "each is told once"
    assert mind.ok(mind.http.get(f"/api/v1/memories/{dog['id']}"))["uses"] == 1
    for before, after in zip(done, done[1:], strict=False):
        assert after["usage"]["cached_tokens"] >= 0.95 * before["usage"]["prompt_tokens"], (before["usage"], after["usage"])
    # Without memory the first prompt is shorter by what was told.
    plain = mind.new(settings=QUIET, memory="off")["id"]
    mind.say(plain, "What could my dog Rex do in the garden?")
    bare = mind.finished(plain, mind.answer(plain)["id"])
    assert bare["usage"]["prompt_tokens"] + 20 < done[0]["usage"]["prompt_tokens"]
    assert "memories_used" not in mind.page(plain)["messages"][-1]


def test_what_is_forgotten_is_in_no_later_prompt(mind: Mind) -> None:
    dog = mind.remember("Has a dog called Rex who likes the garden.")
    until(lambda: mind.memories(q="pet", mode="semantic"), "the memory's vector")
    talk = mind.new(settings=QUIET)["id"]
    mind.say(talk, "What could my dog Rex do in the garden?")
    first = mind.finished(talk, mind.answer(talk)["id"])
    assert [one["id"] for one in mind.page(talk)["messages"][-1]["memories_used"]] == [dog["id"]]
    mind.ok(mind.http.delete(f"/api/v1/memories/{dog['id']}"))
    assert mind.page(talk)["messages"][-1].get("memories_used", []) == []
    again = mind.finished(talk, mind.answer(talk, parent=first["parent"])["id"])
    assert again["usage"]["prompt_tokens"] + 20 < first["usage"]["prompt_tokens"]


def test_memory_never_crosses_contexts(mind: Mind) -> None:
    work, home = mind.context("Work", instructions="You are at work."), mind.context("Home")
    mind.remember("Has a dog called Rex who likes the garden.", context=home)
    mind.say(mind.new(context=home)["id"], "Our dog Rex digs holes in the garden.")
    mind.http.post(f"/api/v1/contexts/{home}/documents", params={"name": "a.txt"},
                   content=b"The dog Rex is allowed in the garden.", headers={"Content-Type": "text/plain"})
    mind.settled(2)
    until(lambda: mind.memories(q="pet", mode="semantic"), "the memory's vector")

    def told(**fields: object) -> tuple[set[str], int]:
        talk = mind.new(settings=QUIET, **fields)["id"]
        mind.say(talk, "What could my dog Rex do in the garden?")
        done = mind.finished(talk, mind.answer(talk)["id"])
        kinds = {one["type"] for one in mind.page(talk)["messages"][-1].get("memories_used", [])}
        mind.ok(mind.http.delete(f"/api/v1/conversations/{talk}"))
        return kinds, done["usage"]["prompt_tokens"]

    assert told(context=home)[0] == {"memory", "message", "document"}
    outside, bare = told()
    inside, instructed = told(context=work)
    assert outside == inside == set()
    assert instructed > bare, "the context's instructions are told"
    assert told(context=home, temporary=True)[0] == set()
