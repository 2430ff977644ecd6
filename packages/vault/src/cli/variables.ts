// Variables that decide what a program loads or runs. A name that happens to spell one must not change that.
const DECISIVE =
  /^(PATH|HOME|SHELL|IFS|ENV|BASH_ENV|CDPATH|PS4|PROMPT_COMMAND|NODE_OPTIONS|NODE_PATH|NODE_EXTRA_CA_CERTS|LD_.*|DYLD_.*|PYTHON(PATH|HOME|STARTUP)|PERL5?(LIB|OPT)|PERL5DB|RUBY(OPT|LIB)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|GIT_.*|EDITOR|VISUAL|PAGER|GCONV_PATH|TMPDIR|SEAWORTHY_VAULT.*)$/;

/** `upstream/api-key` becomes `UPSTREAM_API_KEY`. */
export function variableOf(name: string): string {
  const variable = name.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
  return /^[0-9]/.test(variable) ? `_${variable}` : variable;
}

/** Whether a variable is one that an entry's name must not set by itself. */
export function isDecisive(variable: string): boolean {
  return DECISIVE.test(variable);
}
