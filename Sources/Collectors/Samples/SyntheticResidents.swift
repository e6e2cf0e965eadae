import Datasets

/// Residents that nobody is: a seeded SIAK export of 37 columns, in which every row can be taken.
///
/// Families live in the given villages in turn, with a card number, a head, mostly a spouse and children,
/// sometimes a parent. NIKs are valid and
/// unique: kecamatan (one in twenty from elsewhere), birth date, women's day plus 40, serial. The spellings
/// are those of real exports (domain.md
/// section 4): `L`, `LK`, `Pr`, `BK`, `SLTP / SEDERAJAT`, `'003`, dates with `/`, an invisible character in a
/// NIK.
/// The same seed, count and villages give the same bytes. Memory grows with `count` only by the serials used
/// (about 20 bytes a resident).
package struct SyntheticResidents: ByteSource {
  /// The headings of a SIAK export, in its order.
  package static let headings = [
    "Nomor KK", "NIK", "Nama Penduduk", "Status", "Tempat Lahir", "Tanggal Lahir", "Kelamin", "NIK Ayah",
    "Ayah", "NIK Ibu",
    "Ibu", "Status Kawin", "SHDK", "Agama", "Kecamatan", "Desa/Kel", "Alamat", "RW", "RT", "Pendidikan",
    "Pekerjaan",
    "Deskripsi Pekerjaan", "Gol. Darah", "Cacat", "Cetak KTP", "Ganti KTP", "KTP Berakhir", "Nomor Paspor",
    "Nomor Akta Lahir",
    "Nomor Akta Kawin", "Tanggal Kwn", "Nomor Akta Cerai", "Tgl Cerai", "Petugas Registrasi", "Tgl Ubah",
    "Petugas Entri",
    "Tgl Entri",
  ]

  /// The year in which the sample was "exported".
  package static let exportYear = 2026

  private var family: SyntheticFamily
  private let regions: [SampleRegion]
  private var rest: Int
  private var familyNumber = 0
  private var hasBegun = false

  /// - Parameter count: rows without the headings; none when there are no regions.
  package init(count: Int, seed: UInt64, regions: [SampleRegion]) {
    family = SyntheticFamily(random: SplitMix64(seed: seed))
    self.regions = regions
    rest = regions.isEmpty ? 0 : max(0, count)
  }

  /// Writes a file of `count` residents.
  package static func write(count: Int, seed: UInt64, regions: [SampleRegion], to path: String) throws {
    var residents = SyntheticResidents(count: count, seed: seed, regions: regions)
    try residents.write(to: path)
  }

  /// Some families; nil after the last.
  package mutating func next() -> [UInt8]? {
    var output: [UInt8] = []
    if !hasBegun {
      hasBegun = true
      Self.append(Self.headings, to: &output)
    }
    while rest > 0, output.count < 64 * 1024 {
      let rows = family.rows(in: regions[familyNumber % regions.count])
      familyNumber += 1
      for row in rows.prefix(rest) { Self.append(row, to: &output) }
      rest -= min(rest, rows.count)
    }
    return output.isEmpty ? nil : output
  }

  private static func append(_ cells: [String], to output: inout [UInt8]) {
    for (index, cell) in cells.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      let isQuoted = cell.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
      if isQuoted { output.append(UInt8(ascii: "\"")) }
      output += cell.utf8
      if isQuoted { output.append(UInt8(ascii: "\"")) }
    }
    output += [13, 10]
  }
}
