"""Polars: join_asof, with both times honoured or with one, as most people write it."""

import polars as pl
from contender import serve

FEATURES = [f"f{i}" for i in range(10)]


def both_times(data):
    # Of the facts known before asOf the one that happened last: of the facts in the order in which they
    # became known, only those that happened after all earlier ones can ever be it.
    facts = (
        pl.scan_parquet(f"{data}/facts.parquet")
        .sort("known_time", "event_time")
        .filter(pl.col("event_time") >= pl.col("event_time").cum_max().over("key"))
        # Of those that became known at the same moment, the last.
        .unique(["key", "known_time"], keep="last", maintain_order=True)
        .drop("event_time")
    )
    spine = pl.scan_parquet(f"{data}/spine.parquet").sort("as_of")
    joined = spine.join_asof(
        facts, left_on="as_of", right_on="known_time", by="key", allow_exact_matches=False, check_sortedness=False
    )
    return joined.sort("row").select(FEATURES).collect()


def one_time(data):
    facts = pl.scan_parquet(f"{data}/facts.parquet").sort("event_time")
    spine = pl.scan_parquet(f"{data}/spine.parquet").sort("as_of")
    joined = spine.join_asof(facts, left_on="as_of", right_on="event_time", by="key", check_sortedness=False)
    return joined.sort("row").select(FEATURES).collect()


def prepare(data, options):
    join = both_times if options["times"] == 2 else one_time

    def run():
        return join(data), dict, lambda frame: [frame[c].cast(pl.Float64).fill_null(float("nan")) for c in FEATURES]

    return pl.__version__, run


serve(prepare)
