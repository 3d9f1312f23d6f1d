"""Models that read one text and write another go the same way as those that go on with it."""

import json
import math
import time

import pytest
import torch
from following import train_here

from core import processes, storage, texts
from core import project as projects
from core.data import sources, stages, table
from core.errors import LessonError
from core.evaluation import evaluate
from core.generation import loaded as loading
from core.generation.generate import Sampling, complete, stream
from core.generation.score import score
from core.generation.service import Service
from core.models.folder import describe
from core.sharing.card import card
from core.tasks import TASKS
from core.tokens import encode, form, lengths
from core.tokens.encode import encode_rows, prompt_ids
from core.training import plan, preflight, promise, runs, verdict, watch

NOTE = {"row": 1, "text": "El taller abre a las cinco. " * 20, "summary": "Abre el taller."}
SUMMARIZE = TASKS["summarize"]
SEQ2SEQ = ("t5", "mt5", "bart", "mbart", "pegasus")


@pytest.fixture(scope="module")
def t5(base):
    return loading.load(base("t5"), precision="fp32")


@pytest.mark.parametrize("family", SEQ2SEQ)
def test_a_row_is_dressed_as_the_models_own_tokenizer_dresses_it(base, family):
    from transformers import AutoTokenizer

    own, loaded = AutoTokenizer.from_pretrained(base(family)), loading.load(base(family))
    (example,) = encode_rows([NOTE], SUMMARIZE, loaded.tokenizer, "en", 1000)
    asked = {"t5": "summarize: "}.get(family, "") + NOTE["text"]
    assert example.input_ids == own(asked).input_ids
    assert example.labels == own(NOTE["summary"]).input_ids
    assert example.characters == len(NOTE["summary"])


def test_a_language_is_named_where_the_family_names_it(base):
    tokenizer = loading.load(base("mbart")).tokenizer
    marks = {}
    for language in ("es", "en"):
        (example,) = encode_rows([NOTE], SUMMARIZE, tokenizer, language, 100)
        marks[language] = {tokenizer.backend.id_to_token(ids[-1]) for ids in (example.input_ids, example.labels)}
    assert marks == {"es": {"es_XX"}, "en": {"en_XX"}}


@pytest.mark.parametrize("family", SEQ2SEQ)
def test_a_score_is_the_sum_of_what_each_label_costs(base, family):
    loaded = loading.load(base(family), precision="fp32")
    examples = encode_rows([NOTE, {**NOTE, "text": "Hay mate."}], SUMMARIZE, loaded.tokenizer, "es", 100)
    rows = [{"input_ids": e.input_ids, "labels": e.labels, "characters": e.characters} for e in examples]
    for row, found in zip(rows, score(loaded.model, rows), strict=True):
        with torch.no_grad():
            mean = loaded.model(input_ids=torch.tensor([row["input_ids"]]), labels=torch.tensor([row["labels"]])).loss
        assert found.nats == pytest.approx(float(mean) * len(row["labels"]), rel=1e-4)
        assert (found.tokens, found.characters) == (len(row["labels"]), row["characters"])


@pytest.mark.parametrize("family", SEQ2SEQ)
def test_greedy_answers_are_those_that_transformers_writes(base, family):
    loaded = loading.load(base(family), precision="fp32")
    ids = prompt_ids("Hay mate y sillas en la plaza", SUMMARIZE, loaded.tokenizer, "es", 100)
    # What stood before the completion in training: BART's two marks, mBART's language, and else the padding.
    start = {"bart": [1, 3], "mbart": [loaded.tokenizer.backend.token_to_id("es_XX")]}.get(family, [0])
    asked = {"input_ids": torch.tensor([ids]), "decoder_input_ids": torch.tensor([start])}
    asked["decoder_start_token_id"] = start[0]
    said = loaded.model.generate(**asked, do_sample=False, max_new_tokens=8)[0, len(start) :].tolist()
    said = said[: said.index(1)] if 1 in said else said  # some of them end at the last token in any case
    calm = Sampling(temperature=0, max_new_tokens=len(said))
    assert "".join(step.text for step in stream(loaded, ids, calm)) == loaded.tokenizer.decode(said)
    other = prompt_ids("Llueve", SUMMARIZE, loaded.tokenizer, "es", 100)
    assert complete(loaded, [other, ids], 8)[1].text.strip() == loaded.tokenizer.decode(said).strip()


def test_the_encoder_reads_once_however_much_is_written(t5):
    calls = []
    hook = t5.model.get_encoder().register_forward_hook(lambda *_: calls.append(1))
    ids = prompt_ids("Hay mate", SUMMARIZE, t5.tokenizer, "es", 100)
    written = list(stream(t5, ids, Sampling(temperature=2, max_new_tokens=6, seed=2)))
    hook.remove()
    assert len(written) > 1
    assert calls == [1]


def test_each_side_is_cut_by_itself_and_the_panels_say_so(base, summarizing):
    project = summarizing(base("t5"), 24)
    measured = encode.measure(project)
    assert measured.shape == (25, 2)
    rows = [row for part in ("train", "validation", "test") for row in table.rows(project.tokens / part)]
    assert [min(24, read) for read, _ in measured] == [len(row["input_ids"]) for row in rows]
    assert [min(24, wrote) for _, wrote in measured] == [len(row["labels"]) for row in rows]
    assert all(row["length"] == len(row["input_ids"]) + len(row["labels"]) for row in rows)
    over, lost = lengths.cut_by(measured, 24)
    record = storage.load_json(project.tokens / "record.json")
    assert over == record["truncated_rows"] == int((measured > 24).any(axis=1).sum()) > 0
    assert lost == int(measured.sum()) - sum(row["length"] for row in rows)
    cuts, whole, kept = lengths.coverage(measured, 4000)
    place = cuts.index(24)
    assert whole[place] == pytest.approx(1 - over / 25)
    assert kept[place] == pytest.approx(1 - lost / int(measured.sum()))
    facts = describe("x", base("t5"))
    assert 0 < lengths.relative_cost(measured, 24, int(measured.max()), facts) < 1
    (place,) = lengths.cut_examples(measured, int(measured.max()) - 1)[-1:]
    part, inside = encode.place_of(project, place)
    row = table.row(table.read(project.prepared / part), inside)
    (read, gone), (summary, nothing) = encode.cut_parts(project, row, int(measured.max()) - 1)
    assert (read + gone, summary + nothing) == (row["text"], row["summary"])
    assert gone
    assert not nothing


def test_to_write_it_is_refused_with_a_way_on(base, workspace):
    project = projects.create(workspace, "Versos", "es", model=str(base("t5")))
    stages.load_texts(project, sources.open_source("sample:poems", "es"))
    stages.prepare(project)
    for stage in (encode.measure, encode.encode):
        with pytest.raises(LessonError) as refused:
            stage(project)
        assert refused.value.code == "seq2seq_cannot_write"
        assert "paso 3" in texts.explain(refused.value, "es").advice


def test_the_process_that_writes_answers_with_it_too(base):
    service = Service()
    try:
        steps = list(service.stream(base("bart"), "Hay mate", Sampling(max_new_tokens=4), task="summarize"))
        assert len(steps) <= 4
        with pytest.raises(LessonError, match="seq2seq_cannot_write"):
            list(service.stream(base("bart"), "Hay mate", Sampling(max_new_tokens=4)))
    finally:
        service.rest()


def test_a_run_of_a_t5_goes_from_its_promise_to_its_card(base, summarizing):
    project = summarizing(base("t5"), 48)
    settings = plan.settings(project, "quick").changed({"max_steps": 8, "evaluations": 2, "learning_rate": 0.02})
    text = table.rows(project.prepared / "validation")[0]["text"]
    promise.ask(project, settings, text)
    _wait(lambda: promise.state(project)["status"])
    promised = promise.read(project, settings)
    assert promised is not None, (project.folder / "trial" / "log.txt").read_text()
    assert promised.steps == 8
    looked = {check.code: check.verdict for check in preflight.look(project, settings, promised)}
    assert looked["model"] == looked["disk"] == "ok"
    run = runs.create(project, settings, text)
    assert train_here(run)["status"] == "finished"
    curve = watch.curve(run)
    assert curve.best is not None
    assert curve.base is not None
    assert curve.best[1] < curve.base
    assert verdict.read(run).code == "few"  # of two validation texts
    assert [told["step"] for told in watch.samples(run)] == [0, 4, 8]
    record = evaluate.evaluate(run)
    assert record["against"]["base"]["perplexity"]["difference"] < 1
    assert math.isfinite(evaluate.values(record, "adapted")["rouge1"])
    assert json.loads((run.adapter / "adapter_config.json").read_text())["task_type"] == "SEQ_2_SEQ_LM"
    for language in texts.LANGUAGES:
        said = card(run, project, record, language)
        assert "AutoModelForSeq2SeqLM" in said
        assert 'text = "summarize: "' in said


def _wait(status) -> None:
    deadline = time.monotonic() + 120
    while status() in processes.ACTIVE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_form_is_part_of_what_tokens_are_made_from(base, summarizing):
    project = summarizing(base("bart"), 64)
    assert storage.load_json(project.tokens / "record.json")["form"] == form.APART
