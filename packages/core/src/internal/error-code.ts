/** What an error code looks like. */
export const CODE: RegExp = /^[A-Z][A-Z0-9_]{0,127}$/;
