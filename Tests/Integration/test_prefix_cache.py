"""The prefix cache as clients see it: what is reused, for whom, and that it changes no answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest
from support.polling import until
from support.servers import NAME, Engine
from support.talk import STORY, SUM, ask

#: Long enough that nobody computes it twice without being noticed.
RULES = "You are a helpful assistant. " + "Anna has a green ring. " * 20


@pytest.fixture
def cached(tmp_path: Any) -> Iterator[Engine]:
    """An engine whose cache is empty."""
    engine = Engine(tmp_path)
    yield engine
    engine.stop()


def asked(messages: list[Any], tenant: str | None = None, **more: Any) -> dict[str, Any]:
    nexus = {"tenant": tenant} if tenant is not None else {}
    body: dict[str, Any] = {"model": NAME, "messages": messages, "temperature": 0, "max_tokens": 20} | more
    if nexus or "nexus" in more:
        body["nexus"] = more.get("nexus", {}) | nexus
    return body


def post(engine: Engine, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = httpx.post(f"{engine.url}/v1/chat/completions", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def reused(answer: dict[str, Any]) -> int:
    """Prompt tokens from the cache; every place that tells says the same."""
    count = answer["usage"]["prompt_tokens_details"]["cached_tokens"]
    assert count == answer["nexus"]["cache"]["cached_tokens"] == answer["timings"]["cache_n"]
    assert answer["timings"]["prompt_n"] == answer["usage"]["prompt_tokens"] - count
    assert (answer["nexus"]["cache"]["tier"] == "none") == (count == 0)
    return count


def nodes(engine: Engine) -> list[dict[str, Any]]:
    return httpx.get(f"{engine.url}/cache", timeout=10).json()["nodes"]


def system(text: str, question: str = "What is 3 + 4?") -> list[Any]:
    return [{"role": "system", "content": text}, {"role": "user", "content": question}]


def test_a_conversation_computes_only_what_is_new(cached: Engine) -> None:
    messages: list[Any] = [{"role": "user", "content": "My name is Zorin."}]
    computed, last, before = [], 0, 0
    # What the model says to such a conversation is not the question: it says the same with and without the cache.
    for question in ("What is my name?", "What is 3 + 4?", "What is my name?", "Count to 5.", "What is my name?"):
        answer = post(cached, asked(messages))
        count, prompt = reused(answer), answer["usage"]["prompt_tokens"]
        assert count >= last, "it grows with the conversation"
        # Everything up to the last answer was there; only its end and the new turn are not.
        assert count >= before
        computed.append(prompt - count)
        last, before = count, prompt - 1
        messages += [answer["choices"][0]["message"], {"role": "user", "content": question}]
    texts = [
        post(cached, asked(messages, cache_prompt=is_used))["choices"][0]["message"]["content"] for is_used in (True, False)]
    assert texts[0] == texts[1]
    assert max(computed[1:]) < 25, f"a turn costs the same however long the history is: {computed}"


def test_the_openai_client_reads_it(direct: openai.OpenAI) -> None:
    messages = system(RULES + "For the client.")
    for _ in range(2):
        answer = direct.chat.completions.create(model=NAME, messages=messages, temperature=0)
    assert answer.usage.prompt_tokens_details.cached_tokens == answer.usage.prompt_tokens - 1


def test_where_a_prompt_first_differed_is_told(cached: Engine) -> None:
    def report(name: str) -> tuple[int, dict[str, Any]]:
        answer = post(cached, asked(system(f"{RULES}{name} has a red cat.")))
        return reused(answer), answer["nexus"]["cache"]

    assert report("Bob") == (0, {"cached_tokens": 0, "tier": "none"})
    report("Kate")
    count, cache = report("Noah")
    assert count > 100 and cache["first_difference"] == count, "right where the names are"
    assert "first_difference" not in report("Noah")[1]


def test_where_the_second_prompt_differed_is_told(cached: Engine) -> None:
    post(cached, asked(system(RULES + "Bob has a red cat.")))
    answer = post(cached, asked(system(RULES + "Kate has a red cat.")))
    assert answer["nexus"]["cache"]["first_difference"] == reused(answer) > 100


def test_how_a_prompt_differed_is_told(cached: Engine) -> None:
    for name in ("Bob", "Kate", "Noah"):
        answer = post(cached, asked(system(f"{RULES}{name} has a red cat.")))
    assert "Noah" in answer["nexus"]["cache"]["difference_text"]


def test_the_sizes_of_nodes_are_told(cached: Engine) -> None:
    post(cached, asked(system(RULES)))
    listing = httpx.get(f"{cached.url}/cache", timeout=10).json()
    assert all(node["bytes"] > 0 for node in listing["nodes"])
    assert 0 < listing["tiers"][0]["bytes"] <= listing["tiers"][0]["bytes_max"]


def test_one_tenants_prompt_is_nothing_to_another(cached: Engine) -> None:
    messages = system(RULES + "The secret word is pencil.")
    assert reused(post(cached, asked(messages), **{"X-Nexus-Tenant": "ann"})) == 0
    # The pair: the same prompt of somebody else is computed whole, and its owner's is not.
    other = post(cached, asked(messages), **{"X-Nexus-Tenant": "bob"})
    own = post(cached, asked(messages), **{"X-Nexus-Tenant": "ann"})
    assert reused(other) == 0 and reused(own) == own["usage"]["prompt_tokens"] - 1
    assert "first_difference" not in other["nexus"]["cache"], "not even that there is something is told"
    assert "difference_text" not in other["nexus"]["cache"]
    assert reused(post(cached, asked(messages))) == 0, "no tenant is one of its own"
    assert reused(post(cached, asked(messages, tenant="ann"))) > 0, "a member means the same as a header"
    assert {node["tenant"] for node in nodes(cached)} >= {"ann", "bob", ""}


def test_a_shared_prefix_is_everybodys(cached: Engine) -> None:
    messages = system(RULES + "Everybody may know this.")
    shared = {"nexus": {"cache_scope": "shared"}}
    assert reused(post(cached, asked(messages, tenant="operator", **shared))) == 0
    for tenant in ("ann", "bob"):
        answer = post(cached, asked(messages, tenant=tenant, **shared))
        assert reused(answer) == answer["usage"]["prompt_tokens"] - 1
    assert any(node["tenant"] is None for node in nodes(cached))


def test_what_tenants_ask_beyond_a_shared_prefix_stays_theirs(cached: Engine) -> None:
    post(cached, asked(system(RULES), tenant="operator", nexus={"cache_scope": "shared"}))
    mine = system(RULES, "The secret word is pencil. What is 3 + 4?")
    first = post(cached, asked(mine, tenant="ann"))
    other = post(cached, asked(mine, tenant="bob"))
    own = post(cached, asked(mine, tenant="ann"))
    assert reused(own) == own["usage"]["prompt_tokens"] - 1
    assert reused(other) == reused(first) < reused(own)


def test_a_request_may_leave_the_cache_alone(cached: Engine) -> None:
    messages = system(RULES + "Not to be kept.")
    assert reused(post(cached, asked(messages, cache_prompt=False))) == 0
    assert reused(post(cached, asked(messages))) == 0, "it left nothing"
    assert reused(post(cached, asked(messages, cache_prompt=False))) == 0, "and takes nothing"
    assert reused(post(cached, asked(messages))) > 0


def test_nodes_are_listed_and_forgotten(cached: Engine) -> None:
    messages = system(RULES + "To be forgotten.")
    post(cached, asked(messages))
    assert reused(post(cached, asked(messages))) > 0
    listing = httpx.get(f"{cached.url}/cache", timeout=10).json()
    assert 0 < listing["cells_used"] <= listing["cells"]
    assert listing["totals"]["lookups"] == 2 and listing["totals"]["hits"] == 1
    assert listing["totals"]["tokens_reused"] > 100
    found = [node for node in listing["nodes"] if node["tokens"] > 0]
    assert all(node["users"] == 0 for node in found)
    assert any("helpful" in node["text"] for node in found)
    known = {node["id"] for node in listing["nodes"]}
    assert all(node["parent"] is None or node["parent"] in known for node in found)
    root = next(node for node in found if node["start"] == 0)
    answer = httpx.delete(f"{cached.url}/cache/{root['id']}", timeout=10)
    assert answer.status_code == 200 and answer.json()["removed"] >= 1
    assert reused(post(cached, asked(messages))) == 0
    assert httpx.delete(f"{cached.url}/cache/{root['id']}", timeout=10).status_code == 404


@pytest.mark.parametrize("node", ["99999999999", "x", "-1", "01", "18446744073709551616"])
def test_nodes_that_are_not_there(engine: Engine, node: str) -> None:
    answer = httpx.delete(f"{engine.url}/cache/{node}", timeout=10)
    assert answer.status_code == 404 and "GET /cache" in answer.json()["error"]["hint"]


def test_a_node_in_use_is_not_forgotten(cached: Engine) -> None:
    body = asked(STORY, stream=True, max_tokens=900, ignore_eos=True)
    with httpx.stream("POST", f"{cached.url}/v1/chat/completions", json=body, timeout=60) as answer:
        lines = answer.iter_lines()
        next(lines)
        used = until(lambda: [node for node in nodes(cached) if node["users"]], "a node in use")
        refusal = httpx.delete(f"{cached.url}/cache/{used[0]['id']}", timeout=10)
        assert refusal.status_code == 409 and refusal.json()["error"]["code"] == "conflict"
        rest = list(lines)
    assert "data: [DONE]" in rest
    until(lambda: not any(node["users"] for node in nodes(cached)), "nobody uses anything")


def test_answers_are_the_same_with_and_without(engine: Engine) -> None:
    questions = ["What is 3 + 4?", "Tell me a story about Anna.", "What is the capital of France?", "Count to 9."]
    with engine.client() as client:
        for question in questions:
            messages = system(RULES, question)
            without = ask(client, messages, max_tokens=60, extra_body={"cache_prompt": False})
            assert ask(client, messages, max_tokens=60) == without
            assert ask(client, messages, max_tokens=60) == without, "found whole"


def test_many_at_once_share_one_prefix(cached: Engine) -> None:
    def one(index: int) -> dict[str, Any]:
        return post(cached, asked(system(RULES, f"What is {index % 8} + 1?")))

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(one, range(12)))
    counts = sorted(map(reused, answers))
    assert counts[0] == 0 and counts[1] > 100, f"the prefix is computed once: {counts}"
    assert [answer["choices"][0]["message"]["content"] for answer in answers[:8]] == [
        answer["choices"][0]["message"]["content"] for answer in map(one, range(8))]
    listing = httpx.get(f"{cached.url}/cache", timeout=10).json()
    assert all(node["users"] == 0 for node in listing["nodes"])


def test_little_room_evicts_and_stays_right(tmp_path: Any) -> None:
    engine = Engine(tmp_path, "-c", "600", "-np", "2", "-kvu", "--cache-ram", "0")
    with engine.client() as client:
        for index in range(12):
            messages = system(f"Number {index}. " + "Anna has a green ring. " * 15)
            assert ask(client, messages) == ask(client, messages, extra_body={"cache_prompt": False})
    listing = httpx.get(f"{engine.url}/cache", timeout=10).json()
    assert listing["totals"]["evictions"] > 0 and listing["cells_used"] <= listing["cells"] == 600
    engine.stop()
