import { connect } from "node:net";

/**
 * Whether something listens at the URL's host and port. With `CI=true` a missing server is an error, since there a
 * skipped suite would be a hole; elsewhere it is said in one line.
 */
export async function reachable(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const open = await new Promise<boolean>((resolve) => {
    const socket = connect(Number(port), hostname);
    const answer = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => answer(true)).once("error", () => answer(false));
  });
  if (open) return true;
  if (process.env.CI === "true") throw new Error(`no server at ${hostname}:${port}, which CI needs`);
  console.log(`Skipped: no server at ${hostname}:${port}.`);
  return false;
}
