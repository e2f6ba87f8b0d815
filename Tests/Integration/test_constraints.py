"""Answers that must look like something, through the `openai` client: every one is judged by somebody else."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
import openai
import pytest
from support.servers import NAME
from support.talk import STORY, SUM, ask, stream, text_of

ANNA = [{"role": "user", "content": "Give me JSON with name, age and city: Anna is 30 and lives in Paris."}]
#: A refusal of a hostile constraint may take so long, in a debug build on a busy machine.
REFUSAL_SECONDS = 10

PERSON: dict[str, Any] = {
    "type": "object", "required": ["name", "age", "city"], "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1}, "age": {"type": "integer", "minimum": 18, "maximum": 99},
        "city": {"enum": ["Paris", "Rome", None]}},
}
TREE: dict[str, Any] = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object", "required": ["value"], "additionalProperties": False,
            "properties": {
                "value": {"type": "integer", "minimum": 0, "maximum": 9},
                "children": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/leaf"}}}},
        "leaf": {"type": "object", "properties": {"value": {"const": "leaf"}}, "required": ["value"]},
    },
}
MATRIX: dict[str, Any] = {
    "type": "array", "minItems": 2, "maxItems": 3,
    "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "boolean"}},
}
EVENT: dict[str, Any] = {
    "type": "object", "required": ["day", "code", "kind"], "additionalProperties": False,
    "properties": {
        "day": {"type": "string", "format": "date"}, "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{2,4}$"},
        "kind": {"oneOf": [{"const": "a"}, {"type": "integer", "multipleOf": 5, "minimum": 5, "maximum": 50}]}},
}
SCHEMAS = {"person": PERSON, "tree": TREE, "matrix": MATRIX, "event": EVENT}


def format_of(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def judge(schema: dict[str, Any], text: str) -> Any:
    value = json.loads(text)
    jsonschema.validate(value, schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    return value


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_follows_a_schema_is_valid(either: openai.OpenAI, name: str) -> None:
    schema = SCHEMAS[name]
    judge(schema, ask(either, ANNA, response_format=format_of(schema), max_tokens=900))
    for seed in range(3):
        # So hot that the model itself would not write JSON: it is the grammar that does.
        text = ask(
            either, ANNA, response_format=format_of(schema), seed=seed, temperature=1.5, max_tokens=900,
            extra_body={"top_k": 0})
        judge(schema, text)


def test_a_stream_follows_the_schema_too(either: openai.OpenAI) -> None:
    whole = ask(either, ANNA, response_format=format_of(PERSON))
    chunks = stream(either, ANNA, response_format=format_of(PERSON))
    assert text_of(chunks) == whole and chunks[-1].choices[0].finish_reason == "stop"
    assert judge(PERSON, whole) == {"name": "Anna", "age": 30, "city": "Paris"}, "the model keeps what it knows"


@pytest.mark.parametrize("place", ["schema", "json_schema"])
def test_llama_servers_places_for_a_schema(either: openai.OpenAI, place: str) -> None:
    extra = {"json_schema": MATRIX} if place == "json_schema" else {}
    options = {} if extra else {"response_format": {"type": "json_object", "schema": MATRIX}}
    judge(MATRIX, ask(either, SUM, max_tokens=200, extra_body=extra, **options))


def test_any_object(either: openai.OpenAI) -> None:
    assert isinstance(json.loads(ask(either, ANNA, response_format={"type": "json_object"})), dict)
    answer = ask(either, SUM, response_format={"type": "json_object"}, max_tokens=20)
    assert answer.lstrip().startswith("{"), "the sum alone would be no object"


def test_a_grammar_is_followed(either: openai.OpenAI) -> None:
    grammar = 'root ::= word (", " word){2}\nword ::= "red" | "green" | "blue"'
    for seed in range(4):
        text = ask(either, SUM, temperature=2, seed=seed, extra_body={"grammar": grammar})
        words = text.split(", ")
        assert len(words) == 3 and set(words) <= {"red", "green", "blue"}
    assert ask(either, SUM, extra_body={"grammar": 'root ::= "é😀\\n" "z"'}) == "é😀\nz"


@pytest.mark.parametrize(
    "expression",
    [r"[0-9]{3}-[a-z]{2,5}", r"(yes|no|maybe), (Anna|Bob)!?", r"\d{1,3}(\.\d{1,3}){3}", r"[^a-zA-Z\s]{4}", "é{2,3}|日本"],
)
def test_an_expression_matches_the_whole_answer(either: openai.OpenAI, expression: str) -> None:
    for seed in range(3):
        text = ask(either, SUM, temperature=1.5, seed=seed, extra_body={"regex": expression, "top_k": 0})
        assert re.fullmatch(expression, text), text


@pytest.mark.parametrize(
    "limits",
    [
        {"max_words": 5}, {"min_words": 60, "max_words": 70}, {"max_characters": 21},
        {"min_characters": 400, "max_characters": 420}, {"min_words": 3, "max_characters": 40},
    ],
)
def test_lengths_hold(either: openai.OpenAI, limits: dict[str, int]) -> None:
    for seed in (1, 2):
        text = ask(either, STORY, temperature=1, seed=seed, extra_body={"length": limits})
        words, characters = len(text.split()), len(text)
        assert limits.get("min_words", 0) <= words <= limits.get("max_words", 10_000), text
        assert limits.get("min_characters", 0) <= characters <= limits.get("max_characters", 10_000), text


def test_a_length_and_a_schema_hold_together(either: openai.OpenAI) -> None:
    schema = {"type": "array", "items": {"type": "string"}}
    for seed in (1, 2):
        text = ask(
            either, STORY, temperature=1, seed=seed, response_format=format_of(schema),
            extra_body={"length": {"min_characters": 30, "max_characters": 60}})
        judge(schema, text)
        assert 30 <= len(text) <= 60


def test_a_stop_text_ends_a_constrained_answer(either: openai.OpenAI) -> None:
    answer = either.chat.completions.create(
        model=NAME, messages=SUM, temperature=0, stop=["cd"], extra_body={"grammar": 'root ::= "abcdef"'})
    assert answer.choices[0].message.content == "ab" and answer.choices[0].finish_reason == "stop"


def test_a_limit_of_tokens_inside_json_is_told(either: openai.OpenAI) -> None:
    answer = either.chat.completions.create(
        model=NAME, messages=ANNA, temperature=0, max_tokens=6, response_format=format_of(PERSON))
    assert answer.choices[0].finish_reason == "length"
    assert (answer.choices[0].message.content or "").startswith('{')
    with pytest.raises(ValueError):
        json.loads(answer.choices[0].message.content or "")


def test_an_answer_that_ends_before_its_constraint_is_satisfied_has_a_warning(either: openai.OpenAI) -> None:
    for cut in ({"max_tokens": 6}, {"stop": ["age"]}):
        answer = either.chat.completions.create(
            model=NAME, messages=ANNA, temperature=0, response_format=format_of(PERSON), **cut)
        assert answer.model_extra["nexus"]["warnings"][0]["code"] == "constraint_incomplete"


def test_a_grammar_that_is_at_its_end_ends_the_answer_whatever_else_is_said(either: openai.OpenAI) -> None:
    options = {"grammar": 'root ::= "yes" | "no"', "ignore_eos": True}
    answer = either.chat.completions.create(model=NAME, messages=SUM, temperature=0, max_tokens=50, extra_body=options)
    assert answer.choices[0].message.content in ("yes", "no") and answer.choices[0].finish_reason == "stop"


def test_the_probabilities_of_a_constrained_answer(either: openai.OpenAI) -> None:
    answer = either.chat.completions.create(
        model=NAME, messages=SUM, temperature=0, logprobs=True, top_logprobs=3,
        extra_body={"grammar": 'root ::= "yes" | "no"'})
    logprobs = answer.choices[0].logprobs
    assert logprobs and logprobs.content
    assert "".join(token.token for token in logprobs.content) == answer.choices[0].message.content
    first = logprobs.content[0]
    assert first.top_logprobs[0].token == "7", "they are the model's own, before the grammar"
    assert first.logprob < first.top_logprobs[-1].logprob


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, "uniqueItems"),
        ({"type": "object", "properties": {"a": {"$ref": "https://example.org/else"}}}, "$ref"),
        ({"type": "string", "pattern": "(?=a)b"}, "pattern"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/missing"}}}, "$ref"),
        ({"type": "array", "unevaluatedItems": False, "contains": {"type": "integer"}, "maxContains": 2}, "Contains"),
        ({"type": "strin"}, "type"),
        ({"type": "string", "minLength": -1}, "minLength"),
    ],
)
def test_what_cannot_be_enforced_is_named(either: openai.OpenAI, schema: dict[str, Any], keyword: str) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        ask(either, SUM, response_format=format_of(schema))
    assert failure.value.code in ("unsupported", "invalid_value") and failure.value.param == "response_format"
    assert keyword in failure.value.message, failure.value.message


def nested(depth: int) -> Any:
    return {"type": "array", "items": nested(depth - 1)} if depth else {"type": "null"}


def fan(width: int, depth: int) -> dict[str, Any]:
    """Every level refers to the next one several times: width to the power of depth when it is written out."""
    definitions: dict[str, Any] = {
        f"d{level}": {"allOf": [{"anyOf": [{"$ref": f"#/$defs/d{level + 1}"}, {"type": "string", "minLength": branch}]}
                                for branch in range(width)]}
        for level in range(depth)}
    return {"$ref": "#/$defs/d0", "$defs": definitions | {f"d{depth}": {"type": "string"}}}


HOSTILE: dict[str, dict[str, Any]] = {
    "left recursion": {"grammar": 'root ::= root "a" | "b"'},
    "hidden left recursion": {"grammar": 'root ::= a\na ::= "x"? b\nb ::= a "y"'},
    "a hundred thousand rules": {
        "grammar": "\n".join(f"r{i} ::= r{i + 1}" for i in range(100_000)) + '\nr100000 ::= "a"\nroot ::= r0'},
    "parentheses": {"grammar": "root ::= " + "(" * 20_000 + '"a"' + ")" * 20_000},
    "no root": {"grammar": 'start ::= "a"'},
    "a rule that is not there": {"grammar": "root ::= other"},
    "no grammar": {"grammar": "hello, I am none"},
    "a huge count": {"grammar": 'root ::= "a"{99999999999}'},
    "groups": {"regex": "(" * 5_000 + "a" + ")" * 5_000},
    "a reference back": {"regex": r"(a+)\1"},
    "an open group": {"regex": "(a"},
    "combinations": {"json_schema": {"allOf": [
        {"anyOf": [{"required": [f"p{i}"], "properties": {f"p{i}": {}}}, {"required": [f"q{i}"]}]}
        for i in range(24)]}},
    "fan": {"json_schema": fan(4, 12)},
    "depth": {"json_schema": {"allOf": [nested(60)] * 200 + [{"type": "string"}]}},
    "many values": {"json_schema": {"enum": [f"value {i}" for i in range(50_000)]}},
    "a circle": {"json_schema": {"$ref": "#"}},
    "a schema that nothing fits": {"json_schema": {"type": "string", "minLength": 5, "maxLength": 2}},
    "lengths that contradict": {"length": {"min_words": 5, "max_words": 2}},
    "two at once": {"grammar": 'root ::= "a"', "regex": "a"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_constraints_are_refused_at_once(either: openai.OpenAI, name: str) -> None:
    began = time.monotonic()
    with pytest.raises(openai.BadRequestError) as failure:
        ask(either, SUM, extra_body=HOSTILE[name])
    assert time.monotonic() - began < REFUSAL_SECONDS
    assert failure.value.code in ("unsupported", "invalid_value") and failure.value.param and failure.value.message
    assert ask(either, SUM) == "7"


@pytest.mark.parametrize(
    "constraint",
    [
        {"grammar": "root ::= " + "(" * 5 + '"a"{0,1000}' + "){0,1000}" * 5},
        {"grammar": 'root ::= ("a" | "a" "a" | "aa" root?)* "b"'},
        {"grammar": 'root ::= s\ns ::= "(" s ")" s | "[" s "]" s | [a-z ]*'},
        {"regex": "((a{1,100}){1,100}){1,100}b"},
        {"regex": "(a|aa|aaa)*(a|ab|abc)*(.*a){20}"},
        {"json_schema": {"$ref": "#/$defs/n", "$defs": {"n": {"anyOf": [
            {"type": "array", "items": {"$ref": "#/$defs/n"}},
            {"type": "object", "additionalProperties": {"$ref": "#/$defs/n"}}]}}}},
    ],
    ids=range(6),
)
def test_constraints_that_are_much_work_hold_up_nobody(direct: openai.OpenAI, constraint: dict[str, Any]) -> None:
    def follow(seed: int) -> None:
        try:
            ask(direct, SUM, temperature=1, seed=seed, max_tokens=60, extra_body=constraint | {"top_k": 0})
        except openai.BadRequestError as refusal:
            assert "constraint" in refusal.message or "grammar" in refusal.message

    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(follow, seed) for seed in range(3)]
        began = time.monotonic()
        assert ask(direct, SUM) == "7"
        assert time.monotonic() - began < REFUSAL_SECONDS
        for one in work:
            one.result()
