/** Options of the protection against requests that pages of other sites send. */
export interface CrossSiteOptions {
  /**
   * Which requests are checked: those that carry cookies, because a browser attaches cookies by itself, or all of them,
   * for services that authenticate by client certificates, by HTTP authentication or by the network. @default "cookies"
   */
  requests?: "cookies" | "all";
  /** Other origins whose pages may send unsafe requests. Origins that `cors` admits with credentials may as well. @default none */
  origins?: readonly string[];
  /**
   * Paths that are not checked, with what lies below them, such as `"/saml/acs"`. They are compared exactly: in a request
   * for them no letter may be percent-encoded, and no segment may be empty or begin with a dot. @default none
   */
  bypass?: readonly string[];
}
