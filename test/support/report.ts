/** An experiment's report by itself, from `/report.json` as `npm run experiment` writes it. */
import { mount } from 'svelte';
import '../../src/app.css';
import type { ExperimentReport } from '../../src/experiment/report/report.ts';
import type { StageResult } from '../../src/experiment/run/results.ts';
import type { ReportQuestions } from '../../src/figures/outcome-rows.ts';
import Report from '../../src/ui/experiment/ExperimentReport.svelte';

type ReportFile = ExperimentReport & { results: StageResult[]; questions: ReportQuestions };

const read = async <File>(path: string): Promise<File> => (await fetch(path)).json() as File;
const { results, questions, ...report } = await read<ReportFile>('/report.json');

mount(Report, {
  target: document.getElementById('app')!,
  props: { report, results, questions, reference: () => read('/reference/cross-over.json') },
});
