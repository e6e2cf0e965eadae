import Datasets
import Foundation

/// A key, password or token. Nothing prints it.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// The secret as text; nil when it is not UTF-8.
  package var text: String? { String(validating: bytes, as: UTF8.self) }

  package var description: String { "<hidden>" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where secrets come from: files that only their owner reads, or systemd credentials. Never from the TOML.
package enum SecretFile {
  package static let bytesMax = 64 << 10

  /// - Parameters:
  ///   - reference: a path when it contains a slash, else the name of a file in `$CREDENTIALS_DIRECTORY`.
  ///   - environment: where `CREDENTIALS_DIRECTORY` is looked up.
  /// - Throws: a problem that says what to do; it never contains the secret.
  package static func read(
    _ reference: String, environment: [String: String]
  ) throws(SettingsProblem) -> Secret {
    let isCredential = !reference.contains("/")
    let path = isCredential ? try credentialPath(reference, environment) : reference
    var bytes = try BoundedFile.bytes(at: path, bytesMax: bytesMax) { status throws(SettingsProblem) in
      // systemd gives the service's user access by an ACL, whose mask shows as the group's bits
      // (systemd.exec(5), acl(5)); the credentials' directory itself is closed to all others.
      let others: mode_t = isCredential ? 0o007 : 0o077
      guard status.st_mode & others == 0 else {
        throw SettingsProblem(
          .exposed, file: path,
          reason: .init(
            id: "dapat dibaca orang lain (mode \(octal(status.st_mode)))",
            en: "may be read by others (mode \(octal(status.st_mode)))"),
          remedy: .init(
            id: "chmod 600 \(path), dan ganti rahasianya bila ada orang lain di situ",
            en: "chmod 600 \(path), and change the secret if others were there"))
      }
    }
    // An editor's newline is no part of a secret.
    if bytes.last == 10 { bytes.removeLast() }
    if bytes.last == 13 { bytes.removeLast() }
    guard !bytes.isEmpty else {
      throw SettingsProblem(
        .invalid, file: path, reason: .init(id: "kosong", en: "is empty"),
        remedy: .init(id: "tulis rahasianya ke dalamnya", en: "write the secret into it"))
    }
    return Secret(bytes: bytes)
  }

  private static func credentialPath(
    _ name: String, _ environment: [String: String]
  ) throws(SettingsProblem) -> String {
    guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(0) else {
      throw SettingsProblem(
        .invalid, file: name, reason: .init(id: "bukan nama kredensial", en: "is no credential's name"))
    }
    guard let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty else {
      throw SettingsProblem(
        .missing, file: name,
        reason: .init(id: "tidak ada kredensial systemd di sini", en: "there are no systemd credentials here"),
        remedy: .init(
          id: "tulis LoadCredential=\(name):BERKAS di unitnya, atau berikan jalur sebuah berkas",
          en: "write LoadCredential=\(name):FILE into the unit, or give the path of a file"))
    }
    return "\(directory)/\(name)"
  }

  private static func octal(_ mode: mode_t) -> String {
    let digits = String(mode & 0o777, radix: 8)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
