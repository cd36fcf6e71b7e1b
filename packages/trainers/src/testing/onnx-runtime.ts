import { InferenceSession, Tensor } from "onnxruntime-node";
import type { OnnxRunner } from "@pawl/testkit";

/** Runs an exported model in onnxruntime; for tests only (it is a development dependency). */
export const runOnnx: OnnxRunner = async (model, features, rows) => {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const input = new Tensor("float32", features, [rows, features.length / rows]);
  const { prediction, margin } = await session.run({ features: input });
  await session.release();
  const floats = (tensor: Tensor | undefined): Float32Array =>
    tensor?.data instanceof Float32Array ? tensor.data : new Float32Array();
  return { prediction: floats(prediction), margin: floats(margin) };
};
