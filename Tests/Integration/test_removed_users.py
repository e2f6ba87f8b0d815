"""Who is removed takes all that was theirs along: conversations, contexts, memories, summaries, links."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from support.people import CONFIGURATION, People
from support.polling import until
from support.servers import Nexus
from support.upstream import Handler, Upstream

#: What is made of them: how often each user's id or words stand in the tables.
WORDS = {"bob": "elderberry", "carl": "gooseberry"}


def write_down(people: People, name: str) -> dict[str, str]:
    """A conversation with a link and a summary's neighbours, a context with a document, a memory, settings."""
    word = WORDS[name]
    with people.browser(name) as http:
        def post(path: str, body: object) -> dict[str, str]:
            answer = http.post(path, json=body)
            assert answer.status_code in (200, 201), answer.text
            return answer.json()

        space = post("/api/v1/contexts", {"name": f"{word} space", "instructions": word})
        answer = http.post(
            f"/api/v1/contexts/{space['id']}/documents", params={"name": f"{word}.txt"}, content=word.encode(),
            headers={"Content-Type": "text/plain"})
        assert answer.status_code == 201, answer.text
        talk = post("/api/v1/conversations", {"title": word, "tags": [word], "context": space["id"]})
        message = post(f"/api/v1/conversations/{talk['id']}/messages", {"role": "user", "content": f"I like {word}."})
        share = post(f"/api/v1/conversations/{talk['id']}/shares", {"leaf": message["id"]})
        memory = post("/api/v1/memories", {"text": f"Likes {word}."})
        return {"talk": talk["id"], "share": share["id"], "memory": memory["id"], "link": share["secret"]}


def traces(folder: Path, word: str) -> dict[str, int]:
    """In how many rows of which tables a word stands, but for the operator's own: usage and the audit trail."""
    with sqlite3.connect(folder / "data" / "nexus.db") as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            if table.startswith(("audit_", "usage_", "message_index_")):
                continue
            rows = database.execute(f'SELECT * FROM "{table}"')
            if count := sum(any(word in str(value) for value in row) for row in rows):
                found[table] = count
    return found


def test_all_that_was_theirs_goes_with_a_user(start: Callable[..., Nexus]) -> None:
    server = start(configuration=CONFIGURATION, model=None)
    people = People(server)
    mine, theirs = write_down(people, "bob"), write_down(people, "carl")
    before = {name: traces(server.folder, word) for name, word in WORDS.items()}
    assert {"conversations", "messages", "context_spaces", "context_documents", "memories"} <= set(before["bob"])
    link = f"/api/v1/shared/{mine['link']}"
    shown = server.http.get(link).status_code
    assert people.admin.delete(f"/api/v1/users/{people.ids['bob']}").status_code == 200
    assert traces(server.folder, WORDS["bob"]) == {}
    assert traces(server.folder, people.ids["bob"]) == {}
    assert traces(server.folder, WORDS["carl"]) == before["carl"]
    assert (shown, server.http.get(link).status_code) == (200, 404)
    assert server.http.get(f"/api/v1/shared/{theirs['link']}").status_code == 200
    # Whoever gets the name next finds nothing.
    people.make("bob")
    with people.browser("bob") as next_bob:
        assert next_bob.get("/api/v1/conversations").json()["conversations"] == []
        assert next_bob.get("/api/v1/memories", params={"state": "all"}).json()["memories"] == []
        assert next_bob.get(f"/api/v1/conversations/{mine['talk']}").status_code == 404
    people.close()


def test_an_answer_that_is_being_written_for_them_ends(start: Callable[..., Nexus]) -> None:
    ended = []

    def talk(handler: Handler) -> None:
        handler.begin()
        try:
            while not upstream.over.wait(0.05):
                handler.wfile.write(b'data: {"choices": [{"index": 0, "delta": {"content": "word "}}]}\n\n')
                handler.wfile.flush()
        except OSError:
            ended.append(True)

    with Upstream(talk) as upstream:
        models = json.dumps({"endless": {"url": upstream.url}})
        server = start(configuration=f"{CONFIGURATION}models: {models}\n", model=None)
        people = People(server)
        with people.browser("bob") as bob:
            one = bob.post("/api/v1/conversations", json={"settings": {"model": "endless"}}).json()["id"]
            bob.post(f"/api/v1/conversations/{one}/messages", json={"role": "user", "content": "?"}).raise_for_status()
            assert bob.post(f"/api/v1/conversations/{one}/answers", json={}).status_code == 202
            until(lambda: upstream.requests, "the answer begins")
        assert not ended
        people.admin.delete(f"/api/v1/users/{people.ids['bob']}").raise_for_status()
        until(lambda: ended, "nobody is asked to go on")
        assert traces(server.folder, people.ids["bob"]) == {}
        people.close()
