import re
import shlex
import shutil
import subprocess
import sys

import pytest

from core import project as projects
from core import workshop
from core.classroom import MODEL
from core.data import sources, stages
from core.errors import LessonError
from core.processes import ROOT
from core.tokens import encode
from core.training import plan, runs


def test_there_is_a_page_a_text_a_picture_and_a_snippet_for_each_of_the_thirteen_steps():
    assert [step.number for step in workshop.STEPS] == list(range(1, 14))
    for step in workshop.STEPS:
        assert (ROOT / step.page).is_file()
        assert (ROOT / f"pages/snippets/{step.name}.py.txt").is_file()
        assert (ROOT / f"core/ui/pictures/{step.name}.svg").is_file()
        assert all((ROOT / f"pages/texts/{language}/{step.name}.md").is_file() for language in ("es", "en"))


def test_a_new_project_has_what_needs_no_texts_open_and_the_rest_locked(new_project):
    progress = workshop.progress(new_project())
    assert {name for name, state in progress.items() if state == "open"} == {s.name for s in workshop.STEPS[:5]}
    assert set(workshop.progress(None).values()) == {"open", "locked"}


def test_each_stage_opens_the_steps_after_it(new_project):
    project = new_project()
    stages.load_texts(project, sources.open_source("sample:poems", "es"))
    assert workshop.missing(project, workshop.BY_NAME["08_lengths"]) == ["prepared"]
    stages.prepare(project)
    assert workshop.missing(project, workshop.BY_NAME["11_evaluate"]) == ["tokens", "adapter"]
    encode.encode(project)
    assert workshop.progress(project)["09_settings"] == "open"


def test_a_stage_made_from_something_that_changed_no_longer_counts(loaded):
    project = loaded()
    assert workshop.stages_made(project) == {"texts", "prepared", "tokens"}
    stages.prepare(project, seed=8)
    assert workshop.stages_made(project) == {"texts", "prepared"}
    with pytest.raises(LessonError, match="stale_tokens"):
        runs.create(project, plan.settings(project, "quick"))
    project = projects.update(project, task="summarize")
    assert workshop.stages_made(project) == set()


def test_filling_makes_all_that_is_missing_and_keeps_the_rest(new_project):
    project = new_project()
    filled = workshop.fill(project, ["texts", "prepared", "tokens"])
    assert workshop.stages_made(filled) == {"texts", "prepared", "tokens"}
    assert filled.choices["08_lengths"]["max_length"] == 80


def test_what_was_chosen_in_a_step_stays_when_it_is_done(new_project):
    project = projects.update(new_project(), "04_try_model", {"prompts": ["El río"]})
    project = workshop.mark_done(project, "04_try_model")
    assert project.choices["04_try_model"] == {"prompts": ["El río"], "done": True}
    assert workshop.progress(project)["04_try_model"] == "done"


@pytest.mark.parametrize("line", sorted(set(re.findall(r"python3 -m core (\w+)", (ROOT / "README.md").read_text()))))
def test_every_command_that_the_readme_names_exists(line):
    command = [sys.executable, "-m", "core", *shlex.split(line), "--help"]
    if line in ("app", "test"):
        command = [sys.executable, "-m", "core", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert line in done.stdout


def test_another_model_makes_only_the_tokens_stale(loaded, tmp_path):
    project = loaded()
    other = shutil.copytree(MODEL, tmp_path / "otro")
    changed = workshop.choose_model(project, f" {other} ")
    assert changed.model == str(other)
    assert workshop.stages_made(changed) == {"texts", "prepared"}
    with pytest.raises(LessonError, match="stale_tokens"):
        runs.create(changed, plan.settings(changed, "quick"))


def test_texts_that_do_not_fit_another_task_leave_the_project_as_it_was(loaded):
    project = loaded()
    source = sources.open_source("sample:notes", "es")
    with pytest.raises(LessonError, match="same_column_twice"):
        stages.load_texts(project, source, {"text": "text", "summary": "text"}, task_code="summarize")
    project = projects.open_project(project.folder.parent, project.id)
    assert project.task == "write"
    assert workshop.stages_made(project) == {"texts", "prepared", "tokens"}
    stages.load_texts(project, source, task_code="summarize")
    assert projects.open_project(project.folder.parent, project.id).task == "summarize"


@pytest.mark.parametrize(
    ("reference", "code"),
    [("", "model_not_a_name"), ("  ", "model_not_a_name"), ("no es un nombre", "model_not_a_name"), ("/", "empty")],
)
def test_a_model_that_is_none_leaves_the_chosen_one(new_project, reference, code):
    project = new_project()
    with pytest.raises(LessonError, match=code):
        workshop.choose_model(project, reference)
    assert projects.open_project(project.folder.parent, project.id) == project


def test_settings_that_were_kept_come_before_the_dials(loaded):
    project = loaded()
    quick = workshop.run_settings(project)
    kept = projects.update(project, "09_settings", {"settings": {**vars(quick), "lora_rank": 4}})
    assert workshop.run_settings(kept).lora_rank == 4


def test_the_samples_in_training_begin_as_her_own_tests_do(loaded):
    project = projects.update(loaded(), "04_try_model", {"prompts": ["La luna", "El río"]})
    assert workshop.first_prompt(project) == "La luna"
