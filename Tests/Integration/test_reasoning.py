"""Thinking: taken out of the answer, streamed, counted, and kept to its budget.

The starter model does not think. A grammar writes thoughts for it, or a template opens them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from support.servers import NAME, Engine
from support.talk import STORY, SUM

#: ChatML whose answers may begin within thinking.
TEMPLATE = """{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% if message.reasoning_content %}<think>
{{ message.reasoning_content }}
</think>

{% endif %}{{ message.content }}<|im_end|>
{% endfor -%}
<|im_start|>assistant
{% if opens is defined and enable_thinking %}<think>
{% elif not enable_thinking %}<think>

</think>

{% endif %}"""
OPEN = {"chat_template_kwargs": {"enable_thinking": True, "opens": True}}
THOUGHT = "I must add three and four."
#: Thinking that a grammar spells out.
THINKS = {"grammar": f'root ::= "<think>\\n{THOUGHT}\\n</think>\\n\\n7"'}

@pytest.fixture(scope="module")
def thinker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    folder = tmp_path_factory.mktemp("thinker")
    template = folder / "template.jinja"
    template.write_text(TEMPLATE)
    engine = Engine(folder, "--chat-template-file", str(template))
    with engine.client() as client:
        yield client
    engine.stop()


def answer(client: openai.OpenAI, messages: list[Any] = SUM, **extra: Any) -> Any:
    options = {"max_tokens": extra.pop("max_tokens", 200), "temperature": extra.pop("temperature", 0)}
    return client.chat.completions.create(model=NAME, messages=messages, extra_body=extra, **options)


def thought(choice: Any) -> str | None:
    return (choice.message.model_extra or {}).get("reasoning_content")


def reasoning_tokens(answer: Any) -> int:
    return answer.usage.completion_tokens_details.reasoning_tokens


def warnings(answer: Any) -> list[str]:
    return [warning["code"] for warning in answer.model_extra["nexus"].get("warnings", [])]


def test_thinking_is_taken_out_of_the_answer(thinker: openai.OpenAI) -> None:
    whole = answer(thinker, **THINKS)
    assert whole.choices[0].message.content == "7" and thought(whole.choices[0]) == THOUGHT
    assert 5 < reasoning_tokens(whole) < whole.usage.completion_tokens


def test_thinking_is_streamed_before_the_answer(thinker: openai.OpenAI) -> None:
    chunks = list(thinker.chat.completions.create(
        model=NAME, messages=SUM, temperature=0, stream=True, stream_options={"include_usage": True}, extra_body=THINKS))
    kinds, thoughts, text = [], "", ""
    for chunk in chunks[:-1]:
        delta = chunk.choices[0].delta
        more = (delta.model_extra or {}).get("reasoning_content")
        if more:
            thoughts += more
            kinds.append("thought")
        if delta.content:
            text += delta.content
            kinds.append("text")
    assert thoughts == THOUGHT and text == "7"
    assert kinds == sorted(kinds, reverse=True) and kinds.count("thought") > 3
    assert reasoning_tokens(chunks[-1]) > 5


@pytest.mark.parametrize("name", ["auto", "deepseek"])
def test_formats_that_take_it_out(thinker: openai.OpenAI, name: str) -> None:
    assert thought(answer(thinker, reasoning_format=name, **THINKS).choices[0]) == THOUGHT


def test_thinking_may_stay_where_it_is(thinker: openai.OpenAI) -> None:
    whole = answer(thinker, reasoning_format="none", **THINKS)
    assert whole.choices[0].message.content == f"<think>\n{THOUGHT}\n</think>\n\n7"
    assert thought(whole.choices[0]) is None


def test_a_template_that_opens_the_thinking(thinker: openai.OpenAI) -> None:
    whole = answer(thinker, STORY, max_tokens=20, **OPEN)
    assert whole.choices[0].finish_reason == "length" and whole.choices[0].message.content == ""
    assert len(thought(whole.choices[0]) or "") > 10
    assert reasoning_tokens(whole) == 20 and warnings(whole) == ["reasoning_incomplete"]


def test_a_template_that_closes_the_thinking(thinker: openai.OpenAI) -> None:
    for switch in ({"chat_template_kwargs": {"enable_thinking": False}}, {"nexus": {"thinking": False}},
                   {"reasoning_effort": "none"}, {"thinking_budget_tokens": 0}):
        whole = answer(thinker, STORY, max_tokens=20, **switch)
        assert thought(whole.choices[0]) is None and whole.choices[0].message.content
        assert reasoning_tokens(whole) == 0


@pytest.mark.parametrize("budget", [1, 8, 30])
def test_a_budget_ends_the_thinking(thinker: openai.OpenAI, budget: int) -> None:
    whole = answer(thinker, STORY, max_tokens=120, ignore_eos=True, thinking_budget_tokens=budget, **OPEN)
    assert warnings(whole)[0] == "reasoning_budget"
    assert whole.choices[0].message.content, "the answer comes after it"
    # The tokens that end the thinking belong to it.
    assert budget <= reasoning_tokens(whole) <= budget + 12
    assert whole.usage.completion_tokens == 120


def test_thinking_that_is_ended_says_the_message(thinker: openai.OpenAI) -> None:
    message = " But that is enough. </think> not this <|im_end|>"
    whole = answer(
        thinker, STORY, max_tokens=120, ignore_eos=True, thinking_budget_tokens=8,
        reasoning_budget_message=" But that is enough.", **OPEN)
    assert (thought(whole.choices[0]) or "").endswith("But that is enough.")
    assert whole.choices[0].message.content and warnings(whole)[0] == "reasoning_budget"
    # Control tokens of a message are text: this one ends the thinking by its letters, and not the answer.
    whole = answer(
        thinker, STORY, max_tokens=120, ignore_eos=True, thinking_budget_tokens=8, reasoning_budget_message=message,
        **OPEN)
    assert (thought(whole.choices[0]) or "").endswith("But that is enough.")
    assert "not this <|im_end|>" in whole.choices[0].message.content and whole.usage.completion_tokens == 120
    # Thinking that ends by itself says nothing.
    short = answer(thinker, STORY, max_tokens=120, thinking_budget_tokens=100, reasoning_budget_message=message, **THINKS)
    assert "enough" not in str(short)


def test_a_budget_and_a_constraint_hold_together(thinker: openai.OpenAI) -> None:
    whole = answer(
        thinker, STORY, max_tokens=200, ignore_eos=True, thinking_budget_tokens=10, regex="[0-9]{3}-[a-z]{4}", **OPEN)
    assert warnings(whole) == ["reasoning_budget"] and thought(whole.choices[0])
    digits, _, letters = whole.choices[0].message.content.partition("-")
    assert digits.isdigit() and len(digits) == 3 and letters.isalpha() and len(letters) == 4


def test_a_schema_constrains_the_answer_and_not_the_thinking(thinker: openai.OpenAI) -> None:
    whole = answer(
        thinker, STORY, ignore_eos=True, thinking_budget_tokens=12, json_schema={"enum": ["yes", "no"]}, **OPEN)
    assert json.loads(whole.choices[0].message.content) in ("yes", "no")
    assert not (thought(whole.choices[0]) or "").startswith('"')


def test_an_end_within_the_thinking_is_no_way_around_a_constraint(thinker: openai.OpenAI) -> None:
    whole = answer(thinker, SUM, regex="[0-9]{3}", **OPEN)
    assert whole.choices[0].message.content.isdigit()


def test_thinking_of_earlier_answers_reaches_the_template(thinker: openai.OpenAI) -> None:
    messages = [*SUM, {"role": "assistant", "content": "7", "reasoning_content": "Hm."}, *SUM]
    with_thought = answer(thinker, messages, max_tokens=1).usage.prompt_tokens
    del messages[1]["reasoning_content"]
    assert with_thought > answer(thinker, messages, max_tokens=1).usage.prompt_tokens


@pytest.mark.parametrize(
    ("field", "value"), [("reasoning_format", "loud"), ("thinking_budget_tokens", -2), ("thinking_budget_tokens", "x"),
                         ("reasoning_budget_message", 3), ("reasoning_budget_message", "x" * 5000),
                         ("reasoning_effort", "")])
def test_wishes_that_are_not_understood(thinker: openai.OpenAI, field: str, value: Any) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        answer(thinker, **{field: value})
    assert failure.value.param == field


def test_options_of_the_command_line(tmp_path: Path) -> None:
    template = tmp_path / "template.jinja"
    template.write_text(TEMPLATE)
    engine = Engine(
        tmp_path, "--chat-template-file", str(template), "--reasoning-format", "none", "--reasoning-budget", "5",
        "--reasoning-budget-message", " Enough.",
        "--chat-template-kwargs", '{"enable_thinking": true, "opens": true}')
    with engine.client() as client:
        whole = answer(client, STORY, max_tokens=60, ignore_eos=True)
        assert thought(whole.choices[0]) is None and "</think>" in whole.choices[0].message.content
        assert warnings(whole) == ["reasoning_budget"]
        apart = answer(client, STORY, max_tokens=60, ignore_eos=True, reasoning_format="deepseek")
        assert (thought(apart.choices[0]) or "").endswith(" Enough.") and "</think>" not in apart.choices[0].message.content
    engine.stop()


def test_a_template_that_is_no_template(tmp_path: Path) -> None:
    template = tmp_path / "template.jinja"
    template.write_text("{% if %}")
    engine = Engine(tmp_path, "--chat-template-file", str(template))
    with engine.client() as client:
        with pytest.raises(openai.BadRequestError) as failure:
            answer(client)
        assert failure.value.code == "unsupported" and "template" in failure.value.message
        assert client.completions.create(model=NAME, prompt="Hello", max_tokens=3).choices[0].text
    engine.stop()
    assert any("template cannot be read" in line for line in engine.errors)
