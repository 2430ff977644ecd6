// The scripts in daily use (UAX #31, tables 5 and 7). Chinese, Japanese and Korean are written in several scripts.
const SINGLE = (
  "Latin Cyrillic Greek Armenian Georgian Hebrew Arabic Syriac Thaana Ethiopic Devanagari Bengali Gurmukhi Gujarati " +
  "Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Mongolian Cherokee Canadian_Aboriginal " +
  "Tifinagh Nko Adlam Vai Yi Lisu Javanese Balinese Tai_Tham New_Tai_Lue Tai_Le Ol_Chiki Osage Meetei_Mayek Hanifi_Rohingya"
).split(" ");
const TOGETHER = [
  ["Latin", "Han", "Hiragana", "Katakana"],
  ["Latin", "Han", "Bopomofo"],
  ["Latin", "Han", "Hangul"],
];
const ONE_WAY_OF_WRITING = new RegExp(
  `^(?:${[...SINGLE.map((script) => [script]), ...TOGETHER]
    .map(
      (scripts) =>
        `[${["sc=Common", "sc=Inherited", ...scripts.map((name) => `scx=${name}`)].map((name) => `\\p{${name}}`).join("")}]*`,
    )
    .join("|")})$`,
  "u",
);
const ASCII = /^[\0-\x7f]*$/;

/**
 * Returns whether a word of the text mixes scripts that are not written together, such as Cyrillic letters in a Latin
 * word (the level "highly restrictive" of UTS #39, applied to each word).
 */
export function mixesScripts(text: string): boolean {
  if (ASCII.test(text)) return false;
  return text.split(/\s+/u).some((word) => !ONE_WAY_OF_WRITING.test(word));
}
