/**
 * Responses to a creation or deletion that was not carried out: from a proxy, a gateway or a replica in front of the
 * API, or from a failing API.
 */

import type { Fault } from './faults.ts';

/** A fault that responds instead of the API. */
type Answer = Extract<Fault, { readonly status: number }>;

const json = (status: number, message: string, from: 'mapbox' | 'proxy' = 'proxy'): Answer => ({
  kind: 'status',
  status,
  processed: false,
  body: { message },
  from,
});
const empty = (status: number): Answer => ({ kind: 'status', status, processed: false, from: 'proxy' });
const html = (status: number): Answer => ({ kind: 'html', status, processed: false });
const redirect = (status: number): Answer => ({
  kind: 'redirect',
  status,
  location: 'https://login.example.com/',
  processed: false,
});

export const interveningFaults = {
  '200 without a body': empty(200),
  '200 with an empty object': { kind: 'status', status: 200, processed: false, body: {}, from: 'proxy' },
  '200 with HTML': html(200),
  '202 without a body': empty(202),
  '205 without a body': empty(205),
  '301': redirect(301),
  '302': redirect(302),
  '307': redirect(307),
  '401 with JSON': json(401, 'Unauthorized'),
  '401 with HTML': html(401),
  '403 with JSON': json(403, 'Forbidden'),
  '403 with HTML': html(403),
  '404 with HTML': html(404),
  '404 of a gateway': json(404, 'no route matched'),
  '404 without a body': empty(404),
  '408 with JSON': json(408, 'Request Timeout'),
  '408 with HTML': html(408),
  '409 with JSON': json(409, 'Conflict'),
  '410 with JSON': json(410, 'Gone'),
  '413 with HTML': html(413),
  '413 with JSON': json(413, 'Payload Too Large'),
  '421 with HTML': html(421),
  '425 with JSON': json(425, 'Too Early'),
  '425 without a body': empty(425),
  '429 of a proxy': html(429),
  '500 of Mapbox': json(500, 'Internal Server Error', 'mapbox'),
  '502 with HTML': html(502),
  '503 with HTML': html(503),
  '504 with HTML': html(504),
  '520 with HTML': html(520),
} as const satisfies Readonly<Record<string, Answer>>;

/** A stale replica: Mapbox's own 404, although the token exists. */
export const replicaBehind: Answer = json(404, 'Not Found', 'mapbox');
