// siteWasm compiles app.wasm, which is in the page.
async function siteWasm() {
  const place = document.getElementById("wasm"), text = atob(place.textContent);
  place.remove();
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compileStreaming(new Response(plain, { headers: { "Content-Type": "application/wasm" } }));
}
const siteShown = null; // nothing of it is drawn before
