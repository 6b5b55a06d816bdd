/** The colours that a page gives to a tag. */
import { describe, expect, it, vi } from "vitest";

// The module that reads colours asks for a canvas when it is loaded.
vi.mock("../src/lib/chart/pageStyle", () => ({ plainColours: vi.fn() }));

import { COLORS, PALETTES } from "../src/lib/wire/wire.gen";
import { branded } from "../src/tag/brand";

const DARK = COLORS.dark;

describe("the colours of a tag", () => {
  it("are the server's where the page gives none", () => {
    for (const palette of PALETTES)
      expect(branded(DARK, palette, {})).toEqual({ colors: DARK, palette });
  });

  it("are the page's for what rises and falls, whichever palette is named", () => {
    for (const palette of PALETTES) {
      const own = branded(DARK, palette, { "--figcast-up": "teal", "--figcast-down": "maroon" });
      expect(own.colors.directions[own.palette]).toEqual(["teal", "maroon"]);
      expect(own.palette).not.toBe("red-up");
      expect(own.colors.roles).toMatchObject({ up: "teal", down: "maroon" });
    }
  });

  it("keep the palette's other direction where the page gives one", () => {
    const own = branded(DARK, "red-up", { "--figcast-up": "teal" });
    expect(own.colors.directions[own.palette]).toEqual(["teal", DARK.directions["red-up"][1]]);
  });

  it("are the page's for the line", () => {
    const { colors, palette } = branded(DARK, "safe", { "--figcast-line": "navy" });
    expect(colors.roles.own).toBe("navy");
    expect(colors.directions).toEqual(DARK.directions);
    expect(palette).toBe("safe");
  });
});
