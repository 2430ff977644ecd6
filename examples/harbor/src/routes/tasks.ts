import { randomUUID } from "node:crypto";
import { reply } from "@seaworthy/http";
import { pagination, text } from "@seaworthy/validators";
import { z } from "zod";
import { errors } from "../errors.ts";
import type { Classification, Classifier } from "../upstream/classifier.ts";
import type { Mount } from "./mount.ts";

const MOST_TASKS = 10_000;
const newTask = z.strictObject({ text: text({ graphemes: 10_000, multiline: true }) });
const page = pagination({ maxLimit: 1000 });
const byId = z.object({ id: z.string() });

/** A text that was submitted, and what it was found to be. */
interface Task extends Classification {
  id: string;
  text: string;
  /** Which tier answered: the upstream's model, or the rule that stands in for it. */
  answeredBy: string;
  createdAt: string;
}

/** Submit a text for classification, and read what came of it. */
export function taskRoutes(mount: Mount, classifier: Classifier): void {
  const tasks = new Map<string, Task>();
  mount("post", "/tasks", { body: newTask }, async ({ body }) => {
    if (tasks.size >= MOST_TASKS) throw errors.HARBOR_STORE_FULL({ limit: MOST_TASKS });
    const { value, tier } = await classifier.classify(body.text);
    const createdAt = new Date().toISOString();
    const task: Task = { id: randomUUID(), text: body.text, ...value, answeredBy: tier, createdAt };
    tasks.set(task.id, task);
    return reply(201, task, { location: `/tasks/${task.id}` });
  });
  mount("get", "/tasks", { query: page }, ({ query: { skip, limit } }) => ({
    total: tasks.size,
    skip,
    limit,
    items: [...tasks.values()].slice(skip, skip + limit),
  }));
  mount("get", "/tasks/:id", { params: byId }, ({ params: { id } }) => {
    const task = tasks.get(id);
    if (task === undefined) throw errors.HARBOR_TASK_NOT_FOUND({ id });
    return task;
  });
}
