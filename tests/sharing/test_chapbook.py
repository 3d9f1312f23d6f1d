"""The chapbook, on paper and on a screen: it says what is on disk, and shows every text as it stands."""

from html.parser import HTMLParser

import pypdfium2
import pytest

from core import decision, storage, texts
from core.evaluation import evaluate
from core.sharing import card
from core.sharing.chapbook import blocks, book, page, passages, pdf
from core.sharing.chapbook.choices import SECTIONS, Choices, keep, kept
from core.sharing.chapbook.passages import Passage
from core.training import plan, runs

MM = 72 / 25.4  # points
VERSE = "Guardé la llave\n  debajo del limonero\n\ny se la llevó el ñandú."
HOSTILE = (
    '#set page(fill: red) #read("/etc/passwd") $x^2$ \\ <script>alert(1)</script> <a> @b *c* _d_ `e` {rows} & "f" //g'
)


@pytest.fixture
def made(loaded):
    """A finished run of these texts, as far as a chapbook reads it: a curve, and what both models wrote for it."""

    def make(written=(), task="write"):
        project = loaded(task)
        run = runs.create(project, plan.settings(project, "quick"), "Anoche")
        run.adapter.mkdir()
        (run.adapter / "adapter_model.safetensors").write_bytes(b"learned")
        for kind, step, loss in (("base", 0, 4.5), ("validation", 20, 3.9), ("validation", 40, 3.75)):
            storage.append_json(run.metrics, {"kind": kind, "step": step, "loss": loss})
        facts = {"status": "finished", "step": 40, "train_seconds": 75.0, "trainable_parameters": 473088}
        storage.write_json(run.folder / "state.json", facts)
        passages.folder(run).mkdir(parents=True)
        passages.keep(run, [Passage(passages.WRITTEN, *one) for one in written])
        return run, project

    return make


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return "\n".join(one.get_textpage().get_text_range() for one in document)


def flat(text: str) -> str:
    """A text without what setting it may change: where lines break, and a hyphen there."""
    return "".join(text.replace("\ufffe", "").replace("\u200b", "").split())


class Seen(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.tags, self.said, self.open = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open = tag

    def handle_data(self, data):
        if self.open != "style":
            self.said.append(data)


def test_the_pdf_is_a_booklet_with_her_lines_her_name_and_an_outline(made):
    run, project = made([(VERSE, " Ayer no.", "\nAyer sí, corazón.")])
    content = pdf.make(book.make(run, project, Choices("Ñandúes", "Ana Íñiguez", "Para Úrsula"), "es"))
    document = pypdfium2.PdfDocument(content)
    sizes = [side for n in range(len(document)) for side in document.get_page_size(n)]
    assert sizes == pytest.approx([148 * MM, 210 * MM] * len(document), abs=0.1)
    said = document.get_metadata_dict()
    assert (said["Title"], said["Author"]) == ("Ñandúes", "Ana Íñiguez")
    words = texts.words("es", "chapbook")
    outline = [one.get_title() for one in document.get_toc()]
    assert outline[:2] == [words("foreword"), words("passages")]
    assert outline[-1] == words("colophon")
    lines = text_of(content).splitlines()
    for line in (
        "Guardé la llave",
        "debajo del limonero",
        "y se la llevó el ñandú.",
        "Ayer sí, corazón.",
        "Para Úrsula",
    ):
        assert line in [one.strip() for one in lines]
    assert b"/Lang" in content
    assert b"/StructTreeRoot" in content


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_both_languages_say_everything_that_was_found(made, language):
    run, project = made([(VERSE, "a", "b")])
    decision.keep(project, chosen="more", proposed="adapted", reason="Son pocos, todavía.", run=run.name)
    from core import project as projects

    project = projects.open_project(project.folder.parent, project.id)
    whole = book.make(run, project, Choices(author="Ana"), language)
    assert [part.key for part in whole.parts] == [*SECTIONS, "colophon"]
    for said in (" ".join(Seen(page.make(whole)).said), text_of(pdf.make(whole))):
        assert texts.placeholders(said) == set()
        assert flat("Son pocos, todavía.") in flat(said)
        assert flat(texts.words(language, "chapbook").body("figures.none")) in flat(said)


def test_what_is_left_out_is_out(made):
    run, project = made([(VERSE, "Ayer no.", "Ayer sí.")])
    for section in SECTIONS:
        whole = book.make(run, project, Choices(left_out=(section,)), "es")
        assert section not in [part.key for part in whole.parts]
        assert f'id="{section}"' not in page.make(whole)
    bare = text_of(pdf.make(book.make(run, project, Choices(left_out=SECTIONS), "es")))
    assert "Ayer sí." not in bare
    assert texts.words("es", "chapbook")("colophon") in bare


def test_no_text_is_ever_code(made):
    run, project = made([(HOSTILE, HOSTILE, HOSTILE)])
    whole = book.make(run, project, Choices(HOSTILE, HOSTILE, HOSTILE), "es")
    said = flat(text_of(pdf.make(whole)))
    assert said.count(flat(HOSTILE)) == 7  # twice a beginning with what followed, title, author, dedication
    seen = Seen(page.make(whole))
    assert flat("".join(seen.said)).count(flat(HOSTILE)) == 8  # the title twice
    assert not {tag for tag, _ in seen.tags} & {"script", "link", "img", "iframe", "object", "base", "form"}


def test_the_page_asks_nothing_of_anywhere(made):
    run, project = made([(VERSE, "a", "b")])
    html = page.make(book.make(run, project, Choices(), "es"))
    seen = Seen(html)
    addresses = [value for _, given in seen.tags for name, value in given.items() if name in ("src", "href", "action")]
    assert all(address.startswith("#") for address in addresses)
    assert "http" not in html.replace('xmlns="http://www.w3.org/2000/svg"', "").replace("http-equiv", "")
    assert not {name for _, given in seen.tags for name in given if name.startswith("on")}
    policy = next(given["content"] for tag, given in seen.tags if given.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_a_sign_that_no_typeface_has_stands_by_its_number_and_that_is_said(made):
    run, project = made([("Un signo: \U00012000 \x07\u202efin", "\U00012000", "sí")])
    whole = book.make(run, project, Choices(), "es")
    said = text_of(pdf.make(whole))
    assert "[U+12000]" in said
    assert flat(texts.words("es", "chapbook")("colophon.signs", count=1)) in flat(said)
    assert "\U00012000" in page.make(whole)
    assert "\u202e" not in page.make(whole)


def test_what_is_too_long_stays_on_the_page(made):
    run, project = made([("a" * 400, " " + "palabra " * 300, "\n" * 40 + "b" * 200)])
    content = pdf.make(book.make(run, project, Choices(), "es"))
    for one in pypdfium2.PdfDocument(content):
        for found in one.get_objects():
            left, _, right, _ = found.get_bounds()
            assert left > 0
            assert right < 148 * MM


def test_every_sign_of_spanish_is_in_the_typefaces():
    from fontTools.ttLib import TTFont

    from core.sharing.chapbook.faces import STATIC

    wanted = set("áéíóúüñÁÉÍÓÚÜÑ¿¡«»—–…“”‘’ºª·€0123456789")
    faces = sorted(STATIC.glob("*.ttf"))
    assert len(faces) == 5
    for face in faces:
        assert wanted <= {chr(code) for code in TTFont(face).getBestCmap()}, face.name


@pytest.mark.parametrize(
    ("text", "is_verse"), [(VERSE, True), ("Sola.", True), ("palabra " * 40, False), ("corto\n" + "largo " * 40, False)]
)
def test_verse_is_told_from_prose(text, is_verse):
    assert blocks.laid_out("", text, "", "es").is_verse is is_verse


def test_a_line_knows_what_was_given_and_what_was_written():
    (first, second), (third,) = blocks.laid_out("", "La luna\n  y el", " río\n\nno.", "es").stanzas
    assert (first.given, first.written) == ("La luna", "")
    assert (second.given, second.written, second.indent) == ("y el", " río", 2)
    assert (third.given, third.written) == ("", "no.")


def test_her_choices_are_kept_and_what_cannot_be_is_left_aside(made):
    run, project = made([(VERSE, "a", "b"), (VERSE, "c", "d")])
    wanted = Choices("T", "A", "D", "grey", ("limits",), (passages.known(run)[1].id,))
    project = keep(project, wanted)
    assert kept(project) == wanted
    assert [one.base for one in passages.chosen(run, kept(project).passages)] == ["c"]
    from core import project as projects

    other = projects.update(
        project, "chapbook", {"title": 3, "set_off": "loud", "left_out": ["limits", "title"], "passages": "no"}
    )
    assert kept(other) == Choices("", "A", "D", "italic", ("limits",), ())


def against(says):
    return {"perplexity": {"kind": "ratio", "difference": 0.6, "low": 0.5, "high": 0.7, "says": says}}


@pytest.mark.parametrize("says", ["better", "worse", "unknown", "few"])
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_figures_are_the_evaluations_with_its_rivals_and_who_won(made, says, language):
    run, project = made([(VERSE, "a", "b")])
    value = {"value": 41.5, "low": 36.25, "high": 45.5, "rows": 26}
    sides = {"adapted": {"perplexity": value}, "base": {"perplexity": value | {"value": 66.7}}}
    record = {
        "task": "write", "sides": sides, "against": {"base": against(says)}, "rows": 26, "opened": 1, "examples": [],
        "seconds": 9.0, "adapter": evaluate.fingerprint(run),
    }  # fmt: skip
    storage.write_json(run.evaluation / "record.json", record)
    words, said = texts.words(language, "chapbook"), texts.words(language, "evaluation", "report")
    whole = book.make(run, project, Choices(), language)
    for shown in (flat(" ".join(Seen(page.make(whole)).said)), flat(text_of(pdf.make(whole)))):
        assert flat(words(f"figures.{says}", rival=said("side.base"), rows=26)) in shown
        assert flat(said("report.value", value=41.5, low=36.25, high=45.5)) in shown
        assert flat(words.body("figures.none")) not in shown
        assert flat(words("limits.few", rows=26)) in shown
        listed = card.limits(run, texts.words(language, "card")).splitlines()
        assert all(flat(line.removeprefix("- ")) in shown for line in listed)
    assert len(listed) == 5, "the last one speaks of the classroom's model"


def test_a_curve_that_never_fell_is_said_and_not_drawn(made):
    run, project = made()
    for step, loss in ((20, 6.0), (40, 6.5)):
        storage.append_json(run.metrics, {"kind": "validation", "step": step, "loss": loss})
    whole = book.make(run, project, Choices(), "es")
    (shown,) = [part.blocks for part in whole.parts if part.key == "curve"]
    assert [type(one) for one in shown] == [blocks.Paragraph]
    assert "<polyline" not in page.make(whole)
    assert pdf.make(whole)


def test_what_it_copied_is_looked_for_in_the_chapbooks_own_texts(made):
    from core.data import table

    run, project = made()
    mine = table.rows(run.prepared / "train")[0]["text"]
    passages.keep(
        run, [Passage(passages.WRITTEN, "Uno", " nada", "\n" + mine), Passage(passages.WRITTEN, "Dos", "", "")]
    )
    said = flat(text_of(pdf.make(book.make(run, project, Choices(), "es"))))
    assert flat(texts.words("es", "chapbook").body("copies.here", count=2, copying=1, words=6)) in said


def test_what_another_adapter_wrote_is_not_shown(made):
    run, _ = made([(VERSE, "a", "b")])
    assert len(passages.written(run)) == 1
    (run.adapter / "adapter_model.safetensors").write_bytes(b"learned otherwise")
    assert passages.written(run) == []
    assert evaluate.result(run) is None
