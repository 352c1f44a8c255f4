/** Plans for `Github.fault`: which requests meet which faults. Times are in milliseconds, by GitHub's clock. */
import type { Fault } from './faults.ts';
import type { FaultPlan, SeenRequest } from './github.ts';

/** Applies the first plan with a fault for a request. */
export function anyOf(...plans: readonly FaultPlan[]): FaultPlan {
  return (request, index) => {
    for (const plan of plans) {
      const fault = plan(request, index);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** Every PUT to a place (a secret's path in the API) meets the fault, for ever or until a time since 1970. */
export function refusing(place: string, fault: Fault, until = Number.POSITIVE_INFINITY): FaultPlan {
  return request =>
    isPut(request) && request.path.endsWith(`/${place}`) && request.at < until ? fault : undefined;
}

/** Only this many PUTs succeed in a window that starts with the first; the others meet a limit. */
export function writeLimit(puts: number, windowMs: number, form: 'creation-403' | 'brake-429'): FaultPlan {
  let begun = Number.NEGATIVE_INFINITY;
  let taken = 0;
  return request => {
    if (!isPut(request)) return undefined;
    if (request.at - begun >= windowMs) {
      begun = request.at;
      taken = 0;
    }
    if (taken++ < puts) return undefined;
    return { kind: 'rate-limited', form, seconds: Math.ceil((begun + windowMs - request.at) / 1000) };
  };
}

function isPut({ method }: SeenRequest): boolean {
  return method === 'PUT';
}
