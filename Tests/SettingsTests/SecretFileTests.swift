import Foundation
import Testing

@testable import Settings

@Suite struct SecretFileTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func problems(_ reference: String, _ environment: [String: String] = [:]) -> [String] {
    problemLines { _ = try SecretFile.read(reference, environment: environment) }
  }

  @Test("a file that only its owner reads is taken", arguments: [0o600, 0o400])
  func owned(mode: Int) throws {
    let path = try directory.write("s", "admin:hunter2\n", mode: mode)
    #expect(try SecretFile.read(path, environment: [:]).text == "admin:hunter2")
  }

  @Test(
    "a file that others may read is refused",
    arguments: [
      (0o640, "0640"), (0o604, "0604"), (0o644, "0644"), (0o620, "0620"), (0o601, "0601"),
    ])
  func exposed(mode: Int, text: String) throws {
    let path = try directory.write("s", "hunter2", mode: mode)
    #expect(
      problems(path) == [
        "\(path): may be read by others (mode \(text)); chmod 600 \(path), and change the secret if others were there"
      ])
  }

  @Test func `a systemd credential is found by its name, with the bits of its access list`() throws {
    try directory.write("cam-1", "admin:hunter2", mode: 0o440)
    let environment = ["CREDENTIALS_DIRECTORY": directory.path]
    #expect(try SecretFile.read("cam-1", environment: environment).text == "admin:hunter2")
    try directory.write("open", "x", mode: 0o444)
    #expect(problems("open", environment).count == 1)
    #expect(problems("absent", environment).first?.contains("No such file") == true)
    #expect(problems("..", environment) == ["..: is no credential's name"])
  }

  @Test func `without credentials a name says where to put one`() {
    #expect(
      problems("cam-1") == [
        "cam-1: there are no systemd credentials here; write LoadCredential=cam-1:FILE into the unit, or give the path of a file"
      ])
  }

  @Test func `empty, large and strange files are refused`() throws {
    #expect(problems(try directory.write("empty", "\n", mode: 0o600)).first?.contains("is empty") == true)
    let large = try directory.write(
      "large", String(repeating: "x", count: SecretFile.bytesMax + 1), mode: 0o600)
    #expect(problems(large) == ["\(large): larger than 64KiB"])
    #expect(problems(directory.path + "/") == ["\(directory.path)/: not a regular file; name a file"])
    let pipe = directory.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(problems(pipe) == ["\(pipe): not a regular file; name a file"])
  }

  @Test func `a secret never shows itself`() {
    let secret = Secret(bytes: Array("hunter2".utf8))
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
      #expect(!text.contains("hunter2"))
      #expect(!text.contains("104"))
    }
  }
}
