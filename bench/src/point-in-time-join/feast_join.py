"""Feast: get_historical_features of its dask or DuckDB offline store, on the same files."""

import atexit
import os
import shutil
import tempfile
from datetime import timedelta

os.environ["FEAST_USAGE"] = "False"

import feast
import numpy as np
import pandas as pd
from contender import serve
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Float64, Int64

FEATURES = [f"f{i}" for i in range(10)]


def prepare(data, options):
    folder = tempfile.mkdtemp(prefix="pawl-bench-feast-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    config = RepoConfig(
        project="bench",
        provider="local",
        registry=f"{folder}/registry.db",
        offline_store={"type": options["store"]},
        online_store={"type": "sqlite", "path": f"{folder}/online.db"},
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    key = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
    source = FileSource(
        path=f"{data}/facts.parquet", timestamp_field="event_time", created_timestamp_column="known_time"
    )
    facts = FeatureView(
        name="facts",
        entities=[key],
        ttl=timedelta(0),
        schema=[Field(name=name, dtype=Float64 if name < "f7" else Int64) for name in FEATURES],
        source=source,
    )
    store.apply([key, facts])

    def run():
        spine = pd.read_parquet(f"{data}/spine.parquet").rename(columns={"as_of": "event_timestamp"})
        spine["event_timestamp"] = spine["event_timestamp"].dt.tz_localize("UTC")
        found = store.get_historical_features(spine, [f"facts:{name}" for name in FEATURES]).to_df()
        lost = len(spine) - found["row"].nunique()
        numbers = {"lostRows": lost, "extraRows": len(found) - found["row"].nunique()}

        def answer(frame):
            aligned = frame.drop_duplicates("row").set_index("row").reindex(np.arange(len(spine)))
            return [aligned[name].to_numpy("float64", na_value=float("nan")) for name in FEATURES]

        return found, lambda: numbers, answer

    return f"{feast.__version__}", run


serve(prepare)
