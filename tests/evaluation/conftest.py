import pytest
import torch

from core import project as projects
from core.data import stages
from core.tokens import encode
from core.training import engine, plan, runs
from core.training.runs import Run


@pytest.fixture(scope="session")
def adapted_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that summarises ten texts, whose adapter was not trained but drawn: it changes the model, for the worse."""
    workspace = tmp_path_factory.mktemp("workspace")
    project = projects.create(workspace, "notes", "es", task="summarize")
    notes = stages.open_source("sample:notes", "es")
    few = stages.Source(notes.name, type(notes.table)(notes.table.columns, notes.table.rows[:30]))
    stages.load_texts(project, few)
    stages.prepare(project)
    encode.encode(project, 128)
    project = projects.open_project(workspace, project.id)
    run = runs.create(project, plan.settings(project, "quick").changed({"precision": "fp32", "lora_rank": 4}))
    loaded = engine.add_adapter(engine.load_base(run), run.settings())
    torch.manual_seed(5)
    for name, weights in loaded.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.02)
    loaded.model.save_pretrained(run.adapter)
    return run
