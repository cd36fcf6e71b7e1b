"""Feast's SDK in process: get_online_features from SQLite or Redis."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
from datetime import datetime, timedelta, timezone

import feast
import numpy as np
import pandas as pd
from contender import serve
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Int64

COLUMNS = [f"f{c}" for c in range(50)]
THINGS, FACTS_EACH, COMPARED = 2000, 3, 500


def online_store(kind, folder):
    if kind == "sqlite":
        return {"type": "sqlite", "path": f"{folder}/online.db"}
    program = shutil.which("redis-server")
    if program is None:
        raise RuntimeError("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    atexit.register(server.kill)
    time.sleep(1)
    return {"type": "redis", "connection_string": f"127.0.0.1:{port}"}


def prepare(data, options):
    folder = tempfile.mkdtemp(prefix="pawl-bench-feast-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=f"{folder}/registry.db",
            online_store=online_store(options["store"], folder),
            entity_key_serialization_version=3,
        )
    )
    thing = Entity(name="thing", join_keys=["thing"], value_type=ValueType.INT64)
    view = FeatureView(
        name="latest",
        entities=[thing],
        ttl=timedelta(0),
        schema=[Field(name=name, dtype=Int64) for name in COLUMNS],
        source=FileSource(path=f"{folder}/unused.parquet", timestamp_field="at"),
    )
    pd.DataFrame({"thing": [0], "at": [datetime(2024, 1, 1, tzinfo=timezone.utc)], **{c: [0] for c in COLUMNS}}).to_parquet(
        f"{folder}/unused.parquet"
    )
    store.apply([thing, view])
    things = np.arange(THINGS)
    for n in range(FACTS_EACH):
        frame = {"thing": things, "at": datetime(2024, 1, 1, n, tzinfo=timezone.utc)}
        frame |= {name: (things * 7919 + n * 104_729 + c * 1_299_709) % 100_003 for c, name in enumerate(COLUMNS)}
        store.write_to_online_store("latest", pd.DataFrame(frame))
    features = [f"latest:{name}" for name in COLUMNS]
    random = np.random.default_rng(1)

    def ask(keys):
        return store.get_online_features(features=features, entity_rows=[{"thing": int(k)} for k in keys]).to_dict()

    def run():
        micros = np.empty(options["reads"])
        for i in range(len(micros)):
            keys = random.integers(0, THINGS, options["rows"])
            start = time.perf_counter_ns()
            ask(keys)
            micros[i] = (time.perf_counter_ns() - start) / 1000

        def numbers():
            p50, p99 = np.percentile(micros[len(micros) // 5 :], [50, 99])
            return {"p50": float(p50), "p99": float(p99)}

        def answer(_):
            found = ask(range(COMPARED))
            return [np.array(found[name], dtype="float64") for name in COLUMNS]

        return None, numbers, answer

    return feast.__version__, run


os.environ["FEAST_USAGE"] = "False"
serve(prepare)
