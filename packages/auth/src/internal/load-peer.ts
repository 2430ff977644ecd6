import { errors } from "../errors.ts";

/**
 * Loads an optional package.
 *
 * @throws AUTH_PEER_MISSING with the command that installs it
 */
export async function loadPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw errors.AUTH_PEER_MISSING({ package: name }, { cause, message: `Install ${name}: npm install ${name}` });
  }
}
