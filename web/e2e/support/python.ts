/** Pythons with the libraries that read what a server sends. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child } from "./children.ts";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

/** Installs them at first. */
export const PYTHON_TIMEOUT = 300_000;

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Child(command, args).exited()) === 0;
  } catch {
    return false;
  }
}

/** A virtual environment with these packages. */
export class Python {
  readonly #folder: string;
  readonly packages: Readonly<Record<string, string>>;

  constructor(name: string, packages: Record<string, string>) {
    this.#folder = `${CACHE}/${name}`;
    this.packages = packages;
  }

  get command(): string {
    return `${this.#folder}/bin/python`;
  }

  /** Why there is none here, or null. Made once, then kept. */
  async prepare(): Promise<string | null> {
    const areThere = Object.entries(this.packages).map(
      ([name, version]) => `assert importlib.metadata.version("${name}") == "${version}"`,
    );
    const check = ["import importlib.metadata", ...areThere].join("\n");
    if (existsSync(this.command) && (await succeeds(this.command, "-c", check))) return null;
    if (!(await succeeds("python3", "-m", "venv", "--clear", this.#folder))) {
      return "python3 with venv and pip is not here";
    }
    const wanted = Object.entries(this.packages).map(([name, version]) => `${name}==${version}`);
    const installed = await succeeds(this.command, "-m", "pip", "install", "--quiet", ...wanted);
    return installed ? null : `pip cannot install ${wanted.join(" and ")} here`;
  }
}

const FIGURES = new Python("python", { plotly: "7.1.0" });

export const PYTHON = FIGURES.command;

export function preparePython(): Promise<string | null> {
  return FIGURES.prepare();
}
