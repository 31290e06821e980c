/** Puts the page on screen; models and the tensor library load after it, in the worker. */
import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { connectWorker } from './connect-worker.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no element with id "app".');
mount(App, { target, props: { connect: connectWorker, fetchFile: (path: string) => fetch(path) } });
