package import Foundation

/// What a daemon answered.
package struct APIAnswer: Sendable, Equatable {
  package var status: Int
  package var contentType: String
  package var body: Data

  package init(status: Int, contentType: String, body: Data) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  package var isSuccess: Bool { (200..<300).contains(status) }

  package var isJSON: Bool {
    contentType.lowercased().hasPrefix("application/json")
      || contentType.lowercased().hasPrefix("application/problem+json")
  }
}
