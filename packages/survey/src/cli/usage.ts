export const USAGE = `Usage: seaworthy-survey [options] [-- command]
       seaworthy-survey attach URL [options]
       seaworthy-survey init [-- command]
       seaworthy-survey list
       seaworthy-survey explain AUDIT
       seaworthy-survey compare BEFORE.json AFTER.json

Starts a service from its command, or attaches to one that is running, and measures whether it is ready for production.
Without a command, the command of survey.config.ts, .mjs, .js or .json is used.

Options:
  --config FILE          the configuration file
  --only ID,ID           only these audits or groups
  --json FILE            writes the report as JSON
  --html FILE            writes the report as one HTML file
  --markdown FILE        writes the report as Markdown
  --junit FILE           writes the report as JUnit XML
  --sarif FILE           writes the failures as SARIF
  --score NUMBER         the lowest score that exits with 0 (default 80)
  --owner-agreed HOST    attach: surveys this host, because its owner has agreed
  --quiet                prints the score only
  --help                 shows this

Exit code: 0 if the score is reached, 1 if it is not, 2 if there was no survey.
compare: 1 if an audit got worse.`;
