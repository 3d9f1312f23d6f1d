"""Every page in both languages, for who has just come and for who has gone the whole way."""

import json
import os
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from core import project as projects
from core import texts, workshop
from core.processes import ROOT
from core.ui import lesson

PAGES = ["Home.py", *(step.page for step in workshop.STEPS), "pages/experiments.py", "pages/glossary.py"]
WITHOUT_MODEL = [page for page in PAGES if "01_" not in page]


def opened(page: str, language: str, project: projects.Project | None = None) -> AppTest:
    at = AppTest.from_file(str(ROOT / page), default_timeout=60)
    at.session_state["browser"] = "0" * 32
    at.session_state["language"] = language
    at.session_state["linked"] = []
    at.session_state["project"] = project.id if project else None
    return at.run()


def said(at: AppTest) -> str:
    kinds = (at.title, at.markdown, at.caption, at.info, at.error, at.success, at.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_first_visitor_is_never_stuck(page, language, workspace):
    at = opened(page, language)
    assert not at.exception
    assert not at.error
    name = page.removeprefix("pages/").removesuffix(".py")
    if name in workshop.BY_NAME:
        words = texts.words(language, "frame", name)
        assert at.title[0].value == words("title")
        if workshop.BY_NAME[name].needs:
            assert words("locked") in said(at)
            assert at.button(key="fill").label == words("locked.fill.texts")


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_who_has_gone_the_whole_way_sees_each_page_whole(page, language, whole_project):
    at = opened(page, language, whole_project)
    assert not at.exception
    assert not at.error
    assert "{" not in said(at).replace("{'", "")
    if page.startswith("pages/0") or page.startswith("pages/1"):
        assert any(block.language == "python" for block in at.code)


def test_changing_the_language_keeps_what_she_chose(whole_project):
    at = opened("pages/06_clean_texts.py", "es", whole_project)
    at.toggle(key="repair.whitespace").set_value(False).run()
    at.session_state["language"] = "en"
    at.run()
    assert at.title[0].value == texts.words("en", "06_clean_texts")("title")
    assert at.toggle(key="repair.whitespace").value is False


def test_one_click_on_a_locked_step_prepares_the_sample(workspace):
    at = opened("pages/08_lengths.py", "es")
    at.button(key="fill").click().run()
    assert not at.exception
    (project,) = projects.list_projects(workspace)
    assert workshop.stages_made(project) == {"texts", "prepared"}
    assert at.slider(key="max_length").value > 8


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("a.csv", b"", "empty_file"), ("a.csv", bytes(range(256)), "binary_file"), ("a.jsonl", b"{", "broken_json")],
)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_bad_file_is_said_in_three_parts_and_nothing_is_lost(whole_project, name, content, code, language):
    before = workshop.stages_made(whole_project)
    at = opened("pages/05_load_texts.py", language, whole_project)
    at.segmented_control(key="origin").set_value("file").run()
    at.file_uploader(key="file").upload(name, content).run()
    assert not at.exception
    happened = texts.words(language, "errors")(code, name=name, line=1)
    assert happened in at.error[0].value
    assert at.error[0].value.count("\n\n") == 2
    assert workshop.stages_made(whole_project) == before


def test_one_row_is_refused_where_it_is_split(workspace):
    at = opened("pages/05_load_texts.py", "es")
    at.segmented_control(key="origin").set_value("paste").run()
    at.text_area(key="paste").set_value("Un solo poema").run()
    at.button(key="load").click().run()
    (project,) = projects.list_projects(workspace)
    at = opened("pages/06_clean_texts.py", "es", project)
    at.button(key="prepare").click().run()
    assert texts.words("es", "errors")("too_few_texts", found=1, needed=10) in at.error[0].value


@pytest.mark.parametrize(("folder", "code"), [("no-hay", "model_not_a_name"), ("empty", "model_folder_empty")])
def test_a_model_folder_that_is_none_is_said_and_the_old_choice_stays(whole_project, tmp_path, folder, code):
    (tmp_path / "empty").mkdir()
    at = opened("pages/03_choose_model.py", "es", whole_project)
    at.radio(key="model_place").set_value("folder").run()
    at.text_input(key="folder_path").set_value(str(tmp_path / folder)).run()
    at.button(key="choose").click().run()
    assert not at.exception
    assert texts.words("es", "errors")(code, model=tmp_path / folder, folder=folder) in at.error[0].value
    assert projects.open_project(whole_project.folder.parent, whole_project.id).model == "classroom"


def test_on_a_shared_server_a_project_opens_only_for_its_browser(whole_project, monkeypatch):
    from core.ui import session

    monkeypatch.setattr(session, "is_personal", lambda: False)
    at = opened("pages/06_clean_texts.py", "es", whole_project)
    assert texts.words("es", "frame")("locked") in said(at)
    projects.update(whole_project, owner="0" * 32)
    at = opened("pages/06_clean_texts.py", "es", whole_project)
    assert texts.words("es", "frame")("locked") not in said(at)


OPEN_ALL = """
import json, sys
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
real = PagesManager.__init__
def init(self, *a, **k):
    PagesManager.uses_pages_directory = False
    real(self, *a, **k)
PagesManager.__init__ = init
for page in json.loads(sys.argv[1]):
    at = AppTest.from_file(page, default_timeout=60)
    for name, value in json.loads(sys.argv[2]).items():
        at.session_state[name] = value
    assert not at.run().exception, page
heavy = {"torch", "transformers", "peft", "datasets", "evaluate"}
print(json.dumps(sorted(heavy & set(sys.modules))))
"""


def test_opening_every_page_loads_none_of_the_heavy_libraries(whole_project):
    state = {"browser": "0" * 32, "language": "es", "linked": [], "project": whole_project.id}
    done = subprocess.run(
        [sys.executable, "-c", OPEN_ALL, json.dumps(PAGES), json.dumps(state)],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_the_code_of_the_steps_does_the_whole_chain(workspace, tmp_path):
    project = projects.create(workspace, "Código", "es")
    prompt, sampling = "El río", {"temperature": 0.8, "top_p": 0.95}
    chain = {
        "01_language_models": {"beginning": prompt, **sampling},
        "02_hugging_face": {},
        "03_choose_model": {"model": "classroom"},
        "04_try_model": {"prompt": prompt, **sampling},
        "05_load_texts": {"source": "sample:poems", "language": "es", "columns": {"text": "text"}},
        "06_clean_texts": {"steps": ["whitespace", "empty", "duplicates"], "seed": 7},
        "07_tokens": {"model": "classroom", "text": "¿Qué ñandú?"},
        "08_lengths": {"max_length": 80},
        "09_settings": {"dial": "quick", "changes": {"max_steps": 2}},
        "10_train": {"dial": "quick", "changes": {"max_steps": 2}, "prompt": prompt},
        "11_evaluate": {"run": "run-1"},
        "12_compare": {"run": "run-1", "prompt": prompt, "seed": 7, **sampling},
        "13_share": {"run": "run-1", "language": "es"},
    }
    assert list(chain) == list(workshop.BY_NAME)
    code = "\n\n".join(lesson.snippet(name, project, **facts) for name, facts in chain.items())
    script = tmp_path / "chain.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "loaded again from" in done.stdout
    assert (tmp_path / "adapter.zip").stat().st_size > 10_000
