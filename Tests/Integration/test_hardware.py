"""What the platform says of the machine, against what the kernel and its tools say; drivers' tools that write what drivers write."""

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.program import BINARIES, environment
from support.servers import Nexus, command

Start = Callable[..., Nexus]
GROUPS = Path("/sys/fs/cgroup")


@pytest.fixture(scope="module")
def machine(nexus: Nexus) -> dict[str, Any]:
    return nexus.http.get("/api/v1/hardware", params={"refresh": "true"}).json()


def text(path: str) -> str | None:
    try:
        return Path(path).read_text()
    except OSError:
        return None


def tool(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}")
    (folder / name).chmod(0o755)


def looked_at(folder: Path, *before: str, path: Path | None = None) -> dict[str, Any]:
    """What the command says without any server."""
    more = {"PATH": f"{path}:{os.environ['PATH']}"} if path else {}
    done = subprocess.run(
        [*before, str(BINARIES / "nexus"), "hardware", "--json"], capture_output=True, text=True, timeout=60,
        env=environment(folder, **more), cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_processor_is_the_kernels(machine: dict[str, Any]) -> None:
    lines = json.loads(subprocess.run(["lscpu", "--json"], capture_output=True, text=True, check=True).stdout)["lscpu"]

    def flat(entries: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
        for entry in entries:
            yield entry["field"].rstrip(":"), entry["data"]
            yield from flat(entry.get("children", []))

    known = dict(flat(lines))
    processor = machine["processor"]
    assert processor["architecture"] == platform.machine()
    assert processor["threads"] == int(known["CPU(s)"])
    assert processor["model"] == known["Model name"]
    if known.get("Core(s) per socket", "").isdigit():
        assert processor["sockets"] == int(known["Socket(s)"])
        assert processor["cores"] == int(known["Core(s) per socket"]) * int(known["Socket(s)"])
    if platform.machine() == "x86_64":
        flags = set(known["Flags"].split())
        for ours, theirs in (("AVX", "avx"), ("AVX2", "avx2"), ("FMA", "fma"), ("F16C", "f16c"), ("BMI2", "bmi2")):
            assert (ours in processor["features"]) == (theirs in flags), ours
    sizes = subprocess.run(["lscpu", "-C=NAME,ONE-SIZE", "-B", "--json"], capture_output=True, text=True)
    if sizes.returncode == 0 and sizes.stdout:
        theirs = {cache["name"]: int(cache["one-size"]) for cache in json.loads(sizes.stdout)["caches"]}
        kinds = {"data": "d", "instruction": "i", "unified": ""}
        ours = {f"L{cache['level']}{kinds[cache['kind']]}": cache["bytes"] for cache in processor["caches"]}
        assert ours == theirs


def test_memory_is_the_kernels(machine: dict[str, Any]) -> None:
    known = {
        name: int(value) * 1024
        for name, value in re.findall(r"^(\w+):\s+(\d+) kB$", text("/proc/meminfo") or "", re.MULTILINE)}
    assert machine["memory"]["total_bytes"] == known["MemTotal"]
    assert machine["memory"]["swap_total_bytes"] == known["SwapTotal"]
    assert 0 < machine["memory"]["available_bytes"] <= known["MemTotal"]
    assert machine["usable"]["memory_free_bytes"] <= machine["memory"]["available_bytes"]


def test_the_disk_and_the_affinity_are_the_systems(nexus: Nexus, machine: dict[str, Any]) -> None:
    disk = machine["model_folder"]
    assert disk["total_bytes"] == shutil.disk_usage(disk["path"]).total
    assert (nexus.folder / "data" / "models").is_relative_to(disk["path"])
    threads = len(os.sched_getaffinity(0))
    assert machine["usable"]["threads"] <= threads
    assert 1 <= machine["usable"]["cores"] <= machine["usable"]["threads"]


def test_limits_are_the_control_groups(machine: dict[str, Any]) -> None:
    """The tightest of the groups above this process, by the files of whichever version there is."""
    least: list[int] = []
    for line in (text("/proc/self/cgroup") or "").splitlines():
        _, names, place = line.split(":", 2)
        root, name = (GROUPS, "memory.max") if not names else (GROUPS / "memory", "memory.limit_in_bytes")
        if names and "memory" not in names.split(","):
            continue
        folder = root / place.lstrip("/")
        for group in [folder, *folder.parents]:
            value = (text(str(group / name)) or "").strip()
            if value.isdigit() and int(value) < 1 << 60:
                least.append(int(value))
            if group == root:
                break
    assert machine["limits"]["memory_max_bytes"] == min(least, default=None)
    assert machine["usable"]["memory_bytes"] == min([machine["memory"]["total_bytes"], *least])


def test_processors_that_are_taken_away_do_not_count(tmp_path: Path) -> None:
    first = min(os.sched_getaffinity(0))
    seen = looked_at(tmp_path, "taskset", "-c", str(first))
    assert seen["usable"]["threads"] == seen["usable"]["cores"] == 1
    assert seen["limits"]["affinity"] == str(first)


def own_group(controller: str, name: str) -> Path:
    """A control group below this process's own, of version 1; skips where that is not allowed."""
    lines = (text("/proc/self/cgroup") or "").splitlines()
    place = next((line.split(":", 2)[2] for line in lines if controller in line.split(":")[1].split(",")), None)
    folder = GROUPS / controller / (place or "").lstrip("/") / name
    try:
        folder.mkdir()
    except OSError:
        pytest.skip(f"no control group of {controller} may be made here")
    return folder


def within(group: Path) -> list[str]:
    """Words before a command that put it into a group."""
    return ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "-"]


def test_a_limited_process_sees_its_limit(tmp_path: Path) -> None:
    group = own_group("memory", f"nexus-test-{os.getpid()}")
    try:
        (group / "memory.limit_in_bytes").write_text(str(600 << 20))
        seen = looked_at(tmp_path, *within(group))
        assert seen["limits"]["memory_max_bytes"] == 600 << 20
        assert seen["limits"]["memory_set_by"] == str(group)
        assert seen["usable"]["memory_bytes"] == 600 << 20
        assert 0 < seen["usable"]["memory_free_bytes"] <= 600 << 20
        done = subprocess.run(
            [*within(group), str(BINARIES / "nexus"), "models", "recommend", "--use", "chat", "--json"],
            capture_output=True, text=True, timeout=60, env=environment(tmp_path), cwd=tmp_path)
        answer = json.loads(done.stdout)
        assert answer["room"]["bytes"] <= 600 << 20
        assert all(one["need_bytes"] <= 600 << 20 for one in answer["recommendations"] if one["fits"])
    finally:
        group.rmdir()


def test_a_share_of_a_processor_is_seen(tmp_path: Path) -> None:
    group = own_group("cpu", f"nexus-test-{os.getpid()}")
    try:
        (group / "cpu.cfs_quota_us").write_text("50000")
        seen = looked_at(tmp_path, *within(group))
        assert seen["limits"]["processor_share"] == 0.5
        assert seen["usable"]["threads"] == 1
    finally:
        group.rmdir()


TABLE = """\
index, uuid, name, pci.bus_id, memory.total [MiB], memory.free [MiB], driver_version, compute_cap, mig.mode.current
0, GPU-1, NVIDIA H100 80GB HBM3, 00000000:17:00.0, 81559 MiB, 81000 MiB, 550.54.15, 9.0, Disabled
1, GPU-2, NVIDIA H100 80GB HBM3, 00000000:65:00.0, 81559 MiB, 30000 MiB, 550.54.15, 9.0, Enabled
"""
REPORT = """\
<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log><driver_version>550.54.15</driver_version><attached_gpus>2</attached_gpus>
<gpu id="00000000:17:00.0"><product_name>NVIDIA H100 80GB HBM3</product_name><uuid>GPU-1</uuid>
<mig_mode><current_mig>Disabled</current_mig></mig_mode><mig_devices>None</mig_devices>
<fb_memory_usage><total>81559 MiB</total><free>81000 MiB</free></fb_memory_usage>
<processes><process_info><pid>77</pid><process_name>/usr/bin/x</process_name><used_memory>512 MiB</used_memory></process_info></processes></gpu>
<gpu id="00000000:65:00.0"><product_name>NVIDIA H100 80GB HBM3</product_name><uuid>GPU-2</uuid>
<mig_mode><current_mig>Enabled</current_mig></mig_mode><mig_devices><mig_device><index>0</index>
<gpu_instance_id>9</gpu_instance_id><fb_memory_usage><total>9984 MiB</total><free>9900 MiB</free></fb_memory_usage>
</mig_device></mig_devices><fb_memory_usage><total>81559 MiB</total><free>30000 MiB</free></fb_memory_usage>
<processes></processes></gpu></nvidia_smi_log>
"""


def test_several_gpus_and_parts_of_one(tmp_path: Path) -> None:
    (tmp_path / "table").write_text(TABLE)
    (tmp_path / "report").write_text(REPORT)
    tool(tmp_path / "bin", "nvidia-smi", f'case "$1" in -q) cat {tmp_path}/report;; *) cat {tmp_path}/table;; esac\n')
    seen = looked_at(tmp_path, path=tmp_path / "bin")
    assert [gpu["total_bytes"] for gpu in seen["accelerators"]] == [81559 << 20] * 2
    assert [gpu["partitioning"]["on"] for gpu in seen["accelerators"]] == [False, True]
    assert seen["accelerators"][1]["partitioning"]["parts"][0]["instance"] == 9
    assert seen["accelerators"][0]["processes"] == [{"process_id": 77, "name": "/usr/bin/x", "bytes": 512 << 20}]
    done = subprocess.run(
        [str(BINARIES / "nexus"), "hardware"], capture_output=True, text=True, timeout=60, cwd=tmp_path,
        env=environment(tmp_path, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}"))
    assert "NVIDIA H100 80GB HBM3" in done.stdout and "550.54.15" in done.stdout


@pytest.mark.parametrize(("script", "told"), [
    ("echo 'No devices were found'; exit 6", None),
    ("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18", "reboot"),
    ("echo \"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\"; exit 9", "modprobe"),
    ("kill -SEGV $$", "by hand"),
    ("yes x", "ended"),
], ids=["none", "mismatch", "module", "crash", "endless"])
def test_what_is_wrong_with_a_driver_is_told(tmp_path: Path, script: str, told: str | None) -> None:
    tool(tmp_path / "bin", "nvidia-smi", script + "\n")
    seen = looked_at(tmp_path, path=tmp_path / "bin")
    notes = [note for note in seen["notes"] if note["part"] == "nvidia"]
    assert seen["accelerators"] == []
    assert bool(notes) == (told is not None)
    if told:
        assert told in notes[0]["message"] + (notes[0]["hint"] or "")


def test_amds_tools(tmp_path: Path) -> None:
    answer = {
        "card0": {"Card Series": "AMD Instinct MI210", "VRAM Total Memory (B)": "68702699520",
                  "VRAM Total Used Memory (B)": "702699520", "GFX Version": "gfx90a"},
        "system": {"Driver version": "6.7.0"}}
    (tmp_path / "answer").write_text("WARNING: a GPU is in a low-power state\n" + json.dumps(answer))
    tool(tmp_path / "bin", "rocm-smi", f"cat {tmp_path}/answer\n")
    seen = looked_at(tmp_path, path=tmp_path / "bin")
    assert [(gpu["name"], gpu["free_bytes"]) for gpu in seen["accelerators"]] == [("AMD Instinct MI210", 68 * 10**9)]


def test_no_gpu_is_nothing_to_tell_of(machine: dict[str, Any]) -> None:
    if shutil.which("nvidia-smi") or Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists():
        pytest.skip("this machine has GPUs")
    assert not [note for note in machine["notes"] if note["part"] in ("nvidia", "amd")]


def test_the_command_asks_the_running_server(nexus: Nexus) -> None:
    done = command(nexus.folder, "hardware", "--data-dir", nexus.folder / "data")
    assert done.returncode == 0, done.stderr
    for word in ("Processor", "Memory", "Models"):
        assert word in done.stdout
    assert nexus.http.get("/api/v1/hardware", params={"refresh": "maybe"}).status_code == 400
