import { once } from "node:events";
import { connect } from "node:net";

/**
 * Whether a server listens at the host and port of the URL. With `CI=true` a missing server is an error; elsewhere one
 * line says that the suite is skipped.
 */
export async function reachable(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    if (process.env.CI === "true") throw new Error(`no server at ${hostname}:${port}, which CI needs`);
    console.log(`Skipped: no server at ${hostname}:${port}.`);
    return false;
  } finally {
    socket.destroy();
  }
}
