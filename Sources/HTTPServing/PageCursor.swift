import Foundation

/// Where the next page begins, as clients get it: some texts in one opaque text.
package struct PageCursor: Sendable, Equatable {
  package let parts: [String]

  package init(_ parts: [String]) { self.parts = parts }

  /// - Returns: nil for anything that `text` did not give.
  package init?(_ text: String) {
    guard text.utf8.count <= 16_384 else { return nil }
    var base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: base64),
      let parts = try? JSONDecoder().decode([String].self, from: data)
    else { return nil }
    self.parts = parts
  }

  /// URL-safe base 64 without padding (RFC 4648 section 5).
  package var text: String {
    // Texts always make JSON.
    let data = (try? JSONEncoder().encode(parts)) ?? Data()
    return data.base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
}
