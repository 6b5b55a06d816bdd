/** A Python with what its users have beside it, made once and then kept. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child } from "./children.ts";

const PACKAGES = { plotly: "7.1.0", jsonpatch: "1.33" };
const ENVIRONMENT = fileURLToPath(new URL("../../node_modules/.cache/python", import.meta.url));

export const PYTHON = `${ENVIRONMENT}/bin/python`;

const IS_THERE = `
import importlib.metadata, json, sys
for name, version in json.loads(sys.argv[1]).items():
    assert importlib.metadata.version(name) == version
`;

/** Why nothing can be run with it here, or null. */
export async function prepare(): Promise<string | null> {
  const wanted = JSON.stringify(PACKAGES);
  if (existsSync(PYTHON) && (await succeeds(PYTHON, "-c", IS_THERE, wanted))) return null;
  if (!(await succeeds("python3", "-m", "venv", "--clear", ENVIRONMENT))) {
    return "python3 with venv and pip is not here";
  }
  const pinned = Object.entries(PACKAGES).map(([name, version]) => `${name}==${version}`);
  const installed = await succeeds(PYTHON, "-m", "pip", "install", "--quiet", ...pinned);
  return installed ? null : `pip cannot install ${pinned.join(" and ")} here`;
}

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Child(command, args).exited()) === 0;
  } catch {
    return false;
  }
}
