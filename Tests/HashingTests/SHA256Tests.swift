import Hashing
import Testing

@Suite struct SHA256Tests {
  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { (UInt16($0) + 0x100).hexadecimal }.joined()
  }

  /// FIPS 180-4's examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]) func `a text has the hash that the standard names`(text: String, hash: String) {
    #expect(Self.hexadecimal(SHA256.hash(Array(text.utf8))) == hash)
  }

  @Test func `pieces have the hash of the whole, wherever it is cut`() {
    let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let whole = SHA256.hash(bytes)
    for cut in 0...bytes.count {
      var hash = SHA256()
      hash.update(Array(bytes[..<cut]))
      hash.update(Array(bytes[cut...]))
      #expect(hash.finish() == whole)
    }
  }

  @Test func `a chain's hash is written over the head that it goes on from`() {
    var place = Array("abc".utf8) + [UInt8](repeating: 9, count: 30)
    place.withUnsafeMutableBytes { place in
      Array("def".utf8).withUnsafeBytes { tail in
        SHA256.hash(UnsafeRawBufferPointer(rebasing: place[..<3]), tail, into: place)
      }
    }
    #expect(Array(place.prefix(32)) == SHA256.hash(Array("abcdef".utf8)))
    #expect(place[32] == 9)
  }

  /// RFC 4231, test cases 1 and 6.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0b, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ]) func `a keyed hash is the one that the standard names`(key: [UInt8], message: String, code: String) {
    #expect(Self.hexadecimal(KeyedHash.code(of: Array(message.utf8), key: key)) == code)
  }
}

extension UInt16 {
  /// The last two digits, with a leading zero where there is one.
  fileprivate var hexadecimal: String { String(String(self, radix: 16).suffix(2)) }
}
