import type { Service } from "./rig.ts";
import { withService } from "./rig.ts";

/** What was observed, and whether it is the correct behavior. */
export interface Finding {
  right: boolean;
  seen: string;
}

/** Something that happens to services in production. */
export interface Event {
  title: string;
  /** Makes it happen to the service in `file`. */
  run(file: string): Promise<Finding>;
}

/** An event that happens to a service that is up. */
export const event = (title: string, happen: (service: Service) => Promise<Finding>): Event => ({
  title,
  run: (file) => withService(file, happen),
});

/** The finding `seen`, which is right if `right`. */
export const finding = (right: boolean, seen: string): Finding => ({ right, seen });

/** The status of an answer, or the reason why there was none. */
export const statusOf = (url: string, init?: RequestInit): Promise<string> =>
  fetch(url, init).then(
    async (response) => {
      await response.arrayBuffer();
      return String(response.status);
    },
    (error: Error) => (error.name === "TimeoutError" ? "no answer" : "lost"),
  );
