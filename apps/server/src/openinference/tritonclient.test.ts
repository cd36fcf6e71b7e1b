import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { peerPython, runPython, withoutPython } from "../testing/peer-python.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

let server: TestServer;

const preamble = `
import json, sys
import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, triton_to_np_dtype
client = triton.InferenceServerClient(sys.argv[1])
def tensor(name, values, datatype, binary=True):
    array = np.array(values, dtype=triton_to_np_dtype(datatype))
    made = triton.InferInput(name, list(array.shape), datatype)
    made.set_data_from_numpy(array, binary_data=binary)
    return made
def late(binary=True):
    return [
        tensor("distance", [2000, 100], "INT64", binary),
        tensor("delay_mean", [float("nan") if binary else 0.0, 1.5], "FP32", binary),
        tensor("carrier", ["WN".encode(), "Zürich".encode()], "BYTES", binary),
        tensor("weekend", [True, False], "BOOL", binary),
        tensor("tail", [9007199254740993, -1] if binary else [7, -1], "INT64", binary),
    ]
`;

const python = (script: string): Promise<unknown> =>
  runPython("peers", `${preamble}\n${script}`, [server.url.replace("http://", "")]);

describe.skipIf(withoutPython)("Triton's own client", () => {
  beforeAll(async () => {
    await peerPython("peers");
    server = await testServer();
  }, 300_000);
  afterAll(() => server.close());

  it("answers Triton's own client about health and models", async () => {
    const found = await python(`
print(json.dumps({
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "model": client.is_model_ready("is_late"),
    "version": client.is_model_ready("is_late", "3"),
    "other": client.is_model_ready("is_late", "4"),
    "server": client.get_server_metadata()["extensions"],
    "inputs": client.get_model_metadata("is_late")["inputs"],
    "outputs": client.get_model_metadata("weather", "1")["outputs"],
    "index": client.get_model_repository_index(),
}))`);
    expect(found).toEqual({
      live: true,
      ready: true,
      model: true,
      version: true,
      other: false,
      server: ["binary_tensor_data"],
      inputs: [
        { name: "distance", datatype: "INT64", shape: [-1] },
        { name: "delay_mean", datatype: "FP64", shape: [-1] },
        { name: "carrier", datatype: "BYTES", shape: [-1] },
        { name: "weekend", datatype: "BOOL", shape: [-1] },
        { name: "tail", datatype: "INT64", shape: [-1] },
      ],
      outputs: [
        { name: "value", datatype: "BYTES", shape: [-1] },
        { name: "probability", datatype: "FP64", shape: [-1] },
        { name: "probabilities", datatype: "FP64", shape: [-1, 2] },
      ],
      index: [
        { name: "is_late", version: "3", state: "READY", reason: "" },
        { name: "weather", version: "1", state: "READY", reason: "" },
      ],
    });
  });

  it.each([
    ["binary both ways", "True", "True", "None", "None"],
    ["JSON both ways", "False", "False", "None", "None"],
    ["binary there, JSON back", "True", "False", "None", "None"],
    ["binary and compressed there", "True", "True", "'gzip'", "None"],
    ["JSON and deflated there", "False", "False", "'deflate'", "None"],
    ["compressed back, if the server will", "True", "True", "None", "'gzip'"],
  ])("predicts for Triton's own client: %s", async (_, there, back, requestPacking, answerPacking) => {
    const found = await python(`
outputs = [triton.InferRequestedOutput(name, binary_data=${back}) for name in ("probability", "value")]
answer = client.infer("is_late", late(${there}), outputs=outputs, request_id="r-1", model_version="3",
    request_compression_algorithm=${requestPacking}, response_compression_algorithm=${answerPacking})
print(json.dumps({
    "id": answer.get_response()["id"],
    "model": [answer.get_response()["model_name"], answer.get_response()["model_version"]],
    "value": answer.as_numpy("value").tolist(),
    "probability": answer.as_numpy("probability").tolist(),
}))`);
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    expect(found).toEqual({
      id: "r-1",
      model: ["is_late", "3"],
      value: [true, false],
      probability: [sigmoid(1), sigmoid(100 / 1000 + 1.5 / 10 - 1)],
    });
  });

  it("gives every output in the binary form by default, text and matrices too", async () => {
    const found = await python(`
answer = client.infer("weather", [tensor("pressure", [[3.0], [1.0]], "FP64"), tensor("humidity", [1.0, 3.0], "FP16")])
print(json.dumps({
    "value": [text.decode() for text in answer.as_numpy("value")],
    "probabilities": answer.as_numpy("probabilities").tolist(),
    "binary": all("binary_data_size" in o["parameters"] for o in answer.get_response()["outputs"]),
}))`);
    expect(found).toEqual({
      value: ["sun", "rain"],
      probabilities: [
        [0.25, 0.75],
        [0.75, 0.25],
      ],
      binary: true,
    });
  });

  it("says no in words Triton's client shows", async () => {
    const found = await python(`
said = []
for ask in (
    lambda: client.infer("nobody", late()),
    lambda: client.infer("is_late", late()[:2]),
    lambda: client.infer("is_late", late(), outputs=[triton.InferRequestedOutput("logits")]),
):
    try:
        ask()
    except InferenceServerException as error:
        said.append(error.message())
print(json.dumps(said))`);
    expect(found).toEqual([
      expect.stringContaining('The model "nobody" is not served.'),
      expect.stringContaining("no carrier, weekend, tail"),
      expect.stringContaining('has no output "logits". Expected: value, probability.'),
    ]);
  });
});
