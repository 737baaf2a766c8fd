// node node.mjs BUNDLE: the machine of a bundle, run for tests as a page's worker runs it.
// Its console is standard input and output; what it prints goes to standard error.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const { argv, exit, stdin, stdout } = process;
delete globalThis.process; // by which v86 knows that it is in no page
const bundle = pathToFileURL(`${argv[2]}/`);
globalThis.self = globalThis;
globalThis.fetch = async (url) => new Response(fs.readFileSync(url));
const piece = 1024; // that of package console
globalThis.postMessage = ({ ready, output, line, failed }) => {
  if (output) stdout.write(output);
  if (line) console.error(line);
  if (failed) {
    console.error(failed);
    exit(1);
  }
  if (!ready) return;
  onmessage({ data: { run: true } });
  stdin.on("data", (b) => {
    for (let at = 0; at < b.length; at += piece) onmessage({ data: { input: new Uint8Array(b.subarray(at, at + piece)) } });
  });
  stdin.on("end", () => exit(0));
};
await import(new URL("worker.js", bundle));
