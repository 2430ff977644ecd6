/** The replies that were made by `reply`: an object of the same form that a handler returns is an ordinary body. */
export const replies: WeakSet<object> = new WeakSet();
