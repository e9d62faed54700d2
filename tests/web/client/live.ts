import { setTimeout as pause } from "node:timers/promises";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { print } from "graphql";
import { createClient as eventClient } from "graphql-sse";
import { createClient as socketClient, type Client as SocketClient, type Sink } from "graphql-ws";
import { map, pipe, toAsyncIterable } from "wonka";
import { WebSocket } from "ws";
import { HouseholdChanged } from "./documents.ts";
import type { HouseholdChangedSubscription, HouseholdChangedSubscriptionVariables } from "../generated/graphql.ts";
import type { Tokens } from "./session.ts";

export type Change = HouseholdChangedSubscription["householdChanged"];

type Told = {
  data?: HouseholdChangedSubscription | null | undefined;
  errors?: readonly { extensions?: Record<string, unknown> }[] | undefined;
};

/** One subscription: what it tells until it is over. */
export type Source = (variables: HouseholdChangedSubscriptionVariables) => AsyncIterable<Told>;

const query = print(HouseholdChanged);

function authorization(tokens: Tokens) {
  return { Authorization: `Bearer ${tokens.accessToken}` };
}

/** By graphql-sse. Its own retries would begin again where the subscription once began; `changes` knows where it is. */
export function events(graph: string, tokens: Tokens): Source {
  const client = eventClient({ url: graph, headers: () => authorization(tokens), retryAttempts: 0 });
  return (variables) => client.iterate<HouseholdChangedSubscription>({ query, variables });
}

function connection(graph: string, tokens: Tokens): SocketClient {
  return socketClient({
    url: graph.replace(/^http/, "ws"),
    connectionParams: () => authorization(tokens),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
}

/** By graphql-ws. */
export function socket(graph: string, tokens: Tokens): Source {
  const client = connection(graph, tokens);
  return (variables) => client.iterate<HouseholdChangedSubscription>({ query, variables });
}

/** By urql, which leaves subscriptions to graphql-ws. */
export function urqlOverSocket(graph: string, tokens: Tokens): Source {
  const client = connection(graph, tokens);
  const subscriptions = subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: client.subscribe({ query: query!, variables }, sink as Sink) }),
    }),
  });
  return urql(new Client({ url: graph, exchanges: [subscriptions, fetchExchange] }));
}

/** By urql alone. */
export function urqlAlone(graph: string, tokens: Tokens): Source {
  const fetchOptions = () => ({ headers: authorization(tokens) });
  return urql(new Client({ url: graph, fetchOptions, fetchSubscriptions: true, exchanges: [fetchExchange] }));
}

function urql(client: Client): Source {
  return (variables) =>
    pipe(
      client.subscription(HouseholdChanged, variables),
      // Beside the error that ends a subscription, urql gives the data of the event before once more.
      map(({ data, error }): Told => (error ? { errors: error.graphQLErrors } : { data })),
      toAsyncIterable,
    );
}

/**
 * What happens in a household after a cursor, in order and each once, whatever comes between: as an app follows it. When
 * the token is over, `renew` gets the next one; when the connection breaks, it is made again.
 */
export async function* changes(
  source: Source,
  household: string,
  after: string,
  renew: () => Promise<void>,
): AsyncGenerator<Change, never> {
  for (;;) {
    try {
      for await (const { data, errors } of source({ household, after })) {
        if (!data) throw errors;
        after = data.householdChanged.cursor;
        yield data.householdChanged;
      }
    } catch (reason) {
      const code = codeOf(reason);
      if (code === "UNAUTHENTICATED") await renew();
      else if (code !== undefined && code !== "UNAVAILABLE") throw reason;
    }
    // Everybody whom a restart has cut off comes back, but not all at once.
    await pause(100 + Math.random() * 400);
  }
}

/** The code of the errors that ended a subscription; none when its connection broke. */
export function codeOf(reason: unknown): unknown {
  return Array.isArray(reason) ? reason[0]?.extensions?.code : undefined;
}
