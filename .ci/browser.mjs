// Loads pages in headless Chromium over a pipe (the DevTools protocol, no library) and uses them as people do.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [out, ...goldens] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "browser-"));
const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", `--user-data-dir=${profile}`];
const chromium = spawn(process.env.BROWSER, [...flags, "--remote-debugging-pipe"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const late = setTimeout(() => fail(new Error("the browser does not answer")), 300_000);

function fail(error) {
  chromium.kill("SIGKILL");
  console.error(error);
  process.exit(1);
}

// Messages end with a zero byte.
const asked = new Map();
const heard = [];
let number = 0;
let rest = "";
chromium.stdio[4].setEncoding("utf8").on("data", (data) => {
  const messages = (rest + data).split("\0");
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (!message.id) {
      for (const listener of heard) listener(message);
      continue;
    }
    const { resolve, reject } = asked.get(message.id);
    asked.delete(message.id);
    message.error ? reject(new Error(message.error.message)) : resolve(message.result);
  }
});

let session;
function send(method, params = {}) {
  number += 1;
  chromium.stdio[3].write(`${JSON.stringify({ id: number, method, params, sessionId: session })}\0`);
  return new Promise((resolve, reject) => asked.set(number, { resolve, reject }));
}
function event(method) {
  return new Promise((resolve) => {
    const listener = (message) => {
      if (message.method !== method) return;
      heard.splice(heard.indexOf(listener), 1);
      resolve(message.params);
    };
    heard.push(listener);
  });
}
async function evaluate(expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
  return result.value;
}

const complaints = [];
const requests = [];
heard.push(({ method, params }) => {
  if (method === "Runtime.exceptionThrown") complaints.push(params.exceptionDetails.text);
  if (method === "Runtime.consoleAPICalled") complaints.push(JSON.stringify(params.args));
  if (method === "Log.entryAdded") complaints.push(params.entry.text);
  if (method === "Network.requestWillBeSent") requests.push(params.request.url);
});

async function visit(url) {
  const loaded = event("Page.loadEventFired");
  const { errorText } = await send("Page.navigate", { url });
  assert.equal(errorText, undefined, url);
  await loaded;
}
/** Loads a page and sees that it asks for nothing and complains about nothing. */
async function load(file, fragment = "", script = true) {
  await send("Emulation.setScriptExecutionDisabled", { value: !script });
  const url = pathToFileURL(resolve(file)).href + fragment;
  await visit("about:blank");
  complaints.length = 0;
  requests.length = 0;
  await visit(url);
  // Two frames later everything that a page asks for at once was asked for.
  if (script) await evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))");
  assert.deepEqual(complaints, [], file);
  assert.deepEqual(requests.filter((url) => !url.startsWith("data:")).map((url) => url.split("#")[0]), [url.split("#")[0]], file);
}
async function size(width, height) {
  await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: width < 500 ? 2 : 1, mobile: width < 500 });
}
async function media(scheme, type = "") {
  await send("Emulation.setEmulatedMedia", { media: type, features: [{ name: "prefers-color-scheme", value: scheme }] });
}
async function picture(name) {
  const { data } = await send("Page.captureScreenshot", { format: "png" });
  writeFileSync(join(out, `${name}.png`), Buffer.from(data, "base64"));
}

/** Texts whose colour is too near to what they stand on (WCAG AA). */
const faint = `(() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const part = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(node).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.body.querySelectorAll("*:not(script)")) {
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    const [one, two] = [light(numbers(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < 4.5) found.push(node.localName + "." + node.className + " " + ratio.toFixed(2) + " " + node.textContent.slice(0, 40));
  }
  return found;
})()`;

const entries = (kind) => evaluate(`[...document.querySelectorAll(".entry")].filter((node) => ${kind}).length`);
const seen = () => entries("node.checkVisibility()");
const filtered = (doing) => evaluate(`new Promise((done) => {
  new MutationObserver((_, watcher) => { watcher.disconnect(); done(); }).observe(document.getElementById("shown"), { childList: true });
  ${doing};
})`);
const type = (text) => filtered(`const query = document.getElementById("query"); query.value = ${JSON.stringify(text)}; query.dispatchEvent(new Event("input"))`);

async function pages() {
  for (const name of ["plan", "new", "drift", "report", "findings"]) {
    for (const scheme of ["light", "dark"]) {
      await media(scheme);
      await size(1280, 900);
      await load(join(out, `${name}.html`));
      assert.deepEqual(await evaluate(faint), [], `${name}, ${scheme}`);
      await picture(`${name}-${scheme}`);
      await size(390, 844);
      assert.ok(await evaluate("document.documentElement.scrollWidth <= 390"), `${name} is as wide as a phone`);
      await picture(`${name}-phone-${scheme}`);
    }
  }
  await size(1280, 900);
  const ground = async (scheme) => (await media(scheme), evaluate("getComputedStyle(document.body).backgroundColor"));
  assert.notEqual(await ground("dark"), await ground("light"));
  for (const file of goldens) {
    await load(file);
    assert.deepEqual(await evaluate(faint), [], file);
    await picture(`golden-${basename(file, ".html")}`);
  }
}

async function filter() {
  const page = join(out, "new.html");
  await load(page);
  const all = await entries("true");
  assert.ok(all > 100);
  assert.equal(await evaluate("document.getElementById('shown').textContent"), `${all} of ${all} shown`);
  await type("front-desk warranty");
  const some = await seen();
  assert.ok(some > 0 && some < all, `${some} of ${all}`);
  assert.equal(await seen(), await entries("/front-desk/.test(node.textContent) && /warranty/i.test(node.textContent)"));
  assert.equal(await evaluate("location.hash"), "#q=front-desk+warranty");
  await filtered("document.querySelector('input[value=create]').click()");
  assert.equal(await seen(), 0);
  assert.ok(await evaluate("document.getElementById('nothing').checkVisibility()"));
  // The address alone brings the same back.
  await load(page, "#q=front-desk+warranty");
  assert.equal(await seen(), some);
  await load(page, "#hide=create");
  assert.equal(await seen(), await entries("node.dataset.kind !== 'create'"));
  await load(page, "#content");
  assert.equal(await seen(), all);
}

async function folding() {
  await load(join(out, "new.html"));
  const foldable = await entries("node.localName === 'details'");
  assert.equal(await entries("node.open"), 0, "many entries begin folded");
  await evaluate("document.getElementById('expand').click()");
  assert.equal(await entries("node.open"), foldable);
  await evaluate("document.getElementById('fold').click()");
  assert.equal(await entries("node.open"), 0);
  // With the keyboard alone, and without the script.
  await load(join(out, "new.html"), "", false);
  assert.equal(await evaluate("document.getElementById('tools').checkVisibility()"), false);
  await evaluate("document.querySelector('.entry > summary').focus()");
  await send("Emulation.setScriptExecutionDisabled", { value: false });
  const toggled = evaluate("new Promise((done) => document.querySelector('.entry').addEventListener('toggle', () => done(), { once: true }))");
  for (const type of ["keyDown", "keyUp"]) {
    await send("Input.dispatchKeyEvent", { type, key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: type === "keyDown" ? "\r" : undefined });
  }
  await toggled;
  assert.equal(await entries("node.open"), 1);
  await media("light", "print");
  assert.ok(await evaluate("[...document.querySelectorAll('.body')].every((node) => node.getBoundingClientRect().height > 0)"), "all is printed");
  await media("light");
}

async function strict() {
  await load(join(out, "plan.html"));
  const ran = await evaluate(`new Promise((done) => {
    addEventListener("securitypolicyviolation", () => done(typeof window.ran));
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
  })`);
  assert.equal(ran, "undefined", "nothing runs but the page's own script");
}

async function large() {
  await load(join(out, "large.html"));
  const entry = "performance.getEntriesByType('navigation')[0]";
  assert.ok((await entries("true")) >= 10_000);
  const loaded = await evaluate(`Math.round(${entry}.loadEventEnd)`);
  await evaluate("document.getElementById('query').getBoundingClientRect()");
  const before = Date.now();
  await type("agent-7 question");
  await evaluate("new Promise((done) => requestAnimationFrame(() => done(document.body.offsetHeight)))");
  const took = Date.now() - before;
  assert.ok((await seen()) >= 100);
  await type("");
  const fold = Date.now();
  await evaluate("document.getElementById('expand').click(); new Promise((done) => requestAnimationFrame(() => done(document.body.offsetHeight)))");
  console.log(`10,000 steps: loaded in ${loaded} ms, filtered in ${took} ms, expanded in ${Date.now() - fold} ms`);
  assert.ok(loaded < 20_000 && took < 10_000, "ten thousand steps stay usable");
  await picture("large");
}

try {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  session = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(`${domain}.enable`);
  for (const check of [pages, filter, folding, strict, large]) await check();
} catch (error) {
  fail(error);
}
clearTimeout(late);
session = undefined;
const ended = new Promise((done) => chromium.once("exit", done));
await send("Browser.close").catch(() => {});
await ended;
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
console.log("browser: all pages load alone, filter, fold and print");
