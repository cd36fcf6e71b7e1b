"""scikit-learn's HistGradientBoosting on one thread, told what Pawl is told."""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import sklearn
from contender import serve
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from table_file import read_table


def prepare(data, options):
    x, y, categorical = read_table(data, "train")
    test, truth, _ = read_table(data, "test")

    def run():
        model = HistGradientBoostingClassifier(
            max_iter=200,
            max_leaf_nodes=31,
            learning_rate=0.1,
            max_bins=255,
            min_samples_leaf=20,
            early_stopping=False,
            categorical_features=categorical or None,
            random_state=1,
        ).fit(x, y)
        return model, lambda: {"auc": roc_auc_score(truth, model.predict_proba(test)[:, 1])}, lambda _: []

    return sklearn.__version__, run


serve(prepare)
