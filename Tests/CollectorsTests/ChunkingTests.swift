import Collectors
import Datasets
import Testing

/// What every parser owes: the same rows however the bytes are cut, and no trap whatever they are.
@Suite struct ChunkingTests {
  static let parsers: [(name: String, make: @Sendable () -> any RowParser, texts: [String])] = [
    (
      "csv", { CSVRowParser(definition: Fixture.population, regions: Fixture.regions) },
      [
        "\u{FEFF}sep=;\r\nJUDUL;;\r\n\r\nNIK;Nama;Kecamatan;Desa/Kel\r\n1;\"A "
          + "\"\"B\"\"\r\nC\";LALABATA;BOTTO\r\n\r\n2;é;GANRA;x\r\n3;4\r\n",
        "NIK,Nama\n1,\"A\n2,B\r3,C\r\nNIK,Nama\n\n4,\"D\"E\n5,\"F", "NIK,Nama\n1,A\n\"", "NIK\r\n1\r\n2", "x",
        "NI", "",
        "NIK,Nama\n1,\"" + String(repeating: "x,\"\"\n", count: 15_000) + "\n2,B\n",
        "NIK,Nama\n1," + String(repeating: "y", count: 65_537) + "\n2,B\n",
        // One run of bytes that passes the limit of a cell first and then the limit of a row.
        "NIK,Nama" + (3...16).map { ",k\($0)" }.joined() + "\n"
          + String(repeating: String(repeating: "z", count: 65_500) + ",", count: 15)
          + String(repeating: "y", count: 70_000) + "\n2,B\n",
      ]
    ),
    (
      "ndjson", { NDJSONRowParser() },
      [
        "\u{FEFF}{\"a\":\"\\u00e9é\\n\"}\r\n\r\n{\"b\":[1,{}]}\r{\"a\":}\n{\"a\":1",
        String(repeating: "x", count: 1_048_577) + "\n{}",
      ]
    ),
    (
      "json", { JSONRowParser() },
      [
        "\u{FEFF} [ {\"a\":\"}]\\\"\"} , 5 ,{\"b\":[{\"c\":null}]}\n, {} ] ", "{\"a\":\"é\"}",
        "[{\"a\":1}, x, ] y", "[{\"a\":[}]}, {}]",
        "[{\"a\":\"" + String(repeating: "x", count: 1_048_577) + "\"},{}]", "[", "",
      ]
    ),
    (
      "attlog push", { AttlogParser(layout: .push, device: "SN") },
      [
        "7\t2024-07-07 01:29:01\t0\r\n\r\n 8 2024-07-07 01:29:02 1\rx\n9\t1999-01-01 00:00:00",
        "\u{FEFF}7\t2024-07-07 01:29:01",
      ]
    ),
    (
      "attlog export", { AttlogParser(layout: .export, fileName: "1_attlog.dat") },
      [
        "CKJF1234\r\n        7\t2024-07-07 01:29:01\t1\t0\t1\t0\r\n55\r\n8\t2024-07-07 "
          + "01:29:01\t1\r\n48213\u{1A}",
        "12345\n12345\n",
      ]
    ),
  ]

  @Test(arguments: parsers.indices)
  func `the rows do not depend on where chunks are cut`(index: Int) {
    let (name, make, texts) = Self.parsers[index]
    for text in texts {
      let whole = make().parse(text)
      // The long ones are about limits, which lie in other places for every length of chunks anyway.
      for chunkBytes in text.utf8.count > 10_000 ? [61, 4_096] : [1, 2, 3, 7, 64, 4_096] {
        let cut = make().parse(text, chunkBytes: chunkBytes)
        #expect(cut == whole, "\(name) by \(chunkBytes): \(text.prefix(60))")
      }
    }
  }

  @Test(arguments: parsers.indices)
  func `garbage never traps and never depends on chunks`(index: Int) {
    let (name, make, texts) = Self.parsers[index]
    var random = SplitMix64(seed: 7312 + UInt64(index))
    let alphabet = Array("\",;\t\r\n{}[]:0123456789-eE+.\\u aNIK=\u{FEFF}é".utf8) + [0, 0xFF, 0xC3, 0x1A]
    for round in 0..<400 {
      var bytes: [UInt8]
      let short = texts.filter { $0.utf8.count < 1_000 }
      if round % 2 == 0, let text = short.randomElement(using: &random) {
        // Nearly right is what finds mistakes: a known text with some bytes changed, lost or doubled.
        bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 0...6, using: &random) where !bytes.isEmpty {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0...2, using: &random) {
          case 0: bytes[place] = alphabet.randomElement(using: &random) ?? 0
          case 1: bytes.remove(at: place)
          default: bytes.insert(bytes[place], at: place)
          }
        }
      } else {
        let head = index == 0 ? Array("NIK,Nama\n".utf8) : []
        bytes =
          head
          + (0..<Int.random(in: 0...300, using: &random)).map { _ in
            alphabet.randomElement(using: &random) ?? 0
          }
      }
      let whole = make().parse(bytes)
      let cut = make().parse(bytes, chunkBytes: Int.random(in: 1...9, using: &random))
      #expect(cut == whole, "\(name) round \(round)")
    }
  }

  @Test func `a reader pulls everything through a parser`() throws {
    var reader = RowReader(
      source: MemoryByteSource("{\"a\":1}\n{\"a\":2}", chunkBytesMax: 3), parser: NDJSONRowParser())
    var rows: [String] = []
    while let some = try reader.next() { rows += some.map(\.shown) }
    #expect(rows == ["1: a=#1", "2: a=#2"])
    #expect(try reader.next() == nil)
  }
}
