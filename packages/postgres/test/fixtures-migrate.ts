// One starting instance: node fixtures-migrate.ts <url> <folder> [hold]
import { connectPostgres, migrate } from "@seaworthy/postgres";

const [url = "", folder = "", hold] = process.argv.slice(2);
const db = await connectPostgres({ url, name: "instance", base: 1, overflow: 2 });
try {
  const steps =
    hold === undefined
      ? folder
      : [{ id: "000_slow", statements: ["select pg_notify('x', 'y')", `select pg_sleep(${hold})`] }];
  if (hold !== undefined) console.log("holding");
  const { applied } = await migrate(db, steps, { lockTimeout: "60s" });
  console.log(JSON.stringify(applied));
} finally {
  await db.close();
}
