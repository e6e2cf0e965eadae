package import Datasets
import Foundation

/// Which daemon to talk to, and how.
package enum Endpoint: Sendable, Equatable {
  /// HTTP over a Unix socket: full rights, by the file's mode.
  case socket(path: String)
  /// HTTP over TCP; `base` has no trailing slash.
  case url(base: String, token: String?)

  /// Tried in this order when nobody says otherwise.
  package static let defaultSockets = ["/run/simpul/aggregator.sock", "/run/simpul/agent.sock"]

  /// What the command line and the environment say of the endpoint.
  package struct Choice: Sendable {
    package var socket: String?
    package var url: String?
    package var tokenFile: String?
    package var environment: [String: String]

    package init(socket: String?, url: String?, tokenFile: String?, environment: [String: String]) {
      self.socket = socket
      self.url = url
      self.tokenFile = tokenFile
      self.environment = environment
    }
  }

  /// The first of: option, `SIMPUL_SOCKET`, `SIMPUL_URL`, the default sockets that exist.
  ///
  /// - Parameters:
  ///   - exists: whether a path names anything.
  ///   - read: the bytes of a small file.
  package static func resolve(
    _ choice: Choice, language: Language, exists: (String) -> Bool, read: (String) throws -> [UInt8]
  ) throws(CommandFailure) -> Endpoint {
    if let path = choice.socket { return .socket(path: path) }
    if let url = choice.url { return try .tcp(url, choice, .usage, "--url", language, read) }
    if let path = choice.environment["SIMPUL_SOCKET"], !path.isEmpty { return .socket(path: path) }
    if let url = choice.environment["SIMPUL_URL"], !url.isEmpty {
      return try .tcp(url, choice, .configuration, "SIMPUL_URL", language, read)
    }
    if let path = defaultSockets.first(where: exists) { return .socket(path: path) }
    throw CommandFailure(
      .unreachable,
      language(
        "tidak ada layanan Simpul di \(defaultSockets.joined(separator: " atau ")); "
          + "jalankan simpul-agent atau simpul-aggregator, atau beri --socket PATH atau --url URL",
        "no Simpul daemon at \(defaultSockets.joined(separator: " or ")); "
          + "start simpul-agent or simpul-aggregator, or give --socket PATH or --url URL"))
  }

  private static func tcp(
    _ url: String, _ choice: Choice, _ code: CommandFailure.Code, _ name: String, _ language: Language,
    _ read: (String) throws -> [UInt8]
  ) throws(CommandFailure) -> Endpoint {
    .url(base: try base(url, code, option: name, language), token: try token(choice, language, read))
  }

  /// An address in the form of `url`'s `base`.
  ///
  /// - Parameter option: as the person wrote it, for the message.
  static func base(
    _ url: String, _ code: CommandFailure.Code = .usage, option: String, _ language: Language
  ) throws(CommandFailure) -> String {
    guard let base = base(of: url) else {
      throw CommandFailure(
        code,
        language(
          "\(option): '\(url)' bukan alamat http:// atau https://; contoh: http://127.0.0.1:7380",
          "\(option): '\(url)' is no http:// or https:// address; example: http://127.0.0.1:7380"))
    }
    return base
  }

  /// The address without what requests add themselves; nil when it is none. A user name in it would end up in messages: refused.
  private static func base(of url: String) -> String? {
    guard let parts = URLComponents(string: url), parts.scheme == "http" || parts.scheme == "https",
      let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil, parts.query == nil,
      parts.fragment == nil
    else { return nil }
    var base = url[...]
    while base.hasSuffix("/") { base = base.dropLast() }
    return String(base)
  }

  private static func token(
    _ choice: Choice, _ language: Language, _ read: (String) throws -> [UInt8]
  ) throws(CommandFailure) -> String? {
    guard let path = choice.tokenFile ?? choice.environment["SIMPUL_TOKEN_FILE"], !path.isEmpty else {
      return nil
    }
    let bytes: [UInt8]
    do { bytes = try read(path) } catch {
      throw CommandFailure(
        .configuration,
        language(
          "berkas token \(path) tidak dapat dibaca; periksa nama dan haknya",
          "the token file \(path) cannot be read; check its name and mode"),
        cause: (error as NSError).localizedDescription)
    }
    let line = bytes.prefix { $0 != 10 && $0 != 13 }
    let token = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces)
    guard !token.isEmpty, token.utf8.count <= 4096, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw CommandFailure(
        .configuration,
        language(
          "berkas token \(path): baris pertamanya bukan token; buat yang baru dengan `simpulctl tokens create NAMA --role viewer`",
          "the token file \(path): its first line is no token; make one with `simpulctl tokens create NAME --role viewer`"
        ))
    }
    return token
  }

  /// As messages name it.
  package var description: String {
    switch self {
    case .socket(let path): path
    case .url(let base, _): base
    }
  }
}
