"""Polars, by hand, both times honoured: the plan of DuckDB's, with join_asof on running totals."""

from datetime import timedelta

import polars as pl
from contender import serve

TILE = 10_800_000_000
SHORT = timedelta(hours=3)

SUMS = {
    "n": pl.len().cast(pl.Int64),
    "s": pl.col("delay").sum(),
    "q": (pl.col("delay") * pl.col("delay")).sum(),
    "l": pl.col("late").sum(),
    "d": pl.col("distance").sum(),
}

# Name, key, width, sums.
LONG = [
    ("o1d", "origin", timedelta(days=1), "nsql"),
    ("o7d", "origin", timedelta(days=7), "nsld"),
    ("d1d", "destination", timedelta(days=1), "nl"),
]


def totals(facts, key, moment, width, parts):
    return (
        facts.filter(pl.col("known") < pl.col("event") + width)
        .group_by(pl.col(key).alias("key"), pl.col(moment).alias("moment"))
        .agg(SUMS[c].alias(c) for c in parts)
        .sort("moment")
        .with_columns(pl.col(*parts).cum_sum().over("key"))
    )


def long_window(spine, facts, name, key, width, parts):
    settings = {"by": "key", "allow_exact_matches": False, "check_sortedness": False}
    rows = spine.select("row", "departure", pl.col(key).alias("key"))
    opened = totals(facts, key, "known", width, parts)
    rows = rows.join_asof(opened, left_on="departure", right_on="moment", **settings)
    rows = rows.with_columns((pl.col("departure") - width).alias("start"))
    closed = totals(facts, key, "event", width, parts)
    rows = rows.join_asof(closed, left_on="start", right_on="moment", suffix="_closed", **settings)
    differences = [
        (pl.col(c).fill_null(0) - pl.col(f"{c}_closed").fill_null(0)).cast(pl.Float64).alias(f"{name}_{c}")
        for c in parts
    ]
    return rows.select("row", *differences).sort("row").drop("row")


def short_windows(spine, facts, key, aggregates):
    def tile(moment):
        return moment.dt.epoch("us") // TILE

    # A fact is in sight of every asOf in (known, event + 3 hours]: of which stretches of three hours?
    tiled = (
        facts.filter(pl.col("known") < pl.col("event") + SHORT)
        .select(
            key, "event", "known", "delay", "late",
            pl.int_ranges(tile(pl.col("known")), tile(pl.col("event") + SHORT) + 1).alias("tile"),
        )
        .explode("tile")
    )  # fmt: skip
    return (
        spine.select("row", key, "departure", tile(pl.col("departure")).alias("tile"))
        .join(tiled, on=[key, "tile"])
        .filter(pl.col("known") < pl.col("departure"), pl.col("event") >= pl.col("departure") - SHORT)
        .group_by("row")
        .agg(**aggregates)
    )


DELAY, LATE = pl.col("delay"), pl.col("late")
RECENT = pl.col("event") >= pl.col("departure") - timedelta(hours=1)
SHORT_OF_ORIGIN = {
    "n1": RECENT.sum(), "m1": DELAY.filter(RECENT).mean(), "l1": LATE.filter(RECENT).mean(), "w1": DELAY.filter(RECENT).max(),
    "n3": pl.len(), "m3": DELAY.mean(), "d3": DELAY.std(), "l3": LATE.mean(), "w3": DELAY.max(), "b3": DELAY.min(),
}  # fmt: skip


def ratio(name, part):
    return pl.when(pl.col(f"{name}_n") > 0).then(pl.col(f"{name}_{part}") / pl.col(f"{name}_n"))


def deviation(name):
    n, s, q = (pl.col(f"{name}_{part}") for part in "nsq")
    return pl.when(n > 1).then(((q - s * s / n) / (n - 1)).sqrt())


def prepare(data, options):
    def run():
        micros = ((pl.col("distance") * 0.12 + 40 + DELAY) * 60_000_000).round().cast(pl.Int64)
        facts = (
            pl.scan_parquet(f"{data}/facts.parquet")
            .with_columns(
                pl.col("departure").alias("event"),
                (pl.col("departure") + pl.duration(microseconds=micros)).alias("known"),
                (DELAY > 15).cast(pl.Int64).alias("late"),
            )
            .collect()
            .lazy()
        )
        spine = pl.read_parquet(f"{data}/spine.parquet").lazy()
        in_order = spine.sort("departure")
        windows = [long_window(in_order, facts, *window).collect() for window in LONG]
        origin = short_windows(spine, facts, "origin", SHORT_OF_ORIGIN).collect(engine="streaming")
        destination = short_windows(spine, facts, "destination", {"m3_there": DELAY.mean()}).collect(engine="streaming")
        joined = pl.concat([spine.select("row").sort("row").collect(), *windows], how="horizontal")
        joined = joined.join(origin, on="row", how="left").join(destination, on="row", how="left").sort("row")
        result = joined.select(
            pl.col("n1").fill_null(0), "m1", "l1", "w1",
            pl.col("n3").fill_null(0), "m3", "d3", "l3", "w3", "b3",
            "o1d_n", ratio("o1d", "s").alias("m1d"), deviation("o1d").alias("d1d"), ratio("o1d", "l").alias("l1d"),
            "o7d_n", ratio("o7d", "s").alias("m7d"), ratio("o7d", "l").alias("l7d"),
            pl.when(pl.col("o7d_n") > 0).then(pl.col("o7d_d")).alias("s7d"),
            "m3_there", ratio("d1d", "l").alias("l1d_there"),
        )  # fmt: skip
        return result, dict, lambda f: [f[c].cast(pl.Float64).fill_null(float("nan")) for c in f.columns]

    return pl.__version__, run


serve(prepare)
