// Scripts in which a joiner changes a letter or a word: the cursive scripts, and those of India and its neighbors.
const JOINING = (
  "Arabic Syriac Mandaic Mongolian Nko Adlam Hanifi_Rohingya Phags_Pa Devanagari Bengali Gurmukhi Gujarati Oriya Tamil " +
  "Telugu Kannada Malayalam Sinhala Khmer Myanmar Tibetan Balinese Javanese Tai_Tham Grantha Meetei_Mayek"
).split(" ");
const SEEN = "[[\\p{L}\\p{M}\\p{N}]--\\p{Default_Ignorable_Code_Point}]";
const JOINED = `[[${JOINING.map((script) => `\\p{scx=${script}}`).join("")}]&&[\\p{L}\\p{M}]&&${SEEN}]`;
const PICTOGRAPH = "\\p{Extended_Pictographic}";

// Places in which an ignorable character changes what is displayed.
const WANTED = [
  "\\u{1f3f4}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{3,6}\\u{e007f}", // the flag of a subdivision (UTS #51)
  `(?<=${PICTOGRAPH}[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]?)\\u200d(?=${PICTOGRAPH})`,
  `(?<=${PICTOGRAPH})[\\ufe0e\\ufe0f]`,
  "(?<=[0-9#*])\\ufe0f(?=\\u20e3)", // a keycap
  `(?<=${JOINED})\\u200d`,
  `(?<=${SEEN})\\u200c(?=${JOINED})`, // also "PDF" with a Persian plural behind it
  "(?<=\\p{Script=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]",
  "(?<=[\\p{Sm}\\p{Script=Myanmar}\\p{Script=Phags_Pa}])\\ufe00",
  `(?<=[\\p{Script=Mongolian}&&${SEEN}])[\\u180b-\\u180f]`,
  "(?<=[\\u1100-\\u115e\\ua960-\\ua97c])\\u1160|\\u115f(?=[\\u1161-\\u11a7\\ud7b0-\\ud7c6])", // old Korean
].join("|");
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;
const UNWANTED = new RegExp(`(${WANTED})|\\p{Default_Ignorable_Code_Point}`, "gv");
const UNWANTED_BUT_MARKS = new RegExp(`(${WANTED}|[\\u200e\\u200f\\u061c])|\\p{Default_Ignorable_Code_Point}`, "gv");
const RIGHT_TO_LEFT = /[[\p{scx=Hebrew}\p{scx=Arabic}\p{scx=Syriac}\p{scx=Thaana}\p{scx=Nko}\p{scx=Adlam}]&&\p{L}]/v;

/**
 * Returns the text without characters that have no width and do not change what is displayed: zero-width spaces, word
 * joiners, soft hyphens, byte order marks, fillers. Joiners stay inside emoji and where a script needs them, variation
 * selectors stay behind the character that they modify, and direction marks stay in text with right-to-left letters.
 */
export function withoutZeroWidth(text: string): string {
  if (!IGNORABLE.test(text)) return text;
  const pattern = RIGHT_TO_LEFT.test(text) ? UNWANTED_BUT_MARKS : UNWANTED;
  return text.replace(pattern, (_, wanted: string | undefined) => wanted ?? "");
}
