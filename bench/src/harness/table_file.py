"""Reads what table-file.ts writes."""

import json

import numpy as np


def read_table(data, name):
    """Gives (features as float64 [rows, columns], target, positions of categorical columns)."""
    with open(f"{data}/{name}.json") as file:
        columns = json.load(file)["columns"]
    values = np.fromfile(f"{data}/{name}.f64", dtype="<f8").reshape(len(columns) + 1, -1)
    categorical = [i for i, column in enumerate(columns) if "categories" in column]
    return np.ascontiguousarray(values[:-1].T), values[-1].copy(), categorical
