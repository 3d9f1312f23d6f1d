"""What a guess costs, and its gradients, a few rows of logits at a time.

The logits of a whole step would be the largest thing in memory, and slow for it. `core.training.kernels` does the same
over a head that does not learn; here it learns too.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

# Rows of logits at a time: with 12 288 pieces in float32 they make 25 MB, about what a processor's cache holds. A card
# wants more at once.
_ROWS = {"cpu": 512, "cuda": 8192}


def mean_loss(hidden: "Tensor", head: "Tensor", targets: "Tensor") -> "Tensor":
    """Answers the mean cross entropy, in nats, of hidden [tokens, width] and targets [tokens] under head
    [vocabulary, width]."""
    return _function().apply(hidden, head, targets)


@lru_cache(maxsize=1)
def _function() -> Any:
    import torch
    from torch.autograd import Function

    class MeanLoss(Function):
        @staticmethod
        def forward(ctx: Any, hidden: Any, head: Any, targets: Any) -> Any:
            of_hidden = torch.empty_like(hidden)
            of_head = torch.zeros_like(head, dtype=torch.float32)
            total = torch.zeros((), dtype=torch.float32, device=hidden.device)
            some = _ROWS[hidden.device.type]
            for start in range(0, len(hidden), some):
                piece, wanted = hidden[start : start + some], targets[start : start + some, None]
                shares = torch.log_softmax((piece @ head.T).float(), -1)
                total -= shares.gather(1, wanted).sum()
                shares.exp_().scatter_add_(1, wanted, torch.full_like(wanted, -1, dtype=shares.dtype))
                shares = shares.to(head.dtype)
                of_hidden[start : start + some] = shares @ head
                of_head += shares.T @ piece
            ctx.save_for_backward(of_hidden, of_head)
            ctx.precision = head.dtype
            return total / len(hidden)

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            of_hidden, of_head = ctx.saved_tensors
            scale = gradients[0] / len(of_hidden)
            return of_hidden * scale.to(of_hidden.dtype), (of_head * scale).to(ctx.precision), None

    return MeanLoss
