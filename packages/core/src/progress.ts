/** How far a long piece of work is. `total` is absent while it is unknown. */
export interface Progress {
  /** What is being done now, in the user's words: "reading facts", "tree 40". */
  readonly stage: string;
  readonly done: number;
  readonly total?: number;
}

/** What every long operation accepts: a listener and a way to stop it. */
export interface Work {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}
