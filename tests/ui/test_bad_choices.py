"""What cannot be used is said on the page in three parts, and nothing she had is lost."""

import dataclasses
import json
import re
import shutil

import pytest

from core import classroom, storage, texts, workshop
from core import project as projects
from core.data import sources, stages
from core.data.read import read
from core.errors import LessonError
from core.sharing import kept
from core.training import plan, runs
from core.training.settings import Settings
from core.ui import problem

IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", texts.LANGUAGES)
STAGES = ("texts", "prepared", "tokens", "runs")


def on_disk(project):
    """Answers what a project has on disk, by file."""
    return {
        str(path.relative_to(project.folder)): storage.fingerprint(path.read_bytes().hex())
        for stage in STAGES
        for path in (project.folder / stage).rglob("*")
        if path.is_file()
    }


def refused(problem, *arguments):
    """Answers the LessonError that the same thing raises without a page."""
    with pytest.raises(LessonError) as caught:
        problem(*arguments)
    return caught.value


def assert_said(page, error, language="es"):
    assert not page.exception
    said = texts.explain(error, language)
    assert all(dataclasses.astuple(said))
    assert [shown.value for shown in page.error] == [f"**{said.happened}**\n\n{said.found}\n\n{said.advice}"]


def read_bytes(content, name, folder):
    (folder / name).write_bytes(content)
    return read(folder / name)


BAD_FILES = {
    "vacio.csv": b"",
    "espacios.txt": b"  \n\n \t\n",
    "titulos.csv": b"text,summary\n",
    "planilla.csv": b"PK\x03\x04\x14\x00\x06\x00\x08\x00" + bytes(range(256)) * 20,
    "roto.jsonl": b'{"text": "uno"}\n{"text": "dos\n',
}


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read(visit, project, name, language, tmp_path):
    before = on_disk(project)
    page = visit("05_load_texts", language, project)
    page.button_group(key="origin").set_value("file").run()
    page.file_uploader(key="file").upload(name, BAD_FILES[name]).run()
    assert_said(page, refused(read_bytes, BAD_FILES[name], name, tmp_path), language)
    assert on_disk(project) == before
    assert sources.kept_source(project) is None


def test_after_a_bad_file_a_good_one_is_taken(visit, project):
    page = visit("05_load_texts", project=project)
    page.button_group(key="origin").set_value("file").run()
    page.file_uploader(key="file").upload("vacio.csv", b"").run()
    page.file_uploader(key="file").upload("buenos.csv", "text\nEl río\nLa lluvia\n".encode()).run()
    assert not page.error
    page.button(key="load").click().run()
    assert not page.error
    assert storage.read_json(project.texts / "record.json")["source"] == "buenos.csv"


def test_texts_that_are_only_spaces(visit, project):
    before = on_disk(project)
    page = visit("05_load_texts", project=project)
    page.button_group(key="origin").set_value("file").run()
    page.file_uploader(key="file").upload("blancos.csv", b'text,other\n"  ",a\n" ",b\n').run()
    page.selectbox(key="column.blancos.csv.write.text").set_value("text").run()
    page.button(key="load").click().run()
    assert_said(page, LessonError("only_blank_texts", name="blancos.csv", rows=2))
    assert on_disk(project) == before


@IN_BOTH_LANGUAGES
def test_a_single_text_is_too_few_to_split(visit, begun, language):
    page = visit("05_load_texts", language, begun)
    page.button_group(key="origin").set_value("paste").run()
    page.text_area(key="paste").set_value("Un solo poema,\ny nada más.").run()
    page.button(key="load").click().run()
    assert not page.error
    page = visit("06_clean_texts", language, begun)
    page.button(key="prediction.look").click().run()
    page.button(key="prepare").click().run()
    assert_said(page, refused(stages.prepare, begun), language)
    assert workshop.stages_made(begun) == {"texts"}


def test_the_task_of_two_columns_with_a_file_of_one(visit, project):
    before = on_disk(project)
    page = visit("05_load_texts", project=project)
    page.radio(key="task").set_value("summarize").run()
    page.button_group(key="origin").set_value("file").run()
    page.file_uploader(key="file").upload("una.csv", b"text\nuno\ndos\n").run()
    assert not page.exception
    assert texts.words("es", "errors")("too_few_columns") in page.error[0].value
    assert on_disk(project) == before
    assert projects.open_project(project.folder.parent, project.id).task == "write"


@pytest.fixture
def folders(tmp_path):
    """Folders that hold no model of ours, by what is wrong with them."""
    (tmp_path / "vacia").mkdir()
    pickled = tmp_path / "encurtido"
    shutil.copytree(classroom.MODEL, pickled, ignore=shutil.ignore_patterns("*.safetensors"))
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    masked = tmp_path / "mascaras"
    shutil.copytree(classroom.MODEL, masked)
    config = json.loads((masked / "config.json").read_text())
    (masked / "config.json").unlink()
    storage.write_json(masked / "config.json", {**config, "architectures": ["BertForMaskedLM"]})
    broken = tmp_path / "cortado"
    shutil.copytree(classroom.MODEL, broken)
    weights = broken / "model.safetensors"
    weights.unlink()
    weights.write_bytes((classroom.MODEL / "model.safetensors").read_bytes()[:1000])
    return tmp_path


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("name", ["no-hay", "vacia", "encurtido", "mascaras", "cortado"])
def test_a_folder_that_holds_no_model_of_ours(visit, project, folders, name, language):
    before = on_disk(project)
    folder = str(folders / name)
    page = visit("03_choose_model", language, project)
    page.radio(key="model_place").set_value("folder").run()
    page.text_input(key="folder_path").set_value(folder).run()
    page.button(key="choose").click().run()
    assert_said(page, refused(workshop.choose_model, project, folder), language)
    assert projects.open_project(project.folder.parent, project.id).model == "classroom"
    assert page.text_input(key="folder_path").value == folder
    assert on_disk(project) == before


def test_a_name_that_is_no_model(visit, project):
    page = visit("03_choose_model", project=project)
    page.radio(key="model_place").set_value("hub").run()
    page.text_input(key="hub_id").set_value("no es un nombre").run()
    page.button(key="hub.look").click().run()
    assert_said(page, LessonError("model_not_a_name", model="no es un nombre"))
    assert projects.open_project(project.folder.parent, project.id).model == "classroom"


def test_a_model_folder_that_went_away_is_said_and_another_can_be_chosen(visit, project, tmp_path):
    gone = tmp_path / "prestado"
    shutil.copytree(classroom.MODEL, gone)
    workshop.choose_model(project, str(gone))
    shutil.rmtree(gone)
    page = visit("03_choose_model", project=project)
    assert_said(page, LessonError("model_not_a_name", model=str(gone)))
    page.button(key="choose").click().run()
    assert not page.exception
    assert projects.open_project(project.folder.parent, project.id).model == "classroom"


BY_HAND = {"batch_size": 100_000, "learning_rate": 7.0, "precision": "fp8", "epochs": "muchas"}


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("name", BY_HAND)
def test_settings_out_of_range_kept_by_another_hand(visit, project, name, language):
    kept = dataclasses.asdict(Settings()) | {name: BY_HAND[name]}
    projects.update(project, "09_settings", {"settings": kept})
    error = refused(Settings().changed, kept)
    page = visit("09_settings", language, project)
    assert_said(page, error, language)
    assert_said(visit("10_train", language, project), error, language)
    assert len(runs.list_runs(project)) == 1


def test_step_9_still_offers_good_settings_where_the_kept_ones_cannot_be_used(visit, project):
    kept = dataclasses.asdict(Settings()) | {"batch_size": 100_000, "no_such_setting": 1}
    projects.update(project, "09_settings", {"settings": kept})
    page = visit("09_settings", project=project)
    page.button(key="keep_settings").click().run()
    fresh = projects.open_project(project.folder.parent, project.id)
    assert workshop.run_settings(fresh) == plan.settings(fresh, "quick")
    assert not visit("10_train", project=project).error


def test_a_zip_that_holds_no_adapter(visit, project):
    before = on_disk(project)
    page = visit("13_share", project=project)
    page.file_uploader(key="adapter_file").upload("otro.zip", b"PK\x05\x06" + bytes(18)).run()
    assert_said(page, refused(kept.unpack, project, b"PK\x05\x06" + bytes(18), "otro.zip"))
    assert kept.loaded(project) == []
    assert on_disk(project) == before


# The facts of errors that are ours or numbers; all others come from a file, a model or a person.
OURS = {"megabytes", "formats", "line", "needed", "rows", "step", "learning_rate", "most", "characters", "looks_like"}
OURS |= {"pairs", "pages", "groups", "free", "now", "before", "last", "known", "seconds", "wait", "waiting", "wanted"}
OURS |= {"steps", "minutes", "hours", "least"}
OURS_THERE = {
    ("too_few_texts", "found"),
    ("too_few_options", "found"),
    ("too_many_columns", "columns"),
    ("broken_json_file", "column"),
}


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("code", sorted(texts.words("es", "errors").blocks))
def test_what_comes_from_outside_stands_in_an_error_as_it_is(code, language):
    block = texts.words(language, "errors").blocks[code]
    facts: dict = dict.fromkeys(texts.placeholders(block.label + block.body), "`![x](http://example.com/x.png) **x**`")
    facts |= {name: 3 for name in facts if name in OURS or (code, name) in OURS_THERE}
    said = problem.explain(LessonError(code, **facts), language)
    outside_code = re.sub(r"`[^`]*`", "", " ".join(dataclasses.astuple(said)))
    assert "![" not in outside_code
    assert ("![" in str(said)) == any(fact != 3 for fact in facts.values())


def test_a_project_whose_file_was_spoiled_lets_her_begin_another(visit, project, workspace):
    (project.folder / "project.json").write_text("{")
    page = visit("Home", project=project)
    assert not page.exception
    assert not page.error
    page.button(key="begin").click().run()
    assert not page.exception
    assert len(projects.list_projects(workspace)) == 1
