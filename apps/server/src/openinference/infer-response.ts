import { PawlError, type Task } from "@pawl/core";
import type { Prediction, ServedModel } from "@pawl/loop";
import { encodeTensor } from "./binary-tensor.ts";
import type { InferRequest } from "./infer-request.ts";

type OutputDatatype = "BOOL" | "FP64" | "BYTES";

/** A tensor a model of some task answers with. */
export interface Output {
  readonly name: string;
  readonly datatype: OutputDatatype;
  /** Elements a row; 1 makes a vector. */
  readonly width: number;
  readonly read: (prediction: Prediction) => readonly (string | number | boolean)[];
}

/** The outputs of a task: always `value`, and what is known of its probability. */
export function outputsOfTask(task: Task): readonly Output[] {
  const probability: Output = {
    name: "probability",
    datatype: "FP64",
    width: 1,
    read: (prediction) => [prediction.probability ?? Number.NaN],
  };
  const value = (datatype: OutputDatatype): Output => ({
    name: "value",
    datatype,
    width: 1,
    read: (prediction) => [prediction.value],
  });
  if (task.kind === "binary") return [value("BOOL"), probability];
  if (task.kind !== "multiclass") return [value("FP64")];
  const { classes } = task;
  const all: Output = {
    name: "probabilities",
    datatype: "FP64",
    width: classes.length,
    read: (prediction) => classes.map((name) => prediction.probabilities?.[name] ?? Number.NaN),
  };
  return [value("BYTES"), probability, all];
}

export interface InferAnswer {
  readonly body: Uint8Array;
  readonly mediaType: string;
  /** Bytes of JSON in front of the tensors, when there are any. */
  readonly headerLength?: number;
}

/** The answer to an inference request, with the outputs it asked for in the form it asked for. */
export function inferResponse(
  model: ServedModel,
  request: InferRequest,
  predictions: readonly Prediction[],
): InferAnswer {
  const available = outputsOfTask(model.task);
  const wanted = request.outputs ?? available.map(({ name }) => ({ name, binary: request.binary }));
  const tensors: Buffer[] = [];
  const outputs = wanted.map(({ name, binary }) => {
    const output = available.find((each) => each.name === name);
    if (!output) {
      throw new PawlError("invalid_input", `The model "${model.name}" has no output "${name}".`, {
        expected: available.map((each) => each.name).join(", "),
      });
    }
    const { datatype, width } = output;
    const shape = width === 1 ? [predictions.length] : [predictions.length, width];
    const values = predictions.flatMap((prediction) => output.read(prediction));
    if (!binary) return { name, datatype, shape, data: values };
    const bytes = encodeTensor(datatype, values);
    tensors.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const document = {
    model_name: model.name,
    model_version: String(predictions[0]?.version ?? model.version),
    ...(request.id !== undefined && { id: request.id }),
    outputs,
  };
  const json = Buffer.from(JSON.stringify(document), "utf8");
  if (tensors.length === 0) return { body: json, mediaType: "application/json" };
  return {
    body: Buffer.concat([json, ...tensors]),
    mediaType: "application/octet-stream",
    headerLength: json.length,
  };
}
