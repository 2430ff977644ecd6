import type { Auth } from "@seaworthy/auth";
import type { FirstAdministrator } from "./first-administrator.ts";

/** Accounts, and how one of them becomes the first administrator. */
export interface Identity {
  auth: Auth;
  first: FirstAdministrator;
}
