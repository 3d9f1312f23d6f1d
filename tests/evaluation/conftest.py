import json

import pytest
import torch

from core import project as projects
from core.data import sources, stages
from core.tokens import encode
from core.training import engine, plan, runs
from core.training.runs import Run


@pytest.fixture(scope="session")
def adapted_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that summarises, whose adapter was not trained but drawn: it changes the model, for the worse."""
    workspace = tmp_path_factory.mktemp("workspace")
    notes = [
        {
            "text": f"El taller número {n} abre a las {n % 12} en la plaza. Hay mate y sillas.",
            "summary": f"Abre el taller {n}.",
        }
        for n in range(25)
    ]
    path = workspace / "notes.jsonl"
    path.write_text("".join(json.dumps(note) + "\n" for note in notes), encoding="utf-8")
    project = projects.create(workspace, "notes", "es", task="summarize")
    stages.load_texts(project, sources.open_source(str(path), "es"))
    stages.prepare(project)
    encode.encode(project, 128)
    project = projects.open_project(workspace, project.id)
    run = runs.create(project, plan.settings(project, "quick").changed({"precision": "fp32", "lora_rank": 4}))
    loaded = engine.open_for_training(engine.load_base(run), run.settings())
    torch.manual_seed(5)
    for name, weights in loaded.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.02)
    loaded.model.save_pretrained(run.adapter)
    return run
