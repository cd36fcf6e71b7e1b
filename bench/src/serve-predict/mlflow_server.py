"""`mlflow_server.py <data> <port>`: MLflow's scoring server (what `mlflow models serve` runs), in one process."""

import json
import os
import sys
import tempfile

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow
import uvicorn
from lightgbm_model import train
from mlflow.models import ModelSignature
from mlflow.pyfunc import load_model
from mlflow.pyfunc.scoring_server import init
from mlflow.types import ColSpec, Schema

data, port = sys.argv[1], int(sys.argv[2])
folder = tempfile.mkdtemp(prefix="pawl-bench-mlflow-") + "/model"
model, names = train(data)
# With a signature, a null in the JSON is a missing number; without one it is refused.
inputs = Schema([ColSpec("double", name, required=False) for name in names])
mlflow.lightgbm.save_model(model, folder, signature=ModelSignature(inputs=inputs))
app = init(load_model(folder))
print(json.dumps({"url": f"http://127.0.0.1:{port}", "version": mlflow.__version__}), flush=True)
uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")
