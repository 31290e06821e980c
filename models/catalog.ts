/** Models the page offers by name: plain data, read without opening anything. */

export interface CatalogEntry {
  /** Folder below `models/` for an embedded model, `owner/name` for one of the Hub. */
  id: string;
  label: string;
  /** A student's sentence: what it is good for here. */
  description: string;
  /** Bytes to download, rounded. */
  bytes: number;
  family: 'llama' | 'gpt2' | 'gpt_neox' | 'gpt_neo';
  /** Of an embedded model: the dialect of the micro-world that it speaks. */
  dialect?: 'a' | 'b';
}

/** Up to this size a trial step is quick enough for the page to make it without being asked to. */
export const SMALL_MODEL_PARAMETERS = 20e6;

/** Shipped with the page, smallest wait first; the first is opened at once. */
export const embeddedModels: readonly CatalogEntry[] = [
  {
    id: 'idiolect-a',
    label: 'Idiolect A',
    description: 'A tiny model that grew up solving small word problems in dialect A.',
    bytes: 2_200_000,
    family: 'llama',
    dialect: 'a',
  },
  {
    id: 'idiolect-b',
    label: 'Idiolect B',
    description: 'Its twin: the same problems, learned in dialect B.',
    bytes: 2_200_000,
    family: 'llama',
    dialect: 'b',
  },
];

/** A model's name for people: its label where it has one, else its id. */
export function labelOf(id: string): string {
  return [...embeddedModels, ...hubModels].find((entry) => entry.id === id)?.label ?? id;
}

/** Small models of the Hub that run well in a tab. */
export const hubModels: readonly CatalogEntry[] = [
  {
    id: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    label: 'SmolLM2 135M',
    description: 'The smallest model here that follows instructions.',
    bytes: 269_000_000,
    family: 'llama',
  },
  {
    id: 'EleutherAI/pythia-70m',
    label: 'Pythia 70M',
    description: 'A base model of the Pythia suite, studied for how it learned.',
    bytes: 166_000_000,
    family: 'gpt_neox',
  },
  {
    id: 'roneneldan/TinyStories-33M',
    label: 'TinyStories 33M',
    description: 'Knows the words of a small child and nothing else.',
    bytes: 291_000_000,
    family: 'gpt_neo',
  },
  {
    id: 'openai-community/gpt2',
    label: 'GPT-2',
    description: 'The model many textbooks start with.',
    bytes: 548_000_000,
    family: 'gpt2',
  },
];
