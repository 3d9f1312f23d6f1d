"""How each step changes the weights: Muon for the matrices, AdamW for the embedding and the norms."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_MOMENTUM = 0.95  # of Muon (Jordan et al., 2024)
_BETAS = (0.9, 0.95)  # of AdamW, as usual where a language model is made (Brown et al., 2020)
_EPSILON = 1e-8
_ADAM_SHARE = 0.1  # of `matrix_rate`, where AdamW has the matrices: its step in each weight is about its rate
# Five times x ← a x + (b x xᵀ + c (x xᵀ)²) x brings every singular value near 1 (Newton–Schulz). These coefficients
# rise fastest from small values, and do not settle at 1 (Jordan et al., 2024, «Muon»).
_A, _B, _C = 3.4445, -4.7750, 2.0315
_TIMES = 5


def rate_at(progress: float, step: int, warm_up_steps: int, decay_from: float) -> float:
    """Answers the share of the full rate: it rises for some steps, stays, and goes linearly to zero.

    `progress` is the share of the training that is done. A rate that stays lets one see at any time what decaying
    now would give; the fall is where most of the loss is won (Hägele et al., 2024).
    """
    rise = min(1.0, (step + 1) / max(1, warm_up_steps))
    fall = min(1.0, (1 - progress) / (1 - decay_from)) if decay_from < 1 else 1.0
    return rise * max(0.0, fall)


@dataclass
class Optimizer:
    """Weights in float32 by name, and what is remembered of their gradients; both go in a checkpoint as they are."""

    weights: dict[str, "Tensor"]
    matrix_rate: float
    embedding_rate: float
    weight_decay: float
    kind: str = "normuon"  # of the matrices' way; see `recipe.OPTIMIZERS`
    memory: dict[str, "Tensor"] = field(default_factory=dict)
    steps: int = 0

    def __post_init__(self) -> None:
        import torch

        for name, weight in self.weights.items():
            self.memory.setdefault(f"first.{name}", torch.zeros_like(weight))
            second = weight[:, 0] if self._is_for_muon(name) else weight
            self.memory.setdefault(f"second.{name}", torch.zeros_like(second))

    def _is_for_muon(self, name: str) -> bool:
        return self.kind != "adamw" and is_matrix(name, self.weights[name])

    def step(self, gradients: dict[str, "Tensor"], share: float) -> None:
        """Takes one step, at `share` of the full rates; gradients are in float32, by the weights' names."""
        self.steps += 1
        shapes: dict[tuple, list[str]] = {}
        for name, weight in self.weights.items():
            if self._is_for_muon(name):
                shapes.setdefault(tuple(weight.shape), []).append(name)
            else:
                self._adam(name, gradients[name], share)
        for names in shapes.values():
            self._muon(names, gradients, share)

    def _muon(self, names: list[str], gradients: dict[str, "Tensor"], share: float) -> None:
        """The momentum's nearest orthogonal matrix (Jordan et al., 2024), for all matrices of one shape at once."""
        import torch

        moved = []
        for name in names:
            first = self.memory[f"first.{name}"]
            first.lerp_(gradients[name], 1 - _MOMENTUM)
            moved.append(gradients[name].lerp(first, _MOMENTUM))  # Nesterov's: one step of momentum ahead
        turned = orthogonal(torch.stack(moved)).float()
        rows, columns = turned.shape[1:]
        rate = share * self.matrix_rate * max(1, rows / columns) ** 0.5
        for name, change in zip(names, turned, strict=True):
            if self.kind == "normuon":
                self._even_out(name, change)
            self._decay(name, change, share * self.matrix_rate)
            self.weights[name].sub_(change, alpha=rate)

    def _even_out(self, name: str, change: "Tensor") -> None:
        """Gives each neuron (a row) as much of the step as the others, the whole as long as before (Li et al., 2025,
        «NorMuon»)."""
        second, length = self.memory[f"second.{name}"], change.norm()
        second.lerp_(change.square().mean(1), 1 - _BETAS[1])
        change.div_(second.sqrt().unsqueeze(1) + _EPSILON)
        change.mul_(length / (change.norm() + _EPSILON))

    def _adam(self, name: str, gradient: "Tensor", share: float) -> None:
        """Loshchilov & Hutter, 2019; embeddings and norms do not decay."""
        first, second = self.memory[f"first.{name}"], self.memory[f"second.{name}"]
        first.lerp_(gradient, 1 - _BETAS[0])
        second.lerp_(gradient.square(), 1 - _BETAS[1])
        unbiased = [1 - beta**self.steps for beta in _BETAS]
        change = (first / unbiased[0]) / ((second / unbiased[1]).sqrt() + _EPSILON)
        rate = share * self.embedding_rate
        if is_matrix(name, self.weights[name]):
            rate = share * self.matrix_rate * _ADAM_SHARE
            self._decay(name, change, rate)
        self.weights[name].sub_(change, alpha=rate)

    def _decay(self, name: str, change: "Tensor", rate: float) -> None:
        """Pulls to zero the weights that the step makes smaller anyway (Chen et al., 2025, «cautious»)."""
        weight = self.weights[name]
        weight.sub_(weight * (change * weight > 0), alpha=rate * self.weight_decay)


def is_matrix(name: str, weight: "Tensor") -> bool:
    """Says whether a weight maps vectors to vectors: not the embedding, whose rows are looked up, nor a norm."""
    return weight.ndim == 2 and "embed" not in name


def orthogonal(matrices: "Tensor") -> "Tensor":
    """Answers [n, rows, columns] with all singular values near 1 and the same directions, in bfloat16."""
    import torch

    x = matrices.bfloat16()
    is_tall = x.shape[1] > x.shape[2]
    x = x.mT if is_tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_TIMES):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=_B, alpha=_C), x, beta=_A)
    return x.mT if is_tall else x
