"""Downloads from a hub that is slow, broken, stingy or hostile: by the API, by the terminal, and across kill -9."""

import errno
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy
import pytest
from support.hub import Asked, Fault, Hub
from support.polling import until
from support.program import BINARIES, MODEL, Program, environment
from support.servers import Nexus, command

Start = Callable[..., Nexus]
NAME = "maker/thing"
REFERENCE = f"{NAME}:Q4_K_M"
FILE = "thing-Q4_K_M.gguf"
TOKEN = "hf_secretOfTheTests"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A GGUF file of 16 MB whose bytes no two of which are alike."""
    path = tmp_path_factory.mktemp("hub") / "model.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("thing")
    weights = numpy.random.default_rng(7).standard_normal((125_000, 32), dtype=numpy.float32)
    writer.add_tensor("token_embd.weight", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


@pytest.fixture
def hub(model: bytes) -> Iterator[Hub]:
    hub = Hub()
    hub.add(NAME, {FILE: model, "README.md": b"# Thing", "thing-Q8_0.gguf": MODEL.read_bytes()}, {"README.md"})
    yield hub
    hub.faults = lambda _: None
    hub.check_token_stayed()
    hub.close()


@pytest.fixture
def server(start: Start, hub: Hub) -> Nexus:
    return start("--hub.url", hub.url)


def begin(server: Nexus, reference: str = REFERENCE) -> str:
    answer = server.http.post("/api/v1/models/downloads", json={"model": reference})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def shown(server: Nexus, job: str) -> dict[str, Any]:
    return server.http.get(f"/api/v1/models/downloads/{job}").json()


def ended(server: Nexus, job: str, seconds: float = 60) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = shown(server, job)
        return found if found["state"] in ("succeeded", "failed", "cancelled") else None

    return until(look, "the download ends", seconds)


def arrived(server: Nexus, count: int) -> Callable[[], bool]:
    """Whether blocks of so many bytes are in the ledger."""
    return listed(place(server), count)


def listed(path: Path, count: int) -> Callable[[], bool]:
    def look() -> bool:
        try:
            ledger = json.loads(path.with_name(path.name + ".nexus-ledger").read_text())
        except FileNotFoundError:
            return False
        finished = sum(int(digit, 16).bit_count() for digit in ledger["finished"])
        return finished * ledger["block_bytes"] >= count

    return look


def place(server: Nexus, name: str = FILE) -> Path:
    return server.folder / "data" / "models" / NAME / name


def names(server: Nexus) -> list[str]:
    """What lies in the model's folder."""
    return sorted(path.name for path in place(server).parent.iterdir())


def uneven(asked: Asked) -> Fault:
    """The beginning of the file comes soon, the rest not before the test is over."""
    return Fault(rate=100_000 if asked.range and asked.range[0] > 0 else 8_000_000)


def of_storage(fault: Callable[[Asked], Fault | None]) -> Callable[[Asked], Fault | None]:
    return lambda asked: fault(asked) if asked.server == "storage" else None


def once(fault: Fault) -> Callable[[Asked], Fault | None]:
    left = [fault]
    return of_storage(lambda _: left.pop() if left else None)


class TestTheCourse:
    def test_a_model_comes_is_checked_and_is_in_the_catalogue(self, server: Nexus, hub: Hub, model: bytes) -> None:
        job = ended(server, begin(server))
        assert job["state"] == "succeeded", job
        assert place(server).read_bytes() == model
        until(lambda: names(server) == [FILE], "the file is settled")
        result = job["result"]
        assert result["path"] == str(place(server)) and result["quantisation"] == "Q4_K_M"
        assert [file["is_verified"] for file in result["files"]] == [True]
        assert hub.body_bytes == len(model)
        listed = server.http.get("/api/v1/models").json()
        assert REFERENCE in json.dumps(listed), listed

    def test_events_tell_bytes_speed_and_the_end(self, server: Nexus, hub: Hub, model: bytes) -> None:
        hub.faults = of_storage(lambda _: Fault(rate=1_000_000))
        job = begin(server)
        events = []
        with server.http.stream("GET", f"/api/v1/models/downloads/{job}/events", timeout=60) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    events.append(json.loads(line[6:]))
        assert events[-1]["state"] == "succeeded"
        counts = [event["progress"]["done"] for event in events]
        assert counts == sorted(counts) and counts[-1] == len(model)
        details = [event["download"] for event in events if event["download"]]
        assert any(detail["bytes_per_second"] for detail in details)
        assert any(f"fetching {FILE}" in event["progress"]["stage"] for event in events)

    def test_a_second_order_joins_the_first(self, server: Nexus, hub: Hub, model: bytes) -> None:
        hub.faults = of_storage(lambda _: Fault(rate=4_000_000))
        first = begin(server)
        # Another reference to the same file is another job, and still the same transfer.
        assert begin(server) == first and begin(server, f"hf.co/{REFERENCE}") == first
        other = begin(server, f"{NAME}:{FILE}")
        assert other != first
        assert [ended(server, job)["state"] for job in (first, other)] == ["succeeded", "succeeded"]
        assert hub.body_bytes == len(model)

    def test_a_file_that_is_here_is_not_fetched_again(self, server: Nexus, hub: Hub, model: bytes) -> None:
        assert ended(server, begin(server))["state"] == "succeeded"
        assert ended(server, begin(server))["state"] == "succeeded"
        assert hub.body_bytes == len(model)
        place(server).write_bytes(model[:-1] + b"x")
        assert ended(server, begin(server))["state"] == "succeeded"
        assert place(server).read_bytes() == model

    def test_cancelling_keeps_what_arrived(self, server: Nexus, hub: Hub, model: bytes) -> None:
        hub.faults = of_storage(uneven)
        job = begin(server)
        until(arrived(server, 4_000_000), "some blocks are here", 30)
        assert server.http.delete(f"/api/v1/models/downloads/{job}").status_code == 202
        assert ended(server, job)["state"] == "cancelled"
        assert not place(server).exists()
        hub.faults = lambda _: None
        before = hub.body_bytes
        again = ended(server, begin(server))
        assert again["state"] == "succeeded" and any("are here from before" in line for line in again["log"])
        assert hub.body_bytes - before < len(model)
        assert place(server).read_bytes() == model

    def test_a_checkpoint_comes_with_what_belongs_to_it(self, server: Nexus, hub: Hub) -> None:
        small = {"config.json": b"{}", "tokenizer.json": b"{ }", "vocab.txt": b""}
        hub.add("maker/checkpoint", {**small, "model.safetensors": os.urandom(100_000), "flax.msgpack": b"x"}, set(small))
        job = ended(server, begin(server, "maker/checkpoint"))
        assert job["state"] == "succeeded", job
        assert job["result"]["format"] == "safetensors"
        folder = server.folder / "data" / "models" / "maker" / "checkpoint"
        expected = sorted([*small, "model.safetensors"])
        until(lambda: sorted(path.name for path in folder.iterdir()) == expected, "the files are settled")
        assert all(file["is_verified"] for file in job["result"]["files"])

    def test_a_huge_listing_is_read_page_by_page(self, server: Nexus, hub: Hub) -> None:
        files: dict[str, Any] = {f"data/{index:05}.txt": b"x" for index in range(4_500)}
        hub.add("maker/many", {**files, "z-Q8_0.gguf": MODEL.read_bytes()}, set(files))
        # Only the cursor of that address is taken, so that nobody leads questions and token elsewhere.
        hub.page_base = "https://hub.invalid"
        listing = server.http.get("/api/v1/hub/files", params={"model": "maker/many"}).json()
        assert len(listing["files"]) == 4_501 and listing["chosen"] == ["z-Q8_0.gguf"]
        assert sum("cursor=" in asked.path for asked in hub.asked) == 4


class TestKill:
    def test_a_killed_server_goes_on_by_itself(self, start: Start, hub: Hub, model: bytes) -> None:
        hub.faults = of_storage(uneven)
        server = start("--hub.url", hub.url)
        job = begin(server)
        until(arrived(server, 4_000_000), "some blocks are here", 30)
        server.kill()
        assert not place(server).exists()
        hub.faults = lambda _: None
        before = hub.body_bytes
        again = start("--hub.url", hub.url, folder=server.folder)
        found = ended(again, job)
        assert found["state"] == "succeeded", found
        assert hub.body_bytes - before <= len(model) - 4_000_000
        assert place(again).read_bytes() == model
        until(lambda: names(again) == [FILE], "the file is settled")


class TestFaults:
    @pytest.mark.parametrize("fault", [
        Fault(reset_after=100_000), Fault(close_after=100_000), Fault(status=503), Fault(range_shift=1),
        Fault(status=429, headers={"Retry-After": "1"}), Fault(status=500), Fault(ignores_range=True),
        Fault(status=403), Fault(status=404), Fault(damages=True),
    ], ids=str)
    def test_one_bad_answer_costs_another_try(self, server: Nexus, hub: Hub, model: bytes, fault: Fault) -> None:
        hub.faults = once(fault)
        job = ended(server, begin(server))
        assert job["state"] == "succeeded", job
        assert place(server).read_bytes() == model

    def test_addresses_that_run_out_are_renewed(self, server: Nexus, hub: Hub, model: bytes) -> None:
        hub.signature_uses = 1
        assert ended(server, begin(server))["state"] == "succeeded"
        assert place(server).read_bytes() == model
        assert sum("resolve" in asked.path for asked in hub.asked) > 2

    def test_a_storage_without_ranges_is_read_from_its_beginning(
        self, server: Nexus, hub: Hub, model: bytes
    ) -> None:
        hub.faults = of_storage(lambda _: Fault(ignores_range=True))
        assert ended(server, begin(server))["state"] == "succeeded"
        assert place(server).read_bytes() == model

    def test_a_wrong_checksum_is_told_with_both(self, server: Nexus, hub: Hub) -> None:
        hub.faults = of_storage(lambda _: Fault(damages=True))
        job = ended(server, begin(server))
        assert job["error"]["code"] == "checksum_mismatch"
        assert len(set(re.findall(r"[0-9a-f]{64}", job["error"]["message"]))) == 2
        assert hub.repositories[NAME].digest(FILE) in job["error"]["message"]
        assert list(place(server).parent.iterdir()) == []

    def test_a_token_that_is_revoked_in_the_middle(self, start: Start, hub: Hub, model: bytes) -> None:
        hub.token = TOKEN
        server = start("--hub.url", hub.url, variables={"NEXUS_HUB_TOKEN": TOKEN})
        hub.signature_uses = 2

        def fault(asked: Asked) -> Fault | None:
            if asked.server == "storage" and len(hub.of_storage()) > 2:
                hub.token = "hf_another"
            return None

        hub.faults = fault
        job = ended(server, begin(server))
        assert job["error"]["code"] == "hub_unauthorized", job
        assert "hub.token" in job["error"]["hint"]
        assert place(server, FILE + ".nexus-part").exists()
        server.stop()
        text = "\n".join(server.errors) + json.dumps(job)
        assert TOKEN not in text and "X-Signature" not in text
        hub.faults, hub.signature_uses = lambda _: None, 1 << 30
        again = start("--hub.url", hub.url, folder=server.folder, variables={"NEXUS_HUB_TOKEN": "hf_another"})
        assert ended(again, begin(again))["state"] == "succeeded"
        assert place(again).read_bytes() == model

    def test_a_gated_repository_says_where_to_accept(self, server: Nexus, hub: Hub) -> None:
        hub.repositories[NAME].is_gated = True
        error = ended(server, begin(server))["error"]
        assert error["code"] == "hub_gated" and f"{hub.url}/{NAME}" in error["hint"]

    def test_a_repository_that_changes_meanwhile_is_begun_again(self, server: Nexus, hub: Hub, model: bytes) -> None:
        new = model[:-8] + b"changed!"

        def fault(asked: Asked) -> Fault | None:
            if asked.server == "storage" and len(hub.of_storage()) == 2:
                hub.repositories[NAME].change({FILE: new})
            return Fault(status=403) if asked.server == "storage" and len(hub.of_storage()) in (2, 3) else None

        hub.faults = fault
        job = ended(server, begin(server))
        assert job["state"] == "succeeded", job
        assert any("begins again" in line for line in job["log"])
        assert place(server).read_bytes() == new

    def test_sizes_that_lie_are_told(self, server: Nexus, hub: Hub, model: bytes) -> None:
        hub.repositories[NAME].listed_sizes[FILE] = len(model) - 1
        error = ended(server, begin(server))["error"]
        assert error["code"] == "hub_changed"
        assert str(len(model)) in error["message"] and str(len(model) - 1) in error["message"]

    def test_a_file_larger_than_the_disk_is_refused_before_the_first_byte(self, server: Nexus, hub: Hub) -> None:
        hub.repositories[NAME].listed_sizes[FILE] = 1 << 49
        error = ended(server, begin(server))["error"]
        assert error["code"] == "no_space" and "512.0 TiB" in error["message"]
        assert hub.body_bytes == 0

    @pytest.mark.parametrize("name", ["../evil.gguf", "/etc/evil.gguf", "a/../../evil.gguf", "e\0vil.gguf", "x" * 250 + ".gguf"])
    def test_names_that_lead_elsewhere_are_refused(self, server: Nexus, hub: Hub, name: str) -> None:
        hub.add("maker/evil", {name: b"evil"}, {name})
        error = ended(server, begin(server, "maker/evil"))["error"]
        assert error["code"] == "hub_unsafe_name", error
        assert not [path for path in server.folder.rglob("*") if "evil" in path.name]

    def test_a_disk_that_fills_up_keeps_what_is_there(self, start: Start, hub: Hub, model: bytes, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        (disk / "maker").mkdir(parents=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            pytest.skip("only root may mount a small disk")
        try:
            server = start("--hub.url", hub.url, ready=True)
            (server.folder / "data" / "models").symlink_to(disk)
            hub.faults = of_storage(uneven)
            job = begin(server)
            until(arrived(server, 4_000_000), "some blocks are here", 30)
            fill(disk / "filler")
            found = ended(server, job)
            assert found["error"]["code"] == "no_space", found
            (disk / "filler").unlink()
            hub.faults = lambda _: None
            assert ended(server, begin(server))["state"] == "succeeded"
            assert place(server).read_bytes() == model
            server.stop()
        finally:
            subprocess.run(["umount", "-l", disk], check=True)


class TestTheHub:
    def test_the_bandwidth_limit_is_changed_while_it_counts(self, start: Start, hub: Hub, model: bytes) -> None:
        server = start("--hub.url", hub.url, "--hub.bandwidthMax", "64KiB")
        assert server.http.get("/api/v1/hub").json() == {
            "url": hub.url, "has_token": False, "connections": 4, "bytes_per_second_max": 65_536}
        job = begin(server)
        # At this rate it would take four minutes.
        until(lambda: shown(server, job)["progress"]["done"] > 0, "it begins", 30)
        changed = server.http.patch("/api/v1/hub", json={"bytes_per_second_max": None})
        assert changed.json()["bytes_per_second_max"] is None
        assert ended(server, job, 60)["state"] == "succeeded"

    @pytest.mark.parametrize("body", [{}, {"bytes_per_second_max": 1}, {"bytes_per_second_max": "x"}, {"token": "x"}])
    def test_nothing_else_can_be_changed(self, server: Nexus, body: dict[str, Any]) -> None:
        assert server.http.patch("/api/v1/hub", json=body).status_code == 400

    @pytest.mark.parametrize("text", ["", "a/b/c", "../x", "a/b:../../x", "a b/c", 7])
    def test_what_names_no_repository_is_refused_at_once(self, server: Nexus, text: Any) -> None:
        answer = server.http.post("/api/v1/models/downloads", json={"model": text})
        assert answer.status_code == 400 and "owner/name" in answer.text

    def test_what_is_not_there_is_answered_with_what_is(self, server: Nexus) -> None:
        error = ended(server, begin(server, f"{NAME}:Q5_K_S"))["error"]
        assert error["code"] == "hub_ambiguous" and "Q4_K_M, Q8_0" in error["hint"]
        missing = ended(server, begin(server, "maker/nothing"))["error"]
        assert missing["code"] in ("hub_unauthorized", "hub_not_found")

    def test_unknown_downloads_are_not_found(self, server: Nexus) -> None:
        for method in ("GET", "DELETE"):
            assert server.http.request(method, "/api/v1/models/downloads/nothing").status_code == 404

    def test_the_routes_are_described(self, server: Nexus) -> None:
        paths = server.http.get("/openapi.json").json()["paths"]
        assert "startDownload" in json.dumps(paths["/api/v1/models/downloads"])


class TestTheTerminal:
    def test_a_download_without_a_server(self, hub: Hub, model: bytes, tmp_path: Path) -> None:
        done = command(
            tmp_path, "models", "download", REFERENCE, "--data-dir", tmp_path / "data", "--hub.url", hub.url)
        assert done.returncode == 0, done.stderr
        path = tmp_path / "data" / "models" / NAME / FILE
        assert done.stdout == f"{path}\n" and path.read_bytes() == model
        assert "100 %" in done.stderr

    def test_a_download_in_the_running_server(self, server: Nexus, hub: Hub, model: bytes) -> None:
        done = command(server.folder, "models", "download", REFERENCE, "--data-dir", server.folder / "data", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["result"]["path"] == str(place(server))
        assert place(server).read_bytes() == model

    def test_a_download_that_was_interrupted_goes_on(self, hub: Hub, model: bytes, tmp_path: Path) -> None:
        path = tmp_path / "data" / "models" / NAME / FILE
        words = ["models", "download", REFERENCE, "--data-dir", str(tmp_path / "data"), "--hub.url", hub.url]
        hub.faults = of_storage(uneven)
        program = Program([BINARIES / "nexus", *words], environment(tmp_path), tmp_path)
        until(listed(path, 4_000_000), "some blocks are here", 30)
        program.process.send_signal(signal.SIGINT)
        assert program.wait() != 0
        assert not path.exists()
        hub.faults = lambda _: None
        before = hub.body_bytes
        done = command(tmp_path, *words)
        assert done.returncode == 0, done.stderr
        assert path.read_bytes() == model
        assert hub.body_bytes - before <= len(model) - 4_000_000

    def test_what_a_repository_holds(self, hub: Hub, tmp_path: Path) -> None:
        done = command(
            tmp_path, "models", "download", NAME, "--files", "--data-dir", tmp_path / "data", "--hub.url", hub.url)
        assert done.returncode == 0, done.stderr
        assert re.search(rf"{FILE} .*chosen", done.stdout) and "README.md" in done.stdout

    def test_failures_say_what_to_do(self, hub: Hub, tmp_path: Path) -> None:
        arguments = ("--data-dir", tmp_path / "data", "--hub.url", hub.url)
        done = command(tmp_path, "models", "download", f"{NAME}:Q3_K_S", *arguments)
        assert done.returncode != 0 and "Q4_K_M, Q8_0" in done.stderr
        done = command(tmp_path, "models", "download", "a/b/c", *arguments)
        assert done.returncode != 0 and "owner/name:Q4_K_M" in done.stderr

    def test_detaching_needs_a_server(self, hub: Hub, tmp_path: Path) -> None:
        done = command(
            tmp_path, "models", "download", REFERENCE, "--detach", "--data-dir", tmp_path / "data",
            "--hub.url", hub.url)
        assert done.returncode != 0 and "nexus serve" in done.stderr


def fill(path: Path) -> None:
    """Takes all room of a disk, also what is written to at the same time."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 65_536) == 65_536:
                pass
        except OSError as error:
            assert error.errno == errno.ENOSPC
