/** How good or bad a state is: the colour and the glyph of what is said of it. */
export type Tone = "good" | "pending" | "warn" | "bad" | "idle";
