/** The page with the fake trainer behind it; `?pause=20` makes it take its time. */
import { mount } from 'svelte';
import '../../src/app.css';
import App from '../../src/App.svelte';
import { connectFake } from './fake-trainer.ts';

const milliseconds = Number(new URLSearchParams(location.search).get('pause') ?? 0);
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

mount(App, {
  target: document.getElementById('app')!,
  props: {
    connect: () => connectFake({ pause }),
    fetchFile: (path: string) => fetch(`/${path}`),
  },
});
