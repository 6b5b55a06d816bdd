/** Python with the libraries that read what a server sends. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child } from "./children.ts";

const PACKAGES = { plotly: "7.1.0", jsonpatch: "1.48" };
const ENVIRONMENT = fileURLToPath(new URL("../../node_modules/.cache/python", import.meta.url));

export const PYTHON = `${ENVIRONMENT}/bin/python`;

/** Installs them at first. */
export const PYTHON_TIMEOUT = 300_000;

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Child(command, args).exited()) === 0;
  } catch {
    return false;
  }
}

/** Why there is none here, or null. Made once, then kept. */
export async function preparePython(): Promise<string | null> {
  const areThere = Object.entries(PACKAGES).map(
    ([name, version]) => `assert importlib.metadata.version("${name}") == "${version}"`,
  );
  const check = ["import importlib.metadata", ...areThere].join("\n");
  if (existsSync(PYTHON) && (await succeeds(PYTHON, "-c", check))) return null;
  if (!(await succeeds("python3", "-m", "venv", "--clear", ENVIRONMENT))) {
    return "python3 with venv and pip is not here";
  }
  const wanted = Object.entries(PACKAGES).map(([name, version]) => `${name}==${version}`);
  const installed = await succeeds(PYTHON, "-m", "pip", "install", "--quiet", ...wanted);
  return installed ? null : `pip cannot install ${wanted.join(" and ")} here`;
}
