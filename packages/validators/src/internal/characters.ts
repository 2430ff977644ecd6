/** Embeddings, overrides and isolates. They reorder what people see but not what programs read (CVE-2021-42574). */
export const BIDI_CONTROL: RegExp = /[\u202a-\u202e\u2066-\u2069]/;

/** C0 and C1 controls, DEL, and the two separators that end lines. */
export const CONTROL: RegExp = /[\p{Cc}\u2028\u2029]/u;

/** {@link CONTROL} without tabs and line breaks (LF, CRLF). */
export const CONTROL_BUT_BREAKS: RegExp = /[^\P{Cc}\t\n\r]|\r(?!\n)|[\u2028\u2029]/u;

/** Code points that are not for interchange: noncharacters, interlinear and deprecated format controls. */
export const NOT_FOR_INTERCHANGE: RegExp = /[\p{Noncharacter_Code_Point}\ufff9-\ufffb\u206a-\u206f]/u;

/** More marks on one character than the Stream-Safe Text Format (UAX #15) allows. Normalizing such a run is quadratic. */
export const TOO_MANY_MARKS: RegExp = /\p{M}{31}/u;

/** A visible character. The braille pattern blank is a symbol by category but looks like a space. */
export const VISIBLE: RegExp = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\u2800]/u;

const TAG = /[\u{e0000}-\u{e007f}]/u;
// The flags of England, Scotland, Wales and other subdivisions (UTS #51).
const TAGGED_FLAG = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}/gu;
const SELECTORS = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2}/u;

/** Returns whether a text has hidden text in it: tag characters outside of a flag, or two variation selectors in a row. */
export function hidesText(text: string): boolean {
  if (SELECTORS.test(text)) return true;
  return TAG.test(text) && TAG.test(text.replace(TAGGED_FLAG, ""));
}
