// Applies the theme of the address, or a stored one, before the first paint. Without either, CSS
// follows the system. The names and values are those of src/lib/page/theme.ts and src/lib/page/pageChoice.ts.
try {
  const said = new URLSearchParams(location.search).get("theme");
  const choice = said ?? localStorage.getItem("figcast.theme");
  if (choice === "dark" || choice === "light") document.documentElement.dataset.theme = choice;
} catch {
  // Storage may be forbidden; the system's preference is a fine answer then.
}
