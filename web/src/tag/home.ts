/**
 * The folder that the script of the tag came from, at the figcast server. It has to be asked for while the script
 * runs for the first time, and an import of the script's own would begin nowhere: a browser keeps the address of
 * another site's script from it.
 */
const { currentScript } = document;

export const HOME: string | null =
  currentScript instanceof HTMLScriptElement && currentScript.src !== ""
    ? new URL(".", currentScript.src).href
    : null;
