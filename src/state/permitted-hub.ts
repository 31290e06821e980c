/**
 * The hub this page may connect to. The content policy fixes it as the page opens, by the address:
 * the script in index.html says in `data-hub` which one it is.
 */
const permitted = (globalThis.document as Document | undefined)?.documentElement.dataset['hub'];

/** True for that hub, and where no policy is in force. */
export function isPermittedHub(url: string): boolean {
  return permitted === undefined || (URL.canParse(url) && new URL(url).origin === permitted);
}
