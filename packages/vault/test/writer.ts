// Run by the tests as a process of its own: `writer.ts PATH MODE …`, with a raw key for speed.
import { fileStore, openVault } from "../src/index.ts";

const [path, mode, tag, count] = process.argv.slice(2) as [string, string, string, string];
const vault = await openVault({
  store: fileStore(path),
  key: new Uint8Array(32).fill(3),
  create: true,
  autoLock: mode === "leave" ? "5m" : false,
});

if (mode === "leave") {
  await vault.set("a", "one");
} else if (mode === "fill") {
  for (let i = 0; i < Number(count); i++) await vault.set(`${tag}/${i}`, `value ${tag}/${i}`);
  await vault.close();
} else {
  // Until killed: counts on, and says each number once it is safe.
  let next = Number((await vault.get("counter").catch(() => undefined))?.reveal() ?? 0) + 1;
  process.stdout.write(`at ${next - 1}\n`);
  for (; ; next++) {
    await vault.set("counter", String(next));
    // Large every now and then, so that segments are written, merged and swept, too.
    if (next % 3 === 0) await vault.set("bulk", `${next}`.padEnd(40_000, "."));
    if (next % 20 === 0) await vault.rotateKeys();
    process.stdout.write(`at ${next}\n`);
  }
}
