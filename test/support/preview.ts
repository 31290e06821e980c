/**
 * The page with the fake trainer behind it; `?pause=20` makes it take its time, `?ahead=900` lets
 * training hurry through so many steps first.
 */
import { mount } from 'svelte';
import '../../src/app.css';
import App from '../../src/App.svelte';
import { connectFake } from './fake-trainer.ts';

const query = new URLSearchParams(location.search);
const milliseconds = Number(query.get('pause') ?? 0);
const ahead = Number(query.get('ahead') ?? 0);
/** The page gets a breath so often while training hurries. */
const BREATH = 100;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const beforeStep = (step: number): Promise<void> => {
  if (step >= ahead) return pause();
  if (step % BREATH > 0) return Promise.resolve();
  return new Promise((resolve) => setTimeout(resolve, 0));
};

mount(App, {
  target: document.getElementById('app')!,
  props: {
    connect: () => connectFake({ pause: ahead > 0 ? () => Promise.resolve() : pause, beforeStep }),
    fetchFile: (path: string) => fetch(`/${path}`),
  },
});
