"""Reading as a whole: what is refused, what a child process is for, and which column holds what."""

import json
import os

import psutil
import pytest

from core.data import apart, sources, stages, table
from core.data.columns import guess_columns, guess_group
from core.data.decode import LONGEST_CELL, Encoding
from core.data.read import read
from core.data.table import Options, from_rows
from core.errors import LessonError
from core.tasks import TASKS

WRITE, SUMMARIZE = TASKS["write"], TASKS["summarize"]


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "empty_file"),
        ("a.txt", b" \n \n", "empty_file"),
        ("a.csv", b"text\n", "empty_file"),
        ("a.exe", b"x", "unknown_format"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "misnamed_file"),
        ("a.txt", b"x" * (LONGEST_CELL + 1), "text_too_long"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_words(tmp_path, name, content, code):
    with pytest.raises(LessonError) as error:
        read(written(tmp_path, name, content))
    assert error.value.code == code


def test_an_ending_in_capitals_is_the_same_ending(tmp_path):
    assert read(written(tmp_path, "POEMAS.TXT", b"uno\n\ndos")).data.to_pylist() == [{"text": "uno"}, {"text": "dos"}]


# ------------------------------------------------------------------ apart


def test_an_upload_is_read_by_another_process_and_opened_from_disk(new_project):
    project = new_project()
    shares = []
    sources.keep_files(project, [("poemas.csv", "n;texto\n1;«Niño»\n".encode("cp1252"))], progress=shares.append)
    source = sources.kept_source(project)
    assert source.name == "poemas.csv"
    assert source.table.data.to_pylist() == [{"n": "1", "texto": "«Niño»"}]
    assert "encoding" in {note.code for note in source.table.notes}


def test_an_upload_that_cannot_be_read_leaves_the_project_as_it_was(new_project):
    project = new_project()
    sources.keep_files(project, [("a.csv", b"text\nuno\n")])
    with pytest.raises(LessonError):
        sources.keep_files(project, [("b.csv", b"\x00\x01\x02")])
    assert sources.kept_source(project).table.data.to_pylist() == [{"text": "uno"}]


def test_several_files_become_one_table(new_project):
    project = new_project()
    sources.keep_files(project, [("a.txt", b"uno"), ("b.txt", b"dos")])
    assert [row["text"] for row in sources.kept_source(project).table.data.to_pylist()] == ["uno", "dos"]


def test_a_hostile_file_name_stays_inside_the_project(new_project):
    project = new_project()
    sources.keep_files(project, [("../../../evil.txt", b"uno\n\ndos")])
    (kept,) = (project.folder / "source" / "files").rglob("*.txt")
    assert kept.name == "evil.txt"
    assert sorted(path.name for path in project.folder.parent.iterdir()) == [project.id]


def test_a_file_may_be_read_again_in_another_way(new_project):
    project = new_project()
    sources.keep_files(project, [("a.txt", b"uno\ndos\n\ntres")])
    assert len(sources.kept_source(project).table) == 2
    sources.read_again(project, Options(pieces="line"))
    source = sources.kept_source(project)
    assert (len(source.table), source.table.taken.pieces) == (3, "line")


def test_a_path_on_this_computer_is_read_where_it_lies(new_project, tmp_path):
    project = new_project()
    path = written(tmp_path, "grande.csv", b"texto\nuno\ndos\n")
    sources.keep_path(project, f' "{path}" ')
    assert len(sources.kept_source(project).table) == 2
    assert not (project.folder / "source" / "files").exists()
    with pytest.raises(LessonError, match="file_not_found"):
        sources.keep_path(project, str(tmp_path / "no-está.csv"))


@pytest.mark.parametrize("written", ["~nadie-de-aquí/x.csv", "Verde que te quiero verde. " * 20, "a\0b.csv", ""])
def test_what_is_no_path_at_all_is_a_file_that_is_not_there(new_project, written):
    with pytest.raises(LessonError, match="file_not_found"):
        sources.keep_path(new_project(), written)


def test_a_name_that_is_no_text_is_said_and_nothing_is_lost(new_project, tmp_path):
    name = os.fsdecode(b"poem\xe1s.txt")
    try:
        (tmp_path / name).write_text("uno")
    except OSError:
        pytest.skip("this disk takes only names that are text")
    with pytest.raises(LessonError) as error:
        sources.keep_path(new_project(), str(tmp_path / name))
    assert error.value.code == "cannot_read"
    str(error.value.facts).encode()


def test_a_file_that_goes_away_while_it_is_read_is_said(tmp_path, monkeypatch):
    path = written(tmp_path, "a.txt", b"uno\n")

    def takes_it_away(path):
        path.unlink()
        return Encoding("utf-8")

    monkeypatch.setattr("core.data.read_text.find_encoding", takes_it_away)
    with pytest.raises(LessonError, match="cannot_read"):
        read(path)


def test_a_file_that_asks_for_too_much_memory_is_stopped_and_said_so(tmp_path, monkeypatch):
    monkeypatch.setattr(apart, "MOST_MEMORY", 20_000_000)  # less than Python itself takes
    path = written(tmp_path, "a.csv", b"texto\n" + b"uno dos tres\n" * 200_000)
    question = {"name": "a.csv", "folder": str(tmp_path / "read"), "files": [str(path)], "options": {}}
    before = psutil.Process().children()
    with pytest.raises(LessonError) as error:
        apart.ask(question)
    assert (error.value.code, error.value.facts) == ("reading_too_big", {"name": "a.csv"})
    assert set(psutil.Process().children()) <= set(before)


def test_a_reading_that_never_ends_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(apart, "MOST_SECONDS", 0)
    path = written(tmp_path, "a.csv", b"texto\nuno\n")
    with pytest.raises(LessonError, match="reading_too_slow"):
        apart.ask({"name": "a.csv", "folder": str(tmp_path / "read"), "files": [str(path)], "options": {}})


def test_what_a_table_said_of_itself_is_there_when_it_is_opened_again(tmp_path):
    found = table.Table(
        from_rows([{"a": "1"}], ["a"]).data,
        (table.Note("encoding", {"encoding": "cp1252"}),),
        {"sheet": {"Hoja 1": 3}},
        Options(sheet="Hoja 1"),
    )
    apart.keep(found, tmp_path)
    assert apart.kept(tmp_path) == found
    assert apart.kept(tmp_path / "other") is None


# ------------------------------------------------------------------ columns


def columns_of(found, task):
    return {name: choice.value for name, choice in guess_columns(found, task).items()}


def test_columns_are_guessed_by_name_each_with_a_reason():
    found = from_rows(
        [{"n": "1", "Resumen": "corto", "Cuerpo": "un texto largo de verdad, con más palabras"}],
        ["n", "Resumen", "Cuerpo"],
    )
    assert columns_of(found, SUMMARIZE) == {"text": "Cuerpo", "summary": "Resumen"}
    assert guess_columns(found, SUMMARIZE)["summary"].reason == "column.summary_named"
    assert guess_columns(found, SUMMARIZE)["summary"].facts["times"] > 5


def test_without_a_telling_name_the_longest_is_the_text_and_a_shorter_one_the_summary():
    rows = [{"a": f"t{n}", "b": f"un texto bastante largo, el {n}", "c": "poesía"} for n in range(20)]
    found = from_rows(rows, ["a", "b", "c"])
    assert columns_of(found, WRITE) == {"text": "b"}
    assert guess_columns(found, WRITE)["text"].reason == "column.by_length"
    chosen = guess_columns(found, SUMMARIZE)["summary"]
    assert (chosen.value, chosen.reason) == ("a", "column.shorter")  # «c» says the same in every row


def test_a_column_called_text_with_nothing_in_it_is_not_the_text():
    found = from_rows([{"text": "", "poema": "uno"}], ["text", "poema"])
    assert columns_of(found, WRITE) == {"text": "poema"}


def test_a_book_or_an_author_is_found_to_keep_together():
    rows = [{"texto": f"texto {n}", "Autora": f"autora {n % 4}", "archivo": "x"} for n in range(12)]
    found = from_rows(rows, ["texto", "Autora", "archivo"])
    assert guess_group(found, ["texto"]) == "Autora"
    assert guess_group(from_rows([{"texto": "a", "autora": "b"}], ["texto", "autora"]), ["texto"]) == ""


def test_summaries_need_two_columns():
    with pytest.raises(LessonError, match="too_few_columns"):
        guess_columns(from_rows([{"a": "x"}], ["a"]), SUMMARIZE)


def test_half_an_emoji_is_read_as_a_mark_that_can_be_kept(new_project):
    project = new_project()
    sources.keep_files(project, [("a.jsonl", rb'{"text": "luna \ud83c"}')])
    stages.load_texts(project, sources.kept_source(project))
    assert table.rows(project.texts / "rows") == [{"row": 1, "text": "luna \ufffd"}]


def test_the_record_of_a_data_set_opens_with_datasets_too(tmp_path):
    from datasets import load_from_disk

    table.save(from_rows([{"a": "ñ"}, {"a": "«»"}], ["a"]).data, tmp_path / "rows")
    assert load_from_disk(str(tmp_path / "rows")).to_list() == [{"a": "ñ"}, {"a": "«»"}]
    assert json.loads((tmp_path / "rows" / "dataset_info.json").read_text()) == {}
