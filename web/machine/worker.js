// Runs the machine: v86 with the snapshot of a Linux that has booted. A worker of the
// page, which has the other end of the machine's console (package console).
//
// To it come {input: bytes}, one buffer of the console's, and {run: true or false}.
// From it come {loaded: bytes} while it loads, {fetched: true}, {ready: true}, {output:
// bytes} of the console, {line: text} of what the machine prints, and {failed: text}.

// The machine's time stands while the machine does, goes on where its snapshot was made,
// and is slower than ours: by ours its programs would be so slow that clients come too
// late for their server, and a process that is made for one, for the next. It waits for a
// processor that others have: v86 looks at it about every 100,000 instructions, and what
// passes until then counts as no more than most, beside what the machine had nothing to do
// for. v86 takes it from here when it is loaded.
const slow = 4, most = 3; // ms of ours; the page says how slow, too
const clock = performance.now.bind(performance);
let time = 0, stands = true, seen = clock(), idle = 0; // ms; the first is the machine's
performance.now = () => {
  const now = clock();
  if (!stands) time += Math.min(now - seen, idle + most) / slow;
  seen = now;
  idle = 0;
  return time;
};

// v86 has a worker of its own for its pauses, made of a blob, for timers that a browser
// slows in a page. Those of a worker it doesn't slow, and a strict policy allows no blob.
// It gives way to messages now and then only: each time costs memory that stays for long.
const turn = 16; // ms
const soon = Promise.resolve();
self.Worker = class {
  constructor() {
    this.channel = new MessageChannel();
    this.channel.port1.onmessage = (e) => {
      this.began = clock();
      this.onmessage(e);
    };
  }
  postMessage({ t, tick }) {
    clearTimeout(this.timer);
    const go = () => this.onmessage({ data: tick });
    if (t * slow >= 1) {
      idle = t * slow;
      this.timer = setTimeout(go, idle);
    } else if (clock() - this.began < turn) soon.then(go);
    else this.channel.port2.postMessage(tick);
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
  time = made.clock;
  machine = new V86({
    // The memory is new, so that it is zero: pages that v86 wrote zeros to would take room.
    wasm_fn: async (imports) => ({ ...(await WebAssembly.instantiate(code, imports)).instance.exports, zero_memory() {} }),
    memory_size: made.memory, vga_memory_size: made.video,
    virtio_console: { type: "none" }, initial_state: { buffer: state },
    disable_keyboard: true, disable_mouse: true, disable_speaker: true, autostart: false,
  });
  // v86 compiles code that was run so often. By default that is soon, and the compiler
  // then takes so much of the processors that clients come too late for their server.
  const often = 2_000_000;
  machine.add_listener("emulator-ready", () => machine.v86.cpu.set_jit_config(0, often));
  machine.add_listener("emulator-loaded", () => {
    // Memory that is asked for has the browser look for what nobody needs: what the
    // snapshot was unpacked to. Of this itself nothing is ever touched.
    for (let i = 0; i < 4; i++) new ArrayBuffer(32 << 20);
    postMessage({ ready: true });
  });
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
  if (run === stands) {
    performance.now();
    stands = !run;
    if (run) machine.run();
    else machine.stop();
  }
};

start().catch((e) => postMessage({ failed: String(e.message ?? e) }));
