"""Small model files, stores of other programs, and what the catalogue says of them."""

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gguf
import numpy

from .program import MODEL
from .servers import Nexus

PREFIX = "application/vnd.ollama.image."


def small(path: Path, name: str = "small", **metadata: int) -> Path:
    """A GGUF file with one small tensor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_context_length(2048)
    for key, value in metadata.items():
        writer.add_uint16(key.replace("_", "."), value)
    writer.add_tensor("token_embd.weight", numpy.zeros((8, 32), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def blob(store: Path, content: bytes) -> tuple[str, int]:
    digest = hashlib.sha256(content).hexdigest()
    (store / "blobs").mkdir(parents=True, exist_ok=True)
    (store / "blobs" / f"sha256-{digest}").write_bytes(content)
    return f"sha256:{digest}", len(content)


def ollama_store(store: Path, name: str = "library/greeter", tag: str = "1.8m", **layers: bytes) -> Path:
    """A store as Ollama writes it, with the starter model."""
    parts = {"model": MODEL.read_bytes()} | layers
    entries = []
    for kind, content in parts.items():
        digest, size = blob(store, content)
        entries.append({"mediaType": PREFIX + kind, "digest": digest, "size": size})
    config, size = blob(store, json.dumps({"model_format": "gguf"}).encode())
    manifest = store / "manifests" / "registry.ollama.ai" / name / tag
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": config, "size": size},
        "layers": entries}))
    return store


def take_in(server: Nexus, path: Path, **more: str) -> dict[str, Any]:
    answer = server.http.post("/api/v1/models/import", json={"path": str(path), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def show(server: Nexus, name: str) -> dict[str, Any]:
    answer = server.http.get("/api/v1/models/" + quote(name, safe=""))
    assert answer.status_code == 200, answer.text
    return answer.json()


def state(server: Nexus, name: str) -> str | None:
    """Its state; none while the catalogue does not know it."""
    return server.http.get(f"/api/v1/models/{quote(name, safe='')}").json().get("state")


def changes(server: Nexus, name: str) -> list[str]:
    """What happened, oldest first."""
    events = server.http.get(f"/api/v1/models/{quote(name, safe='')}/events").json()["events"]
    return [event["event"] for event in reversed(events)]
