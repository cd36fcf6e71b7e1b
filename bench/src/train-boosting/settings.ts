/** What every trainer is told, each in its own words. */
export const boostingSettings = {
  rounds: 200,
  maxLeaves: 31,
  learningRate: 0.1,
  maxBins: 255,
  minRowsInLeaf: 20,
} as const;
