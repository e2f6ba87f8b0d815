"""llama-server's own API of an engine that stands alone: completion, infill, properties, numbers, pages of other sites."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from support.models import with_gap_tokens
from support.program import MODEL
from support.servers import NAME, Engine
from support.talk import SUM

from test_llama_server import Bare, get, post

PROMPT = "What is 3 + 4?"


def stream(engine: Engine, path: str, **body: Any) -> list[dict[str, Any]]:
    with httpx.stream("POST", f"{engine.url}{path}", json=body | {"stream": True}, timeout=30) as answer:
        assert answer.status_code == 200
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


# MARK: Completion


@pytest.mark.parametrize("path", ["/completion", "/completions"])
def test_an_answer_tells_what_it_was_made_with(engine: Engine, path: str) -> None:
    answer = post(engine, path, prompt=PROMPT, n_predict=5, temperature=0, seed=7, return_tokens=True, ignore_eos=True).json()
    assert len(answer["tokens"]) == answer["tokens_predicted"] == answer["timings"]["predicted_n"] == 5
    assert post(engine, "/detokenize", tokens=answer["tokens"]).json()["content"].startswith(answer["content"])
    assert answer["stop"] is True and answer["stop_type"] == "limit" and answer["truncated"] is False
    assert answer["prompt"].endswith(PROMPT) and answer["model"] == NAME and 0 <= answer["id_slot"] < 4
    settings = answer["generation_settings"]
    assert settings["n_predict"] == 5 and settings["seed"] == 7 and settings["temperature"] == 0
    assert settings["logit_bias"] and all(bias["bias"] is None for bias in settings["logit_bias"])
    timings = answer["timings"]
    assert timings["prompt_n"] + timings["cache_n"] == answer["tokens_evaluated"]
    assert math.isclose(timings["predicted_per_second"], 4_000 / timings["predicted_ms"])


def test_a_stream_says_the_same(engine: Engine) -> None:
    body = {"prompt": PROMPT, "n_predict": 12, "temperature": 0}
    whole = post(engine, "/completion", return_tokens=True, **body).json()
    chunks = stream(engine, "/completion", **body)
    assert "".join(chunk["content"] for chunk in chunks) == whole["content"]
    assert [token for chunk in chunks for token in chunk["tokens"]] == whole["tokens"]
    assert [chunk["stop"] for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1]["generation_settings"] | {"stream": False} == whole["generation_settings"]
    assert all(len(chunk["tokens"]) == 1 for chunk in chunks[:-1])


def test_prompts_in_every_shape_are_the_same_prompt(engine: Engine) -> None:
    tokens = post(engine, "/tokenize", content=PROMPT, add_special=True).json()["tokens"]
    head = post(engine, "/tokenize", content="What is", add_special=True).json()["tokens"]
    shapes: list[Any] = [PROMPT, tokens, {"prompt_string": PROMPT}, [*head, " 3 + 4?"]]
    answers = [post(engine, "/completion", prompt=shape, n_predict=6, temperature=0).json() for shape in shapes]
    assert len({answer["content"] for answer in answers}) == 1
    several = post(engine, "/completion", prompt=[PROMPT, tokens, {"prompt_string": PROMPT}], n_predict=6, temperature=0)
    assert [answer["index"] for answer in several.json()] == [0, 1, 2]
    assert {answer["content"] for answer in several.json()} == {answers[0]["content"]}


def test_how_an_answer_ended(engine: Engine) -> None:
    prompt = post(engine, "/apply-template", messages=SUM).json()["prompt"]
    ended = post(engine, "/completion", prompt=prompt, temperature=0).json()
    assert ended["stop_type"] == "eos" and ended["stopping_word"] == "" and ended["content"] == "7"
    word = post(engine, "/completion", prompt=prompt, temperature=0, stop=["zzz", "7"], n_probs=1).json()
    assert word["stop_type"] == "word" and word["stopping_word"] == "7" and word["content"] == ""
    assert word["completion_probabilities"] == []


def test_no_new_tokens_warm_the_cache(engine: Engine) -> None:
    prompt = "Nobody has asked for this prompt before, and it is computed for whoever comes next."
    first = post(engine, "/completion", prompt=prompt, n_predict=0).json()
    assert first["content"] == "" and first["tokens_predicted"] == 0 and first["stop_type"] == "limit"
    assert post(engine, "/completion", prompt=prompt, n_predict=1).json()["timings"]["cache_n"] > 0


def test_probabilities_before_and_after_the_samplers(engine: Engine) -> None:
    body = {"prompt": "Once upon a time", "n_predict": 4, "n_probs": 6, "temperature": 1, "seed": 3, "top_k": 4}
    for token in post(engine, "/completion", **body).json()["completion_probabilities"]:
        assert token["logprob"] <= 0 and len(token["top_logprobs"]) == 6 and isinstance(token["bytes"], list)
    for token in post(engine, "/completion", post_sampling_probs=True, **body).json()["completion_probabilities"]:
        assert 0 < token["prob"] <= 1 and len(token["top_probs"]) <= 4
        assert math.isclose(sum(one["prob"] for one in token["top_probs"]), 1, rel_tol=1e-4)
        assert token["id"] in [one["id"] for one in token["top_probs"]]


def test_only_some_members(engine: Engine) -> None:
    fields = ["content", "generation_settings/n_predict", "nothing/here"]
    answer = post(engine, "/completion", prompt=PROMPT, n_predict=3, response_fields=fields).json()
    assert set(answer) == {"content", "generation_settings/n_predict"} and answer["generation_settings/n_predict"] == 3


def test_progress_of_a_prompt_begins_with_nothing(engine: Engine) -> None:
    chunks = stream(
        engine, "/completion", prompt="Anna has a green ring. " * 80, n_predict=2, return_progress=True,
        timings_per_token=True, cache_prompt=False)
    progress = [chunk for chunk in chunks if "prompt_progress" in chunk]
    assert progress[0]["timings"]["prompt_ms"] == 0 and progress[0]["timings"]["prompt_n"] == 0
    assert progress[-1]["prompt_progress"]["processed"] == progress[-1]["prompt_progress"]["total"]
    assert all("timings" in chunk for chunk in chunks)


def test_a_prompt_that_is_too_long_has_llama_servers_error(engine: Engine) -> None:
    answer = post(engine, "/completion", prompt="word " * 3_000)
    error = answer.json()["error"]
    assert answer.status_code == 400 and error["type"] == "exceed_context_size_error"
    assert error["n_prompt_tokens"] > error["n_ctx"] == 1_024
    assert "exceeds the available context size" in error["message"]


@pytest.mark.parametrize("path", ["/completion", "/v1/completions", "/v1/chat/completions"])
@pytest.mark.parametrize("value", [-(2**63), -1, 0, 2**31, 2**63 - 1, 1e308, 1.5, None, "7", True, [], {}])
def test_numbers_that_are_none(engine: Engine, path: str, value: Any) -> None:
    names = ["n_predict", "max_tokens", "top_k", "top_p", "temperature", "seed", "n_probs", "n_indent", "t_max_predict_ms",
             "t_max_prompt_ms", "id_slot", "n_keep", "n_discard", "min_keep", "repeat_last_n", "mirostat", "logprobs", "n"]
    prompt = {"messages": SUM} if "chat" in path else {"prompt": "a"}
    for name in names:
        # A stop text that comes at once keeps valid requests short.
        body = {"n_predict": 2, "ignore_eos": False} | prompt | {name: value}
        if name in ("n_predict", "max_tokens"):
            body |= {"stop": list("0123456789abcdefghijklmnopqrstuvwxyz ")}
        answer = post(engine, path, **body)
        assert answer.status_code in (200, 400), (name, value, answer.text)
        assert answer.status_code == 200 or answer.json()["error"]["message"], (name, value)


# MARK: Infill


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    """An engine whose vocabulary has tokens for gaps. The model was not trained to fill them."""
    folder = tmp_path_factory.mktemp("gaps")
    engine = Bare(folder, with_gap_tokens(folder / "gaps.gguf"))
    yield engine
    assert engine.end() == 0, "\n".join(engine.errors[-20:])


def test_a_gap_is_told_with_both_sides(gaps: Bare) -> None:
    answer = post(gaps, "/infill", input_prefix="int a = ", input_suffix=";\n", prompt="x", n_predict=3).json()
    prompt = answer["prompt"]
    assert prompt.index("int a = ") < prompt.index("x") < prompt.index(";\n") and answer["tokens_predicted"] <= 3
    client = openai.OpenAI(base_url=f"{gaps.url}/v1", api_key="none", max_retries=0)
    text = client.completions.create(model="x", prompt="int a = ", suffix=";\n", max_tokens=3, temperature=0)
    native = post(gaps, "/infill", input_prefix="int a = ", input_suffix=";\n", n_predict=3, temperature=0).json()
    assert text.choices[0].text == native["content"]


@pytest.mark.parametrize("extra", [{}, {"filename": "ok"}, {"filename": 123}, {"filename": 123, "text": "abc"}, 7])
def test_other_files_that_are_none(gaps: Bare, extra: Any) -> None:
    answer = post(gaps, "/infill", input_prefix="a", input_suffix="b", input_extra=[extra])
    assert answer.status_code == 400 and answer.json()["error"]["param"].startswith("input_extra[0]")


def test_a_model_that_fills_no_gaps_says_so(engine: Engine) -> None:
    answer = post(engine, "/infill", input_prefix="a", input_suffix="b")
    assert answer.status_code == 501 and answer.json()["error"]["type"] == "not_supported_error"


# MARK: OpenAI's texts


def test_an_echo_and_its_probabilities(engine: Engine, direct: openai.OpenAI) -> None:
    answer = direct.completions.create(
        model="x", prompt="Anna has a green ring.", max_tokens=0, echo=True, logprobs=2, temperature=0)
    choice = answer.choices[0]
    assert choice.text == "Anna has a green ring." and choice.finish_reason == "length"
    told = choice.logprobs
    assert told is not None and told.token_logprobs is not None and told.tokens is not None
    assert told.token_logprobs[0] is None and all(number <= 0 for number in told.token_logprobs[1:])
    assert "".join(told.tokens) == choice.text and len(told.tokens) == answer.usage.prompt_tokens


def test_an_echo_says_of_tokens_what_writing_them_said(begin: Callable[..., Engine]) -> None:
    # llama.cpp's flash attention adds up in other formats for one row than for many, which moves a token's logprob by up
    # to 0.1. Without it there is nothing to be lenient about.
    exact = begin("-fa", "off", "-ctk", "f32", "-ctv", "f32")
    with exact.client() as client:
        for prompt in ("Once upon a time", "Tell me a story about Anna.", "What is 3 + 4?", "Anna has a green ring. " * 6):
            options: dict[str, Any] = {"cache_prompt": False, "ignore_eos": True}
            written = client.completions.create(
                model="x", prompt=prompt, max_tokens=24, temperature=0, logprobs=0, extra_body=options)
            both = client.completions.create(
                model="x", prompt=prompt + written.choices[0].text, max_tokens=0, echo=True, logprobs=0,
                extra_body=options)
            first, second = written.choices[0].logprobs, both.choices[0].logprobs
            assert first.tokens == second.tokens[-24:]
            for one, other in zip(first.token_logprobs, second.token_logprobs[-24:], strict=True):
                assert math.isclose(one, other, abs_tol=1e-5)


def test_an_echo_reaches_through_the_platform(client: openai.OpenAI) -> None:
    answer = client.completions.create(model=NAME, prompt="Hello", max_tokens=1, echo=True, logprobs=0, temperature=0)
    assert answer.choices[0].text.startswith("Hello")
    assert answer.choices[0].logprobs.token_logprobs[0] is None


# MARK: Chats


def test_an_answer_goes_on_from_a_begun_one(engine: Engine, direct: openai.OpenAI) -> None:
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Once upon"}]
    begun = post(engine, "/apply-template", messages=messages).json()["prompt"]
    assert begun == post(engine, "/apply-template", messages=messages[:1]).json()["prompt"] + "Once upon"
    explicit = {"continue_final_message": True, "add_generation_prompt": False}
    assert post(engine, "/apply-template", messages=messages, **explicit).json()["prompt"] == begun
    closed = post(engine, "/apply-template", messages=messages, add_generation_prompt=False).json()["prompt"]
    assert closed.startswith(begun) and closed != begun
    both = post(engine, "/v1/chat/completions", messages=messages, continue_final_message=True, add_generation_prompt=True)
    assert both.status_code == 400
    twice = post(engine, "/v1/chat/completions", messages=[*messages, messages[1]])
    assert twice.status_code == 400
    answer = direct.chat.completions.create(model="x", messages=messages, max_tokens=4, temperature=0)
    assert not (answer.choices[0].message.content or "").startswith("Once upon")


def test_what_every_answer_carries(engine: Engine, direct: openai.OpenAI) -> None:
    answer = direct.chat.completions.create(model="x", messages=SUM)
    assert answer.system_fingerprint and answer.system_fingerprint.startswith("b")
    first = next(iter(direct.chat.completions.create(model="x", messages=SUM, stream=True)))
    assert first.choices[0].delta.role == "assistant" and first.choices[0].delta.content is None
    verbose = post(engine, "/v1/chat/completions", messages=SUM, verbose=True).json()["__verbose"]
    assert "3 + 4" in verbose["prompt"] and verbose["stop_type"] == "eos"


# MARK: The server


def test_properties(engine: Engine) -> None:
    props = get(engine, "/props").json()
    assert props["model_path"] == str(MODEL) and props["model_alias"] == NAME and props["total_slots"] == 4
    assert props["default_generation_settings"]["n_ctx"] == 1_024 and props["is_sleeping"] is False
    assert props["default_generation_settings"]["params"]["seed"] == 2**32 - 1
    assert "<|im_start|>" in props["chat_template"] and props["endpoint_metrics"] is True
    refused = post(engine, "/props", chat_template="x")
    assert refused.status_code == 501 and "--props" in refused.json()["error"]["message"]


def test_models_tell_what_their_files_say(engine: Engine) -> None:
    answer = get(engine, "/models").json()
    (model,) = answer["data"]
    assert model["aliases"] == [NAME] and model["tags"] == [] and answer["models"][0]["name"] == NAME
    assert {"vocab_type", "n_vocab", "n_ctx_train", "n_embd", "n_params", "size", "ftype"} <= set(model["meta"])
    assert model["meta"]["n_vocab"] > 256 and 0 < model["meta"]["size"] <= MODEL.stat().st_size


def test_llama_servers_numbers(engine: Engine) -> None:
    def numbers() -> dict[str, float]:
        lines = [line.split(" ") for line in get(engine, "/metrics").text.splitlines() if line.startswith("llamacpp:")]
        return {name.removeprefix("llamacpp:"): float(value) for name, value in lines}

    before = numbers()
    timings = post(engine, "/completion", prompt="Nobody said this yet: " + PROMPT, n_predict=6, ignore_eos=True).json()["timings"]
    after = numbers()
    grown = {name: after[name] - before[name] for name in after}
    assert grown["tokens_predicted_total"] == timings["predicted_n"] == 6
    assert grown["prompt_tokens_total"] == timings["prompt_n"]
    assert grown["prompt_tokens_cached_total"] == timings["cache_n"]
    assert grown["n_decode_total"] >= 6 and grown["tokens_predicted_seconds_total"] > 0
    assert after["requests_processing"] == 0 and after["n_tokens_max"] > 0


def test_what_is_off_says_how_to_turn_it_on(tmp_path: Path) -> None:
    engine = Bare(tmp_path, MODEL, "--no-slots", "--no-ui")
    for path, option in (("/slots", "--slots"), ("/metrics", "--metrics")):
        answer = get(engine, path)
        assert answer.status_code == 501 and answer.json()["error"]["type"] == "not_supported_error"
        assert option in answer.json()["error"]["message"]
    assert get(engine, "/").status_code == 404
    assert engine.end() == 0


def test_the_chat_page_needs_no_key_and_its_questions_do(tmp_path: Path) -> None:
    engine = Bare(tmp_path, MODEL, "--api-key", "sk-one", "--props", "--tags", "small,fast", "-a", "b,a")
    page = get(engine, "/")
    assert page.status_code == 200 and "<!doctype html>" in page.text.lower()
    assert get(engine, "/v1/models").status_code == get(engine, "/props").status_code == 401
    key = {"Authorization": "Bearer sk-one"}
    (model,) = httpx.get(f"{engine.url}/v1/models", headers=key, timeout=10).json()["data"]
    assert model["id"] == "a" and set(model["aliases"]) == {"a", "b"} and model["tags"] == ["small", "fast"]
    changed = httpx.post(f"{engine.url}/props", json={}, headers=key, timeout=10)
    assert changed.json() == {"success": True}
    assert engine.end() == 0


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://web.example"])
def test_pages_of_other_sites(engine: Engine, origin: str) -> None:
    answer = httpx.options(
        f"{engine.url}/completions", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}, timeout=10)
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-methods"] == "GET, POST, DELETE, OPTIONS"


def test_several_addresses_with_one_port(tmp_path: Path) -> None:
    engine = Bare(tmp_path, MODEL, "--host", "127.0.0.1,127.0.0.2")
    port = engine.url.rpartition(":")[2]
    for host in ("127.0.0.1", "127.0.0.2"):
        assert httpx.get(f"http://{host}:{port}/health", timeout=10).status_code == 200
    assert engine.end() == 0


def test_one_context_is_a_part_of_the_cache(tmp_path: Path) -> None:
    engine = Bare(tmp_path, MODEL, "-c", "512", "-np", "2")
    assert get(engine, "/props").json()["default_generation_settings"]["n_ctx"] == 256
    answer = post(engine, "/completion", prompt="Hello", n_predict=-1, ignore_eos=True).json()
    assert answer["truncated"] is True and answer["tokens_evaluated"] + answer["tokens_predicted"] == 256
    assert engine.end() == 0


@pytest.mark.parametrize("name", ["llama3", "command-r", "mistral-v3", "gemma", "phi4"])
def test_templates_of_families(tmp_path: Path, name: str) -> None:
    engine = Bare(tmp_path, MODEL, "--chat-template", name)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi there"}]
    prompt = post(engine, "/apply-template", messages=messages).json()["prompt"]
    expected = {
        "llama3": "<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user"
        "<|end_header_id|>\n\nHi there<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        "command-r": "<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>Be brief.<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|>"
        "<|USER_TOKEN|>Hi there<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
        "mistral-v3": "[INST] Be brief.\n\nHi there[/INST]",
        "gemma": "<start_of_turn>user\nBe brief.<end_of_turn>\n<start_of_turn>user\nHi there<end_of_turn>\n"
        "<start_of_turn>model\n",
        "phi4": "<|im_start|>system<|im_sep|>Be brief.<|im_end|><|im_start|>user<|im_sep|>Hi there<|im_end|>"
        "<|im_start|>assistant<|im_sep|>",
    }
    assert prompt == expected[name]
    assert engine.end() == 0
