"""LightGBM on one thread, told what Pawl is told."""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import lightgbm as lgb
from contender import serve
from sklearn.metrics import roc_auc_score
from table_file import read_table


def prepare(data, options):
    x, y, categorical = read_table(data, "train")
    test, truth, _ = read_table(data, "test")
    params = {
        "objective": "binary",
        "num_leaves": 31,
        "learning_rate": 0.1,
        "max_bin": 255,
        "min_data_in_leaf": 20,
        "num_threads": 1,
        "seed": 1,
        "verbosity": -1,
    }

    def run():
        table = lgb.Dataset(x, y, categorical_feature=categorical or "auto")
        model = lgb.train(params, table, num_boost_round=200)
        return model, lambda: {"auc": roc_auc_score(truth, model.predict(test))}, lambda _: []

    return lgb.__version__, run


serve(prepare)
