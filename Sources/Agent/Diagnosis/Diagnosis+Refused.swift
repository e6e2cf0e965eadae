import API
import Collectors
import Datasets
import HTTPServing

extension Diagnosis {
  /// What lies in one directory of `failed/`: files whose place or kind was wrong, of which nothing was taken, and files
  /// with rows that were refused. Which is which stands in the table beside each.
  func refused(_ files: SpoolDirectory.FailedFiles, in spool: SpoolStanding.Facts) -> Finding {
    let place = files.directory.isEmpty ? "" : "/\(files.directory)"
    let subject = "\(spool.directory)/failed\(place)"
    let evidence = Self.evidence(of: files)
    if spool.closed.contains(files.directory) {
      return finding(
        .spoolFailed, .warning, subject: subject,
        ("Ada berkas yang ditolak seluruhnya.", "Files were refused as a whole."), evidence: evidence,
        consequence: ("Tidak ada isinya yang tercatat.", "Nothing of them is recorded."),
        remedy: (
          "\(files.directory) bukan nama data yang diisi kantor ini. Taruh berkasnya di folder bernama datanya di "
            + "\(spool.directory), lalu hapus yang di failed.",
          "\(files.directory) names no data that this office fills. Drop the files into the folder named after their data "
            + "in \(spool.directory), then delete what is in failed."
        ))
    }
    // What lay in the spool itself may have been refused for just that.
    let target =
      files.directory.isEmpty
      ? BilingualText(
        id: "di folder bernama datanya di \(spool.directory)",
        en: "into the folder named after its data in \(spool.directory)")
      : BilingualText(id: "lagi di \(spool.directory)\(place)", en: "again into \(spool.directory)\(place)")
    return finding(
      .spoolFailed, .warning, subject: subject,
      ("Ada berkas yang ditolak, seluruhnya atau sebagian barisnya.", "Files were refused, whole or in part."),
      evidence: evidence,
      consequence: (
        "Baris yang ditolak tidak tercatat, baris lainnya sudah; dari berkas yang ditolak seluruhnya tidak ada yang "
          + "tercatat.",
        "Refused rows are not recorded, the others are; of a file that was refused as a whole nothing is."
      ),
      remedy: (
        "Baca tabel .errors.csv di sampingnya, perbaiki, taruh \(target.indonesian), lalu hapus yang di failed.",
        "Read the .errors.csv beside each, mend it, drop it \(target.english), then delete what is in failed."
      ))
  }

  /// How many there are, and which came last: names of files are people's, and some after a person's number.
  private static func evidence(of files: SpoolDirectory.FailedFiles) -> BilingualText {
    let names = files.newest.map(IdentityNumbers.masked).joined(separator: ", ")
    let newest =
      names.isEmpty ? BilingualText.verbatim("") : BilingualText(id: "; terbaru: \(names)", en: "; newest: \(names)")
    return BilingualText(
      id: (files.isAtLeast ? "paling sedikit " : "") + "\(files.count)\(newest.indonesian)",
      en: (files.isAtLeast ? "at least " : "") + "\(files.count)\(newest.english)")
  }
}
