"""Where training over a frozen base spends its time, written for it: the products of LoRA, and the loss of a text.

The same numbers as PEFT and transformers give, up to rounding: what is not known to be alike is left as it is.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from core.tokens.cut import IGNORED

if TYPE_CHECKING:
    from torch import Tensor, nn

# Projections of one and the same input, in the order in which the models that have them ask for them.
_TOGETHER = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))
# In bf16 a processor's products are compiled for each shape that occurs, and kept: a run whose batches all differ spent
# a sixth of its time and half of its memory on that. So a batch's width, and the rows of a loss, come in few sizes.
WIDTHS = 8
_ROWS = 32
_LOGITS_BYTES = 16 << 20  # of logits held at a time, in float32: about what a processor's cache holds


def quicken(model: "nn.Module") -> bool:
    """Gives a PEFT model with one LoRA adapter over a frozen causal model the products and the loss of this file.

    Answers whether its loss is the quick one: a model that treats its logits in a way of its own (scales or caps
    them, say) keeps its own loss.
    """
    _join(model)
    _walk_only_at_a_change(model)
    return _quicken_loss(model.get_base_model())


def _walk_only_at_a_change(model: Any) -> None:
    """Spares `model.train()`, asked before every step, its walk through all modules where nothing changes."""
    plain = model.train
    plain(model.training)  # a new adapter's model and the base inside it may disagree
    model.train = lambda mode=True: model if model.training == mode else plain(mode)


# ---------------------------------------------------------------- the loss


def _quicken_loss(model: Any) -> bool:
    """Replaces the forward of a causal model where it is trained, if its loss is the plain one."""
    if not _has_plain_loss(model):
        return False
    plain, body, head = model.forward, model.base_model, model.get_output_embeddings().weight

    def forward(input_ids=None, attention_mask=None, labels=None, num_items_in_batch=None, **named):
        if labels is None or not model.training:
            named |= {} if labels is None else {"labels": labels, "num_items_in_batch": num_items_in_batch}
            return plain(input_ids=input_ids, attention_mask=attention_mask, **named)
        hidden = body(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).last_hidden_state
        is_scored = labels[:, 1:] != IGNORED
        total = summed_loss(hidden[:, :-1][is_scored], head, labels[:, 1:][is_scored])
        return {"loss": total / (is_scored.sum() if num_items_in_batch is None else num_items_in_batch)}

    model.forward = forward
    return True


def _has_plain_loss(model: Any) -> bool:
    """Says whether a model's loss is the cross entropy of a frozen linear layer over what its body answers.

    It is asked with logits put in the layer's place, far larger than a model's own, so that a scale or a cap shows.
    """
    import torch

    head = model.get_output_embeddings()
    if type(head) is not torch.nn.Linear or head.bias is not None or head.weight.requires_grad:
        return False
    ids = torch.arange(8, device=head.weight.device).view(1, -1) % head.out_features
    asked = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    logits = torch.linspace(-50, 50, ids.numel() * head.out_features, device=ids.device).view(1, ids.numel(), -1)
    wanted = torch.nn.functional.cross_entropy(logits[0, :-1], ids[0, 1:])
    was_training, read = model.training, []

    def answer(hidden: "Tensor") -> "Tensor":
        read.append(hidden)
        return logits

    head.forward = answer
    try:
        model.eval()  # no dropout between one look and the next
        with torch.no_grad():
            found = model(**asked, labels=ids).loss
            hidden = model.base_model(**asked, use_cache=False).last_hidden_state
        return torch.allclose(found, wanted, rtol=1e-4) and torch.allclose(read[0], hidden, rtol=1e-3, atol=1e-3)
    except (AttributeError, IndexError, TypeError, ValueError, RuntimeError):
        return False
    finally:
        del head.forward
        model.train(was_training)


def summed_loss(hidden: "Tensor", head: "Tensor", targets: "Tensor") -> "Tensor":
    """Answers the summed cross entropy, in nats, of hidden [tokens, width] and targets [tokens] under a frozen head.

    `head` is [vocabulary, width]. A few rows of logits exist at a time, and their gradient is worked out while they
    do: a whole batch's logits would be the largest thing in memory.
    """
    return _functions()[1].apply(hidden, head, targets)


# ---------------------------------------------------------------- the products


def _join(model: "nn.Module") -> None:
    """Lets each group of LoRA layers that read one input be worked out together, and each other one by itself."""
    for parent in model.modules():
        named = {name: child for name, child in parent.named_children() if _is_plain(child)}
        for together in _TOGETHER:
            if all(name in named for name in together):
                _Joined([named.pop(name) for name in together])
        for layer in named.values():
            _Joined([layer])


def _is_plain(layer: Any) -> bool:
    """Says whether a module is PEFT's LoRA over torch's own linear layer, without dropout or any variant."""
    import torch
    from peft.tuners.lora.layer import Linear

    if type(layer) is not Linear or type(layer.base_layer) is not torch.nn.Linear or len(layer.active_adapters) != 1:
        return False
    (name,) = layer.active_adapters
    has_dropout = not isinstance(layer.lora_dropout[name], torch.nn.Identity)
    return not (has_dropout or layer.lora_bias[name] or layer.use_dora.get(name, False) or layer.fan_in_fan_out)


class _Joined:
    """LoRA layers that read the same input: the first one asked works out the outputs of all."""

    def __init__(self, layers: Sequence[Any]) -> None:
        import torch

        self.layers = layers
        (self.name,) = layers[0].active_adapters
        bases = [layer.base_layer for layer in layers]
        self.sizes = [base.out_features for base in bases]
        self.weight, self.bias = bases[0].weight, bases[0].bias
        if len(layers) > 1:
            # One matrix of which each layer's own is now a part, so that nothing is held twice.
            self.weight = torch.cat([base.weight.data for base in bases])
            for base, part in zip(bases, self.weight.split(self.sizes), strict=True):
                base.weight.data = part
            if any(base.bias is not None for base in bases):
                self.bias = torch.cat(
                    [base.weight.new_zeros(base.out_features) if base.bias is None else base.bias for base in bases]
                )
        self.read: Any = None
        self.ready: dict[int, Any] = {}
        for place, layer in enumerate(layers):
            layer.forward = self._forward_of(place, type(layer).forward)

    def _forward_of(self, place: int, plain: Callable) -> Callable:
        def forward(x: "Tensor", *arguments: Any, **named: Any) -> Any:
            layer = self.layers[place]
            if layer.disable_adapters or layer.merged:
                return plain(layer, x, *arguments, **named)
            if self.read is not x or place not in self.ready:
                self._work_out(x)
            output = self.ready.pop(place)
            if not self.ready:
                self.read = None
            return output

        return forward

    def _work_out(self, x: "Tensor") -> None:
        factors = [layer.lora_A[self.name].weight for layer in self.layers]
        factors += [layer.lora_B[self.name].weight for layer in self.layers]
        scalings = [layer.scaling[self.name] for layer in self.layers]
        flat = x.reshape(-1, x.shape[-1])
        y = _functions()[0].apply(flat, self.weight, self.bias, self.sizes, scalings, *factors)
        parts = y.view(*x.shape[:-1], -1).split(self.sizes, -1)
        self.read, self.ready = x, dict(enumerate(parts))


@lru_cache(maxsize=1)
def _functions() -> tuple[Any, Any]:
    """Answers the two functions, whose gradients are written out; made on first use, since torch is slow to import."""
    import torch
    from torch.autograd import Function
    from torch.nn import functional

    class LoraProducts(Function):
        """x Wᵀ + bias, with W frozen, and in each part i of it also scalingᵢ · (x Aᵢᵀ) Bᵢᵀ.

        x [tokens, in], W [out, in], Aᵢ [rank, in], Bᵢ [outᵢ, rank]; the parts' sizes outᵢ sum to out. The factors
        stay in their own precision; the products are done in that of x.
        """

        @staticmethod
        def forward(ctx: Any, x: Any, weight: Any, bias: Any, sizes: Any, scalings: Any, *factors: Any) -> Any:
            count = len(sizes)
            down = torch.cat(factors[:count]).to(x.dtype) if count > 1 else factors[0].to(x.dtype)
            ups = [(b * scaling).to(x.dtype) for b, scaling in zip(factors[count:], scalings, strict=True)]
            ranks = [len(a) for a in factors[:count]]
            inner = x @ down.T
            y = functional.linear(x, weight, bias)
            for part, read, up in zip(y.split(sizes, 1), inner.split(ranks, 1), ups, strict=True):
                part.addmm_(read, up.T)
            ctx.save_for_backward(x, weight, down, inner, *ups)
            ctx.sizes, ctx.ranks, ctx.scalings, ctx.precision = sizes, ranks, scalings, factors[0].dtype
            return y

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            (gradient,) = gradients
            x, weight, down, inner, *ups = ctx.saved_tensors
            parts = gradient.split(ctx.sizes, 1)
            inward = torch.cat([part @ up for part, up in zip(parts, ups, strict=True)], 1)
            of_x = (gradient @ weight).addmm_(inward, down) if ctx.needs_input_grad[0] else None
            of_down = (inward.T @ x).to(ctx.precision).split(ctx.ranks)
            of_ups = [
                (part.T @ read).to(ctx.precision) * scaling
                for part, read, scaling in zip(parts, inner.split(ctx.ranks, 1), ctx.scalings, strict=True)
            ]
            return of_x, None, None, None, None, *of_down, *of_ups

    class SummedLoss(Function):
        @staticmethod
        def forward(ctx: Any, hidden: Any, head: Any, targets: Any) -> Any:
            count, spare = len(hidden), 0 if hidden.dtype == torch.float32 else -len(hidden) % _ROWS
            hidden, targets = functional.pad(hidden, (0, 0, 0, spare)), functional.pad(targets, (0, spare))
            gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
            total = torch.zeros((), dtype=torch.float32, device=hidden.device)
            rows = max(_ROWS, _LOGITS_BYTES // (4 * len(head)) // _ROWS * _ROWS)
            for start in range(0, count, rows):
                piece, wanted = hidden[start : start + rows], targets[start : start + rows, None]
                shares = torch.log_softmax((piece @ head.T).float(), -1)
                total -= shares[: count - start].gather(1, wanted[: count - start]).sum()
                if gradient is not None:
                    shares.exp_().scatter_add_(1, wanted, torch.full_like(wanted, -1, dtype=shares.dtype))
                    torch.matmul(shares.to(head.dtype), head, out=gradient[start : start + rows])
            ctx.save_for_backward(None if gradient is None else gradient[:count])
            return total

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            (gradient,) = ctx.saved_tensors
            return gradient * gradients[0].to(gradient.dtype), None, None

    return LoraProducts, SummedLoss
