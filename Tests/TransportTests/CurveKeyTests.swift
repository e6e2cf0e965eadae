import Glibc
import Testing

@testable import Transport

extension TransportTests {
  @Suite struct CurveKeyTests {
    @Test func `a pair is what libzmq makes, and follows from its secret`() throws {
      let pair = try CurveKeyPair.generate()
      #expect(pair.publicKey.text.utf8.count == 40)
      #expect(try CurveKeyPair(secretKey: pair.secretKey) == pair)
      #expect(try CurveKeyPair.generate().publicKey != pair.publicKey)
      // The example of RFC 26 and zmq_curve(7).
      let known = try CurveKeyPair(secretKey: CurveSecretKey("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"))
      #expect(known.publicKey.text == "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
    }

    @Test(arguments: [
      "", "short", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf77",
      "rq:rM>}U?@Lns47E1%kR o@n%FcmmsL/@{H8]yf7", "rq:rM>}U?@Lns47E1%kR\0o@n%FcmmsL/@{H8]yf7",
      "rq:rM>}U?@Lns47E1%kR\"o@n%FcmmsL/@{H8]yf7", "é:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    ])
    func `text that is no key is refused`(text: String) {
      #expect(throws: TransportError.self) { try CurvePublicKey(text) }
      #expect(throws: TransportError.self) { try CurveSecretKey(text) }
    }

    @Test func `blanks around a key are forgiven`() throws {
      let pair = try CurveKeyPair.generate()
      #expect(try CurvePublicKey("  \(pair.publicKey.text)\r\n") == pair.publicKey)
    }

    @Test func `a secret key shows itself nowhere`() throws {
      let pair = try CurveKeyPair.generate()
      let secret = pair.secretKey.revealedText
      var dumped = ""
      dump(pair, to: &dumped)
      for text in ["\(pair)", "\(pair.secretKey)", String(reflecting: pair), dumped] {
        #expect(!text.contains(secret))
      }
    }

    @Test func `a key compares with C text exactly`() throws {
      let key = try CurveKeyPair.generate().publicKey
      let others = [key.text + "x", String(key.text.dropLast()), "", String(key.text.reversed())]
      let equal = ([key.text] + others).map { text in text.withCString { start in key.equals(start) } }
      #expect(equal == [true, false, false, false, false])
    }
  }

  @Suite final class KeyFileTests {
    private let directory: String
    private var path: String { "\(directory)/keys" }

    init() throws {
      var template = Array("/tmp/simpul-keys-XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { throw TransportError.system(.keyFile, "no directory") }
      directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
      unlink("\(directory)/keys")
      rmdir(directory)
    }

    private func write(_ text: String, mode: mode_t = 0o600) throws {
      let file = try #require(fopen(path, "w"))
      fputs(text, file)
      fclose(file)
      chmod(path, mode)
    }

    private func mode() -> mode_t {
      var status = stat()
      return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func `a created file has mode 0600 and is read back, alone in its directory`() throws {
      let pair = try CurveKeyPair.generate()
      try pair.create(path: path)
      #expect(mode() == 0o600)
      #expect(try CurveKeyPair.load(path: path) == pair)
      #expect(try entries(of: directory) == 1)
    }

    @Test func `create never replaces, replace does`() throws {
      let first = try CurveKeyPair.generate()
      let second = try CurveKeyPair.generate()
      try first.create(path: path)
      #expect { try second.create(path: path) } throws: { ($0 as? TransportError)?.code == .keyFileExists }
      #expect(try CurveKeyPair.load(path: path) == first)
      try second.replace(path: path)
      #expect(try CurveKeyPair.load(path: path) == second)
      #expect(mode() == 0o600)
      #expect(try entries(of: directory) == 1)
    }

    @Test func `loadOrCreate makes keys once`() throws {
      let first = try CurveKeyPair.loadOrCreate(path: path)
      #expect(try CurveKeyPair.loadOrCreate(path: path) == first)
    }

    @Test(arguments: [mode_t(0o640), 0o604, 0o620, 0o660, 0o644])
    func `a file that others may touch is refused with what to do`(mode: mode_t) throws {
      let pair = try CurveKeyPair.generate()
      try pair.create(path: path)
      chmod(path, mode)
      #expect { try CurveKeyPair.load(path: path) } throws: {
        ($0 as? TransportError)?.code == .keyFileExposed && "\($0)".contains("chmod 600")
      }
    }

    @Test func `damaged files are refused without showing a secret`() throws {
      let pair = try CurveKeyPair.generate()
      let stranger = try CurveKeyPair.generate()
      let secret = pair.secretKey.revealedText
      let texts = [
        "", "public \(pair.publicKey.text)\n", "secret \(secret)\npublic \(pair.publicKey.text)\n",
        "public \(stranger.publicKey.text)\nsecret \(secret)\n",
        "public \(pair.publicKey.text)\nsecret \(secret.dropLast())\n",
        "public \(pair.publicKey.text)\nsecret \(secret)\nmore\n",
        "public \(pair.publicKey.text)\nsecret \(secret)" + String(repeating: "\n", count: 1_000),
      ]
      for text in texts {
        try write(text)
        #expect { try CurveKeyPair.load(path: path) } throws: { error in
          guard let error = error as? TransportError else { return false }
          return error.code == .keyFileMalformed && !error.description.contains(secret.dropLast())
        }
      }
      try write("public \(pair.publicKey.text)\nsecret \(secret)\n")
      #expect(try CurveKeyPair.load(path: path) == pair)
    }

    @Test func `a missing file and a directory are errors`() throws {
      for (path, code) in [("\(directory)/none", TransportError.Code.keyFile), (directory, .keyFileMalformed)] {
        #expect { try CurveKeyPair.load(path: path) } throws: { ($0 as? TransportError)?.code == code }
      }
      let pair = try CurveKeyPair.generate()
      #expect(throws: TransportError.self) { try pair.create(path: "\(directory)/none/keys") }
    }
  }
}
