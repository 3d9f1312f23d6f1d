"""A recipe: everything that decides what model comes out, in one YAML file with its reasons beside the numbers."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.errors import LessonError

FOLDER = Path(__file__).parent
OPTIMIZERS = ("normuon", "muon", "adamw")
PRECISIONS = ("bfloat16", "float32")
FORMS = ("whole", "summary", "title", "lead")
_POSITIVE = ("width", "layers", "heads", "inner", "context", "vocabulary", "rows", "rows_at_once")


@dataclass(frozen=True)
class Register:
    """One kind of text, and how much of what the model reads is of it."""

    file: str  # in the folder of corpora: gzipped JSON lines with `text` and `source`
    early: float  # share of the rows read before `late_from`
    late: float  # and after
    form: str = "whole"  # how a record becomes a text: one of FORMS
    apart_by: str = "source"  # field that says which document a record is of, for keeping whole documents apart
    held_out: float = 0.0  # share of the documents that is never read
    most_characters: int = 0  # of all its texts; 0, no limit


@dataclass(frozen=True)
class Shape:
    """The network's sizes, with the names of this page; `model.configuration` says them in transformers' own."""

    width: int
    layers: int
    heads: int
    inner: int  # of the gated feed-forward layer
    context: int  # tokens of a row
    vocabulary: int


@dataclass(frozen=True)
class Training:
    rows: int  # a step
    rows_at_once: int  # so that what one pass holds fits in memory and cache; divides `rows`
    minutes: float = 0.0  # of training; the schedule is stretched over them. 0: over `steps`
    steps: int = 0
    optimizer: str = "normuon"  # or another of OPTIMIZERS, to compare
    matrix_rate: float = 0.02
    embedding_rate: float = 0.004
    weight_decay: float = 0.1
    warm_up_steps: int = 60
    decay_from: float = 0.5  # share of the training after which the rate goes linearly to zero
    late_from: float = 0.6  # share of the training after which the late mix is read
    checkpoint_minutes: float = 5.0
    precision: str = "bfloat16"  # of the products; the weights themselves are kept in float32
    compile: bool = True


@dataclass(frozen=True)
class Recipe:
    name: str
    seed: int
    registers: Mapping[str, Register]
    shape: Shape
    training: Training
    tokenizer_characters: int  # of text that the tokenizer learns from
    watts: float = 0.0  # that the machine draws, for the card: stated, not measured. 0: `core.evaluation.energy` says
    corpora: str = ""
    grown_from: str = ""  # a folder, or `classroom`: a model to go on from, as deep or less, with its tokenizer
    largest_file: str = "20MB"  # of weights; a larger model is written in several


def read(path: Path) -> Recipe:
    """Reads a recipe; a bare name is one of those beside this file.

    Raises LessonError `recipe_missing` or `recipe_unusable`.
    """
    if not path.is_file():
        known = {one.stem: one for one in sorted(FOLDER.glob("*.yaml"))}
        if str(path).removesuffix(".yaml") not in known:
            raise LessonError("recipe_missing", recipe=path, known=", ".join(known))
        path = known[path.stem]
    try:
        asked = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LessonError("recipe_unusable", recipe=path.name, problems=error.strerror) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LessonError("recipe_unusable", recipe=path.name, problems="YAML") from error
    return _checked(asked, path.name)


def lasting(recipe: Recipe, minutes: float | None, steps: int | None) -> Recipe:
    """Answers the recipe with its training over so many minutes or steps, or as it was where neither is given.

    Raises LessonError `recipe_unusable`, as `read`.
    """
    if minutes is None and steps is None:
        return recipe
    how = dataclasses.replace(recipe.training, minutes=minutes or 0.0, steps=steps or 0)
    recipe = dataclasses.replace(recipe, training=how)
    if problems := _contradictions(recipe):
        raise LessonError("recipe_unusable", recipe=recipe.name, problems=", ".join(problems))
    return recipe


def _checked(asked: Any, name: str) -> Recipe:
    """Builds the records of a recipe, and says all that is wrong with it at once."""
    problems: list[str] = []
    asked = asked if isinstance(asked, dict) else {}
    kinds = asked.get("registers")
    registers = {
        kind: _record(Register, one, f"registers.{kind}", problems)
        for kind, one in (kinds if isinstance(kinds, dict) else {}).items()
    }
    shape = _record(Shape, asked.get("shape"), "shape", problems)
    training = _record(Training, asked.get("training"), "training", problems)
    parts = {"registers": registers, "shape": shape, "training": training}
    recipe = _record(Recipe, {**asked, **parts}, "", problems)
    if not problems:
        problems += _contradictions(recipe)
    if problems:
        raise LessonError("recipe_unusable", recipe=name, problems=", ".join(problems))
    return recipe


def _record(kind: Any, asked: Any, where: str, problems: list[str]) -> Any:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    asked = asked if isinstance(asked, dict) else {}
    prefix = f"{where}." if where else ""
    problems += [f"{prefix}{name}?" for name in asked.keys() - fields.keys()]
    needed = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
    missing = sorted(needed - asked.keys())
    problems += [f"{prefix}{name} (…)" for name in missing]
    given = {}
    for name, value in asked.items():
        wanted = fields[name].type if name in fields else None
        if wanted is float and type(value) is int:
            value = float(value)
        if wanted in (int, float, str, bool) and type(value) is not wanted:
            problems.append(f"{prefix}{name} ({wanted.__name__})")
        elif name in fields:
            given[name] = value
    return kind(**given) if needed <= given.keys() else None


def _contradictions(recipe: Recipe) -> list[str]:
    shape, training = recipe.shape, recipe.training
    wrong = [
        f"{part}.{name} (> 0)"
        for part, one in (("shape", shape), ("training", training))
        for name, value in vars(one).items()
        if type(value) in (int, float) and (value < 0 or (not value and name in _POSITIVE))
    ]
    if wrong:
        return wrong
    if shape.width % shape.heads or (shape.width // shape.heads) % 2:
        wrong.append("shape.heads")
    if shape.vocabulary > 1 << 16:
        wrong.append("shape.vocabulary (65536)")  # ids are kept as uint16
    if training.rows % training.rows_at_once:
        wrong.append("training.rows_at_once")
    if bool(training.minutes) == bool(training.steps):
        wrong.append("training.minutes, training.steps")
    if training.optimizer not in OPTIMIZERS:
        wrong.append(f"training.optimizer ({', '.join(OPTIMIZERS)})")
    if training.precision not in PRECISIONS:
        wrong.append(f"training.precision ({', '.join(PRECISIONS)})")
    wrong += [f"registers.{name}.form" for name, one in recipe.registers.items() if one.form not in FORMS]
    for part in ("early", "late"):
        if not recipe.registers or abs(sum(getattr(one, part) for one in recipe.registers.values()) - 1) > 1e-6:
            wrong.append(f"registers.*.{part} (= 1)")
    return wrong
