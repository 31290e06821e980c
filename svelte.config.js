/** Runes mode everywhere: legacy Svelte syntax is an error. */
export default { compilerOptions: { runes: true } };
