"""One server, many learners: the door, what each may take, and that nobody reaches what is another's."""

import ast
import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st

from core import access, clearing, limits, line, processes, storage, texts, workshop
from core import project as projects
from core.errors import LessonError
from core.training import runs
from core.ui import server, session

PAGES = ["Home", "05_load_texts", "13_share", "experiments", "teacher"]  # of each kind
ROOT = Path(__file__).parent.parent.parent
CODE = "Isla del Tigre"
ME, ANOTHER = "0" * 32, "e" * 32
SAY = texts.words("es", "frame", "home", "shared")
IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", texts.LANGUAGES)


@pytest.fixture(autouse=True)
def shared(monkeypatch):
    monkeypatch.setenv("LLMS_SHARED", "1")


@pytest.fixture
def closed(monkeypatch):
    """Sets the server's access code."""
    monkeypatch.setenv("LLMS_ACCESS_CODE", CODE)


@pytest.fixture
def sleeper():
    """What the state of a process that lives says of it."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    yield {"pid": process.pid, "born": processes.birth(process.pid)}
    process.kill()
    process.wait()


def said(page) -> str:
    kinds = (page.markdown, page.caption, page.info, page.warning, page.error, page.success, page.title, page.subheader)
    return "\n".join(element.value for kind in kinds for element in kind)


def mine(workspace, **changes):
    return projects.create(workspace, "Cartas a Inés", "es", owner=ME, hosted=True, **changes)


# ------------------------------------------------------------------ the door


@pytest.mark.parametrize("path", [ROOT / "Home.py", *(ROOT / "pages").glob("*.py")], ids=lambda path: path.name)
def test_every_page_begins_at_the_door(path):
    """Before it only imports and numbers: `lesson.page` and `lesson.begin` hold who was not let in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [ast.unparse(node.func) for node in tree.body[1:] for node in ast.walk(node) if isinstance(node, ast.Call)]
    assert calls[0] in ("lesson.page", "lesson.begin")


@pytest.mark.parametrize("name", PAGES)
def test_before_the_code_is_given_nothing_of_the_workshop_runs(visit, workspace, closed, name):
    project = mine(workspace)
    before = sorted(workspace.rglob("*"))
    page = visit(name, link=project)
    assert not page.exception
    assert [title.value for title in page.title] == [SAY("title")]
    assert {widget.key for kind in (page.text_input, page.button_group) for widget in kind} == {
        "access.code",
        "language",
    }
    assert [button.label for button in page.button] == [SAY("access.enter")]
    assert "Inés" not in said(page)
    assert not page.sidebar.children
    assert sorted(workspace.rglob("*")) == before


@IN_BOTH_LANGUAGES
def test_the_code_lets_in_is_remembered_and_asked_for_again_when_it_changes(
    visit, workspace, closed, language, monkeypatch
):
    words = texts.words(language, "shared")
    page = visit("Home", language)
    page.text_input(key="access.code").set_value("otra cosa")
    page.button[0].click().run()
    assert texts.explain(LessonError("access_wrong"), language).happened in said(page)
    page.text_input(key="access.code").set_value(CODE)
    page.button[0].click().run()
    assert words("where") in said(page)
    (record,) = (workspace / "browsers").glob("*.json")
    assert "tigre" not in record.read_text().lower()
    page.run()
    assert words("where") in said(page)
    kept = storage.load_json(record)["let_in"]
    assert access.is_let_in(kept, CODE, record.stem)
    monkeypatch.setenv("LLMS_ACCESS_CODE", "otro código")
    assert "begin" not in {button.key for button in page.run().button}


def test_the_link_that_was_followed_opens_once_the_code_was_given(visit, workspace, closed):
    project = mine(workspace)
    page = visit("Home", link=project)
    page.text_input(key="access.code").set_value(CODE)
    page.button[0].click().run()
    assert page.text_input(key=f"name.{project.id}").value == project.name


def test_a_door_whose_lock_cannot_be_read_stays_shut(visit, workspace, monkeypatch, tmp_path):
    broken = tmp_path / "secrets.toml"
    broken.write_text("access_code = Isla")
    monkeypatch.setattr(st, "secrets", SimpleNamespace(to_dict=lambda: (_ for _ in ()).throw(FileNotFoundError())))
    monkeypatch.setattr(st, "get_option", lambda name: [str(broken)] if name == "secrets.files" else 200)
    page = visit("Home")
    assert texts.explain(LessonError("secrets_unreadable", name="secrets.toml"), "es").found in said(page)
    assert not page.button


def test_without_a_code_it_works_as_ever_and_the_teacher_is_told_how_to_set_one(visit):
    assert "begin" in {button.key for button in visit("Home").button}
    page = visit("teacher")
    assert SAY("run.open") in said(page)
    assert any("access_code" in block.value and "[limits]" in block.value for block in page.code)


# ------------------------------------------------------------------ what each may take, said before and when it happens


@IN_BOTH_LANGUAGES
def test_the_first_page_says_whose_computer_it_is_and_what_each_gets(visit, language, monkeypatch):
    words = texts.words(language, "shared")
    page = visit("Home", language)
    assert words.body("where", days=limits.read().keep_days) in said(page)
    assert words("cloud") not in said(page)
    for field in dataclasses.fields(limits.Limits):
        assert field.name == "model_processes" or words(f"limit.{field.name}") in said(page)
    monkeypatch.setattr(server, "is_community_cloud", lambda: True)
    assert words.body("cloud") in said(visit("Home", language))
    monkeypatch.delenv("LLMS_SHARED")
    assert words("where") not in said(visit("Home", language))


def test_a_limit_that_is_reached_is_said_where_she_stands_and_deleting_helps(visit, workspace, monkeypatch):
    monkeypatch.setenv("LLMS_LIMIT_PROJECTS", "1")
    project = mine(workspace)
    page = visit("Home", project=project)
    page.button(key="new").click().run()
    assert texts.explain(LessonError("too_many_projects", most=1, now=1), "es").happened in said(page)
    page.button(key=f"erase.{project.id}").click().run()
    assert not page.exception
    assert not project.folder.exists()
    page.button(key="begin").click().run()
    assert not page.exception
    assert [made.hosted for made in projects.list_projects(workspace)] == [True]


def test_a_project_says_until_when_it_is_kept_and_the_others_when_they_go_soon(visit, workspace):
    opened, soon, fine = mine(workspace), mine(workspace), mine(workspace)
    then = time.time() - 27 * 86_400
    os.utime(soon.folder / "project.json", (then, then))
    page = visit("Home", project=opened)
    assert SAY("goes", when=texts.day(clearing.goes_at(opened.folder), "es")) in said(page)
    assert len(page.warning) == 1
    assert texts.day(clearing.goes_at(soon.folder), "es") in page.warning[0].value
    assert "visited" in {path.name for path in opened.folder.iterdir()}
    assert fine.folder.exists()


def test_step_9_says_the_limits_and_the_line_and_step_10_the_place_and_the_time(visit, project, workspace, sleeper):
    hosted = projects.update(project, owner=ME, hosted=True)
    nine, ten = texts.words("es", "09_settings"), texts.words("es", "frame")
    page = visit("09_settings", project=hosted)
    assert nine("check.limit.unknown", minutes=20, steps=3000) in said(page)
    assert nine("check.line.ok") in said(page)
    queue = line.folder(workspace, line.TRAINING)
    line.join(queue, "another", queue, 360.0)
    page.run()
    assert nine("check.line.warn", ahead=1, time="6 minutos") in said(page)
    teacher = visit("teacher")
    assert teacher.dataframe[-1].value.iloc[0].tolist() == ["1", SAY("run.line.waiting"), "6 minutos"]
    run = runs.create(hosted, workshop.run_settings(hosted))
    waiting = {"status": "waiting", "ahead": 3, "seconds_ahead": 360.0}
    storage.write_json(run.folder / "state.json", waiting | sleeper)
    page = visit("10_train", project=hosted)
    told = f"{ten('status.waiting', ahead=3)} {ten('status.waiting.time', time='6 minutos')}"
    assert [bar.proto.text for bar in page.get("progress")] == [told]


# ------------------------------------------------------------------ nobody reaches what is another's


@pytest.mark.parametrize("link", ["../{id}", "{id}\n", "f" * 32, "browsers", "{id}/runs/run-1"])
def test_a_guessed_or_an_edited_link_opens_nothing(visit, workspace, link):
    project = mine(workspace)
    page = visit("Home", link=SimpleNamespace(id=link.format(id=project.id)))
    assert not page.exception
    assert "begin" in {button.key for button in page.button}
    assert not page.text_input


def test_a_link_to_what_was_deleted_opens_nothing_also_where_it_had_been_followed(visit, workspace):
    project = mine(workspace)
    page = visit("Home", link=project)
    assert page.text_input(key=f"name.{project.id}")
    clearing.erase(project.folder)
    page.run()
    assert not page.exception
    assert not page.text_input
    assert not visit("Home", link=project).text_input


def test_a_browsers_record_that_names_anothers_project_opens_nothing(visit, workspace):
    theirs = projects.create(workspace, "Diario", "es", owner=ANOTHER, hosted=True)
    page = visit("Home", project=theirs)
    assert "Diario" not in said(page)
    assert not page.text_input
    page.session_state["linked"] = [theirs.id[:-1]]
    assert not page.run().text_input


@pytest.mark.parametrize(
    "reference", ["{theirs}/runs/run-1/adapter", "{mine}/../{their_id}", "~", "/etc", "..", "core"]
)
def test_no_folder_of_the_server_can_be_named_as_a_model(workspace, reference):
    own = mine(workspace)
    theirs = projects.create(workspace, "Diario", "es", owner=ANOTHER, hosted=True)
    (theirs.folder / "runs" / "run-1" / "adapter").mkdir(parents=True)
    named = reference.format(theirs=theirs.folder, mine=own.folder, their_id=theirs.id)
    with pytest.raises(LessonError, match="model_not_a_name"):
        workshop.choose_model(own, named)


def test_what_is_shown_of_the_line_and_kept_in_it_names_nobody(visit, workspace, project):
    state = processes.State(project.folder / "work")
    with line.turn(line.folder(workspace, line.TRAINING), ME, state) as ours:
        assert ours
        (ticket,) = line.folder(workspace, line.TRAINING).glob("0*.json")
        assert ME not in ticket.read_text()
        page = visit("teacher")
        assert project.id not in said(page)
        assert project.name not in page.dataframe[-1].value.to_string()


def test_two_learners_with_the_same_name_for_their_projects_never_meet(workspace):
    first, second = mine(workspace), projects.create(workspace, "Cartas a Inés", "es", owner=ANOTHER, hosted=True)
    projects.update(first, "05_load_texts", {"origin": "paste"})
    assert projects.open_project(workspace, second.id).choices == {}
    assert limits.hosted(workspace, ANOTHER) == [second.folder]


# ------------------------------------------------------------------ whose visit it is


@pytest.mark.parametrize(
    ("headers", "address", "personal"),
    [
        ({"Host": "localhost:8501", "Origin": "http://localhost:8501"}, None, True),
        ({"Host": "127.0.0.1:8501"}, "127.0.0.1", True),
        ({"Host": "[::1]:8501", "Origin": "http://[::1]:8501"}, "::1", True),
        ({"Host": "127.0.0.1:8501"}, "::ffff:127.0.0.1", True),
        ({"Host": "127.0.0.1:8501"}, "::ffff:192.168.0.7", False),
        ({"Host": "localhost:8501", "Origin": "https://taller.example"}, None, False),
        ({"Host": "localhost", "X-Forwarded-For": "10.0.0.4"}, None, False),
        ({"Host": "127.0.0.1:8501", "X-Real-Ip": "10.0.0.4"}, None, False),
        ({"Host": "localhost:8501"}, "192.168.0.7", False),
        ({"Host": "localhost.example:8501"}, None, False),
        ({"Host": "taller.trycloudflare.com", "Origin": "https://taller.trycloudflare.com"}, None, False),
    ],
)
def test_only_who_sits_at_the_machine_is_taken_for_its_owner(monkeypatch, headers, address, personal):
    monkeypatch.delenv("LLMS_SHARED")
    monkeypatch.setattr(st, "context", SimpleNamespace(headers=headers, ip_address=address))
    assert session.is_personal() is personal
    monkeypatch.setenv("LLMS_SHARED", "1")
    assert session.is_personal() is False


@pytest.mark.parametrize(
    ("host", "cloud"), [("poetas.streamlit.app", True), ("streamlit.app.example", False), (None, False)]
)
def test_community_cloud_is_known_by_its_name(monkeypatch, host, cloud):
    monkeypatch.setattr(st, "context", SimpleNamespace(headers={"Host": host}))
    assert server.is_community_cloud() is cloud


def test_who_opened_a_project_by_its_link_cannot_delete_it(visit, workspace):
    theirs = projects.create(workspace, "Diario", "es", owner=ANOTHER, hosted=True)
    page = visit("Home", link=theirs)
    assert page.text_input(key=f"name.{theirs.id}")
    assert f"erase.{theirs.id}" not in {button.key for button in page.button}
