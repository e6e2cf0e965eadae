package import API
package import Datasets
package import HTTPTypes

/// A failed request, as every handler throws it.
package struct HTTPProblem: Error, Sendable {
  package let status: HTTPResponse.Status
  package var reply: ErrorReply
  /// That the status asks for, such as `WWW-Authenticate`.
  package var headers: HTTPFields = [:]

  package init(_ status: HTTPResponse.Status, _ reply: ErrorReply) {
    self.status = status
    self.reply = reply
  }

  package init(
    _ status: HTTPResponse.Status, _ code: String, _ message: BilingualText, language: Language,
    field: String? = nil, present: RecordReply? = nil
  ) {
    // Both may name what a caller or a file called something: anybody's text.
    self.init(
      status,
      ErrorReply(
        error: code, message: IdentityNumbers.masked(message(language)), field: field.map(IdentityNumbers.masked),
        present: present))
  }
}
