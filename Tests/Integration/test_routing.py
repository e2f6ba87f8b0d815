"""Who answers: aliases, tasks, tags, canaries, copies; what is done when somebody fails; several models at once."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from support.polling import until
from support.program import MODEL
from support.servers import NAME, Nexus, command
from support.talk import ENDLESS, STORY, SUM, ask, stream, text_of
from support.upstream import Answer, Handler, Upstream, cut, garbage, mute, refusing, saying, silent

Start = Callable[..., Nexus]
ROUTING = "/api/v1/routing"


def models(**entries: Any) -> str:
    """A configuration: of each model a path of its own or the URL of an upstream."""
    all_of_them = {
        name: {"path": str(entry)} if str(entry).endswith(".gguf") else {"url": entry} for name, entry in entries.items()}
    return json.dumps({"models": all_of_them, "defaultModel": next(iter(entries))})


@contextlib.contextmanager
def upstreams(*answers: Answer) -> Iterator[list[Upstream]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Upstream(answer)) for answer in answers]


def put(server: Nexus, name: str, route: Any, kind: str = "routes", **query: Any) -> dict[str, Any]:
    answer = server.http.put(f"{ROUTING}/{kind}/{name}", json=route, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def say(
    server: Nexus, model: str, text: str = "What is 3 + 4?", headers: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": text}], "temperature": 0, **more}
    return server.http.post("/v1/chat/completions", json=body, headers=headers)


def content(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"]


def decision(server: Nexus, answer: httpx.Response) -> dict[str, Any]:
    found = server.http.get(f"{ROUTING}/decisions/{answer.headers['x-request-id']}")
    assert found.status_code == 200, found.text
    return found.json()


def outcomes(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["model"], one.get("error_class", one["outcome"])) for one in record["attempts"]]


def metric(server: Nexus, name: str, **labels: str) -> float:
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    lines = [
        line for line in server.http.get("/metrics").text.splitlines()
        if line.startswith(name + "{") and all(pair in line for pair in wanted)]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


# Names and rules


def test_routes_are_changed_while_the_server_runs(start: Start) -> None:
    with upstreams(saying("one"), saying("two")) as (one, two):
        server = start(configuration=models(one=one.url, two=two.url), model=None)
        with server.client() as client:
            with pytest.raises(openai.NotFoundError):
                ask(client, SUM, model="gpt-4o")
            assert put(server, "gpt-4o", ["one"], note="first")["version"] == 1
            answer = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=SUM)  # type: ignore[arg-type]
            assert answer.parse().choices[0].message.content == "one" and answer.parse().model == "gpt-4o"
            assert answer.headers["x-nexus-model"] == "one"
            assert answer.headers["x-nexus-route"] == "gpt-4o; rule=balance; model=one"
            assert "gpt-4o" in [model.id for model in client.models.list()]
            put(server, "gpt-4o", {"targets": ["two"], "fallback": ["one"]}, if_version=1)
            assert ask(client, SUM, model="gpt-4o") == "two"
        # Nobody overwrites what somebody else has changed.
        stale = server.http.put(f"{ROUTING}/routes/gpt-4o", json=["one"], params={"if_version": 1})
        assert stale.status_code == 409
        changes = server.http.get(f"{ROUTING}/diff", params={"from": 1, "to": 2}).json()["changes"]
        assert [change["path"] for change in changes] == ["routes.gpt-4o.targets", "routes.gpt-4o.fallback"]
        wrong = server.http.put(f"{ROUTING}/routes/x", json={"targets": ["nobody"]})
        assert wrong.status_code == 400 and "nobody" in wrong.json()["detail"]
        circle = server.http.put(f"{ROUTING}/routes/x", json={"targets": ["one"], "tags": {"a": "y"}})
        assert circle.status_code == 400
        assert server.http.post(f"{ROUTING}/rollback", json={"to": 1}).json()["version"] == 3
        assert content(say(server, "gpt-4o")) == "one"
        folder = server.folder
        server.stop()
        # They are in the database.
        server = start(configuration=models(one=one.url, two=two.url), model=None, folder=folder)
        assert content(say(server, "gpt-4o")) == "one"
        assert [one["version"] for one in server.http.get(f"{ROUTING}/versions").json()["versions"]] == [1, 2, 3]
        assert server.http.delete(f"{ROUTING}/routes/gpt-4o").status_code == 200
        assert say(server, "gpt-4o").status_code == 404
        assert server.http.delete(f"{ROUTING}/routes/gpt-4o").status_code == 404


def test_the_configuration_names_routes_too(start: Start) -> None:
    with upstreams(saying("one"), saying("two")) as (one, two):
        configuration = json.loads(models(one=one.url, two=two.url))
        configuration["routing"] = {"routes": {"fast": "one", "auto": {"targets": ["one"], "tasks": {"code": "two"}}}}
        server = start(configuration=json.dumps(configuration), model=None)
        assert content(say(server, "fast")) == "one"
        assert server.http.get(ROUTING).json()["routes"]["fast"]["origin"] == "configuration"
        refused = server.http.delete(f"{ROUTING}/routes/fast")
        assert refused.status_code == 409 and "configuration" in refused.json()["detail"]
        put(server, "fast", ["two"])
        assert content(say(server, "fast")) == "two"
        assert server.http.delete(f"{ROUTING}/routes/fast").status_code == 200
        assert content(say(server, "fast")) == "one"


def test_requests_go_where_their_rules_say(start: Start) -> None:
    with upstreams(saying("coder"), saying("poet"), saying("large"), saying("small")) as (coder, poet, large, small):
        server = start(
            configuration=models(small=small.url, coder=coder.url, poet=poet.url, large=large.url), model=None)
        put(server, "auto", {
            "targets": ["small"], "tasks": {"code": "coder", "creative": "poet"}, "tags": {"vip": "large"},
            "preferences": ["large"], "complexity": {"high": "large", "high_above": 0.5, "medium_above": 0.4}})
        assert content(say(server, "auto", "Write a Python function that reverses a string.")) == "coder"
        assert content(say(server, "auto", "Write a short poem about the moon and the sea.")) == "poet"
        assert content(say(server, "auto", "Who was the first president of Italy?")) == "small"
        assert content(say(server, "auto:creative", "2 + 2")) == "poet"
        hard = (
            "Compare the strategies of Hannibal and Scipio in detail, analyze why each plan failed or held, evaluate the "
            "implications for the republic, and justify your reasoning step by step: 1. in Spain? 2. in Africa? 3. after?")
        answer = say(server, "auto", hard)
        assert content(answer) == "large", decision(server, answer)
        record = decision(server, answer)
        assert record["rule"] == "complexity" and record["complexity"]["tier"] == "high"
        assert record["complexity"]["score"] > 0.5 and record["task"]["name"] == "general"
        code = "Write a Python function that reverses a string."
        for headers, nexus in [({"X-Nexus-Tags": "free, vip"}, None), (None, {"tags": ["vip"]})]:
            answer = say(server, "auto", code, headers=headers, **({"nexus": nexus} if nexus else {}))
            assert content(answer) == "large" and decision(server, answer)["tag"] == "vip"
        assert content(say(server, "auto", code, headers={"X-Nexus-Prefer": "large"})) == "large"
        assert content(say(server, "auto", code, nexus={"prefer": "nobody"})) == "coder"
        for headers in [{"X-Nexus-Tags": "a b"}, {"X-Nexus-Tags": ",".join("abcdefghijklmnopq")},
                        {"X-Nexus-Timeout-Ms": "soon"}, {"X-Nexus-First-Token-Timeout-Ms": "0"}]:
            refused = say(server, "auto", headers=headers)
            assert refused.status_code == 400 and refused.json()["error"]["param"] == next(iter(headers))
        # The same without asking anybody, by the API and by the command.
        explained = server.http.post(f"{ROUTING}/explain", json={"model": "auto", "prompt": code}).json()
        assert explained["chosen"] == "coder" and explained["task"]["scores"]["code"] > 0.5
        shown = command(server.folder, "routes", "explain", "auto", code, "--data-dir", server.folder / "data")
        assert shown.returncode == 0 and "coder" in shown.stdout and "task" in shown.stdout, shown
        assert len(coder.requests) == 2, "explaining asks nobody"


def test_commands_about_routes(start: Start) -> None:
    server = start()

    def run(*words: str) -> str:
        done = command(server.folder, "routes", *words, "--data-dir", str(server.folder / "data"))
        assert done.returncode == 0, done
        return done.stdout

    assert "No routes" in run("list")
    assert "version 1" in run("set", "gpt", NAME, "--note", "for the old client")
    assert "version 2" in run("set", "auto", json.dumps({"targets": [NAME], "tasks": {"code": NAME}}))
    listed = run("list")
    assert "gpt" in listed and "tasks" in listed and "closed" in listed
    assert "for the old client" in run("versions")
    assert content(say(server, "gpt")) == "7"
    assert "version 3" in run("rm", "gpt")
    failed = command(server.folder, "routes", "rm", "gpt", "--data-dir", server.folder / "data")
    assert failed.returncode != 0 and "no route 'gpt'" in failed.stderr


def test_vectors_are_never_another_models(start: Start) -> None:
    with upstreams(refusing(500, "internal_error"), saying("x")) as (broken, other):
        server = start(configuration=models(broken=broken.url, other=other.url), model=None)
        put(server, "vectors", ["broken", "other"])
        answer = server.http.post("/v1/embeddings", json={"model": "vectors", "input": "x"})
        assert answer.status_code == 500 and len(broken.requests) == 1 and not other.requests
        # Where the operator says that they are the same, they stand in for each other.
        put(server, "vectors", {"targets": ["broken", "other"], "balance": "least_busy"})
        for _ in range(6):
            server.http.post("/v1/embeddings", json={"model": "vectors", "input": "x"})
        assert other.requests


def test_a_canary_sticks_to_its_callers(start: Start) -> None:
    with upstreams(saying("stable"), saying("canary")) as (stable, canary):
        server = start(configuration=models(stable=stable.url, canary=canary.url), model=None)
        put(server, "chat", {"targets": ["stable"], "canary": {"model": "canary", "share": 0.5}})
        seen = {}
        for number in range(24):
            headers = {"X-Nexus-Tenant": f"team-{number}"}
            first, second = (content(say(server, "chat", headers=headers)) for _ in range(2))
            assert first == second
            seen[number] = first
        assert set(seen.values()) == {"stable", "canary"}


def test_a_copy_is_measured_and_delays_nobody(start: Start) -> None:
    with upstreams(saying("answer"), silent) as (real, shadow):
        server = start(configuration=models(real=real.url, shadow=shadow.url), model=None)
        put(server, "chat", {"targets": ["real"], "mirror": "shadow"})
        answer = say(server, "chat", "A question.")
        # The copy is not answered before the test ends, and nobody waited for it.
        assert content(answer) == "answer" and answer.json()["usage"]["completion_tokens"] == 2
        until(lambda: shadow.requests, "the copy has come")
        assert shadow.requests[0]["messages"] == real.requests[0]["messages"]
        record = decision(server, answer)
        assert record["mirror"] == "shadow"
        assert [(one["model"], one.get("role")) for one in record["attempts"]].count(("shadow", "mirror")) >= 1
        # There are never more than sixteen.
        for _ in range(20):
            assert content(say(server, "chat")) == "answer"
        until(lambda: metric(server, "nexus_mirrored_total", outcome="left_out") >= 5, "some are left out")
        assert len(shadow.requests) <= 16


# Failures


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(garbage, "parsing"), (refusing(500, "internal_error"), "refusal"), (refusing(503, "their_word"), "network"),
     (refusing(429, "rate_limit_exceeded", Retry_After="60"), "rate_limit"), (refusing(401, "invalid_api_key"), "refusal"),
     (refusing(429, "overloaded"), "overload"), (refusing(400, "content_filter"), "content")],
    ids=["garbage", "500", "unknown-word", "429", "401", "overloaded", "content"])
def test_each_failure_has_its_class_and_its_recovery(start: Start, answer: Answer, kind: str) -> None:
    with upstreams(answer, saying("well")) as (bad, good):
        server = start(configuration=models(bad=bad.url, good=good.url), model=None)
        put(server, "chat", ["bad", "good"])
        said = say(server, "chat")
        record = decision(server, said)
        assert outcomes(record)[0] == ("bad", kind), record
        if kind == "content":
            # The request itself is refused: nobody else is asked.
            assert said.status_code >= 400 and len(record["attempts"]) == 1
        else:
            assert content(said) == "well" and said.headers["x-nexus-fallback-for"] == "bad"
            # Another model answers only after the one that was asked for was given a second chance, where that may help.
            tries = 2 if kind == "network" else 1
            assert record["attempts"][tries - 1]["recovery"] == "next" and len(bad.requests) == tries
            assert said.json()["nexus"]["warnings"][0]["code"] == "fallback"


def test_a_silent_server_is_left_after_the_time_for_the_first_token(start: Start) -> None:
    for quiet in (silent, mute):
        with upstreams(quiet, saying("well")) as (bad, good):
            server = start(configuration=models(bad=bad.url, good=good.url), model=None)
            put(server, "chat", {"targets": ["bad", "good"], "timeouts": {"first_token_ms": 200}})
            with server.client() as client:
                assert text_of(stream(client, SUM, model="chat")) == "well"
            # A client may ask for less than the route gives, also where no route is.
            answer = say(server, "bad", headers={"X-Nexus-First-Token-Timeout-Ms": "150"})
            assert answer.status_code == 504 and answer.json()["error"]["code"] == "timeout"
            assert outcomes(decision(server, answer)) == [("bad", "timeout")]
            answer = say(server, "bad", nexus={"timeout_ms": 150})
            assert answer.status_code == 504
            server.stop()


def test_Retry_After_is_waited_for(start: Start) -> None:
    asked = threading.Event()

    def later(handler: Handler) -> None:
        if asked.is_set():
            return handler.say("at last")
        asked.set()
        return handler.refuse(429, "rate_limit_exceeded", Retry_After="1")

    with upstreams(later) as (busy,):
        server = start(configuration=models(busy=busy.url), model=None)
        put(server, "patient", {"targets": ["busy"], "retries": {"max": 1, "wait_max_ms": 3000}})
        answer = say(server, "patient")
        assert content(answer) == "at last"
        first, second = decision(server, answer)["attempts"]
        assert first["recovery"] == "again" and second["began_ms"] - first["began_ms"] >= 1000
        # By its own name nobody waits: the caller is told when to come back.
        asked.clear()
        refused = say(server, "busy")
        assert refused.status_code == 429 and refused.headers["retry-after"] == "1"


def test_nothing_is_sent_again_after_the_first_token(start: Start) -> None:
    with upstreams(cut, saying("well")) as (bad, good):
        server = start(configuration=models(bad=bad.url, good=good.url), model=None)
        put(server, "chat", ["bad", "good"])
        with server.client() as client:
            text = ""
            with pytest.raises(openai.APIError) as failure:
                for chunk in client.chat.completions.create(model="chat", messages=SUM, stream=True):  # type: ignore[arg-type]
                    text += chunk.choices[0].delta.content or ""
            assert failure.value.code == "engine_failed" and text == "half an "
        assert len(bad.requests) == 1 and not good.requests


def test_a_failing_deployment_is_left_alone_and_tried_again(start: Start) -> None:
    health = {"well": False}

    def moody(handler: Handler) -> None:
        handler.say("well") if health["well"] else handler.refuse(500, "internal_error")

    with upstreams(moody, saying("behind")) as (bad, behind):
        configuration = json.loads(models(bad=bad.url, behind=behind.url))
        configuration["routing"] = {"breaker": {"pause": "5s"}}
        server = start(configuration=json.dumps(configuration), model=None)
        put(server, "chat", ["bad", "behind"])
        for _ in range(5):
            assert content(say(server, "chat")) == "behind"
        assert len(bad.requests) == 5
        answer = say(server, "chat")
        assert content(answer) == "behind"
        left = [one for one in decision(server, answer)["candidates"] if "left_out" in one]
        assert left[0]["model"] == "bad" and "breaker" in left[0]["left_out"] and len(bad.requests) == 5
        alone = say(server, "bad")
        assert alone.status_code == 503 and int(alone.headers["retry-after"]) >= 1
        assert metric(server, "nexus_breaker_state", model="bad") == 2
        fares = server.http.get(f"{ROUTING}/deployments").json()["deployments"]
        assert fares["bad"]["breaker"]["state"] == "open" and fares["bad"]["failures"] == {"refusal": 5}
        health["well"] = True
        until(lambda: content(say(server, "chat")) == "well", "it is tried again", 20)
        assert metric(server, "nexus_breaker_state", model="bad") == 0
        assert metric(server, "nexus_breaker_transitions_total", model="bad") >= 3


def test_clients_that_go_are_nobodys_failure(start: Start) -> None:
    for quiet in (mute, silent):
        with upstreams(quiet) as (slow,):
            server = start(configuration=models(slow=slow.url), model=None)
            body = json.dumps({"model": "slow", "messages": SUM}).encode()
            head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
            clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(12)]
            for client in clients:
                client.sendall(head + body)
            until(lambda: len(slow.requests) == 12, "all are asked", 20)
            for client in clients:
                client.close()

            def gone() -> float:
                return metric(server, "nexus_routing_attempts_total", model="slow", outcome="abandoned")

            until(lambda: gone() == 12, "all are counted as abandoned", 20)
            assert metric(server, "nexus_breaker_state", model="slow") == 0
            server.stop()


def test_killing_a_worker_under_load_fails_nobody_who_had_no_token(start: Start) -> None:
    server = start(configuration=models(a=MODEL, b=MODEL), model=None)
    put(server, "chat", {"targets": ["a", "b"], "balance": "least_busy"})
    ends: list[tuple[str, int]] = []
    killed: list[int] = []

    async def one(client: openai.AsyncOpenAI) -> None:
        count = 0
        try:
            chunks = await client.chat.completions.create(
                model="chat", messages=STORY, stream=True, max_tokens=24, **ENDLESS)  # type: ignore[call-overload]
            async for chunk in chunks:
                count += bool(chunk.choices and chunk.choices[0].delta.content)
            ends.append(("whole", count))
        except openai.APIError as failure:
            ends.append((str(failure.code), count))

    async def load() -> None:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=60) as client:
            tasks: set[asyncio.Task[None]] = set()
            for number in range(120):
                tasks.add(asyncio.create_task(one(client)))
                while len(ends) < number - 12:
                    await asyncio.sleep(0.005)
                pid = server.worker("a").get("process_id") if number in (40, 80) else None
                if pid:
                    killed.append(pid)
                    os.kill(pid, signal.SIGKILL)
            await asyncio.wait_for(asyncio.gather(*tasks), 60)

    asyncio.run(load())
    failed = [end for end in ends if end[0] != "whole"]
    assert killed and len(ends) == 120 and all(count > 0 for _, count in failed), failed
    assert metric(server, "nexus_routing_attempts_total", model="b", outcome="answered") > 20


def test_the_demonstration_says_that_it_is_one(start: Start) -> None:
    with upstreams(refusing(500, "internal_error")) as (bad,):
        configuration = json.loads(models(bad=bad.url))
        server = start(configuration=json.dumps(configuration), model=None)
        assert say(server, "bad").status_code == 500, "it is off"
        server.stop()
        configuration["routing"] = {"demo": True}
        server = start(configuration=json.dumps(configuration), model=None)
        answer = say(server, "bad")
        assert content(answer).startswith("[demonstration]")
        assert answer.headers["x-nexus-demonstration"] == "true"
        assert answer.json()["nexus"]["warnings"][0]["code"] == "demonstration"
        assert decision(server, answer)["demonstration"] is True
        with server.client() as client:
            assert text_of(stream(client, SUM, model="bad")).startswith("[demonstration]")
        assert say(server, "nobody").status_code == 404 and say(server, "bad", temperature="hot").status_code == 400


# Ensembles


def test_an_ensemble_answers_what_most_of_its_members_say(start: Start) -> None:
    with upstreams(saying("It is 7."), saying("it is: 7"), saying("It is 8!"), refusing(500, "internal_error")) as four:
        names = ["a", "b", "c", "broken"]
        server = start(configuration=models(**{n: u.url for n, u in zip(names, four, strict=True)}), model=None)
        put(server, "vote", {"members": names}, "ensembles")
        answer = say(server, "ensemble:vote")
        assert content(answer) == "It is 7."
        report = answer.json()["nexus"]["ensemble"]
        assert report["chosen"] == "a" and report["method"] == "vote"
        members = {one["model"]: one for one in report["members"]}
        assert members["a"]["score"] == members["b"]["score"] > members["c"]["score"]
        assert "told to fail" in members["broken"]["error"] and members["c"]["completion_tokens"] == 2
        assert [one["code"] for one in answer.json()["nexus"]["warnings"]] == ["ensemble_member"]
        # Whoever asks three pays for three.
        assert answer.json()["usage"]["completion_tokens"] == 6
        assert content(say(server, "a", nexus={"ensemble": "vote"})) == "It is 7."
        assert content(say(server, "a", headers={"X-Nexus-Ensemble": "vote"})) == "It is 7."
        record = decision(server, answer)
        assert record["ensemble"] == "vote" and {one["role"] for one in record["attempts"]} == {"member"}
        put(server, "strict", {"members": names, "quorum": 4}, "ensembles")
        assert say(server, "ensemble:strict").status_code == 503
        assert say(server, "ensemble:nobody").status_code == 404
        with server.client() as client:
            assert text_of(stream(client, SUM, model="ensemble:vote")) == "It is 7."


def test_an_ensemble_selects_the_likeliest_or_what_a_judge_likes(start: Start) -> None:
    def judge(handler: Handler) -> None:
        handler.say("9" if "\nsure" in handler.body["messages"][0]["content"] else "Grade: 10/10")

    with upstreams(saying("sure", -0.1), saying("maybe", -2.0), judge) as (sure, maybe, judging):
        server = start(configuration=models(sure=sure.url, maybe=maybe.url, judge=judging.url), model=None)
        put(server, "likely", {"members": ["maybe", "sure"], "method": "select"}, "ensembles")
        answer = say(server, "ensemble:likely")
        assert content(answer) == "sure" and answer.json()["choices"][0].get("logprobs") is None
        members = answer.json()["nexus"]["ensemble"]["members"]
        assert [one["mean_logprob"] for one in members] == [-2.0, -0.1]
        put(server, "judged", {"members": ["maybe", "sure"], "method": "select", "judge": "judge"}, "ensembles")
        answer = say(server, "ensemble:judged")
        report = answer.json()["nexus"]["ensemble"]
        assert content(answer) == "maybe" and [one["grade"] for one in report["members"]] == [1, 0.9]
        assert report["judge"]["completion_tokens"] == 4 and answer.json()["usage"]["completion_tokens"] == 8


def test_an_ensemble_of_real_models_shows_all_lines_or_one_answer(start: Start) -> None:
    server = start(configuration=models(a=MODEL, b=MODEL, c=MODEL), model=None)
    put(server, "all", {"members": ["a", "b", "c"], "method": "interleave"}, "ensembles")
    put(server, "mean", {"members": ["a", "b", "c"], "method": "average"}, "ensembles")
    with server.client() as client:
        chunks = stream(client, STORY, model="ensemble:all", stream_options={"include_usage": True})
        lines = text_of(chunks).splitlines()
        assert {line[:4] for line in lines} == {"[a] ", "[b] ", "[c] "}
        told = {name: "\n".join(line[4:] for line in lines if line.startswith(f"[{name}]")) for name in "abc"}
        whole = ask(client, STORY, model="a")
        assert told["a"].split() == told["b"].split() == told["c"].split() == whole.split()
        usage = chunks[-1].usage
        assert usage is not None and usage.completion_tokens % 3 == 0
        answer = client.chat.completions.create(model="ensemble:mean", messages=SUM, temperature=0)  # type: ignore[arg-type]
        assert answer.choices[0].message.content == "7" and answer.choices[0].logprobs is None
        report = (answer.model_extra or {})["nexus"]["ensemble"]
        assert report["agreement"] == 1 and all(one["mean_logprob"] <= 0 for one in report["members"])


def test_a_client_that_goes_ends_all_members(start: Start) -> None:
    server = start(configuration=models(a=MODEL, b=MODEL), model=None)
    put(server, "all", {"members": ["a", "b"], "method": "interleave"}, "ensembles")
    with server.client() as client:
        chunks = iter(client.chat.completions.create(model="ensemble:all", messages=STORY, stream=True, **ENDLESS))
        next(chunks)
        chunks.close()  # type: ignore[attr-defined]

    def idle() -> bool:
        all_of_them = server.http.get("/api/v1/deployments").json()["deployments"]
        return all(replica["in_flight"] == 0 for one in all_of_them for replica in one["replicas"])

    until(idle, "nobody answers any more", 20)
    assert metric(server, "nexus_ensembles_total", ensemble="all", outcome="abandoned") == 1
