const LENGTH = 80;

/** Enough characters of a frame to tell it from another one: its checksum and its time are among them. */
export const beginningOf = (frame: string): string => frame.slice(0, LENGTH);
