"""Feast's SDK in process: write_to_online_store into SQLite, one batch after the other."""

import atexit
import os
import shutil
import tempfile
from datetime import datetime, timedelta, timezone

os.environ["FEAST_USAGE"] = "False"

import feast
import numpy as np
import pandas as pd
from contender import serve
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Int64

PAYERS = 5000
START = datetime(2024, 1, 1, tzinfo=timezone.utc)


def prepare(data, options):
    folder = tempfile.mkdtemp(prefix="pawl-bench-feast-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=f"{folder}/registry.db",
            online_store={"type": "sqlite", "path": f"{folder}/online.db"},
            entity_key_serialization_version=3,
        )
    )
    payer = Entity(name="payer", join_keys=["payer"], value_type=ValueType.INT64)
    pd.DataFrame({"payer": [0], "at": [START], "amount": [0]}).to_parquet(f"{folder}/unused.parquet")
    view = FeatureView(
        name="of_payer",
        entities=[payer],
        ttl=timedelta(0),
        schema=[Field(name="amount", dtype=Int64)],
        source=FileSource(path=f"{folder}/unused.parquet", timestamp_field="at"),
    )
    store.apply([payer, view])
    pushed = 0

    def run():
        nonlocal pushed
        until = pushed + options["facts"]
        while pushed < until:
            n = np.arange(pushed, min(pushed + options["batch"], until))
            frame = {"payer": n * 7919 % PAYERS, "at": pd.Timestamp(START) + pd.to_timedelta(n, unit="s"), "amount": n * 104_729 % 100_003}
            store.write_to_online_store("of_payer", pd.DataFrame(frame))
            pushed += len(n)

        def answer(_):
            rows = [{"payer": p} for p in range(PAYERS)]
            found = store.get_online_features(features=["of_payer:amount"], entity_rows=rows).to_dict()["amount"]
            return [np.array([float("nan") if v is None else v for v in found], dtype="float64")]

        return None, dict, answer

    return feast.__version__, run


serve(prepare)
