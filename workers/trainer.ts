/** The worker's entry: one object, exposed. Everything it does is in ./trainer-session.ts. */
import { expose } from 'comlink';
import { TrainerSession } from './trainer-session.ts';

expose(new TrainerSession());
