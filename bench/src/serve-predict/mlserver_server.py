"""`mlserver_server.py <data> <port>`: MLServer on a LightGBM model, in one process."""

import asyncio
import json
import os
import sys
import tempfile

os.environ["OMP_NUM_THREADS"] = "1"

import mlserver
from lightgbm_model import train
from mlserver.cli.serve import load_settings

data, port = sys.argv[1], int(sys.argv[2])
folder = tempfile.mkdtemp(prefix="pawl-bench-mlserver-")
train(data)[0].save_model(f"{folder}/model.txt")
with open(f"{folder}/model-settings.json", "w") as file:
    settings = {"name": "wins", "implementation": "mlserver_lightgbm.LightGBMModel", "parameters": {"uri": f"{folder}/model.txt"}}
    json.dump(settings, file)
with open(f"{folder}/settings.json", "w") as file:
    ports = {"http_port": port, "grpc_port": port + 1, "metrics_port": port + 2}
    json.dump({"host": "127.0.0.1", "parallel_workers": 0, "debug": False, "use_structured_logging": False, **ports}, file)


async def main():
    settings, models = await load_settings(folder)
    print(json.dumps({"url": f"http://127.0.0.1:{port}", "version": mlserver.__version__}), flush=True)
    await mlserver.MLServer(settings).start(models)


asyncio.run(main())
