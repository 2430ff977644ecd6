// Records entries for as long as it lives, and says of each that it is kept: node writer.ts <path>
import { createAudit, fileAuditStore } from "@seaworthy/audit";

const audit = createAudit({ store: fileAuditStore(process.argv[2] ?? "") });
for (let n = 0; ; n++) {
  await audit.record({ type: `p${process.pid}`, outcome: "success", data: { n } });
  process.stdout.write(`${n}\n`);
}
