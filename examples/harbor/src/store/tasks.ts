import type { AuditSink, Row } from "@seaworthy/core";
import { type Postgres, page, sql } from "@seaworthy/postgres";
import { errors } from "../errors.ts";
import type { Classification } from "../upstream/classifier.ts";

/** A task is provisional if the rule answered it because the upstream's model could not. */
export const STATUS = ["classified", "provisional"] as const;

/** A submitted text and its classification. */
export interface Task extends Classification {
  id: string;
  text: string;
  /** Which tier answered: the upstream's model, or the rule that stands in for it. */
  answeredBy: string;
  status: (typeof STATUS)[number];
  createdAt: Date;
}

/** Which tasks a page has, in the order in which they were created. */
export interface TaskPage {
  skip: number;
  limit: number;
  /** Only tasks with this status. */
  status?: Task["status"] | undefined;
}

/** The tasks that the service keeps. */
export interface Tasks {
  add(task: Task): Promise<void>;
  get(id: string): Promise<Task>;
  /** `total` counts all tasks with that status, on this page or not. */
  page(page: TaskPage): Promise<{ total: number; items: Task[] }>;
  /** Removes a task and records that in the audit trail, in one transaction: both happen, or neither does. */
  remove(id: string): Promise<void>;
}

/** Keeps tasks in the table `tasks`. */
export function createTasks(db: Postgres, audit: AuditSink): Tasks {
  const select = sql`select id, text, label, score, answered_by as "answeredBy", status, created_at as "createdAt" from tasks`;
  return {
    async add({ id, text, label, score, answeredBy, status, createdAt }) {
      await db.query(sql`insert into tasks (id, text, label, score, answered_by, status, created_at)
        values (${id}, ${text}, ${label}, ${score}, ${answeredBy}, ${status}, ${createdAt})`);
    },
    async get(id) {
      const { rows } = await db.query<Task & Row>(sql`${select} where id = ${id}`);
      const [task] = rows;
      if (task === undefined) throw errors.HARBOR_TASK_NOT_FOUND({ id });
      return task;
    },
    async page({ skip, limit, status }) {
      const wanted = status === undefined ? sql`` : sql`where status = ${status}`;
      const count = await db.query(sql`select count(*)::int as total from tasks ${wanted}`);
      const items = await page<Task & Row>(db, sql`${select} ${wanted} order by position`, { limit, offset: skip });
      return { total: Number(count.rows[0]?.total), items: items.rows };
    },
    async remove(id) {
      await db.transaction(async (tx) => {
        const { rowCount } = await tx.query(sql`delete from tasks where id = ${id}`);
        if (rowCount === 0) throw errors.HARBOR_TASK_NOT_FOUND({ id });
        await audit.record({ type: "task.delete", outcome: "success", subject: id });
      });
    },
  };
}
