"""The quick products and the quick loss give PEFT's and transformers' own numbers."""

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import Gemma2Config, Gemma2ForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from core.tokens.encode import IGNORED
from core.training import kernels

SIZES = {"vocab_size": 96, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}


def llama(**changes) -> LlamaForCausalLM:
    return LlamaForCausalLM(LlamaConfig(**SIZES, num_key_value_heads=2, intermediate_size=48, **changes))


def adapted(base: torch.nn.Module, **changes) -> torch.nn.Module:
    """A model with an adapter that has learned something, since one factor of a new one is all zeros."""
    base.requires_grad_(False)
    model = get_peft_model(base, LoraConfig(**{"r": 4, "lora_alpha": 12, "target_modules": "all-linear", **changes}))
    for name, values in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(values, std=0.1)
    return model.train()


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(3)


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    ids = torch.randint(0, 96, (3, 11))
    mask, labels = torch.ones_like(ids), ids.clone()
    mask[1, 7:], labels[1, 7:] = 0, IGNORED  # padding
    labels[2, :6] = IGNORED  # what is only read
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def loss_and_gradients(model: torch.nn.Module, batch: dict) -> tuple[float, dict[str, torch.Tensor]]:
    loss = model(**batch)["loss"]
    loss.backward()
    return loss.item(), {name: p.grad for name, p in model.named_parameters() if p.requires_grad}


def assert_same(model: torch.nn.Module, batch: dict, takes_quick_loss: bool) -> None:
    quick = copy.deepcopy(model)
    assert kernels.quicken(quick) is takes_quick_loss
    (wanted, by_peft), (found, ours) = (loss_and_gradients(m, batch) for m in (model, quick))
    assert found == pytest.approx(wanted, rel=1e-5)
    assert by_peft.keys() == ours.keys()
    for name, gradient in by_peft.items():
        assert gradient.abs().max() > 0, name
        assert torch.allclose(gradient, ours[name], rtol=1e-3, atol=1e-6), name


@pytest.mark.parametrize("bias", [False, True])
def test_loss_and_gradients_are_those_of_peft(batch, bias):
    assert_same(adapted(llama(attention_bias=bias)), batch, takes_quick_loss=True)


def test_gradient_checkpointing_gives_the_same_gradients(batch):
    model = adapted(llama())
    model.activation_checkpointing_enable()
    assert_same(model, batch, takes_quick_loss=True)


def test_only_a_part_of_the_layers_may_have_adapters(batch):
    names = ["model.layers.1.self_attn.q_proj", "model.layers.1.mlp.up_proj"]
    assert_same(adapted(llama(), target_modules=names), batch, takes_quick_loss=True)


def test_another_kind_of_linear_layer_keeps_its_own_products(batch):
    config = GPT2Config(vocab_size=96, n_embd=32, n_layer=2, n_head=4, n_positions=16, attn_pdrop=0, resid_pdrop=0)
    config.embd_pdrop = 0.0
    assert_same(adapted(GPT2LMHeadModel(config), fan_in_fan_out=True), batch, takes_quick_loss=True)


def test_a_model_that_caps_its_logits_keeps_its_own_loss(batch):
    config = Gemma2Config(**SIZES, num_key_value_heads=2, intermediate_size=48, head_dim=8, pad_token_id=0)
    config._attn_implementation = "eager"
    assert_same(adapted(Gemma2ForCausalLM(config)), batch, takes_quick_loss=False)


def test_a_head_that_learns_too_keeps_its_own_loss():
    model = adapted(llama(), modules_to_save=["lm_head"])
    assert kernels.quicken(model) is False


def test_a_base_that_was_not_training_trains_with_its_adapter():
    base = llama(attention_dropout=0.5).eval()
    base.requires_grad_(False)
    model = get_peft_model(base, LoraConfig(r=4, target_modules="all-linear"))
    kernels.quicken(model)
    assert all(module.training for module in model.train().modules())
    assert not any(module.training for module in model.eval().modules())
    assert all(module.training for module in model.train().modules())


def test_activations_are_really_computed_again(batch):
    def kept(model) -> int:
        sizes: dict[int, int] = {}

        def note(saved: torch.Tensor) -> torch.Tensor:
            sizes[saved.untyped_storage().data_ptr()] = saved.untyped_storage().nbytes()
            return saved

        with torch.autograd.graph.saved_tensors_hooks(note, lambda saved: saved):
            model(**batch)
        return sum(sizes.values())

    model = adapted(llama())
    kernels.quicken(model)
    before = kept(model)
    model.activation_checkpointing_enable()
    assert kept(model) < before / 2


def test_dropout_goes_on_being_drawn(batch):
    model = adapted(llama(), lora_dropout=0.5)
    kernels.quicken(model)
    assert model(**batch)["loss"].item() != model(**batch)["loss"].item()


def test_accumulated_batches_share_their_tokens(batch):
    model = adapted(llama())
    plain = model(**batch, num_items_in_batch=100)["loss"].item()
    kernels.quicken(model)
    assert model(**batch, num_items_in_batch=100)["loss"].item() == pytest.approx(plain, rel=1e-5)


def test_without_its_adapter_the_model_is_the_base_again(batch):
    base = llama().eval()
    with torch.no_grad():
        wanted = base(**batch).logits
        model = adapted(base)
        kernels.quicken(model)
        model.eval()
        assert not torch.allclose(model(**batch).logits, wanted, atol=1e-3)
        with model.disable_adapter():
            assert torch.allclose(model(**batch).logits, wanted, atol=1e-5)


def test_the_summed_loss_of_many_tokens_is_worked_out_in_pieces(monkeypatch):
    monkeypatch.setattr(kernels, "_LOGITS_BYTES", 4 * 96 * 16)  # sixteen rows at a time
    hidden = torch.randn(100, 32, requires_grad=True)
    head, targets = torch.randn(96, 32), torch.randint(0, 96, (100,))
    wanted = torch.nn.functional.cross_entropy(hidden @ head.T, targets, reduction="sum")
    (gradient,) = torch.autograd.grad(wanted, hidden)
    found = kernels.summed_loss(hidden, head, targets)
    found.backward()
    assert found.item() == pytest.approx(wanted.item(), rel=1e-5)
    assert torch.allclose(hidden.grad, gradient, atol=1e-4)


def test_rows_that_only_fill_up_a_piece_in_bf16_count_for_nothing():
    hidden = torch.randn(37, 32, dtype=torch.bfloat16, requires_grad=True)
    head, targets = torch.randn(96, 32, dtype=torch.bfloat16), torch.randint(0, 96, (37,))
    wanted = torch.nn.functional.cross_entropy((hidden @ head.T).float(), targets, reduction="sum")
    (gradient,) = torch.autograd.grad(wanted, hidden)
    found = kernels.summed_loss(hidden, head, targets)
    found.backward()
    assert found.item() == pytest.approx(wanted.item(), rel=1e-3)
    assert hidden.grad.shape == hidden.shape
    assert torch.allclose(hidden.grad, gradient, atol=0.1)
