import Datasets
import Testing

@testable import Diagnostics

/// What ArgumentParser says, in Indonesian: a new version of it that says things otherwise fails here.
@Suite struct ParserMessageTests {
  @Test(arguments: [
    (["status", "--nope"], "Pilihan '--nope' tidak dikenal"),
    (["status", "--jsn"], "Pilihan '--jsn' tidak dikenal. Maksudnya '--json'?"),
    (["status", "--json=yes"], "Pilihan '--json' tidak menerima nilai, tetapi ditulis 'yes'."),
    (["status", "satu"], "'satu' tidak ada tempatnya di perintah ini"),
    (["status", "satu", "dua"], "2 kata tidak ada tempatnya di perintah ini: 'satu', 'dua'"),
    (["ledger", "--limit"], "Nilai untuk '--limit <limit>' belum ditulis"),
    (["ledger", "--limit", "x"], "Nilai 'x' tidak sah untuk '--limit <limit>'"),
    (["records", "get", "population"], "'<id>' belum ditulis"),
  ])
  func `wrong usage is told in Indonesian, with the user's own words`(arguments: [String], text: String) async {
    let line = await simpulctl(arguments).error
    #expect(line == "simpulctl: \(text) (lihat simpulctl --help)\n")
    let english = await simpulctl(arguments + ["--language", "en"]).error
    #expect(english.hasSuffix(" (simpulctl --help)\n") && !english.contains(text), "\(english)")
  }

  @Test func `a sentence of our own behind the parser's stays as it is, and so does what is in no known form`() {
    let known = "The value '1..2' is invalid for '--since <since>': bukan waktu"
    #expect(ParserMessage.text(known, in: .indonesian) == "Nilai '1..2' tidak sah untuk '--since <since>': bukan waktu")
    #expect(ParserMessage.text(known, in: .english) == known)
    let few = "The value 'x' is invalid for '<kind>'. Please provide one of 'a' and 'b'."
    #expect(ParserMessage.text(few, in: .indonesian) == "Nilai 'x' tidak sah untuk '<kind>'. Yang ada: 'a' dan 'b'.")
    #expect(ParserMessage.text("Something new.", in: .indonesian) == "Something new.")
    let many = "The value 'x' is invalid for '<kind>'. Please provide one of the following:\n  - a\n  - b"
    #expect(ParserMessage.text(many, in: .indonesian) == "Nilai 'x' tidak sah untuk '<kind>'. Yang ada:\n  - a\n  - b")
  }
}
