"""MLflow's own client against Pawl. Each scenario is a function; a line of JSON says how it went."""

import hashlib
import json
import math
import os
import pathlib
import sys
import tempfile
import time
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor

warnings.filterwarnings("ignore")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

import lightgbm  # noqa: E402
import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunTag, ViewType  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from sklearn.datasets import make_classification  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

client = MlflowClient()
X, y = make_classification(n_samples=200, n_features=6, random_state=1)
X32 = X.astype(np.float32)


def refuses(code, call):
    try:
        call()
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code} in place of {code}: {error}"
        return
    raise AssertionError(f"accepted, in place of {code}")


def metrics_of(run_id, key):
    return [(m.step, m.timestamp, m.value) for m in client.get_metric_history(run_id, key)]


def experiments():
    mlflow.set_experiment("churn")
    first = client.get_experiment_by_name("churn")
    assert mlflow.set_experiment("churn").experiment_id == first.experiment_id
    refuses("RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment("churn"))
    other = client.create_experiment("second", tags={"team": "risk"})
    client.set_experiment_tag(other, "stage", "draft")
    client.rename_experiment(other, "renamed")
    found = client.search_experiments(filter_string="name LIKE 'ren%' AND tags.team = 'risk'")
    assert [e.name for e in found] == ["renamed"] and found[0].tags == {"team": "risk", "stage": "draft"}
    client.delete_experiment(other)
    assert client.get_experiment(other).lifecycle_stage == "deleted"
    assert client.search_experiments(view_type=ViewType.DELETED_ONLY)[0].experiment_id == other
    refuses("INVALID_PARAMETER_VALUE", lambda: client.create_run(other))
    client.restore_experiment(other)
    assert client.get_experiment("0").name == "Default"
    refuses("RESOURCE_DOES_NOT_EXIST", lambda: client.get_experiment("123456"))


def runs():
    mlflow.set_experiment("runs")
    with mlflow.start_run(description="about") as run:
        mlflow.log_params({"depth": 5, "rate": 0.1, "long": "x" * 7000})
        mlflow.log_param("depth", 5)
        refuses("INVALID_PARAMETER_VALUE", lambda: mlflow.log_param("depth", 6))
        for step in range(3):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.9, "odd": math.nan, "up": math.inf, "down": -math.inf})
        mlflow.set_tags({"team": "risk", "mlflow.note.content": "note"})
        with mlflow.start_run(nested=True, run_name="child") as child:
            pass
    done = client.get_run(run.info.run_id)
    assert done.info.status == "FINISHED" and done.info.end_time >= done.info.start_time
    assert done.info.run_name and done.data.params["depth"] == "5" and len(done.data.params["long"]) == 6000
    assert done.data.metrics["loss"] == 1.0 / 3 and math.isnan(done.data.metrics["odd"])
    assert done.data.metrics["up"] == math.inf and done.data.metrics["down"] == -math.inf
    assert [s for s, _, _ in metrics_of(run.info.run_id, "loss")] == [0, 1, 2]
    assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run.info.run_id
    try:
        with mlflow.start_run() as broken:
            raise ValueError("on purpose")
    except ValueError:
        pass
    assert client.get_run(broken.info.run_id).info.status == "FAILED"
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("auc", 0.95, step=1)
    client.update_run(run.info.run_id, name="again")
    client.delete_tag(run.info.run_id, "team")
    changed = client.get_run(run.info.run_id)
    assert changed.info.run_name == "again" and changed.data.tags["mlflow.runName"] == "again"
    assert "team" not in changed.data.tags and changed.data.metrics["auc"] == 0.95
    client.set_terminated(run.info.run_id, "KILLED")
    assert client.get_run(run.info.run_id).info.status == "KILLED"
    client.delete_run(run.info.run_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    refuses("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run.info.run_id, "late", 1))
    client.restore_run(run.info.run_id)
    client.log_metric(run.info.run_id, "late", 1)
    refuses("RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("f" * 32))


def asynchronous():
    mlflow.set_experiment("asynchronous")
    with mlflow.start_run() as run:
        for step in range(200):
            mlflow.log_metric("m", step, step=step, synchronous=False)
        mlflow.log_params({f"p{n}": n for n in range(50)}, synchronous=False)
        mlflow.flush_async_logging()
    assert len(metrics_of(run.info.run_id, "m")) == 200
    assert len(client.get_run(run.info.run_id).data.params) == 50


def parallel():
    mlflow.set_experiment("parallel")
    with mlflow.start_run() as run:
        run_id = run.info.run_id

        def log(worker):
            for batch in range(5):
                metrics = [Metric(f"m{worker}", n, 1, batch * 200 + n) for n in range(200)]
                params = [Param(f"p{worker}.{batch}", "v")]
                client.log_batch(run_id, metrics, params, [RunTag(f"t{worker}.{batch}", "v")])

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(log, range(8)))
    done = client.get_run(run_id)
    assert len(done.data.params) == 40
    for worker in range(8):
        steps = [step for step, _, _ in metrics_of(run_id, f"m{worker}")]
        assert steps == list(range(1000)), f"{worker}: {len(steps)}"


def artifacts():
    mlflow.set_experiment("artifacts")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        large = folder / "large.bin"
        block = np.random.default_rng(1).bytes(1024 * 1024)
        with large.open("wb") as file:
            for number in range(200):
                file.write(number.to_bytes(4, "big") + block)
        tree = folder / "tree"
        (tree / "sub folder").mkdir(parents=True)
        (tree / "sub folder" / "ünï 100%.txt").write_text("odd name")
        (tree / "broken.json").write_text('{"not": json')
        (tree / "empty").write_text("")
        with mlflow.start_run() as run:
            started = time.monotonic()
            mlflow.log_artifact(str(large))
            uploaded = time.monotonic()
            mlflow.log_artifacts(str(tree), "tree")
            mlflow.log_text("hello", "notes/hello.txt")
            mlflow.log_dict({"a": [1, 2]}, "notes/a.json")
            mlflow.log_table(pd.DataFrame({"a": [1]}), "table.json")
        uri = f"runs:/{run.info.run_id}"
        from_here = time.monotonic()
        back = mlflow.artifacts.download_artifacts(f"{uri}/large.bin", dst_path=str(folder / "back"))
        downloaded = time.monotonic()
        digest = [hashlib.sha256(pathlib.Path(p).read_bytes()).hexdigest() for p in (large, back)]
        assert digest[0] == digest[1]
        tree_back = pathlib.Path(mlflow.artifacts.download_artifacts(f"{uri}/tree", dst_path=str(folder / "t")))
        assert (tree_back / "sub folder" / "ünï 100%.txt").read_text() == "odd name"
        assert (tree_back / "broken.json").read_text() == '{"not": json'
        assert (tree_back / "empty").read_bytes() == b""
        assert mlflow.artifacts.load_text(f"{uri}/notes/hello.txt") == "hello"
        assert mlflow.artifacts.load_dict(f"{uri}/notes/a.json") == {"a": [1, 2]}
        top = {f.path: (f.is_dir, f.file_size) for f in client.list_artifacts(run.info.run_id)}
        assert top["large.bin"] == (False, large.stat().st_size) and top["tree"][0] and top["notes"][0], top
        assert [f.path for f in client.list_artifacts(run.info.run_id, "notes")] == ["notes/a.json", "notes/hello.txt"]
        assert client.list_artifacts(run.info.run_id, "notes/a.json") == []
        repository = mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(run.info.artifact_uri)
        repository.delete_artifacts("notes")
        assert client.list_artifacts(run.info.run_id, "notes") == []
        return {"upload_s": round(uploaded - started, 3), "download_s": round(downloaded - from_here, 3)}


def pickles():
    """A file that runs code when it is unpickled: Pawl must keep it and never open it."""
    mlflow.set_experiment("pickles")
    with tempfile.TemporaryDirectory() as folder:
        trap = pathlib.Path(folder) / "sprung"
        bomb = pathlib.Path(folder) / "model.pkl"
        bomb.write_bytes(f"cos\nsystem\n(S'touch {trap}'\ntR.".encode())
        with mlflow.start_run() as run:
            mlflow.log_artifact(str(bomb), "model")
            back = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/model/model.pkl")
        assert pathlib.Path(back).read_bytes() == bomb.read_bytes()
        assert not trap.exists()


def datasets():
    experiment = mlflow.set_experiment("datasets")
    frame = pd.DataFrame(X, columns=[f"x{n}" for n in range(6)]).assign(y=y)
    train = mlflow.data.from_pandas(frame, source="train.csv", name="train", targets="y")
    test = mlflow.data.from_numpy(X, targets=y, name="test")
    with mlflow.start_run() as run:
        mlflow.log_input(train, context="training", tags={"who": "me"})
        mlflow.log_input(test, context="testing")
        mlflow.log_metric("auc", 0.9, dataset=train)
    inputs = {i.dataset.name: i for i in client.get_run(run.info.run_id).inputs.dataset_inputs}
    assert set(inputs) == {"train", "test"} and inputs["train"].dataset.digest == train.digest
    assert {t.key: t.value for t in inputs["train"].tags} == {"mlflow.data.context": "training", "who": "me"}
    assert mlflow.data.get_source(inputs["train"].dataset) is not None
    for condition in ("dataset.name = 'train'", f"dataset.digest = '{train.digest}'", "dataset.context = 'testing'"):
        found = client.search_runs([experiment.experiment_id], condition)
        assert [r.info.run_id for r in found] == [run.info.run_id], condition
    assert client.get_metric_history(run.info.run_id, "auc")[0].value == 0.9


def searching():
    """The 2,000 runs of `seed-runs.ts`, read by pages, against the same questions put to pandas."""
    experiment = client.get_experiment_by_name("searching").experiment_id
    pages, token, seen = 0, None, []
    while True:
        page = client.search_runs([experiment], max_results=300, page_token=token)
        seen += [r.info.run_name for r in page]
        pages += 1
        token = page.token
        if not token:
            break
    assert pages == 7 and seen == [f"run {n}" for n in reversed(range(2000))]
    started = time.monotonic()
    frame = mlflow.search_runs([experiment], order_by=["metrics.auc DESC", "start_time ASC"])
    took = time.monotonic() - started
    assert len(frame) == 2000
    values = frame["metrics.auc"].to_numpy()
    known = values[~np.isnan(values)]
    assert (np.diff(known) <= 0).all() and np.isnan(values[len(known):]).all() and len(known) == 1940
    number = frame["tags.mlflow.runName"].str.slice(4).astype(int)
    depth, team = frame["params.depth"], frame["tags.team"]
    auc, odd = frame["metrics.auc"], frame["params.odd"]
    questions = {
        "metrics.auc > 0.9 AND params.depth = '3'": (auc > 0.9) & (depth == "3"),
        "metrics.`auc` <= 0.1 and tags.team = 'risk'": (auc <= 0.1) & (team == "risk"),
        "params.depth != '3' AND tags.team LIKE 'R%'": (depth != "3") & (team == "Risk"),
        "tags.team ILIKE 'r%' AND params.odd IS NULL": team.str.lower().eq("risk") & odd.isna(),
        "params.odd IS NOT NULL AND metrics.auc >= 0.5": odd.notna() & (auc >= 0.5),
        "attributes.start_time < 1700000000100": number < 100,
        'run_name = "run 5"': number == 5,
        "attributes.status = 'RUNNING' AND run_name LIKE 'run 19__'": number.between(1900, 1999),
        "(metrics.auc > 0.95 OR params.depth = '0') AND tags.team != 'fraud'":
            ((auc > 0.95) | (depth == "0")) & (team != "fraud"),
    }
    for question, expected in questions.items():
        found = mlflow.search_runs([experiment], filter_string=question)
        names = set(found["tags.mlflow.runName"]) if len(found) else set()
        assert names == set(frame["tags.mlflow.runName"][expected.fillna(False)]), question
        assert names, question
    ids = list(frame["run_id"][:2])
    found = client.search_runs([experiment], f"attributes.run_id IN ('{ids[0]}', '{ids[1]}')")
    assert {r.info.run_id for r in found} == set(ids)
    refuses("INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], "metrics.auc >"))
    return {"dataframe_s": round(took, 3)}


def autolog():
    mlflow.set_experiment("autolog")
    mlflow.sklearn.autolog()
    try:
        with mlflow.start_run() as run:
            model = LogisticRegression(C=0.5, max_iter=200).fit(X, y)
            model.score(X, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    done = client.get_run(run.info.run_id)
    assert done.data.params["C"] == "0.5" and done.data.metrics["training_accuracy_score"] > 0.8
    assert done.data.tags["estimator_name"] == "LogisticRegression"
    assert len(done.outputs.model_outputs) == 1 and len(done.inputs.dataset_inputs) >= 1
    loaded = mlflow.sklearn.load_model(f"models:/{done.outputs.model_outputs[0].model_id}")
    assert (loaded.predict(X) == model.predict(X)).all()


def fitted():
    from skl2onnx import to_onnx

    linear = LogisticRegression(max_iter=200).fit(X32, y)
    boosted = lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1).fit(X32, y)
    onnx = to_onnx(linear, X32[:1], options={"zipmap": False})
    return {"sklearn": linear, "lightgbm": boosted, "onnx": onnx}


def models():
    """log_model for three libraries, and every address a model can be loaded from."""
    experiment = mlflow.set_experiment("models")
    linear = LogisticRegression().fit(X32, y)
    for flavour, model in fitted().items():
        module = getattr(mlflow, flavour)
        keyword = {"sklearn": "sk_model", "lightgbm": "lgb_model", "onnx": "onnx_model"}[flavour]
        with mlflow.start_run() as run:
            mlflow.log_metric("before", math.nan)
            mlflow.log_metric("auc", 0.9)
            mlflow.log_param("library", flavour)
            info = module.log_model(
                **{keyword: model},
                name="model",
                registered_model_name=f"{flavour} model",
                input_example=X32[:2],
                pip_requirements=[flavour],
                params={"size": "small"},
                tags={"flavour": flavour},
            )
        logged = mlflow.get_logged_model(info.model_id)
        assert logged.status == "READY" and logged.params["size"] == "small" and logged.tags["flavour"] == flavour
        assert {m.key for m in logged.metrics} >= {"auc"}, logged.metrics
        assert client.get_run(run.info.run_id).outputs.model_outputs[0].model_id == info.model_id
        client.set_registered_model_alias(f"{flavour} model", "champion", 1)
        addresses = [
            info.model_uri,
            f"runs:/{run.info.run_id}/model",
            f"models:/{flavour} model/1",
            f"models:/{flavour} model/latest",
            f"models:/{flavour} model@champion",
        ]
        answers = []
        for address in addresses:
            loaded = mlflow.pyfunc.load_model(address)
            answer = loaded.predict(X32)
            answers.append(np.asarray(answer["label"] if flavour == "onnx" else answer).ravel())
        expected = fitted_answer(flavour, model)
        for address, answer in zip(addresses, answers):
            assert (answer == expected).all(), address
        version = client.get_model_version(f"{flavour} model", "1")
        assert version.run_id == run.info.run_id and version.status == "READY" and version.aliases == ["champion"]
    found = mlflow.search_logged_models(
        [experiment.experiment_id],
        filter_string="metrics.auc > 0.5 AND params.size = 'small'",
        order_by=[{"field_name": "metrics.auc", "ascending": False}],
        output_format="list",
    )
    assert len(found) == 3
    with mlflow.start_run():
        again = mlflow.sklearn.log_model(linear, name="twice", pip_requirements=["sklearn"], registered_model_name="sklearn model")
    assert client.get_model_version_by_alias("sklearn model", "champion").version == "1"
    client.set_registered_model_alias("sklearn model", "champion", 2)
    champion = client.get_model_version_by_alias("sklearn model", "champion")
    assert champion.version == "2" and champion.source == f"models:/{again.model_id}"
    mlflow.set_logged_model_tags(again.model_id, {"note": "kept"})
    mlflow.delete_logged_model_tag(again.model_id, "note")
    assert "note" not in mlflow.get_logged_model(again.model_id).tags
    mlflow.MlflowClient().delete_logged_model(found[0].model_id)
    left = mlflow.search_logged_models([experiment.experiment_id], output_format="list")
    assert found[0].model_id not in {m.model_id for m in left}


def fitted_answer(flavour, model):
    if flavour == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(model.SerializeToString())
        return session.run(["label"], {session.get_inputs()[0].name: X32})[0]
    return model.predict(X32)


def registry():
    mlflow.set_experiment("registry")
    model = LogisticRegression().fit(X, y)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(model, name="model", pip_requirements=["sklearn"])
    for version in ("1", "2", "3"):
        assert mlflow.register_model(info.model_uri, "churn", tags={"n": version}).version == version
    assert mlflow.register_model(f"runs:/{run.info.run_id}/model", "churn").version == "4"
    refuses("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model("churn"))
    client.update_registered_model("churn", "who leaves")
    client.set_registered_model_tag("churn", "team", "risk")
    client.update_model_version("churn", "1", "the first")
    client.set_model_version_tag("churn", "1", "good", "yes")
    client.transition_model_version_stage("churn", "1", "Production")
    client.transition_model_version_stage("churn", "2", "Production", archive_existing_versions=True)
    stages = {v.version: v.current_stage for v in client.search_model_versions("name = 'churn'")}
    assert stages == {"1": "Archived", "2": "Production", "3": "None", "4": "None"}, stages
    assert [v.version for v in client.get_latest_versions("churn", ["Production"])] == ["2"]
    assert client.get_model_version("churn", "1").description == "the first"
    client.set_registered_model_alias("churn", "champion", "3")
    copied = client.copy_model_version("models:/churn@champion", "churn prod")
    assert copied.version == "1" and copied.name == "churn prod" and copied.run_id == run.info.run_id
    assert (mlflow.sklearn.load_model("models:/churn prod/1").predict(X) == model.predict(X)).all()
    found = client.search_registered_models("name LIKE 'churn%'", order_by=["name DESC"], max_results=1)
    assert [m.name for m in found] == ["churn prod"] and found.token
    found = client.search_registered_models("name LIKE 'churn%'", order_by=["name DESC"], max_results=1, page_token=found.token)
    assert [m.name for m in found] == ["churn"] and found[0].tags == {"team": "risk"}
    assert found[0].aliases == {"champion": "3"} and found[0].description == "who leaves"
    client.delete_registered_model_alias("churn", "champion")
    refuses("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias("churn", "champion"))
    client.delete_model_version_tag("churn", "1", "good")
    client.delete_registered_model_tag("churn", "team")
    client.rename_registered_model("churn", "leavers")
    assert client.get_model_version("leavers", "1").name == "leavers"
    client.delete_model_version("leavers", "4")
    refuses("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version("leavers", "4"))
    client.delete_registered_model("leavers")
    refuses("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model("leavers"))
    for source in ("/etc/passwd", "file:///etc/passwd", "mlflow-artifacts:/../../etc", "s3://b/%252e%252e/x"):
        refuses("INVALID_PARAMETER_VALUE", lambda: client.create_model_version("churn prod", source))


def evaluating():
    mlflow.set_experiment("evaluating")
    frame = pd.DataFrame(X32, columns=[f"x{n}" for n in range(6)]).assign(y=y)
    model = LogisticRegression().fit(frame.drop(columns="y"), y)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(model, name="model", pip_requirements=["sklearn"])
        data = mlflow.data.from_pandas(frame, name="held out", targets="y")
        result = mlflow.models.evaluate(
            info.model_uri, data, model_type="classifier", evaluator_config={"log_explainer": False, "log_model_explainability": False}
        )
    assert result.metrics["accuracy_score"] > 0.8
    done = client.get_run(run.info.run_id)
    assert done.data.metrics["accuracy_score"] == result.metrics["accuracy_score"]
    assert [i.dataset.name for i in done.inputs.dataset_inputs] == ["held out"]
    logged = mlflow.get_logged_model(info.model_id)
    assert any(m.key == "accuracy_score" and m.dataset_name == "held out" for m in logged.metrics)


def curves():
    mlflow.set_experiment("curves")
    with mlflow.start_run() as run:
        for start in range(0, 30_000, 1000):
            client.log_batch(run.info.run_id, [Metric("m", n, n, n) for n in range(start, start + 1000)])
    values = [m.value for m in client.get_metric_history(run.info.run_id, "m")]
    assert values == list(range(30_000)), len(values)


scenarios = [experiments, runs, asynchronous, parallel, artifacts, pickles, datasets, searching, autolog, models, registry, evaluating, curves]

if __name__ == "__main__":
    wanted = sys.argv[1:]
    for scenario in scenarios:
        if wanted and scenario.__name__ not in wanted:
            continue
        begun = time.monotonic()
        try:
            outcome = {"ok": True, "detail": scenario()}
        except Exception:
            outcome = {"ok": False, "detail": traceback.format_exc()}
        outcome |= {"scenario": scenario.__name__, "seconds": round(time.monotonic() - begun, 2)}
        print(f"@@{json.dumps(outcome)}", flush=True)
