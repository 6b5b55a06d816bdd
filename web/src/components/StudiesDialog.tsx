/** The studies of a chart: add, set their numbers, take away. Applied together, as one step. */
import { type RefObject, useId, useState } from "react";
import { kindOf, mostFor, mostOf, studyOf } from "../lib/page/offers";
import type { StudyKind, Views } from "../lib/wire/views";
import { IconButton } from "./IconButton";
import { Close } from "./Icons";
import { Modal } from "./Modal";

interface StudiesDialogProps {
  dialog: RefObject<HTMLDialogElement | null>;
  views: Views;
  studies: readonly string[];
  onApply: (studies: readonly string[]) => void;
}

export function StudiesDialog({ dialog, views, studies, onApply }: StudiesDialogProps) {
  const [draft, setDraft] = useState(studies);
  const [seen, setSeen] = useState(studies);
  // Another chart, or a step back in the history.
  if (seen !== studies) {
    setSeen(studies);
    setDraft(studies);
  }
  const most = mostOf(views, "studies");
  const full = draft.length >= most;
  const add = (kind: StudyKind) => {
    const usual = kind.parameters.map((parameter) => String(parameter.default));
    setDraft([...draft, studyOf(kind, usual)]);
  };
  const set = (index: number, study: string) => setDraft(draft.with(index, study));

  return (
    <Modal
      dialog={dialog}
      title="Studies"
      apply={{ label: "Apply", onApply: () => onApply([...new Set(draft)]) }}
      onClose={() => setDraft(studies)}
    >
      <ul className="studies" aria-label="Studies of this chart">
        {draft.map((study, index) => (
          <StudyRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a study may be there twice while it is edited
            key={index}
            views={views}
            study={study}
            onChange={(next) => set(index, next)}
            onRemove={() => setDraft(draft.toSpliced(index, 1))}
          />
        ))}
      </ul>
      {draft.length === 0 && <p className="modal__empty">None yet. Add some from below.</p>}
      <h3>{full ? `No more than ${most} go on a chart` : "Add"}</h3>
      <ul className="kinds">
        {views.studies.map((kind) => (
          <li key={kind.name}>
            <button type="button" className="kind" disabled={full} onClick={() => add(kind)}>
              <strong>{kind.name.toUpperCase()}</strong>
              <span>{kind.about}</span>
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

interface StudyRowProps {
  views: Views;
  study: string;
  onChange: (study: string) => void;
  onRemove: () => void;
}

function StudyRow({ views, study, onChange, onRemove }: StudyRowProps) {
  const id = useId();
  const [name = "", ...values] = study.split(":");
  const kind = kindOf(views, study);
  return (
    <li className="study">
      <strong>{name.toUpperCase()}</strong>
      <span className="study__numbers">
        {kind?.parameters.map((parameter, index) => (
          <label key={parameter.name} htmlFor={`${id}-${index}`} title={parameter.about}>
            <span>{parameter.name}</span>
            <input
              id={`${id}-${index}`}
              type="number"
              inputMode="decimal"
              required
              aria-label={`${name.toUpperCase()}: ${parameter.about}`}
              min={parameter.min}
              max={mostFor(kind, values, index)}
              step={parameter.step}
              value={values[index] ?? ""}
              onChange={({ target }) => onChange(studyOf(kind, values.with(index, target.value)))}
            />
          </label>
        ))}
      </span>
      <IconButton label={`Remove ${study}`} onClick={onRemove}>
        <Close />
      </IconButton>
    </li>
  );
}
