"""A short shelf of Hub models that make sense on a small machine, in Spanish or in English."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ShelfModel:
    """A model of the Hub: `parameters` in millions, its licence's name, and the code of what it is good for."""

    id: str
    parameters: int
    licence: str
    purpose: str


# Each was read on its own card in November 2026; none needs an agreement to be signed first.
SHELF = (
    ShelfModel("DeepESP/gpt2-spanish", 124, "MIT", "spanish"),
    ShelfModel("HuggingFaceTB/SmolLM2-135M", 135, "Apache-2.0", "english"),
    ShelfModel("Qwen/Qwen3-0.6B-Base", 600, "Apache-2.0", "multilingual"),
    ShelfModel("ibm-granite/granite-4.0-350m", 350, "Apache-2.0", "multilingual"),
    ShelfModel("projecte-aina/FLOR-760M", 760, "Apache-2.0", "iberian"),
    ShelfModel("utter-project/EuroLLM-1.7B", 1700, "Apache-2.0", "gpu"),
)
