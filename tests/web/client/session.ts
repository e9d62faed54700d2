import { Client, fetchExchange, type CombinedError } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { Refresh } from "./documents.ts";

export type Tokens = { accessToken: string; refreshToken?: string | null };

export function isUnauthenticated(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => each.extensions["code"] === "UNAUTHENTICATED");
}

// urql sends short queries as GET. This header tells the router that no foreign page made the browser do it.
const fetchOptions = { headers: { "GraphQL-Require-Preflight": "true" } };

/** A client of somebody who is not signed in. */
export function anonymous(graph: string): Client {
  return new Client({ url: graph, fetchOptions, exchanges: [fetchExchange] });
}

/**
 * A signed-in client, as an app on urql has it: it sends the access token along, and when that is refused it exchanges
 * the refresh token once, however many requests are under way, and repeats what was refused. `tokens` is the app's
 * storage.
 */
export function signedIn(graph: string, tokens: Tokens): Client {
  const auth = authExchange(async (utilities) => ({
    addAuthToOperation: (operation) =>
      tokens.accessToken === ""
        ? operation
        : utilities.appendHeaders(operation, { Authorization: `Bearer ${tokens.accessToken}` }),
    didAuthError: isUnauthenticated,
    async refreshAuth() {
      // A token that was refused is refused with whatever request it comes, this one too. So it goes first.
      tokens.accessToken = "";
      const result = await utilities.mutate(Refresh, { input: { refreshToken: tokens.refreshToken } });
      Object.assign(tokens, result.data?.refresh.tokens);
    },
  }));
  return new Client({ url: graph, fetchOptions, exchanges: [auth, fetchExchange] });
}

/** Exchanges the refresh token, when it is known that the access token is over, or tells of old households. */
export async function renew(graph: string, tokens: Tokens): Promise<void> {
  const { data, error } = await anonymous(graph).mutation(Refresh, { input: { refreshToken: tokens.refreshToken } });
  if (!data?.refresh.tokens) throw new Error("sign in again", { cause: error ?? data?.refresh.userErrors });
  Object.assign(tokens, data.refresh.tokens);
}
