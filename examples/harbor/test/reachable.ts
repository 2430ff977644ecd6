import { once } from "node:events";
import { connect } from "node:net";

/** Whether a server listens at the host and port of the URL. */
export async function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The same; with `CI=true` a missing server is an error, and elsewhere one line says that the suite is skipped. */
export async function reachable(url: string): Promise<boolean> {
  if (await answers(url)) return true;
  const { host } = new URL(url);
  if (process.env.CI === "true") throw new Error(`no server at ${host}, which CI needs`);
  console.log(`Skipped: no server at ${host}.`);
  return false;
}
