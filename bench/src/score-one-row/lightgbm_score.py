"""LightGBM's Python predict, one row a call, on one thread."""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import lightgbm as lgb
from contender import serve
from single_rows import score_each
from table_file import read_table


def prepare(data, options):
    x, y, _ = read_table(data, "train")
    test, _, _ = read_table(data, "test")
    params = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "num_threads": 1, "verbosity": -1}
    model = lgb.train(params, lgb.Dataset(x, y), num_boost_round=200)
    rows = [row.reshape(1, -1) for row in test]

    def run():
        scores, numbers = score_each(rows, lambda row: model.predict(row, num_threads=1)[0])
        # Another model than Pawl's: there is nothing to compare.
        return scores, numbers, lambda _: []

    return lgb.__version__, run


serve(prepare)
