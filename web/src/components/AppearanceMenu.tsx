/** The menu for the colours of rising and falling bars and for the clock of the time axis, for all charts. */
import { usePage } from "../hooks/usePage";
import { ZONES, type Zone } from "../lib/chart/paneSettings";
import { offersOf } from "../lib/page/offers";
import { optionLabel } from "../lib/text/labels";
import type { Views } from "../lib/wire/views";
import type { Palette } from "../lib/wire/wire.gen";
import { Sliders } from "./Icons";
import { Popover } from "./Popover";

const CLOCKS: Record<Zone, string> = {
  exchange: "Exchange time",
  local: "Your time",
  utc: "UTC",
};

export function AppearanceMenu({ views }: { views: Views }) {
  const { page, change } = usePage();
  return (
    <Popover label="Colours and clock" face={<Sliders />}>
      <RadioList
        legend="Colours of rising and falling"
        name="palette"
        value={page.palette}
        values={offersOf(views, "palette").map(({ value, about }) => ({
          value,
          label: optionLabel(value),
          about,
        }))}
        onChange={(palette) => change({ palette: palette as Palette })}
      />
      <RadioList
        legend="Time axis"
        name="zone"
        value={page.zone}
        values={ZONES.map((zone) => ({ value: zone, label: CLOCKS[zone] }))}
        onChange={(zone) => change({ zone: zone as Zone })}
      />
    </Popover>
  );
}

interface RadioListProps {
  legend: string;
  name: string;
  value: string;
  values: readonly { value: string; label: string; about?: string }[];
  onChange: (value: string) => void;
}

function RadioList({ legend, name, value, values, onChange }: RadioListProps) {
  return (
    <fieldset className="radios">
      <legend>{legend}</legend>
      {values.map((one) => (
        <label key={one.value} className="radio">
          <input
            type="radio"
            name={name}
            value={one.value}
            checked={one.value === value}
            onChange={() => onChange(one.value)}
          />
          <span>
            {one.label}
            {one.about && <small>{one.about}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
