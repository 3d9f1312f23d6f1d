"""Is the memory that step 3 reckons what a process then holds? Models of several architectures, drawn at random.

`python tests/bench/fit.py [FAMILY…]` builds each in the shape of a real small model, writes with it, trains it with
LoRA for two steps in processes of their own, and prints what was reckoned beside what they held at their peak. The
weights lie on the disk in the precision of this machine: others' file would be counted too while it is read.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import make_models  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from core import machine, processes  # noqa: E402
from core import project as projects  # noqa: E402
from core.data import sources, stages  # noqa: E402
from core.models import fit  # noqa: E402
from core.models import folder as models  # noqa: E402
from core.tokens import encode  # noqa: E402
from core.training import plan, runs  # noqa: E402

# Named after those whose widths they have; with a third to a half of the layers, so that it takes minutes.
SHAPES = {
    "gpt2": ("gpt2", {"vocab_size": 50257, "n_embd": 768, "n_layer": 6, "n_head": 12, "n_positions": 1024}),
    "smollm2": ("llama", {
        "vocab_size": 49152, "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 10,
        "num_attention_heads": 9, "num_key_value_heads": 3, "head_dim": 64, "tie_word_embeddings": True,
    }),
    "qwen3": ("qwen3", {
        "vocab_size": 151_936, "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 3,
        "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
    }),
    "gemma3": ("gemma3", {
        "vocab_size": 262_144, "hidden_size": 640, "intermediate_size": 2048, "num_hidden_layers": 6,
        "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 256, "sliding_window": 512,
    }),
    "t5": ("t5", {
        "vocab_size": 32_128, "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6, "num_heads": 8,
    }),
}  # fmt: skip

USE = """
import sys
from pathlib import Path
from core import processes
from core.generation.generate import Sampling, stream
from core.generation.loaded import load
from core.tasks import TASKS
from core.tokens.encode import prompt_ids
loaded = load(Path(sys.argv[1]))
task = TASKS["summarize" if loaded.is_seq2seq else "write"]
ids = prompt_ids("La lluvia no avisa cuando cae sobre el techo. " * 8, task, loaded.tokenizer, "es", loaded.room(30))
list(stream(loaded, ids, Sampling(max_new_tokens=30)))
print(processes.peak_memory_mb())
"""

LEARN = """
import sys
from datasets import load_from_disk
from core import processes
from core.data import table
from core.training import engine, runs
run = runs.open_run(sys.argv[1])
base = engine.load_base(run)
loaded = engine.open_for_training(base, run.settings())
rows = load_from_disk(str(run.tokens / "train")).select_columns(["input_ids", "labels", "length"])
engine.make_trainer(run, loaded, rows, table.rows(run.tokens / "validation"), []).train()
print(processes.peak_memory_mb())
"""


def peak(script: str, argument: Path) -> float:
    command = [sys.executable, "-c", script, str(argument)]
    done = subprocess.run(command, cwd=ROOT, env=processes.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return float(done.stdout.split()[-1])


def halve(folder: Path) -> None:
    """Writes a model's weights in bf16."""
    path = folder / "model.safetensors"
    save_file({name: tensor.bfloat16() for name, tensor in load_file(path).items()}, path, {"format": "pt"})


def project_for(folder: Path, root: Path, is_seq2seq: bool) -> projects.Project:
    pairs = [consonant + vowel for consonant in "bcdlmnprst" for vowel in "aeiou"]  # texts that share no phrase
    long = ["".join(random.Random(n).choices([*pairs, " ", " "], k=700)) for n in range(80)]
    rows = [{"text": text, "summary": f"Abre el taller {n}."} for n, text in enumerate(long)]
    path = root / "texts.jsonl"
    path.write_text("".join(json.dumps(row if is_seq2seq else {"text": row["text"]}) + "\n" for row in rows))
    task = "summarize" if is_seq2seq else "write"
    made = projects.create(root / "ws", "banco", "es", task=task, model=str(folder))
    stages.load_texts(made, sources.open_source(str(path), "es"))
    stages.prepare(made)
    encode.encode(made, fit.TOKENS_A_TEXT)
    return projects.open_project(made.folder.parent, made.id)


def main(names: list[str]) -> None:
    precision = machine.precision().value
    print(f"{'model':10} {'M':>6} {'use: reckoned':>14} {'measured':>9} {'off':>6}", end="")
    print(f" {'LoRA: reckoned':>15} {'measured':>9} {'off':>6}")
    for name in names or SHAPES:
        family, changes = SHAPES[name]
        with tempfile.TemporaryDirectory() as there:
            folder = make_models.make(family, Path(there) / name, max_position_embeddings=1024, **changes)
            if precision == "bf16":
                halve(folder)
            facts = models.describe(name, folder)
            project = project_for(folder, Path(there), family in make_models.SEQ2SEQ)
            settings = plan.settings(project, "quick").changed(
                {"max_steps": 2, "evaluations": 1, "batch_size": fit.TEXTS_A_BATCH, "method": "lora"}
            )
            run = runs.create(project, settings)
            reckoned = (fit.using(facts, precision).total, fit.training(facts, "lora", precision).total)
            measured = (peak(USE, folder), peak(LEARN, run.folder))
            print(f"{name:10} {facts.parameters / 1e6:6.0f}", end="")
            for said, found, wide in zip(reckoned, measured, (14, 15), strict=True):
                print(f" {said:{wide}.0f} {found:9.0f} {said / found - 1:+6.0%}", end="")
            print(flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
