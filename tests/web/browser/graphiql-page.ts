import { mkdir } from "node:fs/promises";
import type { Locator, Page, Request } from "playwright-core";

/** GraphiQL, as the person in front of it uses it. */
export class GraphiqlPage {
  readonly page: Page;
  readonly #origin: string;
  readonly query: Locator;
  readonly headers: Locator;
  readonly result: Locator;

  constructor(page: Page, origin: string) {
    this.page = page;
    this.#origin = origin;
    this.query = page.getByRole("region", { name: "Query Editor" });
    this.headers = page.getByRole("region", { name: "Headers" });
    this.result = page.getByRole("region", { name: "Result Window" });
  }

  /** Opens GraphiQL and waits until it knows the schema. */
  async open(): Promise<void> {
    const schema = this.page.waitForResponse((response) => response.request().method() === "POST");
    await this.page.goto(`${this.#origin}/graphiql`);
    await (await schema).finished();
    await this.query.waitFor();
  }

  /** All that an editor holds, also what is scrolled away. */
  text(editor: Locator): Promise<string> {
    type Holder = { CodeMirror: { getValue(): string } };
    return editor
      .locator(".CodeMirror:visible")
      .evaluate((element) => (element as unknown as Holder).CodeMirror.getValue());
  }

  /** Puts this in the place of all that an editor holds, as pasting does. */
  async replace(editor: Locator, text: string): Promise<void> {
    await editor.locator(".CodeMirror:visible").click();
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.insertText(text);
  }

  /**
   * Puts one operation in the place of all others. GraphiQL reads what was typed a moment later than it was, and would
   * run the old operation's name before; when its tab has the new name, it has.
   */
  async write(name: string, operation: string): Promise<void> {
    await this.replace(this.query, operation);
    await this.page.getByRole("tab", { name, exact: true }).waitFor();
  }

  /** Runs one of several operations with the play button, and gives the request that was sent. */
  async choose(operation: string): Promise<Request> {
    await this.page.getByRole("button", { name: "Execute query" }).click();
    const item = this.page.getByRole("menuitem", { name: operation, exact: true });
    return this.#sentBy(() => item.click());
  }

  /** Runs the operation with the keyboard, and gives the request that was sent. */
  async run(): Promise<Request> {
    return this.#sentBy(() => this.page.keyboard.press("Control+Enter"));
  }

  async #sentBy(act: () => Promise<void>): Promise<Request> {
    const [request] = await Promise.all([this.page.waitForRequest("**/graphql"), act()]);
    return request;
  }

  /** Waits until the result has this in one line. */
  async shows(text: string): Promise<void> {
    await this.result.locator(".CodeMirror-line", { hasText: text }).first().waitFor();
  }

  /** A picture for whoever wants to look, in the folder `artifacts`. */
  async picture(name: string): Promise<void> {
    const folder = new URL("../../artifacts/", import.meta.url);
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: new URL(`${name}.png`, folder).pathname });
  }
}
