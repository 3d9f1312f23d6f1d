"""What a run needs in memory is reckoned before it starts, and a run that does not fit is reshaped or refused."""

import subprocess
import sys
from dataclasses import replace

import pytest
from following import slow

from core import machine, processes, workshop
from core.errors import LessonError
from core.models import folder
from core.training import memory, runs
from core.training.settings import Settings


@pytest.fixture(scope="module")
def facts():
    return folder.describe("classroom", folder.find("classroom"))


def needed(facts, longest=128, **changes) -> memory.Memory:
    return memory.reckon(facts, Settings(**changes), longest)


def test_a_larger_batch_and_a_longer_text_need_more(facts):
    assert needed(facts, 512, batch_size=16).total > needed(facts, 512, batch_size=8).total
    assert needed(facts, 512, batch_size=8).total > needed(facts, 256, batch_size=8).total


def test_computing_again_and_four_bits_need_less(facts):
    plain = needed(facts, 512, batch_size=16)
    assert needed(facts, 512, batch_size=16, gradient_checkpointing=True).activations < plain.activations / 3
    assert needed(facts, 512, method="qlora").weights < plain.weights / 6


def test_training_all_weights_needs_gradients_and_moments_of_all(facts):
    whole = needed(facts, method="full")
    assert whole.weights + whole.trained == pytest.approx(16 * facts.parameters / 1e6)


def test_accumulation_needs_no_more(facts):
    assert needed(facts, gradient_accumulation_steps=8).total == needed(facts).total


_MEASURE = """
import json, sys
import torch
from datasets import load_from_disk
from transformers import AutoModelForCausalLM, Trainer
from core import processes
from core.generation import loaded as models
from core.models.folder import find
from core.training import engine
from core.training.settings import Settings
settings = Settings(**json.loads(sys.argv[1]))
base = models.load(find("classroom"), precision="fp32")
base.model.requires_grad_(False)
model = engine.open_for_training(base, settings).model.train()
if settings.gradient_checkpointing:
    model.activation_checkpointing_enable()
ids = torch.randint(5, 8000, (settings.batch_size, int(sys.argv[2])))
for _ in range(2):
    model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids)["loss"].backward()
print(processes.peak_memory_mb())
"""


@slow
@pytest.mark.parametrize(("batch", "again"), [(4, "false"), (16, "true")])
def test_what_is_reckoned_is_near_what_a_process_really_holds(facts, batch, again):
    """Within a third, either way: allocators and libraries differ."""
    changes = f'{{"batch_size": {batch}, "gradient_checkpointing": {again}}}'
    command = [sys.executable, "-c", _MEASURE, changes, "192"]
    environment = processes.environment()
    done = subprocess.run(
        command, cwd=processes.ROOT, env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    found = float(done.stdout)
    reckoned = needed(facts, 192, batch_size=batch, gradient_checkpointing=again == "true").total
    assert found / 1.34 < reckoned < found * 1.34


def test_a_run_that_fits_stays_as_it_is(project):
    settings = Settings(batch_size=16)
    found = memory.fit(project, settings, free_mb=50_000)
    assert (found.settings, found.fits) == (settings, True)


def test_first_fewer_texts_at_a_time_with_the_same_updates(project):
    settings = Settings(batch_size=64, max_length=512)
    free = memory.fit(project, settings, 50_000).needed * 0.8
    found = memory.fit(project, settings, free)
    assert found.fits
    assert found.settings.batch_size < 64
    assert found.settings.batch_size * found.settings.gradient_accumulation_steps == 64
    assert set(found.settings.differences(settings)) == {"batch_size", "gradient_accumulation_steps"}


def test_with_nothing_left_to_make_smaller_it_does_not_fit(project):
    settings = Settings(batch_size=3, max_length=512)
    found = memory.fit(project, settings, free_mb=100)
    assert not found.fits
    assert found.settings == replace(
        settings, batch_size=1, gradient_accumulation_steps=3, gradient_checkpointing=True, method="qlora"
    )


def test_all_weights_are_never_exchanged_for_an_adapter_unasked(project):
    found = memory.fit(project, Settings(method="full"), free_mb=100)
    assert (found.settings.method, found.fits) == ("full", False)


def test_a_run_that_is_started_with_too_little_memory_says_what_it_does_otherwise(project, monkeypatch):
    started = []
    monkeypatch.setattr(runs, "start", started.append)
    settings = workshop.run_settings(project).changed({"batch_size": 16, "max_length": 512})
    monkeypatch.setattr(workshop, "run_settings", lambda _: settings)
    free = memory.fit(project, settings, 50_000).needed
    monkeypatch.setattr(machine, "free_memory_mb", lambda: free)
    run = workshop.start_run(project)
    assert started == [run]
    assert run.reshaped().keys() >= {"batch_size", "gradient_accumulation_steps"}
    assert run.settings() == replace(settings, **run.reshaped())
    assert run.record()["settings"]["batch_size"] == settings.batch_size


def test_a_run_that_cannot_fit_is_refused_with_the_figures(project, monkeypatch):
    monkeypatch.setattr(machine, "free_memory_mb", lambda: 300)
    made = runs.list_runs(project)
    with pytest.raises(LessonError, match="does_not_fit"):
        workshop.start_run(project)
    assert runs.list_runs(project) == made
