/**
 * The bundle's replacements for two modules that @actions/github loads but this action does not need: an HTTP client
 * with proxy support, and the workflow context, which would read the event file even if it is malformed.
 */
class HttpClientStub {
  getAgent(): undefined {}
  getAgentDispatcher(): undefined {}
}

class ContextStub {}

export { ContextStub as Context, HttpClientStub as HttpClient };
