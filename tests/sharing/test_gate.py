"""What has to hold before everybody may see a model: each point, and which licence may follow which."""

import shutil

import pyarrow as pa
import pytest

from core import storage
from core.data import table
from core.errors import LessonError
from core.models import licence
from core.sharing import gate
from core.sharing.gate import Answers
from core.training import plan, runs

RIGHT = Answers("mine", "nobody", "cc-by-4.0")


@pytest.fixture
def run(loaded):
    project = loaded()
    return runs.create(project, plan.settings(project, "quick"))


def says(run):
    return {point.code: point.says for point in gate.points(run)}


def base_says(run, card):
    """Gives the run a base whose card says this."""
    folder = run.workspace.parent / "base"
    folder.mkdir(exist_ok=True)
    (folder / "README.md").write_text(card, encoding="utf-8")
    storage.write_json(
        run.folder / "settings.json", run.record() | {"model": "grupo/base", "model_folder": str(folder)}
    )


def looked(run, copied, longest):
    record = {"text": str(copied), "words": 100, "copied": copied, "longest": longest, "passage": ""}
    storage.append_json(run.folder / "copies.jsonl", record)


def test_nothing_answered_waits_and_what_is_answered_is_kept(run):
    assert says(run) == {
        "personal": "passed", "copies": "unlooked", "texts": "unanswered", "people": "unanswered",
        "licence": "unanswered",
    }  # fmt: skip
    with pytest.raises(LessonError) as closed:
        gate.check(run)
    assert (closed.value.code, closed.value.facts) == ("gate_closed", {"waiting": 4})
    gate.keep(run, RIGHT)
    looked(run, 0, 0)
    assert gate.kept(run) == RIGHT
    assert set(says(run).values()) == {"passed"}
    gate.check(run)


@pytest.mark.parametrize(("copied", "longest"), [(40, 9), (3, 20)])
def test_much_copying_is_in_the_way(run, copied, longest):
    looked(run, copied, longest)
    assert says(run)["copies"] == "high"


def test_who_was_not_asked_is_in_the_way(run):
    gate.keep(run, Answers("not_asked", "not_asked", "cc-by-4.0"))
    assert (says(run)["texts"], says(run)["people"]) == ("not_asked", "not_asked")


def test_personal_data_that_she_chose_to_keep_is_looked_for_and_found(run):
    record = storage.load_json(run.prepared / "record.json")
    storage.write_json(run.prepared / "record.json", record | {"recipe": record["recipe"] | {"personal": "keep"}})
    assert says(run)["personal"] == "passed", "the sample has none"
    data = table.read(run.prepared / "train").slice(0, 3)
    place = data.column_names.index("text")
    texts = pa.array(["Escribime a ana@ejemplo.org", "El río", "Llamá al 11 4567-8901"])
    shutil.rmtree(run.prepared / "train")
    table.save(data.set_column(place, "text", texts), run.prepared / "train")
    (point,) = [point for point in gate.points(run) if point.code == "personal"]
    assert (point.says, point.facts) == ("found", {"rows": 2})


@pytest.mark.parametrize(
    ("card", "hers", "expected"),
    [
        ("", "cc-by-4.0", "none"),
        ("license: apache-2.0", "cc-by-4.0", "passed"),
        ("license: cc-by-nc-4.0", "cc-by-4.0", "other"),
        ("license: cc-by-nc-4.0", "cc-by-nc-4.0", "passed"),
        ("license: cc-by-nd-4.0", "cc-by-nd-4.0", "no_changes"),
        ("license: gemma", "cc-by-4.0", "other"),
        ("license: gemma", "gemma", "unread"),
        ("license: gemma", "", "unanswered"),
    ],
)
def test_the_bases_licence_decides_which_may_be_hers(run, card, hers, expected):
    base_says(run, f"---\n{card}\n---\n")
    gate.keep(run, Answers("mine", "nobody", hers))
    assert says(run)["licence"] == expected
    if expected == "unread":
        gate.keep(run, Answers("mine", "nobody", hers, read=True))
        assert says(run)["licence"] == "passed"


@pytest.mark.parametrize(
    ("base", "hers", "may"),
    [
        ("MIT", "apache-2.0", True),
        ("cc-by-sa-4.0", "cc-by-4.0", False),
        ("cc-by-sa-4.0", "cc-by-sa-4.0", True),
        ("gpl-3.0", "mit", False),
        ("cc-by-nc-4.0", "cc-by-nc-sa-4.0", True),
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0", False),
        ("cc-by-nc-4.0", "cc0-1.0", False),
        ("llama3.2", "llama3.2", True),
        ("llama3.2", "mit", False),
        ("", "mit", False),
        ("mit", "", False),
    ],
)
def test_a_licence_follows_another_as_far_as_that_allows(base, hers, may):
    assert licence.may_carry(base, hers) is may
