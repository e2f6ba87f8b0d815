"""When a credential ends, so does everything that was begun with it: streams, sockets, and what nobody waits for yet."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from support.people import CONFIGURATION, PASSWORD, People
from support.polling import until
from support.servers import Nexus
from support.upstream import Handler, Upstream
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

NAME = "endless"
STORY = [{"role": "user", "content": "Tell me a story"}]


def talk(handler: Handler) -> None:
    """A word every now and then, for as long as somebody listens."""
    upstream: Upstream = handler.server.upstream  # type: ignore[attr-defined]
    handler.begin()
    while not upstream.over.wait(0.02):
        handler.chunk("word ")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with Upstream(talk) as upstream:
        models = json.dumps({NAME: {"url": upstream.url}})
        server = Nexus(
            tmp_path_factory.mktemp("ended"), configuration=f"{CONFIGURATION}models: {models}\n", model=None)
        people = People(server)
        yield people
        people.close()
        server.stop()


def cookie(client: httpx.Client) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def open_socket(people: People, headers: dict[str, str]) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{people.server.port}/api/v1/chat/socket", additional_headers=headers, max_size=None)


class Stream(threading.Thread):
    """A story that is read as it is written, until it ends or breaks off."""

    def __init__(self, people: People, headers: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.url = people.server.url + "/v1/chat/completions"
        self.headers = headers
        self.lines: list[str] = []
        self.broke_off = False
        self.start()

    def run(self) -> None:
        body = {"model": NAME, "messages": STORY, "stream": True}
        try:
            with httpx.stream("POST", self.url, json=body, headers=self.headers, timeout=60) as answer:
                assert answer.status_code == 200
                for line in answer.iter_lines():
                    self.lines.append(line)
        except httpx.HTTPError:
            self.broke_off = True

    def is_going(self) -> bool:
        return len(self.lines) > 3 and self.is_alive()

    def has_ended(self) -> bool:
        return not self.is_alive() and self.broke_off and not any("[DONE]" in line for line in self.lines)


def closing(socket: ClientConnection) -> tuple[int, str]:
    """How the server closes a socket."""
    while True:
        try:
            socket.recv(timeout=30)
        except ConnectionClosed as error:
            assert error.rcvd is not None, "without a close frame"
            return error.rcvd.code, error.rcvd.reason


def credentials(people: People, name: str) -> dict[str, tuple[dict[str, str], Callable[[], Any]]]:
    """Each kind of credential of a user's, with what ends it."""
    with people.browser(name) as browser:
        session = cookie(browser)
        made = browser.post("/api/v1/tokens", json={"refresh": True}).json()
    key = people.key(name)
    with people.client(key["key"]) as client:
        of_key = client.post("/api/v1/tokens", json={}).json()

    def end_session() -> None:
        answer = httpx.delete(people.server.url + "/api/v1/session", headers=session)
        assert answer.status_code in (200, 204), answer.text

    def revoke(token: str) -> None:
        answer = httpx.post(people.server.url + "/api/v1/tokens/revoke", json={"token": token})
        assert answer.status_code == 200, answer.text

    return {
        "key": (bearer(key["key"]), lambda: people.admin.delete(f"/api/v1/keys/{key['id']}").raise_for_status()),
        "token": (bearer(of_key["access_token"]), lambda: revoke(of_key["access_token"])),
        "family": (bearer(made["access_token"]), lambda: revoke(made["refresh_token"])),
        "session": (session, end_session),
    }


@pytest.mark.parametrize("kind", ["key", "token", "family", "session"])
def test_its_end_ends_streams_and_sockets(people: People, kind: str) -> None:
    name = f"person-{kind}"
    people.make(name)
    headers, end = credentials(people, name)[kind]
    others = people.key("carl")
    with open_socket(people, headers) as socket, open_socket(people, bearer(others["key"])) as bystander:
        socket.send(json.dumps({"type": "start", "id": "a", "body": {"model": NAME, "messages": STORY}}))
        assert json.loads(socket.recv(timeout=30))["id"] == "a"
        stream = Stream(people, headers)
        until(stream.is_going, "the story begins")
        end()
        code, reason = closing(socket)
        assert code == 1008 and ("ended" in reason or "revoked" in reason), reason
        until(stream.has_ended, "the story breaks off")
        bystander.send(json.dumps({"type": "ping"}))
        assert json.loads(bystander.recv(timeout=30)) == {"type": "pong"}
    answer = httpx.get(people.server.url + "/v1/models", headers=headers)
    assert answer.status_code == 401


def test_a_user_who_is_disabled_or_removed_is_gone_everywhere(people: People) -> None:
    for name, end in {
        "disabled": lambda id: people.admin.patch(f"/api/v1/users/{id}", json={"disabled": True}),
        "removed": lambda id: people.admin.delete(f"/api/v1/users/{id}"),
    }.items():
        id = people.make(name)
        found = credentials(people, name)
        sockets = [open_socket(people, headers) for headers, _ in found.values()]
        streams = [Stream(people, headers) for headers, _ in list(found.values())[:2]]
        for stream in streams:
            until(stream.is_going, "the story begins")
        answer = end(id)
        assert answer.status_code in (200, 204), answer.text
        assert [closing(socket)[0] for socket in sockets] == [1008] * len(sockets)
        for stream in streams:
            until(stream.has_ended, "the story breaks off")


def test_rights_that_change_close_sockets_which_asked_with_the_old_ones(people: People) -> None:
    id = people.make("demoted")
    key = people.key("demoted")["key"]
    with open_socket(people, bearer(key)) as socket:
        people.admin.patch(f"/api/v1/users/{id}", json={"role": "viewer"}).raise_for_status()
        code, reason = closing(socket)
        assert code == 1008 and "changed" in reason
    with pytest.raises(Exception, match="403"):
        open_socket(people, bearer(key))


def test_an_answer_that_is_not_streamed_ends_too(people: People) -> None:
    people.make("waiting")
    key = people.key("waiting")
    broke_off = []

    def ask() -> None:
        body = {"model": NAME, "messages": STORY}
        try:
            answer = httpx.post(
                people.server.url + "/v1/chat/completions", json=body, headers=bearer(key["key"]), timeout=60)
            broke_off.append(f"{answer.status_code}")
        except httpx.HTTPError as error:
            broke_off.append(type(error).__name__)

    thread = threading.Thread(target=ask)
    thread.start()

    def is_used() -> bool:
        keys = people.admin.get("/api/v1/keys").json()["keys"]
        return next(one for one in keys if one["id"] == key["id"])["last_used_at"] is not None

    until(is_used, "the key was used")
    people.admin.delete(f"/api/v1/keys/{key['id']}").raise_for_status()
    thread.join(30)
    assert broke_off and broke_off[0] != "200", broke_off


def test_signing_out_answers_and_ends_only_its_own(people: People) -> None:
    with people.browser("bob") as one, people.browser("bob") as two:
        with open_socket(people, cookie(one)) as first, open_socket(people, cookie(two)) as second:
            assert one.delete("/api/v1/session").status_code in (200, 204)
            assert closing(first)[0] == 1008
            second.send(json.dumps({"type": "ping"}))
            assert json.loads(second.recv(timeout=30)) == {"type": "pong"}


def test_the_first_user_ends_what_nobody_signed_in_for(start: Callable[..., Nexus]) -> None:
    server = start(configuration=CONFIGURATION)
    with connect(f"ws://127.0.0.1:{server.port}/api/v1/chat/socket") as socket:
        made = server.http.post("/api/v1/users", json={"name": "ada", "role": "admin", "password": PASSWORD})
        assert made.status_code == 201
        code, reason = closing(socket)
        assert code == 1008 and "sign in" in reason


def begin_in_background(people: People, headers: dict[str, str]) -> str:
    body = {"model": NAME, "input": "Tell me a story", "background": True}
    answer = httpx.post(people.server.url + "/v1/responses", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def stored(people: People, response: str) -> dict[str, Any]:
    with sqlite3.connect(people.server.folder / "data" / "nexus.db") as database:
        row = database.execute("SELECT body FROM api_responses WHERE id = ?", (response,)).fetchone()
    return json.loads(row[0]) if row else {}


@pytest.mark.parametrize("kind", ["key", "token", "family", "session"])
def test_its_end_ends_what_is_written_in_the_background(people: People, kind: str) -> None:
    name = f"writer-{kind}"
    people.make(name)
    headers, end = credentials(people, name)[kind]
    mine, others = begin_in_background(people, headers), begin_in_background(people, bearer(people.key("carl")["key"]))
    until(lambda: stored(people, mine)["status"] == "in_progress", "the story begins")
    end()
    failed = until(lambda: (found := stored(people, mine))["status"] == "failed" and found, "the story ends")
    assert "ended" in failed["error"]["message"] or "revoked" in failed["error"]["message"]
    assert stored(people, others)["status"] in ("queued", "in_progress")
    httpx.post(
        f"{people.server.url}/v1/responses/{others}/cancel", headers=bearer(people.key("carl")["key"]), timeout=60
    ).raise_for_status()


def test_the_background_ends_with_a_user_who_is_disabled_or_removed(people: People) -> None:
    id = people.make("paused")
    mine = begin_in_background(people, bearer(people.key("paused")["key"]))
    until(lambda: stored(people, mine)["status"] == "in_progress", "the story begins")
    people.admin.patch(f"/api/v1/users/{id}", json={"disabled": True}).raise_for_status()
    until(lambda: stored(people, mine)["status"] == "failed", "the story ends")
    people.admin.patch(f"/api/v1/users/{id}", json={"disabled": False}).raise_for_status()
    more = [begin_in_background(people, bearer(people.key("paused")["key"])) for _ in range(8)]
    people.admin.delete(f"/api/v1/users/{id}").raise_for_status()
    until(lambda: all(stored(people, one) == {} for one in [mine, *more]), "nothing is left of it")
