/** What `computeSelfTest` gives on tfjs's cpu backend; its test computes them again and compares. */
export const selfTestNumbers: readonly number[] = [
  9.658430099487305, -1.489889144897461, -0.09095869213342667, -0.3023465871810913,
  -0.28233885765075684,
];
