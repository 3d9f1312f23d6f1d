"""How often llama.cpp, with each quantisation, takes the token that the workshop's own float32 model finds likeliest.

By hand: `python3 tests/bench/quantised.py`. The sample's poems are adapted to quickly; counted are all places of the
first test poems, some hundreds. Needs what the tests need.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from llama_program import running  # noqa: E402

from core.commands import terminal  # noqa: E402
from core.data import table  # noqa: E402
from core.generation.loaded import load  # noqa: E402
from core.sharing import gguf_file  # noqa: E402
from core.sharing.gguf_metadata import F16, Q8_0  # noqa: E402
from core.training import runs  # noqa: E402

POEMS = 6


def main() -> None:
    import torch

    with tempfile.TemporaryDirectory() as workspace:
        command = [sys.executable, "-m", "core", "adapt", "sample:poems", "--json", "--workspace", workspace]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        run = runs.open_run(Path(json.loads(done.stdout.splitlines()[-1])["run"]))
        ours = load(Path(run.record()["model_folder"]), run.adapter, "fp32")
        poems = [
            [ours.tokenizer.bos_id, *ours.tokenizer.encode(row["text"])]
            for row in table.rows(run.prepared / "test")[:POEMS]
        ]
        with torch.no_grad():
            likeliest = [ours.model(input_ids=torch.tensor([ids])).logits[0].argmax(-1).tolist() for ids in poems]
        for quantisation in (Q8_0, F16):
            folder = gguf_file.make(run, terminal.project_of(run), "es", quantisation)
            same = total = 0
            with running(folder / gguf_file.file_name(run, quantisation)) as program:
                for ids, mine in zip(poems, likeliest, strict=True):
                    for end in range(1, len(ids)):
                        same += program.next(ids[:end])[0] == mine[end - 1]
                        total += 1
            print(f"{quantisation}: {same} of {total}", flush=True)
    os._exit(0)  # llama.cpp's threads would keep the interpreter


if __name__ == "__main__":
    main()
