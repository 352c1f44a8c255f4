import { cleanUp } from '../cleanup/step.ts';
import { TOKENS_PAGE } from '../mapbox/account.ts';
import type { Context } from '../runtime/context.ts';
import type { Step } from '../runtime/run-step.ts';
import { maskRotateInputs } from './inputs.ts';
import { parseRotation, type RotationState } from './state.ts';

/**
 * The post step of a rotation. It deletes a replacement that no secret got, and orphans of lost requests. Where a secret
 * may have the replacement it deletes nothing, and says in one warning what there is. The job's result stands.
 */
export function rotatePostStep(context: Context): Required<Pick<Step, 'run' | 'onInterrupt'>> {
  const { runner } = context;
  let state = parseRotation(runner.getState());
  return {
    async run() {
      if (state !== undefined) await finish(context, state);
      state = undefined;
    },
    onInterrupt(reason) {
      if (state !== undefined) runner.warning(describeLeft(state, reason));
      return 0;
    },
  };
}

async function finish(context: Context, state: RotationState): Promise<void> {
  const { runner } = context;
  const { cleanup, rotation } = state;
  if (rotation !== undefined && rotation.phase !== 'put') {
    runner.warning(describeLeft(state, 'The rotation was interrupted.'));
    return;
  }
  if (cleanup === undefined) return;
  maskRotateInputs(runner);
  const input = runner.getInput('authorizing-token').trim() || runner.getInput('token');
  const problem = await cleanUp(context, cleanup, input);
  if (problem !== undefined) runner.warning(describeLeft(state, problem));
}

function describeLeft({ cleanup, rotation }: RotationState, reason: string): string {
  if (rotation?.phase === 'putting') {
    return `${reason} The secret has either the new token ${rotation.replacement} or still the old one, ${rotation.previous}. Both are alive, and neither was deleted. The next rotation finds out which it is: start a new run (not a re-run).`;
  }
  if (rotation?.phase === 'deleting') {
    return `${reason} The secret has the new token ${rotation.replacement}. Still alive: ${rotation.undeleted.join(', ')}. With \`revoke-previous: now\` they have leaked: delete them on the Tokens page, ${TOKENS_PAGE}.`;
  }
  const token = cleanup?.token;
  const which = token === undefined || token.keep ? 'A token' : `The token ${token.id}`;
  return `${which} with the note "${cleanup?.note}" is in no secret and may still be alive. ${reason}\nThe next rotation deletes it. To delete it now, use the Tokens page, ${TOKENS_PAGE}.`;
}
