"""Secrets at rest: sealed in the database, used, and shown nowhere."""

import json
import secrets
import sqlite3
import stat
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from support.servers import Nexus, command

KEY = "sk-canary-" + secrets.token_hex(12)


class Upstream(ThreadingHTTPServer):
    """A server elsewhere that only notes which keys it is given."""

    def __init__(self) -> None:
        self.keys: list[str | None] = []
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                upstream.keys.append(self.headers.get("Authorization"))
                length = int(self.headers.get("Content-Length", 0))
                self.rfile.read(length)
                body = b'{"object": "list", "data": []}'
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *arguments: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def upstream():
    server = Upstream()
    yield server
    server.shutdown()
    server.server_close()


def everything(folder: Path) -> bytes:
    """All that is kept: every file of the data directory but the key's own."""
    return b"".join(
        path.read_bytes() for path in sorted((folder / "data").rglob("*"))
        if path.is_file() and path.name != "secrets.key")


def specs(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "data" / "nexus.db") as database:
        return [row[0] for row in database.execute("SELECT spec FROM deployment_versions WHERE deployment = 'far'")]


def deploy(server: Nexus, url: str, key: str) -> httpx.Response:
    return server.http.post("/api/v1/deployments", json={
        "name": "far", "kind": "remote", "url": url, "api_key": key, "start": True})


def ask(server: Nexus) -> None:
    server.http.post("/v1/chat/completions", json={"model": "far", "messages": [{"role": "user", "content": "?"}]})


def test_a_key_is_sealed_used_and_shown_nowhere(start: Callable[..., Nexus], upstream: Upstream) -> None:
    server = start("--log-level", "trace")
    assert deploy(server, upstream.url, KEY).status_code == 201
    ask(server)
    assert f"Bearer {KEY}" in upstream.keys
    shown = [server.http.get(path).text for path in (
        "/api/v1/deployments", "/api/v1/deployments/far", "/api/v1/deployments/far/versions", "/api/v1/audit",
        "/api/v1/audit/export", "/api/v1/deployments/far/logs", "/metrics", "/api/v1/secrets")]
    assert not any(KEY in text for text in shown)
    assert "sealed:v1:" in specs(server.folder)[0]
    server.stop()
    assert KEY.encode() not in everything(server.folder)
    assert not any(KEY in line for line in server.errors + server.output)
    # It opens again.
    upstream.keys.clear()
    again = start(folder=server.folder)
    ask(again)
    assert f"Bearer {KEY}" in upstream.keys


def test_the_key_file_is_private_and_said_once(start: Callable[..., Nexus]) -> None:
    server = start()
    file = server.folder / "data" / "secrets.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    notes = [line for line in server.logs() if "key for secrets was made" in line.get("message", line.get("msg", ""))]
    assert len(notes) == 1, server.errors[:5]
    text = file.read_text().splitlines()[-1]
    assert not any(text in line for line in server.errors)
    server.stop()
    file.chmod(0o644)
    done = command(server.folder, "secrets", "list", "--data-dir", server.folder / "data")
    assert done.returncode != 0 and "chmod 600" in done.stderr
    file.chmod(0o600)
    file.write_text("short\n")
    done = command(server.folder, "secrets", "list", "--data-dir", server.folder / "data")
    assert done.returncode != 0 and "32 random bytes" in done.stderr and "short" not in done.stderr


def test_secrets_have_names_and_are_never_told(start: Callable[..., Nexus], upstream: Upstream) -> None:
    server = start()
    data = ("--data-dir", server.folder / "data")
    done = command(server.folder, "secrets", "set", "openai", *data, stdin=KEY + "\n")
    assert done.returncode == 0, done.stderr
    done = command(server.folder, "secrets", "list", *data)
    assert "openai" in done.stdout and KEY not in done.stdout
    assert deploy(server, upstream.url, "secret:openai").status_code == 201
    ask(server)
    assert f"Bearer {KEY}" in upstream.keys
    assert KEY.encode() not in everything(server.folder)
    actions = [entry["action"] for entry in server.http.get("/api/v1/audit").json()["entries"]]
    assert "secret_changed" in actions and "secret_read" in actions
    assert command(server.folder, "secrets", "rm", "openai", *data).returncode == 0
    assert command(server.folder, "secrets", "rm", "openai", *data).returncode != 0
    for name, body in (("a b", {"value": "x"}), ("x" * 129, {"value": "x"}), ("x", {"value": ""}), ("x", {}),
                       ("x", {"value": 7}), ("x", {"value": "a\nb"}), ("x", {"value": "y" * 16_385})):
        answer = server.http.put(f"/api/v1/secrets/{name}", json=body)
        assert answer.status_code == 400 and "yyy" not in answer.text, (name, body)


def test_a_new_key_seals_everything_and_the_old_one_goes(start: Callable[..., Nexus], upstream: Upstream) -> None:
    server = start()
    deploy(server, upstream.url, KEY)
    server.http.put("/api/v1/secrets/one", json={"value": "first-secret"}).raise_for_status()
    before = server.http.get("/api/v1/secrets").json()
    old = (server.folder / "data" / "secrets.key").read_text().splitlines()[-1]
    for _ in range(2):
        answer = server.http.post("/api/v1/secrets/rotate").json()
        assert answer["sealed"] == 3, "the secret, the deployment and the signing keys"
    after = server.http.get("/api/v1/secrets").json()
    assert after["key"]["id"] != before["key"]["id"] and after["secrets"][0]["key"] == after["key"]["id"]
    assert before["key"]["id"] not in specs(server.folder)[0]
    file = server.folder / "data" / "secrets.key"
    assert old not in file.read_text() and stat.S_IMODE(file.stat().st_mode) == 0o600
    server.stop()
    upstream.keys.clear()
    again = start(folder=server.folder)
    ask(again)
    assert f"Bearer {KEY}" in upstream.keys


def test_a_key_of_the_environment_and_of_a_credential(start: Callable[..., Nexus], tmp_path: Path) -> None:
    key = secrets.token_hex(32)
    server = start(variables={"NEXUS_SECRETS_KEY": key})
    assert server.http.get("/api/v1/secrets").json()["key"]["source"] == "configuration"
    assert not (server.folder / "data" / "secrets.key").exists()
    server.http.put("/api/v1/secrets/one", json={"value": "first-secret"}).raise_for_status()
    server.stop()
    # The same key as a credential; a newer one before it.
    (tmp_path / "nexus-secrets-key").write_text(secrets.token_hex(32) + "\n" + key + "\n")
    server = start(folder=server.folder, variables={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    listed = server.http.get("/api/v1/secrets").json()
    assert listed["key"]["source"] == "credential" and listed["secrets"][0]["key"] != listed["key"]["id"]
    assert server.http.post("/api/v1/secrets/rotate").json()["sealed"] == 2
    server.stop()
    file = tmp_path / "key"
    file.write_text((tmp_path / "nexus-secrets-key").read_text().splitlines()[0] + "\n")
    file.chmod(0o600)
    server = start(folder=server.folder, variables={"NEXUS_SECRETS_KEY_FILE": str(file)})
    assert server.http.post("/api/v1/secrets/rotate").json()["sealed"] == 0


def test_without_its_key_a_secret_stays_closed_and_the_server_runs(
        start: Callable[..., Nexus], upstream: Upstream) -> None:
    server = start()
    deploy(server, upstream.url, KEY)
    server.http.put("/api/v1/secrets/one", json={"value": "first-secret"}).raise_for_status()
    server.stop()
    (server.folder / "data" / "secrets.key").unlink()
    upstream.keys.clear()
    again = start(folder=server.folder)
    ask(again)
    assert set(upstream.keys) <= {None}
    assert any("cannot be opened" in line for line in again.errors)
    answer = again.http.post("/api/v1/secrets/rotate")
    assert answer.status_code == 409 and "none was changed" in answer.text


def test_what_was_written_before_there_was_a_key_is_sealed_at_the_start(
        start: Callable[..., Nexus], upstream: Upstream) -> None:
    server = start()
    deploy(server, upstream.url, KEY)
    server.stop()
    with sqlite3.connect(server.folder / "data" / "nexus.db") as database:
        plain = json.dumps({"kind": "remote", "url": upstream.url, "api_key": KEY, "replicas": 1})
        database.execute("UPDATE deployment_versions SET spec = ? WHERE deployment = 'far'", (plain,))
    upstream.keys.clear()
    again = start(folder=server.folder)
    assert KEY not in specs(again.folder)[0]
    ask(again)
    assert f"Bearer {KEY}" in upstream.keys


NAMED = "canary-provider"


def configured(upstream: Upstream, name: str = NAMED) -> str:
    return f"models: {{far: {{url: '{upstream.url}', apiKey: 'secret:{name}'}}}}"


def test_a_key_of_the_configuration_may_be_a_secret_s_name(
        start: Callable[..., Nexus], upstream: Upstream, tmp_path: Path) -> None:
    data = ("--data-dir", tmp_path / "data")
    done = command(tmp_path, "secrets", "set", NAMED, *data, stdin=KEY + "\n")
    assert done.returncode == 0, done.stderr
    server = start("--log-level", "trace", folder=tmp_path, configuration=configured(upstream), model=None)
    ask(server)
    assert upstream.keys and set(upstream.keys) == {f"Bearer {KEY}"}
    # Who looks at the configuration sees the name of the secret at most.
    shown = [server.http.get(path).text for path in (
        "/api/v1/deployments", "/api/v1/deployments/far", "/api/v1/deployments/far/logs", "/api/v1/audit", "/metrics")]
    shown.append(command(tmp_path, "config", "show", "--format", "json", *data).stdout)
    assert not any(KEY in text for text in shown)
    assert "secret_read" in server.http.get("/api/v1/audit").text
    server.stop()
    assert not any(KEY in line for line in server.errors + server.output)
    assert KEY.encode() not in everything(tmp_path)


def test_a_secret_that_is_not_there_is_told_and_nothing_is_sent(
        start: Callable[..., Nexus], upstream: Upstream) -> None:
    server = start("--log-level", "trace", configuration=configured(upstream), model=None)
    answer = server.http.post(
        "/v1/chat/completions", json={"model": "far", "messages": [{"role": "user", "content": "?"}]})
    assert answer.status_code == 503 and f"There is no secret '{NAMED}'" in answer.text, answer.text
    report = server.http.get("/api/v1/deployments/far").json()
    assert f"There is no secret '{NAMED}'" in report.get("failure", ""), (report, answer.text)
    assert upstream.keys == [], "the name of a secret is no key"
    assert any(f"There is no secret '{NAMED}'" in line for line in server.errors), "operators read it in the log"
    server.http.put(f"/api/v1/secrets/{NAMED}", json={"value": KEY}).raise_for_status()
    server.http.post("/api/v1/deployments/far/start").raise_for_status()
    ask(server)
    assert upstream.keys and set(upstream.keys) == {f"Bearer {KEY}"}
    assert not any(KEY in line for line in server.errors + server.output)
