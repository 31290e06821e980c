/** Familiarity records, experiment files, excluded ids, zip files, and addresses. */
import { zipSync } from 'fflate';
import { idsIn } from '../../src/cli/exclude-rows.ts';
import { measurementOf, readRecord } from '../../src/exchange/familiarity-record/read.ts';
import { makeRecord, recordJson } from '../../src/exchange/familiarity-record/write.ts';
import { unzipFiles } from '../../src/exchange/zip.ts';
import { presets } from '../../src/experiment/spec/presets.ts';
import { parseExperiment } from '../../src/experiment/spec/schema.ts';
import { armsOf } from '../../src/experiment/spec/plan.ts';
import { exampleRecord } from '../support/example-record.ts';
import { faultyBytes, faultyJson, faultyTexts } from './mutate.ts';
import { same, target, type FuzzTarget } from './target.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const zip = (level: 0 | 6): Uint8Array =>
  zipSync(
    {
      'adapter/adapter_config.json': bytes('{"r": 8}'),
      'adapter/': bytes(''),
      x: bytes('abc'.repeat(50)),
    },
    { level },
  );

export const targets: readonly FuzzTarget[] = [
  target({
    name: 'record',
    fileName: 'record.json',
    cases: faultyJson(exampleRecord),
    read: (text) => {
      const record = readRecord(text, 'record.json');
      const again = makeRecord(measurementOf(record));
      same(readRecord(recordJson(again), 'record.json'), again);
    },
  }),
  target({
    name: 'experiment',
    fileName: 'experiment.json',
    cases: faultyJson(...Object.values(presets)),
    read: (text) => armsOf(parseExperiment(text, 'experiment.json')),
  }),
  target({
    name: 'excluded-ids',
    fileName: 'ids.txt',
    cases: faultyTexts('q1\nq2\r\nq3', '["q1", "q2"]'),
    read: (text) => idsIn(text, 'ids.txt'),
  }),
  target({
    name: 'zip',
    fileName: 'adapter.zip',
    cases: faultyBytes(zip(0), zip(6)),
    read: (content) => unzipFiles([new File([content as Uint8Array<ArrayBuffer>], 'adapter.zip')]),
  }),
];
