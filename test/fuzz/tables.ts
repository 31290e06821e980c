/** Tables of every kind, from bytes and from text, to response sets. */
import { guessTable, previewRecords, readGuessed } from '../../src/data/records.ts';
import { readTable } from '../../src/exchange/read-table.ts';
import { faultyTexts } from './mutate.ts';
import { target, type FuzzTarget } from './target.ts';

const csv = [
  'id,question,response\n1,What is 2 + 2?,4\n2,"Say ""hi"", please","hi\nthere"\n',
  'question;human;model\r\n"a;b";c;d\r\ne;f;g\r\n',
  'sep=;\nquestion;A;B;answer\nWhich?;x;y;B\n',
  ',question,response,,response\n0,q,a,b,c\n1,r,d,e,f\n',
  'question\tresponse\nq\ta\nr\tb\n',
];

/** What becomes of a table on the page, in the order in which it does. */
async function readAll(content: string | Blob, fileName: string): Promise<void> {
  const table = await readTable(content, fileName);
  previewRecords(table, guessTable(table).mapping);
  readGuessed(table);
}

export const targets: readonly FuzzTarget[] = [
  target({
    name: 'csv',
    fileName: 'answers.csv',
    cases: faultyTexts(...csv),
    read: (text) => readAll(text, 'answers.csv'),
  }),
];
