import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { isSeaworthyError } from "@seaworthy/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { safePath, validate } from "../src/index.ts";
import { verdict } from "./refusals.ts";

let outer: string;
let root: string;

beforeAll(() => {
  outer = realpathSync(mkdtempSync(join(tmpdir(), "safe-path-")));
  root = join(outer, "root");
  mkdirSync(join(root, "sub"), { recursive: true });
  mkdirSync(join(outer, "root-2"));
  writeFileSync(join(root, "sub", "file.txt"), "inside");
  writeFileSync(join(outer, "secret.txt"), "outside");
  symlinkSync(join(outer, "secret.txt"), join(root, "out-file"));
  symlinkSync(outer, join(root, "out-folder"));
  symlinkSync("../root-2", join(root, "sibling"));
  symlinkSync(join(root, "sub"), join(root, "in-folder"));
  symlinkSync(join(outer, "not-there-yet"), join(root, "dangling"));
  symlinkSync("loop", join(root, "loop"));
  symlinkSync(root, join(outer, "root-link"));
});
afterAll(() => rmSync(outer, { recursive: true, force: true }));

describe("safePath", () => {
  test("gives out the absolute path of what is inside, there or not", () => {
    const schema = safePath({ root });
    expect(schema.parse("sub/file.txt")).toBe(join(root, "sub", "file.txt"));
    expect(schema.parse("sub/new/deeper/file.txt")).toBe(join(root, "sub", "new", "deeper", "file.txt"));
    expect(schema.parse("new.txt")).toBe(join(root, "new.txt"));
  });

  test.each([
    ["../secret.txt", "traversal"],
    ["sub/../../secret.txt", "traversal"],
    ["sub/..", "traversal"],
    ["%2e%2e/secret.txt", "traversal"],
    ["sub/%2e%2e%2f%2e%2e%2fsecret.txt", "separator"],
    ["%252e%252e/secret.txt", "traversal"],
    ["sub\\..\\secret.txt", "separator"],
    ["/etc/passwd", "absolute_path"],
    ["//server/share", "absolute_path"],
    ["\\\\server\\share", "absolute_path"],
    ["C:/Windows", "drive_letter"],
    ["sub/c:x", "drive_letter"],
    ["sub//file.txt", "empty"],
    ["sub/", "empty"],
    ["", "empty"],
    ["./sub", "traversal"],
    ["a\0/b", "nul"],
    ["sub/CON/x", "reserved_name"],
    [".git/config", "hidden"],
    ["sub/.env", "hidden"],
    [`${"a/".repeat(64)}a`, "too_big"],
    ["a".repeat(5000), "too_big"],
  ])("refuses %j", (path, code) => expect(verdict(safePath({ root }), path)).toBe(code));

  test.each(["out-file", "out-folder", "out-folder/secret.txt", "out-folder/new.txt", "sibling", "sibling/new.txt"])(
    "refuses %s, a link that leaves the folder",
    (path) => expect(verdict(safePath({ root }), path)).toBe("outside_root"),
  );

  test.each(["dangling", "dangling/new.txt", "loop", "loop/x", "sub/file.txt/x"])(
    "refuses %s, through which nothing can be resolved",
    (path) => expect(verdict(safePath({ root }), path)).toBe("outside_root"),
  );

  test("follows links that stay inside, and gives out where they lead", () => {
    expect(safePath({ root }).parse("in-folder/file.txt")).toBe(join(root, "sub", "file.txt"));
  });

  test("a root that is a link itself is where it leads to", () => {
    expect(safePath({ root: join(outer, "root-link") }).parse("sub/file.txt")).toBe(join(root, "sub", "file.txt"));
  });

  test("a folder whose name begins like the root's is not inside it", () => {
    expect(verdict(safePath({ root }), "sibling/a")).toBe("outside_root");
  });

  test("works at the root of the file system", () => {
    expect(verdict(safePath({ root: sep }), "usr")).toBe("ok");
  });

  test("a root that is gone is the host's error, not the client's", () => {
    const schema = safePath({ root: join(outer, "gone") });
    let thrown: unknown;
    try {
      validate(schema, "a.txt");
    } catch (error) {
      thrown = error;
    }
    expect(isSeaworthyError(thrown, "VALIDATION_ROOT_UNREADABLE") && thrown.status).toBe(500);
  });

  test("nothing that it lets through is outside", () => {
    const part = fc.constantFrom(
      "..",
      ".",
      "sub",
      "out-folder",
      "in-folder",
      "dangling",
      "loop",
      "%2e%2e",
      "a",
      "",
      "sibling",
      "file.txt",
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const result = safePath({ root, hidden: true }).safeParse(parts.join("/"));
        if (result.success) expect(result.data.startsWith(root + sep)).toBe(true);
      }),
    );
  });

  test.each([{}, { root: "relative" }, { root: 7 }, { root: "/a\0b" }, { root: "/", follow: true }])(
    "refuses the options %j",
    (options) => expect(() => safePath(options as never)).toThrow(TypeError),
  );
});
