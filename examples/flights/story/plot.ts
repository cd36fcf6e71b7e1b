/** When things happen in the story; all of it is data time, 2001. */
export const plot = {
  model: "is_late",
  /** Rows asked about from here: before it the longest windows are not yet full. */
  from: "2001-01-08T00:00:00Z",
  /** Trained until here … */
  trainUntil: "2001-05-01T00:00:00Z",
  /** … tested until here … */
  testUntil: "2001-06-01T00:00:00Z",
  /** … and then the world goes on, replayed until here. */
  liveUntil: "2001-07-01T00:00:00Z",
  /** Rows of January to May that are asked about: an even sample, so that the story fits in three minutes. */
  rows: 400_000,
  seed: 1,
} as const;
