package import Datasets
import Foundation
import HTTPTypes
import Hummingbird

/// The cookie by which a browser shows its session.
///
/// Without `Domain` it goes to the very host that set it, whatever other name leads to the same address. Ports are no
/// border for cookies (RFC 6265 section 8.5), so each daemon of a machine has a name of its own.
package struct SessionCookie: Sendable {
  package let name: String

  /// - Parameter home: whose interface it is for.
  package init(home: NodeName) { name = "simpul_session_\(home)" }

  /// What the browser shows; nil when it shows nothing.
  func value(in request: Request) -> String? {
    guard let header = request.headers[.cookie] else { return nil }
    for pair in header.split(separator: ";") {
      let text = pair.drop { $0 == " " }
      guard text.hasPrefix("\(name)=") else { continue }
      let value = text.dropFirst(name.count + 1).prefix { $0 != " " }
      return value.isEmpty ? nil : String(value)
    }
    return nil
  }

  /// - Parameter isSecure: whether the browser may show it over https alone.
  func setting(_ value: String, seconds: Int64, isSecure: Bool) -> String {
    "\(name)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict\(isSecure ? "; Secure" : "")"
  }

  var clearing: String { "\(name)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" }
}

/// What a browser says of the page that a request came from.
enum RequestOrigin: Sendable, Equatable {
  /// No browser, or one that does not say.
  case unsaid
  /// A page of this very address, or the address bar.
  case own
  case foreign

  init(_ request: Request) {
    if let name = HTTPField.Name("Sec-Fetch-Site"), let site = request.headers[name] {
      self = site == "same-origin" || site == "none" ? .own : .foreign
      return
    }
    guard let origin = request.headers[.origin] else {
      self = .unsaid
      return
    }
    guard let scheme = origin.range(of: "://"), let authority = request.head.authority else {
      self = .foreign
      return
    }
    // A proxy may have taken https off: only host and port are compared.
    self = Self.plain(origin[scheme.upperBound...]) == Self.plain(authority[...]) ? .own : .foreign
  }

  /// Without a scheme's own port.
  private static func plain(_ authority: Substring) -> String {
    let text = authority.lowercased()
    for port in [":80", ":443"] where text.hasSuffix(port) { return String(text.dropLast(port.count)) }
    return text
  }
}

extension Request {
  /// Whether a proxy says that the browser came by https.
  var cameByHTTPS: Bool {
    if let name = HTTPField.Name("X-Forwarded-Proto"), let scheme = headers[name] {
      return scheme.split(separator: ",").first?.filter { $0 != " " }.lowercased() == "https"
    }
    // RFC 7239 section 5.4; the first element is of whoever is nearest to the browser.
    guard let name = HTTPField.Name("Forwarded"), let first = headers[name]?.split(separator: ",").first else {
      return false
    }
    return first.split(separator: ";").contains { part in
      let text = part.lowercased().filter { $0 != " " && $0 != "\"" }
      return text == "proto=https"
    }
  }
}
