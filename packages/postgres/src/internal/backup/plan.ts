/** The options of backups, checked, with defaults. */
export interface BackupPlan {
  readonly url: string;
  readonly scratchServer: string;
  readonly programs: string | undefined;
  readonly timeout: number;
}
