"""«Ver el código»: what the pages show is plain Python that does the whole chain."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

from core import processes, storage, workshop
from core import project as projects
from core.evaluation import evaluate
from core.training import runs

# Each piece on its own, as a person would paste it, in one process.
RUN_ALL = """
import json, sys
for name, code in json.loads(sys.argv[1]).items():
    print("==", name)
    exec(compile(code, name, "exec"), {"__name__": "__main__"})
"""


def test_the_code_of_the_steps_one_after_another_does_the_whole_chain(visit, finished, project, workspace, tmp_path):
    code = {}
    for step in workshop.STEPS:
        page = visit(step.name, project=project)
        (code[step.name],) = [block.value for block in page.code if block.language == "python"]
    shutil.rmtree(workspace)
    (workspace / project.id).mkdir(parents=True)
    shutil.copy(finished.folder / "project.json", workspace / project.id)  # her choices, and nothing made of them

    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL, json.dumps(code)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(processes.ROOT)},
        capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(part.split("\n", 1) for part in done.stdout.split("== ")[1:])
    assert list(said) == [step.name for step in workshop.STEPS]
    assert all(text.strip() for text in said.values())

    again = projects.open_project(workspace, project.id)
    assert workshop.stages_made(again) == set(workshop.STAGES)
    for stage in ("texts", "prepared", "tokens"):
        made, before = (storage.read_json(p.folder / stage / "record.json") for p in (again, finished))
        assert made["fingerprint"] == before["fingerprint"]
    (run,) = runs.list_runs(again)
    assert run.settings() == workshop.run_settings(finished)
    assert run.record()["prompt"] == workshop.first_prompt(finished)
    assert evaluate.result(run) is not None
    with zipfile.ZipFile(tmp_path / "adapter.zip") as parcel:
        assert "adapter_model.safetensors" in parcel.namelist()
