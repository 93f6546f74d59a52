"""A year of bounces on Spark: a Parquet column of messages in, rows out.

    spark-submit spark_bounces.py messages.parquet bounces.parquet

The messages stand in a binary column `content`; `source` and `message`, if they are there,
say where each was found.  What comes out has the columns of `dsnlib.bulk.columns`.  Every
machine needs dsnlib and pyarrow.
"""

# ruff: noqa: INP001  an example is no package

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dsnlib.bulk.columns import arrow_schema
from dsnlib.bulk.rows import read_arrow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

__all__ = ["main", "read_bounces_on_spark"]


def read_bounces_on_spark(messages: DataFrame) -> DataFrame:
    """Return the rows of messages, one for each event and one for each that went wrong."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return messages.mapInArrow(read_arrow, from_arrow_schema(arrow_schema()))


def main(argv: Sequence[str]) -> int:
    """Read one Parquet, write another, and tell what failed most."""
    from pyspark.sql import SparkSession, functions

    source, destination = argv
    session: SparkSession = (
        SparkSession.builder.appName("dsnlib")
        # Of large messages fewer go to Python at once.
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "1000")
        # Times with their zone, as other readers of Parquet take them.
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        .getOrCreate()
    )
    rows = read_bounces_on_spark(session.read.parquet(source))
    # A worker that is lost is replaced, and what it read is read again.  A bounce that was
    # archived twice is here twice: its event_id is the same.
    rows.dropDuplicates(["event_id", "error", "source"]).write.parquet(destination)
    found = session.read.parquet(destination).filter("kind = 'failure'")
    found.groupBy("reason").count().orderBy(functions.desc("count")).show()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
