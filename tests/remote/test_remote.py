"""A run on a rented machine, with the real client, against a service on loopback that does what a job says."""

import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from hub_server import COMMIT, FILES, Repository, facts
from jobs_server import READER, TOKEN, machine

from core import cli, processes, storage
from core.data import table
from core.errors import LessonError
from core.evaluation import evaluate
from core.remote import away, parcel
from core.training import runs, verdict, watch

slow = pytest.mark.skipif(not os.environ.get("LLMS_SLOW"), reason="slow: asked for with LLMS_SLOW=1")
FAILS = ["sh", "-c", "echo instalando; echo CUDA driver too old >&2; exit 3"]
WAITS = ["sh", "-c", "echo listo; exec sleep 60"]


def left_there(service) -> list:
    return [
        *service.buckets,
        *(job["id"] for job in service.jobs.values() if job["stage"] in ("SCHEDULING", "RUNNING")),
    ]


def silent(*_: object, **__: object) -> None:
    pass


def said(capsys) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_a_run_goes_and_comes_back_as_if_it_had_been_made_here(service, run_of_the_hub, capsys, monkeypatch):
    run = run_of_the_hub
    assert cli.main(["remote", str(run.folder), "--yes", "--language", "en"]) == 0
    told = said(capsys)
    state, curve = processes.read_state(run.folder), watch.curve(run)
    assert (state["status"], state["step"]) == ("finished", 3)
    assert curve.base
    assert (len(curve.train), len(curve.validation)) == (3, 1)
    assert watch.samples(run)
    assert verdict.read(run)
    monkeypatch.setattr("core.evaluation.exam.MOST_WRITTEN", 1)
    assert evaluate.evaluate(run)["sides"]["adapted"]["perplexity"]["value"] > 1
    assert "t4-small" in told, "the cheapest with a card"
    assert "0.40 US dollars" in told
    assert left_there(service) == []
    assert away.where(run) is None
    (job,) = service.jobs.values()
    assert job["spec"].pop("secrets") == {"HF_TOKEN": TOKEN}, "its base model is given to who shows a token"
    assert TOKEN not in json.dumps([job["spec"], job["log"]])
    assert job["spec"]["timeoutSeconds"] == 3600
    assert not any(TOKEN in path.read_text("utf-8", "ignore") for path in run.folder.rglob("*") if path.is_file())


@slow
def test_shortly_before_its_time_is_up_it_ends_with_the_best_it_has(service, new_run):
    run = new_run(max_steps=5000, evaluations=100)
    away.send(run, TOKEN, "ana", "t4-small", 150, silent)
    state = away.follow(run, TOKEN, silent)
    assert state["status"] == "finished"
    assert 0 < state["step"] < 5000
    assert run.weights


def test_of_her_texts_only_those_that_are_needed_leave(run, tmp_path):
    record = storage.load_json(run.tokens / "record.json")
    storage.write_json(run.tokens / "record.json", record | {"model": str(run.workspace / "mine")})
    leaves = tmp_path / "leaves"
    leaves.mkdir()
    parcel.make(run, 60, 1.0, leaves)
    with zipfile.ZipFile(leaves / "run.zip") as packed, zipfile.ZipFile(leaves / "workshop.zip") as program:
        assert {name.split("/")[2] for name in packed.namelist()} == {"train", "validation", "record.json"}
        assert not [name for name in program.namelist() if "ui/" in name or name.endswith((".safetensors", ".jsonl"))]
        text = table.read(run.prepared / "test").column("text").to_pylist()[0]
        told = packed.read("data/tokens/record.json") + (leaves / "job.json").read_bytes()
    assert text.encode() not in told
    assert str(run.workspace).encode() not in told, "no place of this computer"
    assert parcel.rows(run) == sum(table.read(run.prepared / part).num_rows for part in ("train", "validation"))


def test_a_model_that_is_for_everybody_needs_no_token_there(service, run_of_the_hub, run):
    service.instead = WAITS
    service.repositories["models"]["ana/base"] = Repository(FILES, facts=facts())
    for one in (run_of_the_hub, run):
        away.send(one, TOKEN, "ana", "t4-small", 600, silent)
    of_the_hub, of_the_classroom = service.buckets.values()
    assert [job["spec"].get("secrets") for job in service.jobs.values()] == [None, None]
    assert json.loads((of_the_hub / "job.json").read_text())["revision"] == COMMIT
    assert not (of_the_hub / "base").exists()
    assert (of_the_classroom / "base" / "model.safetensors").is_file()


def test_without_a_yes_nothing_leaves(service, run, capsys, monkeypatch):
    before = sorted(path.name for path in run.folder.iterdir())
    assert cli.main(["remote", str(run.folder)]) == 2
    assert "ana" in said(capsys), "she was told whose account"
    assert not [asked for asked in service.asked if asked.startswith("POST")]
    assert sorted(path.name for path in run.folder.iterdir() if path.suffix != ".lock") == before


def test_machines_are_shown_with_the_prices_that_the_service_tells(service, run, capsys):
    service.machines.append(machine("raro", 9.0, unit="job"))
    assert cli.main(["remote", str(run.folder), "--machines", "--language", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["t4-small", "l4x1", "raro"]
    assert "0.80" in lines[1]
    assert not any(digit in lines[2].partition(")")[2] for digit in "0123456789"), "no price is made up"


def test_a_failure_there_is_said_in_a_sentence_and_its_last_lines_are_kept(service, run, capsys):
    service.instead = FAILS
    assert cli.main(["remote", str(run.folder), "--yes"]) == 2
    assert "CUDA driver too old" in said(capsys)
    assert "instalando" in (run.folder / "log.txt").read_text()
    state = processes.read_state(run.folder)
    assert (state["status"], state["error"]["code"]) == ("failed", "remote_failed")
    assert left_there(service) == []
    assert away.where(run) is None


def test_what_training_itself_says_there_is_what_she_reads(service, run, capsys):
    diverged = {"status": "failed", "step": 2, "steps": 3, "error": {"code": "out_of_memory", "facts": {}}}
    service.instead = ["sh", "-c", f"mkdir /llms/back; echo '{json.dumps(diverged)}' > /llms/back/state.json; exit 2"]
    assert cli.main(["remote", str(run.folder), "--yes"]) == 2
    state = processes.read_state(run.folder)
    assert (state["status"], state["error"]["code"]) == ("failed", "out_of_memory")


def test_one_that_nobody_follows_goes_on_and_can_be_followed_again_or_stopped(service, run, capsys):
    service.instead = WAITS
    away.send(run, TOKEN, "ana", "t4-small", 600, silent)
    state = storage.load_json(run.folder / "state.json")
    storage.write_json(run.folder / "state.json", state | {"pid": 2**22 + 1, "born": ""})  # who sent it is gone
    assert processes.read_state(run.folder)["status"] == "away"
    for act in (runs.start, runs.discard):
        with pytest.raises(LessonError) as error:
            act(run)
        assert error.value.code == "run_is_away"
    assert cli.main(["train", str(run.folder)]) == 2
    assert cli.main(["remote", str(run.folder), "--cancel"]) == 2
    assert processes.read_state(run.folder)["error"]["code"] == "remote_cancelled"
    assert left_there(service) == []
    assert cli.main(["remote", str(run.folder), "--cancel"]) == 2, "there is nothing to stop any more"
    assert runs.discard(run) is None


def test_one_that_is_followed_is_stopped_from_another_terminal(service, run, capsys):
    service.instead = WAITS
    away.send(run, TOKEN, "ana", "t4-small", 600, silent)
    with ThreadPoolExecutor() as terminal:
        followed = terminal.submit(away.follow, run, TOKEN, silent)
        while storage.load_json(run.folder / "state.json")["status"] != "loading":
            assert not followed.done()
        assert cli.main(["remote", str(run.folder), "--cancel"]) == 0
        with pytest.raises(LessonError, match="remote_cancelled"):
            followed.result(30)
    assert left_there(service) == []
    assert away.where(run) is None


def test_who_was_cut_off_between_sending_and_noting_it_finds_it_again(service, run):
    service.instead = WAITS
    away.send(run, TOKEN, "ana", "t4-small", 600, silent)
    record = storage.load_json(run.folder / "remote.json")
    storage.write_json(run.folder / "remote.json", record | {"job": None})
    (run.folder / "state.json").unlink()
    assert away.is_still_there(run, TOKEN)
    assert away.where(run) == record


def test_weights_that_came_back_broken_are_said_and_nothing_is_left(service, run, capsys):
    finished = json.dumps({"status": "finished", "step": 3, "steps": 3})
    back = "mkdir -p /llms/back/adapter; echo no > /llms/back/adapter/adapter_model.safetensors"
    service.instead = ["sh", "-c", f"{back}; echo '{finished}' > /llms/back/state.json"]
    assert cli.main(["remote", str(run.folder), "--yes"]) == 2
    assert processes.read_state(run.folder)["error"]["code"] == "broken_model"
    assert not run.adapter.exists()
    assert left_there(service) == []


REFUSED = {
    "a token that may only read": ("POST /api/buckets", 403, "remote_no_rights"),
    "an account without credit": ("POST /api/jobs", 402, "remote_no_credit"),
    "a token that was revoked": ("GET /api/jobs/hardware", 401, "token_refused"),
    "a service that is ill": ("POST /api/jobs", 500, "hub_ill"),
}


@pytest.mark.parametrize(("path", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_what_the_service_refuses_is_said_and_leaves_nothing(service, run, path, status, code):
    service.refusals[path] = (status, "no")
    with pytest.raises(LessonError) as error:
        machines_and_send(run)
    assert error.value.code == code
    assert error.value.__context__ is None, "what the client raised carries the token"
    assert left_there(service) == []
    assert away.where(run) is None
    assert processes.read_state(run.folder)["status"] == "none"


def machines_and_send(run):
    from core.remote import service

    found = service.machines(TOKEN)
    away.send(run, TOKEN, "ana", found[0].name, 600, silent)


def test_a_machine_that_is_not_offered_is_said_with_those_that_are(service, run, capsys):
    assert cli.main(["remote", str(run.folder), "--yes", "--machine", "h900"]) == 2
    told = said(capsys)
    assert "h900" in told
    assert "t4-small" in told
    assert "a10g-largex2" not in told, "a run uses one card"
    assert cli.main(["remote", str(run.folder), "--yes", "--hours", "0"]) == 2
    assert READER not in told


def test_a_lost_connection_loses_nothing(service, run, capsys, monkeypatch):
    service.instead = WAITS
    away.send(run, TOKEN, "ana", "t4-small", 600, silent)
    service.lost = True
    monkeypatch.setattr(away, "_PATIENCE_SECONDS", 0.5)
    with pytest.raises(LessonError) as error:
        away.follow(run, TOKEN, silent)
    assert error.value.code == "remote_lost"
    assert away.where(run)["job"]
    service.lost = False
    away.cancel(run, TOKEN)
    with pytest.raises(LessonError) as error:
        away.follow(run, TOKEN, silent)
    assert error.value.code == "remote_cancelled"


def test_what_could_not_be_deleted_is_said_and_deleted_the_next_time(service, run, capsys):
    service.instead = FAILS
    service.refusals["DELETE"] = (500, "no")
    assert cli.main(["remote", str(run.folder), "--yes"]) == 2
    assert "hf buckets delete" in said(capsys)
    service.refusals.clear()
    assert away.where(run)
    assert away.is_still_there(run, TOKEN) is False
    assert left_there(service) == []
