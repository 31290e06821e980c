/** The worker's entry: one object, exposed. Everything it does is in ./trainer-service.ts. */
import { expose } from 'comlink';
import { holdLife } from '../src/worker-life.ts';
import { TrainerService } from './trainer-service.ts';
import { sendErrorsWhole } from './whole-errors.ts';

sendErrorsWhole();
expose(new TrainerService());
holdLife();
