export function chromiumPath(): string;
export const chromiumArguments: string[];
