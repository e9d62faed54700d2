/** What `login` and `refresh` answer, as far as it matters here. */
type SignedIn = { tokens: { accessToken: string } | null; userErrors: { code: string; message: string }[] };
type Answer = {
  data?: Record<string, any> | null;
  errors?: { message: string; extensions: { code: string; retryAfter?: number } }[];
};

const LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { tokens { accessToken } userErrors { code message } } }";
const REFRESH = "mutation { refresh(input: {}) { tokens { accessToken } userErrors { code message } } }";
const LOGOUT = "mutation { logout(input: {}) { signedOut } }";

/** A signed-in browser: the refresh token is in a cookie that no script can read, the access token in this tab's memory. */
export class Session {
  readonly #graph: string;
  readonly #tabs = new BroadcastChannel("constellation");
  #accessToken: string | null = null;
  /** Called when somebody has signed in or out, here or in another tab. */
  onChange: () => void = () => {};

  constructor(graph: string) {
    this.#graph = graph;
    this.#tabs.onmessage = ({ data }) => this.#keep(data);
  }

  get isSignedIn(): boolean {
    return this.#accessToken !== null;
  }

  async signIn(email: string, password: string): Promise<string | null> {
    const input = { email, password, refreshTokenDelivery: "COOKIE" };
    const payload = await this.#alone<SignedIn>(async () => (await this.#send(LOGIN, { input })).data!["login"]);
    this.#tell(payload.tokens?.accessToken ?? null);
    return payload.userErrors[0]?.message ?? null;
  }

  /** Gets a new access token: when the page has loaded, and when the old one is refused. */
  async refresh(refused: string | null = null): Promise<boolean> {
    return this.#alone(async () => {
      // While this tab waited for its turn, another one may have done it, or signed out.
      if (this.#accessToken !== refused) return this.isSignedIn;
      // Whatever goes wrong on the way is thrown, and changes nothing: the cookie is still there to try again with.
      const { refresh } = (await this.#send(REFRESH)).data! as { refresh: SignedIn };
      this.#tell(refresh.tokens?.accessToken ?? null);
      return this.isSignedIn;
    });
  }

  async signOut(): Promise<void> {
    await this.#alone(() => this.#send(LOGOUT));
    this.#tell(null);
  }

  /** Asks the graph, and exchanges the access token once if it is refused. */
  async ask(query: string, variables: object = {}): Promise<Answer> {
    const token = this.#accessToken;
    const answer = await this.#post(query, variables, token);
    const refused = token !== null && answer.errors?.some((error) => error.extensions.code === "UNAUTHENTICATED");
    if (!refused || !(await this.refresh(token))) return answer;
    return this.#post(query, variables, this.#accessToken);
  }

  /** One change of the cookie at a time, in all tabs: of two answers that cross, the browser keeps the one that comes last. */
  #alone<T>(change: () => Promise<T>): Promise<T> {
    return navigator.locks.request("constellation", change) as Promise<T>;
  }

  /** What changes the cookie is sent without the access token: a refused one would have the request refused too. */
  async #send(query: string, variables: object = {}): Promise<Answer> {
    const answer = await this.#post(query, variables, null);
    if (answer.errors) throw new Error(answer.errors[0]!.message, { cause: answer.errors[0]!.extensions });
    return answer;
  }

  async #post(query: string, variables: object, accessToken: string | null): Promise<Answer> {
    const response = await fetch(this.#graph, {
      method: "POST",
      credentials: "include",
      headers: {
        "Content-Type": "application/json",
        ...(accessToken !== null && { Authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  }

  #tell(accessToken: string | null): void {
    this.#keep(accessToken);
    this.#tabs.postMessage(accessToken);
  }

  #keep(accessToken: string | null): void {
    this.#accessToken = accessToken;
    this.onChange();
  }
}
