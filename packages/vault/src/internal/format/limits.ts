const KIB = 1024;
const MIB = 1024 * KIB;

/** UTF-8 bytes of a name. */
export const NAME_BYTES = 255;
/** UTF-8 bytes of all labels of an entry, as JSON. */
export const LABEL_BYTES: number = 4 * KIB;
/** UTF-8 bytes of a value. */
export const VALUE_BYTES: number = MIB;
/** Bytes of one record: a value and everything around it. */
export const RECORD_BYTES: number = VALUE_BYTES + 8 * KIB;
/** Bytes of one segment. */
export const SEGMENT_BYTES: number = 8 * MIB;
/** Segments of a vault. */
export const SEGMENTS = 4096;
/** Bytes of the head's tail; a bundle is all tail. */
export const TAIL_BYTES: number = 64 * MIB;
/** Records of the tail: more than 64 MiB of values could be. Each takes far more memory than it has bytes. */
export const TAIL_RECORDS: number = 2 ** 19;
/** Bytes of a head: a reader takes no more into memory. */
export const HEAD_BYTES: number = TAIL_BYTES + MIB;
/** Bytes of one entry of a log, without its length. */
export const LOG_ENTRY_BYTES: number = 8 * MIB;
/** Bytes of a log that a reader takes into memory. Writers keep it far below; entries of writers that were too late add to it. */
export const LOG_BYTES: number = 16 * MIB;
/** Key slots of a vault. */
export const SLOTS = 16;
