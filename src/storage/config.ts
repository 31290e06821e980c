/** Where models come from; plain data that every room may read. */

/** The server of a model named owner/name, when none is given. */
export const HUB_URL = 'https://huggingface.co';
