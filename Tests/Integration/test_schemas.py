"""What the grammars of JSON Schemas write is valid, in the judgement of PyPI `jsonschema`, through `schema-fixture`."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
from support.program import BINARIES, environment
from support.schemas import Schema, Schemas

SEED = 20_240_229
SCHEMAS = 1_000
SENTENCES = 2
VALUES = 2


def answers(folder: Path, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the fixture says to each request."""
    result = subprocess.run(
        [BINARIES / "schema-fixture"], env=environment(folder), text=True, capture_output=True, timeout=240,
        input="".join(json.dumps(request) + "\n" for request in requests), check=True)
    return [json.loads(line) for line in result.stdout.split("\n") if line]


def validator(schema: Schema) -> jsonschema.protocols.Validator:
    """The judge for the schema's dialect. Numbers are decimal, so that multiples of 0.01 are what they say."""
    exact = json.loads(json.dumps(schema), parse_float=Decimal)
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    kind.check_schema(schema)
    return kind(exact, format_checker=kind.FORMAT_CHECKER)


def problems(judge: jsonschema.protocols.Validator, sentence: str) -> list[str]:
    """Why a sentence is not valid JSON of the schema."""
    try:
        value = json.loads(sentence, parse_float=Decimal)
    except ValueError as error:
        return [str(error)]
    found = [error.message for error in judge.iter_errors(value)]
    return found[:1]


def test_what_a_thousand_random_schemas_write_is_valid(tmp_path: Path) -> None:
    source = Schemas(SEED)
    documents = [source.one() for _ in range(SCHEMAS)]
    judges = [validator(schema) for schema, _ in documents]
    requests, expected = [], []
    for index, ((schema, make), judge) in enumerate(zip(documents, judges)):
        texts = [json.dumps(make(), separators=(",", ":"), ensure_ascii=False) for _ in range(VALUES)]
        texts = [text for text in texts if not problems(judge, text)]
        expected.append(texts)
        requests.append({"schema": schema, "seed": index, "count": SENTENCES, "texts": texts, "compact": index % 2 == 0})

    refused, invalid, missed = [], [], []
    sentences, unfinished, valid, accepted = 0, 0, 0, 0
    for (schema, _), judge, texts, answer in zip(documents, judges, expected, answers(tmp_path, requests)):
        if "error" in answer:
            assert answer["kind"] in ("unsupported", "tooLarge"), (schema, answer)
            assert "'" in answer["error"] or "satisf" in answer["error"], (schema, answer)
            assert answer["place"].startswith("#"), (schema, answer)
            refused.append(answer)
            # Nothing that has a value is called impossible.
            assert not texts or "satisf" not in answer["error"], (schema, answer, texts)
            continue
        unfinished += len(answer["unfinished"])
        for sentence in answer["sentences"]:
            sentences += 1
            if found := problems(judge, sentence):
                invalid.append((schema, sentence, found))
        valid += len(texts)
        accepted += sum(answer["accepted"])
        missed += [(schema, text) for text, isAccepted in zip(texts, answer["accepted"]) if not isAccepted]
    print(
        f"\n{SCHEMAS} schemas, {len(refused)} refused, {sentences} sentences valid, {unfinished} without an end in time, "
        f"{accepted} of {valid} valid values accepted")
    assert not invalid, f"{len(invalid)} sentences are not valid, such as {invalid[:3]}"
    assert len(refused) <= SCHEMAS * 0.1
    assert unfinished <= sentences * 0.02
    assert accepted >= valid * 0.9
