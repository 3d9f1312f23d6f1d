"""Step 4 without a browser: six tasks, her testbed, a request beside a beginning, limits, and what cannot be tried."""

import json
import os
import shutil
import subprocess
import sys

import make_models
import pytest

from core import classroom, processes, testbed, texts, workshop
from core import project as projects
from core.errors import LessonError
from core.generation import pairs
from core.testbed import Beginning
from core.ui import problem, tasks_panel

NAME = "04_try_model"
LONG = "La ___ cae. " + "palabra " * 6250
CHAT = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def say(language="es"):
    return texts.words(language, "frame", "writing", "limits", NAME)


def said(page):
    assert not page.exception
    assert [error.value for error in page.error] == []
    kinds = (page.markdown, page.caption, page.info, page.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def refused(page, code, language="es", **facts):
    assert not page.exception
    (error,) = page.error
    assert problem.explain(LessonError(code, **facts), language).happened in error.value


def choose(page, task):
    page.button_group(key="04.task").set_value(task).run()
    return page


def press(page, key="try"):
    page.button(key=key).click().run()
    return page


def more(page, part):
    page.button_group(key="04.more").set_value(part).run()
    return page


def kept(project):
    return testbed.beginnings(projects.open_project(project.folder.parent, project.id))


def python_of(page):
    (code,) = [block.value for block in page.code if block.language == "python"]
    return code


# ------------------------------------------------------------------ six tasks


def test_each_task_says_which_model_it_needs_and_is_tried_with_the_one_at_hand(visit, begun, passages):
    page = visit(NAME, project=begun)
    for task in tasks_panel.TASKS:
        shown = said(press(choose(page, task)))
        assert say().body(f"try.{task}") in shown
        if task in ("gap", "classify"):
            assert len(page.get("plotly_chart")) == 1
        else:
            written = [*passages(page), *(element.value for element in page.text)]
            assert any(len(text) > 20 for text in written), task


def test_what_a_task_answered_stays_while_another_is_looked_at(visit, begun, passages):
    page = visit(NAME, project=begun)
    written = passages(press(page))
    assert len(written) == 1
    choose(page, "gap")
    assert passages(choose(page, "write")) == written


def test_a_gap_is_a_bet_and_then_what_the_model_finds_likeliest(visit, begun):
    page = choose(visit(NAME, "en", begun), "gap")
    assert not page.get("plotly_chart")
    options = texts.words("es", NAME)("sample.gap.options").split(", ")
    assert page.button_group(key="04.gap.bet").options == options, "the classroom's model is tried in its own language"
    page.button_group(key="04.gap.bet").set_value(options[-1]).run()
    shown = said(press(page))
    assert say("en")("chose.bet", word=options[-1]) in shown
    page.text_input(key="04.gap.options").set_value("mesa, silla").run()
    assert not page.get("plotly_chart"), "an answer is shown under its own question alone"


@pytest.mark.parametrize(
    ("task", "field", "typed", "code", "facts"),
    [
        ("write", "prompt", "   ", "no_prompt", {}),
        ("summarize", "04.summarize.text", "", "no_prompt", {}),
        ("gap", "04.gap.text", "Sin lugar", "no_gap", {"gap": "___"}),
        ("gap", "04.gap.options", "mesa, mesa", "too_few_options", {"found": 1}),
        ("gap", "04.gap.options", "", "too_few_options", {"found": 0}),
        ("classify", "04.classify.text", " ", "no_prompt", {}),
        ("question", "04.question.text", "\n", "no_prompt", {}),
        ("translate", "04.translate.text", "", "no_prompt", {}),
    ],
)
def test_what_cannot_be_tried_is_said_and_stays(visit, begun, task, field, typed, code, facts):
    page = choose(visit(NAME, project=begun), task)
    box = page.text_input if task in ("gap", "classify") else page.text_area
    box(key=field).set_value(typed).run()
    refused(press(page), code, **facts)
    assert box(key=field).value == typed


@pytest.mark.parametrize("typed", [LONG, "🙂 <b>*x*</b> [y](z) {text} ___ $x$"])
def test_any_text_is_tried_in_every_task_and_stays(visit, begun, typed):
    page = visit(NAME, project=begun)
    for task in tasks_panel.TASKS:
        choose(page, task)
        field = "prompt" if task == "write" else f"04.{task}.text"
        box = page.text_input if task in ("gap", "classify") else page.text_area
        box(key=field).set_value(typed).run()
        said(press(page))
        assert box(key=field).value == typed
    assert choose(page, "write").text_area(key="prompt").value == typed


# ------------------------------------------------------------------ other models


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return make_models.make_masked(tmp_path_factory.mktemp("bert") / "bert")


def test_a_model_made_for_gaps_is_a_guest_and_the_project_keeps_its_own(visit, begun, bert):
    page = choose(visit(NAME, project=begun), "gap")
    page.selectbox(key="04.gap.with").set_value("es").run()
    assert page.button(key="download").label == say()("guest.bring"), (
        "it is not here, and comes by a process of its own"
    )
    page.selectbox(key="04.gap.with").set_value("own").run()
    refused(press(page), "model_not_a_name", model="")
    page.text_input(key="04.gap.guest").set_value(str(classroom.MODEL)).run()
    refused(press(page), "not_masked", folder=classroom.MODEL.name, architecture="x")
    page.text_input(key="04.gap.guest").set_value(str(bert)).run()
    page.text_input(key="04.gap.text").set_value("Sin hueco").run()
    refused(press(page), "no_gap", gap="___")
    page.text_input(key="04.gap.text").set_value("El taller abre en la ___ del pueblo.").run()
    assert say()("guest.note") in said(press(page))
    assert len(page.get("plotly_chart")) == 1
    assert projects.open_project(begun.folder.parent, begun.id).model == "classroom"


def test_on_a_shared_server_no_folder_of_it_is_a_guest(visit, begun, bert, monkeypatch):
    from core.ui import session

    page = choose(visit(NAME, project=begun), "gap")
    monkeypatch.setattr(session, "is_personal", lambda: False)
    monkeypatch.setattr(session, "may_open", lambda project: True)
    page.selectbox(key="04.gap.with").set_value("own").run()
    page.text_input(key="04.gap.guest").set_value(str(bert)).run()
    refused(press(page), "model_not_a_name", model=str(bert))


def test_a_model_that_reads_and_answers_is_tried_at_that_and_the_classrooms_goes_on(visit, begun, base):
    projects.update(begun, model=str(base("t5")))
    page = visit(NAME, project=begun)
    assert page.button_group(key="04.task").value == "summarize"
    for task in ("summarize", "question", "translate", "classify"):
        said(press(choose(page, task)))
    assert say()("try.lent") in said(press(choose(page, "write")))


@pytest.fixture(scope="module")
def talker(tmp_path_factory):
    """A model of ours that brings a chat template."""
    folder = tmp_path_factory.mktemp("talker") / "talker"
    shutil.copytree(classroom.MODEL, folder)
    (folder / "chat_template.jinja").write_text(CHAT)
    return folder


def test_a_model_that_was_taught_to_talk_is_also_asked_in_its_template(visit, begun, talker):
    projects.update(begun, model=str(talker))
    page = more(visit(NAME, "en", begun), "obey")
    shown = said(press(page, "obey"))
    assert say("en")("obey.as_chat") in shown
    assert say("en")("obey.chat") in shown
    request = page.text_input(key="04.request").value
    assert f"<|user|>{request}<|end|><|assistant|>" in [block.value for block in page.code]
    assert say("en")("here.chat") in said(press(choose(page, "translate")))


def test_a_base_model_goes_on_with_a_request_as_with_a_beginning(visit, begun, passages):
    page = more(visit(NAME, project=begun), "obey")
    assert say()("obey.base") not in said(page), "what she bets on is not told before"
    shown = said(press(page, "obey"))
    assert say()("obey.base") in shown
    assert len(passages(page)) == 2
    page.text_input(key="04.request").set_value(" ").run()
    refused(press(page, "obey"), "no_prompt")


# ------------------------------------------------------------------ her testbed


def test_what_she_writes_in_the_boxes_is_kept_with_its_kind_and_comes_back(visit, begun):
    page = visit(NAME, project=begun)
    for kind, text in (("hard", "En Tlön,"), ("like", "La lluvia"), ("other", "Estimado señor:")):
        page.text_area(key=f"testbed.{kind}").set_value(text).run()
    expected = [Beginning("La lluvia", "like"), Beginning("Estimado señor:", "other"), Beginning("En Tlön,", "hard")]
    assert kept(begun) == expected
    page.text_area(key="testbed.free.0").set_value("Uno más").run()
    assert kept(begun) == [*expected, Beginning("Uno más", "free")]
    again = visit(NAME, "en", begun)
    assert again.text_area(key="testbed.hard").value == "En Tlön,"
    assert again.text_area(key="testbed.free.1").value == ""
    again.text_area(key="testbed.other").set_value("").run()
    assert [one.kind for one in kept(begun)] == ["like", "hard", "free"]
    assert again.text_area(key="testbed.free.0").value == "Uno más"


def test_a_beginning_that_was_tried_goes_to_the_first_box_that_is_empty(visit, begun):
    page = visit(NAME, project=begun)
    page.text_area(key="testbed.like").set_value("La lluvia").run()
    page.text_area(key="prompt").set_value("  Anoche  ").run()
    press(page, "keep")
    assert kept(begun) == [Beginning("La lluvia", "like"), Beginning("Anoche", "other")]
    assert page.text_area(key="testbed.other").value == "Anoche"
    page.text_area(key="testbed.hard").set_value("Anoche").run()
    assert say()("testbed.again") in said(page)
    press(page, f"{NAME}.exercise")
    assert say()("exercise.wrong") in said(page)
    page.text_area(key="testbed.hard").set_value("🙂" * 50_000).run()
    press(page, f"{NAME}.exercise")
    assert [success.value for success in page.success] == [say()("exercise.right")]


def test_the_oddest_of_her_beginnings_is_told_after_her_bet(visit, begun):
    page = more(visit(NAME, project=begun), "strange")
    assert say()("strange.few") in said(page)
    testbed.keep(begun, [Beginning("La noche de la ciudad", "like"), Beginning("Ciudad *noche* la la de", "hard")])
    page = more(visit(NAME, project=begun), "strange")
    page.button_group(key="04.strange.bet").set_value(0).run()
    assert not page.get("plotly_chart")
    shown = said(press(page, "strange"))
    assert "«Ciudad \\*noche\\* la la de»" in shown.split(".")[0] or "Ciudad \\*noche\\*" in shown
    assert say()("limits.unforeseen") in shown


# ------------------------------------------------------------------ limits and biases


def test_a_pair_is_bet_on_and_then_told_in_a_sentence(visit, begun):
    page, words = more(visit(NAME, "en", begun), "limits"), say("en")
    (given, *_) = pairs.given("es")
    assert words("limits.bet", word=given.word) in [group.label for group in page.button_group]
    page.button_group(key="04.limits.bet.name").set_value("right").run()
    assert not page.get("plotly_chart")
    shown = said(press(page, "04.limits"))
    assert "“María”" in shown
    assert "Juan" in page.get("plotly_chart")[0].proto.spec
    assert words("limits.foreseen") in shown
    assert len(page.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    ("left", "right", "code"), [("La casa", "La  casa ", "pair_alike"), ("", "La casa", "no_prompt")]
)
def test_a_pair_that_is_none_is_said_and_stays(visit, begun, left, right, code):
    page = more(visit(NAME, project=begun), "limits")
    page.button_group(key="04.limits.pair").set_value("own").run()
    for side, text in (("left", left), ("right", right)):
        page.text_input(key=f"04.limits.own.{side}").set_value(text).run()
    refused(press(page, "04.limits"), code)
    assert page.text_input(key="04.limits.own.left").value == left
    page.text_input(key="04.limits.own.left").set_value("El río " * 7000 + "🙂").run()
    assert len(press(page, "04.limits").get("plotly_chart")) == 1, "without a word of hers the bars are there"
    said(page)


# ------------------------------------------------------------------ in later steps


def test_step_12_asks_both_models_of_the_same_pair(visit, project):
    page = visit("12_compare", project=project)
    shown = said(press(page, "12.limits"))
    for side in ("base", "adapted"):
        assert f"**{say()(f'side.{side}').capitalize()}**" in shown
    assert say()("limits.adapted") in shown
    assert {"12.limits.base.bars", "12.limits.adapted.bars"} <= {chart.key for chart in page.get("plotly_chart")}


def test_step_11_has_both_models_go_on_from_her_testbed(visit, project, passages):
    testbed.keep(project, [Beginning("Anoche, en la cocina,", "like")])
    page, words = visit("11_evaluate", "en", project), texts.words("en", "testbed")

    def written():
        assert words("before_after.look") in said(press(page, "before_after"))
        assert page.button(key="before_after").label == words("before_after.again")
        return [text for text in passages(page) if text.startswith("Anoche, en la cocina,")]

    first, second = written(), written()
    assert len(first) == len(second) == 2
    assert first != second, "another draw"


def test_step_10_asks_which_beginning_the_samples_follow(visit, project):
    page = visit("10_train", project=project)
    second = kept(project)[1].text
    assert page.selectbox(key="10.sample").value == kept(project)[0].text
    page.selectbox(key="10.sample").set_value(second).run()
    said(page)
    assert workshop.first_prompt(projects.open_project(project.folder.parent, project.id)) == second
    assert repr(second) in python_of(page)
    testbed.keep(project, [Beginning("Uno", "like"), Beginning("Dos", "other")])
    assert visit("10_train", project=project).selectbox(key="10.sample").value == "Uno"


# ------------------------------------------------------------------ the code

RUN_ALL = """
import json, sys
for name, code in json.loads(sys.argv[1]).items():
    print("==", name)
    exec(compile(code, name, "exec"), {"__name__": "__main__"})
"""


def test_the_code_of_every_task_runs_as_it_stands_with_her_choices_in_it(visit, begun, bert, tmp_path):
    page = visit(NAME, project=begun)
    code = {task: python_of(choose(page, task)) for task in tasks_panel.TASKS}
    assert "mesa" in code["gap"]
    choose(page, "gap")
    page.selectbox(key="04.gap.with").set_value("own").run()
    page.text_input(key="04.gap.guest").set_value(str(bert)).run()
    code["guest"] = python_of(page)
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL, json.dumps(code)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(processes.ROOT)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = dict(part.split("\n", 1) for part in done.stdout.split("== ")[1:])
    assert list(told) == list(code)
    assert all(text.strip() for text in told.values())
