/** The report's content security policy: its own style sheet, and nothing from anywhere. */
import { Sha256 } from '../../storage/sha256.ts';

/** @param style the text of the one style element, exactly as it stands there */
export function reportPolicy(style: string): string {
  const hex = new Sha256().update(new TextEncoder().encode(style)).hex();
  const bytes = Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
  return `default-src 'none'; style-src 'sha256-${btoa(String.fromCharCode(...bytes))}'; base-uri 'none'; form-action 'none'`;
}
