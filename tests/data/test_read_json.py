"""JSON in every shape that people and programs write texts in."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.read_json import read_json
from core.data.table import Options, no_progress
from core.errors import LessonError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
)


def read(folder, content, name="a.jsonl"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_json(path, Options(), no_progress)


def rows(table):
    return table.data.to_pylist()


def test_json_lines_may_be_strings_or_objects_with_gaps(tmp_path):
    table = read(tmp_path, '"uno"\n\n{"text": "dos", "n": 2}\n{"text": null}\n')
    assert table.columns == ("text", "n")
    assert rows(table) == [{"text": "uno", "n": ""}, {"text": "dos", "n": "2"}, {"text": "", "n": ""}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["uno", "dos"], [{"text": "uno"}, {"text": "dos"}]),
        ([{"a": "1"}, {"b": "2"}], [{"a": "1", "b": ""}, {"a": "", "b": "2"}]),
        ({"version": 3, "poemas": [{"t": "uno"}, {"t": "dos"}]}, [{"t": "uno"}, {"t": "dos"}]),
        ({"datos": {"poemas": [{"t": "uno"}]}, "n": 1}, [{"t": "uno"}]),
        ({"texto": ["a", "b"], "autora": ["c", "d"]}, [{"texto": "a", "autora": "c"}, {"texto": "b", "autora": "d"}]),
        ([["a", 1], ["b", 2]], [{"(1)": "a", "(2)": "1"}, {"(1)": "b", "(2)": "2"}]),
        (
            [["título", "texto"], ["Luna", "uno"], ["Sol", "dos"]],
            [{"título": "Luna", "texto": "uno"}, {"título": "Sol", "texto": "dos"}],
        ),
        (
            [["Sube, sube.", "la luna"], ["Baja, baja.", "el sol"]],
            [{"(1)": "Sube, sube.", "(2)": "la luna"}, {"(1)": "Baja, baja.", "(2)": "el sol"}],
        ),
        ([["uno", "dos"], ["tres", "cuatro", "cinco"]], [{"text": "uno\ndos"}, {"text": "tres\ncuatro\ncinco"}]),
        ({"texto": {"0": "a", "1": "b"}, "n": {"0": 1, "1": 2}}, [{"texto": "a", "n": "1"}, {"texto": "b", "n": "2"}]),
        (
            {"columns": ["n", "texto"], "index": [0, 1], "data": [[1, "a"], [2, "b"]]},
            [{"n": "1", "texto": "a"}, {"n": "2", "texto": "b"}],
        ),
        ({"titulo": "Luna", "versos": ["uno", "dos"]}, [{"titulo": "Luna", "versos": "uno\ndos"}]),
        ({"poemas": ["uno", "dos"]}, [{"text": "uno"}, {"text": "dos"}]),
        ({"autora": "Ana", "poemas": ["uno", "dos"]}, [{"text": "uno"}, {"text": "dos"}]),
        (
            {"train": ["a", "b"], "test": ["c"]},
            [{"key": "train", "text": "a"}, {"key": "train", "text": "b"}, {"key": "test", "text": "c"}],
        ),
        (
            {"a": {"key": "x"}, "b": {"key": "y"}, "c": {"key": "z"}},
            [{"key_": "a", "key": "x"}, {"key_": "b", "key": "y"}, {"key_": "c", "key": "z"}],
        ),
        ({"texto": "uno solo"}, [{"texto": "uno solo"}]),
    ],
)
def test_records_are_found_wherever_they_stand(tmp_path, value, expected):
    assert rows(read(tmp_path, json.dumps(value), "a.json")) == expected


def test_lists_of_alike_records_are_joined_with_the_key_of_each(tmp_path):
    table = read(
        tmp_path, json.dumps({"n": 3, "poemas": [{"t": "a", "key": 1}, {"t": "b"}], "cartas": [{"t": "x"}]}), "a.json"
    )
    assert [(row["key_"], row["t"]) for row in rows(table)] == [("poemas", "a"), ("poemas", "b"), ("cartas", "x")]
    assert table.notes == ()


def test_lists_unlike_the_one_with_most_text_are_left_aside_and_told(tmp_path):
    chat = {
        "participants": [{"name": "Ana"}, {"name": "Eva"}, {"name": "Lía"}],
        "tags": ["x"],
        "messages": [{"sender_name": "Ana", "content": "¿vas al río?"}, {"sender_name": "Eva", "content": "mañana"}],
    }
    table = read(tmp_path, json.dumps(chat), "a.json")
    assert rows(table) == chat["messages"]
    assert [(note.code, dict(note.facts)) for note in table.notes] == [
        ("lists_aside", {"count": 4, "lists": "participants (3), tags (1)"})
    ]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize(("between", "indent"), [("", None), ("\n", None), ("\n\n", 2), (" ", 2)])
def test_objects_one_after_the_other_are_rows_however_they_are_laid_out(tmp_path, name, between, indent):
    content = between.join(json.dumps({"t": text}, indent=indent) for text in ("uno", "dos", "tres"))
    assert rows(read(tmp_path, content + "\n", name)) == [{"t": "uno"}, {"t": "dos"}, {"t": "tres"}]


def test_a_broken_object_after_others_is_said_with_its_place(tmp_path):
    with pytest.raises(LessonError) as error:
        read(tmp_path, '{\n"t": "uno"\n}\n{\n"t": dos\n}\n', "a.json")
    assert error.value.facts == {"name": "a.json", "line": 5, "column": 6}


def test_lines_whose_first_is_broken_are_read_as_lines(tmp_path):
    table = read(tmp_path, '{"t": "cort\n' + '{"t": "uno"}\n' * 30)
    assert len(table) == 30
    assert [dict(note.facts) for note in table.notes] == [{"count": 1, "rows": "1"}]


def test_a_poem_as_a_list_of_lines_is_a_poem(tmp_path):
    assert rows(read(tmp_path, json.dumps({"poema": ["uno,", "dos"]}))) == [{"poema": "uno,\ndos"}]


def test_nested_records_become_flat_columns(tmp_path):
    record = {"autor": {"nombre": "Ana", "datos": {"año": 1950}}, "etiquetas": [1, 2], "si": True}
    assert rows(read(tmp_path, json.dumps([record]), "a.json")) == [
        {"autor.nombre": "Ana", "autor.datos.año": "1950", "etiquetas": "[1, 2]", "si": "true"}
    ]


def test_lines_in_a_file_called_json_are_read_as_lines(tmp_path):
    assert len(read(tmp_path, '\ufeff{"t": "uno"}\n{"t": "dos"}\n', "a.json")) == 2


def test_a_few_broken_lines_are_left_out_and_named(tmp_path):
    lines = [json.dumps({"t": f"texto {n}"}) for n in range(60)]
    table = read(tmp_path, "\n".join([*lines[:9], '{"t": "cort', *lines[9:]]))
    assert len(table) == 60
    assert [(note.code, dict(note.facts)) for note in table.notes] == [("broken_lines", {"count": 1, "rows": "10"})]


def test_many_broken_lines_are_refused(tmp_path):
    with pytest.raises(LessonError) as error:
        read(tmp_path, '{"t": "uno"}\n{"t": \n{"t": "dos"}\n')
    assert (error.value.code, error.value.facts) == ("broken_json", {"line": 2})


def test_a_broken_file_says_where(tmp_path):
    with pytest.raises(LessonError) as error:
        read(tmp_path, '[{"t": "uno"},\n {"t": "dos}]', "a.json")
    assert error.value.code == "broken_json_file"
    assert error.value.facts["line"] == 2


@pytest.mark.parametrize("content", ["[" * 100_000, "1" * 5000, '{"a": ' * 50_000, "[]", "{}", "null", '""'])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_what_is_no_text_gives_a_sentence_or_a_row(tmp_path, content, name):
    try:
        assert read(tmp_path, content, name).columns
    except LessonError:
        pass


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"])
def test_only_a_line_break_ends_a_json_line(tmp_path, mark):
    content = json.dumps({"text": f"uno{mark}dos"}, ensure_ascii=False)
    assert rows(read(tmp_path, content)) == [{"text": f"uno{mark}dos"}]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r")), min_size=1))
@settings(deadline=None)
def test_what_was_written_is_given_back(tmp_path_factory, texts):
    folder = tmp_path_factory.getbasetemp()
    lines = "\n".join(json.dumps({"text": text}) for text in texts)
    assert [row["text"] for row in rows(read(folder, lines))] == texts
    assert [row["text"] for row in rows(read(folder, json.dumps(texts), "a.json"))] == texts


@given(st.lists(VALUES, max_size=6) | VALUES)
@settings(deadline=None)
def test_any_json_gives_text_or_a_sentence(tmp_path_factory, value):
    folder = tmp_path_factory.getbasetemp()
    for name in ("v.json", "v.jsonl"):
        try:
            table = read(folder, json.dumps(value), name)
        except LessonError:
            continue
        assert all(isinstance(cell, str) for row in rows(table) for cell in row.values())
        json.dumps(rows(table), ensure_ascii=False).encode()
