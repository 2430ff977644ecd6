// Run by a test as a process of its own: `memory.ts PATH`. Says when its vault is open and when it is locked, and waits.
import { once } from "node:events";
import { fileStore, openVault } from "../src/index.ts";

const vault = await openVault({
  store: fileStore(process.argv[2] as string),
  password: "correct horse battery",
  kdf: { memory: "19mib", passes: 1, lanes: 1 },
  create: true,
  autoLock: false,
});
for (let i = 0; i < 20; i++) await vault.set(`entry/${i}`, `value ${i}`);
await vault.addKey({ key: Buffer.alloc(32, 7) });
await vault.rotateKeys();
await vault.changePassword("battery horse correct");
for (let i = 0; i < 20; i++) await vault.get(`entry/${i}`);
await vault.reencrypt();
await vault.verify();
process.stdout.write("open\n");
await once(process.stdin, "data");
vault.lock();
await vault.unlock({ password: "battery horse correct" });
await vault.set("entry/0", "another value");
vault.lock();
process.stdout.write("locked\n");
process.stdin.resume();
