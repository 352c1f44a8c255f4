/**
 * What the bundle has in place of @actions/http-client. As it loads, @actions/github asks that package for a fetch
 * that goes through a proxy; the requests go over a wire of ours instead, see runs.ts.
 */
export class HttpClient {
  getAgent(): undefined {}
  getAgentDispatcher(): undefined {}
}
