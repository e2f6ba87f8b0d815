"""The official `openai` client, unchanged, against `nexus serve`."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from support.servers import NAME, Nexus
from support.talk import CAPITAL, ENDLESS, STORY, SUM, WEATHER, ask, stream, text_of


def test_models_are_listed_and_retrieved(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [NAME]
    model = client.models.retrieve(NAME)
    assert (model.id, model.object, model.owned_by) == (NAME, "model", "llama-nexus")
    assert model.created > 1_700_000_000


@pytest.mark.parametrize(("messages", "expected"), [(SUM, "7"), (CAPITAL, "The capital of France is Paris.")])
def test_questions_are_answered(client: openai.OpenAI, messages: list[dict[str, str]], expected: str) -> None:
    answer = client.chat.completions.create(model=NAME, messages=messages, temperature=0)
    assert answer.choices[0].message.content == expected
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == NAME and answer.object == "chat.completion"
    assert answer.usage and answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_the_pieces_of_a_stream_join_to_the_same_text(client: openai.OpenAI) -> None:
    whole = ask(client, STORY, seed=1)
    chunks = stream(client, STORY, seed=1)
    assert text_of(chunks) == whole
    assert sum(bool(chunk.choices[0].delta.content) for chunk in chunks) > 10, "it came in pieces"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks][-1] == "stop"
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks[:-1])
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks)


def test_usage_comes_last_when_it_is_asked_for(client: openai.OpenAI) -> None:
    chunks = stream(client, CAPITAL, stream_options={"include_usage": True})
    whole = client.chat.completions.create(model=NAME, messages=CAPITAL, temperature=0)
    assert chunks[-1].choices == [] and chunks[-1].usage is not None and whole.usage is not None
    assert chunks[-1].usage.prompt_tokens == whole.usage.prompt_tokens
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


@pytest.mark.parametrize("stop", ["garden", ["nowhere", "garden"]])
def test_stop_texts_end_the_answer_and_are_not_part_of_it(client: openai.OpenAI, stop: str | list[str]) -> None:
    whole = ask(client, STORY)
    assert "garden" in whole
    expected = whole.partition("garden")[0]
    assert ask(client, STORY, stop=stop) == expected
    chunks = stream(client, STORY, stop=stop)
    assert text_of(chunks) == expected
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_limit_of_tokens_cuts_the_answer(client: openai.OpenAI, name: str) -> None:
    answer = client.chat.completions.create(model=NAME, messages=STORY, temperature=0, **{name: 5})
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage and answer.usage.completion_tokens == 5
    assert ask(client, STORY).startswith(answer.choices[0].message.content or "?")


def test_the_same_seed_gives_the_same_answer(client: openai.OpenAI) -> None:
    # Beside other answers kernels round differently, and chance falls another way now and then: this is what promises the same.
    exact = {"top_k": 0, "min_p": 0.0, "nexus": {"reproducible": True}}

    def tell(seed: int) -> str:
        return ask(client, STORY, temperature=1.0, seed=seed, extra_body=exact, top_p=1.0)

    assert tell(7) == tell(7)
    assert len({tell(seed) for seed in range(4)}) > 1, "chance is at work at all"


def test_legacy_completions_continue_a_text(client: openai.OpenAI) -> None:
    prompt = "<|im_start|>user\nWhat is 3 + 4?<|im_end|>\n<|im_start|>assistant\n"
    answer = client.completions.create(model=NAME, prompt=prompt, temperature=0, max_tokens=20)
    assert answer.object == "text_completion" and answer.choices[0].text.strip() == "7"
    pieces = client.completions.create(model=NAME, prompt=prompt, temperature=0, max_tokens=20, stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == answer.choices[0].text


def test_legacy_completions_take_token_ids(client: openai.OpenAI) -> None:
    answer = client.completions.create(model=NAME, prompt=[300, 301, 302], temperature=0, max_tokens=4)
    assert answer.usage and answer.usage.prompt_tokens == 3
    with pytest.raises(openai.BadRequestError) as failure:
        client.completions.create(model=NAME, prompt=[10_000_000], max_tokens=4)
    assert failure.value.body and failure.value.code == "invalid_value"


def test_a_name_is_remembered_over_turns(client: openai.OpenAI) -> None:
    messages = [{"role": "user", "content": "My name is Zorin."}]
    messages += [{"role": "assistant", "content": ask(client, messages)}]
    messages += [{"role": "user", "content": "What is my name?"}]
    assert ask(client, messages) == "Your name is Zorin."


def test_content_may_be_parts(client: openai.OpenAI) -> None:
    parts = [{"type": "text", "text": "What is "}, {"type": "text", "text": "3 + 4?"}]
    assert ask(client, [{"role": "user", "content": parts}]) == "7"


def test_json_is_json(client: openai.OpenAI) -> None:
    question = "Give me JSON with name, age and city: Anna is 30 and lives in Paris."
    assert json.loads(ask(client, [{"role": "user", "content": question}])) == {
        "name": "Anna", "age": 30, "city": "Paris"}


def test_many_streams_at_once_are_all_right(client: openai.OpenAI) -> None:
    def add(index: int) -> tuple[str, str]:
        first, second = index % 8, index // 8 + 1
        question = [{"role": "user", "content": f"What is {first} + {second}?"}]
        return text_of(stream(client, question)), str(first + second)

    with ThreadPoolExecutor(16) as pool:
        for answer, expected in pool.map(add, range(16)):
            assert answer == expected


def test_the_asynchronous_client(nexus: Nexus) -> None:
    async def talk() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{nexus.url}/v1", api_key="none", max_retries=0) as client:

            async def one(messages: list[dict[str, str]]) -> str:
                chunks = await client.chat.completions.create(
                    model=NAME, messages=messages, temperature=0, stream=True)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

            return list(await asyncio.gather(one(SUM), one(CAPITAL), one(SUM)))

    assert asyncio.run(talk()) == ["7", "The capital of France is Paris.", "7"]


def test_a_stream_that_is_left_early_frees_the_engine(client: openai.OpenAI) -> None:
    for _ in range(8):
        with client.chat.completions.create(model=NAME, messages=STORY, stream=True, **ENDLESS) as chunks:
            next(iter(chunks))
    assert ask(client, SUM) == "7"


def test_the_request_id_goes_through_everything(client: openai.OpenAI) -> None:
    given = "it-is-me-1234"
    raw = client.chat.completions.with_raw_response.create(
        model=NAME, messages=SUM, extra_headers={"X-Request-Id": given})
    assert raw.headers["x-request-id"] == given
    assert raw.parse()._request_id == given and raw.parse().id == f"chatcmpl-{given}"
    streamed = client.chat.completions.with_raw_response.create(
        model=NAME, messages=SUM, stream=True, extra_headers={"X-Request-Id": given})
    assert {chunk.id for chunk in streamed.parse()} == {f"chatcmpl-{given}"}


def test_a_request_without_an_id_gets_one(client: openai.OpenAI) -> None:
    ids = [client.models.with_raw_response.list().headers["x-request-id"] for _ in range(3)]
    assert len(set(ids)) == 3 and all(len(one) > 10 for one in ids)
    unfit = client.models.with_raw_response.list(extra_headers={"X-Request-Id": "a b\tc"})
    assert unfit.headers["x-request-id"] not in ("a b\tc", "")


def test_tools_are_offered_and_may_be_switched_off(client: openai.OpenAI) -> None:
    question = [{"role": "user", "content": "Hello"}]
    assert ask(client, question, tools=[WEATHER]) == "Hello! How can I help you?"
    asked = [{"role": "user", "content": "What is the weather in Paris?"}]
    answer = client.chat.completions.create(
        model=NAME, messages=asked, temperature=0, tools=[WEATHER], tool_choice="none")
    assert not answer.choices[0].message.tool_calls
