"""The recipe for Spark, run on a Spark of two cores (needs Java)."""

from __future__ import annotations

import datetime as dt
import importlib.util
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.bulk.rows import Message, rows_of
from tests.bulk.bulk_inputs import ROOT, report_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

pytest.importorskip("pyspark", reason="the extra `cluster` is not installed")
pa: Any = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
    # Spark leaves sockets to the end of the process, and is behind its own libraries.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # left open to the end of the process
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # the same
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of its own future
    pytest.mark.filterwarnings("ignore::FutureWarning"),  # the same
    pytest.mark.filterwarnings("ignore::UserWarning"),  # the same
]

COUNT = 60


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    """The module of the recipe."""
    path = ROOT / "docs/examples/spark_bounces.py"
    spec = importlib.util.spec_from_file_location("spark_bounces", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def _spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Spark of two cores, on the loopback interface, with the Python that runs the tests."""
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", str(ROOT))
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.memory", "512m")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.local.dir", str(tmp_path_factory.mktemp("spark")))
            .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
            .getOrCreate()
        )
        yield
        session.stop()


@pytest.mark.usefixtures("_spark")
def test_the_recipe(recipe: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What Spark writes are the rows that dsnlib reads, each once, and the table is told."""
    import pyarrow.parquet as pq

    messages = [
        Message(f"m{number}", number, report_on(f"p{number}@example.net", number))
        for number in range(COUNT)
    ]
    table = pa.table(
        {
            "content": pa.array([each.octets for each in messages], pa.binary()),
            "source": [each.source for each in messages],
            "message": [each.number for each in messages],
        }
    )
    pq.write_table(table, tmp_path / "messages.parquet", row_group_size=10)

    assert 0 == recipe.main([str(tmp_path / "messages.parquet"), str(tmp_path / "out")])

    rows = sorted(pq.read_table(tmp_path / "out").to_pylist(), key=lambda row: row["message"])
    expected = rows_of(messages)
    for row in expected:
        row["occurred"] = dt.datetime.fromisoformat(row["occurred"])
    assert expected == rows
    assert "unknown-user" in capfd.readouterr().out
