/**
 * The page's content security policy, written into index.html as it is served or built, so that any
 * static host enforces it: scripts of this folder and the hashed ones in index.html, nothing else.
 * index.html itself narrows `connect-src` to this page's server and the hub of its address.
 */
import { createHash } from 'node:crypto';

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** @param {string} html with its inline scripts and styles as they will be sent */
export function contentPolicy(html, { served }) {
  const inline = (tag) =>
    [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, text]) =>
      hashOf(text),
    );
  // The development server puts styles in by script and reloads over a socket.
  const styles = served ? ["'unsafe-inline'"] : inline('style');
  const connections = served ? ['ws:'] : [];
  return [
    "default-src 'none'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...inline('script')].join(' '),
    ["style-src 'self'", ...styles].join(' '),
    // Workers start from a blob, which gives them this policy; thread.js of the CPU engine too.
    "worker-src 'self' blob:",
    ["connect-src 'self' blob: data: http: https:", ...connections].join(' '),
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** @returns {import('vite').Plugin} */
export function contentPolicyPlugin() {
  let served = false;
  return {
    name: 'content-policy',
    configResolved: (config) => void (served = config.command === 'serve'),
    transformIndexHtml: {
      order: 'post',
      handler: (html) => {
        const meta = `<meta http-equiv="Content-Security-Policy" content="${contentPolicy(html, { served })}" />`;
        return html.replace('<meta charset="utf-8" />', `$&\n    ${meta}`);
      },
    },
  };
}
