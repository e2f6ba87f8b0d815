"""Every way to choose a token, by OpenAI's and llama-server's names: accepted, with an effect that can be seen, or refused."""

import math
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
from support.servers import NAME
from support.talk import STORY, SUM, ask, stream, text_of

WILD: dict[str, Any] = {"top_k": 0, "top_p": 1, "min_p": 0}


#: Computed by itself: sums in another order, as beside others, differ in their last bits.
EXACT: dict[str, Any] = {"nexus": {"reproducible": True}}


def tell(client: openai.OpenAI, temperature: float = 1.0, max_tokens: int = 60, **extra: Any) -> str:
    """A story, with further parameters by llama-server's names; the same to the bit when they are the same."""
    options = {name: extra.pop(name) for name in ("seed", "n", "stop") if name in extra}
    extra |= EXACT
    return ask(client, STORY, temperature=temperature, max_tokens=max_tokens, extra_body=extra, **options)


@pytest.fixture(scope="module")
def greedy(direct: openai.OpenAI) -> str:
    return tell(direct, 0)


def token(client: openai.OpenAI, text: str) -> int:
    """The id of a token that the answer begins with."""
    answer = client.chat.completions.create(
        model=NAME, messages=SUM, temperature=0, max_tokens=1, logprobs=True,
        extra_body={"grammar": "root ::= " + '"' + text + '"'})
    assert answer.choices[0].message.content == text
    return answer.choices[0].logprobs.content[0].model_extra["id"]


def test_a_seed_fixes_chance(either: openai.OpenAI) -> None:
    wild = WILD | {"temperature": 1.5}
    stories = {seed: tell(either, seed=seed, **wild) for seed in (1, 2, 3, 2**32 - 1)}
    assert len(set(stories.values())) == 4
    assert all(tell(either, seed=seed, **wild) == story for seed, story in stories.items())
    assert tell(either, seed=-1, **wild) != tell(either, seed=-1, **wild), "a negative seed is any"


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0, "seed": 9}, {"temperature": 1.5, "top_k": 1}, {"temperature": 5, "min_p": 1.0},
        {"temperature": 5, "top_p": 1e-6}, {"temperature": 3, "top_n_sigma": 0.001}, {"temperature": 3, "samplers": "k", "top_k": 1},
        {"temperature": 3, "samplers": ["top_k", "temperature"], "top_k": 1},
    ],
    ids=str,
)
def test_what_leaves_one_candidate_is_greedy(direct: openai.OpenAI, greedy: str, options: dict[str, Any]) -> None:
    assert tell(direct, **options) == greedy


@pytest.mark.parametrize(
    "options",
    [
        {"repeat_penalty": 1.8}, {"repetition_penalty": 1.8}, {"presence_penalty": 9}, {"frequency_penalty": 9},
        {"dry_multiplier": 5, "dry_allowed_length": 0, "dry_base": 3}, {"logit_bias": [[" Anna", False]]},
        {"logit_bias": {" Anna": -100}}, {"repeat_penalty": 1.8, "repeat_last_n": -1},
    ],
    ids=str,
)
def test_penalties_and_biases_change_a_greedy_answer(
    direct: openai.OpenAI, greedy: str, options: dict[str, Any]
) -> None:
    changed = tell(direct, 0, **options)
    assert changed != greedy and changed == tell(direct, 0, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"repeat_penalty": 1.8, "repeat_last_n": 0}, {"dry_multiplier": 5, "dry_penalty_last_n": 0},
        {"repeat_penalty": 1.8, "samplers": ["temperature"]}, {"logit_bias": {}}, {"presence_penalty": 0},
    ],
    ids=str,
)
def test_what_is_switched_off_changes_nothing(direct: openai.OpenAI, greedy: str, options: dict[str, Any]) -> None:
    assert tell(direct, 0, **options) == greedy


@pytest.mark.parametrize(
    "options",
    [
        {"xtc_probability": 1, "xtc_threshold": 0.02}, {"typical_p": 0.2}, {"dynatemp_range": 0.9, "dynatemp_exponent": 2},
        {"mirostat": 1, "mirostat_tau": 8, "mirostat_eta": 0.2}, {"mirostat": 2, "mirostat_tau": 8},
        {"adaptive_target": 0.2, "adaptive_decay": 0.5, "samplers": ["min_p", "temperature", "adaptive_p"]},
        {"samplers": ["temperature", "top_p"], "top_p": 0.9}, {"samplers": "penalties;top_k;temperature"},
        {"min_keep": 5, "top_p": 0.01}, {"samplers": []}, {"top_n_sigma": 2},
        {"dry_multiplier": 1, "dry_sequence_breakers": ["\n", "Anna"]},
    ],
    ids=str,
)
def test_samplers_work_and_keep_to_the_seed(direct: openai.OpenAI, options: dict[str, Any]) -> None:
    one = tell(direct, 1.2, seed=4, **options)
    assert one and one == tell(direct, 1.2, seed=4, **options)
    assert len({tell(direct, 1.2, seed=seed, **options) for seed in range(3)}) > 1


def test_the_order_of_samplers_counts(direct: openai.OpenAI) -> None:
    def with_order(*names: str) -> set[str]:
        return {tell(direct, 4.0, seed=seed, max_tokens=20, top_p=0.9, samplers=list(names)) for seed in range(4)}

    assert with_order("top_p", "temperature") != with_order("temperature", "top_p")


def test_a_bias_forces_and_bans(either: openai.OpenAI) -> None:
    seven = token(either, "7")
    assert ask(either, SUM, logit_bias={str(seven): -100}) != "7"
    assert "7" not in ask(either, SUM, extra_body={"logit_bias": [[seven, False]]}, max_tokens=20)
    assert ask(either, STORY, logit_bias={str(seven): 100}, max_tokens=5) == "77777"


def test_the_models_own_end_may_be_ignored(either: openai.OpenAI) -> None:
    answer = either.chat.completions.create(
        model=NAME, messages=SUM, temperature=0, max_tokens=40, extra_body={"ignore_eos": True})
    assert answer.choices[0].finish_reason == "length" and answer.usage.completion_tokens == 40


# MARK: Choices


def test_choices_differ_and_their_prompt_counts_once(either: openai.OpenAI) -> None:
    options: dict[str, Any] = {
        "model": NAME, "messages": STORY, "temperature": 1.5, "seed": 11, "max_tokens": 40, "extra_body": EXACT}
    single = either.chat.completions.create(**options)
    answer = either.chat.completions.create(n=4, **options)
    texts = [choice.message.content for choice in answer.choices]
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3] and len(set(texts)) == 4
    assert texts[0] == single.choices[0].message.content, "the first choice has the seed itself"
    assert answer.usage.prompt_tokens == single.usage.prompt_tokens
    assert answer.usage.completion_tokens > 3 * single.usage.completion_tokens / 2
    second = either.chat.completions.create(**(options | {"seed": 12}))
    assert texts[1] == second.choices[0].message.content


def test_choices_are_streamed_side_by_side(either: openai.OpenAI) -> None:
    options: dict[str, Any] = {"temperature": 1.5, "seed": 11, "max_tokens": 40, "n": 3, "extra_body": EXACT}
    whole = either.chat.completions.create(model=NAME, messages=STORY, **options)
    chunks = stream(either, STORY, stream_options={"include_usage": True}, **options)
    texts = ["", "", ""]
    ends = []
    for chunk in chunks:
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            ends += [choice.index] if choice.finish_reason else []
    assert texts == [choice.message.content for choice in whole.choices] and sorted(ends) == [0, 1, 2]
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


def test_several_prompts_of_a_text_completion(either: openai.OpenAI) -> None:
    def complete(prompt: Any, **options: Any) -> Any:
        return either.completions.create(model=NAME, prompt=prompt, temperature=0, max_tokens=5, **options)

    both = complete(["Hello", "Once upon"])
    assert [choice.text for choice in both.choices] == [
        complete(prompt).choices[0].text for prompt in ("Hello", "Once upon")]
    assert [choice.index for choice in both.choices] == [0, 1]


# MARK: Probabilities


@pytest.mark.parametrize("count", [0, 1, 20])
def test_probabilities_are_probabilities(either: openai.OpenAI, count: int) -> None:
    answer = either.chat.completions.create(
        model=NAME, messages=STORY, temperature=1, seed=3, max_tokens=30, logprobs=True, top_logprobs=count)
    content = answer.choices[0].logprobs.content
    assert len(content) == answer.usage.completion_tokens
    assert "".join(token.token for token in content) == answer.choices[0].message.content
    for one in content:
        top = [entry.logprob for entry in one.top_logprobs]
        assert len(top) == count and top == sorted(top, reverse=True)
        assert sum(map(math.exp, top)) <= 1 + 1e-6 and one.logprob <= 0
        assert not top or one.logprob <= top[0]
        assert bytes(one.bytes).decode(errors="replace") == one.token
        same = [entry.logprob for entry in one.top_logprobs if entry.model_extra["id"] == one.model_extra["id"]]
        assert same in ([], [one.logprob])


def test_probabilities_do_not_depend_on_how_tokens_are_chosen(direct: openai.OpenAI) -> None:
    def first(**options: Any) -> list[tuple[str, float]]:
        answer = direct.chat.completions.create(
            model=NAME, messages=STORY, max_tokens=1, logprobs=True, top_logprobs=5, **options)
        return [(one.token, one.logprob) for one in answer.choices[0].logprobs.content[0].top_logprobs]

    greedy = first(temperature=0)
    other = first(temperature=2, seed=1, extra_body={"top_k": 2})
    assert [name for name, _ in greedy] == [name for name, _ in other]
    # The prompt is computed in batches of different sizes, with and without what the cache has of it.
    assert all(abs(one - two) < 0.05 for (_, one), (_, two) in zip(greedy, other))


def test_streamed_probabilities_are_the_same(either: openai.OpenAI) -> None:
    options: dict[str, Any] = {"max_tokens": 20, "logprobs": True, "top_logprobs": 2}
    whole = either.chat.completions.create(model=NAME, messages=STORY, temperature=0, **options)
    chunks = stream(either, STORY, **options)
    streamed = [one for chunk in chunks if chunk.choices[0].logprobs for one in chunk.choices[0].logprobs.content]
    assert [one.token for one in streamed] == [one.token for one in whole.choices[0].logprobs.content]


def test_probabilities_by_their_older_names(either: openai.OpenAI) -> None:
    answer = either.completions.create(model=NAME, prompt="Hello", temperature=0, max_tokens=6, logprobs=3)
    logprobs = answer.choices[0].logprobs
    assert "".join(logprobs.tokens) == answer.choices[0].text and len(logprobs.tokens) == 6
    assert all(len(top) == 3 for top in logprobs.top_logprobs)
    assert logprobs.text_offset == [len("".join(logprobs.tokens[:index])) for index in range(6)]
    probabilities = ask(either, SUM, extra_body={"n_probs": 4}, max_tokens=2)
    assert probabilities


# MARK: Stop texts


def test_stop_texts_cut_wherever_tokens_meet(either: openai.OpenAI) -> None:
    whole = ask(either, STORY)
    # Every place of the text is some stop's beginning, in the middle of tokens or across them.
    for start in range(0, len(whole) - 9, 5):
        stop = whole[start : start + 9]
        expected = whole[: whole.index(stop)]
        assert ask(either, STORY, stop=stop) == expected, stop
        if start % 20 == 0:
            assert text_of(stream(either, STORY, stop=stop)) == expected, stop


def test_a_stop_text_that_almost_comes_changes_nothing(either: openai.OpenAI) -> None:
    whole = ask(either, STORY)
    near = [whole[start : start + 12] + "#" for start in range(0, len(whole) - 12, 9)]
    assert text_of(stream(either, STORY, stop=near[:60])) == whole


def test_which_stop_text_was_met_is_told(either: openai.OpenAI) -> None:
    answer = either.chat.completions.create(
        model=NAME, messages=STORY, temperature=0, stop=["nothing like it", " garden"])
    assert answer.model_extra["nexus"]["stop_text"] == " garden"


# MARK: What is not allowed


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("min_p", 1.5, "min_p"), ("typical_p", -1, "typical_p"), ("top_k", 1.5, "top_k"),
        ("repeat_penalty", 0, "repeat_penalty"), ("mirostat", 3, "mirostat"), ("mirostat_tau", "x", "mirostat_tau"),
        ("xtc_probability", 2, "xtc_probability"), ("dry_base", 0.5, "dry_base"), ("adaptive_decay", 1, "adaptive_decay"),
        ("samplers", ["top_k", "topp"], "samplers[1]"), ("samplers", "kq", "samplers"), ("samplers", 5, "samplers"),
        ("logit_bias", {"99999999": 1}, "logit_bias"), ("logit_bias", [[5]], "logit_bias[0]"),
        ("logit_bias", {"5": "x"}, "logit_bias.5"), ("logit_bias", [[-1, 1]], "logit_bias[0][0]"),
        ("n", 0, "n"), ("n", 129, "n"), ("top_logprobs", 3, "top_logprobs"), ("seed", 1.5, "seed"),
        ("stop", ["x"] * 65, "stop"), ("stop", "x" * 2_000, "stop"), ("ignore_eos", "yes", "ignore_eos"),
        ("n_probs", -1, "n_probs"), ("dry_sequence_breakers", "x", "dry_sequence_breakers"),
        ("nexus", {"prioritty": "high"}, "nexus"), ("nexus", {"reproducible": 1}, "nexus.reproducible"),
        ("length", {"max_wrods": 5}, "length"), ("presence_penalty", 1e9, "presence_penalty"),
    ],
)
def test_values_out_of_range_name_their_place(either: openai.OpenAI, field: str, value: Any, path: str) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        ask(either, SUM, extra_body={field: value})
    assert failure.value.param == path and failure.value.code == "invalid_value"


def test_adaptive_sampling_tells_what_it_changed(either: openai.OpenAI) -> None:
    answer = either.chat.completions.create(
        model=NAME, messages=SUM, seed=1, temperature=1, max_tokens=200,
        extra_body={"nexus": {"adaptive_sampling": True}, "ignore_eos": True, "top_k": 3})
    changes = answer.model_extra["nexus"]["adaptations"]
    assert changes[0]["at_token"] == 0 and changes[0]["parameter"] == "temperature"
    assert changes[0]["reason"] == "factual" and changes[0]["after"] < changes[0]["before"]
    assert all(change["reason"] in ("factual", "open_ended", "repetition") for change in changes)


#: Every number that a request may say, with its range.
NUMBERS: dict[str, tuple[float, float]] = {
    "temperature": (0, 10), "dynatemp_range": (0, 10), "dynatemp_exponent": (0, 100), "top_p": (0, 1), "min_p": (0, 1),
    "typical_p": (0, 1), "top_n_sigma": (-1_000, 1_000), "xtc_probability": (0, 1), "xtc_threshold": (0, 1),
    "dry_multiplier": (0, 100), "dry_base": (1, 100), "repeat_penalty": (0.01, 100), "presence_penalty": (-100, 100),
    "frequency_penalty": (-100, 100), "mirostat_tau": (0, 100), "mirostat_eta": (0, 10), "adaptive_target": (-1, 1),
    "adaptive_decay": (0, 0.99),
}
WHOLE: dict[str, tuple[int, int]] = {
    "top_k": (0, 10_000_000), "dry_allowed_length": (0, 10_000_000), "dry_penalty_last_n": (-1, 10_000_000),
    "repeat_last_n": (-1, 10_000_000), "mirostat": (0, 2), "min_keep": (0, 10_000_000),
}
SAMPLERS = ["penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature", "infill", "adaptive_p"]


def combination(chance: random.Random) -> dict[str, Any]:
    """Some parameters at the ends of their ranges, just beside them, or anywhere between."""
    options: dict[str, Any] = {"seed": chance.randrange(2**32)}
    for name in chance.sample(list(NUMBERS), chance.randrange(1, 12)):
        low, high = NUMBERS[name]
        options[name] = chance.choice([low, high, low + 1e-9, high - 1e-9, low + 1e-38, chance.uniform(low, high)])
    for name in chance.sample(list(WHOLE), chance.randrange(4)):
        low, high = WHOLE[name]
        options[name] = chance.choice([low, high, low + 1, chance.randint(low, min(high, 50))])
    if chance.random() < 0.4:
        options["samplers"] = chance.choices(SAMPLERS, k=chance.randrange(8))
    if chance.random() < 0.2:
        options["logit_bias"] = {str(chance.randrange(1_000)): chance.choice([-1e6, 1e6, 100]) for _ in range(3)}
    if chance.random() < 0.2:
        options["grammar"] = "root ::= [a-z ]+"
    return options


def test_no_combination_of_allowed_values_harms_the_engine(direct: openai.OpenAI) -> None:
    chance = random.Random(2_718)
    combinations = [combination(chance) for _ in range(200)]

    def answer(options: dict[str, Any]) -> None:
        temperature = options.get("temperature", 1)
        rest = {name: value for name, value in options.items() if name != "temperature"}
        try:
            ask(direct, STORY, temperature=temperature, max_tokens=8, extra_body=rest)
        except openai.APIStatusError as failure:
            raise AssertionError(f"{options}: {failure.message}") from None

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(answer, combinations))
    assert ask(direct, SUM) == "7"
