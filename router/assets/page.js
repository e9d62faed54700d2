// Starts GraphiQL on this router's graph. Everything it needs has been loaded from here, and it talks to nobody else:
// the page's Content-Security-Policy forbids it.
"use strict";

(() => {
  const PLACEHOLDER = "<accessToken>";
  const HEADERS = JSON.stringify({ Authorization: `Bearer ${PLACEHOLDER}` }, null, 2);

  // The access token of the latest sign-in on this page, for the headers that still hold the placeholder. It is kept
  // nowhere else: closing or reloading the page forgets it.
  let latestToken = null;
  let goodUntil = 0;

  function remember(data) {
    for (const value of Object.values(data ?? {})) {
      if (typeof value?.accessToken === "string") {
        latestToken = value.accessToken;
        // A token's whole life, for a query that does not ask how long it is.
        goodUntil = Date.now() + (value.expiresIn ?? 15 * 60) * 1000;
      } else if (value && typeof value === "object") remember(value);
    }
  }

  // A token that is over would be refused whatever it is sent with, and with Login, which is to get the next one.
  function token() {
    if (Date.now() >= goodUntil) latestToken = null;
    return latestToken;
  }

  function filled(headers) {
    const entries = Object.entries(headers ?? {}).map(([name, value]) => [
      name,
      String(value).replace(PLACEHOLDER, token() ?? PLACEHOLDER),
    ]);
    // Without a token yet, the request is anonymous: a placeholder sent as a token would only be refused.
    return Object.fromEntries(entries.filter(([, value]) => !String(value).includes(PLACEHOLDER)));
  }

  async function fetcher(request, options) {
    const stop = new AbortController();
    const response = await fetch("/graphql", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json, text/event-stream",
        ...filled(options?.headers),
      },
      body: JSON.stringify(request),
      signal: stop.signal,
    });
    // The server knows better: it may have been given new keys.
    if (response.status === 401) latestToken = null;
    if (response.headers.get("Content-Type")?.startsWith("text/event-stream")) return results(response.body, stop);
    const result = await response.json();
    remember(result.data);
    // The router tells them in another order every time it starts; people look for a name.
    result.data?.__schema?.types?.sort((a, b) => a.name.localeCompare(b.name));
    return result;
  }

  // What a subscription tells, until it is over or the stop button ends it. A generator alone would end no sooner than
  // with its next result.
  function results(body, stop) {
    const told = read(body.pipeThrough(new TextDecoderStream()), stop.signal);
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => told.next(),
      return: () => {
        stop.abort();
        return told.return();
      },
    };
  }

  async function* read(body, stopped) {
    let text = "";
    try {
      for (const reader = body.getReader(); ; ) {
        const { value, done } = await reader.read();
        if (done) throw new Error("The connection broke.");
        const events = (text + value).split("\n\n");
        text = events.pop();
        for (const event of events) {
          if (event.startsWith("event: complete")) return;
          if (event.startsWith("event: next")) yield JSON.parse(event.slice(event.indexOf("data:") + "data:".length));
        }
      }
    } catch (error) {
      if (!stopped.aborted) yield { errors: [{ message: `The subscription has ended: ${error.message}` }] };
    }
  }

  // GraphiQL remembers tabs and history in the browser, and with the history the headers. A token in them is not to be
  // found there by whoever uses the browser next; the placeholder is.
  const storage = {
    getItem: (key) => localStorage.getItem(key),
    setItem: (key, value) => localStorage.setItem(key, value.replace(/Bearer\s+[^\s"\\]+/gi, `Bearer ${PLACEHOLDER}`)),
    removeItem: (key) => localStorage.removeItem(key),
    clear: () => localStorage.clear(),
    get length() {
      return localStorage.length;
    },
  };

  // The editors come and go, and their input fields have no names. They are called what the regions around them are.
  function nameEditors(page) {
    for (const input of page.querySelectorAll(".graphiql-editor:not(.hidden) textarea, .result-window textarea")) {
      const name = input.parentElement.closest("[aria-label]")?.ariaLabel;
      // Naming is a change too, and must come to an end.
      if (name && input.ariaLabel !== name) input.ariaLabel = name;
    }
  }

  async function start() {
    const firstSteps = await (await fetch("/graphiql/first-steps.graphql")).text();
    const graphiql = React.createElement(GraphiQL, {
      fetcher,
      defaultQuery: firstSteps,
      defaultHeaders: HEADERS,
      defaultEditorToolsVisibility: "headers",
      shouldPersistHeaders: false,
      storage,
      inputValueDeprecation: true,
      schemaDescription: true,
    });
    const page = document.getElementById("graphiql");
    new MutationObserver(() => nameEditors(page)).observe(page, {
      childList: true,
      subtree: true,
      attributeFilter: ["aria-label", "class"],
    });
    ReactDOM.createRoot(page).render(graphiql);
  }

  start().catch((error) => {
    document.getElementById("graphiql").textContent = `GraphiQL did not start: ${error}`;
  });
})();
