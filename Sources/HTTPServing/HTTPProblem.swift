package import API
package import Datasets
package import HTTPTypes

/// A failed request, as every handler throws it.
package struct HTTPProblem: Error, Sendable {
  package let status: HTTPResponse.Status
  package var reply: ErrorReply

  package init(_ status: HTTPResponse.Status, _ reply: ErrorReply) {
    self.status = status
    self.reply = reply
  }

  package init(
    _ status: HTTPResponse.Status, _ code: String, _ message: BilingualText, language: Language,
    field: String? = nil, present: RecordReply? = nil
  ) {
    self.init(status, ErrorReply(error: code, message: message(language), field: field, present: present))
  }
}
