// Starts GraphiQL on this router's graph. Everything it needs has been loaded from here, and it talks to nobody else:
// the page's Content-Security-Policy forbids it.
"use strict";

(() => {
  const PLACEHOLDER = "<accessToken>";
  const HEADERS = JSON.stringify({ Authorization: `Bearer ${PLACEHOLDER}` }, null, 2);

  // The access token of the latest sign-in on this page, for the headers that still hold the placeholder. It is kept
  // nowhere else: closing or reloading the page forgets it.
  let latestToken = null;

  function remember(data) {
    for (const value of Object.values(data ?? {})) {
      if (typeof value?.accessToken === "string") latestToken = value.accessToken;
      else if (value && typeof value === "object") remember(value);
    }
  }

  function filled(headers) {
    const entries = Object.entries(headers ?? {}).map(([name, value]) => [
      name,
      latestToken === null ? value : String(value).replace(PLACEHOLDER, latestToken),
    ]);
    // Without a token yet, the request is anonymous: a placeholder sent as a token would only be refused.
    return Object.fromEntries(entries.filter(([, value]) => !String(value).includes(PLACEHOLDER)));
  }

  async function fetcher(request, options) {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json",
        ...filled(options?.headers),
      },
      body: JSON.stringify(request),
    });
    const result = await response.json();
    remember(result.data);
    return result;
  }

  async function start() {
    const firstSteps = await (await fetch("/graphiql/first-steps.graphql")).text();
    const graphiql = React.createElement(GraphiQL, {
      fetcher,
      defaultQuery: firstSteps,
      defaultHeaders: HEADERS,
      defaultEditorToolsVisibility: "headers",
      shouldPersistHeaders: false,
      inputValueDeprecation: true,
      schemaDescription: true,
    });
    ReactDOM.createRoot(document.getElementById("graphiql")).render(graphiql);
  }

  start().catch((error) => {
    document.getElementById("graphiql").textContent = `GraphiQL did not start: ${error}`;
  });
})();
