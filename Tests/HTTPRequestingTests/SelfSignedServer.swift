import Foundation
import TestSupport

/// OpenSSL's own server with a certificate that it has signed itself (openssl-s_server(1)), on a port of this machine.
final class SelfSignedServer {
  let url: String
  private let directory: URL
  private let process = Process()

  init() throws {
    directory = URL(fileURLWithPath: NSTemporaryDirectory() + "certificate-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let key = directory.path + "/key.pem"
    let certificate = directory.path + "/certificate.pem"
    let maker = Process()
    Self.prepare(
      maker,
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
      ])
    try maker.run()
    maker.waitUntilExit()
    guard maker.terminationStatus == 0 else { throw TestFailure("openssl made no certificate") }

    Self.prepare(process, ["s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert", certificate, "-www"])
    let output = Pipe()
    process.standardOutput = output
    // It ends with its input otherwise.
    process.standardInput = Pipe()
    try process.run()
    // "ACCEPT 127.0.0.1:40123", once it listens.
    var text = ""
    while !text.contains("ACCEPT 127.0.0.1:") || !text.hasSuffix("\n") {
      let bytes = output.fileHandleForReading.availableData
      if bytes.isEmpty { throw TestFailure("openssl does not listen: \(text)") }
      text += String(decoding: bytes, as: UTF8.self)
    }
    let port = text.split(separator: "ACCEPT 127.0.0.1:").last?.prefix { $0.isNumber } ?? ""
    url = "https://127.0.0.1:\(port)/"
  }

  private static func prepare(_ process: Process, _ arguments: [String]) {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
  }

  deinit {
    // Not SIGTERM: threads of the pool block it, and with them what they start (signal(7)).
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: directory)
  }
}
