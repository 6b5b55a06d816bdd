/** One of several values: the platform's own list, which every reader and phone knows. */
import type { ReactNode } from "react";

interface ChoiceProps {
  label: string;
  value: string;
  values: readonly { value: string; label: string; disabled?: boolean }[];
  onChange: (value: string) => void;
  icon?: ReactNode;
}

export function Choice({ label, value, values, onChange, icon }: ChoiceProps) {
  return (
    <span className="choice">
      {icon}
      <select
        className="tool tool--text"
        aria-label={label}
        title={label}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      >
        {values.map(({ value, label, disabled }) => (
          <option key={value} value={value} disabled={disabled}>
            {label}
          </option>
        ))}
      </select>
    </span>
  );
}
