import type { Wire } from "../http/wire.ts";

/** Open Inference Protocol: every refusal is `{"error": text}`; the text holds all the document does. */
export const openInferenceWire: Wire = {
  name: "open-inference",
  owns: (path) => path === "/v2" || path.startsWith("/v2/"),
  render: ({ error }) => {
    const found = error.found === undefined ? "" : ` Found: ${error.found}.`;
    const expected = error.expected === undefined ? "" : ` Expected: ${error.expected}.`;
    const next = error.next === undefined ? "" : ` ${error.next}`;
    return {
      body: JSON.stringify({ error: `${error.message}${found}${expected}${next}` }),
      mediaType: "application/json",
    };
  },
};
