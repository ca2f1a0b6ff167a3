// @ts-ignore: not a package of this repository
import { chromium } from "playwright-core";

const [executablePath, url, ...parts] = process.argv.slice(2);
const args = ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const profile = process.env.PROFILE ?? ""; // what a page keeps stays there
const browser = await chromium.launchPersistentContext(profile, { executablePath, args });
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error.message));
  await page.goto(url);
  await page.waitForFunction(() => "app" in globalThis);
  const found = {};
  for (const part of parts) found[part] = await page.evaluate((part) => globalThis.app[part](), part);
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
}
