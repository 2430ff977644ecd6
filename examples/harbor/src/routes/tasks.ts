import { randomUUID } from "node:crypto";
import { reply } from "@seaworthy/http";
import { pagination, text } from "@seaworthy/validators";
import { z } from "zod";
import { errors } from "../errors.ts";
import type { Records } from "../store/records.ts";
import type { Classification, Classifier } from "../upstream/classifier.ts";
import type { Mount } from "./mount.ts";

/** The largest number of tasks that are kept. */
export const MOST_TASKS = 10_000;
/** A task is provisional if the rule answered it because the upstream's model could not. */
const STATUS = ["classified", "provisional"] as const;
const newTask = z.strictObject({ text: text({ graphemes: 10_000, multiline: true }) });
const page = pagination({ maxLimit: 1000, status: STATUS });
const byId = z.object({ id: z.string() });

/** A submitted text and its classification. */
export interface Task extends Classification {
  id: string;
  text: string;
  /** Which tier answered: the upstream's model, or the rule that stands in for it. */
  answeredBy: string;
  status: (typeof STATUS)[number];
  createdAt: string;
}

/** The routes that submit a text for classification and read the result. */
export function taskRoutes(mount: Mount, classifier: Classifier, tasks: Records<Task>): void {
  mount("post", "/tasks", { body: newTask }, async ({ body }) => {
    const { value, tier } = await classifier.classify(body.text);
    const createdAt = new Date().toISOString();
    const status = tier === "model" ? "classified" : "provisional";
    const task: Task = { id: randomUUID(), text: body.text, ...value, answeredBy: tier, status, createdAt };
    await tasks.put(task.id, task, status);
    return reply(201, task, { location: `/tasks/${task.id}` });
  });
  mount("get", "/tasks", { query: page }, async ({ query }) => ({ ...query, ...(await tasks.page(query)) }));
  mount("get", "/tasks/:id", { params: byId }, async ({ params: { id } }) => {
    const task = await tasks.get(id);
    if (task === undefined) throw errors.HARBOR_TASK_NOT_FOUND({ id });
    return task;
  });
}
