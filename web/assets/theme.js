// Applies the chosen theme before the first paint. Without a choice, or where
// storage is forbidden, the page follows the system (app.css).
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {}
