"""The loop: read rows, guess, change the weights; now and then keep everything, to go on from there."""

import json
import math
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import storage
from core.errors import LessonError
from core.models import folder as models
from core.pretraining import attention, rows
from core.pretraining.loss import mean_loss
from core.pretraining.model import draw, grow
from core.pretraining.optimizer import Optimizer, rate_at
from core.pretraining.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

CHECKPOINT = "checkpoint.safetensors"
METRICS = "metrics.jsonl"
_TOLD_EVERY = 10  # steps
_CLIP = 1.0  # the longest gradient that is taken as it is (Pascanu et al., 2013)


@dataclass
class Position:
    """Where a training is: all that, with the weights, decides what comes next."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    rows_read: dict[str, int] = field(default_factory=dict)
    loss: float = float("nan")

    def progress(self, recipe: Recipe) -> float:
        """Answers the share of the training that is done: of its minutes, or of its steps."""
        how = recipe.training
        done = self.seconds / (60 * how.minutes) if how.minutes else self.step / how.steps
        return min(1.0, done)


def train(recipe: Recipe, folder: Path, say: Callable[..., None]) -> "nn.Module | None":
    """Trains from the last checkpoint in `folder`, or from nothing; answers the model, in float32.

    Stopped by SIGTERM or Ctrl-C it keeps a checkpoint and answers None. With `steps` the weights are the same whether
    or not it was stopped; with `minutes` the rate follows the clock, and only nearly so. Raises LessonError
    `pretraining_diverged` where the loss is no number any more.
    """
    import torch

    how = recipe.training
    device = "cuda" if torch.cuda.is_available() else "cpu"
    begun = models.find(recipe.grown_from) if recipe.grown_from else None
    master = (grow(recipe.shape, recipe.seed, begun) if begun else draw(recipe.shape, recipe.seed)).to(device)
    weights = {name: weight.detach() for name, weight in master.named_parameters()}
    optimizer = Optimizer(weights, how.matrix_rate, how.embedding_rate, how.weight_decay, how.optimizer)
    position = _resume(folder, optimizer)
    if position.step:
        say("pretrain.resumed", step=position.step, tokens=position.tokens)
    working = _working_copy(master, how.precision)
    body = torch.compile(working.model) if how.compile else working.model
    registers = {
        name: rows.Rows.open(folder / "ids" / name, recipe.shape.context, recipe.seed) for name in recipe.registers
    }
    stopped = _Stop()
    kept_at = began = time.monotonic()
    with stopped:
        while position.progress(recipe) < 1 and not stopped.asked:
            progress = position.progress(recipe)
            weighed = {
                name: one.early if progress < how.late_from else one.late for name, one in recipe.registers.items()
            }
            batch = torch.from_numpy(
                rows.draw(registers, weighed, how.rows, position.rows_read, position.step, recipe.seed)
            ).to(device)
            position.loss, gradients = _gradients(working, body, batch, how.rows_at_once)
            if gradients is None:  # what was kept, if anything was, is from before
                raise LessonError("pretraining_diverged", step=position.step, folder=folder)
            share = rate_at(progress, position.step, how.warm_up_steps, how.decay_from)
            optimizer.step(gradients, share)
            _copy(weights, working)
            now = time.monotonic()
            position.step += 1
            position.tokens += how.rows * recipe.shape.context
            position.seconds += now - began
            began = now
            _tell(folder, position, share, say, is_last=position.progress(recipe) >= 1)
            if now - kept_at > 60 * how.checkpoint_minutes:
                _keep(folder, optimizer, position)
                kept_at = began = time.monotonic()
        _keep(folder, optimizer, position)  # still deaf to a second Ctrl-C
    return None if position.progress(recipe) < 1 else master


def _working_copy(master: "nn.Module", precision: str) -> "nn.Module":
    """Answers the model that does the products: its weights are the master's, rounded after every step."""
    import copy

    import torch

    working = copy.deepcopy(master).to(getattr(torch, precision))
    if working.device.type == "cpu":
        attention.register()
        working.set_attn_implementation(attention.NAME)
    working.train()
    return working


def _copy(weights: dict[str, Any], working: "nn.Module") -> None:
    for name, weight in working.named_parameters():
        weight.data.copy_(weights[name])


def _gradients(working: Any, body: Any, batch: Any, rows_at_once: int) -> tuple[float, dict[str, Any] | None]:
    """Answers the mean loss of a batch [rows, context + 1], in nats a token, and its gradients in float32, by name.

    They are summed over passes in float32, so that a long sum does not swallow its small parts, and cut to a length.
    None in their place where they are no numbers any more.
    """
    import torch

    head = working.get_output_embeddings().weight
    total, passes = 0.0, batch.split(rows_at_once)
    summed: dict[str, Any] = {}
    for some in passes:
        hidden = body(input_ids=some[:, :-1], use_cache=False).last_hidden_state
        loss = mean_loss(hidden.flatten(0, 1), head, some[:, 1:].flatten()) / len(passes)
        loss.backward()
        total += loss.item()
        for name, weight in working.named_parameters():
            if name in summed:
                summed[name].add_(weight.grad)
            else:
                summed[name] = weight.grad.float()
            weight.grad = None
    length = torch.stack([one.norm() for one in summed.values()]).norm().item()
    if not math.isfinite(total + length):
        return total, None
    if length > _CLIP:
        for one in summed.values():
            one.mul_(_CLIP / length)
    return total, summed


# ---------------------------------------------------------------- going on where it was left


def _keep(folder: Path, optimizer: Optimizer, position: Position) -> None:
    """Writes everything in one file, under another name until it is whole."""
    from safetensors.torch import save

    tensors = {f"weight.{name}": weight for name, weight in optimizer.weights.items()}
    tensors |= {f"memory.{name}": kept for name, kept in optimizer.memory.items()}
    storage.write_bytes(folder / CHECKPOINT, save(tensors, {"position": json.dumps(asdict(position))}))


def last_kept(folder: Path) -> Position:
    """Answers where the training in `folder` was when it was last kept: at its beginning, if it never was."""
    from safetensors import safe_open

    if not (folder / CHECKPOINT).exists():
        return Position()
    with safe_open(folder / CHECKPOINT, "pt") as file:
        return Position(**json.loads(file.metadata()["position"]))


def _resume(folder: Path, optimizer: Optimizer) -> Position:
    from safetensors import safe_open

    position = last_kept(folder)
    if not position.step:
        return position
    with safe_open(folder / CHECKPOINT, "pt") as file:
        for name, weight in optimizer.weights.items():
            weight.copy_(file.get_tensor(f"weight.{name}"))
        for name, kept in optimizer.memory.items():
            kept.copy_(file.get_tensor(f"memory.{name}"))
    optimizer.steps = position.step
    return position


def _tell(folder: Path, position: Position, share: float, say: Callable[..., None], is_last: bool) -> None:
    if position.step % _TOLD_EVERY and not is_last:
        return
    record = {
        "step": position.step,
        "tokens": position.tokens,
        "seconds": round(position.seconds, 2),
        "loss": round(position.loss, 4),
        "rate": round(share, 4),
    }
    storage.append_json(folder / METRICS, record)
    say("pretrain.step", **record, speed=round(position.tokens / position.seconds))


class _Stop:
    """While open, SIGTERM and Ctrl-C ask for an end after the step that is being taken."""

    asked = False

    def __enter__(self) -> None:
        self.before = {number: signal.signal(number, self._ask) for number in (signal.SIGTERM, signal.SIGINT)}

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _ask(self, *_: object) -> None:
        self.asked = True
