import { randomUUID } from "node:crypto";
import { reply } from "@seaworthy/http";
import { pagination, text } from "@seaworthy/validators";
import { z } from "zod";
import { STATUS, type Task, type Tasks } from "../store/tasks.ts";
import type { Classifier } from "../upstream/classifier.ts";
import type { Mount } from "./mount.ts";

const newTask = z.strictObject({ text: text({ graphemes: 10_000, multiline: true }) });
const page = pagination({ maxLimit: 1000, maxSkip: 100_000, status: STATUS });
const byId = z.object({ id: text({ graphemes: 100 }) });

/** The routes that submit a text for classification, read the result and remove it. */
export function taskRoutes(mount: Mount, classifier: Classifier, tasks: Tasks): void {
  mount("post", "/tasks", { body: newTask }, async ({ body }) => {
    const { value, tier } = await classifier.classify(body.text);
    const status = tier === "model" ? "classified" : "provisional";
    const task: Task = {
      ...{ id: randomUUID(), text: body.text, ...value },
      ...{ answeredBy: tier, status, createdAt: new Date() },
    };
    await tasks.add(task);
    return reply(201, task, { location: `/tasks/${task.id}` });
  });
  mount("get", "/tasks", { query: page }, async ({ query }) => ({ ...query, ...(await tasks.page(query)) }));
  mount("get", "/tasks/:id", { params: byId }, ({ params: { id } }) => tasks.get(id));
  mount("delete", "/tasks/:id", { params: byId, permission: "tasks:delete" }, ({ params: { id } }) => tasks.remove(id));
}
