/** The tone of a state, good to bad: it has a colour and a glyph. */
export type Tone = "good" | "pending" | "warn" | "bad" | "idle";
