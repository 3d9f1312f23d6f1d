"""The experiments page: her runs, how much more texts help, and three faults, without a browser."""

import shutil

import pytest

from core import processes, storage, texts
from core.tokens import encode
from core.training import dose, lab, plan, runs
from core.training.runs import DOSE, LAB

IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", texts.LANGUAGES)


def words(language="es"):
    return texts.words(language, "frame", "settings", "experiments")


def said(page):
    kinds = (page.header, page.markdown, page.caption, page.info, page.success, page.warning, page.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def keys(page):
    return [button.key for button in page.button]


def assert_well(page):
    assert not page.exception
    assert [error.value for error in page.error] == []
    assert texts.placeholders(said(page)) == set(), "a word was left unfilled"


def as_finished(run, other):
    """Lets a run have gone as another, finished one did."""
    for name in ("metrics.jsonl", "samples.jsonl", "state.json", "before.json", "after.json", "verdict.json"):
        shutil.copy(other.folder / name, run.folder / name)


@pytest.fixture
def dosed(project):
    """The finished project with a dose of which all is told; its three runs differ in nothing but their share."""
    (run,) = runs.list_runs(project)
    made = dose.create(project, plan.settings(project, "quick"), "")
    for one in made:
        as_finished(one, run)
    return made


@IN_BOTH_LANGUAGES
def test_without_texts_it_says_what_to_do_first_and_leads_there(visit, language):
    page = visit("experiments", language)
    assert_well(page)
    titles = [header.value for header in page.header]
    assert titles == [words(language)(key) for key in ("own", "dose", "lab")]
    assert said(page).count(words(language)("first")) == 2
    assert words(language)("missing.texts") in said(page)
    assert not {"dose.start", "lab.too_fast.start"} & set(keys(page))


def test_a_dose_says_beforehand_how_many_texts_and_steps_and_begins_with_one_click(visit, project):
    page = visit("experiments", project=project)
    least, half, whole = dose.rows_of(project).values()
    assert words()("dose.plan", least=least, half=half, all=whole, steps=6) in said(page)
    page.button(key="dose.start").click().run()
    assert_well(page)
    made = dose.latest(project)
    assert [run.record()["rows_share"] for run in made] == [0.1, 0.5, 1.0]
    assert dose.is_working(made)
    assert {run.settings().max_steps for run in made} == {6}
    page = visit("experiments", project=project)  # a reload, or another tab
    assert_well(page)
    assert "dose.pause" in keys(page)
    assert len(page.dataframe[0].value) == len(runs.list_runs(project)) == 1


@IN_BOTH_LANGUAGES
def test_a_finished_dose_is_drawn_and_its_shape_put_in_words(visit, project, dosed, language):
    page = visit("experiments", language, project)
    assert_well(page)
    remark = dose.read(dosed)
    assert words(language)(f"dose.read.{remark.code}", **remark.facts) in said(page)
    assert words(language)("dose.few_validation", rows=dose.few_validation(dosed)) in said(page)
    (table,) = [m.value for m in page.markdown if m.value.startswith(f"| {words(language)('dose.share')} |")]
    assert all(f"| {point.rows} |" in table for point in dose.points(dosed))
    assert words(language)("dose.stale") not in said(page)


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("code", ["helps", "flat", "unsure", "worse", "nothing"])
def test_every_meaning_of_a_dose_has_its_words(language, code):
    facts = dict.fromkeys(("half", "all", "before", "fall", "low", "high"), 1.5)
    key = f"dose.read.{code}"
    filled = words(language)(key, **facts) + words(language).body(key, **facts)
    assert texts.placeholders(filled) == set()


def test_a_dose_of_other_texts_says_so(visit, project, dosed):
    encode.encode(project, 24)
    assert words()("dose.stale") in said(visit("experiments", project=project))


def test_a_dose_is_discarded_and_comes_back_whole(visit, project, dosed):
    page = visit("experiments", project=project)
    page.button(key="dose.discard").click().run()
    assert_well(page)
    assert dose.latest(project) == []
    assert "dose.start" in keys(page)
    page.button(key=f"undo.{runs.discarded(project)[0].record()['dose_group']}").click().run()
    assert_well(page)
    assert dose.latest(project) == dosed


def test_a_dose_that_was_cut_off_goes_on(visit, project, dosed):
    for run in dosed[1:]:
        (run.folder / "state.json").unlink()
    page = visit("experiments", project=project)
    assert_well(page)
    assert "dose.again" not in keys(page)
    page.button(key="dose.continue").click().run()
    assert_well(page)
    assert [processes.read_state(run.folder)["status"] in processes.ACTIVE for run in dosed] == [False, True, True]


def test_her_prediction_comes_before_the_fault(visit, project):
    page = visit("experiments", project=project)
    assert all(page.button(key=f"lab.{fault}.start").disabled for fault in lab.FAULTS)
    page.radio(key="lab.too_few.predicted").set_value("rises").run()
    assert_well(page)
    page.button(key="lab.too_few.start").click().run()
    assert_well(page)
    run = lab.latest(project, "too_few")
    assert run.record()["predicted"] == "rises"
    assert processes.read_state(run.folder)["status"] in processes.ACTIVE
    assert "lab.too_few.start" not in keys(page)
    assert words()("lab.said", predicted=words()("lab.shape.rises")) in said(page)


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("fault", lab.FAULTS)
def test_the_diagnosis_is_what_the_curve_did_whatever_was_broken(visit, project, language, fault):
    (other,) = runs.list_runs(project)
    run = lab.create(project, fault, "blows_up", "")
    as_finished(run, other)
    real = lab.shape(run)
    assert real == "falls"
    page = visit("experiments", language, project)
    assert_well(page)
    shapes = {name: words(language)(f"lab.shape.{code}") for name, code in (("predicted", "blows_up"), ("real", real))}
    assert words(language)("lab.wrong", **shapes) in said(page)
    usual = "why" if lab.USUAL[fault] == real else "otherwise"
    assert words(language)(f"lab.{fault}.{usual}") in said(page)
    assert words(language)(f"lab.{fault}.change") in said(page)


def test_who_saw_it_coming_is_told_so(visit, project):
    (other,) = runs.list_runs(project)
    as_finished(lab.create(project, "foreign", "falls", ""), other)
    falls = words()("lab.shape.falls")
    assert words()("lab.right", predicted=falls, real=falls) in said(visit("experiments", project=project))


def test_a_loss_that_stopped_being_a_number_is_a_diagnosis_and_no_failure(visit, project):
    run = lab.create(project, "too_fast", "blows_up", "")
    error = {"code": "training_diverged", "facts": {"step": "3", "learning_rate": "0.2"}}
    storage.write_json(run.folder / "state.json", {"status": "failed", "step": 3, "error": error})
    page = visit("experiments", project=project)
    assert_well(page)
    assert words()("lab.crashed", step=3) in said(page)


def test_a_fault_is_discarded_tried_again_and_brought_back(visit, project):
    (other,) = runs.list_runs(project)
    run = lab.create(project, "too_few", "flat", "")
    as_finished(run, other)
    page = visit("experiments", project=project)
    page.button(key="lab.too_few.again").click().run()
    assert_well(page)
    assert "lab.too_few.start" in keys(page)
    assert texts.words("es", "experiments")("discarded", run=words()("lab.too_few")) in said(page)
    page.button(key=f"undo.{run.name}").click().run()
    assert_well(page)
    assert lab.latest(project, "too_few") == run


def test_steps_10_to_13_go_on_with_her_own_run(visit, project, dosed):
    (own,) = runs.list_runs(project)
    shutil.copytree(own.adapter, dosed[2].adapter)
    fault = lab.create(project, "too_few", "flat", "")
    as_finished(fault, own)
    shutil.copytree(own.adapter, fault.adapter)
    assert [run.purpose for run in runs.list_runs(project, purpose=None)] == [LAB, DOSE, DOSE, DOSE, "own"]
    number = own.name.removeprefix("run-")
    live = texts.words("es", "frame", "10_train")("live", run=number)
    assert any(live in header.value for header in visit("10_train", project=project).subheader)
    for name in ("11_evaluate", "12_compare", "13_share"):
        page = visit(name, project=project)
        assert_well(page)
        assert any(own.name in block.value for block in page.code if block.language == "python")


@IN_BOTH_LANGUAGES
def test_a_run_on_another_machine_is_said_with_how_to_follow_it_and_waits_for_it(visit, project, language):
    (run,) = runs.list_runs(project)
    gone = {"pid": 2**22 + 1, "born": "", "away": True, "status": "running"}
    storage.write_json(run.folder / "state.json", storage.load_json(run.folder / "state.json") | gone)
    page = visit("10_train", language, project)
    assert_well(page)
    assert f'python3 -m core remote "{run.folder}"' in page.warning[0].value
    assert not {"continue", "finish", "pause", "discard"} & set(keys(page))
    page = visit("experiments", language, project)
    assert_well(page)
    assert words(language)("status.away") in page.dataframe[0].value.astype(str).to_numpy()


def test_step_9_gives_the_command_for_a_rented_machine(visit, project):
    page = visit("09_settings", "es", project)
    assert_well(page)
    assert f'python3 -m core remote "{project.folder}"' in said(page)
