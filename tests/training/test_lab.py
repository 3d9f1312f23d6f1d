"""Three faults, really run on the classroom model, and what their curves are called."""

import signal
from dataclasses import replace

import pytest

from core import classroom, processes, storage, workshop
from core import project as projects
from core.data import sources, stages, table
from core.data.language import text_language
from core.tokens import encode
from core.training import lab, plan, runs, teller, watch, worker
from core.training.runs import LAB


@pytest.fixture(scope="module")
def poems(tmp_path_factory):
    """A project of the Spanish sample: what these faults do, they do to real texts."""
    workspace = tmp_path_factory.mktemp("lab")
    project = projects.create(workspace, "Coplas", "es")
    stages.load_texts(project, sources.open_source("sample:poems", "es"))
    stages.prepare(project)
    encode.encode(project)
    return projects.open_project(workspace, project.id)


@pytest.fixture(scope="module")
def broken(poems):
    """Each fault's run, all its steps, in this process: loading torch three times would be most of the wait.

    It writes less and is measured on fewer rows than in front of a person.
    """
    before = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teller, "SAMPLE", replace(teller.SAMPLE, max_new_tokens=5))
        patch.setattr(lab, "_VALIDATION_ROWS", 12)
        made = {fault: lab.create(poems, fault, "falls", "Anoche,") for fault in lab.FAULTS}
        try:
            for run in made.values():
                worker.train(run)
        finally:
            signal.signal(signal.SIGTERM, before)
    return made


@pytest.mark.parametrize("fault", lab.FAULTS)
def test_each_fault_really_does_what_it_mostly_does(broken, fault):
    assert lab.shape(broken[fault]) == lab.USUAL[fault]


def test_what_was_predicted_stands_in_the_record(broken, poems):
    assert [run.record()["predicted"] for run in broken.values()] == ["falls"] * 3
    assert {fault: lab.latest(poems, fault) for fault in lab.FAULTS} == broken


def test_each_fault_has_only_its_own_fault(broken, poems):
    usual = plan.settings(poems, "quick")
    fast, few, foreign = (run.settings() for run in broken.values())
    assert fast.learning_rate == pytest.approx(100 * usual.learning_rate)
    assert few.learning_rate == foreign.learning_rate == usual.learning_rate
    counts = [table.read(run.tokens / "train").num_rows for run in broken.values()]
    assert counts[0] == table.read(poems.tokens / "train").num_rows
    assert counts[1] == lab.FEW_ROWS
    assert [text_language(row["text"] for row in table.rows(r.prepared / "train")) for r in broken.values()] == [
        "es", "es", "en",
    ]  # fmt: skip


def test_the_foreign_texts_are_read_by_the_classroom_model_whatever_her_own_is(poems):
    other = projects.create(poems.folder.parent, "Otro", "es", model="elsewhere/other")
    run = lab.create(other, "foreign", "flat", "Anoche,")
    assert run.record()["model"] == "classroom"
    assert run.record()["model_folder"] == str(classroom.MODEL)
    assert run.folder.parent == other.runs
    assert run.workspace == poems.folder.parent


def test_to_summarise_the_foreign_texts_are_notes(poems):
    other = projects.create(poems.folder.parent, "Notas", "es", task="summarize")
    run = lab.create(other, "foreign", "flat", "")
    assert set(table.rows(run.prepared / "train")[0]) >= {"text", "summary"}
    assert run.record()["task"] == "summarize"
    assert run.record()["prompt"] in [row["text"] for row in table.rows(run.prepared / "validation")]


def test_an_english_letter_costs_it_more_than_one_of_hers_even_once_adapted(broken, poems):
    assert lab.own_bits(poems) == pytest.approx(lab.bits(broken["too_few"], "before"))
    before, after = (lab.bits(broken["foreign"], moment) for moment in ("before", "after"))
    assert before > after > lab.own_bits(poems)


def test_a_lab_run_is_never_taken_for_hers(broken, poems):
    assert all((run.adapter / "adapter_config.json").is_file() for run in broken.values())
    assert runs.list_runs(poems) == []
    assert workshop.adapted_run(poems) is None
    assert set(runs.list_runs(poems, LAB)) == set(broken.values())


def test_a_discarded_fault_can_be_tried_again(poems):
    run = lab.create(poems, "too_few", "rises", "")
    assert lab.latest(poems, "too_few") == run
    runs.discard(run)
    assert lab.latest(poems, "too_few") != run


LEARNING, WILD = [5 - step / 20 for step in range(60)], [5 + step / 20 for step in range(60)]
CURVES = {
    "falls": ([4.5, 4.2, 4.0], LEARNING),
    "falls and settles": ([4.0, 3.99, 4.0, 3.99], LEARNING),
    "flat": ([4.97, 4.96, 4.95], LEARNING),
    "rises": ([4.0, 3.5, 3.7, 3.9], LEARNING),
    "rises above where it began": ([4.6, 4.5, 5.0, 5.6], LEARNING),
    "blows_up": ([7.5, 7.2, 7.1], WILD),
}


@pytest.mark.parametrize("name", CURVES)
def test_the_curve_is_called_by_what_it_did_and_not_by_its_fault(project, tell, name):
    run = lab.create(project, "too_few", "flat", "")
    assert lab.shape(run) is None
    tell(run, 5.0, *CURVES[name])
    assert lab.shape(run) == name.split()[0]
    tell(run, 5.0, *CURVES[name], status="paused")
    assert lab.shape(run) is None


def test_a_loss_that_is_no_longer_a_number_has_blown_up(project, tell):
    run = lab.create(project, "too_fast", "flat", "")
    facts = {"step": "3", "learning_rate": "0.2"}
    tell(run, 5.0, [], status="failed", error={"code": "training_diverged", "facts": facts})
    assert lab.shape(run) == "blows_up"
    tell(run, 5.0, [], status="failed", error={"code": "disk_full", "facts": {"folder": "x"}})
    assert lab.shape(run) is None


def test_to_recite_is_to_write_a_long_stretch_letter_by_letter(project):
    run = lab.create(project, "too_few", "flat", "")
    read = max((row["text"] for row in table.rows(run.prepared / "train")), key=len)
    assert not lab.recites(run)
    storage.append_json(run.samples, {"step": 10, "text": f"y entonces {read[5:60]} ya"})
    assert lab.recites(run)
    storage.append_json(
        run.samples, {"step": 20, "text": "otra cosa bien distinta, que nadie había escrito antes de hoy"}
    )
    assert not lab.recites(run)


def test_a_fault_starts_in_a_process_of_its_own(project):
    run = lab.start(project, "too_few", "rises", "")
    assert processes.read_state(run.folder)["status"] in processes.ACTIVE
    processes.kill(run.folder)


def test_the_numbers_of_a_fault_come_from_its_run(broken):
    curve = watch.curve(broken["too_few"])
    assert len(curve.validation) == 7
    assert curve.best[0] < curve.validation[-1][0]
