"""What makes a step teach: a prediction before what it is about, questions with reasons, and what is told after."""

import pytest

from core import project as projects
from core import questions, storage, texts, workshop
from core.data import sources, stages, table
from core.models import folder as models
from core.texts import LANGUAGES
from core.tokens import encode
from core.tokens import tokenizer as tokenizers
from core.ui.lesson import MARKS

IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", LANGUAGES)


def said(page):
    assert not page.exception
    assert [error.value for error in page.error] == []
    kinds = (page.markdown, page.caption, page.info, page.success, page.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def chosen(project, step):
    return projects.open_project(project.folder.parent, project.id).choices.get(step, {})


def foretell(page, step, guess):
    """Writes a guess where the step asks for one, and asks to see."""
    kind = page.text_input if isinstance(guess, str) else page.number_input
    if guess is not None:
        kind(key=f"{step}.prediction.said").set_value(guess)
    page.button(key="prediction.look").click().run()
    return said(page)


# ------------------------------------------------------------------ predictions


@pytest.fixture
def texts_only(begun):
    stages.load_texts(begun, sources.open_source("sample:poems", "es"))
    return begun


@pytest.fixture
def split_only(texts_only):
    stages.prepare(texts_only)
    return texts_only


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("place", [1, 3, 0])
def test_step_5_asks_for_the_commonest_word_before_it_shows_them(visit, texts_only, language, place):
    frequent = [one["word"] for one in storage.load_json(texts_only.texts / "overview.json")["frequent"]]
    guess = frequent[place - 1].upper() if place else "xilofón"
    words = texts.words(language, "05_load_texts")
    page = visit("05_load_texts", language, texts_only)
    assert words("seeing.frequent") not in said(page)
    shown = foretell(page, "05_load_texts", guess)
    key = {1: "first", 3: "rank", 0: "outside"}[place]
    told = words(f"prediction.{key}", word=guess, first=frequent[0], rank=place, count=len(frequent))
    assert told in shown
    assert words("seeing.frequent") in shown
    assert told in said(visit("05_load_texts", language, texts_only))


@IN_BOTH_LANGUAGES
def test_step_6_asks_how_many_will_be_left_out_before_it_shows_what_was_found(visit, texts_only, language):
    words = texts.words(language, "06_clean_texts")
    page = visit("06_clean_texts", language, texts_only)
    assert "prepare" not in [button.key for button in page.button]
    shown = foretell(page, "06_clean_texts", 9)
    gone = len(stages.look_clean(texts_only, stages.proposed(texts_only)[0]).left_out)
    assert words("prediction.told", said=9, gone=gone) in shown
    page.button(key="prepare").click().run()
    assert words("prediction.told", said=9, gone=gone) in said(page)


@IN_BOTH_LANGUAGES
def test_step_7_asks_how_many_tokens_a_line_of_hers_takes(visit, split_only, language):
    words = texts.words(language, "07_tokens")
    page = visit("07_tokens", language, split_only)
    assert "tokens** para" not in said(page)
    assert "tokens** for" not in said(page)
    shown = foretell(page, "07_tokens", 5)
    line = table.row(table.read(split_only.prepared / "train"), 0)["text"].split("\n")[0]
    count = len(tokenizers.load(models.find(split_only.model)).encode(line))
    assert words("prediction.told", line=line, said=5, count=count) in shown


@IN_BOTH_LANGUAGES
def test_step_8_asks_for_the_longest_text_before_the_plot(visit, split_only, language):
    words = texts.words(language, "08_lengths")
    page = visit("08_lengths", language, split_only)
    assert not page.get("plotly_chart")
    shown = foretell(page, "08_lengths", 1)
    assert words("prediction.told", said=1, longest=int(encode.measure(split_only).max())) in shown
    assert page.get("plotly_chart")


def test_who_only_wants_to_see_is_told_of_no_guess(visit, texts_only):
    page = visit("06_clean_texts", project=texts_only)
    shown = foretell(page, "06_clean_texts", None)
    assert "prepare" in [button.key for button in page.button]
    assert "Apostaste" not in shown
    assert chosen(texts_only, "06_clean_texts")["foretold"]["said"] is None


def test_other_texts_are_foretold_again_and_who_is_further_on_is_not_asked(visit, texts_only):
    foretell(visit("06_clean_texts", project=texts_only), "06_clean_texts", 2)
    assert "prediction.look" not in [b.key for b in visit("06_clean_texts", project=texts_only).button]
    lines = "\n\n".join(f"Un verso del río {n}, y otro del puente {n * 7}" for n in range(30))
    sources.keep_files(texts_only, [("otros.txt", lines.encode())])
    stages.load_texts(texts_only, sources.kept_source(texts_only))
    assert "prediction.look" in [b.key for b in visit("06_clean_texts", project=texts_only).button]
    stages.prepare(projects.open_project(texts_only.folder.parent, texts_only.id))
    assert "prediction.look" not in [b.key for b in visit("06_clean_texts", project=texts_only).button]


# ------------------------------------------------------------------ what is needed, optional, slow


def signs(language):
    words = texts.words(language, "frame")
    return {name: f":material/{icon}: {words(f'mark.{name}')}]" for name, icon in MARKS.items()}


@pytest.mark.parametrize("step", workshop.BY_NAME)
def test_each_part_of_a_step_says_whether_it_is_needed(visit, project, step):
    parts = [part.value for part in visit(step, project=project).subheader[:-1]]  # the last are the questions
    needed, optional = ([signs("es")[name] in part for part in parts] for name in ("needed", "optional"))
    assert any(needed)
    assert all(one != other for one, other in zip(needed, optional, strict=True))


@IN_BOTH_LANGUAGES
def test_the_first_page_says_once_what_the_marks_mean(visit, language):
    shown = said(visit("Home", language))
    assert all(shown.count(sign) == 1 for sign in signs(language).values())


# ------------------------------------------------------------------ questions


@pytest.mark.parametrize(("step", "language"), [("02_hugging_face", "es"), ("08_lengths", "en")])
def test_every_answer_shows_its_own_reason_and_what_she_chose_last_is_kept(visit, project, step, language):
    words = texts.words(language, "questions")
    page = visit(step, language, project)
    for number in questions.numbers(step):
        for option in questions.OPTIONS:
            page.radio(key=f"{step}.question.{number}").set_value(option).run()
            shown, others = said(page), set(questions.OPTIONS) - {option}
            verdict = words("questions.yes" if questions.HOLDS[step][number - 1] == option else "questions.no")
            assert f"**{verdict}** {words.body(questions.key(step, number, option))}" in shown
            assert not any(words.body(questions.key(step, number, other)) in shown for other in others)
        assert chosen(project, step)[questions.choice(number)] == questions.OPTIONS[-1]
    again = visit(step, language, project)
    assert again.radio(key=f"{step}.question.1").value == questions.OPTIONS[-1]


# ------------------------------------------------------------------ what she did, and her class


@IN_BOTH_LANGUAGES
def test_the_certificate_is_hers_once_she_writes_her_name(visit, project, language):
    words = texts.words(language, "certificate")
    page = visit("certificate", language, project)
    assert words("certificate.no_name") in said(page)
    assert "print" not in [button.key for button in page.button]
    page.text_input(key=f"certificate.{project.id}").set_value("Ana *Paz*").run()
    shown = said(page)
    assert "Ana \\*Paz\\*" in shown
    assert words("did.prompts", prompts=3) in shown.split(words("certificate.says"))[1]
    assert texts.placeholders(shown) == set()
    page.button(key="print").click().run()
    assert any("window.print" in element.proto.body for element in page.get("html"))
    assert visit("certificate", language, project).text_input(key=f"certificate.{project.id}").value == "Ana *Paz*"


@IN_BOTH_LANGUAGES
def test_a_class_is_made_joined_seen_and_left(visit, project, language):
    words = texts.words(language, "frame", "home", "teacher")
    teacher = visit("teacher", language)
    teacher.text_input(key="new_class.name").set_value("Martes a la tarde")
    button(teacher, words("class.make")).click().run()
    code = next(word for word in said(teacher).split("**") if len(word) >= 4 and word.isalnum() and word.isupper())
    secret = next(block.value for block in teacher.code if projects.is_id(block.value))

    learner = visit("certificate", language, project)
    own = texts.words(language, "certificate")
    learner.text_input(key="class.code").set_value(code.lower())
    learner.text_input(key="class.name").set_value("Ana")
    button(learner, own("class.share")).click().run()
    assert "«Ana»" in said(learner) or "“Ana”" in said(learner)

    def see():
        page = visit("teacher", language)
        page.text_input(key="see_class.code").set_value(code)
        page.text_input(key="see_class.secret").set_value(secret)
        button(page, words("class.see")).click().run()
        return page

    row = see().dataframe[-1].value.iloc[0].tolist()
    done = sum(state == "done" for state in workshop.progress(project).values())
    assert row[:2] == ["Ana", f"{done} / {len(workshop.STEPS)}"]
    learner.button(key="class.stop").click().run()
    assert words("class.empty", name="Martes a la tarde") in said(see())


def button(page, label):
    return next(one for one in page.button if one.label == label)


@pytest.mark.parametrize(("language", "sign", "name"), [("es", ",", "Coplas de muestra"), ("en", ".", "Sample poems")])
def test_the_teachers_table_speaks_the_pages_language(visit, language, sign, name):
    rows = visit("teacher", language).dataframe[0].value
    names, sizes = rows.iloc[:, 0].tolist(), rows.iloc[:, 2].tolist()
    assert any(one.startswith(name) for one in names)
    here = [size for size in sizes if size]
    assert all(float(size.replace(sign, ".")) > 0 for size in here)
    assert any(sign in size for size in here)
