// Applies the chosen theme before the first paint. Without a choice, or where
// storage is forbidden, the page follows the system (app.css).
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {}

// A page that is shown in another one, by ?embed, shows the run alone (app.css).
if (new URLSearchParams(location.search).has("embed")) document.documentElement.dataset.embed = "";

// A press of Run before the app runs is kept for it. The button says that it was pressed.
// The loader, which goes when the app begins, is the last that comes of a page.
function keep(e) {
  const run = document.querySelector(".q .runb");
  if (document.readyState !== "loading" && !document.getElementById("app-wasm-loader") || !run || run.disabled) return;
  if (e.type === "click" ? !run.contains(e.target) : e.key !== "r" || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, select, textarea")) return;
  document.documentElement.dataset.pressed = "yes";
  run.setAttribute("aria-busy", "true");
}
addEventListener("click", keep, true);
addEventListener("keydown", keep, true);
