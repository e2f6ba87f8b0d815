"""Models in fewer bits: the engine's tools, jobs of the platform, and the commands of the terminal."""

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gguf
import numpy
import pytest
from support.checkpoints import LLAMA3, Decoder, byte_level
from support.originals import large, parts, unquantized, words
from support.polling import until
from support.program import BINARIES, MODEL, children, environment, is_running
from support.servers import Engine, Nexus, command

Start = Callable[..., Nexus]
#: `llama_ftype`; a few of each family.
FILE_TYPES = {
    "Q8_0": 7, "Q6_K": 18, "Q5_K_M": 17, "Q5_1": 9, "Q4_K_M": 15, "Q4_0": 2, "IQ4_NL": 25, "IQ4_XS": 30, "Q3_K_S": 11,
    "IQ3_S": 26, "Q2_K": 10, "F16": 1, "BF16": 32, "F32": 0,
}
NEED_IMPORTANCE = {"IQ3_XXS": 23, "IQ2_M": 29, "IQ2_S": 28, "IQ2_XS": 20, "IQ2_XXS": 19, "IQ1_M": 31, "IQ1_S": 24}


@dataclass(frozen=True)
class Place:
    folder: Path
    original: Path
    text: Path
    matrix: Path


def tool(folder: Path, *arguments: str | Path, file_bytes_max: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs one of the engine's tools to its end."""
    def limit() -> None:
        if file_bytes_max is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes_max, file_bytes_max))

    return subprocess.run(
        [str(BINARIES / "nexus-engine"), *map(str, arguments)], capture_output=True, text=True, cwd=folder,
        env=environment(folder), timeout=120, preexec_fn=limit)


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def result(folder: Path, *arguments: str | Path) -> dict[str, Any]:
    done = tool(folder, *arguments)
    assert done.returncode == 0, done.stderr
    last = told(done)[-1]
    assert last.pop("event") == "result"
    return last


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("quantize")
    original, text = unquantized(folder / "small-F16.gguf"), words(folder / "text.txt")
    matrix = folder / "importance.gguf"
    result(folder, "imatrix", original, text, matrix, "--chunk-size", "128")
    return Place(folder, original, text, matrix)


class TestTheTools:
    @pytest.mark.parametrize("kind", [*FILE_TYPES, *NEED_IMPORTANCE])
    def test_every_family_of_types(self, place: Place, tmp_path: Path, kind: str) -> None:
        made = tmp_path / "made.gguf"
        done = tool(tmp_path, "quantize", place.original, made, kind, "--imatrix", place.matrix)
        assert done.returncode == 0, done.stderr
        *steps, last = told(done)
        assert {step["event"] for step in steps} <= {"progress"} and last["event"] == "result"
        assert last["bytes"] == made.stat().st_size and last["type"] == kind
        before, after = gguf.GGUFReader(place.original), gguf.GGUFReader(made)
        assert after.fields["general.file_type"].contents() == (FILE_TYPES | NEED_IMPORTANCE)[kind]
        shapes = {tensor.name: tuple(tensor.shape) for tensor in before.tensors}
        assert {tensor.name: tuple(tensor.shape) for tensor in after.tensors} == shapes
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith("made")] == ["made.gguf"]
        if kind == "Q8_0":
            # Each number is within half a step of 1/127 of its block's largest.
            for old, new in zip(before.tensors, sorted(after.tensors, key=lambda t: list(shapes).index(t.name))):
                exact = old.data.astype(numpy.float32)
                error = numpy.abs(gguf.quants.dequantize(new.data, new.tensor_type).reshape(exact.shape) - exact)
                assert error.max() <= numpy.abs(exact).max() / 127 * 0.51 + 1e-6

    def test_types_that_need_a_matrix_are_refused_without_one(self, place: Place, tmp_path: Path) -> None:
        for kind in NEED_IMPORTANCE:
            done = tool(tmp_path, "quantize", place.original, tmp_path / "x.gguf", kind)
            assert done.returncode == 1 and "importance matrix" in done.stderr
            assert told(done)[-1]["code"] == "invalid_value"
        assert not [path for path in tmp_path.iterdir() if path.name.startswith("x")]

    def test_unknown_types_are_refused_with_those_that_there_are(self, place: Place, tmp_path: Path) -> None:
        done = tool(tmp_path, "quantize", place.original, tmp_path / "x.gguf", "Q9_X")
        assert done.returncode == 2 and "Q4_K_M" in done.stderr and not (tmp_path / "x.gguf").exists()

    def test_what_is_quantised_already_needs_a_word(self, tmp_path: Path) -> None:
        done = tool(tmp_path, "quantize", MODEL, tmp_path / "x.gguf", "Q4_0")
        assert done.returncode == 1 and "--allow-requantize" in done.stderr and not (tmp_path / "x.gguf").exists()
        result(tmp_path, "quantize", MODEL, tmp_path / "x.gguf", "Q4_0", "--allow-requantize")
        assert (tmp_path / "x.gguf").exists()

    def test_a_model_in_parts_becomes_one_file(self, place: Place, tmp_path: Path) -> None:
        first = parts(place.original, tmp_path)
        result(tmp_path, "quantize", first, tmp_path / "joined.gguf", "Q8_0")
        result(tmp_path, "quantize", place.original, tmp_path / "whole.gguf", "Q8_0")
        joined, whole = (gguf.GGUFReader(tmp_path / f"{name}.gguf") for name in ("joined", "whole"))
        weights = {tensor.name: tensor.data.tobytes() for tensor in whole.tensors}
        assert {tensor.name: tensor.data.tobytes() for tensor in joined.tensors} == weights
        assert joined.fields.keys() == whole.fields.keys()
        second = Path(str(first).replace("-00001-", "-00002-"))
        for wrong in (second, first.rename(tmp_path / "renamed.gguf")):
            assert tool(tmp_path, "quantize", wrong, tmp_path / "x.gguf", "Q8_0").returncode == 1

    def test_a_file_that_is_there_stays_as_it_is(self, place: Place, tmp_path: Path) -> None:
        there = tmp_path / "there.gguf"
        there.write_bytes(b"mine")
        done = tool(tmp_path, "quantize", place.original, there, "Q8_0")
        assert done.returncode == 1 and there.read_bytes() == b"mine" and told(done)[-1]["code"] == "conflict"

    def test_a_disk_that_is_full_leaves_nothing(self, place: Place, tmp_path: Path) -> None:
        done = tool(tmp_path, "quantize", place.original, tmp_path / "x.gguf", "Q8_0", file_bytes_max=300_000)
        assert done.returncode == 1 and told(done)[-1]["event"] == "error"
        assert not [path for path in tmp_path.iterdir() if path.name.startswith("x")]

    def test_sources_that_are_none(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / "cut.gguf").write_bytes(place.original.read_bytes()[:100_000])
        for source in (tmp_path / "nowhere.gguf", place.text, tmp_path / "cut.gguf", place.matrix):
            done = tool(tmp_path, "quantize", source, tmp_path / "x.gguf", "Q8_0")
            assert done.returncode == 1 and told(done)[-1]["event"] == "error", source
        done = tool(tmp_path, "quantize", place.original, tmp_path / "x.gguf", "Q8_0", "--imatrix", place.original)
        assert done.returncode == 1 and "imatrix" in done.stderr
        assert not [path for path in tmp_path.iterdir() if path.name.startswith("x")]

    def test_the_matrix_is_what_others_read(self, place: Place) -> None:
        reader = gguf.GGUFReader(place.matrix)
        assert reader.fields["general.type"].contents() == "imatrix"
        assert reader.fields["imatrix.datasets"].contents() == ["text.txt"]
        chunks, size = (reader.fields[f"imatrix.chunk_{key}"].contents() for key in ("count", "size"))
        assert size == 128 and chunks > 10
        tensors = {tensor.name: tensor.data for tensor in reader.tensors}
        weights = {tensor.name for tensor in gguf.GGUFReader(place.original).tensors if len(tensor.shape) > 1}
        seen = {name.removesuffix(".in_sum2") for name in tensors if name.endswith(".in_sum2")}
        assert seen == weights - {"token_embd.weight", "output.weight"}
        for name in seen:
            assert float(tensors[f"{name}.counts"].reshape(-1)[0]) == chunks * size
            assert numpy.isfinite(tensors[f"{name}.in_sum2"]).all() and (tensors[f"{name}.in_sum2"] >= 0).all()

    def test_a_model_is_as_good_as_itself_and_8_bits_nearly(self, place: Place, tmp_path: Path) -> None:
        measure = ["measure", "--base", place.original, "--chunk-size", "128", "--chunks", "16"]
        same = result(tmp_path, *measure, place.original, place.text)
        assert same["divergence"] == {
            "mean_nats": 0, "quantile_99_nats": 0, "largest_nats": 0, "same_likeliest": 1}
        assert same["model"]["perplexity"] == same["base"]["perplexity"] > 1
        found = {}
        for kind in ("F16", "Q8_0", "Q2_K"):
            result(tmp_path, "quantize", place.original, tmp_path / f"{kind}.gguf", kind)
            found[kind] = result(tmp_path, *measure, tmp_path / f"{kind}.gguf", place.text)
        assert found["F16"]["divergence"]["largest_nats"] == 0
        near, far = found["Q8_0"]["divergence"], found["Q2_K"]["divergence"]
        assert 0 < near["mean_nats"] < 0.01 and near["same_likeliest"] > 0.95
        assert near["mean_nats"] <= near["quantile_99_nats"] <= near["largest_nats"]
        assert far["mean_nats"] > near["mean_nats"] and far["same_likeliest"] < near["same_likeliest"]
        assert abs(found["Q8_0"]["model"]["perplexity"] / same["model"]["perplexity"] - 1) < 0.02
        assert found["Q8_0"]["model"]["bytes"] < same["model"]["bytes"]
        assert found["Q2_K"]["model"]["tokens_per_second"] > 0 and same["scored"] == 16 * 63

    def test_texts_that_say_nothing(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / "empty.txt").write_text("")
        (tmp_path / "short.txt").write_text("Hello.")
        for text in ("empty.txt", "short.txt", "none.txt"):
            done = tool(tmp_path, "measure", place.original, tmp_path / text)
            assert done.returncode == 1 and told(done)[-1]["code"] == "invalid_value", text


# As jobs


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    server = Nexus(tmp_path_factory.mktemp("making"))
    yield server
    server.stop()


def begin(server: Nexus, what: str = "quantize", **body: Any) -> str:
    answer = server.http.post(f"/api/v1/models/{what}", json={key: plain(value) for key, value in body.items()})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def shown(server: Nexus, job: str) -> dict[str, Any]:
    return server.http.get(f"/api/v1/jobs/{job}").json()


def ended(server: Nexus, job: str, seconds: float = 60) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = shown(server, job)
        return found if found["state"] in ("succeeded", "failed", "cancelled") else None

    return until(look, "the job ends", seconds)


def tools(server: Nexus) -> list[int]:
    """The engine's tools that the server has started."""
    def is_tool(pid: int) -> bool:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        except OSError:
            return False
        return len(words) > 1 and words[1] in ("quantize", "imatrix", "measure")

    return [pid for pid in children(server.pid) if is_tool(pid)]


def left(server: Nexus) -> list[str]:
    """Files of making that are there, finished or not."""
    data = server.folder / "data"
    found = [path for folder in ("models/made", "jobs") for path in (data / folder).rglob("*")]
    return sorted(path.name for path in found if path.is_file())


class TestJobs:
    def test_a_model_is_made_compared_catalogued_and_answers(self, server: Nexus, place: Place) -> None:
        job = ended(server, begin(server, model=place.original, type="q8_0", report=place.text, chunks=4))
        assert job["state"] == "succeeded", job
        made = job["result"]
        assert made["model"] == "small:Q8_0" and made["path"].endswith("/models/made/small-Q8_0.gguf")
        assert made["report"]["divergence"]["mean_nats"] < 0.01 and "report_error" not in made
        assert made["report"]["base"]["bytes"] == place.original.stat().st_size
        assert gguf.GGUFReader(made["path"]).fields["general.file_type"].contents() == 7
        model = server.http.get("/api/v1/models/" + quote("small:Q8_0", safe="")).json()
        assert model["state"] == "downloaded" and model["metadata"]["quantization"] == "Q8_0"
        assert model["origin"] == {"kind": "made", "from": str(place.original), "how": "quantised to Q8_0"}
        assert not (server.folder / "data/jobs" / job["id"]).exists()
        with_it = Engine(place.folder, model=Path(made["path"]))
        with with_it.client() as client:
            answer = client.chat.completions.create(
                model="any", messages=[{"role": "user", "content": "What is 3 + 4?"}], temperature=0, max_tokens=20)
        with_it.stop()
        assert "7" in (answer.choices[0].message.content or "")
        again = server.http.post(
            "/api/v1/models/quantize", json={"model": str(place.original), "type": "Q8_0"})
        assert again.status_code == 409 and "models list" in again.text, again.text

    def test_a_text_becomes_a_matrix_on_the_way(self, server: Nexus, place: Place) -> None:
        job = ended(server, begin(server, model=place.original, type="IQ2_XXS", calibrate=place.text, chunks=8))
        assert job["state"] == "succeeded", job
        model = server.http.get("/api/v1/models/" + quote("small:IQ2_XXS", safe="")).json()
        assert model["origin"]["how"] == "quantised to IQ2_XXS with an importance matrix"
        assert any("importances" in line for line in job["log"])

    def test_progress_and_the_end_come_as_events(self, server: Nexus, place: Place) -> None:
        job = begin(server, "measure", model=place.original, text=place.text, base=MODEL)
        states = []
        with server.http.stream("GET", f"/api/v1/jobs/{job}/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    states.append(json.loads(line.removeprefix("data: ")))
        assert states[-1]["state"] == "succeeded" and states[-1]["result"]["divergence"]["mean_nats"] < 0.01

    def test_a_checkpoint_is_converted_first(self, server: Nexus, tmp_path: Path, place: Place) -> None:
        folder = tmp_path / "checkpoint"
        byte_level(folder, LLAMA3, begins=True, ignore_merges=True)
        Decoder(folder, "Llama", 416).save()
        job = ended(server, begin(server, model=folder, type="Q8_0", report=place.text, chunks=2))
        assert job["state"] == "succeeded" and "report_error" not in job["result"], job
        assert job["result"]["model"] == "checkpoint:Q8_0" and job["result"]["report"]["divergence"]["mean_nats"] < 0.1
        model = server.http.get("/api/v1/models/" + quote("checkpoint:Q8_0", safe="")).json()
        assert model["origin"] == {"kind": "made", "from": str(folder), "how": "quantised to Q8_0"}
        assert not (server.folder / "data/jobs" / job["id"]).exists()
        converted = ended(server, begin(server, "convert", model=folder, type="bf16"))
        assert converted["state"] == "succeeded" and converted["result"]["model"] == "checkpoint:BF16", converted
        reader = gguf.GGUFReader(converted["result"]["path"])
        assert reader.fields["general.file_type"].contents() == 32

    def test_importances_alone(self, server: Nexus, place: Place) -> None:
        job = ended(server, begin(server, "imatrix", model="tiny-chat", text=place.text, chunks=2, chunk_size=64))
        assert job["state"] == "succeeded", job
        assert job["result"]["path"].endswith("/made/tiny-chat.imatrix.gguf") and job["result"]["chunks"] == 2

    def test_the_types_that_there_are(self, server: Nexus) -> None:
        types = {kind["name"]: kind for kind in server.http.get("/api/v1/quantization/types").json()["types"]}
        assert set(FILE_TYPES) | set(NEED_IMPORTANCE) <= set(types)
        assert {name for name in NEED_IMPORTANCE if types[name]["needs_importance_matrix"]} == set(NEED_IMPORTANCE)

    @pytest.mark.parametrize(("body", "status", "word"), [
        ({"type": "Q9"}, 400, "Q4_K_M"), ({"type": "IQ1_S"}, 400, "calibrate"),
        ({"type": "Q4_0", "model": "tiny-chat"}, 400, "allow_requantize"),
        ({"type": "Q4_0", "model": "nobody"}, 404, ""), ({"type": "Q4_0", "model": "/nowhere"}, 400, ""),
        ({"type": "Q4_0", "reprot": "x"}, 400, "report"), ({"type": 4}, 400, ""), ({}, 400, ""),
        ({"type": "Q4_0", "report": "relative.txt"}, 400, "absolute"),
    ])
    def test_refusals(self, server: Nexus, place: Place, body: dict[str, Any], status: int, word: str) -> None:
        answer = server.http.post("/api/v1/models/quantize", json={"model": str(place.original)} | body)
        assert answer.status_code == status and word in answer.text, answer.text

    def test_cancelling_ends_the_process_and_leaves_nothing(self, server: Nexus, tmp_path: Path) -> None:
        source = large(tmp_path / "large.gguf", matrices=60)
        before = left(server)
        job = begin(server, model=source, type="IQ3_S")
        until(lambda: tools(server) and shown(server, job)["progress"]["done"] > 0, "it runs", 30)
        [pid] = tools(server)
        assert "large-IQ3_S.gguf.partial" in left(server) and "large-IQ3_S.gguf" not in left(server)
        assert server.http.post(f"/api/v1/jobs/{job}/cancel").status_code == 202
        assert ended(server, job)["state"] == "cancelled"
        assert not is_running(pid)
        until(lambda: left(server) == before, "nothing is left")
        assert server.http.get("/api/v1/models/" + quote("large:IQ3_S", safe="")).status_code == 404

    def test_a_tool_that_is_killed_is_a_failure_that_can_be_tried_again(self, server: Nexus, tmp_path: Path) -> None:
        source = large(tmp_path / "big.gguf", matrices=60)
        before = left(server)
        job = begin(server, model=source, type="IQ3_S")
        until(lambda: tools(server) and shown(server, job)["progress"]["done"] > 0, "it runs", 30)
        os.kill(tools(server)[0], 9)
        failed = ended(server, job)
        assert failed["state"] == "failed" and failed["error"]["code"] == "engine_failed" and failed["error"]["hint"]
        until(lambda: left(server) == before, "nothing is left")
        assert server.http.post(f"/api/v1/jobs/{job}/retry").status_code == 202
        until(lambda: tools(server), "it runs again", 30)
        server.http.post(f"/api/v1/jobs/{job}/cancel")
        assert ended(server, job)["state"] == "cancelled"


def test_a_killed_server_goes_on_with_it(start: Start, tmp_path: Path) -> None:
    source = large(tmp_path / "large.gguf")
    first = start(folder=tmp_path)
    job = begin(first, model=source, type="IQ3_S")
    until(lambda: tools(first) and shown(first, job)["progress"]["done"] > 0, "it runs", 30)
    [pid] = tools(first)
    first.kill()
    until(lambda: not is_running(pid), "the tool ends with the server")
    assert "large-IQ3_S.gguf" not in left(first)
    second = start(folder=tmp_path)
    done = ended(second, job, 90)
    assert done["state"] == "succeeded" and done["attempts"] == 2 and done["interruptions"] == 1, done
    assert left(second) == ["large-IQ3_S.gguf"]
    assert len(gguf.GGUFReader(done["result"]["path"]).tensors) == 16
    model = second.http.get("/api/v1/models/" + quote("large:IQ3_S", safe="")).json()
    assert model["state"] == "downloaded"


def test_a_server_that_ends_in_order_leaves_the_job_to_the_next_and_cancelling_it_tidies_up(
    start: Start, tmp_path: Path
) -> None:
    source = large(tmp_path / "large.gguf", matrices=60)
    first = start(folder=tmp_path)
    job = begin(first, model=source, type="IQ3_S")
    until(lambda: tools(first) and shown(first, job)["progress"]["done"] > 0, "it runs", 30)
    first.stop()
    assert left(first) == []
    second = start(folder=tmp_path)
    until(lambda: tools(second), "it runs again", 30)
    assert shown(second, job)["interruptions"] == 0
    second.http.post(f"/api/v1/jobs/{job}/cancel")
    assert ended(second, job)["state"] == "cancelled"
    until(lambda: left(second) == [], "nothing is left")


# By the terminal


def test_the_command_shows_what_it_cost(place: Place, tmp_path: Path) -> None:
    data = ["--data-dir", tmp_path / "data"]
    done = command(
        tmp_path, "models", "quantize", place.original, "Q4_K_M", "--report", place.text, "--chunks", "4",
        "-o", "made.gguf", *data)
    assert done.returncode == 0, done.stderr
    for word in ("small:Q4_K_M", "perplexity", "BEFORE", "KL divergence", "likeliest", "tokens/s", "bits per weight"):
        assert word in done.stdout, done.stdout
    assert (tmp_path / "made.gguf").exists()
    listed = command(tmp_path, "models", "list", *data)
    assert "small:Q4_K_M" in listed.stdout
    jobs = json.loads(command(tmp_path, "jobs", "list", "--json", *data).stdout)["jobs"]
    assert [(job["kind"], job["state"]) for job in jobs] == [("quantize", "succeeded")]
    id = jobs[0]["id"]
    assert "succeeded" in command(tmp_path, "jobs", "show", id, *data).stdout
    assert "quantised to Q4_K_M" in command(tmp_path, "jobs", "logs", id, *data).stdout
    measured = command(tmp_path, "models", "measure", "small:Q4_K_M", place.text, "--chunks", "2", *data)
    assert measured.returncode == 0 and "perplexity" in measured.stdout and "BEFORE" not in measured.stdout
    assert command(tmp_path, "jobs", "rm", id, *data).returncode == 0
    assert command(tmp_path, "jobs", "show", id, *data).returncode == 1


def test_the_command_refuses_as_the_server_does(place: Place, tmp_path: Path) -> None:
    data = ["--data-dir", tmp_path / "data"]
    for arguments, word in [
        ((place.original, "Q9"), "Q4_K_M"), ((place.original, "IQ1_S"), "calibrate"), ((MODEL, "Q4_0"), "quantised"),
        (("nobody", "Q4_0"), "nobody"), (("./nothing.gguf", "Q4_0"), "nothing.gguf"),
    ]:
        done = command(tmp_path, "models", "quantize", *arguments, *data)
        assert done.returncode == 1 and word in done.stderr, done.stderr
    detached = command(tmp_path, "models", "quantize", place.original, "Q4_0", "--detach", *data)
    assert detached.returncode == 1 and "nexus serve" in detached.stderr
    nothing = command(tmp_path, "jobs", "cancel", "job_none", *data)
    assert nothing.returncode == 1 and "job_none" in nothing.stderr


def test_ending_the_command_ends_the_work(tmp_path: Path) -> None:
    source = large(tmp_path / "large.gguf", matrices=60)
    data = tmp_path / "data"
    process = subprocess.Popen(
        [BINARIES / "nexus", "models", "quantize", source, "IQ3_S", "--data-dir", data], cwd=tmp_path,
        env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: (data / "models/made/large-IQ3_S.gguf.partial").exists(), "it runs", 30)
        process.terminate()
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 1
    assert not [path for path in (data / "models").rglob("large*")]
    jobs = json.loads(command(tmp_path, "jobs", "list", "--json", "--data-dir", data).stdout)["jobs"]
    assert [job["state"] for job in jobs] == ["cancelled"]
