"""The decision page without a browser: what was measured, what is proposed and why, and that the last word is hers."""

import re

import pytest

from core import decision, storage, texts, workshop
from core import project as projects
from core.evaluation import copies, evaluate
from core.generation.generate import Sampling, Step
from core.ui.compare_panel import Pair

IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", texts.LANGUAGES)
ANSWERS = {"purpose": "drafts", "often": "weekly", "mistake": "time", "public": "no"}


def words(language="es"):
    return texts.words(language, "frame", "decision")


def said(page):
    assert not page.exception
    assert [error.value for error in page.error] == []
    kinds = (page.title, page.header, page.markdown, page.caption, page.info, page.success, page.warning)
    shown = "\n".join(str(element.value) for kind in kinds for element in kind)
    assert texts.placeholders(shown) == set(), "a word was left unfilled"
    return shown


def compare(run, low, high):
    """Lets the run's evaluation say this of the untouched base, and nothing of the other rivals or of copying."""
    record = evaluate.read(run)
    told = {"kind": "ratio", "difference": (low + high) / 2, "low": low, "high": high, "says": "better"}
    record["against"] = {"base": {"bits_per_character": told}}
    for measured in record["sides"].values():
        measured.pop("novelty", None)
    storage.write_json(run.evaluation / "record.json", record)


@pytest.fixture
def run(project):
    return workshop.adapted_run(project)


@IN_BOTH_LANGUAGES
def test_who_has_no_model_yet_is_led_to_one(visit, language):
    assert words(language)("no_project") in said(visit("decision", language))


@IN_BOTH_LANGUAGES
def test_an_evaluation_without_intervals_is_not_measured_yet_and_the_way_to_it_is_shown(visit, project, language):
    for question, answer in ANSWERS.items():
        decision.keep(project, **{question: answer})
    run = workshop.adapted_run(project)
    new = evaluate.read(run)
    old = {name: new[name] for name in ("task", "rows", "opened", "adapter", "written")}
    old |= {side: {"perplexity": new["sides"][side]["perplexity"]["value"]} for side in ("base", "adapted")}
    storage.write_json(run.evaluation / "record.json", old)
    page = visit("decision", language, project)
    shown = said(page)
    assert words(language)("unmeasured") in shown
    assert words(language)("proposal.wait") in shown
    assert words(language).body("rule.unmeasured") in shown
    peaks = [storage.load_json(folder / "state.json")["peak_memory_mb"] for folder in (run.folder, run.evaluation)]
    assert words(language)("memory.line", memory=max(peaks)) in shown


def test_a_real_evaluation_is_read_against_every_rival(visit, project, run):
    against = evaluate.read(run)["against"]
    shown = said(visit("decision", project=project))
    assert {"base", "few_shot", "ngram"} <= set(against)
    assert [words()(f"rival.{rival}") in shown for rival in against] == [True] * len(against)


@IN_BOTH_LANGUAGES
def test_the_answers_and_the_measures_make_a_proposal_with_reasons_that_point_at_them(visit, project, run, language):
    compare(run, 0.7, 0.8)
    copies.keep(run, "un texto nuevo de siete palabras, todas mías", copies.index(run).look("un texto nuevo"), 2.0)
    page = visit("decision", language, project)
    assert words(language)("proposal.later") in said(page)
    for question, answer in ANSWERS.items():
        page.radio(key=f"decision.{question}").set_value(answer).run()
    shown = said(page)
    assert words(language)("proposal.adapted") in shown
    assert texts.percent(0.25, language) in shown
    assert words(language)("point.measure", number=1, name=words(language)("quality")) in shown
    assert words(language)("note.no_ears") in shown
    kept = decision.kept(projects.open_project(project.folder.parent, project.id))
    assert kept.answers == decision.Answers(**ANSWERS)
    page.radio(key="decision.mistake").set_value("harm").run()
    assert words(language)("proposal.none") in said(page)


def test_she_may_decide_otherwise_with_her_own_reason_and_step_12_knows(visit, project, run):
    compare(run, 0.7, 0.8)
    page = visit("decision", project=project)
    page.radio(key="decision.chosen").set_value("none").run()
    page.button(key="decision.keep").click().run()
    assert words()("decide.short", least=20) in said(page)
    assert decision.kept(project).chosen == ""
    twelve = visit("12_compare", project=project)
    twelve.button(key="12_compare.exercise").click().run()
    assert texts.words("es", "12_compare")("exercise.wrong") in [info.value for info in twelve.info]

    page.text_area(key="decision.reason").set_value("Prefiero escribirlos yo: son pocos y míos.").run()
    page.button(key="decision.keep").click().run()
    assert words()("decide.kept") in said(page)
    kept = decision.kept(projects.open_project(project.folder.parent, project.id))
    assert (kept.chosen, kept.run) == ("none", run.name)
    twelve = visit("12_compare", project=project)
    assert "Prefiero escribirlos yo" in said(twelve)
    twelve.button(key="12_compare.exercise").click().run()
    assert texts.words("es", "12_compare")("exercise.right") in [one.value for one in twelve.success]
    assert workshop.progress(projects.open_project(project.folder.parent, project.id))["12_compare"] == "done"


def test_her_watts_and_her_price_make_the_cost(visit, project, run):
    page = visit("decision", project=project)
    page.number_input(key="decision.watts").set_value(50.0).run()
    page.number_input(key="decision.price").set_value(200.0).run()
    shown = said(page)
    seconds = storage.load_json(run.folder / "state.json")["seconds"]
    spent = evaluate.read(run).get("seconds", 0) + seconds
    assert words()("energy.line", energy=spent * 50 / 3600, watts=50) in shown
    assert words()("energy.cost", cost=spent * 50 / 3_600_000 * 200) in shown


def test_the_code_of_the_page_comes_to_the_same_proposal(visit, project, run, capsys):
    compare(run, 0.7, 0.8)
    for question, answer in (ANSWERS | {"public": "yes"}).items():
        decision.keep(project, **{question: answer})
    (code,) = [block.value for block in visit("decision", project=project).code if block.language == "python"]
    exec(compile(code, "decision", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.splitlines()[-1].startswith("adapted because better")


# ------------------------------------------------------------------ side by side, copies, and the warning


def html(page):
    return [element.proto.body for element in page.get("html")]


def test_both_write_from_one_seed_a_word_is_weighed_by_both_and_the_testbed_goes_at_once(visit, project, run):
    page = visit("12_compare", project=project)
    page.default_timeout = 300  # eight texts, on a machine that may be busy
    page.button(key="compare").click().run()
    said(page)
    (pair,) = page.session_state["12.written"]
    assert {side: len(steps) > 0 for side, steps in pair.steps.items()} == {"base": True, "adapted": True}
    twelve = texts.words("es", "writing", "12_compare")
    assert [c.value for c in page.caption if c.value in (twelve("side.base"), twelve("side.adapted"))]
    assert (copies.found(run).texts, len(copies.kept(run))) == (1, 1)
    assert copies.kept(run)[0]["seconds"] > 0
    page.button_group(key=f"12.adapted.{pair.sampling.seed}.why").set_value(1).run()
    assert "probabilidad del" in said(page)
    assert len(page.get("plotly_chart")) == 1
    page.button(key="compare.all").click().run()
    said(page)
    prompts = project.choices["04_try_model"]["prompts"]
    assert [pair.prompt for pair in page.session_state["12.written"]] == prompts


def wrote(run, adapted):
    """What the page has in hand once both have written."""
    steps = {"base": [Step(" nada", 1.0, [])], "adapted": [Step(adapted, 1.0, [])]}
    return [Pair(str(run.folder), "Anoche", Sampling(), steps, 1.0)]


def test_of_a_model_of_two_halves_it_says_why_no_word_is_weighed(visit, project, run, base):
    record = run.record() | {"model_folder": str(base("t5"))}
    (run.folder / "settings.json").unlink()  # it may be the finished project's own, by a hard link
    storage.write_json(run.folder / "settings.json", record)
    page = visit("12_compare", project=project)
    page.session_state["12.written"] = wrote(run, " una cosa")
    page.run()
    assert texts.words("es", "12_compare")("why.seq2seq") in said(page)
    assert not [group for group in page.button_group if group.key.startswith(("why.", "12.adapted"))]


@IN_BOTH_LANGUAGES
def test_what_was_copied_is_marked_as_text_with_where_it_comes_from_and_step_13_warns(visit, project, run, language):
    """A text is put in place of what the model wrote: a planted copy, and what a browser would take for a picture."""
    copied = next(copies.texts(run))
    page = visit("12_compare", language, project)
    page.session_state["12.written"] = wrote(run, f" <img src=x> {copied} ")
    page.run()
    shown = [body for body in html(page) if "<mark" in body]
    assert "&lt;img src=x&gt;" in shown[0]
    assert not any("<img" in body for body in html(page))
    assert texts.words(language, "copies")("source", number=1, count=len(re.findall(r"\w+", copied))) in said(page)
    warned = visit("13_share", language, project)
    assert [w.value for w in warned.warning if texts.words(language, "copies").body("warn.much") in w.value]


def test_step_13_says_what_was_measured_of_copying_or_that_nobody_looked(visit, project, run):
    rows = evaluate.read(run)["sides"]["adapted"]["novelty"]["rows"]
    assert texts.words("es", "copies")("warn.none", texts=rows) in said(visit("13_share", project=project))
    compare(run, 0.7, 0.8)
    assert texts.words("es", "copies")("warn.unlooked") in said(visit("13_share", project=project))


# ------------------------------------------------------------------ in a browser


@IN_BOTH_LANGUAGES
def test_she_answers_is_proposed_something_and_decides_otherwise(serve, browser, settled, project, run, language):
    expect = pytest.importorskip("playwright.sync_api").expect
    compare(run, 0.7, 0.8)
    said = words(language)
    with browser(viewport={"width": 390, "height": 844}) as visitor:
        page = visitor.new_page()
        page.goto(f"{serve().url}/decision?lang={language}&project={project.id}")
        for question, answer in (ANSWERS | {"public": "yes"}).items():
            page.locator(f".st-key-decision-{question}").get_by_text(said(f"answer.{question}.{answer}")).click()
            settled(page)
        proposal = page.locator(".st-key-proposal")
        expect(proposal.get_by_role("heading", name=said("proposal.adapted"))).to_be_visible()
        expect(proposal).to_contain_text(said("point.measure", number=1, name=said("quality")))
        page.locator(".st-key-decision-chosen").get_by_text(said("proposal.none")).click()
        settled(page)
        expect(page.get_by_text(said("decide.other"))).to_be_visible()
        reason = page.locator(".st-key-decision-reason textarea")
        reason.fill("<b>Prefiero</b> escribirlos a mano: son pocos.")
        reason.press("Control+Enter")
        settled(page)
        page.locator(".st-key-decision-keep button").click()
        expect(page.get_by_text(said("decide.kept"))).to_be_visible()
        page.reload()
        settled(page)
        expect(page.locator(".st-key-decision-chosen input:checked")).to_have_count(1)
        expect(reason).to_have_value("<b>Prefiero</b> escribirlos a mano: son pocos.")
        page.goto(page.url.replace("decision", "compare"))
        expect(page.get_by_text("<b>Prefiero</b> escribirlos a mano")).to_be_visible()
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
