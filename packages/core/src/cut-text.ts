/** `text` cut to `limit` units, never inside a surrogate pair, with a mark of how many of `total` are missing. */
export function cutText(text: string, limit: number, total: number = text.length): string {
  if (total <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  const kept = last >= 0xd800 && last <= 0xdbff ? limit - 1 : Math.min(limit, text.length);
  return `${text.slice(0, kept)}…[${total - kept} more]`;
}
