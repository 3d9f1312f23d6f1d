"""A shelf of Hub models that make sense on a small machine, in Spanish or in English."""

from dataclasses import dataclass

from core.models.kind import CAUSAL, SEQ2SEQ
from core.models.search import AUTOMATIC, OPEN


@dataclass(frozen=True)
class ShelfModel:
    """A model of the Hub: `parameters` in millions, its licence's name ("" where its card names none that we saw), the
    code of its languages, and of what it is good for; `context` in tokens, 0 where we did not see it.
    """

    id: str
    parameters: int
    licence: str
    languages: str
    purpose: str
    context: int = 0
    kind: str = CAUSAL
    instruct: bool = False
    access: str = OPEN

    @property
    def is_gated(self) -> bool:
        return self.access != OPEN


# Read on their cards in November 2026; what was not seen there is left out. The smallest of each group comes first.
SHELF = (
    ShelfModel("DeepESP/gpt2-spanish", 124, "MIT", "es", "poems", 1024),
    ShelfModel("HuggingFaceTB/SmolLM2-135M", 135, "Apache-2.0", "en", "english"),
    ShelfModel("google/gemma-3-270m", 270, "Gemma", "over_140", "to_adapt", 32_768, access=AUTOMATIC),
    ShelfModel("ibm-granite/granite-4.0-350m", 350, "Apache-2.0", "twelve", "requests", instruct=True),
    ShelfModel("HuggingFaceTB/SmolLM2-360M", 360, "Apache-2.0", "en", "english"),
    ShelfModel("Qwen/Qwen3-0.6B-Base", 600, "Apache-2.0", "over_100", "all_round", 32_768),
    ShelfModel("Qwen/Qwen3-0.6B", 600, "Apache-2.0", "over_100", "requests", 32_768, instruct=True),
    ShelfModel("projecte-aina/FLOR-760M", 760, "Apache-2.0", "iberian", "iberian"),
    ShelfModel("Qwen/Qwen3-1.7B-Base", 1700, "Apache-2.0", "over_100", "gpu", 32_768),
    ShelfModel("utter-project/EuroLLM-1.7B", 1700, "Apache-2.0", "european", "gpu"),
    ShelfModel("BSC-LT/salamandra-2b", 2250, "Apache-2.0", "european", "gpu", 8192),
    ShelfModel("google/flan-t5-small", 80, "Apache-2.0", "sixty", "summaries", 512, SEQ2SEQ, instruct=True),
    ShelfModel("vgaraujov/bart-base-spanish", 140, "", "es", "summaries", kind=SEQ2SEQ),
    ShelfModel("csebuetnlp/mT5_multilingual_XLSum", 580, "CC-BY-NC-SA-4.0", "forty_three", "news", 512, SEQ2SEQ),
)
