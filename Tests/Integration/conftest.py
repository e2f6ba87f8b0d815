"""Servers that tests share, and factories for tests that harm theirs."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from playwright.sync_api import Browser
from support.browser import Tab, browser, tab
from support.postgres import private_postgres
from support.servers import Engine, Nexus

# Read when NumPy is first imported. Matrices of the tests' references are small: threads would spin beside the server.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def nexus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    """A server that no test harms. Its end is checked: status 0, and nothing left."""
    server = Nexus(tmp_path_factory.mktemp("nexus"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def client(nexus: Nexus) -> Iterator[openai.OpenAI]:
    with nexus.client() as client:
        yield client


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    worker = Engine(tmp_path_factory.mktemp("engine"))
    yield worker
    worker.stop()


@pytest.fixture(scope="session")
def direct(engine: Engine) -> Iterator[openai.OpenAI]:
    """A client of the engine itself."""
    with engine.client() as client:
        yield client


@pytest.fixture(scope="session", params=["engine", "platform"])
def either(request: pytest.FixtureRequest) -> openai.OpenAI:
    """A client of the engine, then one of the platform in front of another: what holds for one holds for both."""
    return request.getfixturevalue({"engine": "direct", "platform": "client"}[request.param])


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Nexus]]:
    """Starts servers of the test's own, each in a new folder unless it is given one."""
    servers: list[Nexus] = []

    def begin(*arguments: str, folder: Path | None = None, **options: Any) -> Nexus:
        server = Nexus(folder or tmp_path_factory.mktemp("own"), *arguments, **options)
        servers.append(server)
        return server

    yield begin
    left = [server for server in servers if server.process.poll() is None]
    try:
        for server in left:
            server.stop()
    finally:
        for server in servers:
            server.discard()


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Starts workers of the test's own over one folder; those that are left are ended in order."""
    engines: list[Engine] = []

    def start(*arguments: str) -> Engine:
        engines.append(Engine(tmp_path, *arguments))
        return engines[-1]

    yield start
    left = [engine for engine in engines if engine.process.poll() is None]
    try:
        for engine in left:
            engine.stop()
    finally:
        for engine in left:
            if engine.process.poll() is None:
                engine.kill()


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The URL of a private database, shared by a module's tests."""
    with private_postgres() as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def page(chromium: Browser, nexus: Nexus) -> Iterator[Tab]:
    for conversation in nexus.http.get("/api/v1/conversations").json()["conversations"]:
        nexus.http.delete(f"/api/v1/conversations/{conversation['id']}")
    with tab(chromium, nexus.url) as opened:
        yield opened
        opened.check()


@pytest.fixture(autouse=True)
def no_choices_of_others(request: pytest.FixtureRequest) -> None:
    """Language, theme and folders follow the user: a browser's test begins without those of the test before."""
    if request.module.__name__.startswith("test_web") and "nexus" in request.fixturenames:
        shared = request.getfixturevalue("nexus")
        shared.http.patch("/api/v1/settings", json={"settings": {"web": None}})
