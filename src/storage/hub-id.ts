/** Names of models on the hub, told from paths. Plain text work that every room may use. */

/** Whether a text is owner/name or owner/name@revision, and no path such as ./name. */
export function isHubId(text: string): boolean {
  return /^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/.test(text) && !text.startsWith('.');
}
