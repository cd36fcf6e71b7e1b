"""Fills MLflow's SQLite store with runs, past its server: through its own tables, in bulk."""

import sys

from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric, SqlParam, SqlRun, SqlTag
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

uri, root, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = SqlAlchemyStore(uri, root)
experiment = store.create_experiment("many")
for start in range(0, count, 2_000):
    rows = []
    for n in range(start, min(count, start + 2_000)):
        run = f"{n:032x}"
        rows.append(
            SqlRun(
                run_uuid=run, name=f"run {n}", experiment_id=int(experiment), user_id="bench", status="FINISHED",
                source_type="UNKNOWN", source_name="", entry_point_name="", source_version="", lifecycle_stage="active",
                start_time=1_700_000_000_000 + n, end_time=1_700_000_001_000 + n,
                artifact_uri=f"{root}/{experiment}/{run}/artifacts",
            )
        )
        for k in range(5):
            value = (n * 37 + k * 101) % count / count
            metric = {"run_uuid": run, "key": f"m{k}", "value": value, "timestamp": 1, "step": 0, "is_nan": False}
            rows.append(SqlMetric(**metric))
            rows.append(SqlLatestMetric(**metric))
            rows.append(SqlParam(run_uuid=run, key=f"p{k}", value=str((n + k) % 10)))
        rows.append(SqlTag(run_uuid=run, key="team", value=["risk", "fraud"][n % 2]))
        rows.append(SqlTag(run_uuid=run, key="mlflow.runName", value=f"run {n}"))
    with store.ManagedSessionMaker(read_only=False) as session:
        session.bulk_save_objects(rows)
print(experiment)
