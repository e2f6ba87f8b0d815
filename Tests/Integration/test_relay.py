"""llama-server's own endpoints through the platform."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.models import adapter
from support.polling import until
from support.program import MODEL
from support.servers import NAME, Nexus
from support.talk import SUM

Start = Callable[..., Nexus]
BODY = {"prompt": "Once upon a time", "n_predict": 8, "temperature": 0, "ignore_eos": True}
PROMPT = "What is the capital of France? What is 3 + 4? Tell me about the green tree."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    """Serves the starter model as it is, and once more with an adapter, slots that are saved, and two servers."""
    folder = tmp_path_factory.mktemp("relay")
    adapter(folder / "a.gguf", 1)
    (folder / "slots").mkdir()
    server = Nexus(folder)
    arguments = ["--lora", f"{folder}/a.gguf", "--lora-init-without-apply", "--slot-save-path", f"{folder}/slots"]
    for name, more in (("adapted", {"arguments": arguments, "parallel": 2}), ("twins", {"replicas": 2})):
        answer = server.http.post("/api/v1/deployments", json={"name": name, "model": str(MODEL), **more})
        assert answer.status_code == 201, answer.text
    yield server
    server._note_workers()
    server.stop()


def write(server: Nexus, **more: Any) -> str:
    body = {
        "model": "adapted", "prompt": PROMPT, "n_predict": 24, "temperature": 0, "ignore_eos": True,
        "cache_prompt": False}
    answer = server.http.post("/completion", json=body | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["content"]


def test_tokens_there_and_back(server: Nexus) -> None:
    tokens = server.http.post("/tokenize", json={"content": PROMPT}).json()["tokens"]
    assert len(tokens) > 5
    assert server.http.post("/detokenize?model=adapted", json={"tokens": tokens}).json()["content"] == PROMPT
    prompt = server.http.post("/apply-template", json={"messages": SUM, "model": "adapted"}).json()["prompt"]
    assert SUM[0]["content"] in prompt


def test_adapters_through_the_platform(server: Nexus) -> None:
    def adapters() -> list[dict[str, Any]]:
        return server.http.get("/lora-adapters?model=adapted").json()

    assert [entry["scale"] for entry in adapters()] == [0] and adapters()[0]["path"].endswith("a.gguf")
    base = write(server)
    changed = server.http.post("/lora-adapters?model=adapted", json=[{"id": 0, "scale": 4.0}])
    assert changed.status_code == 200 and changed.json() == {"success": True}
    assert [entry["scale"] for entry in adapters()] == [4] and write(server) != base
    assert write(server, lora=[{"id": 0, "scale": 0}]) == base
    server.http.post("/lora-adapters?model=adapted", json=[])
    assert write(server) == base
    bad = server.http.post("/lora-adapters?model=adapted", json=[{"id": 7, "scale": 1}])
    assert bad.status_code == 400 and bad.json()["error"]["message"]
    assert server.http.get(f"/lora-adapters?model={NAME}").json() == []
    gone = server.http.delete("/lora-adapters/9?model=adapted")
    assert gone.status_code == 404 and gone.json()["error"]["param"] == "id"


def test_one_of_several_servers_is_not_changed(server: Nexus) -> None:
    refused = server.http.post("/lora-adapters?model=twins", json=[])
    assert refused.status_code == 409 and "2 equal servers" in refused.json()["error"]["message"]


def test_properties_slots_and_cache(server: Nexus) -> None:
    props = server.http.get("/props?model=adapted").json()
    assert props["total_slots"] == 2 and props["chat_template"]
    assert server.http.get("/props").json()["model_path"].endswith("tiny-chat.gguf")
    write(server, cache_prompt=True)
    assert len(server.http.get("/slots?model=adapted").json()) == 2
    nodes = server.http.get("/cache?model=adapted").json()["nodes"]
    assert nodes
    leaf = next(node for node in nodes if node["children"] == 0)
    assert server.http.delete(f"/cache/{leaf['id']}?model=adapted").status_code == 200
    saved = server.http.post("/slots/0?action=save&model=adapted", json={"filename": "s.bin"})
    assert saved.status_code in (200, 409), saved.text
    erased = server.http.post("/slots/0?action=erase&model=adapted", json={})
    assert erased.status_code == 200 and "n_erased" in erased.json()


def test_slots_are_saved_and_restored(server: Nexus) -> None:
    write(server, id_slot=1, cache_prompt=True)
    saved = server.http.post("/slots/1?action=save&model=adapted", json={"filename": "one.bin"})
    assert saved.status_code == 200 and saved.json()["n_saved"] > 0, saved.text
    restored = server.http.post("/slots/1?action=restore&model=adapted", json={"filename": "one.bin"})
    assert restored.status_code == 200 and restored.json()["n_restored"] == saved.json()["n_saved"]


def test_completions_in_llama_servers_shape(server: Nexus) -> None:
    whole = server.http.post("/completion", json=BODY).json()
    assert whole["stop"] is True and whole["tokens_predicted"] == 8 and whole["stop_type"] == "limit"
    lines = server.http.post(
        "/completions", json={**BODY, "stream": True}).text.split("\n\n")
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert "".join(chunk["content"] for chunk in chunks) == whole["content"] and chunks[-1]["stop"] is True


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/tokenize?model=nobody", {"content": "x"}, 404), ("POST", "/tokenize", {"content": 5}, 400),
        ("POST", "/slots/x?action=erase", {}, 404),
        ("POST", "/slots/99?action=erase", {}, 400), ("POST", "/slots/0?action=dance", {}, 400),
        ("DELETE", "/cache/abc", None, 404), ("DELETE", "/lora-adapters/%2e%2e", None, 400),
        ("POST", "/lora-adapters", {"id": 0}, 400), ("POST", "/infill", {"input_prefix": "a"}, 400),
        ("GET", "/props?model=" + "x" * 300, None, 400), ("POST", "/apply-template", {"messages": 5}, 400),
    ], ids=str)
def test_what_is_wrong_is_said_in_openais_shape(
    server: Nexus, method: str, path: str, body: Any, status: int
) -> None:
    answer = server.http.request(method, path, json=body)
    assert answer.status_code in (status, 501 if "slots" in path else status), answer.text
    if "error" in answer.json():
        assert answer.json()["error"]["message"]


def test_what_only_looks_wakes_nobody(start: Start) -> None:
    server = start(configuration=f"models:\n  {NAME}:\n    path: {MODEL}\n    autostart: false\n", model=None)
    for path in ("/slots", "/cache"):
        answer = server.http.get(path)
        assert answer.status_code == 503 and "not in memory" in answer.json()["error"]["message"]
    assert server.worker()["state"] == "stopped"
    assert server.http.get("/props").status_code == 200
    until(lambda: server.http.get("/slots").status_code == 200, "slots")


def test_moderation_is_refused_with_a_reason(server: Nexus) -> None:
    answer = server.http.post("/v1/moderations", json={"input": "x"})
    assert answer.status_code == 501 and answer.json()["error"]["code"] == "not_supported"
    assert answer.json()["error"]["hint"]


def test_models_are_listed_with_what_clients_read(start: Start) -> None:
    server = start()
    made = server.http.post(
        "/api/v1/deployments", json={"name": "named", "model": str(MODEL), "aliases": ["gpt-4o", "other"]})
    assert made.status_code == 201
    models = {model["id"]: model for model in server.http.get("/v1/models").json()["data"]}
    assert models["named"]["aliases"] == ["named", "gpt-4o", "other"]
    assert models["named"]["owned_by"] and models["named"]["created"] > 1_600_000_000
    assert server.http.get("/v1/models/gpt-4o").json()["id"] == "named"
    answer = httpx.post(f"{server.url}/v1/chat/completions", json={"model": "gpt-4o", "messages": SUM}, timeout=60)
    assert answer.status_code == 200


def test_an_adapter_is_forgotten_with_its_worker(tmp_path: Path, server: Nexus) -> None:
    server.http.post("/lora-adapters?model=adapted", json=[{"id": 0, "scale": 2.0}])
    answer = server.http.post("/api/v1/deployments/adapted/restart", json={})
    assert answer.status_code == 200, answer.text
    server._note_workers()
    assert [entry["scale"] for entry in server.http.get("/lora-adapters?model=adapted").json()] == [0]
