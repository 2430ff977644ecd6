import type { PassageKind } from "./passages.ts";

/** A turn of phrase that the style of CONTRIBUTING.md rules out. */
export interface Turn {
  /** What to look for. Text in code marks has been taken out. */
  pattern: RegExp;
  /** Why a reader stumbles over it. */
  why: string;
  /** What to write in its place. */
  instead: string;
  /** Where it is looked for. @default everywhere but in names */
  kinds?: readonly PassageKind[];
}

const NAMES: readonly PassageKind[] = ["name"];
const REQUIRED = /\bmust (?:\w+ ){0,4}?(?:be|hold|have|answer|return)(?: \w+:)?/.source;

const PREPOSITIONS = "(?:above|after|as|at|before|below|by|for|from|in|into|is|of|on|or|than|to|under|with|without)\\b";
const COUNTED =
  "attempt|secret|request|call|route|policy|guard|check|process|worker|key|line|file|name|entry|record|segment|package|page|row|variant|connection|client|code|origin|member|field|test|module|scrape|item|element";

/** A name of which one word is `word`, in camel case or alone. */
const named = (word: string): RegExp =>
  new RegExp(`^#?(?:${word}(?![a-z])|[a-z]\\w*${word[0]?.toUpperCase()}${word.slice(1)}(?![a-z]))`);

/** Every turn that `test/wording.test.ts` refuses. Each has to be rare in good English, so that it can be refused everywhere. */
export const TURNS: readonly Turn[] = [
  {
    pattern: /(?<!\bthere )\b(?:is|are|was|were) none\b/i,
    why: "“is none” has no noun to refer to",
    instead: "“is not a server”, “is missing”",
  },
  {
    pattern:
      /(?<!\bthere )\b(?:is|are|was|were) no (?!(?:longer|more|less|fewer|greater|better|worse|later|earlier|different|one|reason|match)\b)\w+/i,
    why: "“is no X” is read as “there is no X”",
    instead: "“is not an X”",
  },
  { pattern: /\bwhoever\b/i, why: "it is archaic", instead: "“the caller”, “a client that …”, “anyone who …”" },
  { pattern: /\bnobody\b/i, why: "code has callers, readers and owners", instead: "“no caller”, “no listener”" },
  {
    pattern:
      /(?<!\b(?:after|as|because|if|once|that|until|what|when|whether) )\bthe (?:function|object|promise|value|error|stream|policy) returned\b(?! (?:by|from|to|in|when|if|with|at)\b)/i,
    why: "the participle stands behind its noun",
    instead: "“the returned function”, “returns a function that …”",
  },
  {
    pattern: new RegExp(`${REQUIRED} (?:a )?text\\b(?!/)`, "i"),
    why: "JavaScript calls it a string",
    instead: "“must be a string”",
  },
  {
    pattern: new RegExp(`${REQUIRED} (?:a |an )?(?:\\w+ )?list\\b`, "i"),
    why: "JavaScript calls it an array",
    instead: "“must be an array”",
  },
  { pattern: new RegExp(`${REQUIRED} true or false\\b`, "i"), why: "it has a name", instead: "“must be a boolean”" },
  { pattern: /\bwhole numbers?\b/i, why: "it has a name", instead: "“an integer”" },
  { pattern: /\| *what holds *\|/i, why: "the head of a column names its content", instead: "“description”" },
  {
    pattern: new RegExp(
      `\\b(?:(?:one|two|three|\\d+)(?: (?!${PREPOSITIONS})[\\w-]+)?|once|twice) an? (?:${COUNTED})(?=[.,;:)|]|$| (?:and|or|at|on|for)\\b)`,
      "i",
    ),
    why: "a rate is written with “per”",
    instead: "“one file per secret”",
  },
  {
    pattern: /\b(?:is|are) asked\b(?! (?:for|to|about)\b)|\bsomebody (?:asks|calls|listens|reads|looks)\b/i,
    why: "programs do not talk to each other",
    instead: "“is called”, “is read”, “until the value is read”",
  },
  {
    pattern: /\b(?:is|are|was|were|be|been|being|has been|gets) told\b|\b(?:tells?|telling|told) of\b/i,
    why: "programs do not talk to each other",
    instead: "“is notified”, “is reported”, “reports”, “is passed”",
  },
  {
    pattern: /@throws \{?[\w.]+\}? when\b/i,
    why: "it is a condition, and not a moment",
    instead: "“@throws TypeError if …”",
    kinds: ["comment"],
  },
  {
    pattern: /\b(?:lest|whence|thence|whilst|wherein|whereof|thereof|hereof|thereto|ere|nought|aught)\b/i,
    why: "it is archaic",
    instead: "“so that … not”, “from which”, “while”, “in which”, “of it”",
  },
  {
    pattern: /\b(?:goes|go|went|going) on to be\b/i,
    why: "it takes two readings",
    instead: "“stays”, “is still”",
  },
  ...["dress", "govern", "governed", "told", "gone", "soon", "apart", "entitled"].map((word) => ({
    pattern: named(word),
    why: "only the author knows what it does",
    instead: "the words of the field: writeHeaders, setLevel, reported, aborted, withTimeout, detached, allow",
    kinds: NAMES,
  })),
  {
    pattern:
      /(?:normal|anonym|general|serial|recogn|initial|synchron|author|capital|minim|maxim|final|random|stabil|optim)is(?:e|ed|es|er|ing|ation)(?![a-z])/i,
    why: "names of the platform have American spelling",
    instead: "normalize, anonymize, serialize",
    kinds: NAMES,
  },
  {
    pattern: /(?:behaviour|colour|honour|favour|catalogue|licence|cancell(?:ed|ing)ness)/i,
    why: "names of the platform have American spelling",
    instead: "behavior, color, honor, catalog",
    kinds: NAMES,
  },
];
