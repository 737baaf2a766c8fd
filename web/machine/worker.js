// Runs the machine: v86 with the snapshot of a Linux that has booted. A worker of the
// page, which has the other end of the machine's console (package console).
//
// To it come {input: bytes}, one buffer of the console's, and {run: true or false}.
// From it come {loaded: bytes} while it loads, {fetched: true}, {ready: true}, {output:
// bytes} of the console, {line: text} of what the machine prints, and {failed: text}.

// The machine's time stands while the machine does, goes on where its snapshot was made,
// and is slower than ours: by ours its programs would be so slow that clients come too
// late for their server, and a process that is made for one, for the next. v86 takes it
// from here when it is loaded.
const slow = 4; // the page says so too
const clock = performance.now.bind(performance);
let behind = 0, stood = clock(); // stood is when it was stopped; null while it runs
performance.now = () => ((stood ?? clock()) - behind) / slow;

// v86 has a worker of its own for its pauses, made of a blob, for timers that a browser
// slows in a page. Those of a worker it doesn't slow, and a strict policy allows no blob.
self.Worker = class {
  constructor() {
    this.channel = new MessageChannel();
    this.channel.port1.onmessage = (e) => this.onmessage(e);
  }
  postMessage({ t, tick }) {
    clearTimeout(this.timer);
    if (t < 1) this.channel.port2.postMessage(tick);
    else this.timer = setTimeout(() => this.onmessage({ data: tick }), t);
  }
  terminate() { this.channel.port1.close(); }
};

// get fetches a file, and tells how far that has come.
async function get(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: status ${response.status}`);
  const counted = new TransformStream({
    transform(piece, to) {
      postMessage({ loaded: piece.length });
      to.enqueue(piece);
    },
  });
  return response.body.pipeThrough(counted);
}

// The names of packed files don't say that they are, or some hosts would have the browser
// unpack them. v86 unpacks the snapshot itself.
const bytes = (stream) => new Response(stream).arrayBuffer();
const unpacked = (stream) => bytes(stream.pipeThrough(new DecompressionStream("gzip")));

let machine;

async function start() {
  const [{ V86 }, code, state, made] = await Promise.all([
    import("./v86.js"), get("v86.bin").then(unpacked), get("state.bin").then(bytes),
    fetch(new URL("made.json", import.meta.url)).then((r) => r.json()),
  ]);
  postMessage({ fetched: true });
  behind = stood - made.clock * slow;
  machine = new V86({
    wasm_fn: async (imports) => (await WebAssembly.instantiate(code, imports)).instance.exports,
    memory_size: made.memory, vga_memory_size: made.video,
    virtio_console: { type: "none" }, initial_state: { buffer: state },
    disable_keyboard: true, disable_mouse: true, disable_speaker: true, autostart: false,
  });
  // v86 compiles code that was run so often. By default that is soon, and the compiler
  // then takes so much of the processors that clients come too late for their server.
  const often = 2_000_000;
  machine.add_listener("emulator-ready", () => machine.v86.cpu.set_jit_config(0, often));
  machine.add_listener("emulator-loaded", () => postMessage({ ready: true }));
  machine.add_listener("virtio-console0-output-bytes", (bytes) => postMessage({ output: bytes }));
  let line = "";
  machine.add_listener("serial0-output-byte", (b) => {
    if (b !== 10) line += String.fromCharCode(b);
    else {
      postMessage({ line: line.trimEnd() });
      line = "";
    }
  });
}

self.onmessage = ({ data: { input, run } }) => {
  if (input) machine.bus.send("virtio-console0-input-bytes", input);
  if (run === true && stood !== null) {
    behind += clock() - stood;
    stood = null;
    machine.run();
  }
  if (run === false && stood === null) {
    stood = clock();
    machine.stop();
  }
};

start().catch((e) => postMessage({ failed: String(e.message ?? e) }));
