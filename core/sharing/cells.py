"""What stands in the cells of a run's notebook: which of them, in which form, and with which of her values.

The cells are `pages/notebook/*.py.txt`. One that has to be otherwise for some runs has a second form, `CELL.FORM`,
named by what asks for it: `apart` (its model reads one text and writes another), `four_bits`, `full` (all the weights
learn), `some` (the adapter is on some layers only), `summaries`.
"""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any

from core import processes, storage, testbed, texts
from core.data import table
from core.evaluation import evaluate, exam
from core.models import folder as models
from core.models.folder import CLASSROOM, public_name
from core.project import Project
from core.tasks import TASKS
from core.texts import Words
from core.tokens import form as forms
from core.tokens import tokenizer as tokenizers
from core.tokens.form import Form
from core.tokens.tokenizer import Tokenizer
from core.training import engine, ranks
from core.training.runs import Run

FORMS = ("apart", "four_bits", "full", "some", "summaries")
CELLS = Path(__file__).parent.parent.parent / "pages" / "notebook"
_PINNED = ("transformers", "datasets", "peft", "evaluate", "accelerate")
_FOR_FORMS = {"four_bits": ("bitsandbytes",), "summaries": ("rouge-score", "snowballstemmer")}
_CARRIED_BYTES = 300_000_000  # a base model of her own that goes along; a larger one she lays beside the notebook


@dataclass(frozen=True)
class Cells:
    """A run's cells: the `forms` that it asks for, and the `facts` that its code is filled with."""

    forms: tuple[str, ...]
    facts: dict[str, str]
    words: Words

    def code(self, cell: str) -> str:
        path = next(path for path in (CELLS / f"{name}.py.txt" for name in self._names(cell)) if path.is_file())
        return Template(path.read_text(encoding="utf-8")).substitute(self.facts).rstrip()

    def prose(self, cell: str) -> str:
        key = next(name for name in self._names(cell) if name in self.words.blocks)
        return f"## {self.words(key)}\n\n{self.words.body(key)}"

    def _names(self, cell: str) -> list[str]:
        return [*(f"{cell}.{form}" for form in self.forms), cell]


def of(run: Run, project: Project, language: str) -> Cells:
    """Answers a finished run's cells."""
    tokenizer = tokenizers.of_model(Path(run.record()["model_folder"]))
    form = forms.of(tokenizer, TASKS[run.record()["task"]], run.record()["language"])
    asked = _forms(run, form)
    words = texts.words(language, "notebook")
    values = {
        "versions": {name: version(name) for name in (*_PINNED, *(n for f in asked for n in _FOR_FORMS.get(f, ())))},
        "no_files": words("no_files"),
        "prompts": _prompts(run, project),
        **_of_training(run),
        **_of_texts(run, form, tokenizer),
        **_of_evaluation(run),
    }
    code = {name: repr(value) for name, value in values.items()} | _expressions(run, form)
    return Cells(asked, code | {"needs_base": _needed(run, words)}, words)


def base_files(run: Run) -> list[Path]:
    """Answers the files of the base model that go along: the classroom's, or a folder of hers that is not too large."""
    if _is_of_the_hub(run):
        return []
    found = models.files_of(Path(run.record()["model_folder"]))
    is_small = sum(path.stat().st_size for path in found) <= _CARRIED_BYTES
    return found if is_small or run.record()["model"] == CLASSROOM else []


def _forms(run: Run, form: Form) -> tuple[str, ...]:
    settings = run.settings()
    is_some = settings.method != "full" and settings.lora_targets != "all-linear"
    asked = (form.is_apart, settings.method == "qlora", settings.method == "full", is_some, _summarizes(run))
    return tuple(name for name, is_asked in zip(FORMS, asked, strict=True) if is_asked)


def _summarizes(run: Run) -> bool:
    return "rouge" in TASKS[run.record()["task"]].metrics


def _is_of_the_hub(run: Run) -> bool:
    model = run.record()["model"]
    return model != CLASSROOM and public_name(model) == model


def _needed(run: Run, words: Words) -> str:
    """Answers the line that asks for a base model which does not go along; none where it does, or the Hub has it."""
    if _is_of_the_hub(run) or base_files(run):
        return ""
    name = public_name(run.record()["model"])
    return f"assert Path({name!r}).is_dir(), {words('no_base', name=name)!r}"


def _of_training(run: Run) -> dict[str, Any]:
    # As one process has to read them, however many trained: the same updates.
    settings = ranks.shared(run.settings(), processes.read_state(run.folder).get("processes", 1))
    planned = engine.schedule(settings, len(table.read(run.tokens / "train")))
    return {
        "seed": settings.seed, "rank": settings.lora_rank, "alpha": settings.lora_alpha,
        "dropout": settings.lora_dropout, "targets": settings.lora_targets,
        "of_attention": settings.lora_targets == "attention", "steps": planned.steps,
        "every": planned.evaluate_every, "batch_size": settings.batch_size,
        "accumulation": settings.gradient_accumulation_steps, "learning_rate": settings.learning_rate,
        "schedule": "constant_with_warmup" if settings.schedule == "constant" else settings.schedule,
        "warmup_steps": round(settings.warmup_share * planned.steps), "weight_decay": settings.weight_decay,
        "patience": settings.patience, "checkpointing": settings.gradient_checkpointing,
        "multiple": engine.width_multiple(settings, models.context(Path(run.record()["model_folder"]))),
        "autocast": settings.method == "full" and settings.precision == "bf16",
    }  # fmt: skip


def _of_texts(run: Run, form: Form, tokenizer: Tokenizer) -> dict[str, Any]:
    model = run.record()["model"]
    return {
        "base": "base" if base_files(run) else public_name(model),
        "begin": form.begin, "cue": form.cue, "lead": form.lead, "end": form.end,
        "stops": sorted(forms.stops(tokenizer)),
        "max_length": storage.load_json(run.tokens / "record.json")["max_length"],
        "task_type": "SEQ_2_SEQ_LM" if form.is_apart else "CAUSAL_LM",
        "language": run.record()["language"],
    }  # fmt: skip


def _of_evaluation(run: Run) -> dict[str, Any]:
    measured = evaluate.result(run)
    return {
        "measured": evaluate.values(measured, "adapted") if measured else None,
        "most": exam.MOST_WRITTEN,
        "room": exam.summary_room(run) if _summarizes(run) else 0,
    }


def _expressions(run: Run, form: Form) -> dict[str, str]:
    """Answers the facts that are code themselves."""
    settings, is_write = run.settings(), run.record()["task"] == "write"
    plain = 'row["text"]' if is_write else '" " + row["summary"]'
    return {
        "auto": "AutoModelForSeq2SeqLM" if form.is_apart else "AutoModelForCausalLM",
        # A model that learns whole is float32: small updates would be lost in bf16.
        "dtype": "bfloat16" if settings.precision == "bf16" and settings.method != "full" else "float32",
        "source": '""' if is_write else 'row["text"]',
        "completion": plain if form.code == forms.PLAIN or is_write else 'row["summary"].strip()',
        "labels": 'batch["labels"].flatten()' if form.is_apart else 'batch.pop("labels")[:, 1:].flatten()',
        "logits": f"model(**batch).logits{'' if form.is_apart else '[:, :-1]'}.float().flatten(0, 1)",
    }


def _prompts(run: Run, project: Project) -> list[str]:
    """Answers what the models go on from: her beginnings; or, to summarise, a text that neither learned from."""
    if project.task != "write":
        return [table.row(table.read(run.prepared / "validation"), 0)["text"]]
    mine = [beginning.text for beginning in testbed.beginnings(project)]
    return mine or [texts.words(run.record()["language"], "notebook")("prompt.default")]
