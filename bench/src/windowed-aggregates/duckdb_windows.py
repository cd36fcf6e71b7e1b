"""DuckDB, by hand, both times honoured.

Short windows: facts and rows are joined by the stretch of three hours they lie in, then filtered and grouped.
Long windows, over which such a join would explode: differences of two running totals, each found by an ASOF
join: what came into sight before asOf, less what went out of sight. A fact comes into sight when it is known
and goes out of it a width after it happened; one that would do so in the wrong order is never seen. Totals are
doubles: whole numbers stay exact, and DuckDB's windows are twice as fast on them as on its 128-bit sums.
"""

import duckdb
from contender import serve

FACTS = """
    CREATE TEMP TABLE facts AS
    SELECT origin, destination, departure AS event,
        departure + to_microseconds(CAST(round((distance * 0.12 + 40 + delay) * 60000000) AS BIGINT)) AS known,
        CAST(delay AS DOUBLE) AS delay, CAST(delay > 15 AS DOUBLE) AS late, CAST(distance AS DOUBLE) AS distance
    FROM '{data}/facts.parquet'
"""

# A fact is in sight of every asOf in (known, event + 3 hours]: of which stretches of three hours?
SHORT = """
    CREATE TEMP TABLE {name} AS
    WITH tiled AS (
        SELECT {key}, event, known, delay, late, unnest(range(
            epoch_us(known) // 10800000000, epoch_us(event + INTERVAL 3 HOUR) // 10800000000 + 1
        )) AS tile
        FROM facts WHERE known < event + INTERVAL 3 HOUR
    ), asked AS (
        SELECT row, {key}, departure, epoch_us(departure) // 10800000000 AS tile FROM spine
    )
    SELECT row, {aggregates}
    FROM asked JOIN tiled USING ({key}, tile)
    WHERE known < departure AND event >= departure - INTERVAL 3 HOUR
    GROUP BY row
"""

SHORT_OF_ORIGIN = """
    count(*) AS n3, avg(delay) AS m3, stddev_samp(delay) AS d3, avg(late) AS l3, max(delay) AS w3, min(delay) AS b3,
    count(*) FILTER (recent) AS n1, avg(delay) FILTER (recent) AS m1, avg(late) FILTER (recent) AS l1,
    max(delay) FILTER (recent) AS w1
""".replace("recent", "event >= departure - INTERVAL 1 HOUR")

SUMS = {"n": "count(*)", "s": "sum(delay)", "q": "sum(delay * delay)", "l": "sum(late)", "d": "sum(distance)"}

# Name, key, width, sums.
LONG = [
    ("o1d", "origin", "24 HOUR", "nsql"),
    ("o7d", "origin", "168 HOUR", "nsld"),
    ("d1d", "destination", "24 HOUR", "nl"),
]

TOTALS = """
    CREATE TEMP TABLE {name} AS
    SELECT key, moment, {running}
    FROM (
        SELECT {key} AS key, {moment} AS moment, {sums}
        FROM facts WHERE known < event + INTERVAL {width} GROUP BY ALL
    )
    WINDOW w AS (PARTITION BY key ORDER BY moment ROWS UNBOUNDED PRECEDING)
"""

LONG_ROWS = """
    CREATE TEMP TABLE {name} AS
    SELECT s.row, {differences}
    FROM spine s
    ASOF LEFT JOIN opened o ON s.{key} = o.key AND s.departure > o.moment
    ASOF LEFT JOIN closed c ON s.{key} = c.key AND s.departure - INTERVAL {width} > c.moment
"""

RESULT = """
    SELECT coalesce(o.n1, 0), o.m1, o.l1, o.w1, coalesce(o.n3, 0), o.m3, o.d3, o.l3, o.w3, o.b3,
        o1d.n, o1d.s / nullif(o1d.n, 0), CASE WHEN o1d.n > 1 THEN sqrt((o1d.q - o1d.s * o1d.s / o1d.n) / (o1d.n - 1)) END,
        o1d.l / nullif(o1d.n, 0),
        o7d.n, o7d.s / nullif(o7d.n, 0), o7d.l / nullif(o7d.n, 0), CASE WHEN o7d.n > 0 THEN o7d.d END,
        d.m3, d1d.l / nullif(d1d.n, 0)
    FROM o1d JOIN o7d USING (row) JOIN d1d USING (row)
    LEFT JOIN short_origin o USING (row) LEFT JOIN short_destination d USING (row)
    ORDER BY row
"""


def long_window(connection, name, key, width, parts):
    sums = ", ".join(f"CAST({SUMS[c]} AS DOUBLE) AS {c}" for c in parts)
    running = ", ".join(f"sum({c}) OVER w AS {c}" for c in parts)
    for table, moment in (("opened", "known"), ("closed", "event")):
        connection.execute(
            TOTALS.format(name=table, key=key, moment=moment, width=width, sums=sums, running=running)
        )
    differences = ", ".join(f"coalesce(o.{c}, 0) - coalesce(c.{c}, 0) AS {c}" for c in parts)
    connection.execute(LONG_ROWS.format(name=name, key=key, width=width, differences=differences))
    connection.execute("DROP TABLE opened; DROP TABLE closed")


def prepare(data, options):
    def run():
        connection = duckdb.connect()
        connection.execute(FACTS.format(data=data))
        connection.execute(f"CREATE TEMP TABLE spine AS FROM '{data}/spine.parquet'")
        connection.execute(SHORT.format(name="short_origin", key="origin", aggregates=SHORT_OF_ORIGIN))
        connection.execute(SHORT.format(name="short_destination", key="destination", aggregates="avg(delay) AS m3"))
        for name, key, width, parts in LONG:
            long_window(connection, name, key, width, parts)
        table = connection.sql(RESULT).to_arrow_table()
        connection.close()
        return table, dict, lambda t: [
            column.cast("float64").to_numpy(zero_copy_only=False) for column in t.columns
        ]

    return duckdb.__version__, run


serve(prepare)
