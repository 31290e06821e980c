/** The names config.json has for the two GELUs. */
import type { GeluForm } from '../src/ops/gelu/gelu.ts';

export const GELU_NAMES = [
  'gelu',
  'gelu_new',
  'gelu_fast',
  'gelu_accurate',
  'gelu_pytorch_tanh',
  'gelu_python_tanh',
  'gelu_python',
] as const;

export function geluForm(name: (typeof GELU_NAMES)[number]): GeluForm {
  return name === 'gelu' || name === 'gelu_python' ? 'erf' : 'tanh';
}
