"""What comes from a hub: models in parts, with projectors, under other names, in use afterwards; and the hub's own client."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import huggingface_hub
import numpy
import pytest
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError
from support.hub import Asked, Fault, Hub
from support.models import in_parts
from support.polling import until
from support.program import MODEL
from support.servers import Nexus, command

Start = Callable[..., Nexus]
NAME = "maker/greeter"
TOKEN = "hf_secretOfTheTests"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The starter model in three parts or more, by their names in a repository."""
    found = in_parts(tmp_path_factory.mktemp("parts"))
    assert len(found) >= 3
    return {f"q8/{path.name}": path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def projector(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("projector") / "mmproj.gguf"
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_tensor("v.patch_embd.weight", numpy.zeros((8, 32), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    hub.add(NAME, {"greeter-Q8_0.gguf": MODEL.read_bytes(), "README.md": b"# Greeter"}, {"README.md"})
    yield hub
    hub.faults = lambda _: None
    hub.check_token_stayed()
    hub.close()


@pytest.fixture
def server(start: Start, hub: Hub) -> Nexus:
    return start("--hub.url", hub.url)


def bring(server: Nexus, reference: str) -> dict[str, Any]:
    answer = server.http.post("/api/v1/models/downloads", json={"model": reference})
    assert answer.status_code == 202, answer.text

    def look() -> dict[str, Any] | None:
        found = server.http.get(f"/api/v1/models/downloads/{answer.json()['id']}").json()
        return found if found["state"] in ("succeeded", "failed", "cancelled") else None

    return until(look, "the download ends", 60)


def brought(server: Nexus, reference: str) -> dict[str, Any]:
    job = bring(server, reference)
    assert job["state"] == "succeeded", job
    return job["result"]


def known(server: Nexus) -> dict[str, dict[str, Any]]:
    """The catalogue, by name."""
    return {model["name"]: model for model in server.http.get("/api/v1/models").json()["models"]}


def words(server: Nexus, model: str) -> str:
    answer = server.client().chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Hello."}], max_tokens=8, temperature=0)
    return answer.choices[0].message.content or ""


class TestModels:
    def test_a_model_that_came_answers(self, start: Start, server: Nexus) -> None:
        path = brought(server, f"{NAME}:Q8_0")["path"]
        model = known(server)[f"{NAME}:Q8_0"]
        assert model["state"] == "downloaded" and model["origin"]["kind"] == "hub"
        assert model["metadata"]["architecture"] == "llama"
        other = start(f"--models.greeter.path={path}", model=None)
        assert words(other, "greeter") == words(server, "tiny-chat") != ""

    def test_a_model_in_parts_comes_whole_and_answers(
        self, start: Start, server: Nexus, hub: Hub, parts: dict[str, bytes]
    ) -> None:
        hub.add("maker/parts", {**parts, "other-Q4_0.gguf": b"x"})
        result = brought(server, "maker/parts:Q8_0")
        assert [file["path"] for file in result["files"]] == [f"maker/parts/{name}" for name in sorted(parts)]
        assert result["path"].endswith(sorted(parts)[0])
        for name, content in parts.items():
            assert (server.folder / "data" / "models" / "maker" / "parts" / name).read_bytes() == content
        model = known(server)["maker/parts:Q8_0"]
        assert model["byte_count"] == sum(map(len, parts.values()))
        other = start(f"--models.parts.path={result['path']}", model=None)
        assert words(other, "parts") == words(server, "tiny-chat")

    def test_a_repository_that_lacks_a_part_is_refused_by_name(
        self, server: Nexus, hub: Hub, parts: dict[str, bytes]
    ) -> None:
        missing = sorted(parts)[1]
        hub.add("maker/parts", {name: content for name, content in parts.items() if name != missing})
        error = bring(server, "maker/parts")["error"]
        assert f"{len(parts) - 1} of {len(parts)} parts" in error["message"]
        assert hub.body_bytes == 0

    def test_a_projector_comes_along(self, server: Nexus, hub: Hub, projector: bytes) -> None:
        hub.add("maker/eyes", {
            "eyes-Q8_0.gguf": MODEL.read_bytes(), "mmproj-eyes-f16.gguf": projector, "mmproj-eyes-f32.gguf": b"x"})
        result = brought(server, "maker/eyes")
        assert result["projector"].endswith("mmproj-eyes-f16.gguf")
        assert Path(result["projector"]).read_bytes() == projector
        shown = server.http.get("/api/v1/models/maker%2Feyes").json()
        assert {file["role"]: Path(file["path"]).name for file in shown["files"]} == {
            "weights": "eyes-Q8_0.gguf", "projector": "mmproj-eyes-f16.gguf"}

    @pytest.mark.parametrize(("asked", "file"), [
        ("", "m-Q4_K_M.gguf"), (":Q8_0", "m-Q8_0.gguf"), (":q8_0", "m-Q8_0.gguf"), (":m-F16.gguf", "m-F16.gguf"),
        (":Q3_K_XL", "m-UD-Q3_K_XL.gguf"), ("@main:F16", "m-F16.gguf"),
    ])
    def test_a_quantisation_is_chosen(self, server: Nexus, hub: Hub, asked: str, file: str) -> None:
        small = MODEL.read_bytes()
        hub.add("maker/many", {f"m-{word}.gguf": small for word in ("F16", "Q8_0", "Q4_K_M", "UD-Q3_K_XL")})
        assert brought(server, f"maker/many{asked}")["path"].endswith(f"/{file}")

    def test_a_repository_with_a_new_name_is_found_under_the_old_one(self, server: Nexus, hub: Hub) -> None:
        hub.renamed["maker/old"] = NAME
        assert brought(server, "maker/old")["files"][0]["is_verified"]

    def test_a_file_in_xet_storage_comes_by_its_bridge(self, server: Nexus, hub: Hub) -> None:
        hub.repositories[NAME].is_in_xet = True
        result = brought(server, NAME)
        assert Path(result["path"]).read_bytes() == MODEL.read_bytes()

    def test_a_file_that_is_no_model_says_so(self, server: Nexus, hub: Hub) -> None:
        hub.add("maker/text", {"text-Q8_0.gguf": b"not a model at all"})
        job = bring(server, "maker/text")
        assert job["state"] == "failed" and "GGUF" in job["error"]["message"], job
        assert known(server).get("maker/text", {}).get("state") in (None, "failed")

    def test_a_deleted_model_can_come_again(self, server: Nexus, hub: Hub) -> None:
        path = Path(brought(server, NAME)["path"])
        answer = server.http.delete("/api/v1/models/maker%2Fgreeter", params={"files": "true"})
        assert answer.status_code in (200, 204), answer.text
        assert not path.exists()
        brought(server, NAME)
        assert path.exists() and known(server)[NAME]["state"] == "downloaded"


class TestTokens:
    def test_the_usual_variables_say_where_and_who(self, start: Start, hub: Hub) -> None:
        hub.token = TOKEN
        hub.repositories[NAME].is_gated = True
        server = start(variables={"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN})
        assert server.http.get("/api/v1/hub").json()["url"] == hub.url
        brought(server, NAME)
        assert {asked.headers.get("authorization") for asked in hub.asked if asked.server == "hub"} == {f"Bearer {TOKEN}"}
        assert TOKEN not in server.http.get("/api/v1/hub").text + "\n".join(server.errors)

    def test_the_terminal_reads_them_too(self, hub: Hub, tmp_path: Path) -> None:
        hub.token = TOKEN
        arguments = ("models", "download", NAME, "--data-dir", tmp_path / "data")
        refused = command(tmp_path, *arguments, variables={"HF_ENDPOINT": hub.url})
        assert refused.returncode != 0 and "HF_TOKEN" in refused.stderr
        done = command(tmp_path, *arguments, variables={"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN})
        assert done.returncode == 0, done.stderr
        assert TOKEN not in done.stdout + done.stderr

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_token_that_may_not_read_is_told(self, start: Start, hub: Hub, status: int) -> None:
        server = start("--hub.url", hub.url, variables={"HF_TOKEN": TOKEN})

        def fault(asked: Asked) -> Fault | None:
            refused = asked.server == "hub" and "/resolve/" in asked.path
            return Fault(status=status, headers={"X-Error-Message": "no read permission"}) if refused else None

        hub.faults = fault
        error = bring(server, NAME)["error"]
        assert error["code"] == "hub_unauthorized" and "no read permission" in error["message"]
        assert "hub.token" in error["hint"] and TOKEN not in json.dumps(error)


class TestTheHubsOwnClient:
    """What `huggingface_hub` understands, the tests' hub says rightly."""

    def test_it_lists_and_downloads(self, hub: Hub, tmp_path: Path) -> None:
        hub.token = TOKEN
        client = huggingface_hub.HfApi(endpoint=hub.url, token=TOKEN)
        found = {file.rfilename: file for file in client.model_info(NAME, files_metadata=True).siblings}
        assert found["greeter-Q8_0.gguf"].lfs.sha256 == hub.repositories[NAME].digest("greeter-Q8_0.gguf")
        hub.page_size = 1
        assert {file.path for file in client.list_repo_tree(NAME, recursive=True)} == set(found)
        folder = client.snapshot_download(NAME, cache_dir=tmp_path)
        assert (Path(folder) / "greeter-Q8_0.gguf").read_bytes() == MODEL.read_bytes()
        assert (Path(folder) / "README.md").read_bytes() == b"# Greeter"

    def test_it_tries_again(self, hub: Hub, tmp_path: Path) -> None:
        content = os.urandom(25_000_000)
        hub.add("maker/large", {"large.gguf": content})
        left = [Fault(reset_after=24_000_000)]
        hub.faults = lambda asked: left.pop() if asked.server == "storage" and left else None
        client = huggingface_hub.HfApi(endpoint=hub.url, token=False)
        with pytest.raises(Exception, match="(?i)reset|closed|peer"):
            client.hf_hub_download("maker/large", "large.gguf", cache_dir=tmp_path)
        path = client.hf_hub_download("maker/large", "large.gguf", cache_dir=tmp_path)
        assert Path(path).read_bytes() == content

    def test_it_follows_a_new_name(self, hub: Hub, tmp_path: Path) -> None:
        hub.renamed["maker/old"] = NAME
        client = huggingface_hub.HfApi(endpoint=hub.url, token=False)
        path = client.hf_hub_download("maker/old", "greeter-Q8_0.gguf", cache_dir=tmp_path)
        assert Path(path).read_bytes() == MODEL.read_bytes()

    def test_refusals_are_its_own_errors(self, hub: Hub, tmp_path: Path) -> None:
        def attempt(name: str, token: str | bool) -> None:
            client = huggingface_hub.HfApi(endpoint=hub.url, token=token)
            client.hf_hub_download(name, "README.md", cache_dir=tmp_path)

        with pytest.raises(RepositoryNotFoundError):
            attempt("maker/nothing", False)
        hub.repositories[NAME].is_gated = True
        with pytest.raises(GatedRepoError):
            attempt(NAME, False)
        hub.token = TOKEN
        with pytest.raises(HfHubHTTPError, match="401"):
            attempt(NAME, "hf_wrong")
        attempt(NAME, TOKEN)
