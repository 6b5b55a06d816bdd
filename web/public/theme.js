// Applies a stored theme before the first paint. Without one, CSS follows the system.
// The key and values are those of src/lib/theme.ts.
try {
  const choice = localStorage.getItem("figcast.theme");
  if (choice === "dark" || choice === "light") document.documentElement.dataset.theme = choice;
} catch {
  // Storage may be forbidden; the system's preference is a fine answer then.
}
