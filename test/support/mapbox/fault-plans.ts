/** Plans for the option `fault`: which requests meet which faults. */

import type { Fault, FaultPlan } from './faults.ts';
import type { SeenRequest } from './messages.ts';

/** Selects requests: by a method, or by a function. */
export type RequestMatch = string | ((request: SeenRequest) => boolean);

/** Every matching request meets the fault. */
export function always(match: RequestMatch, fault: Fault): FaultPlan {
  return request => (matches(match, request) ? fault : undefined);
}

/** The first matching requests meet these faults, one each; `undefined` lets one pass. */
export function inTurn(match: RequestMatch, ...faults: readonly (Fault | undefined)[]): FaultPlan {
  let next = 0;
  return request => (matches(match, request) ? faults[next++] : undefined);
}

/** The first matching request meets the fault, later ones do not. */
export function once(match: RequestMatch, fault: Fault): FaultPlan {
  return inTurn(match, fault);
}

/** The first matching request to each path meets the fault, such as the first deletion of each token. */
export function firstOfEach(match: RequestMatch, fault: Fault): FaultPlan {
  const met = new Set<string>();
  return request => {
    if (!matches(match, request) || met.has(request.path)) return undefined;
    met.add(request.path);
    return fault;
  };
}

/** Applies the first plan with a fault for a request. */
export function anyOf(...plans: readonly FaultPlan[]): FaultPlan {
  return (request, index, context) => {
    for (const plan of plans) {
      const fault = plan(request, index, context);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** Whether a request is for the list of tokens. */
export function isListRequest({ method, path }: SeenRequest): boolean {
  return method === 'GET' && /^\/tokens\/v2\/[^/]+$/.test(path);
}

function matches(match: RequestMatch, request: SeenRequest): boolean {
  return typeof match === 'string' ? request.method === match : match(request);
}
