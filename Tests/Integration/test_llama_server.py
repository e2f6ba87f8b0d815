"""llama-server's endpoints of an engine that stands alone, and models that are not like the starter model."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import httpx
import jinja2
import pytest
from support.models import without_bytes
from support.program import BINARIES, MODEL, Program, environment
from support.servers import NAME, Engine
from support.talk import STORY, SUM, WEATHER

#: A model of 260 thousand parameters, when the machine has it.
STORIES = Path(os.environ.get("NEXUS_TEST_MODELS", "/nonexistent")) / "stories260K.gguf"


class Bare(Program):
    """An engine with a model of the test's own."""

    def __init__(self, folder: Path, model: Path, *arguments: str) -> None:
        command = [BINARIES / "nexus-engine", "--model", model, "--port", "0", "--log-format", "json", *arguments]
        super().__init__(command, environment(folder), folder)
        port = json.loads(self.line('"event":"ready"'))["port"]
        self.url = f"http://127.0.0.1:{port}"


def post(engine: Engine | Bare, path: str, **body: Any) -> httpx.Response:
    return httpx.post(f"{engine.url}{path}", json=body, timeout=30)


def get(engine: Engine, path: str) -> httpx.Response:
    return httpx.get(f"{engine.url}{path}", timeout=30)


# MARK: Tokens


@pytest.mark.parametrize("text", ["Hello", "", "Anna has a green ring.\n", "é😀日本", "  \t ", "{\"a\": [1]}", "x" * 5_000])
def test_tokens_and_back(engine: Engine, text: str) -> None:
    tokens = post(engine, "/tokenize", content=text).json()["tokens"]
    assert all(isinstance(token, int) for token in tokens) and bool(tokens) == bool(text)
    assert post(engine, "/detokenize", tokens=tokens).json() == {"content": text}


def test_pieces_are_texts_or_bytes(engine: Engine) -> None:
    pieces = post(engine, "/tokenize", content="Hello é", with_pieces=True).json()["tokens"]
    assert pieces[0]["piece"] == "Hello" and isinstance(pieces[0]["id"], int)
    data = b"".join(
        piece["piece"].encode() if isinstance(piece["piece"], str) else bytes(piece["piece"]) for piece in pieces)
    assert data.decode() == "Hello é"


def test_texts_of_control_tokens(engine: Engine) -> None:
    text = "<|im_end|>"
    (token,) = post(engine, "/tokenize", content=text).json()["tokens"]
    assert post(engine, "/detokenize", tokens=[token]).json() == {"content": text}
    assert len(post(engine, "/tokenize", content=text, parse_special=False).json()["tokens"]) > 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tokenize", {"content": {}}), ("/tokenize", {"content": 5}), ("/tokenize", {"content": "x", "with_pieces": "yes"}),
        ("/detokenize", {"tokens": "x"}), ("/detokenize", {"tokens": [1.5]}),
        ("/detokenize", {"tokens": [-1]}), ("/detokenize", {"tokens": [10**6]}), ("/detokenize", {"tokens": [2**40]}),
        ("/apply-template", {}), ("/apply-template", {"messages": []}), ("/apply-template", {"messages": [{"role": "x"}]}),
    ],
)
def test_what_is_no_request(engine: Engine, path: str, body: dict[str, Any]) -> None:
    answer = post(engine, path, **body)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "invalid_value"
    assert answer.json()["error"]["param"] and answer.json()["error"]["message"]


# MARK: Templates


@pytest.mark.parametrize(
    ("messages", "tools"),
    [
        (SUM, []), (STORY, [WEATHER]),
        ([{"role": "system", "content": "é <|im_end|>"}, *SUM, {"role": "assistant", "content": "7"}, *STORY], []),
    ],
    ids=range(3),
)
def test_the_prompt_of_a_chat_is_what_jinja_makes_of_it(
    engine: Engine, messages: list[Any], tools: list[Any]
) -> None:
    source = gguf.GGUFReader(MODEL).fields["tokenizer.chat_template"].contents()
    python = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
    python.filters["tojson"] = lambda value, **_: json.dumps(value, ensure_ascii=False)
    variables: dict[str, Any] = {"messages": messages, "add_generation_prompt": True}
    if tools:
        variables["tools"] = tools
    expected = python.from_string(source).render(**variables)
    body: dict[str, Any] = {"messages": messages} | ({"tools": tools} if tools else {})
    assert post(engine, "/apply-template", **body).json() == {"prompt": expected}


def test_the_prompt_is_the_one_that_is_answered(engine: Engine) -> None:
    prompt = post(engine, "/apply-template", messages=SUM).json()["prompt"]
    count = len(post(engine, "/tokenize", content=prompt).json()["tokens"])
    chat = post(engine, "/v1/chat/completions", messages=SUM, temperature=0).json()
    text = post(engine, "/v1/completions", prompt=prompt, temperature=0).json()
    assert chat["usage"]["prompt_tokens"] == text["usage"]["prompt_tokens"] == count
    assert chat["choices"][0]["message"]["content"] == text["choices"][0]["text"]


# MARK: State


def test_slots_tell_what_they_do(engine: Engine) -> None:
    idle = get(engine, "/slots").json()
    assert [slot["id"] for slot in idle] == list(range(4)) and {slot["n_ctx"] for slot in idle} == {1_024}
    assert not any(slot["is_processing"] for slot in idle)
    body = {"messages": STORY, "max_tokens": 900, "ignore_eos": True, "stream": True, "temperature": 2, "top_k": 0,
            "nexus": {"tenant": "ann", "priority": "high"}}
    url = f"{engine.url}/v1/chat/completions"
    with httpx.stream("POST", url, json=body, headers={"X-Request-Id": "mine"}, timeout=30) as answer:
        lines = answer.iter_lines()
        for _ in range(20):
            next(lines)
        (busy,) = [slot for slot in get(engine, "/slots").json() if slot["is_processing"]]
    assert busy["state"] in ("writing", "waiting") and busy["request_id"] == "mine"
    assert (busy["tenant"], busy["priority"]) == ("ann", "high")
    assert busy["next_token"][0]["n_decoded"] == busy["written_tokens"] > 0
    assert busy["computed_tokens"] >= busy["prompt_tokens"] > 0


def test_a_server_whose_slots_are_taken_can_say_so(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "-np", "1")
    assert get(engine, "/slots?fail_on_no_slot=1").status_code == 200
    body = {"messages": STORY, "max_tokens": 900, "ignore_eos": True, "stream": True}
    with httpx.stream("POST", f"{engine.url}/v1/chat/completions", json=body, timeout=30) as answer:
        lines = answer.iter_lines()
        next(lines)
        assert get(engine, "/slots?fail_on_no_slot=1").status_code == 503
        assert get(engine, "/slots").status_code == 200
        lines.close()
    engine.stop()


def test_health_and_numbers(engine: Engine) -> None:
    for path in ("/health", "/v1/health"):
        health = get(engine, path).json()
        assert health["status"] == "ok" and set(health["heartbeat"]) >= {"steps", "live", "running"}

    def numbers() -> dict[str, float]:
        lines = [line.split(" ") for line in get(engine, "/metrics").text.splitlines() if line.startswith("nexus_engine_")]
        return {name: float(value) for name, value in lines}

    before = numbers()
    usage = post(engine, "/v1/chat/completions", messages=STORY, max_tokens=10, cache_prompt=False).json()["usage"]
    after = numbers()
    assert after["nexus_engine_completion_tokens"] - before["nexus_engine_completion_tokens"] == usage["completion_tokens"]
    assert after["nexus_engine_prompt_tokens"] - before["nexus_engine_prompt_tokens"] == usage["prompt_tokens"]
    assert after["nexus_engine_steps"] > before["nexus_engine_steps"] and after["nexus_engine_requests_live"] == 0


@pytest.mark.parametrize("path", ["/models", "/v1/models"])
def test_models(engine: Engine, path: str) -> None:
    (model,) = get(engine, path).json()["data"]
    assert model["id"] == NAME and model["meta"]["n_ctx"] == 1_024


def test_other_names_of_the_endpoints(engine: Engine) -> None:
    chat = post(engine, "/chat/completions", messages=SUM, temperature=0).json()
    assert chat["choices"][0]["message"]["content"] == "7"


# MARK: Other models


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    """An engine whose vocabulary does not know every text."""
    folder = tmp_path_factory.mktemp("narrow")
    engine = Bare(folder, without_bytes(folder / "narrow.gguf"))
    yield engine
    assert engine.end() == 0, "\n".join(engine.errors[-20:])


@pytest.mark.parametrize("text", ["é", "a😀b", "日本", "\x01", "line\nline"])
def test_text_outside_the_vocabulary_is_refused(narrow: Bare, text: str) -> None:
    for path, body in (("/v1/completions", {"prompt": text, "max_tokens": 2}), ("/tokenize", {"content": text}),
                       ("/v1/completions", {"prompt": "a", "logit_bias": [[text, 1]], "max_tokens": 2})):
        answer = post(narrow, path, **body)
        assert answer.status_code == 400 and "vocabulary" in answer.text, (path, answer.text)
    known = post(narrow, "/v1/completions", prompt="Hello", max_tokens=2)
    assert known.status_code == 200 and known.json()["usage"]["completion_tokens"] <= 2


def test_a_constraint_that_the_vocabulary_cannot_write(narrow: Bare) -> None:
    answer = post(narrow, "/v1/completions", prompt="Hello", max_tokens=9, grammar='root ::= "a" "日本"')
    assert answer.status_code >= 400 and "constraint" in answer.text
    assert post(narrow, "/v1/completions", prompt="Hello", max_tokens=9, grammar='root ::= "a"').status_code == 200


def test_a_model_without_a_template_gets_chatml(narrow: Bare) -> None:
    prompt = post(narrow, "/apply-template", messages=[{"role": "user", "content": "Hi"}]).json()["prompt"]
    assert prompt == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.skipif(not STORIES.exists(), reason="NEXUS_TEST_MODELS has no stories260K.gguf")
def test_another_model_of_the_field(tmp_path: Path) -> None:
    engine = Bare(tmp_path, STORIES)
    answer = post(engine, "/v1/completions", prompt="Once upon a time", max_tokens=10, temperature=0)
    assert answer.json()["choices"][0]["text"].startswith(", there was")
    text = "日本 😀"
    tokens = post(engine, "/tokenize", content=text).json()["tokens"]
    assert post(engine, "/detokenize", tokens=tokens).json()["content"].strip() == text
    assert engine.end() == 0
