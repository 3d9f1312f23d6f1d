"""A project leaves one workshop and goes on in another; whatever is not as it should be leaves nothing behind."""

import json
import os
import random
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core import processes, storage, workshop
from core import project as projects
from core.data import sources, stages, table
from core.errors import LessonError
from core.project import Project
from core.sharing import arrival, capsule, sealed
from core.tokens import encode
from core.training import plan, runs

OWNER = "a" * 32


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A project up to a finished run, of the size that needs no training. Never written to."""
    root = tmp_path_factory.mktemp("here")
    project = projects.create(root, "Coplas: «jueves»", "es", owner="b" * 32)
    stages.load_texts(project, sources.open_source("sample:poems", "es"))
    stages.prepare(project)
    encode.encode(project)
    project = projects.update(project, "04_try_model", {"prompts": ["La luna"]})
    project = projects.update(project, "certificate", {"name": "Ana", "class": "ABCDEF"})
    project = projects.update(project, "05_load_texts", {"origin": "path", "path": "/home/ana/poemas.txt"})
    run = runs.create(project, plan.settings(project, "quick"), "Anoche")
    run.adapter.mkdir()
    weights = {f"base_model.model.model.layers.0.{side}.weight": np.ones((2, 2), "f4") for side in ("a", "b")}
    save_file(weights, run.adapter / "adapter_model.safetensors")
    config = {"base_model_name_or_path": "classroom", "peft_type": "LORA", "r": 2, "lora_alpha": 4}
    storage.write_json(run.adapter / "adapter_config.json", config)
    storage.append_json(run.metrics, {"kind": "base", "step": 0, "loss": 4.0})
    storage.write_json(run.folder / "state.json", {"status": "finished", "pid": os.getpid(), "born": "ayer"})
    unfinished = runs.create(project, plan.settings(project, "quick"))
    unfinished.checkpoints.mkdir()
    return project


@pytest.fixture(scope="module")
def packed(project) -> Path:
    return capsule.make(project)


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as held:
        return set(held.namelist())


def test_it_opens_in_another_workshop_and_goes_on_there(project, packed, tmp_path):
    there = arrival.open_capsule(tmp_path, packed, OWNER)
    assert (there.name, there.owner) == (project.name, OWNER)
    assert there.id != project.id
    assert there.choices["04_try_model"] == {"prompts": ["La luna"]}
    assert workshop.stages_made(there) == set(workshop.STAGES)
    (run,) = runs.list_runs(there)
    (before,) = (run for run in runs.list_runs(project) if run.weights)
    assert run.settings() == before.settings()
    assert run.metrics.read_bytes() == before.metrics.read_bytes()
    assert run.weights.read_bytes() == before.weights.read_bytes()
    assert table.rows(run.prepared / "test") == table.rows(before.prepared / "test")
    assert not arrival.misses_its_base(there)
    runs.create(there, plan.settings(there, "quick"))


def test_no_process_of_the_other_machine_is_taken_for_one_of_this(packed, tmp_path):
    (run,) = runs.list_runs(arrival.open_capsule(tmp_path, packed, OWNER))
    state = processes.read_state(run.folder)
    assert (state["status"], state["pid"], state["born"]) == ("finished", 0, "")


def test_nothing_that_is_of_this_machine_or_of_this_server_goes_along(project, packed):
    with zipfile.ZipFile(packed) as held:
        content = b"".join(held.read(name) for name in held.namelist())
    ours = (
        project.id,
        project.owner,
        str(project.folder.parent),
        str(Path(__file__).parents[2]),
        "/home/ana",
        "ABCDEF",
    )
    assert [word for word in ours if word.encode() in content] == []


def test_a_table_that_stands_in_two_places_takes_the_room_of_one(packed):
    held = names(packed)
    assert "tokens/train/data-00000-of-00001.arrow" not in held or "prepared/train/data-00000-of-00001.arrow" in held
    arrows = [name for name in held if name.endswith(".arrow")]
    with zipfile.ZipFile(packed) as file:
        listed = [name for name in json.loads(file.read("capsule.json"))["files"] if name.endswith(".arrow")]
    assert len(arrows) < len(listed)


def test_without_her_texts_not_one_of_them_is_inside(project, tmp_path):
    copy = tmp_path / "here" / project.id
    shutil.copytree(project.folder, copy)
    mine = projects.open_project(copy.parent, project.id)
    path = capsule.make(mine, with_texts=False)
    with zipfile.ZipFile(path) as held:
        content = b"".join(held.read(name) for name in held.namelist())
    lines = [row["text"].splitlines()[0] for row in table.rows(project.texts / "rows")]
    assert [line for line in lines if line.encode() in content] == []
    assert not [name for name in names(path) if name.endswith(".arrow")]
    there = arrival.open_capsule(tmp_path / "there", path, OWNER)
    assert workshop.stages_made(there) == {"adapter"}
    with pytest.raises(LessonError, match="texts_not_here"):
        table.rows(runs.list_runs(there)[0].tokens / "test")


def test_it_is_known_whether_the_capsule_holds_the_project_as_it_is(project, tmp_path):
    copy = tmp_path / project.id
    shutil.copytree(project.folder, copy, ignore=shutil.ignore_patterns("share"))
    mine = projects.open_project(tmp_path, project.id)
    assert capsule.made(mine, True) is None
    path = capsule.make(mine)
    assert capsule.made(mine, True) == path
    assert capsule.made(mine, False) is None
    projects.update(mine, "01_language_models", {"done": True})
    assert capsule.made(mine, True) is None


def rewritten(path: Path, target: Path, change) -> Path:
    """A copy of a capsule whose members `change(members)` may touch, with a list that agrees with them."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    return target


def listed(members: dict, name: str, content: bytes) -> None:
    """Puts a file in that the list names with its right size and fingerprint, as who knows the workshop would."""
    import hashlib

    manifest = json.loads(members["capsule.json"])
    members[name] = content
    manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    members["capsule.json"] = json.dumps(manifest).encode()


def stated(members: dict, **facts: object) -> None:
    members["capsule.json"] = json.dumps(json.loads(members["capsule.json"]) | facts).encode()


def changed(members: dict, name: str, **facts: object) -> None:
    listed(members, name, json.dumps(json.loads(members[name]) | facts).encode())


def spoiled(members: dict, name: str) -> None:
    members[name] = bytes([members[name][0] ^ 1]) + members[name][1:]


RUN = "runs/run-1"
TABLE = "texts/rows/data-00000-of-00001.arrow"
BAD = {
    "a byte that changed": (lambda m: spoiled(m, f"{RUN}/metrics.jsonl"), "capsule_damaged"),
    "a file cut short": (lambda m: m.update({TABLE: m[TABLE][:-9]}), "capsule_damaged"),
    "a file that is missing": (lambda m: m.pop(TABLE), "capsule_damaged"),
    "a file that the list lacks": (lambda m: m.update({f"{RUN}/label.json": b"{}"}), "capsule_damaged"),
    "a way up": (lambda m: listed(m, "texts/../../../out.json", b"{}"), "capsule_damaged"),
    "a way from the root": (lambda m: listed(m, "/tmp/out.json", b"{}"), "capsule_damaged"),
    "a way of another system": (lambda m: listed(m, "texts\\..\\out.json", b"{}"), "capsule_damaged"),
    "a program": (lambda m: listed(m, f"{RUN}/adapter/modeling.py", b"1"), "capsule_damaged"),
    "a pickled optimizer": (
        lambda m: listed(m, f"{RUN}/checkpoints/checkpoint-1/optimizer.pt", b"1"),
        "capsule_damaged",
    ),
    "pickled weights": (lambda m: listed(m, f"{RUN}/adapter/adapter_model.bin", b"1"), "capsule_damaged"),
    "weights that are none": (lambda m: listed(m, f"{RUN}/adapter/adapter_model.safetensors", b"1"), "capsule_damaged"),
    "a table that is none": (lambda m: listed(m, TABLE, b"ARROW1" * 9), "capsule_damaged"),
    "a table whose end is another's": (lambda m: listed(m, TABLE, m[TABLE][:2000]), "capsule_damaged"),
    "a record that is no object": (lambda m: listed(m, "texts/record.json", b"[]"), "capsule_damaged"),
    "a record without a fact": (lambda m: listed(m, "prepared/record.json", b"{}"), "capsule_damaged"),
    "settings of nobody": (lambda m: changed(m, f"{RUN}/settings.json", settings={"fast": 1}), "capsule_damaged"),
    "a task of nobody": (lambda m: changed(m, "project.json", task="spy"), "capsule_damaged"),
    "a model that is a path": (lambda m: changed(m, "project.json", model="/etc"), "capsule_damaged"),
    "choices that are none": (lambda m: changed(m, "project.json", choices={"04_try_model": 3}), "capsule_damaged"),
    "a run without an adapter": (lambda m: listed(m, "runs/run-9/metrics.jsonl", b"{}"), "capsule_damaged"),
    "a newer form": (lambda m: stated(m, version=2), "capsule_newer"),
    "another kind": (lambda m: stated(m, kind="llms-para-poetas pack"), "not_a_capsule"),
    "no list": (lambda m: m.pop("capsule.json"), "not_a_capsule"),
    "a list of half": (lambda m: m.update({"capsule.json": m["capsule.json"][:-20]}), "not_a_capsule"),
    "a list without sizes": (lambda m: stated(m, files={"project.json": 3}), "not_a_capsule"),
    "no project": (lambda m: (m.clear(), m.update({"capsule.json": b"{}"})), "not_a_capsule"),
}


def assert_refused(root: Path, path: Path, code: str) -> None:
    with pytest.raises(LessonError) as error:
        arrival.open_capsule(root, path, OWNER)
    assert error.value.code == code
    assert projects.list_projects(root) == []
    assert not [left for left in root.rglob("*") if left.is_file() and left.suffix != ".lock"]


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_as_it_should_be_leaves_nothing(packed, tmp_path, name):
    change, code = BAD[name]
    assert_refused(tmp_path / "there", rewritten(packed, tmp_path / "bad.zip", change), code)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.zip", "there"]


def test_a_link_is_not_followed(packed, tmp_path):
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(tmp_path / "bad.zip", "w") as new:
        for member in old.infolist():
            if member.filename == "project.json":
                member.external_attr = 0o120777 << 16
            new.writestr(member, old.read(member))
    assert_refused(tmp_path / "there", tmp_path / "bad.zip", "capsule_damaged")


def test_what_is_compressed_is_not_opened(packed, tmp_path):
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert_refused(tmp_path / "there", tmp_path / "z.zip", "capsule_damaged")


def test_members_that_share_their_bytes_are_not_opened(packed, tmp_path):
    """A bomb without compression: many entries of the list of contents that point to the same place."""
    content = bytearray(packed.read_bytes())
    with zipfile.ZipFile(packed) as held:
        places = sorted(member.header_offset for member in held.infolist() if member.file_size > 10_000)
    first, second = places[0].to_bytes(4, "little"), places[1].to_bytes(4, "little")
    at = content.rfind(second)
    content[at : at + 4] = first
    (tmp_path / "bad.zip").write_bytes(content)
    assert_refused(tmp_path / "there", tmp_path / "bad.zip", "capsule_damaged")


def test_a_capsule_damaged_anywhere_is_a_project_or_a_sentence(packed, tmp_path):
    whole = packed.read_bytes()
    draw, codes = random.Random(7), set()
    for _ in range(60):
        place = draw.randrange(len(whole))
        content = draw.choice([whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]])
        (tmp_path / "bad.zip").write_bytes(content)
        try:
            arrival.open_capsule(tmp_path / "there", tmp_path / "bad.zip", OWNER)
        except LessonError as error:
            codes.add(error.code)
    assert codes == {"not_a_capsule", "capsule_damaged"}


def test_what_does_not_fit_is_said_before_anything_is_written(packed, tmp_path, monkeypatch):
    monkeypatch.setattr(sealed.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10}))
    assert_refused(tmp_path / "there", packed, "capsule_does_not_fit")


def test_a_capsule_that_was_cut_off_while_it_was_opened_goes_with_the_next(packed, tmp_path):
    gone = tmp_path / f".{projects.new_id()}.{2**22 + 1}.0123abcd"
    gone.mkdir(parents=True)
    (gone / "project.json").write_text("{}")
    arrival.open_capsule(tmp_path, packed, OWNER)
    assert not gone.exists()


def test_a_model_of_the_hub_that_is_not_here_waits_until_it_is_chosen(project, packed, base, tmp_path):
    def of_another(members):
        changed(members, "project.json", model="poetas/mi-modelo")
        changed(members, f"{RUN}/settings.json", model="poetas/mi-modelo")

    there = arrival.open_capsule(tmp_path / "there", rewritten(packed, tmp_path / "c.zip", of_another), OWNER)
    (run,) = runs.list_runs(there)
    assert arrival.misses_its_base(there)
    folder = tmp_path / "mi-modelo"
    shutil.copytree(base("llama"), folder)
    changed_run = run.record() | {"model": "mi-modelo"}
    storage.write_json(run.folder / "settings.json", changed_run)
    workshop.choose_model(there, str(folder))
    assert run.record()["model_folder"] == str(folder)
    assert not arrival.misses_its_base(there)


def test_large_files_are_never_whole_in_memory(project, tmp_path):
    copy = tmp_path / "here" / project.id
    shutil.copytree(project.folder, copy, ignore=shutil.ignore_patterns("share"))
    mine = projects.open_project(copy.parent, project.id)
    large = {"base_model.model.a.lora_A.weight": np.zeros((100, 250_000), "f4")}  # 100 MB
    save_file(large, copy / "runs" / "run-1" / "adapter" / "adapter_model.safetensors")
    del large
    tracemalloc.start()
    arrival.open_capsule(tmp_path / "there", capsule.make(mine), OWNER)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6


def test_the_command_line_makes_one_and_opens_it(project, tmp_path):
    copy = tmp_path / "here" / project.id
    shutil.copytree(project.folder, copy, ignore=shutil.ignore_patterns("share"))

    def core(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "core", *arguments], cwd=processes.ROOT, capture_output=True, text=True, timeout=60
        )

    made = core("capsule", str(copy))
    path = Path(made.stdout.strip())
    assert path.is_file(), made.stderr
    there = Path(core("open", str(path), "--workspace", str(tmp_path / "there")).stdout.strip())
    assert projects.open_project(there.parent, there.name).name == project.name
    refused = core("open", str(copy / "project.json"), "--workspace", str(tmp_path / "there"), "--language", "en")
    assert refused.returncode == 2
    assert refused.stderr.startswith("That file is not a capsule.")
