"""Images in chats and prompts, through the field's client, a worker and the platform, with a projector of random numbers."""

import base64
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from support import media
from support.polling import until
from support.program import MODEL
from support.servers import NAME, Engine, Nexus, command


@pytest.fixture(scope="module")
def projector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.projector(tmp_path_factory.mktemp("projector") / "mmproj.gguf")


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory, projector: Path) -> Iterator[Engine]:
    worker = Engine(tmp_path_factory.mktemp("seeing"), "--mmproj", str(projector), "-t", "1")
    yield worker
    worker.stop()


def ask(client: openai.OpenAI, *content: Any, **options: Any) -> Any:
    messages = [{"role": "user", "content": list(content)}]
    return client.chat.completions.create(model=NAME, messages=messages, **({"max_tokens": 8, "temperature": 0} | options))


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def test_the_same_image_is_found_again_and_another_one_is_not(seeing: Engine) -> None:
    with seeing.client() as client:
        question = [text("What is this? "), media.part(media.image(1))]
        first = ask(client, *question)
        assert first.usage.prompt_tokens > media.ROWS
        assert first.model_extra["timings"]["media_ms"] > 0
        again = ask(client, *question)
        assert again.choices[0].message.content == first.choices[0].message.content
        assert again.usage.prompt_tokens_details.cached_tokens == first.usage.prompt_tokens - 1
        assert "media_ms" not in again.model_extra["timings"]
        other = ask(client, text("What is this? "), media.part(media.image(2)))
        assert other.usage.prompt_tokens == first.usage.prompt_tokens
        assert other.usage.prompt_tokens_details.cached_tokens < first.usage.prompt_tokens - media.ROWS


def test_what_the_model_reads_is_told(seeing: Engine) -> None:
    model = httpx.get(f"{seeing.url}/v1/models", timeout=10).json()["data"][0]
    assert model["capabilities"] == ["completion", "multimodal"]
    assert model["architecture"]["input_modalities"] == ["text", "image"]


def test_a_prompt_with_an_image_at_its_mark(seeing: Engine) -> None:
    data = base64.b64encode(media.image(3)).decode()
    body = {
        "prompt": {"prompt_string": "What is this: <__media__>\n", "multimodal_data": [data]}, "temperature": 0,
        "max_tokens": 4}
    answer = httpx.post(f"{seeing.url}/v1/completions", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["usage"]["prompt_tokens"] > media.ROWS
    for broken in [
        {"prompt_string": "What is this: <__media__>\n", "multimodal_data": ["malformed"]},
        {"prompt_string": "What is this:\n", "multimodal_data": [data]},
        {"prompt_string": "What is this: <__media__>\n", "multimodal_data": [base64.b64encode(b"x").decode()]},
    ]:
        answer = httpx.post(f"{seeing.url}/v1/completions", json=body | {"prompt": broken}, timeout=30)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["param"].startswith("prompt.multimodal_data")


BOMB = media.png(8, 8, b"\x00" * 30_000_000)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("malformed", "base64"), ("https://example.org/a.png", "fetches nothing"), ("file:///etc/passwd", "--media-path"),
        ("data:text/html;base64,aGVsbG8=", "data:image/"),
        ("data:image/png;base64," + base64.b64encode(media.image(1)[:200]).decode(), "ends before"),
        ("data:image/png;base64," + base64.b64encode(b"hello, world").decode(), "first bytes"),
        ("data:image/png;base64," + base64.b64encode(media.png(10_000, 10_000, b"\x00" * 99)).decode(), "10000"),
        ("data:image/png;base64," + base64.b64encode(BOMB).decode(), "more pixels"),
    ])
def test_what_is_no_image_is_refused_with_its_place(seeing: Engine, url: str, part: str) -> None:
    with seeing.client() as client, pytest.raises(openai.BadRequestError) as failure:
        ask(client, text("x"), {"type": "image_url", "image_url": {"url": url}})
    assert part in str(failure.value)
    assert failure.value.param == "messages[0].content[1].image_url.url"
    assert seeing.live() == 0


def test_a_damaged_image_harms_nobody(seeing: Engine) -> None:
    """Bytes that look right and are not: whatever comes of them, the server lives."""
    good = media.image(4)
    answers = set()
    with seeing.client() as client:
        for place in range(50, len(good), 97):
            damaged = good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1:]
            try:
                ask(client, text("x"), media.part(damaged), max_tokens=1)
                answers.add("read")
            except openai.BadRequestError as failure:
                answers.add(failure.param)
        assert "messages[0].content[1].image_url.url" in answers
        assert ask(client, text("x"), media.part(good), max_tokens=1).choices


def test_users_with_images_at_once_and_those_who_vanish(seeing: Engine) -> None:
    failures: list[str] = []

    def look(seed: int) -> None:
        with seeing.client() as client:
            try:
                if seed % 3 == 2:
                    with client.chat.completions.create(
                            model=NAME, stream=True, max_tokens=50,
                            messages=[{"role": "user", "content": [media.part(media.image(seed))]}]) as stream:
                        next(iter(stream))
                else:
                    answer = ask(client, text(f"Picture {seed}: "), media.part(media.image(seed)))
                    if answer.usage.prompt_tokens <= media.ROWS:
                        failures.append(f"{seed}: {answer.usage}")
            except Exception as failure:  # noqa: BLE001
                failures.append(f"{seed}: {failure}")

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(100, 112)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    until(lambda: seeing.live() == 0, "nobody is served", 10)


def test_files_below_a_folder(tmp_path: Path, projector: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "a.png").write_bytes(media.image(5))
    (tmp_path / "secret.png").write_bytes(media.image(6))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    worker = Engine(tmp_path, "--mmproj", str(projector), "--media-path", str(folder), "-t", "1")
    with worker.client() as client:
        ask(client, {"type": "image_url", "image_url": {"url": "file://a.png"}})
        for name in ["../secret.png", "link.png", "%2e%2e/secret.png", "missing.png"]:
            with pytest.raises(openai.BadRequestError, match="no such file"):
                ask(client, {"type": "image_url", "image_url": {"url": f"file:///{name}"}})
    worker.stop()


def test_the_platform_passes_images_on(start: Callable[..., Nexus], projector: Path) -> None:
    nexus = start(
        configuration=f"models:\n  {NAME}: {{path: {MODEL}, projector: {projector}, threads: 1}}\n", model=None)
    with nexus.client() as client:
        answer = ask(client, text("What is this? "), media.part(media.image(1)))
        assert answer.usage.prompt_tokens > media.ROWS
        again = ask(client, text("What is this? "), media.part(media.image(1)))
        assert again.usage.prompt_tokens_details.cached_tokens == answer.usage.prompt_tokens - 1
        with pytest.raises(openai.BadRequestError) as failure:
            ask(client, text("What is this? "), media.part(b"no image"))
        assert failure.value.param == "messages[0].content[1].image_url.url"


def test_a_prefix_with_an_image_survives_a_restart(tmp_path: Path, projector: Path) -> None:
    def begin() -> Engine:
        return Engine(tmp_path, "--mmproj", str(projector), "--cache-dir", str(tmp_path / "cache"), "-t", "1")

    question = [text("Look at this carefully, please: "), media.part(media.image(7)), text(" and tell me what you see.")]
    worker = begin()
    with worker.client() as client:
        first = ask(client, *question)
    worker.stop()
    worker = begin()
    with worker.client() as client:
        again = ask(client, *question)
        assert again.usage.prompt_tokens_details.cached_tokens > media.ROWS
        assert again.choices[0].message.content == first.choices[0].message.content
    worker.stop()


def test_a_projector_that_cannot_be_used_is_told_at_the_start(tmp_path: Path, projector: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(projector.read_bytes()[:5_000])
    for path, problem in [(broken, "cannot be used"), (MODEL, "is no projector")]:
        done = command(tmp_path, "engine", "-m", MODEL, "--mmproj", path)
        assert done.returncode == 1 and problem in done.stderr and done.stdout == ""


def test_the_bomb_is_one() -> None:
    assert len(BOMB) < 40_000 and len(zlib.decompress(BOMB[41:-16])) == 30_000_000
