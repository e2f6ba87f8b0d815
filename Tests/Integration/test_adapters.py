"""LoRA adapters and control vectors through the worker's HTTP API."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.models import adapter, control_vector
from support.program import BINARIES, MODEL, environment
from support.servers import NAME, Engine

PROMPT = "What is the capital of France? What is 3 + 4? Tell me about the green tree."
#: One change must be the only one: exact numbers in the key-value cache and plain attention.
EXACT = ["-ctk", "f32", "-ctv", "f32", "-fa", "off", "-t", "1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("adapters")
    (place / "allowed").mkdir()
    for seed, name in enumerate(["a", "b", "allowed/c"]):
        adapter(place / f"{name}.gguf", seed)
    (place / "allowed" / "noise.gguf").write_bytes(bytes(range(256)) * 20)
    (place / "allowed" / "cut.gguf").write_bytes((place / "a.gguf").read_bytes()[:-100])
    (place / "allowed" / "link.gguf").symlink_to("../a.gguf")
    return place


@pytest.fixture(scope="module")
def engine(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    worker = Engine(
        tmp_path_factory.mktemp("worker"), "-np", "4", "-c", "4096", "--lora", f"{folder}/a.gguf,{folder}/b.gguf",
        "--lora-init-without-apply", "--lora-dir", str(folder / "allowed"), "--lora-max", "3", *EXACT)
    yield worker
    worker.stop()


def write(engine: Engine, lora: object = None, **more: object) -> str:
    body: dict[str, Any] = {
        "model": NAME, "prompt": PROMPT, "max_tokens": 24, "temperature": 0, "ignore_eos": True, "cache_prompt": False}
    if lora is not None:
        body["lora"] = lora
    answer = httpx.post(f"{engine.url}/v1/completions", json=body | more, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["text"]


def adapters(engine: Engine) -> list[dict[str, Any]]:
    return httpx.get(f"{engine.url}/lora-adapters", timeout=10).json()


def scales(engine: Engine) -> dict[int, float]:
    return {entry["id"]: entry["scale"] for entry in adapters(engine)}


def post(engine: Engine, body: object, path: str = "/lora-adapters") -> httpx.Response:
    return httpx.post(f"{engine.url}{path}", json=body, timeout=60)


def one(number: int, scale: float = 1.0) -> list[dict[str, float]]:
    return [{"id": number, "scale": scale}]


def refused(answer: httpx.Response, status: int, parameter: str | None) -> str:
    """The message of an error, in OpenAI's shape or as problem details, which name no parameter."""
    body = answer.json()
    assert answer.status_code == status, answer.text
    if "error" not in body:
        return body["detail"]
    assert body["error"].get("param") == parameter, answer.text
    return body["error"]["message"]


def test_the_list_is_llama_servers(engine: Engine, folder: Path) -> None:
    first, second = adapters(engine)[:2]
    assert first["id"] == 0 and first["path"] == f"{folder}/a.gguf" and first["scale"] == 0
    assert first["task_name"] == "task 0" and first["prompt_prefix"] == ""
    assert second["id"] == 1 and second["path"] == f"{folder}/b.gguf" and second["users"] == 0


def test_scales_for_everybody_and_for_one_request(engine: Engine) -> None:
    base = write(engine)
    own = write(engine, one(0))
    assert own != base and scales(engine) == {0: 0, 1: 0}
    assert post(engine, one(0)).json() == {"success": True}
    try:
        assert scales(engine) == {0: 1, 1: 0}
        assert write(engine) == own
        assert write(engine, []) == own, "an empty list is none"
        assert write(engine, one(0, 0)) == base
        assert write(engine, one(1)) not in (own, base), "adapters that are not named are left out"
    finally:
        assert post(engine, []).json() == {"success": True}
    assert scales(engine) == {0: 0, 1: 0} and write(engine) == base


def test_requests_with_different_adapters_at_once(engine: Engine) -> None:
    # All different: rows of one set are computed together, and kernels round two rows otherwise than one.
    sets = [None, one(0), one(1), one(0, 0.3), one(0) + one(1, 0.5), one(1, -1)]
    alone = [write(engine, lora) for lora in sets]
    assert len(set(alone)) == 6
    with ThreadPoolExecutor(len(sets)) as pool:
        for _ in range(2):
            assert list(pool.map(lambda lora: write(engine, lora), sets)) == alone


def test_chats_have_adapters_too(engine: Engine) -> None:
    with engine.client() as client:
        def ask(**more: Any) -> str:
            answer = client.chat.completions.create(
                model=NAME, messages=[{"role": "user", "content": "What is 3 + 4?"}], temperature=0, max_tokens=16,
                extra_body=more)
            return answer.choices[0].message.content or ""

        assert "7" in ask() and ask(lora=one(0, 3.0)) != ask()


@pytest.mark.parametrize(
    ("lora", "parameter"),
    [
        (one(7), "lora[0].id"), (one(-1), "lora[0].id"), (one(2**40), "lora[0].id"), ([{"id": 0}], "lora[0].scale"),
        ([{"scale": 1}], "lora[0].id"), ({"0": 1}, "lora"), ("0", "lora"), (one(0) + one(1, 1e30), "lora[1].scale"),
        ([{"id": "0", "scale": 1}], "lora[0].id"), ([{"id": 0.5, "scale": 1}], "lora[0].id"),
    ])
def test_what_is_no_adapter(engine: Engine, lora: object, parameter: str) -> None:
    body = {"model": NAME, "prompt": PROMPT, "max_tokens": 1, "lora": lora}
    refused(post(engine, body, "/v1/completions"), 400, parameter)
    if isinstance(lora, list):
        refused(post(engine, lora), 400, parameter.removeprefix("lora"))
    assert scales(engine) == {0: 0, 1: 0}


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b'[{"id":0,"scale":NaN}]', b"7", b'"x"', b"\xff\xfe"])
def test_scales_that_are_no_list(engine: Engine, body: bytes) -> None:
    assert httpx.post(f"{engine.url}/lora-adapters", content=body, timeout=10).status_code == 400
    assert scales(engine) == {0: 0, 1: 0}


def test_one_comes_and_goes(engine: Engine, folder: Path) -> None:
    base = write(engine)
    answer = post(engine, {"path": "c.gguf", "scale": 0.5}, "/lora-adapters/load")
    assert answer.status_code == 200, answer.text
    number = answer.json()["id"]
    assert answer.json()["path"] == f"{folder}/allowed/c.gguf" and scales(engine)[number] == 0.5
    assert write(engine) != base and write(engine, one(number, 0)) == base
    full = post(engine, {"path": "c.gguf"}, "/lora-adapters/load")
    assert "as many as may be" in refused(full, 409, None)
    gone = httpx.delete(f"{engine.url}/lora-adapters/{number}", timeout=10)
    assert gone.status_code == 200 and number not in scales(engine)
    assert write(engine) == base
    body = {"model": NAME, "prompt": PROMPT, "lora": one(number)}
    refused(post(engine, body, "/v1/completions"), 400, "lora[0].id")
    refused(httpx.delete(f"{engine.url}/lora-adapters/{number}", timeout=10), 404, "id")
    for bad in ("x", "-1", "00", str(2**70)):
        assert httpx.delete(f"{engine.url}/lora-adapters/{bad}", timeout=10).status_code == 404


@pytest.mark.parametrize(
    "path", ["../a.gguf", "/etc/passwd", "link.gguf", "noise.gguf", "cut.gguf", "missing.gguf", "", ".", "x\x00y",
             "a" * 5000])
def test_files_that_clients_cannot_load(engine: Engine, path: str) -> None:
    refused(post(engine, {"path": path}, "/lora-adapters/load"), 400, "path")
    assert len(adapters(engine)) == 2
    assert httpx.get(f"{engine.url}/health", timeout=10).status_code == 200


def test_an_adapter_that_is_in_use_stays(engine: Engine) -> None:
    number = post(engine, {"path": "c.gguf", "scale": 0}, "/lora-adapters/load").json()["id"]
    body = {"model": NAME, "prompt": PROMPT, "max_tokens": 900, "ignore_eos": True, "stream": True, "lora": one(number)}
    with httpx.stream("POST", f"{engine.url}/v1/completions", json=body, timeout=60) as stream:
        next(stream.iter_lines())
        answer = httpx.delete(f"{engine.url}/lora-adapters/{number}", timeout=10)
        # The answer may have been whole by then; nothing else may have happened.
        if answer.status_code == 200:
            return
        assert "wait or run" in refused(answer, 409, "id")
        for _ in stream.iter_lines():
            pass
    assert httpx.delete(f"{engine.url}/lora-adapters/{number}", timeout=10).status_code == 200


def test_without_a_folder_nothing_is_loaded(tmp_path: Path, folder: Path) -> None:
    worker = Engine(tmp_path, "-np", "1", *EXACT)
    assert adapters(worker) == []
    message = refused(post(worker, {"path": f"{folder}/a.gguf"}, "/lora-adapters/load"), 400, "path")
    assert "no adapters while it runs" in message
    worker.stop()


def test_control_vectors_steer(tmp_path: Path) -> None:
    vector = control_vector(tmp_path / "v.gguf", layers=4, length=160, seed=1)
    plain = Engine(tmp_path, "-np", "1", *EXACT)
    base = write(plain)
    plain.stop()
    answers = []
    for options in (["--control-vector", str(vector)], ["--control-vector-scaled", f"{vector}:-1"],
                    ["--control-vector", str(vector), "--control-vector-layer-range", "2", "3"],
                    ["--control-vector-scaled", f"{vector}:0"]):
        worker = Engine(tmp_path, "-np", "1", *EXACT, *options)
        answers.append(write(worker))
        worker.stop()
    assert len({base, *answers[:3]}) == 4 and answers[3] == base


@pytest.mark.parametrize(
    ("layers", "length", "part"), [(5, 160, "layer 5"), (4, 161, "161 numbers"), (0, 160, "no directions")])
def test_a_control_vector_that_does_not_fit_ends_the_start(
    tmp_path: Path, layers: int, length: int, part: str
) -> None:
    vector = control_vector(tmp_path / "v.gguf", layers, length, seed=1)
    done = subprocess.run(
        [BINARIES / "nexus-engine", "--model", MODEL, "--port", "0", "--control-vector", vector],
        env=environment(tmp_path), capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and done.stdout == "" and "v.gguf cannot be used" in done.stderr and part in done.stderr
