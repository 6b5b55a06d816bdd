/** System, dark or light: a radio group dressed as three icons. */
import { THEME_CHOICES, type ThemeChoice } from "../lib/page/theme";
import { Monitor, Moon, Sun } from "./Icons";

const FACES = {
  system: { label: "System theme", Icon: Monitor },
  dark: { label: "Dark theme", Icon: Moon },
  light: { label: "Light theme", Icon: Sun },
};

interface ThemeToggleProps {
  choice: ThemeChoice;
  choose: (choice: ThemeChoice) => void;
}

export function ThemeToggle({ choice, choose }: ThemeToggleProps) {
  return (
    <fieldset className="segments">
      <legend className="sr-only">Theme</legend>
      {THEME_CHOICES.map((value) => {
        const { label, Icon } = FACES[value];
        return (
          <label key={value} className="segment" title={label}>
            <input
              type="radio"
              name="theme"
              value={value}
              aria-label={label}
              checked={choice === value}
              onChange={() => choose(value)}
            />
            <Icon />
          </label>
        );
      })}
    </fieldset>
  );
}
