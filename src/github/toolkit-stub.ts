/**
 * What the bundle has in place of two modules that @actions/github loads and nothing here needs: an HTTP client that knows
 * proxies, and the context of the workflow, for which it would read the event's file, however broken that is.
 */
class HttpClientStub {
  getAgent(): undefined {}
  getAgentDispatcher(): undefined {}
}

class ContextStub {}

export { ContextStub as Context, HttpClientStub as HttpClient };
