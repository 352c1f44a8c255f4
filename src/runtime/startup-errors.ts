/**
 * Reports an error while the modules of a step load. Every entry imports this first: Node would print the error whole,
 * and with it whatever the module had read, an event's payload or a token. `runStep` takes over from here.
 */
import { errorTitles } from '../action-error.ts';

process.once('uncaughtException', error => {
  const name = error instanceof Error ? error.name.replace(/\W/g, '') : typeof error;
  process.exitCode = 1;
  process.stdout.write(
    `::error title=${errorTitles.internalError}::The action could not be loaded (${name}). Please report it.\n`,
  );
});
