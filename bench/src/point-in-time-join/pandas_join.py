"""pandas: merge_asof, with both times honoured or with one, as most people write it."""

import pandas as pd
from contender import serve

FEATURES = [f"f{i}" for i in range(10)]


def both_times(data):
    facts = pd.read_parquet(f"{data}/facts.parquet").sort_values(["known_time", "event_time"])
    latest = facts.groupby("key")["event_time"].cummax()
    facts = facts[facts["event_time"] >= latest].drop_duplicates(["key", "known_time"], keep="last")
    spine = pd.read_parquet(f"{data}/spine.parquet").sort_values("as_of")
    joined = pd.merge_asof(
        spine,
        facts.drop(columns="event_time"),
        left_on="as_of",
        right_on="known_time",
        by="key",
        allow_exact_matches=False,
    )
    return joined.sort_values("row")[FEATURES]


def one_time(data):
    facts = pd.read_parquet(f"{data}/facts.parquet").sort_values("event_time")
    spine = pd.read_parquet(f"{data}/spine.parquet").sort_values("as_of")
    joined = pd.merge_asof(spine, facts, left_on="as_of", right_on="event_time", by="key")
    return joined.sort_values("row")[FEATURES]


def prepare(data, options):
    join = both_times if options["times"] == 2 else one_time

    def run():
        return join(data), dict, lambda frame: [frame[c].to_numpy("float64", na_value=float("nan")) for c in FEATURES]

    return pd.__version__, run


serve(prepare)
