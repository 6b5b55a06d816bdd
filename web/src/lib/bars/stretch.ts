/** Stretches of time moved and resized by hands and keys: arithmetic only. */

export interface Stretch {
  from: number;
  to: number;
}

/** Made longer (`by` > 1) or shorter around a place that stays where it is. */
export function zoomed({ from, to }: Stretch, by: number, around: number): Stretch {
  return { from: around - (around - from) * by, to: around + (to - around) * by };
}

/** Moved as little as it takes to have a place in it, with a little room beyond. */
export function including({ from, to }: Stretch, place: number): Stretch {
  const room = (to - from) * 0.05;
  if (place < from) return { from: place - room, to: to - (from - place) - room };
  if (place > to) return { from: from + (place - to) + room, to: place + room };
  return { from, to };
}

/**
 * What one or two fingers make of a stretch that is `width` pixels wide. Each has come from one pixel
 * to another; what was under it stays under it.
 */
export function pinched(
  { from, to }: Stretch,
  width: number,
  fingers: readonly (readonly [start: number, now: number])[],
): Stretch {
  const [one, two] = fingers;
  if (one === undefined || width <= 0) return { from, to };
  const scale = (to - from) / width;
  if (two === undefined) {
    const moved = (one[1] - one[0]) * scale;
    return { from: from - moved, to: to - moved };
  }
  const apart = Math.abs(two[1] - one[1]);
  const ratio = apart < 1 ? 1 : Math.abs(two[0] - one[0]) / apart;
  const held = from + ((one[0] + two[0]) / 2) * scale;
  const next = zoomed({ from, to }, ratio || 1, held);
  const middle = (one[1] + two[1]) / 2;
  const shift = next.from + (middle / width) * (next.to - next.from) - held;
  return { from: next.from - shift, to: next.to - shift };
}
