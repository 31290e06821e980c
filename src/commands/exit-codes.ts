/** What a command ends with. */
export const EXIT = { success: 0, input: 1, usage: 2, internal: 70, interrupted: 130 } as const;

export const exitCodes: readonly { code: number; meaning: string }[] = [
  { code: EXIT.success, meaning: 'success' },
  {
    code: EXIT.input,
    meaning:
      'bad input: a file, model, download or number cannot be used, or a step of an experiment failed',
  },
  {
    code: EXIT.usage,
    meaning: 'bad options: an unknown command or option, or a value it cannot have',
  },
  { code: EXIT.internal, meaning: 'internal error: a fault of this program' },
  {
    code: EXIT.interrupted,
    meaning: 'interrupted with Ctrl+C, after saving what can be continued with --resume',
  },
];
