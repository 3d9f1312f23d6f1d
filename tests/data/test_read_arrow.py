import datetime
import decimal
import random

import make_files as make
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from core.data import read_arrow as arrows
from core.data.read_arrow import read_arrow
from core.data.table import Options, no_progress

DATA = pa.table(
    {
        "texto": ["Niño\n«mañana»", None],
        "partes": [["a", "b"], []],
        "n": [7, None],
        "x": [7.0, 0.5],
        "cuándo": [datetime.date(2020, 1, 2), None],
        "dato": [{"a": 1}, None],
        "clase": pa.array(["sí", "no"]).dictionary_encode(),
        "bytes": [b"ni\xc3\xb1o", b"\xff"],
    }
)
READ = [
    {"texto": "Niño\n«mañana»", "partes": "a\nb", "n": "7", "x": "7", "cuándo": "2020-01-02", "dato": '{"a": 1}',
     "clase": "sí", "bytes": "niño"},
    {"texto": "", "partes": "", "n": "", "x": "0.5", "cuándo": "", "dato": "", "clase": "no", "bytes": "\ufffd"},
]  # fmt: skip


def stream(data, path):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, data.schema) as writer:
        writer.write_table(data)


WRITERS = {"parquet": pa.parquet.write_table, "feather": pa.feather.write_feather, "arrow": stream}


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_value_is_text(suffix, tmp_path):
    path = tmp_path / f"a.{suffix}"
    WRITERS[suffix](DATA, str(path))
    assert read_arrow(path, Options(), no_progress).data.to_pylist() == READ


@pytest.mark.parametrize("suffix", WRITERS)
def test_decimals_and_durations_are_written_plainly(suffix, tmp_path):
    price, time = decimal.Decimal("12.50"), datetime.timedelta(hours=30, seconds=5)
    data = pa.table(
        {
            "precio": pa.array([price, None], pa.decimal128(8, 2)),
            "dura": pa.array([time, None], pa.duration("s")),
            "ambos": [{"precio": price, "dura": time}, None],
        }
    )
    path = tmp_path / f"a.{suffix}"
    WRITERS[suffix](data, str(path))
    assert read_arrow(path, Options(), no_progress).data.to_pylist() == [
        {"precio": "12.50", "dura": "30:00:05", "ambos": '{"precio": "12.50", "dura": "30:00:05"}'},
        {"precio": "", "dura": "", "ambos": ""},
    ]


@pytest.mark.parametrize("suffix", WRITERS)
def test_many_rows_come_in_order(suffix, tmp_path):
    path = tmp_path / f"a.{suffix}"
    WRITERS[suffix](pa.table({"n": list(range(25_000))}), str(path))
    assert read_arrow(path, Options(), no_progress).data.column("n").to_pylist() == [str(n) for n in range(25_000)]


def test_what_cannot_be_read_says_why(tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nada PAR1")
    assert make.outcome(read_arrow, tmp_path / "a.parquet") == "broken_file"
    pa.parquet.write_table(pa.table({str(n): ["x"] for n in range(1001)}), tmp_path / "b.parquet")
    assert make.outcome(read_arrow, tmp_path / "b.parquet") == "too_many_columns"
    monkeypatch.setattr(arrows, "MAX_UNPACKED", 1000)
    pa.parquet.write_table(pa.table({"a": ["x" * 100] * 1000}), tmp_path / "c.parquet")
    assert make.outcome(read_arrow, tmp_path / "c.parquet") == "unpacks_too_big"


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("suffix", WRITERS)
def test_a_damaged_file_gives_a_table_or_an_error(suffix, seed, tmp_path):
    path = tmp_path / f"a.{suffix}"
    WRITERS[suffix](DATA, str(path))
    make.outcome(read_arrow, make.mutated(path, random.Random(seed)))
