import { brotliDecompressSync } from "node:zlib";
import { COMMON_PASSWORDS } from "./packed-passwords.ts";

/** Neighbouring keys and characters; passwords that walk along one of them, in either direction, are guessed first. */
const WALKS = [
  "01234567890123456789",
  "abcdefghijklmnopqrstuvwxyzabc",
  ...["qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertzuiop", "yxcvbnm"],
  ...["1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qazwsxedcrfvtgbyhnujm"],
  ...[
    "!@#$%^&*()_+",
    "zaq1xsw2cde3vfr4bgt5",
    "qwerasdfzxcv",
    "789456123",
    "147258369",
    "741852963",
    "159753",
    "0987654321",
  ],
];
const PATHS = [...WALKS, ...WALKS.map((walk) => [...walk].reverse().join(""))].join("\n");
const SHORTEST_WALK = 6;
const SHORTEST_WORD = 4;
const FORMER_LIMIT = 8;
const LONGEST_WALK = 72;
/** What people add to a word: digits and signs, up to so many characters. */
const LONGEST_TAIL = 6;
const LONGEST_UNIT = 4;
const DATE = /^(?:(?:19|20)\d\d[01]\d[0-3]\d|[0-3]\d[01]\d(?:19|20)\d\d|[01]\d[0-3]\d(?:19|20)\d\d)$/;
const LEET: Readonly<Record<string, string>> = {
  ...{ "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b" },
  ...{ "@": "a", $: "s", "!": "i", "|": "l", "+": "t" },
};

/** Words that no password may consist of. */
export class Blocklist {
  readonly #own: ReadonlySet<string>;

  constructor(own: Iterable<string>) {
    this.#own = new Set([...own].map((word) => fold(word)));
  }

  /** Whether a password is one of the first that anybody would guess. */
  has(password: string): boolean {
    const folded = fold(password);
    if (this.#isWord(folded) || isRepeated(folded, (unit) => this.#isWord(unit)) || DATE.test(folded)) return true;
    // Many add one letter or digit to a row of keys.
    if (isWalk(folded) || isWalk(folded.slice(0, -1))) return true;
    return [folded, trimmed(folded)].some((text) => text !== "" && this.#isDisguised(text));
  }

  /** Whether a text is a word with letters written as digits and signs, or with digits and signs around it. */
  #isDisguised(text: string): boolean {
    const plain = unleet(text);
    const bare = trimmed(plain);
    return [text, plain, plain.replaceAll("i", "l"), bare].some(
      (word) => this.#isWord(word) || isWalk(word) || isRepeated(word, (unit) => this.#isWord(unit)),
    );
  }

  #isWord(text: string): boolean {
    return text.length >= SHORTEST_WORD && (this.#own.has(text) || commonPasswords().has(text));
  }
}

/** The parts of an e-mail address that must not make up a password. */
export function isPersonal(password: string, email: string): boolean {
  const folded = fold(password);
  const [local = "", domain = ""] = fold(email).split("@");
  const parts = [fold(email), local, ...local.split(/[._+-]+/), domain, domain.split(".")[0] ?? ""];
  return parts.some(
    (part) => part.length >= SHORTEST_WORD && folded.includes(part) && folded.length - part.length <= LONGEST_TAIL,
  );
}

let common: ReadonlySet<string> | undefined;

/**
 * The words, and their first 8 characters, because older systems took no more. Made on first use: most processes that load
 * this never check a new password.
 */
function commonPasswords(): ReadonlySet<string> {
  if (common === undefined) {
    const words = brotliDecompressSync(Buffer.from(COMMON_PASSWORDS, "base64")).toString().split("\n");
    common = new Set([...words, ...words.map((word) => word.slice(0, FORMER_LIMIT))]);
  }
  return common;
}

function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
}

/** The text without the digits and signs around it, or an empty string if they are too many to be an ornament. */
function trimmed(text: string): string {
  // From the first letter to the last one, in linear time.
  const word = /\p{L}(?:.*\p{L})?/su.exec(text)?.[0] ?? "";
  return text.length - word.length <= LONGEST_TAIL ? word : "";
}

function unleet(text: string): string {
  return text.replace(/[013457@$!|+8]/g, (sign) => LEET[sign] ?? sign);
}

/** Whether a text is one short piece, or one word, over and over. */
function isRepeated(text: string, isWord: (unit: string) => boolean): boolean {
  for (let length = 1; length <= text.length / 2; length++) {
    const unit = text.slice(0, length);
    if (text.length % length !== 0 || unit.repeat(text.length / length) !== text) continue;
    return length <= LONGEST_UNIT || isWord(unit);
  }
  return false;
}

/** Whether a text goes along one walk, or along two of them one after the other. */
function isWalk(text: string): boolean {
  if (text.length < SHORTEST_WALK || text.length > LONGEST_WALK) return false;
  for (let cut = text.length; cut >= SHORTEST_WALK / 2; cut--) {
    if (!isOnWalk(text.slice(0, cut))) continue;
    const rest = text.slice(cut);
    return rest === "" || (rest.length >= SHORTEST_WALK / 2 && isOnWalk(rest));
  }
  return false;
}

function isOnWalk(text: string): boolean {
  return PATHS.includes(text);
}
