"""`python -m core` where accelerate shares a model out among processes without cards: for test_many alone.

accelerate 1.15 reads `distributed_type: FSDP` and then, finding no card, trains with whole copies. What follows it,
torch's FSDP2 and all that is ours, needs none.
"""

import sys

from accelerate import state
from accelerate.utils import DistributedType

from core.cli import main

begin = state.AcceleratorState.__init__


def begin_sharded(self, *arguments, fsdp_plugin=None, **others) -> None:
    begin(self, *arguments, fsdp_plugin=fsdp_plugin, **others)
    if fsdp_plugin is not None and self.distributed_type == DistributedType.MULTI_CPU:
        self.fsdp_plugin = fsdp_plugin
        self.distributed_type = DistributedType.FSDP
        state.PartialState._shared_state["distributed_type"] = DistributedType.FSDP


if __name__ == "__main__":
    state.AcceleratorState.__init__ = begin_sharded
    sys.exit(main(sys.argv[1:]))
