import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** The codes of this package. */
export type SurveyErrorCode =
  | "SURVEY_START_FAILED"
  | "SURVEY_TARGET_REFUSED"
  | "SURVEY_CONFIG_INVALID"
  | "SURVEY_INTERRUPTED";

/** Factories by code. */
export const errors: Readonly<Record<SurveyErrorCode, ErrorFactory>> = defineErrors(
  {
    SURVEY_START_FAILED: { status: 500, title: "The service could not be started" },
    SURVEY_TARGET_REFUSED: { status: 500, title: "The target is not on this machine" },
    SURVEY_CONFIG_INVALID: { status: 500, title: "The configuration of the survey is not valid" },
    SURVEY_INTERRUPTED: { status: 500, title: "The survey was interrupted" },
  },
  { owner: "@seaworthy/survey" },
);
