import { wipe } from "./bytes.ts";
import { hkdf } from "./hkdf.ts";
import { wipeXaesKey, type XaesKey, xaesKey } from "./xaes.ts";

const KEY_ID_BYTES = 16;

/** `HKDF(key, salt = vault id, info = "seaworthy-vault/1 " + purpose)`: one key for one purpose. */
export function keyFor(key: Uint8Array, vaultId: Uint8Array, purpose: string): Buffer {
  return hkdf(key, vaultId, `seaworthy-vault/1 ${purpose}`);
}

/** The root key and all that is derived from it, in buffers that {@link RootKeys.wipe} overwrites. */
export class RootKeys {
  /** Identifies this root. It is not secret. */
  readonly id: Buffer;
  readonly root: Buffer;
  readonly mac: Buffer;
  readonly log: Buffer;
  readonly data: XaesKey;
  readonly slots: XaesKey;

  /** Takes the root's buffer over; it must be one of its own. */
  constructor(root: Buffer, vaultId: Uint8Array) {
    this.root = root;
    this.id = keyFor(root, vaultId, "key id").subarray(0, KEY_ID_BYTES);
    this.mac = keyFor(root, vaultId, "manifest");
    this.log = keyFor(root, vaultId, "log");
    this.data = xaesKey(keyFor(root, vaultId, "data keys"));
    this.slots = xaesKey(keyFor(root, vaultId, "slot keys"));
  }

  wipe(): void {
    wipe(this.root, this.mac, this.log);
    wipeXaesKey(this.data);
    wipeXaesKey(this.slots);
  }
}
