"""onnxruntime on Pawl's own model, exported, one row a call, on one thread."""

import numpy as np
import onnxruntime as ort
from contender import serve
from single_rows import score_each
from table_file import read_table


def prepare(data, options):
    test, _, _ = read_table(data, "test")
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = 1
    settings.inter_op_num_threads = 1
    session = ort.InferenceSession(f"{data}/model.onnx", settings, providers=["CPUExecutionProvider"])
    rows = [row.astype(np.float32).reshape(1, -1) for row in test]

    def run():
        scores, numbers = score_each(rows, lambda row: session.run(["prediction"], {"features": row})[0][0, 0])
        return scores, numbers, lambda found: [found]

    return ort.__version__, run


serve(prepare)
