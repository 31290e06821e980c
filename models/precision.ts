/**
 * How the frozen matrices of a model are held: as-stored keeps 16-bit ones 16-bit, f32 widens all of
 * them, int8 rounds them to 8.5 bits a weight. Vectors and all that is trained are float32.
 */
export const PRECISIONS = ['as-stored', 'f32', 'int8'] as const;
export type Precision = (typeof PRECISIONS)[number];
