// The other tests count on a page's watch to notice what is wrong. Here it is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, watched } from "./browser.ts";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

for (const [wrong, content, said] of [
  ["asks another origin", `<img src="http://127.0.0.1:9/picture.png">`, /a foreign request: http:\/\/127\.0\.0\.1:9/],
  ["looks for another machine", `<img src="http://example.org/picture.png">`, /ERR_NAME_NOT_RESOLVED/],
  [
    "breaks its content policy",
    `<meta http-equiv="Content-Security-Policy" content="script-src 'none'"><script>1</script>`,
    /console: .*Content Security Policy/,
  ],
  ["complains", `<script>console.warn("oh dear")</script>`, /console: oh dear/],
  ["throws", `<script>throw new Error("oh no")</script>`, /an uncaught error: Error: oh no/],
] as const) {
  test(`a page that ${wrong} is caught`, async () => {
    const { page, assertClean } = await watched(browser);
    await page.setContent(content);
    assert.throws(assertClean, said);
  });
}

test("a page that does nothing wrong is not", async () => {
  const { page, assertClean } = await watched(browser);
  await page.setContent("<h1>Hello</h1><script>console.log(1)</script>");
  assertClean();
});
