"""The chain by the command, as a person types it."""

import json
import os
import signal
import subprocess
import sys

import pytest
from hub_server import NOWHERE, point_at

from core import cli, processes
from core.commands import learn
from core.processes import ROOT

NAMED = {
    "rows_read", "rows_kept", "dropped", "train_rows", "validation_rows", "test_rows", "tokens", "truncated_rows",
    "model", "trainable_parameters", "steps", "train_seconds", "tokens_per_second", "precision", "peak_memory_mb",
    "base", "adapted", "project", "run",
}  # fmt: skip


def core(*arguments, language="es", **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "LLMS_LANGUAGE": language, **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_her_own_file_becomes_an_evaluated_adapter_that_writes(tmp_path, workspace):
    texts = tmp_path / "coplas.csv"
    lines = [f'{n};"Copla {n}: el río de la tarde\nllega hasta la puerta {n * n}"' for n in range(40)]
    texts.write_bytes("\n".join(["Nº;Poema", *lines, "41;", lines[0]]).encode("cp1252"))
    recipe = tmp_path / "receta.json"
    recipe.write_text('{"near_duplicates": false}')
    done = core("adapt", texts, "--recipe", recipe, "--set", "max_steps=4", "--set", "max_length=40", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.strip().splitlines()[-1])
    assert report.keys() >= NAMED
    assert report["dropped"] == {"empty": 1, "duplicates": 1}
    assert (report["rows_read"], report["rows_kept"], report["steps"], report["max_length"]) == (42, 40, 4, 40)
    assert set(report["base"]) > {"loss", "perplexity", "bits_per_character", "distinct2", "verse_syllables"}
    assert report["adapted"]["loss"] < report["base"]["loss"]
    written = core("generate", report["run"], "Copla", "--tokens", 5)
    assert written.returncode == 0
    assert written.stdout.strip()


def test_summaries_are_learned_and_measured_with_rouge(tmp_path, workspace, capsys):
    notes = tmp_path / "notas.jsonl"
    lines = [{"text": f"El taller {n} abre a las {n % 12}. Hay mate.", "summary": f"Abre el {n}."} for n in range(25)]
    notes.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert cli.main(["adapt", str(notes), "--task", "summarize", "--set", "max_steps=3", "--json"]) == 0
    report = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert set(report["adapted"]) > {"loss", "perplexity", "rouge1", "rougeLsum_normalised", "chrf", "bleu", "copied"}
    assert cli.main(["evaluate", report["run"], "--json"]) == 0
    record = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert {name: one["value"] for name, one in record["sides"]["base"].items()} == pytest.approx(report["base"])
    assert cli.main(["evaluate", report["run"]]) == 0
    assert "ROUGE" in capsys.readouterr().out
    assert record["opened"] == 1, "what was measured once is shown, and not measured again"


@pytest.fixture
def bad_files(tmp_path):
    files = {
        "empty.csv": b"",
        "binary.csv": bytes(range(256)) * 10,
        "one.csv": b"text\nsolo una\n",
        "blank.csv": b"text\n" + b'"  "\n' * 30,
        "good.csv": b"text\n" + b"".join(b"texto numero %d\n" % n for n in range(30)),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"x")
    return tmp_path


BAD = {
    "an empty file": ["empty.csv"],
    "a binary file": ["binary.csv"],
    "a file that is not there": ["nadie.csv"],
    "one row": ["one.csv"],
    "only spaces": ["blank.csv"],
    "a wrong column": ["good.csv", "--text-column", "poema"],
    "a model that is no name": ["good.csv", "--model", "no es un nombre"],
    "no connection": ["good.csv", "--model", "alguien/algo"],
    "pickled weights": ["good.csv", "--model", "pickled"],
    "a setting out of its range": ["good.csv", "--set", "learning_rate=7"],
    "an unknown setting": ["good.csv", "--set", "magic=1"],
    "a setting that is no number": ["good.csv", "--set", "epochs=muchas"],
    "a length that is no number": ["good.csv", "--set", "max_length=largo"],
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
def test_bad_input_gets_one_line_in_her_language_and_changes_nothing(bad_files, workspace, given, monkeypatch, capsys):
    workspace.mkdir()
    said = []
    given = [str(bad_files / word) if (bad_files / word).exists() or word.endswith(".csv") else word for word in given]
    point_at(monkeypatch, NOWHERE, bad_files / "hf")
    for language in ("es", "en"):
        monkeypatch.setenv("LLMS_LANGUAGE", language)
        assert cli.main(["adapt", *given]) == 2
        lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("[")]
        assert len(lines) == 1
        assert "{" not in lines[0]
        said.append(lines[0])
    assert said[0] != said[1]
    assert not [path for path in workspace.rglob("*") if path.is_file()]


def test_stopped_it_says_where_the_training_that_goes_on_is(workspace):
    command = [sys.executable, "-m", "core", "adapt", "sample:poems", "--set", "max_steps=3"]
    environment = {**os.environ, "LLMS_LANGUAGE": "es"}
    adapting = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background is born deaf to it
    )
    said = []
    for line in adapting.stderr:
        said.append(line)
        if runs_said := [run for run in workspace.rglob("runs/*") if str(run) in line]:
            adapting.send_signal(signal.SIGINT)
            break
    said += adapting.stderr.readlines()
    assert adapting.wait(timeout=60) == 130
    (run,) = runs_said
    assert str(run) in said[-1]
    assert list(processes.follow(run))[-1]["status"] == "finished", "it went on by itself"


def test_what_nobody_foresaw_gets_a_sentence_and_its_details_a_file(workspace, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(learn, "generate", lambda options: 1 / 0)
    assert cli.main(["generate", "nada", "hola"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(workspace / "error.txt") in line
    assert "ZeroDivisionError" in (workspace / "error.txt").read_text()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    with pytest.raises(ZeroDivisionError):
        cli.main(["generate", "nada", "hola"])


@pytest.mark.parametrize("command", [["train", "nada"], ["evaluate", "nada"], ["generate", "nada", "hola"]])
def test_a_run_that_is_not_there_is_said(workspace, command, capsys):
    assert cli.main(command) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_whatever_is_wrong_the_process_says_one_line_and_ends_with_two(workspace):
    done = core("adapt", "nadie.csv", "--dial", "quick")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
