"""From texts to prepared texts: what a recipe does, what it says of it, and what never falls on both sides."""

import json
import random
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import storage
from core.data import sources, stages, table
from core.data.clean import clean
from core.data.recipe import NEAR_MOST, Recipe, propose, repairs_of
from core.data.split import PARTS
from core.data.table import from_rows
from core.errors import LessonError
from core.tasks import TASKS

WRITE, SUMMARIZE = TASKS["write"], TASKS["summarize"]
NOTHING = Recipe(
    *[False] * 5, personal="keep", long_summaries=False, copied_summaries=False, duplicates=False, near_duplicates=False
)


def rows(*texts, **columns):
    import pyarrow as pa

    data = {"row": list(range(1, len(texts) + 1)), "text": list(texts), **columns}
    types = {"row": pa.int64()}
    return pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in data.items()})


def kept(cleaned):
    return cleaned.kept.column("text").to_pylist()


def left_out(cleaned):
    return [(row["row"], row["reason"], row["like"]) for row in cleaned.left_out.to_pylist()]


def load(project, texts, **columns):
    found = from_rows(
        [{"text": text, **{n: v[i] for n, v in columns.items()}} for i, text in enumerate(texts)], ["text", *columns]
    )
    return stages.load_texts(project, sources.Source("a.csv", found), {name: name for name in columns})


# ------------------------------------------------------------------ a recipe


def test_each_row_that_goes_says_why_and_the_first_of_equals_stays():
    cleaned = clean(rows("Uno y dos", "", "  ", "uno, y dos ", "Tres"), WRITE, Recipe())
    assert kept(cleaned) == ["Uno y dos", "Tres"]
    assert left_out(cleaned) == [(2, "empty", 0), (3, "empty", 0), (4, "duplicates", 1)]
    assert cleaned.reasons == {"empty": 2, "duplicates": 1}


def test_a_repair_that_is_off_does_nothing_but_still_tells_what_it_found():
    cleaned = clean(
        rows("El niÃ±o  mira la tarde", "uno y dos y tres y cuatro", "Uno y dos y tres y cuatro."), WRITE, NOTHING
    )
    assert kept(cleaned) == ["El niÃ±o  mira la tarde", "uno y dos y tres y cuatro", "Uno y dos y tres y cuatro."]
    assert {code: finding.count for code, finding in cleaned.findings.items()} == {
        "encoding": 1,
        "whitespace": 1,
        "duplicates": 1,
    }


def test_a_finding_shows_at_most_three_real_examples_before_and_after():
    cleaned = clean(rows(*(f"el niÃ±o número {n}" for n in range(9))), WRITE, Recipe(near_duplicates=False))
    finding = cleaned.findings["encoding"]
    assert finding.count == 9
    assert finding.examples[0] == {"row": 1, "before": "el niÃ±o número 0", "after": "el niño número 0"}
    assert len(finding.examples) == 3


def test_near_equal_texts_show_their_twin_and_the_first_stays():
    poem = "A la orilla del agua la tarde se me olvida, y el río que la lleva no me pregunta nada de lo que fue mi vida"
    cleaned = clean(rows(poem, "Otra cosa distinta, con sus propias palabras de ayer", f"{poem} ay"), WRITE, Recipe())
    assert left_out(cleaned) == [(3, "near_duplicates", 1)]
    (shown,) = cleaned.findings["near_duplicates"].examples
    assert (shown["twin_row"], shown["twin"]) == (1, poem)
    assert 0.8 <= shown["likeness"] < 1


def test_personal_data_is_covered_kept_or_leaves_as_she_says():
    data = rows("Escribime a ana@example.com cuando llegues", "Nada que tapar acá")
    assert kept(clean(data, WRITE, Recipe()))[0] == "Escribime a [correo] cuando llegues"
    assert kept(clean(data, WRITE, Recipe(personal="keep")))[0] == "Escribime a ana@example.com cuando llegues"
    assert left_out(clean(data, WRITE, Recipe(personal="leave_out"))) == [(1, "personal", 0)]


def test_a_long_text_is_divided_and_its_pieces_belong_together():
    stanza = "\n".join(f"verso {n} de la tarde larga" for n in range(4))
    poem = "\n\n".join(f"{stanza} {n}" for n in range(6))
    cleaned = clean(rows(poem, "otro"), WRITE, Recipe(long_texts=True, longest=250, near_duplicates=False))
    assert all(len(text) <= 250 for text in kept(cleaned))
    assert "".join("".join(kept(cleaned)[:-1]).split()) == "".join(poem.split())
    assert len(set(cleaned.keys[:-1])) == 1
    assert cleaned.keys[-1] != cleaned.keys[0]


def test_pairs_are_never_divided_and_bad_summaries_leave():
    source = "Una nota larga sobre la crecida del río y lo que dejó en las casas del bajo. " * 3
    data = rows(source, source + "b", source + "c", summary=["La crecida dejó barro.", source * 2, source[:153]])
    recipe = Recipe(long_texts=True, longest=50, near_duplicates=False)
    assert left_out(clean(data, SUMMARIZE, recipe)) == [(2, "long_summaries", 0), (3, "copied_summaries", 0)]
    assert "long_texts" not in repairs_of(SUMMARIZE)


def test_a_summary_without_a_text_goes_and_a_text_without_a_summary_too():
    assert clean(rows("uno", "", summary=[" ", "dos"]), SUMMARIZE, NOTHING).reasons == {"empty": 2}


@settings(deadline=None)
@given(st.lists(st.text(max_size=200), max_size=8), st.booleans())
@example(["cafe\u200b\u0301"], False)  # an invisible mark between a letter and its accent
@example(["&amp;lt;b&amp;gt;uno"], False)
def test_a_recipe_applied_twice_changes_nothing_more(texts, divided):
    recipe = Recipe(long_texts=divided, longest=40, short_texts=divided, shortest=3)
    once = clean(rows(*texts), WRITE, recipe)
    twice = clean(once.kept, WRITE, recipe)
    assert kept(twice) == kept(once)
    assert not twice.mended
    assert not len(twice.left_out)


@pytest.mark.parametrize("seed", range(5))
def test_among_many_variants_of_a_text_a_second_cleaning_finds_nothing_more(seed):
    draw = random.Random(seed)
    words = [f"{a}{b}" for a in ("ca", "lu", "pe", "rio") for b in ("sa", "na", "ro", "tel", "go", "dre", "lla")]
    original = draw.choices(words, k=60)
    variants = []
    for _ in range(40):
        variant = original[:]
        for place in draw.sample(range(60), draw.randint(1, 3)):
            variant[place] = draw.choice(words)
        variants.append(" ".join(variant))
    once = clean(rows(*variants), WRITE, Recipe())
    assert set(once.reasons) == {"near_duplicates"}
    assert kept(clean(once.kept, WRITE, Recipe())) == kept(once)
    texts = [text.split() for text in kept(once)]
    pieces = [{tuple(text[n : n + 3]) for n in range(58)} for text in texts]
    assert all(len(a & b) / len(a | b) < 0.8 for a, b in combinations(pieces, 2))


@given(st.lists(st.text(max_size=60), max_size=12))
@settings(deadline=None)
def test_no_row_is_lost_in_silence(texts):
    cleaned = clean(rows(*texts), WRITE, Recipe())
    numbers = cleaned.kept.column("row").to_pylist() + cleaned.left_out.column("row").to_pylist()
    assert sorted(numbers) == list(range(1, len(texts) + 1))


def test_a_recipe_read_from_a_file_is_looked_at(tmp_path):
    path = tmp_path / "receta.json"
    path.write_text(json.dumps({"personal": "keep", "shortest": 5}))
    assert stages.read_recipe(path) == Recipe(personal="keep", shortest=5)
    path.write_text(json.dumps({"personal": "todo", "otra": 1, "likeness": 0.1}))
    with pytest.raises(LessonError) as error:
        stages.read_recipe(path)
    assert error.value.code == "recipe_problems"
    assert all(name in error.value.facts["problems"] for name in ("personal", "otra", "likeness"))
    path.write_text("[]")
    with pytest.raises(LessonError, match="recipe_unreadable"):
        stages.read_recipe(path)


def test_what_is_proposed_depends_on_the_texts_and_says_why():
    few = {"rows": 100, "characters": {"max": 300, "percentiles": {"50": 50}}, "languages": {"es": 0.5, "en": 0.5}}
    recipe, reasons = propose(few, WRITE, 1600)
    assert recipe == Recipe(longest=1600)
    many = {"rows": NEAR_MOST + 1, "characters": {"max": 9000, "percentiles": {"50": 900}}, "languages": {"es": 1.0}}
    recipe, reasons = propose(many, WRITE, 1600)
    assert (recipe.long_texts, recipe.short_texts, recipe.near_duplicates, recipe.other_language) == (
        True,
        True,
        False,
        True,
    )
    assert set(reasons) == {"longest", "long_texts", "short_texts", "near_duplicates", "other_language"}


# ------------------------------------------------------------------ the stages


def test_too_few_texts_are_refused_with_the_number_that_is_needed(new_project):
    project = new_project()
    load(project, ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"])
    with pytest.raises(LessonError) as error:
        stages.prepare(project, NOTHING)
    assert (error.value.code, error.value.facts) == ("too_few_texts", {"found": 9, "needed": 10})
    assert not project.prepared.exists()


def test_only_blank_texts_and_wrong_columns_are_refused(new_project):
    project = new_project()
    with pytest.raises(LessonError, match="only_blank_texts"):
        load(project, [" "] * 20)
    full = sources.Source("a.csv", from_rows([{"text": "x"}], ["text"]))
    with pytest.raises(LessonError, match="column_not_found"):
        stages.load_texts(project, full, {"text": "otra"})
    assert not project.texts.exists()


def test_a_stage_says_what_it_was_made_from(loaded):
    project = loaded()
    texts, prepared = (storage.load_json(folder / "record.json") for folder in (project.texts, project.prepared))
    tokens = storage.load_json(project.tokens / "record.json")
    assert prepared["made_from"] == texts["fingerprint"]
    assert tokens["made_from"] == prepared["fingerprint"]
    assert sum(prepared["rows"].values()) == prepared["rows_kept"] == 258


PORTUGUESE = (
    "O meu amigo foi ontem à praia e trouxe um saco cheio de conchas para a sua filha, e a menina {} não dormiu de "
    "tão contente que ficou com aquilo"
)
CATALAN = (
    "El meu amic va anar ahir a la platja i va portar un sac ple de petxines per a la seva filla, i la nena {} no va "
    "dormir de tan contenta que estava"
)
SPANISH = (
    "El perro de la esquina no quería ladrar aquella noche, y los vecinos que lo oían siempre {} salieron a la calle "
    "para ver si todavía estaba ahí"
)
ENGLISH = (
    "My friend went to the beach yesterday and brought back a bag full of shells for his daughter, and the girl {} "
    "was so happy with them that she could not sleep"
)


@pytest.mark.parametrize(
    ("most", "others"),
    [([PORTUGUESE] * 40, [SPANISH]), ([CATALAN] * 40, [SPANISH]), ([ENGLISH] * 1000, [SPANISH] * 200)],
)
def test_the_proposal_keeps_the_language_of_most_texts_whichever_it_is_and_leaves_out_the_others(
    new_project, most, others
):
    project = new_project()
    load(project, [text.format(n) for n, text in enumerate(others + most)])
    recipe, _ = stages.proposed(project)
    assert recipe.other_language
    cleaned = stages.look_clean(project, recipe.changed({"near_duplicates": False}))
    assert left_out(cleaned) == [(n + 1, "other_language", 0) for n in range(len(others))]
    assert len(cleaned.kept) == len(most)


def test_one_recipe_serves_texts_of_another_language(new_project):
    project = new_project()
    load(project, [SPANISH.format(n) for n in range(40)])
    recipe = stages.proposed(project)[0].changed({"near_duplicates": False})
    load(project, [PORTUGUESE.format(n) for n in range(40)])
    assert not len(stages.look_clean(project, recipe).left_out)


def test_what_is_saved_opens_with_datasets_too(loaded):
    from datasets import load_from_disk

    project = loaded()
    assert load_from_disk(str(project.prepared / "train")).to_list() == table.rows(project.prepared / "train")


def test_texts_of_one_group_stay_in_one_part_and_the_leak_of_a_naive_split_is_told(new_project):
    project = new_project()
    texts = [f"texto {n} que no se parece a ningún otro: {n * n} {n * 7919}" for n in range(100)]
    load(project, texts, group=[f"libro {n % 20}" for n in range(100)])
    record = stages.prepare(project, NOTHING)
    groups = [{row["group"] for row in table.rows(project.prepared / part)} for part in PARTS]
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]
    assert record["leak"]["test"] == 10
    assert record["leak"]["leaked"] >= 8  # with four siblings each, nearly every row has one among the training ones


def test_the_leak_counts_the_copies_that_cleaning_takes_out(new_project):
    project = new_project()
    different = [f"el {n} de la tarde {n * 31} y {n * 17} de la noche" for n in range(60)]
    load(project, different + different[:30])
    record = stages.prepare(project)
    assert record["rows_kept"] == 60
    assert record["leak"]["leaked"] > 0


def test_cleaning_is_looked_at_once_and_done_again_when_the_texts_change(new_project):
    project = new_project()
    load(project, [f"uno  {n}" for n in range(12)])
    first = stages.look_clean(project, NOTHING)
    assert stages.is_looked_at(project, NOTHING)
    assert stages.seen_recipe(project) == NOTHING
    again = stages.look_clean(project, NOTHING)
    assert again.kept.equals(first.kept)
    assert again.findings == first.findings
    assert (again.keys == first.keys).all()
    load(project, ["otro"] * 3)
    assert not stages.is_looked_at(project, NOTHING)
    assert len(stages.look_clean(project, NOTHING).kept) == 3


def test_a_kept_recipe_is_for_the_texts_it_was_made_for(new_project):
    from core import project as projects

    project = new_project()
    load(project, [f"uno {n}" for n in range(12)])
    stages.prepare(project, NOTHING)
    project = projects.open_project(project.folder.parent, project.id)
    assert stages.kept_recipe(project) == NOTHING
    load(project, ["otro"] * 3)
    assert stages.kept_recipe(project) is None
