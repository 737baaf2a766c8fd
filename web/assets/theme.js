// Applies the chosen theme before the first paint. Without a choice, or where
// storage is forbidden, the page follows the system (app.css).
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {}

// A page that is shown in another one, by ?embed, shows the run alone (app.css).
if (new URLSearchParams(location.search).has("embed")) document.documentElement.dataset.embed = "";
