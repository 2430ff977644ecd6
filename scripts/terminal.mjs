// Draws the picture of the README: runs the demo, and writes what it prints as an SVG of a terminal.
// `node scripts/terminal.mjs [seconds per phase]`
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const target = join(root, "examples", "harbor", "demo.svg");
const COLUMN = 8.43;
const ROW = 19;
const COLORS = { healthy: "#3fb950", failing: "#f85149", hanging: "#d29922", text: "#c9d1d9", dim: "#8b949e" };

/** What the demo prints. */
async function record(seconds) {
  const flags = ["--conditions=@seaworthy/source", "--disable-warning=ExperimentalWarning"];
  const demo = join(root, "examples", "harbor", "src", "demo.ts");
  const child = spawn(process.execPath, [...flags, demo, String(seconds)], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the demo ended with exit code ${code}`);
  return printed.trimEnd().split("\n");
}

// Renderers of SVG collapse plain spaces.
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0");
const colorOf = (line, index) =>
  index === 1 ? COLORS.dim : (COLORS[/^(?:→ )?(healthy|failing|hanging)/.exec(line)?.[1]] ?? COLORS.text);

function draw(lines) {
  const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * COLUMN) + 40;
  const height = lines.length * ROW + 64;
  const rows = lines.map(
    (line, index) => `  <text x="20" y="${58 + index * ROW}" fill="${colorOf(line, index)}">${escaped(line)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
  <title>The demo of harbor in a terminal</title>
  <rect width="${width}" height="${height}" rx="8" fill="#0d1117" />
  <circle cx="22" cy="20" r="6" fill="#f85149" />
  <circle cx="42" cy="20" r="6" fill="#d29922" />
  <circle cx="62" cy="20" r="6" fill="#3fb950" />
${rows.join("\n")}
</svg>
`;
}

const lines = await record(process.argv[2] ?? 4);
writeFileSync(target, draw(["$ npm run demo", ...lines]));
console.log(`wrote ${target}`);
