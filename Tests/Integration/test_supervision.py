"""Workers that crash, hang or cannot start, and servers that end."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import openai
import pytest
from support.polling import until
from support.program import MODEL, children, is_running
from support.servers import NAME, Nexus
from support.talk import ENDLESS, STORY, SUM, ask, text_of

Start = Callable[..., Nexus]
#: Service must be back within this time after a crash.
BACK_SECONDS = 5


def is_answered(server: Nexus) -> bool:
    try:
        with server.client() as client:
            return ask(client, SUM) == "7"
    except openai.APIError:
        return False


def test_a_worker_that_is_killed_in_mid_stream(start: Start) -> None:
    server = start()
    pid = server.worker_pid()
    with server.client() as client:
        chunks = client.chat.completions.create(model=NAME, messages=STORY, stream=True, **ENDLESS)
        pieces = iter(chunks)
        assert [next(pieces) for _ in range(5)]
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(openai.APIError) as failure:
            for _ in pieces:
                pass
    assert failure.value.code == "engine_failed" and "broke off" in failure.value.message
    until(lambda: is_answered(server), "service is back", BACK_SECONDS)
    assert server.worker_pid() != pid and not is_running(pid)
    assert until(lambda: server.events() if server.events().count("ready") == 2 else [], "events") == [
        "started", "ready", "crashed", "started", "ready"]
    assert "9" in server.event_records()[2]["detail"] or "KILL" in server.event_records()[2]["detail"]


def test_the_stream_of_a_crash_ends_with_an_error_a_finish_and_done(start: Start) -> None:
    server = start()
    body = {"model": NAME, "messages": STORY, "stream": True, "temperature": 10, "top_k": 0, "min_p": 0, "seed": 5}
    with server.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("data: ")
        os.kill(server.worker_pid(), signal.SIGKILL)
        rest = [line for line in lines if line]
    assert rest[-1] == "data: [DONE]"
    assert '"finish_reason":"error"' in rest[-2]
    assert '"error":{' in rest[-3] and answer.headers["x-request-id"] in rest[-3]


def test_requests_wait_for_a_worker_that_starts_again(start: Start) -> None:
    server = start()
    os.kill(server.worker_pid(), signal.SIGKILL)
    with server.client(max_retries=2) as client:
        assert ask(client, SUM) == "7"


def test_a_worker_that_hangs_is_replaced(start: Start) -> None:
    server = start("--engine.heartbeatTimeout", "1s")
    pid = server.worker_pid()
    os.kill(pid, signal.SIGSTOP)
    until(lambda: not is_running(pid), "the hung worker is killed", 12)
    until(lambda: is_answered(server), "service is back", 10)
    assert "stalled" in server.events()


def test_workers_do_not_outlive_a_server_that_is_killed(start: Start) -> None:
    server = start()
    pid = server.worker_pid()
    server.kill()
    until(lambda: not is_running(pid), "the worker is gone", 2)


def test_an_order_to_stop_lets_answers_finish(start: Start) -> None:
    server = start()
    texts: list[str] = []
    first = threading.Event()

    def read() -> None:
        with server.client() as client:
            chunks = []
            for chunk in client.chat.completions.create(
                model=NAME, messages=STORY, stream=True, max_tokens=400, **ENDLESS
            ):
                chunks.append(chunk)
                first.set()
            texts.append(text_of(chunks))
            texts.append(chunks[-1].choices[0].finish_reason or "")

    reader = threading.Thread(target=read)
    reader.start()
    assert first.wait(20)
    server.stop()
    reader.join(5)
    assert texts[1] in ("length", "stop") and len(texts[0]) > 100
    assert "draining" in [line["message"] for line in server.logs()]


def test_an_interrupt_ends_in_order(start: Start) -> None:
    server = start()
    server.worker_pid()
    server.process.send_signal(signal.SIGINT)
    assert server.wait(20) == 0
    server.check_nothing_left()


@pytest.mark.parametrize("size", [0, 10, 5_000, 1_000_000])
def test_a_model_file_that_is_broken(start: Start, tmp_path: Path, size: int) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(MODEL.read_bytes()[:size])
    server = start(model=broken, ready=False)
    assert server.http.get("/ready").status_code == 503
    assert server.http.get("/health").status_code == 200, "the platform itself is alive"
    until(lambda: "crashed" in server.events("broken"), "the worker has ended", 10)
    text = "\n".join(server.errors)
    assert "cannot be used" in text, "the log says what is wrong"


def test_a_worker_that_never_starts_does_not_hold_requests_for_ever(start: Start, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model")
    server = start("--engine.restart.max", "500ms", model=broken, ready=False)
    until(lambda: server.events("broken").count("crashed") >= 3, "three attempts", 15)
    with server.client(timeout=10) as client, pytest.raises(openai.InternalServerError) as failure:
        client.chat.completions.create(model="broken", messages=SUM)
    assert failure.value.status_code == 503 and failure.value.code == "model_unavailable"


def test_one_server_has_one_worker_per_model(start: Start) -> None:
    server = start("--models.second.path", str(MODEL))
    until(lambda: server.worker("second")["state"] == "ready", "both are ready")
    assert len(children(server.pid)) == 2
    with server.client() as client:
        assert ask(client, SUM, model="second") == ask(client, SUM) == "7"
