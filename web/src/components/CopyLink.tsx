/** A button that copies the address of exactly this page. */
import { useEffect, useState } from "react";
import { IconButton } from "./IconButton";
import { Check, Link } from "./Icons";

const SAID_MS = 2_000;

export function CopyLink() {
  const [said, say] = useState<string | null>(null);

  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => say(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      say("Link copied");
    } catch {
      // Only secure pages may write there; the address bar has the same text.
      say("Copy it from the address bar");
    }
  };

  return (
    <>
      <IconButton label="Copy link" onClick={copy}>
        {said === "Link copied" ? <Check /> : <Link />}
      </IconButton>
      <span className="sr-only" role="status">
        {said}
      </span>
    </>
  );
}
