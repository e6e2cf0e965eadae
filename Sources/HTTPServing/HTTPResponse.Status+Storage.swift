package import HTTPTypes

extension HTTPResponse.Status {
  /// 507 (RFC 4918 section 11.5): the buffer or the disk is full.
  package static var insufficientStorage: HTTPResponse.Status {
    HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
  }
}
