/** Every drawing of the page. All are decoration: the words beside them carry the meaning. */
import type { ReactNode } from "react";
import type { Tone } from "../lib/text/tone";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export function Brand() {
  return (
    <svg className="brand__mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path className="brand__fill" d="M5 22l6-7 5 4 6-10 5 5v9a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2z" />
      <path className="brand__line" d="M5 22l6-7 5 4 6-10 5 5" />
    </svg>
  );
}

export function Search() {
  return (
    <Icon>
      <circle cx="7" cy="7" r="4.25" />
      <path d="M10.2 10.2 14 14" />
    </Icon>
  );
}

export function Monitor() {
  return (
    <Icon>
      <rect x="1.75" y="2.5" width="12.5" height="8.5" rx="1.5" />
      <path d="M5.5 13.75h5" />
    </Icon>
  );
}

export function Moon() {
  return (
    <Icon>
      <path d="M13.5 9.6A5.75 5.75 0 0 1 6.4 2.5a5.75 5.75 0 1 0 7.1 7.1z" />
    </Icon>
  );
}

export function Sun() {
  return (
    <Icon>
      <circle cx="8" cy="8" r="2.75" />
      <path d="M8 1.25v1.5M8 13.25v1.5M1.25 8h1.5M13.25 8h1.5M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M3.2 12.8l1.1-1.1M11.7 4.3l1.1-1.1" />
    </Icon>
  );
}

export function Close() {
  return (
    <Icon>
      <path d="M4 4l8 8M12 4l-8 8" />
    </Icon>
  );
}

export function Clock() {
  return (
    <Icon>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M8 4.75V8l2.25 1.5" />
    </Icon>
  );
}

export function Candles() {
  return (
    <Icon>
      <path d="M5 2v2M5 11v3M3.25 4h3.5v7h-3.5zM11 1.5v3M11 9.5v3M9.25 4.5h3.5v5h-3.5z" />
    </Icon>
  );
}

export function Study() {
  return (
    <Icon>
      <path d="M1.75 11.5c2.5 0 2.75-7 5-7s2.5 5 4.25 5 1.75-3.5 3.25-3.5" />
      <path d="M1.75 14.25h12.5" />
    </Icon>
  );
}

export function Compare() {
  return (
    <Icon>
      <path d="M1.75 12 6 6.5l3 3 5.25-6.25" />
      <path d="M1.75 8 5 10.5l4.25-5L14.25 9" opacity="0.55" />
    </Icon>
  );
}

export function Sliders() {
  return (
    <Icon>
      <path d="M2 4.5h7M13 4.5h1M2 11.5h1M7 11.5h7" />
      <circle cx="11" cy="4.5" r="1.75" />
      <circle cx="5" cy="11.5" r="1.75" />
    </Icon>
  );
}

export function Pause() {
  return (
    <Icon>
      <path d="M5.5 3.5v9M10.5 3.5v9" />
    </Icon>
  );
}

export function Play() {
  return (
    <Icon>
      <path className="solid" d="M5 3.25v9.5L12.5 8z" />
    </Icon>
  );
}

export function Link() {
  return (
    <Icon>
      <path d="M6.75 9.25a2.5 2.5 0 0 0 3.5 0l2.5-2.5a2.5 2.5 0 0 0-3.5-3.5L8.5 4M9.25 6.75a2.5 2.5 0 0 0-3.5 0l-2.5 2.5a2.5 2.5 0 0 0 3.5 3.5L7.5 12" />
    </Icon>
  );
}

export function Check() {
  return (
    <Icon>
      <path d="M3 8.5 6.5 12 13 4.5" />
    </Icon>
  );
}

export function List() {
  return (
    <Icon>
      <path d="M2 4h8M2 8h8M2 12h8" />
      <path d="M13.5 3v10" opacity="0.55" />
    </Icon>
  );
}

export function Star({ filled }: { filled: boolean }) {
  return (
    <Icon>
      <path
        className={filled ? "solid" : undefined}
        d="M8 1.75l1.9 3.95 4.35.6-3.17 3.03.77 4.32L8 11.6l-3.85 2.05.77-4.32L1.75 6.3l4.35-.6z"
      />
    </Icon>
  );
}

/** The walls between so many charts. */
const WALLS: Record<number, string> = {
  1: "",
  2: "M8 2.25v11.5",
  4: "M8 2.25v11.5M1.75 8h12.5",
  6: "M6 2.25v11.5M10 2.25v11.5M1.75 8h12.5",
};

export function Grid({ cells }: { cells: number }) {
  return (
    <Icon>
      <rect x="1.75" y="2.25" width="12.5" height="11.5" rx="1.5" />
      <path d={WALLS[cells]} />
    </Icon>
  );
}

export function TableIcon() {
  return (
    <Icon>
      <path d="M2 3.5h12v9H2zM2 7h12M6.5 3.5v9" />
    </Icon>
  );
}

export function Download() {
  return (
    <Icon>
      <path d="M8 2.5v7M5 7l3 3 3-3M2.75 12.75h10.5" />
    </Icon>
  );
}

export function Keyboard() {
  return (
    <Icon>
      <rect x="1.5" y="4" width="13" height="8.5" rx="1.5" />
      <path d="M4 6.75h.1M6.7 6.75h.1M9.3 6.75h.1M12 6.75h.1M5 10h6" />
    </Icon>
  );
}

/** One shape per tone, so that a status never rests on colour alone. */
const GLYPHS: Record<Tone, ReactNode> = {
  good: <circle className="solid" cx="8" cy="8" r="4" />,
  pending: <circle className="spin" cx="8" cy="8" r="4.25" strokeDasharray="16 11" />,
  warn: <path d="M8 2.75 14 13.25H2zM8 6.5v3M8 11.4v.1" />,
  bad: <path d="M4 4l8 8M12 4l-8 8" />,
  idle: <rect x="4" y="4" width="8" height="8" rx="1.5" />,
};

export function Glyph({ tone }: { tone: Tone }) {
  return <Icon>{GLYPHS[tone]}</Icon>;
}
