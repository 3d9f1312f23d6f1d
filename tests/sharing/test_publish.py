"""A model published by the real client on a Hub on loopback: made, filled, cut, taken up again, refused, deleted."""

import pytest
from hub_server import owner_of, point_at, serving

from core.classroom import MODEL
from core.sharing import gate, publish
from core.sharing.publish import Wish
from core.training import plan, runs

TOKEN = "hf_" + "CanarioQuePublica" * 2
READER = "hf_" + "SoloLeeSoloLeeSoloLee"
ID = "ana/coplas"
ANSWERS = gate.Answers("mine", "nobody", "cc-by-4.0", about="Coplas del taller")
BASE = MODEL / "model.safetensors"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with serving() as server:
        server.accounts = {TOKEN: owner_of("write"), READER: owner_of("read")}
        point_at(monkeypatch, server, tmp_path / "cache")
        yield server


@pytest.fixture
def made(loaded):
    """A project, and a run of it with a small adapter that PEFT made."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    project = loaded()
    run = runs.create(project, plan.settings(project, "quick"))
    small = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(MODEL), small)
    model.peft_config["default"].base_model_name_or_path = "classroom"
    model.save_pretrained(run.adapter)
    gate.keep(run, ANSWERS)
    return project, run


def test_what_is_published_comes_down_again_and_writes(hub, made):
    project, run = made
    state = publish.publish(run, project, Wish("coplas"), TOKEN)
    assert (state["status"], state["left"], state["done"]) == ("finished", "nothing", state["total"])
    assert hub.repositories["models"][ID].private
