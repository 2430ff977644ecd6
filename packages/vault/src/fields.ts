export type {
  FieldRow,
  Fields,
  FieldsOptions,
  FieldValue,
  RewrapOptions,
  RewrappedRow,
  RewrapResult,
  RowId,
} from "./fields/fields.ts";
export { openFields } from "./fields/open-fields.ts";
