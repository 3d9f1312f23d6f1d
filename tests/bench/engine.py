"""Useful tokens a second of our training, beside the common notebook and TRL's SFTTrainer, in one run; and FLOP/s.

By hand: `python3 tests/bench/engine.py [classroom|small] [ROUNDS]`. `small` is a randomly initialised model of 135
million parameters in the shape of SmolLM2-135M. TRL is asked only where it is installed (`pip install trl==1.16.0`).
Each loop runs in a process of its own, one after the other and around again; medians are told. Useful tokens are the
texts' own: padding is counted by nobody.
"""

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from core.models import folder as models  # noqa: E402

PADDED_TO = 128  # what a careful notebook pads to: the next round number over the longest text
MOST = 512  # what the copied one pads to, which names no length: the model's own, and BERT's of its first example
EPOCHS = {"classroom": 4, "small": 1}
ROWS = {"classroom": 100_000, "small": 96}  # the most training rows used
LOOPS = ("ours", "notebook", "padded", "trl")


def make_model(folder: Path) -> None:
    """Writes a model of 135 M random weights with the classroom's tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from core import classroom

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=49_152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(classroom.MODEL / name, folder)


def prepare(workspace: Path, model: str, size: str) -> dict:
    """Makes a project of the sample poems and a run with the quick dial's settings."""
    from core import project as projects
    from core.data import sources, stages, table
    from core.tokens import encode
    from core.training import plan, runs

    project = projects.create(workspace, "bench", "es", model=model)
    stages.load_texts(project, sources.open_source("sample:poems", "es"))
    stages.prepare(project)
    encode.encode(project)
    changes = {"epochs": EPOCHS[size], "evaluations": 1}
    run = runs.create(project, plan.settings(project, "quick").changed(changes))
    train = table.rows(run.tokens / "train")[: ROWS[size]]
    few = run.tokens / "few"  # written apart: the rows are mapped from the file that they replace
    table.save(table.read(run.tokens / "train").slice(0, len(train)), few)
    shutil.rmtree(run.tokens / "train")
    few.rename(run.tokens / "train")
    return {"run": str(run.folder), "tokens": sum(row["length"] for row in train) * EPOCHS[size]}


def validation_loss(model, run) -> float:
    from core.data import table
    from core.generation.score import Score, score

    return sum(score(model, table.rows(run.tokens / "validation")), Score(0.0, 0, 0)).loss


class Clock:
    """Seconds between two steps' ends, evaluations and saves left out."""

    def __init__(self) -> None:
        self.steps: list[float] = []


def timed(clock: Clock):
    from transformers import TrainerCallback

    class Timed(TrainerCallback):
        def on_train_begin(self, *_, **__):
            self.since = time.perf_counter()

        def on_step_end(self, *_, **__):
            now = time.perf_counter()
            clock.steps.append(now - self.since)
            self.since = now

        def on_evaluate(self, *_, **__):
            self.since = time.perf_counter()

        def on_save(self, *_, **__):
            self.since = time.perf_counter()

    return Timed()


def ours(run, size: str, clock: Clock):
    from datasets import load_from_disk

    from core.data import table
    from core.training import engine

    loaded = engine.open_for_training(engine.load_base(run), run.settings())
    rows = load_from_disk(str(run.tokens / "train"))
    trainer = engine.make_trainer(run, loaded, rows, table.rows(run.tokens / "validation"), [timed(clock)])
    trainer.train()
    return loaded.model


def notebook(run, size: str, clock: Clock, padded_to: int = PADDED_TO):
    """The notebook that everyone copies: all weights, every text padded, padding counted as loss, float32."""
    from datasets import Dataset
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        Trainer,
        TrainingArguments,
    )

    folder = run.record()["model_folder"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32")

    def tokenise(batch: dict) -> dict:
        cut = tokenizer(batch["text"], padding="max_length", truncation=True, max_length=padded_to)
        return {**cut, "labels": cut["input_ids"]}

    rows = Dataset.from_dict({"text": texts_of(run)}).map(tokenise, batched=True, remove_columns=["text"])
    arguments = TrainingArguments(
        str(run.folder / "notebook"), num_train_epochs=EPOCHS[size], save_strategy="no", report_to=[], use_cpu=True,
        disable_tqdm=True,
    )  # fmt: skip
    Trainer(model=model, args=arguments, train_dataset=rows, callbacks=[timed(clock)]).train()
    return model


def padded(run, size: str, clock: Clock):
    """The same notebook where its `max_length` is left out, as in most copies: padded to the most the model reads."""
    context = models.describe("", Path(run.record()["model_folder"])).context
    return notebook(run, size, clock, min(MOST, context))


def trl(run, size: str, clock: Clock):
    """TRL's SFTTrainer with LoRA at its defaults."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    rows = Dataset.from_dict({"text": texts_of(run)})
    arguments = SFTConfig(
        str(run.folder / "trl"), num_train_epochs=EPOCHS[size], save_strategy="no", report_to=[], use_cpu=True,
        disable_tqdm=True, bf16=False,
    )  # fmt: skip
    trainer = SFTTrainer(
        run.record()["model_folder"], args=arguments, train_dataset=rows, peft_config=LoraConfig(task_type="CAUSAL_LM"),
        callbacks=[timed(clock)],
    )  # fmt: skip
    trainer.train()
    return trainer.model


def texts_of(run) -> list[str]:
    from core.data import table

    texts = {row["row"]: row["text"] for row in table.rows(run.prepared / "train")}
    return [texts[row["row"]] for row in table.rows(run.tokens / "train")]


def matrix_rate(size: int = 2048, dtype: str = "bfloat16", seconds: float = 2.0) -> float:
    """Answers the GFLOP/s that a large matrix product reaches here, in that precision."""
    import torch

    a, b = (torch.randn(size, size, dtype=getattr(torch, dtype)) for _ in range(2))
    for _ in range(3):
        a @ b
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        a @ b
        count += 1
    return 2 * size**3 * count / (time.perf_counter() - began) / 1e9


def one(loop: str, size: str, folder: Path) -> dict:
    """Runs one loop on the prepared run. Answers its seconds, its validation loss and the machine's matrix rate."""
    from core.training import runs

    run, clock = runs.open_run(folder), Clock()
    model = {"ours": ours, "notebook": notebook, "padded": padded, "trl": trl}[loop](run, size, clock)
    return {
        "seconds": sum(clock.steps),
        "loss": validation_loss(model, run),
        "rate": matrix_rate(dtype="bfloat16" if run.settings().precision == "bf16" else "float32"),
    }


def flops_a_token(model: str) -> float:
    """Answers the useful arithmetic of one token of LoRA training: 2 forwards and 2 backwards a frozen weight.

    The adapter's own is left out, and so is attention's: both are under 5 % at these lengths.
    """
    return 4.0 * models.describe(model, models.find(model)).parameters


def has_trl() -> bool:
    import importlib.util

    return importlib.util.find_spec("trl") is not None


def main() -> None:
    if len(sys.argv) == 5 and sys.argv[1] == "one":
        print(json.dumps(one(sys.argv[2], sys.argv[3], Path(sys.argv[4]))))
        return
    size = sys.argv[1] if len(sys.argv) > 1 else "classroom"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    loops = [loop for loop in LOOPS if loop != "trl" or has_trl()]
    with tempfile.TemporaryDirectory() as folder:
        model = "classroom"
        if size == "small":
            model = f"{folder}/small"
            make_model(Path(model))
        told: dict[str, list[dict]] = {loop: [] for loop in loops}
        for turn in range(rounds):
            for loop in loops:
                made = prepare(Path(folder) / f"{loop}{turn}", model, size)
                command = [sys.executable, __file__, "one", loop, size, made["run"]]
                done = subprocess.run(
                    command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}
                )
                if done.returncode:
                    raise SystemExit(done.stderr[-3000:])
                told[loop].append(json.loads(done.stdout.splitlines()[-1]) | {"tokens": made["tokens"]})
        print(f"{size}: {made['tokens']} useful tokens in {EPOCHS[size]} epochs; median of {rounds}")
        speeds = {loop: statistics.median(t["tokens"] / t["seconds"] for t in told[loop]) for loop in loops}
        for loop in loops:
            ratios = [
                a["tokens"] / a["seconds"] / (b["tokens"] / b["seconds"])
                for a, b in zip(told["ours"], told[loop], strict=True)
            ]
            loss = told[loop][-1]["loss"]
            print(
                f"{loop:9} {speeds[loop]:8.0f} tokens/s  ours is {statistics.median(ratios):5.2f} ×  "
                f"validation loss {loss:.3f} (perplexity {math.exp(loss):.1f})"
            )
        rate = statistics.median(t["rate"] for t in told["ours"])
        used = speeds["ours"] * flops_a_token(model) / 1e9
        print(f"ours: {used:.0f} GFLOP/s of {rate:.0f} that a large matrix product reaches here: {used / rate:.2f}")


if __name__ == "__main__":
    main()
