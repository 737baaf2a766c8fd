// The first script of a page. The browser compiles app.wasm while it comes, and begins with
// that before it has the style sheets and the other scripts.
const compile = WebAssembly.compileStreaming ?? (async (response) => WebAssembly.compile(await (await response).arrayBuffer()));
const compiled = compile(fetch(new URL("{{.Wasm}}", document.currentScript.src)));
compiled.catch(() => {}); // app.js says so
const siteWasm = () => compiled;

// The app takes a while to begin, in which nothing can be pressed. It waits for the page
// to be drawn, and for a frame more, in which a press is taken. A page that isn't shown is
// not drawn.
const siteShown = new Promise((shown) => {
  if (document.hidden) return shown();
  new PerformanceObserver(() => requestAnimationFrame(() => setTimeout(shown))).observe({ type: "paint", buffered: true });
  addEventListener("visibilitychange", shown);
  setTimeout(shown, 1000);
});
