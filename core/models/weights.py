"""A safetensors file, read piece by piece: its header says where each tensor lies, and nothing else is loaded."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import LessonError

FLOATS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}  # bytes of a number, by the format's names


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies: bytes `begin` to `end` of its file, in C order."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def tensors(path: Path) -> dict[str, Tensor]:
    """Reads a header: 8 bytes of length (little-endian), then that many of JSON. Raises LessonError `broken_model`."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > size:
                raise ValueError("header longer than the file")
            header = json.loads(file.read(length))
        found = {}
        for name, one in header.items():
            if name != "__metadata__":
                begin, end = (8 + length + int(place) for place in one["data_offsets"])
                found[name] = Tensor(str(one["dtype"]), tuple(int(side) for side in one["shape"]), begin, end)
        if any(not 8 + length <= tensor.begin <= tensor.end <= size for tensor in found.values()):
            raise ValueError("tensors beyond the file's end")
        return found
    except (OSError, ValueError, struct.error, KeyError, TypeError, AttributeError) as error:
        raise LessonError("broken_model", folder=path.parent.name, file=path.name) from error


def numbers(raw: bytes, dtype: str) -> np.ndarray:
    """Answers the numbers in `raw`, of a `dtype` of FLOATS, as float32. numpy has no bfloat16: it is half of one."""
    if dtype == "BF16":
        return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(raw, {"F64": "<f8", "F32": "<f4", "F16": "<f2"}[dtype]).astype("<f4")


def packed(values: np.ndarray, dtype: str) -> bytes:
    """Answers float32 numbers as bytes of `dtype`, rounded to the nearest, and to the even one of two as near."""
    if dtype == "BF16":
        bits = np.ascontiguousarray(values, "<f4").view("<u4")
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()
    return values.astype({"F64": "<f8", "F32": "<f4", "F16": "<f2"}[dtype]).tobytes()
