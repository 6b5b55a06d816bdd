/** The TypeScript type of JSON values, from examples of them. */

/**
 * What examples cannot show, a named type each: all the words that there are for something, and
 * numbers that no server of a test knows.
 */
export type Known = Readonly<Record<string, string>>;

/** A type that all the examples have. A key that some lack is optional. */
export function inferType(examples: readonly unknown[], known: Known = {}, indent = ""): string {
  const kinds = new Set<string>();
  const objects: Record<string, unknown>[] = [];
  const elements: unknown[] = [];
  for (const example of examples) {
    if (Array.isArray(example)) {
      elements.push(...example);
      kinds.add("array");
    } else if (example !== null && typeof example === "object") {
      objects.push(example as Record<string, unknown>);
      kinds.add("object");
    } else {
      kinds.add(example === null ? "null" : typeof example);
    }
  }
  const types = [...kinds].toSorted(nullLast).map((kind) => {
    if (kind === "object") return inferObject(objects, known, indent);
    if (kind !== "array") return kind;
    const element = elements.length === 0 ? "unknown" : inferType(elements, known, indent);
    // Objects hold their unions inside braces.
    const union = /^[^{]* \| /.test(element);
    return union ? `readonly (${element})[]` : `readonly ${element}[]`;
  });
  return types.join(" | ");
}

function inferObject(
  objects: readonly Record<string, unknown>[],
  known: Known,
  indent: string,
): string {
  const keys = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const inner = `${indent}  `;
  const fields = keys.map((key) => {
    const having = objects.filter((object) => Object.hasOwn(object, key));
    const optional = having.length < objects.length ? "?" : "";
    const values = having.map((object) => object[key]);
    return `${inner}${key}${optional}: ${known[key] ?? inferType(values, known, inner)};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}

function nullLast(a: string, b: string): number {
  return Number(a === "null") - Number(b === "null") || a.localeCompare(b);
}
