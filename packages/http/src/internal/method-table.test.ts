import { expect, test } from "vitest";
import { MethodTable } from "./method-table.ts";

test.each([
  ["/items", "/items", "/item"],
  ["/items/:id", "/items/7", "/items/7/8"],
  ["/items/:id(^\\d+$)", "/items/7", "/items/7/8"],
  ["/items/:id(a(b)cd)/x", "/items/7/x", "/items/7/y"],
  ["/items/:id{[0-9]{2,3}x}/y", "/items/7/y", "/items/7"],
  ["/at/:hour-:minute", "/at/12-30", "/at/12"],
  ["/items/:id?", "/items", "/item"],
  ["/items/:id?", "/items/7", "/items/7/8"],
  ["/files/*", "/files/a/b", "/file/a"],
  ["/items::batch", "/items:batch", "/items:other"],
  ["/items/:id::undo", "/items/7:undo", "/items/7:redo"],
  ["/v1.0/(x)", "/v1.0/(x)", "/v1a0/x"],
])("the template %s is that of %s, and not that of %s", (template, path, other) => {
  const table = new MethodTable();
  table.add(template, ["GET", "PUT"]);
  expect(table.methodsAt(path)).toEqual(["GET", "PUT"]);
  expect(table.methodsAt(`${path}/`)).toEqual(["GET", "PUT"]);
  expect(table.methodsAt(other)).toEqual([]);
});
