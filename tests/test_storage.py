import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
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
    assert [path.name for path in tmp_path.iterdir()] == ["stage"]


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
