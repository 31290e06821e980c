/** As it stands in package.json; written into every record. */
export const VERSION = '0.1.0';
