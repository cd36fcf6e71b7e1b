/** What one request may take. */
export interface Limits {
  /** Bytes of a body, after decompression. */
  readonly bodyBytes: number;
  /** Rows of one prediction request. */
  readonly rows: number;
  /** Milliseconds until an answer is given up. */
  readonly requestMs: number;
}

export const defaultLimits: Limits = { bodyBytes: 32 * 1024 * 1024, rows: 10_000, requestMs: 30_000 };
