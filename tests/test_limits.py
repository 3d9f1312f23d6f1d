"""What a learner may take of a shared server: held by core, told in words, and nothing of it on her own computer."""

import io
import os
import zipfile

import pytest

from core import limits, processes, storage, workshop
from core import project as projects
from core.data import sources
from core.errors import LessonError
from core.limits import Limits
from core.sharing import arrival, capsule, kept, merged
from core.training import plan, promise, runs

ANA, BEA = "a" * 32, "b" * 32


@pytest.fixture
def hosted(workspace):
    return lambda owner=ANA: projects.create(workspace, "Prueba", "es", owner=owner, hosted=True)


def limit(monkeypatch, **values):
    for name, value in values.items():
        monkeypatch.setenv(limits.PREFIX + name.upper(), str(value))


def busy(run):
    """Writes that the run's process, this one, is at work."""
    pid = os.getpid()
    storage.write_json(run.folder / "state.json", {"status": "waiting", "pid": pid, "born": processes.birth(pid)})


def test_limits_are_read_from_the_environment_and_what_is_no_number_is_named():
    given = {
        "LLMS_LIMIT_PROJECTS": "2",
        "LLMS_LIMIT_DISK_MB": "mucho",
        "LLMS_LIMIT_RUN_STEPS": "0",
        "LLMS_LIMIT_X": "1",
    }
    assert limits.read(given) == Limits(projects=2)
    assert limits.misread(given) == ["disk_mb", "run_steps", "x"]
    assert limits.read({}) == Limits()


def test_limits_from_secrets_are_known_to_processes_and_a_variable_of_the_server_counts_more(monkeypatch):
    monkeypatch.setenv("LLMS_LIMIT_PROJECTS", "9")
    for name in ("keep_days", "upload_mb"):
        monkeypatch.setenv(limits.PREFIX + name.upper(), "")  # so that pytest takes away what is published
        monkeypatch.delenv(limits.PREFIX + name.upper())
    limits.publish({"projects": 1, "keep_days": 7})
    assert (limits.read().projects, limits.read().keep_days) == (9, 7)
    limits.publish({"keep_days": 8})
    assert limits.read().keep_days == 8, "secrets may change while the server runs"


def test_a_learner_has_so_many_projects_and_another_has_as_many(monkeypatch, hosted, workspace):
    limit(monkeypatch, projects=2)
    hosted(), hosted(), hosted(BEA)
    with pytest.raises(LessonError, match="too_many_projects"):
        hosted()
    hosted(BEA)
    for _ in range(3):
        projects.create(workspace, "En casa", "es", owner=ANA)


def test_an_upload_and_all_that_is_hers_keep_within_bounds_and_a_refused_one_leaves_nothing(monkeypatch, hosted):
    limit(monkeypatch, upload_mb=1, disk_mb=2)
    project = hosted()
    with pytest.raises(LessonError, match="upload_over_limit"):
        sources.keep_files(project, [("a.txt", b"x" * 600_000), ("b.txt", b"x" * 600_000)])
    assert not (project.folder / "source").exists()
    (hosted().folder / "big").write_bytes(b"x" * 1_500_000)
    with pytest.raises(LessonError, match="disk_over_limit"):
        sources.keep_files(project, [("a.txt", b"x" * 600_000)])
    with pytest.raises(LessonError, match="disk_over_limit"):
        (project.folder / "more").write_bytes(b"x" * 600_000)
        hosted()
    sources.keep_files(hosted(BEA), [("a.txt", b"Un texto.\n\nOtro texto.")])


def test_a_small_zip_that_holds_much_is_refused_before_it_is_unpacked(monkeypatch, hosted):
    limit(monkeypatch, upload_mb=1)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in kept.ADAPTER:
            packed.writestr(name, bytes(600_000))
    project = hosted()
    assert len(made.getvalue()) < 10_000
    with pytest.raises(LessonError, match="upload_over_limit"):
        kept.unpack(project, made.getvalue(), "adaptador.zip")
    assert kept.loaded(project) == []


def test_what_is_made_keeps_within_bounds_too(monkeypatch, ready):
    limit(monkeypatch, disk_mb=20)
    run = runs.create(ready, plan.settings(ready, "quick"))
    with pytest.raises(LessonError, match="disk_over_limit"):
        merged.must_fit(run, 20_000_000)
    merged.must_fit(run, 1_000)


def test_a_file_that_many_share_by_links_is_counted_once(hosted):
    project = hosted()
    (project.folder / "one").write_bytes(b"x" * 1_000_000)
    os.link(project.folder / "one", project.folder / "two")
    assert limits.used_mb([project.folder]) == pytest.approx(1.0, abs=0.01)


@pytest.fixture
def ready(loaded):
    """A hosted project of Ana's with its texts cut in tokens."""
    return projects.update(loaded(), owner=ANA, hosted=True)


def test_a_run_is_refused_before_it_starts_where_it_is_too_long_and_carries_its_minutes(monkeypatch, ready):
    limit(monkeypatch, run_steps=50, run_minutes=7)
    with pytest.raises(LessonError, match="run_over_steps") as refused:
        workshop.start_run(ready)
    assert refused.value.facts["most"] == 50
    settings = workshop.run_settings(ready).changed({"max_steps": 40})
    assert runs.create(ready, settings).record()["most_minutes"] == 7
    with pytest.raises(LessonError, match="run_over_steps"):
        promise.ask(ready, settings.changed({"max_steps": 60}), "")
    with pytest.raises(LessonError, match="run_over_minutes"):
        limits.may_run(ready.folder, 40, seconds=421)
    at_home = projects.update(ready, hosted=False)
    assert runs.create(at_home, settings.changed({"max_steps": 60})).record()["most_minutes"] == 0


def test_a_learner_has_one_run_at_work_or_in_line_whichever_project_it_is_of(ready, hosted):
    settings = workshop.run_settings(ready).changed({"max_steps": 2})
    first, second = runs.create(ready, settings), runs.create(ready, settings)
    busy(first)
    with pytest.raises(LessonError, match="run_in_line") as refused:
        runs.start(second)
    assert refused.value.facts["run"] == first.name
    limits.may_start(ready.folder, [first.folder, second.folder])  # of one comparison
    limits.may_start(hosted(BEA).folder, [])
    with pytest.raises(LessonError, match="run_in_line"):
        limits.may_start(hosted(ANA).folder, [])
    storage.write_json(first.folder / "state.json", {"status": "paused"})
    limits.may_start(ready.folder, [second.folder])


def test_a_capsule_counts_as_a_project_and_cannot_say_whose_it_is(monkeypatch, hosted, workspace):
    packed = capsule.make(hosted(BEA))
    opened = arrival.open_capsule(workspace, packed, ANA, hosted=True)
    assert (opened.owner, opened.hosted) == (ANA, True)
    limit(monkeypatch, projects=1)
    before = sorted(path.name for path in workspace.iterdir())
    with pytest.raises(LessonError, match="too_many_projects"):
        arrival.open_capsule(workspace, packed, ANA, hosted=True)
    assert sorted(path.name for path in workspace.iterdir()) == before
    assert not arrival.open_capsule(workspace, packed).hosted


def test_a_model_over_the_limit_is_refused_wherever_others_share_the_machine(monkeypatch, hosted, workspace):
    assert limits.most_model_mb(workspace) == 0
    hosted()
    assert limits.most_model_mb(workspace) == Limits().model_mb
    limits.may_fetch("dueño/modelo", 10**12, 0)
    limits.may_fetch("dueño/modelo", 5 * 10**8, 600)
    with pytest.raises(LessonError, match="model_over_limit"):
        limits.may_fetch("dueño/modelo", 7 * 10**8, 600)
