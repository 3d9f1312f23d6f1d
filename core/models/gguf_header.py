"""What a GGUF file says before its numbers: keys with values, and where each weight lies. No weight is read.

The gguf library has a reader too, which makes three arrays of every token: half a minute and half a gigabyte for a
vocabulary of 150 000. The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import os
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import LessonError

_MAGIC, _VERSIONS = b"GGUF", (2, 3)
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_MOST = 1 << 28  # of a text's bytes, or an array's values: more is no length but damage


@dataclass(frozen=True)
class Header:
    """`said` by key; `weights` with their shapes, as numpy has them: a row belongs together."""

    said: dict[str, Any]
    weights: dict[str, tuple[int, ...]]


def read(path: Path) -> Header:
    """Raises LessonError `gguf_broken`, also where the file ends before its last weight does."""
    try:
        with path.open("rb") as file:
            magic, version = file.read(4), _number(file, "<I")
            if magic != _MAGIC or version not in _VERSIONS:
                raise ValueError("no GGUF file of a version that is read")
            weights, keys = _number(file, "<Q"), _number(file, "<Q")
            said = {_text(file): _value(file, _number(file, "<I")) for _ in range(keys)}
            placed = [_weight(file) for _ in range(weights)]
            step = int(said.get("general.alignment", 32))
            begin = -(-file.tell() // step) * step
            if begin + max(end for _, _, end in placed) > os.fstat(file.fileno()).st_size:
                raise ValueError("weights beyond the file's end")
    except (
        OSError, ValueError, KeyError, TypeError, struct.error, ArithmeticError, MemoryError, RecursionError,
    ) as error:  # fmt: skip
        raise LessonError("gguf_broken", name=path.name) from error
    return Header(said, {name: shape for name, shape, _ in placed})


def _weight(file: BinaryIO) -> tuple[str, tuple[int, ...], int]:
    """Answers a weight's name, its shape, and where it ends, counted from where the first begins."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    name = _text(file)
    sides = [_number(file, "<Q") for _ in range(_number(file, "<I"))]
    block, size = GGML_QUANT_SIZES[GGMLQuantizationType(_number(file, "<I"))]
    return name, tuple(reversed(sides)), _number(file, "<Q") + prod(sides) // block * size


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _text(file)
    if kind != _ARRAY:
        return _number(file, _NUMBERS[kind])
    inner, count = _number(file, "<I"), _number(file, "<Q")
    if count > _MOST:
        raise ValueError("an array that cannot be that long")
    if inner in _NUMBERS:
        each = _NUMBERS[inner]
        return list(struct.unpack(f"<{count}{each[1]}", file.read(count * struct.calcsize(each))))
    return [_value(file, inner) for _ in range(count)]


def _number(file: BinaryIO, form: str) -> Any:
    (value,) = struct.unpack(form, file.read(struct.calcsize(form)))
    return value


def _text(file: BinaryIO) -> str:
    length = _number(file, "<Q")
    if length > _MOST:
        raise ValueError("a text that cannot be that long")
    return file.read(length).decode()
