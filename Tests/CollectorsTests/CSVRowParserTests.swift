import Collectors
import Datasets
import Testing

@Suite struct CSVRowParserTests {
  func parse(_ text: String) -> [String] { parse(Array(text.utf8)) }

  func parse(_ bytes: [UInt8]) -> [String] {
    CSVRowParser(definition: Fixture.population, regions: Fixture.regions).parse(bytes).map(\.shown)
  }

  @Test(arguments: [",", ";", "\t"])
  func `the separator is found in the heading line`(separator: String) {
    let text =
      ["NIK", "Nama", "RT"].joined(separator: separator) + "\n"
      + ["1", "BASO", "2"].joined(separator: separator)
    #expect(parse(text) == ["2: nik=1 nama=BASO rt=2"])
  }

  @Test func `a separator inside of quotation marks does not count`() {
    #expect(
      parse("\"Nama\";\"Alamat\";\"a,b,c,d\"\nBASO;JL. A, NO. 1;x\n") == [
        "2: nama=BASO alamat=JL. A, NO. 1 a_b_c_d=x"
      ])
  }

  @Test func `Excel's sep line is obeyed and counted`() {
    #expect(parse("sep=;\r\nNama;RT\r\nBASO;2\r\n") == ["3: nama=BASO rt=2"])
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `every line end is one`(end: String) {
    #expect(parse("NIK,Nama\(end)1,A\(end)\(end)2,B\(end)") == ["2: nik=1 nama=A", "4: nik=2 nama=B"])
  }

  @Test func `a byte order mark is no part of the first heading`() {
    #expect(parse([0xEF, 0xBB, 0xBF] + Array("NIK,Nama\n1,A".utf8)) == ["2: nik=1 nama=A"])
  }

  @Test func `quotes, separators and line ends in quoted cells are kept, and lines stay physical`() {
    let text = "Nama,Alamat\n\"A \"\"B\"\"\",\"JL. X\r\nNO. 1\"\nC,D\n"
    #expect(parse(text) == ["2: nama=A \"B\" alamat=JL. X\r\nNO. 1", "4: nama=C alamat=D"])
  }

  @Test func `a quotation mark inside of a plain cell is itself, text behind a closed one is kept`() {
    #expect(parse("Nama,RT\nA \"B\" C,\"1\"2\n") == ["2: nama=A \"B\" C rt=12"])
  }

  @Test func `cells that are not UTF-8 are Windows-1252`() {
    let bytes = Array("Nama,Alamat\nJOS".utf8) + [0xE9, 0x2C, 0x93, 0x41, 0x94, 10] + Array("JOSÉ,B\n".utf8)
    #expect(parse(bytes) == ["2: nama=JOSé alamat=“A”", "3: nama=JOSÉ alamat=B"])
  }

  @Test func `rows with too few or too many cells are problems with their line`() {
    let text = "NIK,Nama,RT\n1,A\n2,B,1\n3,C,1,9\n4,D,2,,\n"
    #expect(
      parse(text) == ["2! ragged_row", "3: nik=2 nama=B rt=1", "4! ragged_row", "5: nik=4 nama=D rt=2"])
  }

  @Test func `empty cells are untouched and blank lines are nothing`() {
    #expect(parse("NIK,Nama,RT\n,A,\n,,\n   \n\n1,,2\n") == ["2: nama=A", "6: nik=1 rt=2"])
  }

  @Test func `headings repeated for every family are skipped`() {
    let text =
      "Nomor KK,NIK,Nama,Foo\n1,2,A,x\nNomor KK,NIK,Nama,Foo\n3,4,B,y\n\nNOMOR  KK,nik,NAMA "
      + "PENDUDUK,\n5,6,C,z\n"
    #expect(
      parse(text) == [
        "2: no_kk=1 nik=2 nama=A foo=x", "4: no_kk=3 nik=4 nama=B foo=y", "7: no_kk=5 nik=6 nama=C kolom_4=z",
      ])
  }

  @Test func `headings that change on the way are followed`() {
    #expect(
      parse("NIK,Nama,RT\n1,A,2\nNama,NIK,RT\nB,3,4\n") == ["2: nik=1 nama=A rt=2", "4: nama=B nik=3 rt=4"])
  }

  @Test func `title lines above the headings are passed over`() {
    let text = "DATA PENDUDUK,,\nKecamatan,LALABATA,\n\nNo,NIK,Nama\n1,7,A\n"
    #expect(parse(text) == ["5: nik=7 nama=A"])
  }

  @Test(arguments: [12, 16, 19, 37])
  func `exports of any width are mapped by headings in any order`(width: Int) {
    let headings = Array(SyntheticResidents.headings.prefix(width).reversed())
    let cells = headings.map { $0 == "NIK" ? "7312040508680001" : $0 == "Nama Penduduk" ? "BASO" : "" }
    let text = headings.joined(separator: ",") + "\n" + cells.joined(separator: ",") + "\n"
    #expect(parse(text) == ["2: nama=BASO nik=7312040508680001"])
  }

  @Test func `kecamatan and desa become the region's code`() {
    let text = "Nama,Kecamatan,Desa/Kel\nA,LALABATA,BOTTO\nB,GANRA,BOTTO\n"
    #expect(parse(text) == ["2: nama=A kode_wilayah=73.12.04.1003", "3! unknown_region"])
  }

  @Test func `a file without known headings is one problem`() {
    #expect(parse("a,b\n1,2\n") == ["1! unknown_header"])
    #expect(parse("\n\n7312040508680001;BASO\n1;2\n") == ["3! unknown_header"])
    #expect(parse((1...40).map { "x\($0),y" }.joined(separator: "\n")) == ["1! unknown_header"])
    #expect(parse("") == [])
    // Cells that are alike, or cannot be headings, say nothing of a line that has no heading.
    #expect(parse("1;003;003\n2;004;004\n") == ["1! unknown_header"])
    #expect(parse("???;LAPORAN;LAPORAN\nNIK;Nama;RT\n1;A;2\n") == ["3: nik=1 nama=A rt=2"])
    // A row of data has a cell that is a heading by chance.
    #expect(parse("7312040508680001;BASO;RT\n7312040508680002;ANI;RW\n") == ["1! unknown_header"])
  }

  @Test(arguments: [
    // Headings that are refused, with a line that a defect hides from nobody.
    ("NIK,Nma\n1,A\n\n2,\"B\n3,C\n", 3), ("NIK,Nama,nama penduduk\n1,A,B\n2,C,D", 2), ("NIK,Nma\n", 0),
    ("1;003;003\n2;004;004\n\n3;x;y\n", 3), ((1...40).map { "x\($0),y" }.joined(separator: "\n"), 40),
    // What is read is not refused with the table.
    ("NIK,Nama\n1,A\n2\n", 0),
  ])
  func `all rows of a table that is refused as a whole are counted, however it is cut`(text: String, rows: Int) {
    for size in [1, 7, 4_096] {
      var parser = CSVRowParser(definition: Fixture.population, regions: Fixture.regions)
      let bytes = Array(text.utf8)
      var problems = 0
      for start in stride(from: 0, to: bytes.count, by: size) {
        problems += parser.push(Array(bytes[start..<min(bytes.count, start + size)])).count
      }
      problems += parser.finish().count
      #expect(parser.refusedRows == rows, "in pieces of \(size)")
      #expect(rows == 0 || problems == 1)
    }
  }

  @Test func `two columns for one field stop the file`() {
    #expect(parse("NIK,Nama,nama penduduk\n1,A,B\n") == ["1! duplicate_column"])
  }

  @Test(
    arguments: [
      [0x50, 0x4B, 3, 4, 20, 0], [0xD0, 0xCF, 0x11, 0xE0, 0xA1], [0xFF, 0xFE, 0x4E, 0, 0x49, 0],
      [0xFE, 0xFF, 0, 0x4E], Array("%PDF-1.7\n".utf8), [0x1F, 0x8B, 8, 0, 1],
      // A picture, and what begins like a table but is none.
      [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0], Array("nik,nama".utf8) + [0, 1, 2, 10],
    ] as [[UInt8]])
  func `a spreadsheet, UTF-16 or any other binary file is told from a table`(bytes: [UInt8]) {
    #expect(parse(bytes) == ["1! not_text"])
  }

  @Test func `a cell over the limit loses its row only`() {
    let long = String(repeating: "x", count: ParsingLimits.cellBytesMax + 1)
    #expect(parse("NIK,Nama\n1,\(long)\n2,B\n") == ["2! field_too_large", "3: nik=2 nama=B"])
    #expect(parse("NIK,Nama\n1,\"\(long)\"\n2,B\n") == ["2! field_too_large", "3: nik=2 nama=B"])
    let limit = String(repeating: "x", count: ParsingLimits.cellBytesMax)
    #expect(parse("NIK,Nama\n1,\(limit)\n").first?.hasPrefix("2: nik=1 nama=xxx") == true)
  }

  @Test func `a row over the limit is skipped up to the next line`() {
    let cell = String(repeating: "x", count: 60_000)
    let row = [String](repeating: cell, count: 20).joined(separator: ",")
    let headings = "NIK,Nama," + (3...20).map { "k\($0)" }.joined(separator: ",")
    #expect(
      parse("\(headings)\n\(row)\n1,A" + String(repeating: ",", count: 18)) == [
        "2! row_too_large", "3: nik=1 nama=A",
      ])
    #expect(
      parse("NIK,Nama\n" + String(repeating: ",", count: 5_000) + "\n1,A\n") == [
        "2! too_many_columns", "3: nik=1 nama=A",
      ])
  }

  @Test func `a quotation mark that is not closed hides nobody below it`() {
    #expect(
      parse("NIK,Nama\n1,\"A\n2,B\n3,C\n") == ["2! unclosed_quote", "3: nik=2 nama=B", "4: nik=3 nama=C"])
    let many = (2...9_000).map { "\($0),PENDUDUK NOMOR \($0)\n" }.joined()
    let rows = parse("NIK,Nama\n1,\"A\n" + many)
    #expect(rows.count == 9_000)
    #expect(rows.first == "2! unclosed_quote")
    #expect(rows.last == "9001: nik=9000 nama=PENDUDUK NOMOR 9000")
  }

  @Test func `a hostile file cannot make it read again without end`() {
    // Every line ends inside of a quotation mark that the next one closes and opens anew.
    let text = "NIK,Nama\n" + String(repeating: "x\"y,\"\n", count: 200_000)
    let clock = ContinuousClock()
    let duration = clock.measure { _ = parse(text) }
    #expect(duration < .seconds(30))
  }
}
