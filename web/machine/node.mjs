// node node.mjs BUNDLE: the machine of a bundle, run for tests as a page's worker runs it.
// Its console is standard input and output; what it prints goes to standard error.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const bundle = pathToFileURL(`${process.argv[2]}/`);
globalThis.self = globalThis;
globalThis.fetch = async (url) => new Response(fs.readFileSync(url));
const piece = 1024; // that of package console
globalThis.postMessage = ({ ready, output, line, failed }) => {
  if (output) process.stdout.write(output);
  if (line) console.error(line);
  if (failed) {
    console.error(failed);
    process.exit(1);
  }
  if (!ready) return;
  onmessage({ data: { run: true } });
  process.stdin.on("data", (b) => {
    for (let at = 0; at < b.length; at += piece) onmessage({ data: { input: new Uint8Array(b.subarray(at, at + piece)) } });
  });
  process.stdin.on("end", () => process.exit(0));
};
await import(new URL("worker.js", bundle));
