"""Random JSON Schemas, each with a maker of values that should be valid."""

import random
import string
import uuid
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any] | bool
Maker = Callable[[], Any]
"""Makes a value that the schema should allow."""

FORMATS: dict[str, str] = {
    "date": "2024-02-28", "time": "10:20:30Z", "date-time": "2024-02-28T10:20:30Z", "duration": "P1Y2M3DT4H",
    "uuid": str(uuid.UUID(int=7)), "ipv4": "192.168.0.1", "ipv6": "fe80::1", "email": "ann@example.org",
    "hostname": "www.example.org", "uri": "https://example.org/a?b=c", "json-pointer": "/a/0",
}
PATTERNS: dict[str, str] = {
    "^[a-z]+$": "word", "^[A-Z]{3}-[0-9]{2,4}$": "ABC-123", "^(red|green|blue)$": "green", "[0-9]": "a1",
    r"^\d{3}$": "123", r"^\w+@\w+\.com$": "a@b.com", "^a.*z$": "a-z", '^["\\\\]x$': '"x', "^$": "", "é+": "café",
}


class Schemas:
    """A stream of random schemas from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.definitions: dict[str, tuple[Schema, Maker]] = {}

    def one(self) -> tuple[Schema, Maker]:
        """A document: a schema with definitions of its own."""
        self.definitions = {}
        for name in self.random.sample(["node", "leaf", "a/b", "p%q"], self.random.randrange(3)):
            self.definitions[name] = self.any(2)
        if self.chance(0.1):
            return self.list_of_nodes()
        schema, make = self.any(0)
        if isinstance(schema, bool):
            return schema, make
        schema = dict(schema)
        draft = self.random.choice([None, None, None, "2020-12", "2019-09", "draft-07", "draft-06"])
        if draft and draft.startswith("draft"):
            schema["$schema"] = f"http://json-schema.org/{draft}/schema#"
        elif draft:
            schema["$schema"] = f"https://json-schema.org/draft/{draft}/schema"
        if self.definitions:
            # One place that every dialect can point to.
            schema["definitions"] = {name: definition for name, (definition, _) in self.definitions.items()}
        return schema, make

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def any(self, depth: int) -> tuple[Schema, Maker]:
        kinds = [
            self.integer, self.number, self.text, self.text, self.choice, self.constant, self.plain,
            self.pattern, self.format,
        ]
        if depth < 3:
            kinds += [self.object, self.object, self.object, self.array, self.array, self.either, self.both, self.one_of]
        if depth > 0 and self.definitions:
            kinds += [self.reference]
        schema, make = self.random.choice(kinds)(*([depth] if depth < 99 else []))
        if isinstance(schema, dict) and self.chance(0.1):
            schema = {"title": "T", "description": "what it is", "default": None, "examples": [1], "x-own": 1} | schema
        return schema, make

    def plain(self, depth: int) -> tuple[Schema, Maker]:
        r = self.random
        return r.choice([
            (True, lambda: [1, {"a": None}]), ({}, lambda: "x"), ({"type": "null"}, lambda: None),
            ({"type": "boolean"}, lambda: r.choice([True, False])), ({"type": "integer"}, lambda: r.randrange(-99, 99)),
            ({"type": ["string", "null"]}, lambda: r.choice([None, "n"])), ({"type": "number"}, lambda: 2.5),
            ({"type": "object"}, lambda: {"k": [1]}), ({"type": "array"}, lambda: [None]),
        ])

    def integer(self, depth: int) -> tuple[Schema, Maker]:
        r = self.random
        low = r.choice([-(10 ** r.randrange(1, 19)), r.randrange(-1000, 1000), 0])
        high = low + r.randrange(0, 10 ** r.randrange(1, 19))
        schema: dict[str, Any] = {"type": "integer"}
        if self.chance(0.8):
            schema |= r.choice([{"minimum": low}, {"exclusiveMinimum": low - 1}])
        if self.chance(0.8):
            schema |= r.choice([{"maximum": high}, {"exclusiveMaximum": high + 1}])
        step = 1
        if self.chance(0.2):
            step = r.choice([2, 3, 5, 7, 10, 12, 100, 1000])
            schema["multipleOf"] = step
        return schema, lambda: -(-r.randint(low, high) // step) * step

    def number(self, depth: int) -> tuple[Schema, Maker]:
        r = self.random
        low = round(r.uniform(-100, 100), r.randrange(5))
        high = round(low + r.uniform(0.1, 10 ** r.randrange(4)), r.randrange(1, 6))
        schema: dict[str, Any] = {"type": "number"}
        if self.chance(0.2):
            schema["multipleOf"] = step = r.choice([0.5, 0.25, 0.1, 0.01, 0.001, 4])
            high += 10
        else:
            step = 0
        if self.chance(0.7):
            schema[r.choice(["minimum", "exclusiveMinimum"])] = low
        if self.chance(0.7):
            schema[r.choice(["maximum", "exclusiveMaximum"])] = high
        places = 2 if high - low > 0.1 else 4
        return schema, lambda: round(r.uniform(low, high) / step) * step if step else round(r.uniform(low, high), places)

    def text(self, depth: int) -> tuple[Schema, Maker]:
        r = self.random
        schema: dict[str, Any] = {"type": "string"}
        low, high = 0, 12
        if self.chance(0.5):
            schema["minLength"] = low = r.randrange(6)
        if self.chance(0.5):
            schema["maxLength"] = high = low + r.randrange(8)
        letters = string.ascii_letters + ' "\\\n\té€😀/'
        return schema, lambda: "".join(r.choices(letters, k=r.randint(low, high)))

    def pattern(self, depth: int) -> tuple[Schema, Maker]:
        pattern, example = self.random.choice(list(PATTERNS.items()))
        schema: dict[str, Any] = {"type": "string", "pattern": pattern}
        if self.chance(0.3):
            schema["maxLength"] = len(example) + self.random.randrange(4)
        if self.chance(0.3):
            schema["minLength"] = max(len(example) - self.random.randrange(2), 0)
        return schema, lambda: example

    def format(self, depth: int) -> tuple[Schema, Maker]:
        name, example = self.random.choice(list(FORMATS.items()))
        return {"type": "string", "format": name}, lambda: example

    def scalar(self) -> Any:
        r = self.random
        return r.choice([None, True, False, r.randrange(-9, 99), 1.5, "", "a", "b\"\\\n", "é😀", r.random()])

    def choice(self, depth: int) -> tuple[Schema, Maker]:
        values = [self.scalar() for _ in range(self.random.randrange(1, 6))] + [{"a": [1, "x"]}][: self.random.randrange(2)]
        return {"enum": values}, lambda: self.random.choice(values)

    def constant(self, depth: int) -> tuple[Schema, Maker]:
        value = self.random.choice([self.scalar(), [1, "two", None], {"k": {}, "l": [[]]}])
        return {"const": value}, lambda: value

    def object(self, depth: int) -> tuple[Schema, Maker]:
        r = self.random
        names = r.sample(["a", "b", "ab", "abc", "name", "é", 'q"', "a b", "count"], r.randrange(1, 6))
        members = {name: self.any(depth + 1) for name in names}
        required = [name for name in names if self.chance(0.5)]
        schema: dict[str, Any] = {
            "type": "object", "properties": {name: member for name, (member, _) in members.items()}}
        if required:
            schema["required"] = required
        extra: Maker | None = None
        more = r.random()
        if more < 0.3:
            schema["additionalProperties"] = False
        elif more < 0.5:
            schema["additionalProperties"], extra = self.any(depth + 2)
        elif more < 0.55:
            schema["patternProperties"] = {"^x-": {"type": "integer"}, "^y-": {"type": "string"}}
        elif more < 0.6:
            schema["propertyNames"] = r.choice([{"maxLength": 5}, {"pattern": "^[^z]*$"}])
            schema["additionalProperties"] = {"type": "integer"}
        elif more < 0.63 and len(names) > 1:
            schema["dependentRequired"] = {names[0]: [names[1]]}
        if self.chance(0.15):
            schema["minProperties"] = r.randrange(len(names) + 1)
        if self.chance(0.15):
            schema["maxProperties"] = max(len(required), r.randrange(len(names) + 2))

        def make() -> Any:
            value = {name: make() for name, (_, make) in members.items() if name in required or self.chance(0.5)}
            if extra and self.chance(0.5):
                value["extra"] = extra()
            return value

        return schema, make

    def array(self, depth: int) -> tuple[Schema, Maker]:
        r = self.random
        item, make = self.any(depth + 1)
        schema: dict[str, Any] = {"type": "array", "items": item}
        low, high = 0, 3
        if self.chance(0.4):
            schema["minItems"] = low = r.randrange(3)
        if self.chance(0.4):
            schema["maxItems"] = high = low + r.randrange(3)
        kind = r.random()
        if kind < 0.1:
            schema["items"], schema["uniqueItems"] = {"enum": ["x", "y", "z", 1, None]}, True
            return schema, lambda: r.sample(["x", "y", "z", 1, None], r.randint(low, max(low, min(high, 5))))
        if kind < 0.2:
            schema["contains"] = schema["items"]
            return schema, lambda: [make() for _ in range(r.randint(max(low, 1), max(high, low, 1)))]
        if kind < 0.3:
            first, make_first = self.any(depth + 1)
            del schema["items"]
            schema["prefixItems"] = [first, item]
            return schema, lambda: [make_first(), make()][: max(high, low)]
        return schema, lambda: [make() for _ in range(r.randint(low, max(low, high)))]

    def either(self, depth: int) -> tuple[Schema, Maker]:
        parts = [self.any(depth + 1) for _ in range(self.random.randrange(1, 4))]
        return {"anyOf": [part for part, _ in parts]}, lambda: self.random.choice(parts)[1]()

    def one_of(self, depth: int) -> tuple[Schema, Maker]:
        """Branches that a property tells apart, or their types."""
        if self.chance(0.5):
            parts = [self.integer(depth), self.text(depth), self.object(depth + 1)]
            return {"oneOf": [part for part, _ in parts]}, lambda: self.random.choice(parts)[1]()
        branches, makers = [], []
        for kind in ("circle", "square"):
            member, make = self.any(depth + 1)
            branches.append({
                "type": "object", "properties": {"kind": {"const": kind}, "size": member}, "required": ["kind"]})
            makers.append(lambda kind=kind, make=make: {"kind": kind, "size": make()})
        return {"oneOf": branches}, lambda: self.random.choice(makers)()

    def both(self, depth: int) -> tuple[Schema, Maker]:
        """Parts that hold together."""
        schema, make = self.random.choice([self.object, self.array, self.integer, self.text])(depth + 1)
        more = self.random.choice([
            {"type": schema["type"]}, {"maxLength": 9}, {"minimum": -(10**6)}, {"not": {"type": "null"}},
            {"not": {"const": 5}}, {"required": []}, {"anyOf": [{"type": "null"}, {"type": schema["type"]}]},
            {"if": {"type": "string"}, "then": {"maxLength": 10}, "else": True},
        ])
        return {"allOf": [schema, more]}, make

    def reference(self, depth: int) -> tuple[Schema, Maker]:
        name = self.random.choice(list(self.definitions))
        escaped = name.replace("/", "~1").replace("%", "%25")
        return {"$ref": f"#/definitions/{escaped}"}, self.definitions[name][1]

    def list_of_nodes(self) -> tuple[Schema, Maker]:
        """Recursion: a list, or a tree."""
        value, make = self.any(2)
        node = {
            "type": "object", "required": ["value"],
            "properties": {
                "value": value, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 2}},
        }
        document = {
            "$ref": "#/$defs/node",
            "$defs": {"node": node},
            "definitions": {name: definition for name, (definition, _) in self.definitions.items()}}
        return document, lambda: {"value": make(), "next": {"value": make(), "next": None}, "children": []}
