"""The front of a model's card: what the Hub reads of it, as YAML between two lines of dashes."""

from pathlib import Path

import yaml

from core.evaluation.measure import BETTER
from core.models import folder as models
from core.models.folder import public_name
from core.sharing.gate import Answers
from core.training.runs import Run


def front(run: Run, is_whole: bool) -> dict:
    """Answers what a card says wherever it goes."""
    record = run.record()
    own = ["llms-para-poetas", record["task"]]
    return {
        "library_name": "transformers" if is_whole else "peft",
        "base_model": public_name(record["model"]),
        "language": record["language"],
        "tags": own if is_whole else ["lora", *own],
    }


def hub_front(run: Run, is_whole: bool, said: Answers, evaluation: dict | None, id: str) -> dict:
    """Answers the front of a card on the Hub: with its licence, what the model is for, and what was measured.

    A base that the Hub does not have is not named: the Hub would look for it, and find another or none.
    """
    from huggingface_hub import EvalResult, ModelCardData

    record, shared = run.record(), front(run, is_whole)
    if not models.is_hub_reference(record["model"]):
        del shared["base_model"]
    else:
        shared["base_model_relation"] = "finetune" if is_whole else "adapter"
    purpose = "summarization" if record["task"] == "summarize" else "text-generation"
    measured = [
        EvalResult(
            task_type=purpose,
            dataset_type="private",
            dataset_name="held-out texts, not published here",
            dataset_split="test",
            metric_type=name,
            metric_value=found["value"],
            metric_args=_interval(found),
        )
        for name, found in (evaluation or {}).get("sides", {}).get("adapted", {}).items()
        if BETTER[name] != "nearer" and found["value"] is not None
    ]
    terms = _terms(said.licence, Path(record["model_folder"]))
    results = {"model_name": id.partition("/")[2], "eval_results": measured} if measured else {}
    data = ModelCardData(**shared, **terms, pipeline_tag=purpose, **results)
    return data.to_dict()


def as_lines(front: dict) -> str:
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---"


def _interval(found: dict) -> dict | None:
    ends = [found.get("low"), found.get("high")]
    return None if None in ends else {"confidence_interval_95": ends}


def _terms(licence: str, base: Path) -> dict[str, str]:
    """Answers the licence as the Hub wants it: one that has no short name is told with the name its owners gave it."""
    if licence != "other":
        return {"license": licence} if licence else {}
    try:
        text = (base / "README.md").read_text(encoding="utf-8", errors="replace")
        said = yaml.safe_load(text.split("---")[1])
    except (OSError, IndexError, yaml.YAMLError):
        said = {}
    told = said if isinstance(said, dict) else {}
    named = {name: str(told[name]) for name in ("license_name", "license_link") if told.get(name)}
    return {"license": licence, **named}
