package import Datasets
package import Transport

extension TransportError {
  /// What is wrong with a key file, and what to do, for people; `description` is for logs.
  ///
  /// - Parameter ifLost: what to do without the key.
  package func text(ofKeyFile path: String, ifLost: BilingualText) -> BilingualText {
    let what: BilingualText
    switch code {
    case .keyFileExposed:
      return BilingualText(
        id: "pengguna lain dapat membaca berkas kunci \(path): jalankan chmod 600 \(path)",
        en: "others may read the key file \(path): run chmod 600 \(path)")
    case .keyFileMalformed:
      what = BilingualText(id: "\(path) rusak atau bukan berkas kunci", en: description)
    default:
      let words = cause.map { " (\($0))" } ?? ""
      what = BilingualText(id: "berkas kunci \(path) tidak dapat dibuka, dibaca, atau ditulis\(words)", en: description)
    }
    return BilingualText(
      id: "\(what.indonesian); \(ifLost.indonesian)", en: "\(what.english); \(ifLost.english)")
  }
}
