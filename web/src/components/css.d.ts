/** React's styles take custom properties as well. */
import "react";

declare module "react" {
  interface CSSProperties {
    [name: `--${string}`]: string;
  }
}
