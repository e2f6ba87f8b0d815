"""Converted models in the catalogue: by the terminal, with a running server and without one, from a hub's checkpoint to an answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from support.checkpoints import LLAMA3, Decoder, byte_level
from support.hub import Hub
from support.program import MODEL
from support.servers import Engine, Nexus, command

Start = Callable[..., Nexus]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "small-model"
    byte_level(folder, LLAMA3, begins=True, ignore_merges=True)
    return Decoder(folder, "Llama", 416).save()


def convert(folder: Path, *arguments: str | Path) -> dict[str, Any]:
    done = command(folder, "models", "convert", *arguments, "--data-dir", folder / "data", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def models(folder: Path) -> list[dict[str, Any]]:
    done = command(folder, "models", "list", "--data-dir", folder / "data", "--json")
    assert done.returncode == 0, done.stderr
    return [model for model in json.loads(done.stdout)["models"] if model["name"] != "tiny-chat"]


def test_without_a_file_it_goes_into_the_models_folder(checkpoint: Path, tmp_path: Path) -> None:
    answer = convert(tmp_path, checkpoint, "--type", "q8_0")
    assert Path(answer["file"]).resolve() == (tmp_path / "data/models/small-model-Q8_0.gguf").resolve()
    assert answer["model"] == "small-model:Q8_0"
    [model] = models(tmp_path)
    assert model["name"] == "small-model:Q8_0" and model["state"] == "downloaded"
    assert model["origin"] == {"kind": "made", "from": str(checkpoint), "how": "converted to Q8_0"}
    assert model["metadata"]["quantization"] == "Q8_0" and model["metadata"]["license"] == "mit"
    # A second conversion of it is another file of the same model.
    convert(tmp_path, checkpoint, "--type", "q8_0", "--force")
    assert [model["name"] for model in models(tmp_path)] == ["small-model:Q8_0"]
    removed = command(tmp_path, "models", "rm", "small-model:Q8_0", "--data-dir", tmp_path / "data")
    assert removed.returncode == 0 and not Path(answer["file"]).exists(), "what was made here goes with its model"


def test_a_running_server_learns_of_it(checkpoint: Path, tmp_path: Path, start: Start) -> None:
    server = start(folder=tmp_path)
    assert convert(tmp_path, checkpoint, tmp_path / "data/models/other.gguf")["model"] == "other"
    model = server.http.get("/api/v1/models/other").json()
    assert model["state"] == "downloaded" and model["origin"]["how"] == "converted to F16"
    events = server.http.get("/api/v1/models/other/events").json()["events"]
    assert [event["event"] for event in events] == ["files_found"]


def test_elsewhere_only_when_it_is_asked_for(checkpoint: Path, tmp_path: Path) -> None:
    assert "model" not in convert(tmp_path, checkpoint, tmp_path / "plain.gguf")
    assert models(tmp_path) == []
    assert convert(tmp_path, checkpoint, "asked.gguf", "--add")["model"] == "asked"
    assert [model["name"] for model in models(tmp_path)] == ["asked"]
    wrong = command(
        tmp_path, "models", "convert", checkpoint, "asked.bin", "--add", "--data-dir", tmp_path / "data")
    assert wrong.returncode == 1 and ".gguf" in wrong.stderr and not (tmp_path / "asked.bin").exists()


def test_a_checkpoint_of_the_hub_by_its_name(checkpoint: Path, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
    hub = Hub()
    hub.add("maker/small", files, set(files) - {"model.safetensors"})
    data = ["--data-dir", tmp_path / "data", "--hub.url", hub.url]
    done = command(tmp_path, "models", "download", "maker/small", *data)
    hub.close()
    assert done.returncode == 0, done.stderr
    answer = convert(tmp_path, "maker/small", "--type", "f32")
    assert answer["architecture"] == "llama" and answer["model"] == "small:F32"
    made = next(model for model in models(tmp_path) if model["name"] == "small:F32")
    assert made["origin"]["from"] == "maker/small"
    engine = Engine(tmp_path, model=Path(answer["file"]))
    with engine.client() as client:
        # Random weights may well say that they are done.
        answer = client.completions.create(
            model="any", prompt="the sun", max_tokens=3, extra_body={"ignore_eos": True})
        assert answer.usage.completion_tokens == 3
    engine.stop()


def test_what_is_no_checkpoint_is_named(tmp_path: Path, start: Start) -> None:
    server = start(folder=tmp_path)
    nothing = command(tmp_path, "models", "convert", "nobody/nothing", "--data-dir", tmp_path / "data")
    assert nothing.returncode == 1 and "neither a folder nor a model" in nothing.stderr
    path = command(tmp_path, "models", "convert", "./nothing", "--data-dir", tmp_path / "data")
    assert path.returncode == 1 and "No such file" in path.stderr
    ready = command(tmp_path, "models", "convert", "tiny-chat", "--data-dir", tmp_path / "data")
    assert ready.returncode == 1 and "its format is gguf" in ready.stderr
    body = {"path": str(tmp_path), "made": {"how": "converted"}}
    refused = server.http.post("/api/v1/models/import", json=body)
    assert refused.status_code == 400 and refused.json()["parameter"] == "made"
    refused = server.http.post("/api/v1/models/import", json={"path": str(MODEL), "made": {"from": "x"}})
    assert refused.status_code == 400 and "how" in refused.text
    assert server.http.get(f"/api/v1/models/{quote('nobody/nothing', safe='')}").status_code == 404
