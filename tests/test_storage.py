import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import storage
from core.errors import LessonError
from core.processes import ROOT


def test_a_writer_killed_midway_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "a.json"
    storage.write_json(path, {"whole": True})
    code = (
        "import sys; from pathlib import Path; from core import storage\n"
        "path = Path(sys.argv[1])\nwhile True: storage.write_json(path, {'whole': True, 'much': 'x' * 3_000_000})"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT)
    seen = 0
    for _ in range(30):
        time.sleep(0.02)
        seen += storage.read_json(path)["whole"]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert seen == 30
    assert storage.read_json(path)["whole"]


def test_a_folder_takes_the_place_of_the_old_one_only_when_it_is_whole(tmp_path):
    folder = tmp_path / "stage"
    with storage.new_folder(folder) as new:
        (new / "a").write_text("old")
    with pytest.raises(RuntimeError), storage.new_folder(folder) as new:
        (new / "a").write_text("new")
        raise RuntimeError
    assert (folder / "a").read_text() == "old"
    assert names(tmp_path) == ["stage"]


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


FILL = """
import sys
from pathlib import Path
from core import storage
for turn in range(150):
    with storage.new_folder(Path(sys.argv[1])) as new:
        (new / "a").write_text(sys.argv[2])
"""


def test_two_that_write_one_stage_at_once_never_fail_and_leave_it_whole(tmp_path):
    command = [sys.executable, "-c", FILL, str(tmp_path / "stage")]
    writers = [subprocess.Popen([*command, who], cwd=ROOT, stderr=subprocess.PIPE, text=True) for who in "xy"]
    assert [(writer.wait(60), writer.stderr.read()) for writer in writers] == [(0, ""), (0, "")]
    assert (tmp_path / "stage" / "a").read_text() in "xy"
    assert names(tmp_path) == ["stage"]


def dead():
    """The number of a process that is no more."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_what_a_killed_process_left_is_put_in_order(tmp_path):
    for name in (
        f".texts.{dead()}.0a1b2c3d.old",
        f".texts.{dead()}.0a1b2c3d",
        f".tokens.{dead()}.0a1b2c3d.old",
        "tokens",
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    (tmp_path / f".project.json.{dead()}.0a1b2c3d").write_text("{")
    being_written = tmp_path / f".prepared.{os.getpid()}.0a1b2c3d"
    being_written.mkdir()
    storage.recover(tmp_path)
    assert names(tmp_path) == [being_written.name, "texts", "tokens"]
    assert (tmp_path / "texts" / "a").read_text().endswith(".old")
    assert (tmp_path / "tokens" / "a").read_text() == "tokens"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_is_said_in_words():
    with pytest.raises(LessonError) as error, storage.disk_errors(storage.Path("/x/y")):
        with open("/dev/full", "w") as full:
            full.write("x")
    assert error.value.code == "disk_full"


def test_a_last_line_still_being_written_is_left_for_later(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n{"a": ')
    assert storage.read_json_lines(path) == [{"a": 1}, {"a": 2}]


@given(st.text())
def test_a_safe_name_is_never_a_path(name):
    safe = storage.safe_name(name)
    assert safe
    assert "/" not in safe
    assert "\\" not in safe
    assert not safe.startswith(".")


def test_a_fingerprint_changes_with_any_part():
    prints = {storage.fingerprint(*parts) for parts in ([1], [2], [1, 2], ["1"], [{"a": 1}], [{"a": 2}])}
    assert len(prints) == 6


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path):
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)], capture_output=True)
    if made.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        path = tmp_path / "a.json"
        storage.write_json(path, {"old": True})
        with pytest.raises(LessonError, match="disk_full"):
            storage.write_json(path, {"new": "x" * 100_000})
        with pytest.raises(LessonError, match="disk_full"), storage.new_folder(tmp_path / "stage") as new:
            (new / "a").write_bytes(b"x" * 100_000)
        assert storage.read_json(path) == {"old": True}
        assert names(tmp_path) == ["a.json"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_folder_that_cannot_take_its_place_leaves_the_old_one(tmp_path):
    folder = tmp_path / "stage"
    with storage.new_folder(folder) as new:
        (new / "a").write_text("old")
    with pytest.raises(FileNotFoundError), storage.new_folder(folder) as new:
        new.rmdir()
    assert (folder / "a").read_text() == "old"
    assert names(tmp_path) == ["stage"]


def test_after_half_a_line_the_next_record_is_whole(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_bytes('{"a": 1}\n{"a": "año"}'.encode()[:-4])  # ends inside a letter
    assert storage.read_json_lines(path) == [{"a": 1}]
    storage.append_json(path, {"a": 2})
    storage.append_json(path, {"a": 3})
    assert storage.read_json_lines(path) == [{"a": 1}, {"a": 2}, {"a": 3}]


@given(st.lists(st.text(), min_size=1))
def test_json_lines_give_back_any_text(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    for text in texts:
        storage.append_json(path, {"text": text})
    assert [record["text"] for record in storage.read_json_lines(path)] == texts


@pytest.mark.parametrize("content", ["", "[1]", "1", '{"a": '])
def test_what_is_no_whole_object_is_nothing(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    assert storage.read_json(path) is None


@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=60, max_size=120))
@example("𐍈" * 100)  # four bytes each
def test_any_safe_name_fits_on_a_disk_beside_its_temporary_one(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp() / "names"
    with storage.new_folder(folder / storage.safe_name(f"{name}.csv")) as new:
        assert new.is_dir()
    assert storage.safe_name(f"{name}.csv").endswith(".csv")


def test_a_fingerprint_knows_where_a_part_ends():
    assert storage.fingerprint(1, 23) != storage.fingerprint(12, 3)


def test_a_copy_kept_elsewhere_has_what_is_new_and_nothing_half_made(tmp_path):
    here, there = tmp_path / "local", tmp_path / "drive"
    storage.write_text(here / "obra/texts/rows.txt", "uno")
    storage.write_json(here / "obra/project.json", {"name": "Obra"})
    storage.write_text(here / "obra/.texts.1.00000000/rows.txt", "a medias")
    assert storage.mirror(here, there) == 2
    assert storage.mirror(here, there) == 0
    assert not (there / "obra/.texts.1.00000000").exists()
    storage.write_text(here / "obra/texts/rows.txt", "dos")
    (here / "obra/project.json").unlink()
    assert storage.mirror(here, there) == 1
    assert (there / "obra/texts/rows.txt").read_text() == "dos"
    assert storage.read_json(there / "obra/project.json") == {"name": "Obra"}, "what is kept is never taken away"


def test_records_are_copied_after_what_they_call_complete(tmp_path, monkeypatch):
    copied: list[str] = []
    real = storage.shutil.copy2
    monkeypatch.setattr(storage.shutil, "copy2", lambda path, to: (copied.append(path.name), real(path, to)))
    for name in ("a.json", "b.arrow", "c.safetensors"):
        storage.write_text(tmp_path / "local" / name, name)
    storage.mirror(tmp_path / "local", tmp_path / "drive")
    assert copied == ["b.arrow", "c.safetensors", "a.json"]
