/** The page's own font, for pictures that are looked at outside of the page. */
import url from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";

/** As the style sheet has it, with the letters in it. Rejects when the server is away. */
async function fontFace(): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The page's font: status ${response.status}.`);
  const data = await dataUrl(await response.blob());
  return `@font-face{font-family:Inter;font-weight:100 900;src:url(${data}) format("woff2")}`;
}

let known: Promise<string> | null = null;

/** An SVG with the font in it: it looks the same in any program, and when it is drawn as an image. */
export async function withFont(svg: string): Promise<string> {
  known ??= fontFace();
  try {
    return withStyle(svg, await known);
  } catch {
    // A picture in another font is better than none; the next one asks again.
    known = null;
    return svg;
  }
}

export function withStyle(svg: string, style: string): string {
  return svg.replace(/<svg[^>]*>/, (head) => `${head}<defs><style>${style}</style></defs>`);
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
