// node snapshot.js DIR: boots the machine whose parts are in DIR, waits until its server
// is ready, and writes state.bin and made.json there.
import fs from "node:fs";
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";

const dir = process.argv[2];
const { V86 } = await import(pathToFileURL(`${dir}/npm/node_modules/v86/build/libv86.mjs`));
const read = (name) => new Uint8Array(fs.readFileSync(`${dir}/${name}`));
const file = (name) => ({ buffer: read(name).buffer });

// v86 puts the initramfs at 64 MiB, so that there must be more.
const memory = 96 << 20, video = 1 << 20;
// What its first process does once it has said that it is ready, it does within this time.
const settle = 500;

const machine = new V86({
  wasm_path: `${dir}/npm/node_modules/v86/build/v86.wasm`,
  memory_size: memory, vga_memory_size: video,
  bios: file("bios.bin"), vga_bios: file("vgabios.bin"),
  bzimage: file("bzImage"), initrd: file("files.cpio"),
  cmdline: "console=ttyS0 rdinit=/init quiet tsc=reliable",
  virtio_console: { type: "none" }, disable_speaker: true, autostart: true,
});
machine.add_listener("emulator-ready", () => machine.v86.cpu.set_jit_config(0, 2_000_000));
let line = "";
machine.add_listener("serial0-output-byte", (b) => {
  if (b !== 10) {
    line += String.fromCharCode(b);
    return;
  }
  console.log(line.trimEnd());
  if (line.startsWith("machine: ready")) setTimeout(save, settle);
  line = "";
});
setTimeout(() => {
  console.error("snapshot: the machine doesn't get ready");
  process.exit(1);
}, 180_000);

// forget zeroes the pages that are as v86 loaded the packed kernel into them, at 1 MiB:
// nobody has written there since, so that nobody uses what is there.
function forget() {
  const page = 4096, kernel = read("bzImage");
  const packed = kernel.subarray((kernel[0x1f1] + 1) * 512); // behind what starts it in real mode
  for (let at = 0; at + page <= packed.length; at += page) {
    const there = machine.read_memory((1 << 20) + at, page);
    if (there.every((b, i) => b === packed[at + i])) machine.write_memory(new Uint8Array(page), (1 << 20) + at);
  }
}

async function save() {
  await machine.stop();
  forget();
  const clock = performance.now();
  const state = new Uint8Array(await machine.save_state());
  fs.writeFileSync(`${dir}/state.bin`, execFileSync("zstd", ["--ultra", "-22", "--zstd=wlog=23", "-q", "-c"], { input: state, maxBuffer: 1 << 28 }));
  fs.writeFileSync(`${dir}/made.json`, JSON.stringify({ clock, memory, video }));
  process.exit(0);
}
