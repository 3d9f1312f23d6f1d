"""How a model reads and writes: one text that goes on (`causal`), or a text and its answer apart (`seq2seq`)."""

import ast
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from core.errors import LessonError

CAUSAL, SEQ2SEQ = "causal", "seq2seq"
_CAUSAL_ENDINGS = ("ForCausalLM", "LMHeadModel")
# Encoder and decoder over texts. Others end alike (`ForConditionalGeneration`) and read pictures or sound.
_SEQ2SEQ_FAMILIES = {"t5", "mt5", "umt5", "longt5", "bart", "mbart", "pegasus"}


def kind_of(config: Mapping, name: str) -> str:
    """Answers `causal` or `seq2seq`, from what a model's configuration says.

    Raises LessonError: `unknown_architecture` where our libraries cannot build it (a model that brings a program of
    its own is built as they know it, or not at all: its program never runs), `not_a_writer` for every other kind.
    """
    family, architectures = config.get("model_type"), config.get("architectures")
    if not architectures or family not in _table("MODEL_MAPPING_NAMES"):
        said = ", ".join(map(str, architectures or [family or "—"]))
        raise LessonError("unknown_architecture", folder=name, architecture=said)
    if family in _SEQ2SEQ_FAMILIES and any(a.endswith("ForConditionalGeneration") for a in architectures):
        return SEQ2SEQ
    if family in _table("MODEL_FOR_CAUSAL_LM_MAPPING_NAMES") and any(
        a.endswith(_CAUSAL_ENDINGS) for a in architectures
    ):
        return CAUSAL
    raise LessonError("not_a_writer", folder=name, architecture=", ".join(architectures))


def is_masked(config: Mapping) -> bool:
    """Says whether a model fills gaps: it reads what is before a gap and after it (BERT and its kin)."""
    architectures = config.get("architectures") or []
    known = config.get("model_type") in _table("MODEL_FOR_MASKED_LM_MAPPING_NAMES")
    return known and any(a.endswith("ForMaskedLM") for a in architectures)


@lru_cache(maxsize=3)
def _table(name: str) -> frozenset[str]:
    """Answers the families in one of transformers' tables, read in its source: importing it takes seconds."""
    spec = find_spec("transformers")
    folder = Path(((spec and spec.submodule_search_locations) or [""])[0])
    tree = ast.parse((folder / "models" / "auto" / "modeling_auto.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name and isinstance(node.value, ast.Call):
            return frozenset(family for family, _ in ast.literal_eval(node.value.args[0]))
    raise LookupError(name)
