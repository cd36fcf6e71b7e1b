"""DuckDB: ASOF JOIN, with both times honoured or with one, as most people write it."""

import duckdb
from contender import serve

FEATURES = [f"f{i}" for i in range(10)]

# Of the facts known before asOf the one that happened last: of the facts in the order in which they became
# known, only those that happened after all earlier ones can ever be it. One inequality is then enough.
BOTH_TIMES = """
    WITH ordered AS (
        SELECT *, max(event_time) OVER (
            PARTITION BY key ORDER BY known_time RANGE UNBOUNDED PRECEDING
        ) AS latest
        FROM '{data}/facts.parquet'
    ), candidates AS (
        SELECT * FROM ordered WHERE event_time = latest
    )
    SELECT {features}
    FROM '{data}/spine.parquet' s
    ASOF LEFT JOIN candidates f ON s.key = f.key AND s.as_of > f.known_time
    ORDER BY s.row
"""

ONE_TIME = """
    SELECT {features}
    FROM '{data}/spine.parquet' s
    ASOF LEFT JOIN '{data}/facts.parquet' f ON s.key = f.key AND s.as_of >= f.event_time
    ORDER BY s.row
"""


def prepare(data, options):
    connection = duckdb.connect()
    sql = BOTH_TIMES if options["times"] == 2 else ONE_TIME
    sql = sql.format(data=data, features=", ".join(f"f.{name}" for name in FEATURES))

    def run():
        table = connection.sql(sql).to_arrow_table()
        return table, dict, lambda t: [
            t.column(name).cast("float64").to_numpy(zero_copy_only=False) for name in FEATURES
        ]

    return duckdb.__version__, run


serve(prepare)
