"""The model that both Python servers score: LightGBM, told what Pawl is told; and its columns."""

import lightgbm as lgb
from table_file import read_table


def train(data):
    x, y, _ = read_table(data, "train")
    names = [f"x{c}" for c in range(x.shape[1])]
    params = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "num_threads": 1, "verbosity": -1}
    return lgb.train(params, lgb.Dataset(x, y, feature_name=names), 200), names
