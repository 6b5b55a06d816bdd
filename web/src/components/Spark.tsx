/** The day in a line of sixty points, without axes. */

import { sparkPath } from "../lib/bars/spark";
import type { Direction } from "../lib/text/format";

const [WIDTH, HEIGHT] = [72, 26];

interface SparkProps {
  values: readonly number[];
  direction: Direction;
}

export function Spark({ values, direction }: SparkProps) {
  return (
    <svg
      className={`spark change--${direction}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
      focusable="false"
    >
      <path d={sparkPath(values, WIDTH, HEIGHT)} />
    </svg>
  );
}
