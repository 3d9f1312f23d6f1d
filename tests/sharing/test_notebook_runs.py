"""The notebooks of each kind of run, executed as Jupyter does, beside what the workshop measured.

The cheapest of those that tests/ui/test_share.py does not run is run each time; the others are slow.
"""

import ast
import io
import json
import os
import zipfile

import make_models
import nbformat
import pytest
from nbclient import NotebookClient

from core.evaluation import evaluate
from core.sharing import notebook
from core.training import plan, runs, worker

slow = pytest.mark.skipif(not os.environ.get("LLMS_SLOW"), reason="slow: asked for with LLMS_SLOW=1")
SHAPES = {
    "attention of a T5": ("t5", "summarize", {"lora_targets": "attention"}),
    "the classroom's, summarising": ("classroom", "summarize", {}),
    "attention": ("classroom", "write", {"lora_targets": "attention", "lora_dropout": 0.1}),
    "the other layers": ("classroom", "write", {"lora_targets": "mlp", "gradient_accumulation_steps": 2}),
    "four bits": ("classroom", "write", {"method": "qlora"}),
    "four bits of attention": ("classroom", "summarize", {"method": "qlora", "lora_targets": "attention"}),
    "all the weights": ("classroom", "write", {"method": "full", "learning_rate": 3e-4}),
    "all the weights, bf16": ("classroom", "write", {"method": "full", "learning_rate": 3e-4, "precision": "bf16"}),
    "bf16, computed again": ("classroom", "write", {"precision": "bf16", "gradient_checkpointing": True}),
    "a patient one": ("classroom", "write", {"patience": 1, "evaluations": 6, "learning_rate": 0.02}),
    "all the weights of a BART": ("bart", "summarize", {"method": "full", "learning_rate": 3e-3}),
    "mBART": ("mbart", "summarize", {}),
    "mT5": ("mt5", "summarize", {}),
    "Pegasus in four bits": ("wide pegasus", "summarize", {"method": "qlora"}),
    "GPT-2's attention": ("gpt2", "summarize", {"lora_targets": "attention"}),
}
QUICK = ("attention of a T5",)


@pytest.mark.parametrize(
    ("base_name", "task", "changes"),
    [pytest.param(*shape, id=name, marks=() if name in QUICK else slow) for name, shape in SHAPES.items()],
)
def test_executed_it_comes_out_as_in_the_workshop(
    base, loaded, summarizing, base_name, task, changes, tmp_path, monkeypatch
):
    if base_name == "wide pegasus":  # bitsandbytes wants sixty-four numbers a row
        wide = {"d_model": 64, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
        project = summarizing(make_models.make("pegasus", tmp_path / "pegasus", **wide))
    else:
        project = loaded(task) if base_name == "classroom" else summarizing(base(base_name))
    few = {"max_steps": 12, "evaluations": 3, "batch_size": 8, "learning_rate": 0.01, **changes}
    run = runs.create(project, plan.settings(project, "quick").changed(few), "Anoche")
    worker.train(run)
    ours = {side: evaluate.values(evaluate.evaluate(run), side) for side in ("base", "adapted")}
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    folder = tmp_path / "parcel"
    zipfile.ZipFile(io.BytesIO(notebook.parcel(run, project, "en"))).extractall(folder)
    said = executed(folder)
    theirs = dict(zip(("base", "adapted"), said, strict=False))
    assert said[2] == ours["adapted"]
    for side in ("base", "adapted"):
        measured = {name: value for name, value in theirs[side].items() if name in ours[side]}
        apart = {name: value / ours[side][name] - 1 for name, value in measured.items() if ours[side][name]}
        if told := os.environ.get("LLMS_TOLD"):  # a file for all the differences, as shares
            with open(told, "a", encoding="utf-8") as file:
                file.write(json.dumps([base_name, task, changes, side, apart]) + "\n")
        assert apart["perplexity"] == pytest.approx(0, abs=0.01)
        assert measured["loss"] == pytest.approx(ours[side]["loss"], rel=0.01)
        if side == "base" or base_name == "classroom":  # a model drawn at random writes otherwise for a trifle
            assert {name: value for name, value in measured.items() if "rouge" in name} == pytest.approx(
                {name: ours[side][name] for name in measured if "rouge" in name}, abs=0.02
            )
    assert ("rouge1" in theirs["adapted"]) == (task == "summarize")
    made = folder / ("model" if changes.get("method") == "full" else "adapter")
    assert list(made.glob("*.safetensors"))


def executed(folder) -> list[dict]:
    """Runs the notebook there. Answers what its last measures say: of the base, of the adapted, and the workshop's."""
    book = nbformat.read(folder / "workshop.ipynb", 4)
    NotebookClient(book, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    (cell,) = [cell for cell in book.cells if cell.id == "evaluate"]
    said = "".join(output.get("text", "") for output in cell.outputs if output.get("name") == "stdout")
    return [ast.literal_eval(line) for line in said.splitlines() if line.startswith("{")]
