import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Outcome, Severity } from "./outcome.ts";
import { CAP, type Scored, scoreOf, WEIGHTS } from "./score.ts";

const audit = (severity: Severity, outcome: Outcome): Scored => ({ severity, outcome });

const anyAudit = fc.record({
  severity: fc.constantFrom<Severity>("critical", "major", "minor"),
  outcome: fc.constantFrom<Outcome>("pass", "fail", "not-applicable", "error"),
});

describe("the score", () => {
  test("is the weight that passed as a share of the weight that was carried out", () => {
    const { score } = scoreOf([audit("major", "pass"), audit("minor", "fail"), audit("minor", "pass")]);
    expect(score).toBe(Math.floor((100 * (WEIGHTS.major + WEIGHTS.minor)) / (WEIGHTS.major + 2 * WEIGHTS.minor)));
  });

  test("is at most 49 if one critical audit failed, however many others passed", () => {
    const many = Array.from({ length: 200 }, () => audit("major", "pass"));
    expect(scoreOf([...many, audit("critical", "fail")])).toMatchObject({ score: CAP, isCapped: true });
    expect(scoreOf([...many, audit("critical", "error")])).toMatchObject({ score: 100, isCapped: false });
  });

  test("is 0 if nothing was carried out", () => {
    expect(scoreOf([]).score).toBe(0);
    expect(scoreOf([audit("critical", "error"), audit("major", "not-applicable")])).toMatchObject({
      score: 0,
      coverage: { total: 2, executed: 0, notApplicable: 1, errors: 1 },
    });
  });

  test("never rises by an audit that could not be carried out or does not apply", () => {
    fc.assert(
      fc.property(fc.array(anyAudit), fc.constantFrom<Outcome>("error", "not-applicable"), (audits, outcome) => {
        expect(scoreOf([...audits, audit("critical", outcome)]).score).toBe(scoreOf(audits).score);
      }),
    );
  });

  test("never falls by a pass and never rises by a failure", () => {
    fc.assert(
      fc.property(fc.array(anyAudit), fc.constantFrom<Severity>("critical", "major", "minor"), (audits, severity) => {
        const { score } = scoreOf(audits);
        expect(scoreOf([...audits, audit(severity, "pass")]).score).toBeGreaterThanOrEqual(score);
        expect(scoreOf([...audits, audit(severity, "fail")]).score).toBeLessThanOrEqual(score);
      }),
    );
  });

  test("has a coverage whose parts add up", () => {
    fc.assert(
      fc.property(fc.array(anyAudit), (audits) => {
        const { total, executed, notApplicable, errors } = scoreOf(audits).coverage;
        expect(executed + notApplicable + errors).toBe(total);
      }),
    );
  });
});
