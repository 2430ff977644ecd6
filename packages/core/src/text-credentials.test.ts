import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scrubAndCut } from "./scrub-secrets.ts";
import { blankCredentials, holdsCredentials } from "./text-credentials.ts";

describe("blankCredentials", () => {
  test.each([
    ["postgres://app:hunter2@db:5432/x", "postgres://app:[redacted]@db:5432/x"],
    ["cannot reach redis://:hunter2@cache:6379, will retry", "cannot reach redis://:[redacted]@cache:6379, will retry"],
    ["mongodb+srv://u:p/ss?w#rd@h/x", "mongodb+srv://u:[redacted]@h/x"],
    ["mysql://u:p@ss@h/x", "mysql://u:[redacted]@h/x"],
    ["https://ghp_0123456789abcdefghij@github.com/a/b", "https://[redacted]@github.com/a/b"],
    ["GET /cb?access_token=abc.def&state=7", "GET /cb?access_token=[redacted]&state=7"],
    ["https://h/#id_token=abc", "https://h/#id_token=[redacted]"],
    ["/?a=1&token=abc#top", "/?a=1&token=[redacted]#top"],
    ["/f?X-Amz-Credential=AK/1&X-Amz-Signature=00ff&X-Amz-Date=1", "/f?X-Amz-Credential=[redacted]&X-Amz-Signature=[redacted]&X-Amz-Date=1"], // biome-ignore format: reads better
    ["grant_type=password&client_secret=s3&username=u", "grant_type=password&client_secret=[redacted]&username=u"],
    ["user[password]=x&user[name]=y", "user[password]=[redacted]&user[name]=y"],
    ["login failed: password=hunter2 user=ann", "login failed: password=[redacted] user=ann"],
    ["Server=db1;User Id=sa;Password=hunter2;", "Server=db1;User Id=sa;Password=[redacted];"],
    ["password='hun ter' x", "password='[redacted]' x"],
    ['api_key="hun ter" x', 'api_key="[redacted]" x'],
    ["http://a:b@c http://d:e@f", "http://a:[redacted]@c http://d:[redacted]@f"],
    ["http://a:b@c/?token=d", "http://a:[redacted]@c/?token=[redacted]"],
  ])("turns %s into %s", (text, blanked) => {
    expect(blankCredentials(text)).toBe(blanked);
    expect(blankCredentials(blanked)).toBe(blanked);
    expect(holdsCredentials(text)).toBe(true);
    expect(holdsCredentials(blanked)).toBe(false);
  });

  test.each([
    "http://127.0.0.1:3000/path@x",
    "http://host:8080 mail@example.com",
    "https://git@github.com/x",
    "file:///srv/app/main.js:10:3",
    "/list?page=2&next_page_token=abc",
    "used tokens=15 of max_tokens=100",
    "pass=3 fail=1 auth=none",
    "token == other, token=",
    "a=b",
    "==== password ====",
    "signature=sha256",
    "",
  ])("leaves %s as it is", (text) => {
    expect(blankCredentials(text)).toBe(text);
    expect(holdsCredentials(text)).toBe(false);
  });

  test("finds what stands in a line of JSON without crossing from one text into the next", () => {
    expect(holdsCredentials('{"url":"http://host:8080","mail":"a@b.c"}')).toBe(false);
    expect(holdsCredentials('{"msg":"token=","a":"b"}')).toBe(false);
    expect(holdsCredentials('{"msg":"token=abc","a":"b"}')).toBe(true);
    expect(holdsCredentials('{"url":"amqp://u:pw@h"}')).toBe(true);
  });

  test("is done after one pass, whatever the text, and blanks what it finds", () => {
    const piece = fc.constantFrom(
      "://",
      "=",
      "@",
      ":",
      "/",
      "?",
      "&",
      '"',
      "'",
      " ",
      "token",
      "password",
      "a",
      "é",
      "#",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const blanked = blankCredentials(pieces.join(""));
        expect(blankCredentials(blanked)).toBe(blanked);
        expect(holdsCredentials(blanked)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test("takes time in proportion to a hostile text", () => {
    for (const unit of ["=", "a=", "://", "a://", "a://b:", "token=", "?token=a ", "a://:b@", "a://b:c@d?token=e "]) {
      const text = unit.repeat(50_000);
      expect(blankCredentials(text).length).toBeGreaterThan(0);
    }
  });
});

test("a credential at the edge of a cut leaves nothing of itself", () => {
  for (let i = 0; i < 60; i++) {
    const text = `${".".repeat(i)} postgres://app:hunter2secret@db/x?password=hunter3secret ${"-".repeat(5000)}`;
    expect(scrubAndCut(text, 60)).not.toMatch(/hunt/);
  }
});
