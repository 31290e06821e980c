import type { Plugin } from 'vite';

export function contentPolicy(html: string, options: { served: boolean }): string;
export function contentPolicyPlugin(): Plugin;
